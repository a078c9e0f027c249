"""Secrets: making, reading, changing, deleting them, bringing them back."""

import datetime
import json
import uuid

import pytest

from harness import refused, told

MISSING = "Secrets Manager can't find the specified secret."
DELETED = "You can't perform this operation on the secret because it was marked for deletion."


def test_a_secret_is_made_and_read(aws, name):
    token = str(uuid.uuid4())
    made = aws.create_secret(
        Name=name,
        ClientRequestToken=token,
        Description="what it is for",
        SecretString="pâte",
        Tags=[{"Key": "team", "Value": "a"}, {"Key": "empty", "Value": ""}],
    )
    assert made["Name"] == name
    assert made["VersionId"] == token
    assert made["ARN"].startswith(f"arn:aws:secretsmanager:us-east-1:000000000000:secret:{name}-")
    assert len(made["ARN"].rpartition("-")[2]) == 6
    read = aws.get_secret_value(SecretId=name)
    assert (read["SecretString"], read["VersionId"]) == ("pâte", token)
    assert (read["ARN"], read["Name"]) == (made["ARN"], name)
    assert read["VersionStages"] == ["AWSCURRENT"]
    assert isinstance(read["CreatedDate"], datetime.datetime)
    assert "SecretBinary" not in read


def test_bytes_are_read_as_they_were_written(aws, name):
    value = bytes(range(256))
    aws.create_secret(Name=name, SecretBinary=value)
    read = aws.get_secret_value(SecretId=name)
    assert read["SecretBinary"] == value
    assert "SecretString" not in read


def test_a_secret_is_found_by_its_arn_and_a_part_of_it(aws, secret):
    arn = aws.describe_secret(SecretId=secret)["ARN"]
    for known in (arn, arn.rpartition("-")[0]):
        assert aws.get_secret_value(SecretId=known)["SecretString"] == "one"
    other = arn[:-1] + ("a" if arn[-1] != "a" else "b")
    assert told(aws.get_secret_value, "ResourceNotFoundException", SecretId=other) == MISSING


def test_a_secret_without_a_value_has_none_to_read(aws, name):
    assert "VersionId" not in aws.create_secret(Name=name)
    text = told(aws.get_secret_value, "ResourceNotFoundException", SecretId=name)
    wanted = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
    assert text == wanted
    put = aws.put_secret_value(SecretId=name, SecretString="first", VersionStages=["other"])
    assert set(put["VersionStages"]) == {"AWSCURRENT", "other"}


def test_making_again_with_the_same_token_does_nothing(aws, name):
    asked = {"Name": name, "ClientRequestToken": str(uuid.uuid4()), "SecretString": "one"}
    made = aws.create_secret(**asked)
    again = aws.create_secret(**asked)
    assert (made["ARN"], made["VersionId"]) == (again["ARN"], again["VersionId"])
    text = told(aws.create_secret, "ResourceExistsException", Name=name, SecretString="one")
    assert text == f"The operation failed because the secret {name} already exists."


def test_putting_again_with_the_same_token_does_nothing(aws, secret):
    asked = {"SecretId": secret, "ClientRequestToken": str(uuid.uuid4()), "SecretString": "two"}
    put = aws.put_secret_value(**asked)
    again = aws.put_secret_value(**asked)
    assert put["VersionId"] == again["VersionId"] == asked["ClientRequestToken"]
    asked["SecretString"] = "three"
    text = told(aws.put_secret_value, "ResourceExistsException", **asked)
    assert asked["ClientRequestToken"] in text
    assert aws.get_secret_value(SecretId=secret)["SecretString"] == "two"


def test_a_value_is_text_or_bytes_and_there_is_one(aws, secret, name):
    both = {"SecretString": "a", "SecretBinary": b"b"}
    text = told(aws.put_secret_value, "InvalidParameterException", SecretId=secret, **both)
    assert text.startswith("You can't specify both a binary secret value and a string")
    text = told(aws.put_secret_value, "InvalidRequestException", SecretId=secret)
    assert text == "You must provide either SecretString or SecretBinary."
    told(aws.create_secret, "InvalidParameterException", Name=name + "-new", **both)


def test_description_and_value_are_changed_apart(aws, secret):
    changed = aws.update_secret(SecretId=secret, Description="new")
    assert "VersionId" not in changed
    described = aws.describe_secret(SecretId=secret)
    assert described["Description"] == "new"
    changed = aws.update_secret(SecretId=secret, SecretString="two")
    assert changed["VersionId"]
    described = aws.describe_secret(SecretId=secret)
    assert described["Description"] == "new"
    assert aws.get_secret_value(SecretId=secret)["SecretString"] == "two"
    assert told(aws.update_secret, "ResourceNotFoundException", SecretId="none") == MISSING


def test_a_secret_is_described_without_its_value(aws, name):
    aws.create_secret(
        Name=name, SecretString="canary", Description="d", Tags=[{"Key": "k", "Value": "v"}]
    )
    described = aws.describe_secret(SecretId=name)
    assert described["Tags"] == [{"Key": "k", "Value": "v"}]
    assert list(described["VersionIdsToStages"].values()) == [["AWSCURRENT"]]
    assert "DeletedDate" not in described and "canary" not in str(described)
    assert told(aws.describe_secret, "ResourceNotFoundException", SecretId="none") == MISSING


def test_a_deleted_secret_is_gone_until_it_is_restored(aws, secret):
    before = datetime.datetime.now(datetime.timezone.utc)
    deleted = aws.delete_secret(SecretId=secret, RecoveryWindowInDays=7)
    days = (deleted["DeletionDate"] - before).total_seconds() / 86_400
    assert 6.9 < days < 7.1
    for call in (aws.get_secret_value, aws.delete_secret):
        assert told(call, "InvalidRequestException", SecretId=secret) == DELETED
    text = told(aws.put_secret_value, "InvalidRequestException", SecretId=secret, SecretString="x")
    assert text == DELETED
    tags = {"SecretId": secret, "Tags": [{"Key": "a", "Value": "b"}]}
    assert told(aws.tag_resource, "InvalidRequestException", **tags) == DELETED
    assert "DeletedDate" in aws.describe_secret(SecretId=secret)
    text = told(aws.create_secret, "InvalidRequestException", Name=secret)
    assert text.endswith("a secret with this name is already scheduled for deletion.")
    restored = aws.restore_secret(SecretId=secret)
    assert restored["Name"] == secret
    assert aws.get_secret_value(SecretId=secret)["SecretString"] == "one"
    assert "DeletedDate" not in aws.describe_secret(SecretId=secret)
    told(aws.restore_secret, "ResourceNotFoundException", SecretId="none")


def test_a_secret_is_erased_at_once_where_that_is_asked(aws, secret):
    arn = aws.describe_secret(SecretId=secret)["ARN"]
    aws.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    assert told(aws.describe_secret, "ResourceNotFoundException", SecretId=secret) == MISSING
    assert aws.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)["Name"] == secret
    told(aws.restore_secret, "ResourceNotFoundException", SecretId=secret)
    assert aws.create_secret(Name=secret, SecretString="new")["ARN"] != arn


@pytest.mark.parametrize("days", [-1, 0, 6, 31, 10**12])
def test_a_window_has_seven_to_thirty_days(aws, secret, days):
    code, text = refused(aws.delete_secret, SecretId=secret, RecoveryWindowInDays=days)
    assert code == "InvalidParameterException" and "between 7 and 30 days" in text


def test_a_window_and_force_exclude_each_other(aws, secret):
    text = told(
        aws.delete_secret,
        "InvalidParameterException",
        SecretId=secret,
        RecoveryWindowInDays=7,
        ForceDeleteWithoutRecovery=True,
    )
    assert "in conjunction with RecoveryWindowInDays" in text
    aws.delete_secret(SecretId=secret, RecoveryWindowInDays=30)


def test_tags_are_added_replaced_and_taken_away(aws, secret):
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    aws.tag_resource(SecretId=secret, Tags=tags)
    aws.tag_resource(SecretId=secret, Tags=[{"Key": "b", "Value": "3"}])
    aws.untag_resource(SecretId=secret, TagKeys=["a", "none"])
    assert aws.describe_secret(SecretId=secret)["Tags"] == [{"Key": "b", "Value": "3"}]
    told(aws.tag_resource, "ResourceNotFoundException", SecretId="none", Tags=tags)
    told(aws.untag_resource, "ResourceNotFoundException", SecretId="none", TagKeys=["a"])


def test_a_secret_has_fifty_tags(aws, secret):
    tags = [{"Key": f"k{number}", "Value": "v"} for number in range(50)]
    aws.tag_resource(SecretId=secret, Tags=tags)
    one_more = [{"Key": "more", "Value": "v"}]
    code, _ = refused(aws.tag_resource, SecretId=secret, Tags=one_more)
    assert code in ("InvalidParameterException", "LimitExceededException")
    reserved = [{"Key": "aws:mine", "Value": "v"}]
    told(aws.tag_resource, "InvalidParameterException", SecretId=secret, Tags=reserved)


def test_what_is_written_here_is_read_at_the_vault_door_and_back(server, aws, name):
    aws.create_secret(Name=name, SecretString='{"user": "a"}')
    read = server.vault("GET", f"secret/data/{name}")["data"]
    assert read["data"] == {"user": "a"}
    server.vault("POST", f"secret/data/{name}", {"data": {"user": "b"}})
    assert json.loads(aws.get_secret_value(SecretId=name)["SecretString"]) == {"user": "b"}
    previous = aws.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")
    assert previous["SecretString"] == '{"user": "a"}'
