"""Lists of secrets and several values at once."""

import pytest

from harness import told


@pytest.fixture(scope="module")
def aws(server):
    """Five secrets, and one that is deleted."""
    aws = server.client()
    for number, (name, description, tag) in enumerate(
        [
            ("app/db", "The database of the app", "red"),
            ("app/web", "A web server", "blue"),
            ("Other", "Another database", "red"),
            ("x-y", "Nothing", "green"),
            ("z", "", "blue"),
        ]
    ):
        aws.create_secret(
            Name=name,
            Description=description,
            SecretString=f"value of {name}",
            Tags=[{"Key": f"key{number}", "Value": tag}],
        )
    aws.create_secret(Name="gone", SecretString="g")
    aws.delete_secret(SecretId="gone")
    return aws


def names(page):
    return [secret["Name"] for secret in page["SecretList"]]


def found(aws, *filters):
    asked = [{"Key": key, "Values": list(values)} for key, *values in filters]
    return sorted(names(aws.list_secrets(Filters=asked)))


def test_secrets_are_listed_in_the_order_that_is_asked_for(aws):
    assert names(aws.list_secrets(SortBy="name", SortOrder="asc")) == [
        "Other",
        "app/db",
        "app/web",
        "x-y",
        "z",
    ]
    made = ["app/db", "app/web", "Other", "x-y", "z"]
    assert names(aws.list_secrets(SortBy="created-date", SortOrder="asc")) == made
    assert names(aws.list_secrets(SortBy="created-date", SortOrder="desc")) == made[::-1]


def test_a_listed_secret_has_no_value_and_its_versions(aws):
    listed = {secret["Name"]: secret for secret in aws.list_secrets()["SecretList"]}
    assert list(listed["app/db"]["SecretVersionsToStages"].values()) == [["AWSCURRENT"]]
    assert listed["app/db"]["Tags"] == [{"Key": "key0", "Value": "red"}]
    assert "value of" not in str(listed)


def test_deleted_secrets_are_listed_where_that_is_asked(aws):
    assert "gone" not in names(aws.list_secrets())
    page = aws.list_secrets(IncludePlannedDeletion=True)
    deleted = [secret for secret in page["SecretList"] if "DeletedDate" in secret]
    assert [secret["Name"] for secret in deleted] == ["gone"]


def test_filters_choose(aws):
    assert found(aws, ("name", "app/")) == ["app/db", "app/web"]
    assert found(aws, ("name", "App")) == []
    assert found(aws, ("name", "!app/")) == ["Other", "x-y", "z"]
    assert found(aws, ("tag-value", "red", "green")) == ["Other", "app/db", "x-y"]
    assert found(aws, ("tag-key", "key1")) == ["app/web"]
    assert found(aws, ("tag-value", "red"), ("name", "app")) == ["app/db"]
    assert found(aws, ("description", "DATABASE")) == ["Other", "app/db"]
    assert found(aws, ("all", "web")) == ["app/web"]
    assert found(aws, ("name", "none")) == []


def test_pages_follow_each_other(aws):
    pages = aws.get_paginator("list_secrets").paginate(PaginationConfig={"PageSize": 2})
    listed = [names(page) for page in pages]
    assert [len(page) for page in listed] == [2, 2, 1]
    assert len({name for page in listed for name in page}) == 5
    told(aws.list_secrets, "InvalidNextTokenException", NextToken="nobody-made-it!")


def test_several_values_are_read_at_once(aws):
    read = aws.batch_get_secret_value(SecretIdList=["app/db", "none", "z", "gone"])
    values = {value["Name"]: value["SecretString"] for value in read["SecretValues"]}
    assert values == {"app/db": "value of app/db", "z": "value of z"}
    errors = {error["SecretId"]: error["ErrorCode"] for error in read["Errors"]}
    assert errors == {"none": "ResourceNotFoundException", "gone": "InvalidRequestException"}


def test_several_values_are_read_by_filters_in_pages(aws):
    filters = [{"Key": "tag-value", "Values": ["red", "blue"]}]
    read, token = [], {}
    while True:
        page = aws.batch_get_secret_value(Filters=filters, MaxResults=3, **token)
        read += [value["Name"] for value in page["SecretValues"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert sorted(read) == ["Other", "app/db", "app/web", "z"]


def test_a_batch_is_of_ids_or_of_filters(aws):
    filters = [{"Key": "name", "Values": ["a"]}]
    wanted = "Either 'SecretIdList' or 'Filters' must be provided, but not both."
    for asked in ({}, {"SecretIdList": ["z"], "Filters": filters}):
        assert told(aws.batch_get_secret_value, "InvalidParameterException", **asked) == wanted
    asked = {"SecretIdList": ["z"], "MaxResults": 3}
    text = told(aws.batch_get_secret_value, "InvalidParameterException", **asked)
    assert text.startswith("'Filters' not specified.")


def test_only_what_the_caller_may_see_is_listed_and_read(aws, server):
    app = server.app("only-app", 'path "secret/app/*" { capabilities = ["read", "list"] }')
    assert sorted(names(app.list_secrets())) == ["app/db", "app/web"]
    read = app.batch_get_secret_value(SecretIdList=["app/db", "z"])
    assert [value["Name"] for value in read["SecretValues"]] == ["app/db"]
    assert [error["ErrorCode"] for error in read["Errors"]] == ["AccessDeniedException"]
