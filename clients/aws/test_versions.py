"""Versions and the labels that move between them."""

import uuid

from harness import told

CURRENT, PREVIOUS, PENDING = "AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"


def stages(aws, secret):
    return {
        version: set(labels)
        for version, labels in aws.describe_secret(SecretId=secret)["VersionIdsToStages"].items()
    }


def put(aws, secret, value, **keywords):
    return aws.put_secret_value(SecretId=secret, SecretString=value, **keywords)["VersionId"]


def test_current_and_previous_move_with_every_write(aws, secret):
    one = aws.get_secret_value(SecretId=secret)["VersionId"]
    two = put(aws, secret, "two")
    assert stages(aws, secret) == {one: {PREVIOUS}, two: {CURRENT}}
    three = put(aws, secret, "three")
    assert stages(aws, secret) == {two: {PREVIOUS}, three: {CURRENT}}
    read = aws.get_secret_value(SecretId=secret, VersionStage=PREVIOUS)
    assert (read["VersionId"], read["SecretString"]) == (two, "two")
    # A version without labels is still there for who knows its id.
    assert aws.get_secret_value(SecretId=secret, VersionId=one)["SecretString"] == "one"


def test_labels_of_ones_own_are_taken_from_other_versions(aws, secret):
    one = aws.get_secret_value(SecretId=secret)["VersionId"]
    two = put(aws, secret, "two", VersionStages=["mine"])
    three = put(aws, secret, "three", VersionStages=["mine", "other"])
    assert stages(aws, secret) == {one: {CURRENT}, three: {"mine", "other"}}
    deprecated = aws.list_secret_version_ids(SecretId=secret, IncludeDeprecated=True)["Versions"]
    found = {version["VersionId"]: version for version in deprecated}
    assert set(found) == {one, two, three}
    assert "VersionStages" not in found[two]
    shown = aws.list_secret_version_ids(SecretId=secret)["Versions"]
    assert {version["VersionId"] for version in shown} == {one, three}
    assert all(version["KmsKeyIds"] == ["DefaultEncryptionKey"] for version in shown)


def test_a_label_is_moved_and_taken_away(aws, secret):
    one = aws.get_secret_value(SecretId=secret)["VersionId"]
    two = put(aws, secret, "two", VersionStages=[PENDING])
    text = told(
        aws.update_secret_version_stage,
        "InvalidParameterException",
        SecretId=secret,
        VersionStage=CURRENT,
        MoveToVersionId=two,
    )
    assert text == (
        "The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version "
        f"{one}, so you must explicitly reference that version in RemoveFromVersionId."
    )
    moved = aws.update_secret_version_stage(
        SecretId=secret, VersionStage=CURRENT, RemoveFromVersionId=one, MoveToVersionId=two
    )
    assert moved["Name"] == secret
    assert stages(aws, secret) == {one: {PREVIOUS}, two: {CURRENT, PENDING}}
    aws.update_secret_version_stage(
        SecretId=secret, VersionStage=PENDING, RemoveFromVersionId=two
    )
    assert stages(aws, secret) == {one: {PREVIOUS}, two: {CURRENT}}


def test_the_next_write_drops_a_pending_label_of_the_current_version(aws, secret):
    one = aws.get_secret_value(SecretId=secret)["VersionId"]
    two = put(aws, secret, "two", VersionStages=[PENDING])
    aws.update_secret_version_stage(
        SecretId=secret, VersionStage=CURRENT, RemoveFromVersionId=one, MoveToVersionId=two
    )
    three = put(aws, secret, "three")
    assert stages(aws, secret) == {two: {PREVIOUS}, three: {CURRENT}}


def test_labels_and_versions_that_there_are_not_are_told(aws, secret):
    nobody = str(uuid.uuid4())
    one = aws.get_secret_value(SecretId=secret)["VersionId"]
    text = told(
        aws.get_secret_value, "ResourceNotFoundException", SecretId=secret, VersionStage=PENDING
    )
    wanted = "Secrets Manager can't find the specified secret value for staging label: AWSPENDING"
    assert text == wanted
    text = told(aws.get_secret_value, "ResourceNotFoundException", SecretId=secret, VersionId=nobody)
    wanted = f"Secrets Manager can't find the specified secret value for VersionId: {nobody}"
    assert text == wanted
    text = told(
        aws.get_secret_value,
        "InvalidRequestException",
        SecretId=secret,
        VersionId=one,
        VersionStage="other",
    )
    wanted = "You provided a VersionStage that is not associated to the provided VersionId."
    assert text == wanted
    told(
        aws.update_secret_version_stage,
        "ResourceNotFoundException",
        SecretId=secret,
        VersionStage="other",
        MoveToVersionId=nobody,
    )


def test_versions_are_listed_in_pages(aws, secret):
    for number in range(4):
        put(aws, secret, f"v{number}", VersionStages=[f"label{number}"])
    found, token = [], {}
    while True:
        page = aws.list_secret_version_ids(SecretId=secret, MaxResults=2, **token)
        assert len(page["Versions"]) <= 2
        found += [version["VersionId"] for version in page["Versions"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert len(found) == len(set(found)) == 5
    bad = {"SecretId": secret, "NextToken": "nobody-made-it!"}
    told(aws.list_secret_version_ids, "InvalidNextTokenException", **bad)
    told(aws.list_secret_version_ids, "ResourceNotFoundException", SecretId="none")
