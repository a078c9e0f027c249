"""auth/approle: https://developer.hashicorp.com/vault/api-docs/auth/approle"""

import pytest
from hvac import exceptions

from support import login_mounted


@pytest.fixture
def mount(vault, name):
    return login_mounted(vault, name, "approle")


@pytest.fixture
def approle(vault, mount):
    return AppRole(vault.auth.approle, mount)


class AppRole:
    """hvac's calls with the mount filled in."""

    def __init__(self, api, mount):
        self.api, self.mount = api, mount

    def __getattr__(self, call):
        return lambda *given, **named: getattr(self.api, call)(
            *given, mount_point=self.mount, **named
        )

    def role(self, name="role", **settings):
        assert self.create_or_update_approle(name, **settings).status_code == 204
        return self.read_role_id(name)["data"]["role_id"]

    def secret_id(self, role="role", **settings):
        return self.generate_secret_id(role, **settings)["data"]["secret_id"]


def login(server, mount, role_id, secret_id=None):
    client = server.client()
    answer = AppRole(client.auth.approle, mount).login(role_id, secret_id)
    return client, answer["auth"]


def test_a_login_gives_a_token_of_the_role(server, approle, mount):
    role_id = approle.role(token_policies=["default", "app"], token_ttl="10m", token_max_ttl="20m")
    secret_id = approle.secret_id(metadata={"host": "h1"})
    client, auth = login(server, mount, role_id, secret_id)
    assert auth["policies"] == ["app", "default"]
    assert auth["lease_duration"] == 600
    assert auth["metadata"] == {"role_name": "role", "host": "h1"}
    assert auth["entity_id"] != ""
    assert auth["orphan"] is True
    assert client.is_authenticated()
    data = client.auth.token.lookup_self()["data"]
    assert data["path"] == f"auth/{mount}/login"
    assert data["meta"]["role_name"] == "role"


def test_two_logins_of_one_role_are_one_entity(server, approle, mount):
    role_id = approle.role()
    entities = {
        login(server, mount, role_id, approle.secret_id())[1]["entity_id"] for _ in range(2)
    }
    assert len(entities) == 1


@pytest.mark.parametrize("wrong", ["role_id", "secret_id", "both", "neither"])
def test_a_login_with_wrong_ids_is_refused_in_the_same_words(server, approle, mount, wrong):
    role_id, secret_id = approle.role(), approle.secret_id()
    if wrong in ("role_id", "both"):
        role_id = "not-" + role_id
    if wrong in ("secret_id", "both"):
        secret_id = "not-" + secret_id
    if wrong == "neither":
        role_id = secret_id = ""
    with pytest.raises(exceptions.InvalidRequest) as raised:
        login(server, mount, role_id, secret_id)
    if wrong != "neither":
        assert raised.value.errors == ["invalid role or secret ID"]


def test_roles_are_read_listed_and_deleted(approle):
    approle.role("one", token_policies=["a", "b"], secret_id_ttl="5m", secret_id_num_uses=3)
    approle.role("two")
    assert approle.list_roles()["data"]["keys"] == ["one", "two"]
    data = approle.read_role("one")["data"]
    assert data["token_policies"] == ["a", "b"]
    assert data["secret_id_ttl"] == 300
    assert data["secret_id_num_uses"] == 3
    assert data["bind_secret_id"] is True
    assert data["token_type"] == "default"
    assert approle.delete_role("one").status_code == 204
    assert approle.list_roles()["data"]["keys"] == ["two"]
    with pytest.raises(exceptions.InvalidPath):
        approle.read_role("one")


def test_a_change_leaves_what_it_does_not_name(approle):
    approle.role(token_policies=["a"], token_ttl="5m")
    approle.role(token_max_ttl="10m")
    data = approle.read_role("role")["data"]
    assert (data["token_policies"], data["token_ttl"], data["token_max_ttl"]) == (["a"], 300, 600)


def test_a_role_id_is_chosen(server, approle, mount):
    approle.role()
    assert approle.update_role_id("role", "chosen-id").status_code == 204
    assert approle.read_role_id("role")["data"]["role_id"] == "chosen-id"
    login(server, mount, "chosen-id", approle.secret_id())
    approle.role("other")
    with pytest.raises(exceptions.InvalidRequest):
        approle.update_role_id("other", "chosen-id")


def test_a_role_can_do_without_secret_ids(server, approle, mount):
    role_id = approle.role(bind_secret_id=False, secret_id_bound_cidrs=["127.0.0.1/32"])
    assert login(server, mount, role_id)[0].is_authenticated()


def test_a_role_that_binds_nothing_is_refused(approle):
    with pytest.raises(exceptions.InvalidRequest):
        approle.create_or_update_approle("role", bind_secret_id=False)


def test_a_custom_secret_id_is_taken_as_it_is(server, approle, mount):
    role_id = approle.role()
    made = approle.create_custom_secret_id("role", "my-own-secret", metadata={"a": "b"})
    assert made["data"]["secret_id"] == "my-own-secret"
    assert login(server, mount, role_id, "my-own-secret")[1]["metadata"]["a"] == "b"
    with pytest.raises(exceptions.InvalidRequest):
        approle.create_custom_secret_id("role", "my-own-secret")


def test_secret_ids_are_looked_up_and_destroyed(server, approle, mount):
    role_id = approle.role()
    made = approle.generate_secret_id("role", metadata={"a": "b"}, cidr_list=["127.0.0.1/32"])
    secret_id = made["data"]["secret_id"]
    data = approle.read_secret_id("role", secret_id)["data"]
    assert data["metadata"] == {"a": "b"}
    assert data["cidr_list"] == ["127.0.0.1/32"]
    assert data["secret_id_num_uses"] == 0
    assert data["secret_id_accessor"] == made["data"]["secret_id_accessor"]
    assert approle.destroy_secret_id("role", secret_id).status_code == 204
    assert approle.read_secret_id("role", secret_id).status_code == 204
    with pytest.raises(exceptions.InvalidRequest):
        login(server, mount, role_id, secret_id)


def test_secret_ids_are_looked_up_and_destroyed_by_their_accessors(server, approle, mount):
    role_id = approle.role()
    made = approle.generate_secret_id("role", cidr_list=["127.0.0.1/32"])["data"]
    accessor = made["secret_id_accessor"]
    assert approle.list_secret_id_accessors("role")["data"]["keys"] == [accessor]
    data = approle.read_secret_id_accessor("role", accessor)["data"]
    assert data["secret_id_accessor"] == accessor
    assert data["cidr_list"] == ["127.0.0.1/32"]
    assert made["secret_id"] not in str(data)
    assert approle.destroy_secret_id_accessor("role", accessor).status_code == 204
    with pytest.raises(exceptions.InvalidPath):
        approle.list_secret_id_accessors("role")
    with pytest.raises(exceptions.InvalidRequest):
        login(server, mount, role_id, made["secret_id"])


def test_a_secret_id_is_spent_with_its_uses(server, approle, mount):
    role_id = approle.role(secret_id_num_uses=2)
    secret_id = approle.secret_id()
    for left in (1, 0):
        login(server, mount, role_id, secret_id)
        if left:
            data = approle.read_secret_id("role", secret_id)["data"]
            assert data["secret_id_num_uses"] == left
    with pytest.raises(exceptions.InvalidRequest):
        login(server, mount, role_id, secret_id)


def test_an_expired_secret_id_is_refused(server, approle, mount):
    role_id = approle.role(secret_id_ttl="1s")
    secret_id = approle.secret_id()
    # The clock of a process cannot be moved: asked until it is refused.
    with pytest.raises(exceptions.InvalidRequest):
        while True:
            login(server, mount, role_id, secret_id)


@pytest.mark.parametrize("bound", ["secret_id", "role", "token"])
def test_addresses_bind_secret_ids_and_tokens(server, approle, mount, bound):
    elsewhere = ["10.1.2.0/24"]
    settings = {
        "role": {"secret_id_bound_cidrs": elsewhere},
        "token": {"token_bound_cidrs": elsewhere},
    }
    role_id = approle.role(**settings.get(bound, {}))
    cidrs = elsewhere if bound == "secret_id" else None
    if bound == "role":
        with pytest.raises(exceptions.VaultError):
            login(server, mount, role_id, approle.secret_id())
    elif bound == "token":
        with pytest.raises((exceptions.Forbidden, exceptions.InvalidRequest)):
            login(server, mount, role_id, approle.secret_id())[0].auth.token.lookup_self()
    else:
        with pytest.raises((exceptions.Forbidden, exceptions.InvalidRequest)):
            login(server, mount, role_id, approle.secret_id(cidr_list=cidrs))


@pytest.mark.parametrize("wrap_ttl", [300, "5m"])
def test_a_secret_id_comes_wrapped(server, approle, mount, wrap_ttl):
    role_id = approle.role()
    wrapped = approle.generate_secret_id("role", wrap_ttl=wrap_ttl)
    info = wrapped["wrap_info"]
    assert info["ttl"] == 300
    assert info["creation_path"] == f"auth/{mount}/role/role/secret-id"
    assert wrapped["data"] is None
    unwrapped = server.client(info["token"]).sys.unwrap()
    login(server, mount, role_id, unwrapped["data"]["secret_id"])
    custom = approle.create_custom_secret_id("role", "custom", wrap_ttl=wrap_ttl)
    assert custom["wrap_info"]["ttl"] == 300


def test_tokens_are_batch_or_periodic_as_the_role_says(server, approle, mount):
    role_id = approle.role(token_type="batch")
    assert login(server, mount, role_id, approle.secret_id())[1]["token_type"] == "batch"
    role_id = approle.role("periodic", token_period="7m", token_num_uses=0)
    auth = login(server, mount, role_id, approle.secret_id("periodic"))[1]
    assert auth["lease_duration"] == 420


def test_deleting_a_role_ends_its_logins(server, approle, mount):
    role_id, secret_id = approle.role(), approle.secret_id()
    approle.delete_role("role")
    with pytest.raises(exceptions.InvalidRequest):
        login(server, mount, role_id, secret_id)
    assert login(server, mount, approle.role(), approle.secret_id())
    with pytest.raises(exceptions.InvalidRequest):
        login(server, mount, role_id, secret_id)


def test_tokens_go_with_their_mount(server, vault, approle, mount):
    client, _ = login(server, mount, approle.role(), approle.secret_id())
    vault.sys.disable_auth_method(mount)
    assert not client.is_authenticated()


FIELDS = {
    "policies": ("token_policies", ["a"], ["b", "c"]),
    "bound-cidr-list": ("bound_cidr_list", [], ["127.0.0.0/8"]),
    "secret-id-bound-cidrs": ("secret_id_bound_cidrs", [], ["127.0.0.0/8"]),
    "token-bound-cidrs": ("token_bound_cidrs", [], ["127.0.0.0/8"]),
    "bind-secret-id": ("bind_secret_id", True, False),
    "secret-id-num-uses": ("secret_id_num_uses", 0, 5),
    "secret-id-ttl": ("secret_id_ttl", 0, 300),
    "token-num-uses": ("token_num_uses", 0, 5),
    "token-ttl": ("token_ttl", 0, 300),
    "token-max-ttl": ("token_max_ttl", 0, 600),
    "period": ("token_period", 0, 300),
}


@pytest.mark.parametrize("field", FIELDS)
def test_each_field_of_a_role_has_a_path_of_its_own(vault, approle, mount, field):
    member, _, new = FIELDS[field]
    approle.role(token_policies=["a"], secret_id_bound_cidrs=["127.0.0.1/32"])
    path = f"auth/{mount}/role/role/{field}"
    assert vault.write_data(path, data={member: new}).status_code == 204
    assert vault.read(path)["data"][member] == new
    vault.delete(path)
    assert vault.read(path)["data"][member] in (FIELDS[field][1], None, [])


def test_secret_ids_are_never_local(vault, approle, mount):
    approle.role()
    assert (
        vault.read(f"auth/{mount}/role/role/local-secret-ids")["data"]["local_secret_ids"] is False
    )


def test_secret_ids_are_destroyed_with_delete_as_well(server, vault, approle, mount):
    role_id = approle.role()
    one, two = (approle.generate_secret_id("role")["data"] for _ in range(2))
    delete = server.root().adapter.delete
    base = f"/v1/auth/{mount}/role/role"
    delete(f"{base}/secret-id/destroy", json={"secret_id": one["secret_id"]})
    delete(
        f"{base}/secret-id-accessor/destroy",
        json={"secret_id_accessor": two["secret_id_accessor"]},
    )
    for made in (one, two):
        with pytest.raises(exceptions.InvalidRequest):
            login(server, mount, role_id, made["secret_id"])


def test_tidying_keeps_what_is_good(server, vault, approle, mount):
    role_id, secret_id = approle.role(), approle.secret_id()
    vault.write_data(f"auth/{mount}/tidy/secret-id", data={})
    assert login(server, mount, role_id, secret_id)
