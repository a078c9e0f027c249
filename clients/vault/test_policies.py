"""sys/policies and sys/policy: https://developer.hashicorp.com/vault/api-docs/system/policies"""

import json

import pytest
from hvac import exceptions

TEXT = """
path "sys/mounts" {
  capabilities = ["read"]
}
path "secret/*" {
  policy = "write"
}
"""
JSON = {"path": {"sys": {"policy": "deny"}, "secret": {"policy": "write"}}}


def test_a_policy_is_written_and_read_verbatim(vault, name):
    assert vault.sys.create_or_update_acl_policy(name, TEXT).status_code == 204
    assert vault.sys.read_acl_policy(name)["data"] == {"name": name, "policy": TEXT}
    assert name in vault.sys.list_acl_policies()["data"]["keys"]


def test_the_older_paths_know_the_same_policies(vault, name):
    assert vault.sys.create_or_update_policy(name, TEXT).status_code == 204
    read = vault.sys.read_policy(name)
    assert read["rules"] == TEXT
    assert read["data"]["rules"] == TEXT
    assert read["data"]["name"] == name
    listed = vault.sys.list_policies()
    assert name in listed["policies"]
    assert name in listed["keys"]
    assert {"root", "default"} <= set(listed["data"]["policies"])
    assert vault.sys.read_acl_policy(name)["data"]["policy"] == TEXT
    assert name in vault.list("sys/policy")["data"]["keys"]


@pytest.mark.parametrize("pretty", [True, False])
def test_a_policy_can_be_json(vault, name, pretty):
    vault.sys.create_or_update_policy(name, JSON, pretty_print=pretty)
    assert json.loads(vault.sys.read_policy(name)["data"]["rules"]) == JSON


def test_a_deleted_policy_is_gone(vault, name):
    vault.sys.create_or_update_acl_policy(name, TEXT)
    assert vault.sys.delete_acl_policy(name).status_code == 204
    with pytest.raises(exceptions.InvalidPath):
        vault.sys.read_acl_policy(name)
    vault.sys.create_or_update_policy(name, TEXT)
    assert vault.sys.delete_policy(name).status_code == 204
    with pytest.raises(exceptions.InvalidPath):
        vault.sys.read_policy(name)
    assert vault.sys.delete_policy(f"['{name}']").status_code == 204


@pytest.mark.parametrize(
    "wrong", ['path "a" {', 'path "a" { capabilities = ["fly"] }', '{"path": 3}']
)
def test_a_policy_that_cannot_be_read_is_refused(vault, name, wrong):
    with pytest.raises(exceptions.InvalidRequest):
        vault.sys.create_or_update_acl_policy(name, wrong)
    with pytest.raises(exceptions.InvalidPath):
        vault.sys.read_acl_policy(name)


def test_root_is_neither_written_nor_deleted(vault):
    for change in (
        lambda: vault.sys.create_or_update_acl_policy("root", TEXT),
        lambda: vault.sys.delete_acl_policy("root"),
        lambda: vault.sys.delete_policy("default"),
    ):
        with pytest.raises(exceptions.InvalidRequest):
            change()


def test_a_changed_policy_holds_at_once(server, vault, name):
    client = server.bearer('path "sys/mounts" { capabilities = ["read"] }', name)
    assert client.sys.list_mounted_secrets_engines()["data"]
    vault.sys.create_or_update_acl_policy(name, 'path "sys/mounts" { capabilities = ["deny"] }')
    with pytest.raises(exceptions.Forbidden):
        client.sys.list_mounted_secrets_engines()


def test_a_denial_names_the_request(server, name):
    client = server.bearer('path "secret/*" { capabilities = ["read"] }', name)
    with pytest.raises(exceptions.Forbidden) as raised:
        client.sys.list_mounted_secrets_engines()
    assert "permission denied" in raised.value.errors
    assert "strongroom explain" in str(raised.value)


def test_capabilities_of_the_caller_of_a_token_and_of_an_accessor(server, vault, name):
    vault.sys.create_or_update_acl_policy(name, TEXT)
    auth = vault.auth.token.create(policies=[name], no_default_policy=True)["auth"]
    paths = ["sys/mounts", "secret/a", "auth/token/create"]
    answers = [
        vault.sys.get_capabilities(paths, token=auth["client_token"]),
        vault.sys.get_capabilities(paths, accessor=auth["accessor"]),
    ]
    for answer in answers:
        data = answer["data"]
        assert data["sys/mounts"] == ["read"]
        assert data["secret/a"] == ["create", "delete", "list", "read", "update"]
        assert data["auth/token/create"] == ["deny"]
    own = vault.sys.get_capabilities(["secret/a"])
    assert own["data"]["secret/a"] == ["root"]
    assert own["data"]["capabilities"] == ["root"]


def test_capabilities_are_asked_for_by_anybody_about_themselves(server, vault):
    auth = vault.auth.token.create(policies=["default"])["auth"]
    client = server.client(auth["client_token"])
    assert client.sys.get_capabilities(["sys/seal"])["data"]["sys/seal"] == ["deny"]
    with pytest.raises(exceptions.Forbidden):
        client.sys.get_capabilities(["sys/seal"], token=server.root_token)


@pytest.mark.parametrize("side", ["egp", "rgp"])
def test_enterprise_policies_are_refused(vault, name, side):
    with pytest.raises(exceptions.VaultError):
        vault.list(f"sys/policies/{side}") or vault.read(f"sys/policies/{side}/{name}") or refuse()


def refuse():
    """hvac answers None for what is not found."""
    raise exceptions.InvalidPath()
