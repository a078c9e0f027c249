"""sys/wrapping: https://developer.hashicorp.com/vault/docs/concepts/response-wrapping"""

import pytest
from hvac import exceptions

GONE = "wrapping token is not valid or does not exist"


def test_what_is_wrapped_is_unwrapped_once(server, vault):
    info = vault.sys.wrap({"a": "b"}, ttl=60)["wrap_info"]
    assert info["ttl"] == 60
    assert info["creation_path"] == "sys/wrapping/wrap"
    assert info["accessor"]
    assert "wrapped_accessor" not in info or not info["wrapped_accessor"]
    assert vault.sys.unwrap(info["token"])["data"] == {"a": "b"}
    with pytest.raises(exceptions.InvalidRequest, match=GONE):
        vault.sys.unwrap(info["token"])


def test_the_callers_own_token_is_the_wrapped_one(server, vault):
    info = vault.sys.wrap({"a": "b"})["wrap_info"]
    client = server.client(info["token"])
    assert client.sys.unwrap()["data"] == {"a": "b"}
    with pytest.raises(exceptions.InvalidRequest, match=GONE):
        client.sys.unwrap()


def test_a_wrapping_token_does_nothing_else(server, vault):
    for refused in (
        lambda client: client.auth.token.lookup_self(),
        lambda client: client.sys.list_mounted_secrets_engines(),
        lambda client: client.auth.token.create(),
        lambda client: client.sys.wrap({"c": "d"}),
    ):
        client = server.client(vault.sys.wrap({"a": "b"})["wrap_info"]["token"])
        with pytest.raises((exceptions.Forbidden, exceptions.InvalidRequest)):
            refused(client)


@pytest.mark.parametrize("ttl", [300, "300", "5m", "300s"])
def test_any_answer_can_be_wrapped(server, vault, ttl):
    answer = vault.auth.token.create(policies=["default"], wrap_ttl=ttl)
    info = answer["wrap_info"]
    assert answer["auth"] is None
    assert info["ttl"] == 300
    assert info["creation_path"] == "auth/token/create"
    auth = vault.sys.unwrap(info["token"])["auth"]
    assert auth["accessor"] == info["wrapped_accessor"]
    assert server.client(auth["client_token"]).is_authenticated()


def test_a_wrapped_token_can_be_revoked_by_its_accessor(vault):
    info = vault.auth.token.create(wrap_ttl="1m")["wrap_info"]
    vault.auth.token.revoke_accessor(info["wrapped_accessor"])
    auth = vault.sys.unwrap(info["token"])["auth"]
    with pytest.raises(exceptions.Forbidden):
        vault.auth.token.lookup(auth["client_token"])


def test_a_token_that_wraps_nothing_is_refused(server, vault):
    for token in ("nonsense", vault.auth.token.create()["auth"]["client_token"]):
        with pytest.raises(exceptions.InvalidRequest, match=GONE):
            vault.sys.unwrap(token)


def test_who_holds_one_can_look_at_it_without_opening_it(server, vault):
    info = vault.sys.wrap({"a": "b"}, ttl=60)["wrap_info"]
    data = vault.write("sys/wrapping/lookup", token=info["token"])["data"]
    assert data["creation_path"] == "sys/wrapping/wrap"
    assert data["creation_ttl"] == 60
    anybody = server.client().adapter.post("/v1/sys/wrapping/lookup", json={"token": info["token"]})
    assert anybody["data"]["creation_ttl"] == 60
    assert vault.sys.unwrap(info["token"])["data"] == {"a": "b"}


def test_one_is_renewed_by_wrapping_again(server, vault):
    info = vault.sys.wrap({"a": "b"}, ttl=60)["wrap_info"]
    again = vault.write("sys/wrapping/rewrap", token=info["token"])["wrap_info"]
    assert again["ttl"] == 60
    assert again["token"] != info["token"]
    with pytest.raises(exceptions.InvalidRequest, match=GONE):
        vault.sys.unwrap(info["token"])
    assert vault.sys.unwrap(again["token"])["data"] == {"a": "b"}


def test_a_wrapped_answer_is_gone_when_its_time_is_over(vault):
    info = vault.sys.wrap({"a": "b"}, ttl=1)["wrap_info"]
    lookup = lambda: vault.write("sys/wrapping/lookup", token=info["token"])
    # The clock of a process cannot be moved: asked until it is refused.
    with pytest.raises(exceptions.InvalidRequest):
        while True:
            lookup()
    with pytest.raises(exceptions.InvalidRequest):
        vault.sys.unwrap(info["token"])


def test_wrapping_without_a_time_or_with_a_wrong_one_is_refused(server):
    for ttl in ("soon", "-5m"):
        answer = server.send(
            "POST", "sys/wrapping/wrap", {"a": "b"}, server.root_token, {"X-Vault-Wrap-TTL": ttl}
        )
        assert answer.status_code == 400


def test_a_wrapping_token_looks_at_itself(server, vault):
    client = server.client(vault.sys.wrap({"a": "b"}, ttl=60)["wrap_info"]["token"])
    assert client.read("sys/wrapping/lookup")["data"]["creation_ttl"] == 60
