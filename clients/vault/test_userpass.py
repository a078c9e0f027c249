"""auth/userpass: https://developer.hashicorp.com/vault/api-docs/auth/userpass"""

import pytest
from hvac import exceptions

from support import login_mounted



@pytest.fixture
def mount(vault, name):
    return login_mounted(vault, name, "userpass")


@pytest.fixture
def users(vault, mount):
    return Users(vault.auth.userpass, mount)


class Users:
    """hvac's calls with the mount filled in."""

    def __init__(self, api, mount):
        self.api, self.mount = api, mount

    def __getattr__(self, call):
        return lambda *given, **named: getattr(self.api, call)(
            *given, mount_point=self.mount, **named
        )


def login(server, mount, user, password):
    client = server.client()
    return client, Users(client.auth.userpass, mount).login(user, password)["auth"]


def test_a_user_logs_in(server, users, mount):
    made = users.create_or_update_user("ann", "secret word", policies="one,two", ttl="10m")
    assert made.status_code == 204
    client, auth = login(server, mount, "ann", "secret word")
    assert auth["policies"] == ["default", "one", "two"]
    assert auth["lease_duration"] == 600
    assert auth["metadata"] == {"username": "ann"}
    assert auth["entity_id"]
    assert client.is_authenticated()


def test_users_are_read_listed_and_deleted(users):
    users.create_or_update_user("ann", "p1", policies=["one"])
    users.create_or_update_user("bob", "p2", token_ttl="5m")
    assert users.list_user()["data"]["keys"] == ["ann", "bob"]
    assert users.read_user("ann")["data"]["token_policies"] == ["one"]
    assert users.read_user("bob")["data"]["token_ttl"] == 300
    assert "p1" not in str(users.read_user("ann"))
    assert users.delete_user("ann").status_code == 204
    assert users.list_user()["data"]["keys"] == ["bob"]
    with pytest.raises(exceptions.InvalidPath):
        users.read_user("ann")


def test_a_wrong_password_and_a_wrong_name_are_refused_in_the_same_words(server, users, mount):
    users.create_or_update_user("ann", "right")
    refusals = set()
    for user, password in (("ann", "wrong"), ("nobody", "right"), ("ann", "right ")):
        with pytest.raises(exceptions.InvalidRequest) as raised:
            login(server, mount, user, password)
        refusals.add(tuple(raised.value.errors))
    assert refusals == {("invalid username or password",)}


def test_a_changed_password_is_the_only_one(server, users, mount):
    users.create_or_update_user("ann", "old")
    assert users.update_password_on_user("ann", "new").status_code == 204
    login(server, mount, "ann", "new")
    with pytest.raises(exceptions.InvalidRequest):
        login(server, mount, "ann", "old")


def test_policies_change_without_the_password(server, users, mount, vault):
    users.create_or_update_user("ann", "word", policies="one")
    vault.write(f"auth/{mount}/users/ann/policies", token_policies="two")
    assert login(server, mount, "ann", "word")[1]["policies"] == ["default", "two"]


def test_a_name_is_the_same_in_small_and_capital_letters(server, users, mount):
    users.create_or_update_user("Ann", "word")
    assert users.list_user()["data"]["keys"] == ["ann"]
    entities = {login(server, mount, user, "word")[1]["entity_id"] for user in ("ANN", "ann")}
    assert len(entities) == 1


def test_a_user_without_a_password_is_refused(users):
    with pytest.raises(exceptions.InvalidRequest):
        users.create_or_update_user("ann", None)


def test_deleting_a_user_ends_logins(server, users, mount):
    users.create_or_update_user("ann", "word")
    users.delete_user("ann")
    with pytest.raises(exceptions.InvalidRequest):
        login(server, mount, "ann", "word")


def test_addresses_bind_a_users_token(server, users, mount):
    users.create_or_update_user("ann", "word", token_bound_cidrs=["10.1.2.0/24"])
    with pytest.raises((exceptions.Forbidden, exceptions.InvalidRequest)):
        login(server, mount, "ann", "word")[0].auth.token.lookup_self()
