"""sys/mounts, sys/auth, sys/remount: https://developer.hashicorp.com/vault/api-docs/system/mounts"""

import pytest
from hvac import exceptions

from support import mounted

SECRET_KINDS = ["kv", "generic", "transit", "pki"]
LOGIN_KINDS = ["approle", "userpass", "jwt", "oidc", "github", "gcp"]


@pytest.mark.parametrize("kind", SECRET_KINDS)
def test_secret_engines_are_mounted_listed_and_unmounted(vault, name, kind):
    mounted(vault, name, kind, description="of the test")
    listed = vault.sys.list_mounted_secrets_engines()
    assert f"{name}/" in listed
    entry = listed["data"][f"{name}/"]
    assert entry["description"] == "of the test"
    assert entry["accessor"]
    assert vault.sys.disable_secrets_engine(name).status_code == 204
    assert f"{name}/" not in vault.sys.list_mounted_secrets_engines()["data"]
    assert vault.sys.disable_secrets_engine(name).status_code == 204


@pytest.mark.parametrize("kind", LOGIN_KINDS)
def test_login_methods_are_mounted_listed_and_unmounted(vault, name, kind):
    assert vault.sys.enable_auth_method(kind, path=name).status_code == 204
    listed = vault.sys.list_auth_methods()
    assert f"{name}/" in listed
    assert listed["data"][f"{name}/"]["type"] == kind
    assert listed["data"][f"{name}/"]["accessor"]
    assert vault.sys.disable_auth_method(name).status_code == 204
    assert f"{name}/" not in vault.sys.list_auth_methods()["data"]
    assert vault.sys.disable_auth_method(name).status_code == 204


def test_what_comes_with_the_server_is_mounted(vault):
    mounts = vault.sys.list_mounted_secrets_engines()["data"]
    assert {"sys/", "identity/", "cubbyhole/", "secret/"} <= set(mounts)
    assert mounts["secret/"]["options"] == {"version": "2"}
    assert "token/" in vault.sys.list_auth_methods()["data"]


def test_a_path_is_taken_once(vault, name):
    mounted(vault, name, "kv")
    for path in (name, f"{name}/below"):
        with pytest.raises(exceptions.InvalidRequest, match="path is already in use at"):
            vault.sys.enable_secrets_engine("kv", path=path)
    vault.sys.enable_auth_method("approle", path=name)
    with pytest.raises(exceptions.InvalidRequest, match="path is already in use at"):
        vault.sys.enable_auth_method("userpass", path=name)


@pytest.mark.parametrize("path", ["sys", "auth/x", "identity/x", "cubbyhole"])
def test_reserved_paths_are_not_mounted_on(vault, path):
    with pytest.raises(exceptions.InvalidRequest):
        vault.sys.enable_secrets_engine("kv", path=path)


def test_a_kind_that_is_not_there_is_refused(vault, name):
    with pytest.raises(exceptions.InvalidRequest):
        vault.sys.enable_secrets_engine("consul", path=name)
    with pytest.raises(exceptions.InvalidRequest):
        vault.sys.enable_auth_method("kerberos", path=name)


def test_mounts_are_tuned(vault, name):
    mounted(vault, name, "kv")
    tuning = vault.sys.read_mount_configuration(name)
    assert tuning["data"]["default_lease_ttl"] == 2764800
    assert tuning["data"]["max_lease_ttl"] == 2764800
    assert (
        vault.sys.tune_mount_configuration(
            name, default_lease_ttl="3600s", max_lease_ttl="8600s", description="tuned"
        ).status_code
        == 204
    )
    tuned = vault.sys.read_mount_configuration(name)
    assert tuned["data"]["default_lease_ttl"] == 3600
    assert tuned["data"]["max_lease_ttl"] == 8600
    assert tuned["default_lease_ttl"] == 3600
    entry = vault.sys.list_mounted_secrets_engines()["data"][f"{name}/"]
    assert entry["description"] == "tuned"


def test_login_methods_are_tuned(vault, name):
    vault.sys.enable_auth_method("approle", path=name)
    assert (
        vault.sys.tune_auth_method(
            name, max_lease_ttl=12345678, description="tuned", listing_visibility="unauth"
        ).status_code
        == 204
    )
    tuned = vault.sys.read_auth_method_tuning(name)["data"]
    assert tuned["max_lease_ttl"] == 12345678
    assert tuned["description"] == "tuned"
    assert tuned["listing_visibility"] == "unauth"


def test_one_mount_is_read(vault, name):
    mounted(vault, name, "transit")
    assert vault.read(f"sys/mounts/{name}")["data"]["type"] == "transit"
    vault.sys.enable_auth_method("userpass", path=name)
    assert vault.read(f"sys/auth/{name}")["data"]["type"] == "userpass"


def test_an_option_of_a_mount_is_found_by_hvac(vault, name):
    mounted(vault, name, "kv", options={"version": 2})
    assert vault.sys.retrieve_mount_option(name, "version", "1") == "2"
    assert vault.sys.retrieve_mount_option("sys", "version", "1") == "1"


def test_a_mount_moves_with_what_is_in_it(vault, name):
    mounted(vault, name, "transit")
    moved = vault.sys.move_backend(f"{name}", f"{name}-moved")
    assert moved["data"]["migration_id"]
    mounts = vault.sys.list_mounted_secrets_engines()["data"]
    assert f"{name}/" not in mounts
    assert f"{name}-moved/" in mounts
    with pytest.raises(exceptions.InvalidRequest):
        vault.sys.move_backend(f"{name}", "secret")


def test_secrets_move_with_their_mount(vault, name):
    mounted(vault, name, "kv-v2")
    kv = vault.secrets.kv.v2
    kv.create_or_update_secret("a", {"x": "y"}, mount_point=name)
    vault.sys.move_backend(name, f"{name}-moved")
    read = kv.read_secret_version("a", mount_point=f"{name}-moved", raise_on_deleted_version=True)
    assert read["data"]["data"] == {"x": "y"}
    with pytest.raises(exceptions.InvalidPath):
        kv.read_secret_version("a", mount_point=name, raise_on_deleted_version=True)


def test_a_user_interface_learns_what_its_caller_may_reach(server, vault, name):
    mounted(vault, name, "kv-v2")
    mounted(vault, f"{name}-other", "kv-v2")
    client = server.bearer(f'path "{name}/data/a" {{ capabilities = ["read"] }}', f"{name}-policy")
    data = client.read(f"sys/internal/ui/mounts/{name}")["data"]
    assert data["path"] == f"{name}/"
    assert data["options"] == {"version": "2"}
    seen = client.read("sys/internal/ui/mounts")["data"]["secret"]
    assert f"{name}/" in seen
    assert f"{name}-other/" not in seen
    with pytest.raises(exceptions.Forbidden):
        client.read("sys/internal/ui/mounts/transit-of-another")


@pytest.mark.parametrize("version", ["1", "2"])
def test_secret_is_mounted_on_a_new_server(new_server, version):
    """As hvac's own tests do it: it is there already, and holds nothing yet."""
    vault = new_server().root()
    mounted(vault, "secret", "kv", options={"version": version})
    kv = vault.secrets.kv.v1 if version == "1" else vault.secrets.kv.v2
    kv.create_or_update_secret("a", {"x": "y"}, mount_point="secret")
    with pytest.raises(exceptions.InvalidRequest, match="path is already in use at secret/"):
        vault.sys.enable_secrets_engine("kv", path="secret")
