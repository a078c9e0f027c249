"""What stands in for AWS's token service, with boto3 as it comes."""

import boto3
import pytest
from botocore.exceptions import ClientError

from harness import environment


@pytest.fixture
def sts(server):
    with environment(server.environment(encrypted=False)):
        return boto3.session.Session().client("sts")


def test_who_signed_is_told(server, sts):
    told = sts.get_caller_identity()
    assert told["Account"] == "000000000000"
    assert told["Arn"] == "arn:aws:iam::000000000000:user/app:dev"
    assert told["UserId"] == server.env["AWS_ACCESS_KEY_ID"]


def test_roles_are_refused(sts):
    role = {"RoleArn": "arn:aws:iam::000000000000:role/a", "RoleSessionName": "session"}
    with pytest.raises(ClientError) as refused:
        sts.assume_role(**role)
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    with pytest.raises(ClientError) as refused:
        sts.assume_role_with_web_identity(WebIdentityToken="a.b.c", **role)
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
