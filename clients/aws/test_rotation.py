"""Rotation: refused where the server has nothing that rotates, never accepted and forgotten."""

import pytest

from harness import told

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:rotate"


def test_a_secret_without_a_function_is_not_rotated(aws, secret):
    text = told(aws.rotate_secret, "InvalidRequestException", SecretId=secret)
    assert text == "No Lambda rotation function ARN is associated with this secret."
    told(aws.rotate_secret, "ResourceNotFoundException", SecretId="none")


def test_a_function_that_cannot_be_called_leaves_nothing_behind(aws, secret):
    text = told(
        aws.rotate_secret,
        "AccessDeniedException",
        SecretId=secret,
        RotationLambdaARN=FUNCTION,
        RotationRules={"AutomaticallyAfterDays": 30},
    )
    assert text.startswith("Secrets Manager cannot invoke the specified Lambda function.")
    described = aws.describe_secret(SecretId=secret)
    assert not described.get("RotationEnabled") and "RotationRules" not in described
    assert list(described["VersionIdsToStages"].values()) == [["AWSCURRENT"]]


@pytest.mark.parametrize(
    "rules",
    [
        {"AutomaticallyAfterDays": 1, "ScheduleExpression": "rate(1 day)"},
        {"ScheduleExpression": "rate(1 hour)"},
        {"ScheduleExpression": "rate(1001 days)"},
        {"ScheduleExpression": "cron(0 8 * * *)"},
        {"ScheduleExpression": "every day"},
        {"AutomaticallyAfterDays": 1, "Duration": "99h"},
    ],
)
def test_rules_that_cannot_be_kept_are_refused(aws, secret, rules):
    asked = {"SecretId": secret, "RotationLambdaARN": FUNCTION, "RotationRules": rules}
    told(aws.rotate_secret, "InvalidParameterException", **asked)


def test_what_was_not_enabled_is_not_cancelled(aws, secret):
    told(aws.cancel_rotate_secret, "InvalidRequestException", SecretId=secret)
    told(aws.cancel_rotate_secret, "ResourceNotFoundException", SecretId="none")
