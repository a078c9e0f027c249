"""auth/token: https://developer.hashicorp.com/vault/api-docs/auth/token"""

import pytest
from hvac import exceptions

READ = 'path "secret/*" { capabilities = ["read"] }'


def create(client, **keywords):
    return client.auth.token.create(**keywords)["auth"]


def test_a_new_token_has_what_was_asked_for(vault, name):
    auth = create(
        vault, policies=["b", "a"], ttl="5m", meta={"team": name}, display_name=name, num_uses=3
    )
    assert auth["client_token"] and auth["accessor"]
    assert auth["policies"] == ["a", "b", "default"]
    assert auth["token_policies"] == ["a", "b", "default"]
    assert auth["metadata"] == {"team": name}
    assert auth["lease_duration"] == 300
    assert auth["renewable"] is True
    assert auth["token_type"] == "service"
    assert auth["orphan"] is False
    assert auth["num_uses"] == 3
    assert auth["entity_id"] == ""


def test_lookup_describes_a_token(vault):
    auth = create(vault, policies=["default"], ttl="10m", meta={"a": "b"})
    data = vault.auth.token.lookup(auth["client_token"])["data"]
    assert data["id"] == auth["client_token"]
    assert data["accessor"] == auth["accessor"]
    assert data["meta"] == {"a": "b"}
    assert 0 < data["ttl"] <= 600
    assert data["creation_ttl"] == 600
    assert data["path"] == "auth/token/create"
    assert data["type"] == "service"
    assert data["renewable"] is True


def test_lookup_by_accessor_gives_nobody_the_token(vault):
    auth = create(vault)
    data = vault.auth.token.lookup_accessor(auth["accessor"])["data"]
    assert data["id"] == ""
    assert data["accessor"] == auth["accessor"]
    assert auth["client_token"] not in str(data)


def test_a_token_looks_itself_up(server, vault):
    auth = create(vault)
    client = server.client(auth["client_token"])
    assert client.auth.token.lookup_self()["data"]["id"] == auth["client_token"]
    assert client.is_authenticated()
    assert client.lookup_token()["data"]["accessor"] == auth["accessor"]


def test_a_token_that_nobody_made_is_refused(server, vault):
    stranger = server.client("s.nobody-made-this-one")
    assert not stranger.is_authenticated()
    with pytest.raises(exceptions.Forbidden):
        stranger.auth.token.lookup_self()
    with pytest.raises(exceptions.Forbidden):
        vault.auth.token.lookup("s.nobody-made-this-one")
    with pytest.raises(exceptions.InvalidRequest):
        vault.auth.token.lookup_accessor("no-accessor")


def test_a_period_is_the_lease_of_a_token(vault):
    auth = create(vault, period="30m")
    assert auth["lease_duration"] == 1800
    assert vault.auth.token.lookup(auth["client_token"])["data"]["period"] == 1800
    renewed = vault.auth.token.renew(auth["client_token"])["auth"]
    assert renewed["lease_duration"] == 1800


def test_a_renewal_stays_below_the_explicit_maximum(vault):
    auth = create(vault, ttl="1m", explicit_max_ttl="3m")
    assert auth["lease_duration"] == 60
    renewed = vault.auth.token.renew(auth["client_token"], increment="1h")["auth"]
    assert renewed["client_token"] == auth["client_token"]
    assert 60 < renewed["lease_duration"] <= 180


def test_a_token_renews_itself(server, vault):
    auth = create(vault, ttl="1m")
    renewed = server.client(auth["client_token"]).auth.token.renew_self(increment="2m")["auth"]
    assert renewed["lease_duration"] == 120


def test_a_token_that_is_not_renewable_is_not_renewed(vault):
    auth = create(vault, ttl="1m", renewable=False)
    assert auth["renewable"] is False
    with pytest.raises(exceptions.InvalidRequest):
        vault.auth.token.renew(auth["client_token"])


def test_a_revoked_token_is_refused_at_once(server, vault):
    auth = create(vault)
    assert vault.auth.token.revoke(auth["client_token"]).status_code == 204
    assert not server.client(auth["client_token"]).is_authenticated()
    with pytest.raises(exceptions.Forbidden):
        vault.auth.token.lookup(auth["client_token"])
    with pytest.raises(exceptions.InvalidRequest):
        vault.auth.token.lookup_accessor(auth["accessor"])


def test_a_token_is_revoked_by_its_accessor(server, vault):
    auth = create(vault)
    assert vault.auth.token.revoke_accessor(auth["accessor"]).status_code == 204
    assert not server.client(auth["client_token"]).is_authenticated()


def test_a_token_revokes_itself(server, vault):
    auth = create(vault)
    client = server.client(auth["client_token"])
    assert client.auth.token.revoke_self().status_code == 204
    assert not client.is_authenticated()


def test_children_go_with_their_parent(server, vault):
    parent = create(vault, policies=["root"])
    child = create(server.client(parent["client_token"]), policies=["default"])
    grandchild_of = server.client(parent["client_token"])
    orphan = grandchild_of.auth.token.create_orphan(policies=["default"])["auth"]
    assert orphan["orphan"] is True
    vault.auth.token.revoke(parent["client_token"])
    assert not server.client(child["client_token"]).is_authenticated()
    assert server.client(orphan["client_token"]).is_authenticated()


def test_children_stay_when_only_the_parent_is_revoked(server, vault):
    parent = create(vault, policies=["root"])
    child = create(server.client(parent["client_token"]), policies=["default"])
    vault.auth.token.revoke_and_orphan_children(parent["client_token"])
    assert not server.client(parent["client_token"]).is_authenticated()
    client = server.client(child["client_token"])
    assert client.auth.token.lookup_self()["data"]["orphan"] is True


def test_a_token_is_spent_with_its_uses(server, vault):
    client = server.client(create(vault, num_uses=2)["client_token"])
    client.auth.token.lookup_self()
    client.auth.token.lookup_self()
    with pytest.raises(exceptions.Forbidden):
        client.auth.token.lookup_self()


def test_a_batch_token_is_no_service_token(server, vault):
    auth = create(vault, type="batch", ttl="5m", policies=["default"])
    assert auth["token_type"] == "batch"
    assert auth["accessor"] == ""
    assert auth["renewable"] is False
    client = server.client(auth["client_token"])
    assert client.auth.token.lookup_self()["data"]["type"] == "batch"
    with pytest.raises(exceptions.InvalidRequest):
        vault.auth.token.revoke(auth["client_token"])
    with pytest.raises((exceptions.InvalidRequest, exceptions.Forbidden)):
        vault.auth.token.renew(auth["client_token"])


def test_a_token_has_the_text_that_root_gave_it(server, vault, name):
    auth = create(vault, id=f"my-own-{name}", policies=["default"])
    assert auth["client_token"] == f"my-own-{name}"
    assert server.client(f"my-own-{name}").is_authenticated()


def test_a_caller_gives_no_policy_that_it_lacks(server, name):
    client = server.bearer('path "auth/token/create" { capabilities = ["create", "update"] }', name)
    with pytest.raises(exceptions.InvalidRequest):
        create(client, policies=["root"])
    assert create(client, policies=[name])["policies"] == ["default", name]


def test_a_token_without_the_default_policy_has_only_its_own(vault, name):
    auth = create(vault, policies=[name], no_default_policy=True)
    assert auth["policies"] == [name]


def test_roles_are_written_read_listed_and_deleted(vault, name):
    token = vault.auth.token
    assert (
        token.create_or_update_role(
            name, allowed_policies="one,two", orphan=True, renewable=False
        ).status_code
        == 204
    )
    role = token.read_role(name)["data"]
    assert role["name"] == name
    assert role["allowed_policies"] == ["one", "two"]
    assert role["orphan"] is True
    assert role["renewable"] is False
    assert name in token.list_roles()["data"]["keys"]
    assert token.delete_role(name).status_code == 204
    with pytest.raises(exceptions.InvalidPath):
        token.read_role(name)
    with pytest.raises(exceptions.InvalidPath):
        token.list_roles()


def test_a_role_decides_about_the_tokens_it_makes(vault, name):
    vault.auth.token.create_or_update_role(
        name, allowed_policies="one,two", orphan=True, token_period="20m", path_suffix="here"
    )
    auth = create(vault, role_name=name, policies=["two"])
    assert auth["policies"] == ["default", "two"]
    assert auth["orphan"] is True
    assert auth["lease_duration"] == 1200
    data = vault.auth.token.lookup(auth["client_token"])["data"]
    assert data["role"] == name
    assert data["path"] == f"auth/token/create/{name}/here"
    with pytest.raises(exceptions.InvalidRequest):
        create(vault, role_name=name, policies=["three"])
    vault.auth.token.delete_role(name)


def test_a_role_lets_its_callers_name_the_entity_of_a_token(server, vault, name):
    vault.auth.token.create_or_update_role(
        name, allowed_policies="one", allowed_entity_aliases=f"Svc-{name}"
    )
    role = vault.auth.token.read_role(name)["data"]
    assert role["allowed_entity_aliases"] == [f"svc-{name}".lower()]
    auth = create(vault, role_name=name, entity_alias=f"svc-{name}")
    again = create(vault, role_name=name, entity_alias=f"SVC-{name}")
    assert auth["entity_id"] and auth["entity_id"] == again["entity_id"]
    aliases = vault.secrets.identity.read_entity(auth["entity_id"])["data"]["aliases"]
    assert [alias["name"] for alias in aliases] == [f"svc-{name}".lower()]
    with pytest.raises(exceptions.InvalidRequest):
        create(vault, role_name=name, entity_alias="other")
    with pytest.raises(exceptions.InvalidRequest):
        create(vault, entity_alias=f"svc-{name}")
    vault.auth.token.delete_role(name)


def test_accessors_are_listed_for_those_with_sudo(server, vault, name):
    auth = create(vault)
    assert auth["accessor"] in vault.auth.token.list_accessors()["data"]["keys"]
    lister = server.bearer('path "auth/token/accessors" { capabilities = ["list"] }', name)
    with pytest.raises(exceptions.Forbidden):
        lister.auth.token.list_accessors()


def test_an_expired_token_is_refused(server, vault):
    client = server.client(create(vault, ttl="1s")["client_token"])
    # The clock of a process cannot be moved: asked until it is refused.
    while client.is_authenticated():
        pass
    with pytest.raises(exceptions.Forbidden):
        client.auth.token.lookup_self()


def test_a_token_is_renewed_by_its_accessor(server, vault):
    auth = create(vault, ttl="1m")
    body = {"accessor": auth["accessor"], "increment": "3m"}
    renewed = vault.write("auth/token/renew-accessor", **body)["auth"]
    assert renewed["client_token"] == ""
    assert renewed["lease_duration"] == 180


def test_lookup_without_a_token_is_of_the_callers_own(vault, server):
    data = vault.read("auth/token/lookup")["data"]
    assert data["id"] == server.root_token
    assert vault.write("auth/token/lookup-self")["data"]["id"] == server.root_token


def test_null_members_are_as_if_they_were_absent(server, vault):
    answer = server.send(
        "POST",
        "auth/token/create",
        {"policies": None, "ttl": None, "meta": None, "num_uses": None, "renewable": None},
        server.root_token,
    )
    assert answer.status_code == 200
    assert answer.json()["auth"]["policies"] == ["root"]
