"""identity: https://developer.hashicorp.com/vault/api-docs/secret/identity"""

import base64

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hvac import exceptions

from provider import claims_of
from support import login_mounted


@pytest.fixture
def identity(vault):
    return vault.secrets.identity


@pytest.fixture
def accessor(vault, name):
    login_mounted(vault, f"{name}-login", "userpass")
    return vault.sys.list_auth_methods()["data"][f"{name}-login/"]["accessor"]


def entity(identity, name, **settings):
    return identity.create_or_update_entity(name, **settings)["data"]["id"]


def person(server, vault, name, mount):
    """A client of somebody who logged in, and their entity."""
    vault.auth.userpass.create_or_update_user(name, "word", mount_point=mount)
    client = server.client()
    auth = client.auth.userpass.login(name, "word", mount_point=mount)["auth"]
    return client, auth["entity_id"]


def test_entities_are_made_read_and_deleted(identity, name):
    made = entity(identity, name, metadata={"a": "b"}, policies=["one"])
    for read in (identity.read_entity(made), identity.read_entity_by_name(name)):
        data = read["data"]
        assert data["id"] == made
        assert data["name"] == name
        assert data["metadata"] == {"a": "b"}
        assert data["policies"] == ["one"]
        assert data["disabled"] is False
        assert data["aliases"] == []
    assert made in identity.list_entities()["data"]["keys"]
    assert name in identity.list_entities_by_name()["data"]["keys"]
    assert made in identity.list_entities(method="GET")["data"]["keys"]
    assert identity.delete_entity(made).status_code == 204
    with pytest.raises(exceptions.InvalidPath):
        identity.read_entity(made)
    assert identity.delete_entity(made).status_code == 204
    assert identity.delete_entity_by_name(name).status_code == 204


def test_an_entity_keeps_its_id_when_it_is_written_again(identity, name):
    made = entity(identity, name)
    identity.create_or_update_entity(name, entity_id=made, metadata={"new": "x"})
    assert identity.read_entity(made)["data"]["metadata"] == {"new": "x"}
    identity.create_or_update_entity_by_name(name, policies=["p"])
    assert identity.read_entity(made)["data"]["policies"] == ["p"]
    identity.update_entity(made, name=f"{name}-renamed")
    assert identity.read_entity_by_name(f"{name}-renamed")["data"]["id"] == made
    with pytest.raises(exceptions.InvalidPath):
        identity.read_entity_by_name(name)


def test_an_entity_is_made_by_its_name(identity, name):
    made = identity.create_or_update_entity_by_name(name, metadata={"a": "b"})["data"]["id"]
    assert identity.read_entity(made)["data"]["name"] == name


def test_aliases_are_made_read_changed_and_deleted(identity, name, accessor):
    owner = entity(identity, name)
    made = identity.create_or_update_entity_alias("ann", owner, accessor)["data"]
    assert made["canonical_id"] == owner
    data = identity.read_entity_alias(made["id"])["data"]
    assert (data["name"], data["mount_accessor"]) == ("ann", accessor)
    assert data["mount_type"] == "userpass"
    assert made["id"] in identity.list_entity_aliases()["data"]["keys"]
    identity.update_entity_alias(made["id"], "bob", owner, accessor)
    assert identity.read_entity_alias(made["id"])["data"]["name"] == "bob"
    assert [a["name"] for a in identity.read_entity(owner)["data"]["aliases"]] == ["bob"]
    with pytest.raises(exceptions.InvalidRequest, match="invalid mount accessor"):
        identity.update_entity_alias(made["id"], "bob", owner, "no accessor")
    assert identity.delete_entity_alias(made["id"]).status_code == 204
    with pytest.raises(exceptions.InvalidPath):
        identity.read_entity_alias(made["id"])


def test_an_alias_without_an_entity_makes_one(identity, accessor):
    made = identity.create_or_update_entity_alias("lonely", None, accessor)["data"]
    assert identity.read_entity(made["canonical_id"])["data"]["aliases"][0]["id"] == made["id"]


def test_aliases_go_with_their_entity(identity, name, accessor):
    owner = entity(identity, name)
    alias = identity.create_or_update_entity_alias("ann", owner, accessor)["data"]["id"]
    identity.delete_entity(owner)
    with pytest.raises(exceptions.InvalidPath):
        identity.read_entity_alias(alias)


def test_entities_are_merged(identity, name, accessor):
    kept, gone = entity(identity, name), entity(identity, f"{name}-2")
    identity.create_or_update_entity_alias("ann", gone, accessor)
    assert identity.merge_entities([gone], kept).status_code == 204
    assert [a["name"] for a in identity.read_entity(kept)["data"]["aliases"]] == ["ann"]
    assert gone in identity.read_entity(kept)["data"]["merged_entity_ids"]
    with pytest.raises(exceptions.InvalidPath):
        identity.read_entity_by_name(f"{name}-2")
    with pytest.raises(exceptions.InvalidRequest):
        identity.merge_entities(["no-such-entity"], kept)


def test_entities_are_looked_up(identity, name, accessor):
    made = entity(identity, name)
    alias = identity.create_or_update_entity_alias("ann", made, accessor)["data"]["id"]
    for asked in (
        {"name": name},
        {"entity_id": made},
        {"alias_id": alias},
        {"alias_name": "ann", "alias_mount_accessor": accessor},
    ):
        assert identity.lookup_entity(**asked)["data"]["id"] == made
    assert identity.lookup_entity(name="nobody").status_code == 204


def test_groups_are_made_read_changed_and_deleted(identity, name):
    member = entity(identity, name)
    below = identity.create_or_update_group(f"{name}-below")["data"]["id"]
    made = identity.create_or_update_group(
        name,
        policies=["p"],
        member_entity_ids=[member],
        member_group_ids=[below],
        metadata={"a": "b"},
    )["data"]["id"]
    for read in (identity.read_group(made), identity.read_group_by_name(name)):
        data = read["data"]
        assert data["id"] == made
        assert data["type"] == "internal"
        assert data["member_entity_ids"] == [member]
        assert data["member_group_ids"] == [below]
        assert data["policies"] == ["p"]
    assert made in identity.list_groups()["data"]["keys"]
    assert name in identity.list_groups_by_name()["data"]["keys"]
    identity.update_group(made, name, metadata={"new": "x"})
    assert identity.read_group(made)["data"]["metadata"] == {"new": "x"}
    with pytest.raises(exceptions.InvalidRequest, match="group type cannot be changed"):
        identity.update_group(made, name, group_type="external")
    assert identity.delete_group(made).status_code == 204
    assert identity.delete_group_by_name(f"{name}-below").status_code == 204
    with pytest.raises(exceptions.InvalidPath):
        identity.read_group(made)


def test_a_group_is_made_by_its_name(identity, name):
    made = identity.create_or_update_group_by_name(name, policies=["p"])["data"]["id"]
    assert identity.read_group(made)["data"]["policies"] == ["p"]


def test_external_groups_have_aliases_and_no_members(identity, name, accessor):
    made = identity.create_or_update_group(name, group_type="external")["data"]["id"]
    alias = identity.create_or_update_group_alias(
        "staff", mount_accessor=accessor, canonical_id=made
    )["data"]["id"]
    assert identity.read_group_alias(alias)["data"]["canonical_id"] == made
    assert alias in identity.list_group_aliases()["data"]["keys"]
    identity.update_group_alias(alias, "crew", mount_accessor=accessor, canonical_id=made)
    assert identity.read_group(made)["data"]["alias"]["name"] == "crew"
    for asked in (
        {"name": name},
        {"group_id": made},
        {"alias_id": alias},
        {"alias_name": "crew", "alias_mount_accessor": accessor},
    ):
        assert identity.lookup_group(**asked)["data"]["id"] == made
    assert identity.lookup_group(name="nobodies").status_code == 204
    assert identity.delete_group_alias(alias).status_code == 204
    with pytest.raises(exceptions.InvalidPath):
        identity.read_group_alias(alias)


def test_policies_of_entities_and_groups_are_those_of_the_token(
    server, vault, identity, name, accessor
):
    client, who = person(server, vault, "ann", f"{name}-login")
    allows = 'path "sys/mounts" { capabilities = ["read"] }'
    vault.sys.create_or_update_policy(f"{name}-entity", allows)
    with pytest.raises(exceptions.Forbidden):
        client.sys.list_mounted_secrets_engines()
    identity.update_entity(who, policies=[f"{name}-entity"])
    assert client.sys.list_mounted_secrets_engines()["data"]
    identity.update_entity(who, policies=[])
    with pytest.raises(exceptions.Forbidden):
        client.sys.list_mounted_secrets_engines()
    group = identity.create_or_update_group(
        name, policies=[f"{name}-entity"], member_entity_ids=[who]
    )["data"]["id"]
    assert client.sys.list_mounted_secrets_engines()["data"]
    assert client.auth.token.lookup_self()["data"]["identity_policies"] == [f"{name}-entity"]
    identity.delete_group(group)
    with pytest.raises(exceptions.Forbidden):
        client.sys.list_mounted_secrets_engines()


def test_a_disabled_entity_is_let_in_nowhere(server, vault, identity, name, accessor):
    client, who = person(server, vault, "ann", f"{name}-login")
    identity.update_entity(who, disabled=True)
    assert not client.is_authenticated()
    with pytest.raises(exceptions.VaultError):
        person(server, vault, "ann", f"{name}-login")


def test_a_policy_speaks_of_who_asks(server, vault, identity, name, accessor):
    client, who = person(server, vault, "ann", f"{name}-login")
    vault.sys.create_or_update_policy(
        name, 'path "secret/data/{{identity.entity.id}}/*" { capabilities = ["read", "create"] }'
    )
    identity.update_entity(who, policies=[name])
    client.secrets.kv.v2.create_or_update_secret(f"{who}/own", {"a": "b"})
    with pytest.raises(exceptions.Forbidden):
        client.secrets.kv.v2.create_or_update_secret("another/own", {"a": "b"})


@pytest.fixture
def signing(identity, name):
    """A key and a role that signs with it, named as the test."""
    assert identity.create_named_key(name, allowed_client_ids=["*"]).status_code == 204
    assert identity.create_or_update_role(name, name, ttl="1h").status_code == 204
    return name


def test_keys_are_read_listed_rotated_and_deleted(vault, identity, name):
    identity.create_named_key(name, rotation_period="12h", verification_ttl="6h", algorithm="ES256")
    data = identity.read_named_key(name)["data"]
    assert (data["rotation_period"], data["verification_ttl"]) == (43200, 21600)
    assert data["algorithm"] == "ES256"
    assert data["allowed_client_ids"] == []
    assert name in identity.list_named_keys()["data"]["keys"]
    # hvac's own call for this writes to the key's path.
    assert identity.rotate_named_key(name, "1h").status_code == 204
    vault.write_data(f"identity/oidc/key/{name}/rotate", data={"verification_ttl": "1h"})
    assert identity.delete_named_key(name).status_code == 204
    with pytest.raises(exceptions.InvalidPath):
        identity.read_named_key(name)


def test_roles_are_read_listed_and_deleted(identity, signing):
    data = identity.read_role(signing)["data"]
    assert data["key"] == signing
    assert data["ttl"] == 3600
    assert data["client_id"]
    assert signing in identity.list_roles()["data"]["keys"]
    with pytest.raises(exceptions.InvalidRequest):
        identity.delete_named_key(signing)
    assert identity.delete_role(signing).status_code == 204
    with pytest.raises(exceptions.InvalidPath):
        identity.read_role(signing)


def test_a_signed_token_says_who_asked_and_verifies_with_the_public_keys(
    server, vault, identity, name, accessor, signing
):
    client, who = person(server, vault, "ann", f"{name}-login")
    vault.sys.create_or_update_policy(
        name, f'path "identity/oidc/token/{signing}" {{ capabilities = ["read"] }}'
    )
    identity.update_entity(who, policies=[name])
    data = client.secrets.identity.generate_signed_id_token(signing)["data"]
    claims = claims_of(data["token"])
    assert claims["sub"] == who
    assert claims["aud"] == data["client_id"]
    assert claims["exp"] - claims["iat"] == data["ttl"] == 3600
    discovered = server.client().secrets.identity.read_well_known_configurations()
    assert claims["iss"] == discovered["issuer"]
    assert verifies(data["token"], server.client().secrets.identity.read_active_public_keys())
    for client_id, active in ((None, True), (data["client_id"], True), ("another", False)):
        answer = identity.introspect_signed_id_token(data["token"], client_id)
        assert answer["active"] is active
    assert identity.introspect_signed_id_token(data["token"][:-6] + "AAAAAA")["active"] is False


def verifies(token, keys):
    head, body, signature = token.split(".")
    padded = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    signed = f"{head}.{body}".encode()
    for key in keys["keys"]:
        if key.get("kty") != "RSA":
            continue
        number = lambda name: int.from_bytes(padded(key[name]), "big")
        public = rsa.RSAPublicNumbers(number("e"), number("n")).public_key()
        try:
            public.verify(padded(signature), signed, padding.PKCS1v15(), hashes.SHA256())
            return True
        except Exception:
            continue
    return False


def test_a_token_without_an_entity_gets_no_signed_token(vault, identity, signing):
    with pytest.raises(exceptions.InvalidRequest):
        identity.generate_signed_id_token(signing)


def test_the_issuer_is_configured(server, vault, identity):
    issuer = "https://vault.example.com:8200"
    answer = identity.configure_tokens_backend(issuer=issuer)
    assert answer["warnings"]
    assert identity.read_tokens_backend_configuration()["data"]["issuer"] == issuer
    discovered = server.client().secrets.identity.read_well_known_configurations()
    assert discovered["issuer"] == f"{issuer}/v1/identity/oidc"
    assert discovered["jwks_uri"].endswith("/.well-known/keys")
    identity.configure_tokens_backend(issuer="")


def test_an_id_that_is_none_is_not_found(identity):
    with pytest.raises(exceptions.InvalidPath):
        identity.read_entity(None)
    assert identity.delete_entity(None).status_code == 204


def test_several_entities_are_deleted_at_once(vault, identity, name):
    made = [entity(identity, f"{name}-{number}") for number in range(3)]
    vault.write_data("identity/entity/batch-delete", data={"entity_ids": made[:2]})
    with pytest.raises(exceptions.InvalidPath):
        identity.read_entity(made[0])
    assert identity.read_entity(made[2])["data"]["id"] == made[2]
