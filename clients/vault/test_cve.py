"""Weaknesses that Vault and OpenBao had: each is tried here, in the Rust tests, or in the test that its number names.

CVE-2025-6000 is in test_system.py, CVE-2026-3605 in test_refusals.py, CVE-2026-5807 in test_seal.py.
"""

import json

import pytest
from hvac import exceptions

from support import login_mounted


def user(server, vault, mount, name="ann"):
    vault.auth.userpass.create_or_update_user(name, "word", mount_point=mount)
    client = server.client()
    auth = client.auth.userpass.login(name, "word", mount_point=mount)["auth"]
    return client, auth


@pytest.mark.parametrize("word", ["root", "ROOT", "Root", " root", "root ", "rooT\t"])
def test_cve_2025_5999_and_64761_no_spelling_of_root_makes_an_entity_root(
    server, vault, name, word
):
    client, auth = user(server, vault, login_mounted(vault, name, "userpass"))
    identity = vault.secrets.identity
    for give in (
        lambda: identity.update_entity(auth["entity_id"], policies=[word]),
        lambda: identity.create_or_update_group(
            name, policies=[word], member_entity_ids=[auth["entity_id"]]
        ),
    ):
        try:
            give()
        except exceptions.InvalidRequest:
            pass
        with pytest.raises(exceptions.Forbidden):
            client.sys.list_mounted_secrets_engines()


@pytest.mark.parametrize("word", ["ROOT", "Root", " root", "root "])
def test_cve_2025_64761_no_spelling_of_root_makes_a_token_root(server, name, word):
    creator = server.bearer(
        'path "auth/token/create" { capabilities = ["update", "create", "sudo"] }', name
    )
    try:
        made = creator.auth.token.create(policies=[word])["auth"]
    except exceptions.InvalidRequest:
        return
    with pytest.raises(exceptions.Forbidden):
        server.client(made["client_token"]).sys.list_mounted_secrets_engines()


@pytest.mark.parametrize("spelled", ["ANN", "Ann", "ann ", " ann", "ann\t"])
def test_cve_2025_6013_a_name_in_other_letters_is_nobody_else(server, vault, name, spelled):
    mount = login_mounted(vault, name, "userpass")
    _, auth = user(server, vault, mount)
    try:
        other = server.client().auth.userpass.login(spelled, "word", mount_point=mount)["auth"]
    except exceptions.VaultError:
        return
    assert other["entity_id"] == auth["entity_id"]


@pytest.mark.parametrize(
    "path",
    ["revoke-prefix/auth", "revoke-force/auth", "revoke", "renew", "leases/revoke-prefix/auth"],
)
def test_cve_2026_45808_older_paths_of_leases_are_as_closed_as_the_new_ones(server, path):
    assert server.send("PUT", f"sys/{path}", {"lease_id": "auth/x"}).status_code == 403
    token = server.root().auth.token.create(policies=["default"])["auth"]["client_token"]
    if "revoke" in path:
        answer = server.send("PUT", f"sys/{path}", {"lease_id": "auth/x"}, token)
        assert answer.status_code == 403


@pytest.mark.parametrize("path", ["sys/revoke-prefix/{}", "sys/revoke-force/{}"])
def test_cve_2026_45808_older_paths_need_sudo_as_well(server, name, path):
    client = server.bearer('path "sys/revoke-*" { capabilities = ["update"] }', name)
    answer = server.send("PUT", path.format("auth"), {}, client.token)
    assert answer.status_code == 403


BOMBS = {
    "many members": json.dumps({f"m{number}": 1 for number in range(200_000)}),
    "a long list": json.dumps({"list": [0] * 400_000}),
    "deep": '{"a":' * 50_000 + "1" + "}" * 50_000,
    "many strings": json.dumps({"list": ["a"] * 200_000}),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_cve_2025_6203_a_bomb_of_json_is_refused(server, bomb):
    for path in ("auth/token/create", "secret/data/a", "sys/unseal", "auth/approle/login"):
        answer = server.send("POST", path, data=BOMBS[bomb])
        assert answer.status_code in (400, 403, 413), (path, answer.status_code, answer.text[:200])
    assert server.root().is_authenticated()


def test_cve_2025_62513_and_62705_what_is_not_an_envelope_is_not_in_the_audit_log(
    new_server, tmp_path
):
    """Answers that are raw JSON or text, and the secrets in the questions to them."""
    server = new_server("--persist", str(tmp_path / "kept"))
    vault = server.root()
    client, auth = user(server, vault, login_mounted(vault, "people", "userpass"))
    vault.secrets.identity.create_named_key("key", allowed_client_ids=["*"])
    vault.secrets.identity.create_or_update_role("role", "key")
    vault.sys.create_or_update_policy(
        "signing", 'path "identity/oidc/token/role" { capabilities = ["read"] }'
    )
    vault.secrets.identity.update_entity(auth["entity_id"], policies=["signing"])
    token = client.secrets.identity.generate_signed_id_token("role")["data"]["token"]
    assert vault.secrets.identity.introspect_signed_id_token(token)["active"] is True
    server.stop()
    for file in (tmp_path / "kept").rglob("*"):
        if file.is_file():
            assert token.encode() not in file.read_bytes(), file


def test_cve_2026_46405_a_refused_login_gives_no_token(server, vault, name):
    mount = login_mounted(vault, name, "userpass")
    vault.auth.userpass.create_or_update_user("ann", "word", mount_point=mount)
    wrong = {"password": "wrong"}
    answer = server.send("POST", f"auth/{mount}/login/ann", wrong)
    assert answer.status_code == 400
    assert "auth" not in answer.json()
    wrapped = server.send(
        "POST", f"auth/{mount}/login/ann", wrong, headers={"X-Vault-Wrap-TTL": "60"}
    )
    assert wrapped.status_code == 400
    assert set(wrapped.json()) == {"errors"}


def test_cve_2026_40264_a_namespace_is_refused_rather_than_ignored(server):
    for namespace in ("team", "root/team", "../root"):
        answer = server.send(
            "GET", "sys/mounts", token=server.root_token, headers={"X-Vault-Namespace": namespace}
        )
        assert answer.status_code in (400, 404, 501), namespace
