"""The constraints of AWS's service model, at their edges and past them."""

import pytest
from botocore.config import Config

from harness import told

INVALID_NAME = (
    "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
)


@pytest.fixture(scope="module")
def aws(server):
    """boto3 that sends what it would not: the server is to find it."""
    return server.client(config=Config(parameter_validation=False))


def said(call, **asked):
    text = told(call, "ValidationException", **asked)
    head, _, rest = text.partition(" validation error detected: Value ")
    assert head == "1" and rest, text
    return rest


def length(value, member, edge):
    quoted = "" if value is None else f"'{value}' "
    return f"{quoted}at '{member}' failed to satisfy constraint: Member must have length {edge}"


def test_names(aws):
    longest = "n" * 512
    assert aws.create_secret(Name=longest, SecretString="x")["Name"] == longest
    assert aws.get_secret_value(SecretId=longest)["SecretString"] == "x"
    more = longest + "n"
    wanted = length(more, "name", "less than or equal to 512")
    assert said(aws.create_secret, Name=more) == wanted
    assert said(aws.create_secret, Name="") == length("", "name", "greater than or equal to 1")
    more = "n" * 2_049
    wanted = length(more, "secretId", "less than or equal to 2048")
    assert said(aws.get_secret_value, SecretId=more) == wanted


@pytest.mark.parametrize("bad", ["a b", "a:b", "é", "a\0b", "a\\b", "a?b", "*"])
def test_characters_of_names(aws, bad):
    assert told(aws.create_secret, "ValidationException", Name=bad) == INVALID_NAME
    calls = [
        aws.get_secret_value,
        aws.describe_secret,
        aws.delete_secret,
        aws.restore_secret,
        aws.put_secret_value,
        aws.update_secret,
        aws.list_secret_version_ids,
        aws.rotate_secret,
        aws.cancel_rotate_secret,
        aws.get_resource_policy,
    ]
    for call in calls:
        assert told(call, "ValidationException", SecretId=bad) == INVALID_NAME


def test_names_that_lead_elsewhere(aws):
    for odd in ("../sys/x", "a/../../sys/mounts", "..", "/", "a//b"):
        try:
            aws.create_secret(Name=odd, SecretString="x")
        except aws.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "ValidationException"
        else:
            assert aws.get_secret_value(SecretId=odd)["Name"] == odd


def test_values(aws, name):
    longest = "x" * 65_536
    aws.create_secret(Name=name, SecretString=longest)
    assert aws.get_secret_value(SecretId=name)["SecretString"] == longest
    aws.put_secret_value(SecretId=name, SecretBinary=longest.encode())
    text = said(aws.put_secret_value, SecretId=name, SecretString=longest + "x")
    assert text == length(None, "secretString", "less than or equal to 65536")
    text = said(aws.put_secret_value, SecretId=name, SecretBinary=longest.encode() + b"x")
    assert text == length(None, "secretBinary", "less than or equal to 65536")
    for empty in ({"SecretString": ""}, {"SecretBinary": b""}):
        assert "greater than or equal to 1" in said(aws.put_secret_value, SecretId=name, **empty)


def test_tokens(aws, secret):
    for fits in ("t" * 32, "t" * 64):
        asked = {"SecretId": secret, "ClientRequestToken": fits, "SecretString": "x"}
        assert aws.put_secret_value(**asked)["VersionId"] == fits
        assert aws.get_secret_value(SecretId=secret, VersionId=fits)["SecretString"] == "x"
    for wrong in ("t" * 31, "t" * 65):
        asked = {"SecretId": secret, "ClientRequestToken": wrong, "SecretString": "x"}
        assert "'clientRequestToken'" in said(aws.put_secret_value, **asked)


def test_descriptions_labels_and_tags(aws, secret):
    aws.update_secret(SecretId=secret, Description="d" * 2_048)
    assert "'description'" in said(aws.update_secret, SecretId=secret, Description="d" * 2_049)
    put = {"SecretId": secret, "SecretString": "x"}
    aws.put_secret_value(VersionStages=["s" * 256], **put)
    text = said(aws.put_secret_value, VersionStages=["s" * 257], **put)
    assert "at 'versionStages' failed to satisfy constraint: Member must satisfy constraint: [" in text
    aws.put_secret_value(VersionStages=[f"s{n}" for n in range(20)], **put)
    text = said(aws.put_secret_value, VersionStages=[f"s{n}" for n in range(21)], **put)
    assert text.endswith("Member must have length less than or equal to 20")
    tag = {"Key": "k" * 128, "Value": "v" * 256}
    aws.tag_resource(SecretId=secret, Tags=[tag])
    for wrong, member in ({**tag, "Key": "k" * 129}, "key"), ({**tag, "Value": "v" * 257}, "value"):
        text = said(aws.tag_resource, SecretId=secret, Tags=[tag, wrong])
        assert f"at 'tags.2.member.{member}'" in text


def test_pages_and_filters(aws):
    for fits in (1, 100):
        aws.list_secrets(MaxResults=fits)
    for wrong in (0, 101):
        assert f"'{wrong}' at 'maxResults'" in said(aws.list_secrets, MaxResults=wrong)
    assert "'up' at 'sortOrder'" in said(aws.list_secrets, SortOrder="up")
    filters = [{"Key": "colour", "Values": ["a"]}]
    assert "'colour' at 'filters.1.member.key'" in said(aws.list_secrets, Filters=filters)
    filters = [{"Key": "name", "Values": ["a#"]}]
    assert "'[a#]' at 'filters.1.member.values'" in said(aws.list_secrets, Filters=filters)
    aws.list_secrets(Filters=[{"Key": "name", "Values": ["a" * 512] * 10}] * 10)
    text = said(aws.list_secrets, Filters=[{"Key": "name", "Values": ["a"]}] * 11)
    assert text.endswith("Member must have length less than or equal to 10")
    aws.batch_get_secret_value(SecretIdList=[f"n{n}" for n in range(20)])
    text = said(aws.batch_get_secret_value, SecretIdList=[f"n{n}" for n in range(21)])
    assert text.endswith("Member must have length less than or equal to 20")


def test_passwords(aws):
    for wrong in (0, 4_097):
        assert "at 'passwordLength'" in said(aws.get_random_password, PasswordLength=wrong)
    assert "at 'excludeCharacters'" in said(aws.get_random_password, ExcludeCharacters="a" * 4_097)


def test_policies(aws, secret):
    text = said(aws.put_resource_policy, SecretId=secret, ResourcePolicy="x" * 20_481)
    assert "at 'resourcePolicy'" in text


def test_everything_that_is_wrong_is_told(aws):
    text = told(aws.list_secrets, "ValidationException", MaxResults=0, SortOrder="up")
    assert text.startswith("2 validation errors detected: ")
    text = told(aws.get_secret_value, "ValidationException")
    assert text.endswith("Value null at 'secretId' failed to satisfy constraint: Member must not be null")
