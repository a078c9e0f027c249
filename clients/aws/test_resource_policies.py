"""Policies of secrets: kept, checked and enforced."""

import json

import pytest

from harness import EVERYTHING, OPERATOR, told


def policy(effect, action, principal="*", **more):
    statement = {
        "Effect": effect,
        "Principal": principal,
        "Action": action,
        "Resource": "*",
        **more,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def aws(server):
    return server.app("operator", OPERATOR)


DENY = policy("Deny", "secretsmanager:GetSecretValue")


def test_a_policy_is_kept_as_it_was_written_and_taken_away(aws, secret):
    read = aws.get_resource_policy(SecretId=secret)
    assert read["Name"] == secret and "ResourcePolicy" not in read
    assert aws.list_resource_policies(SecretId=secret)["ResourcePolicies"] == []
    text = policy("Deny", "secretsmanager:DeleteSecret")
    assert aws.put_resource_policy(SecretId=secret, ResourcePolicy=text)["Name"] == secret
    assert json.loads(aws.get_resource_policy(SecretId=secret)["ResourcePolicy"]) == json.loads(text)
    listed = aws.list_resource_policies(SecretId=secret)["ResourcePolicies"]
    assert listed == [{"PolicyName": "default"}]
    aws.delete_resource_policy(SecretId=secret)
    assert "ResourcePolicy" not in aws.get_resource_policy(SecretId=secret)


def test_what_a_policy_denies_is_denied_at_once(aws, server, secret):
    app = server.app("denied", EVERYTHING)
    assert app.get_secret_value(SecretId=secret)["SecretString"] == "one"
    aws.put_resource_policy(SecretId=secret, ResourcePolicy=DENY)
    told(app.get_secret_value, "AccessDeniedException", SecretId=secret)
    told(aws.get_secret_value, "AccessDeniedException", SecretId=secret)
    assert app.describe_secret(SecretId=secret)["Name"] == secret
    aws.delete_resource_policy(SecretId=secret)
    assert app.get_secret_value(SecretId=secret)["SecretString"] == "one"


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"Statement": []}', policy("Perhaps", "*")])
def test_what_is_no_policy_is_refused(aws, secret, text):
    asked = {"SecretId": secret, "ResourcePolicy": text}
    told(aws.put_resource_policy, "MalformedPolicyDocumentException", **asked)
    assert "ResourcePolicy" not in aws.get_resource_policy(SecretId=secret)


def test_a_policy_for_everybody_is_refused_where_that_is_asked(aws, secret):
    public = policy("Allow", "secretsmanager:GetSecretValue")
    asked = {"SecretId": secret, "ResourcePolicy": public, "BlockPublicPolicy": True}
    told(aws.put_resource_policy, "PublicPolicyException", **asked)
    assert "ResourcePolicy" not in aws.get_resource_policy(SecretId=secret)


def test_a_policy_is_checked_without_being_kept(aws, secret):
    good = policy("Deny", "secretsmanager:DeleteSecret")
    checked = aws.validate_resource_policy(SecretId=secret, ResourcePolicy=good)
    assert checked["PolicyValidationPassed"] and checked["ValidationErrors"] == []
    public = policy("Allow", "secretsmanager:GetSecretValue")
    checked = aws.validate_resource_policy(ResourcePolicy=public)
    assert not checked["PolicyValidationPassed"] and checked["ValidationErrors"]
    assert "ResourcePolicy" not in aws.get_resource_policy(SecretId=secret)


def test_policies_with_other_names_are_refused(aws, secret):
    asked = {"SecretId": secret, "PolicyName": "other"}
    told(aws.get_resource_policy, "InvalidParameterException", **asked)
    told(aws.delete_resource_policy, "InvalidParameterException", **asked)
    told(aws.put_resource_policy, "InvalidParameterException", ResourcePolicy=DENY, **asked)


def test_policies_of_secrets_that_there_are_not_are_not_found(aws):
    for call in (aws.get_resource_policy, aws.delete_resource_policy, aws.list_resource_policies):
        told(call, "ResourceNotFoundException", SecretId="none")
    asked = {"SecretId": "none", "ResourcePolicy": DENY}
    told(aws.put_resource_policy, "ResourceNotFoundException", **asked)
