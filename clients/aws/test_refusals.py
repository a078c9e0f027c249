"""Callers whom nobody knows, and callers who may not."""

import botocore
import pytest
from botocore.config import Config

from harness import listed, refused, told

PLAUSIBLE = {
    "SecretId": "app/db",
    "Name": "app/db",
    "SecretString": "canary",
    "VersionStage": "AWSCURRENT",
    "Tags": [{"Key": "a", "Value": "b"}],
    "TagKeys": ["a"],
    "ResourcePolicy": "{}",
    "AddReplicaRegions": [{"Region": "us-east-1"}],
    "RemoveReplicaRegions": ["eu-west-1"],
    "CrossAccountReplicaARN": "arn:aws:secretsmanager:us-east-1:111111111111:secret:a",
}
# What nobody needs a right for, and what is refused to everybody.
FOR_ALL = {"GetRandomPassword", "ValidateResourcePolicy"}
CROSS_ACCOUNT = {"AssociateCrossAccountReplica", "DisassociateCrossAccountReplica"}


def called(client, operation, **more):
    """An operation with members that it takes."""
    method = botocore.xform_name(operation)
    taken = client.meta.service_model.operation_model(operation).input_shape.required_members
    asked = {name: PLAUSIBLE[name] for name in taken}
    return refused(getattr(client, method), **asked, **more)


@pytest.mark.parametrize("operation", listed())
def test_a_wrong_key_is_refused(server, operation):
    wrong = server.client(AWS_SECRET_ACCESS_KEY="x" * 40)
    code, text = called(wrong, operation)
    assert code == "InvalidSignatureException"
    assert text.startswith("The request signature we calculated does not match the signature")


@pytest.mark.parametrize("operation", listed())
def test_an_unknown_key_is_refused(server, operation):
    unknown = server.client(AWS_ACCESS_KEY_ID="AKIAAAAAAAAAAAAAAAAA")
    code, text = called(unknown, operation)
    assert code == "UnrecognizedClientException"
    assert text == "The security token included in the request is invalid."


@pytest.mark.parametrize("operation", sorted(set(listed()) - FOR_ALL))
def test_who_has_no_right_is_denied(server, nobody, operation):
    more = {"SecretString": "x"} if operation == "PutSecretValue" else {}
    code, text = called(nobody, operation, **more)
    if operation in CROSS_ACCOUNT:
        assert code == "InvalidRequestException"
        return
    if operation == "BatchGetSecretValue":
        read = nobody.batch_get_secret_value(SecretIdList=["app/db"])
        assert [error["ErrorCode"] for error in read["Errors"]] == ["AccessDeniedException"]
        return
    assert code == "AccessDeniedException", text
    assert f"is not authorized to perform: secretsmanager:{operation}" in text


@pytest.fixture(scope="module")
def nobody(server):
    return server.app("nobody", 'path "cubbyhole/*" { capabilities = ["read"] }')


def test_a_request_without_a_signature_is_refused(server):
    unsigned = server.client(config=Config(signature_version=botocore.UNSIGNED))
    told(unsigned.get_secret_value, "MissingAuthenticationTokenException", SecretId="a")


def test_a_session_token_that_nobody_gave_is_refused(server):
    foreign = server.client(AWS_SESSION_TOKEN="nobody-gave-it")
    told(foreign.get_secret_value, "UnrecognizedClientException", SecretId="a")


def test_members_that_are_not_served_are_refused(aws, name):
    told(aws.create_secret, "InvalidRequestException", Name=name, Type="vendor")
    told(aws.create_secret, "InvalidParameterException", Name=name, KmsKeyId="alias/mine")
    assert aws.create_secret(Name=name, KmsKeyId="alias/aws/secretsmanager")["Name"] == name
    token = "0123456789abcdef-0123456789abcdef-0123456789abcdef"
    asked = {"SecretId": name, "SecretString": "x", "RotationToken": token}
    told(aws.put_secret_value, "InvalidRequestException", **asked)
