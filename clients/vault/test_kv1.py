"""KV version 1: https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v1"""

import pytest
from hvac import exceptions

from support import mounted


@pytest.fixture
def mount(vault, name):
    return mounted(vault, name, "kv", options={"version": "1"})


@pytest.fixture
def kv(vault, mount):
    return Kv(vault.secrets.kv.v1, mount)


class Kv:
    """Version 1 below one mount."""

    def __init__(self, api, mount):
        self.api, self.mount = api, mount

    def write(self, path, secret, method=None):
        return self.api.create_or_update_secret(path, secret, method, mount_point=self.mount)

    def read(self, path):
        return self.api.read_secret(path, mount_point=self.mount)

    def list(self, path):
        return self.api.list_secrets(path, mount_point=self.mount)["data"]["keys"]

    def delete(self, path):
        return self.api.delete_secret(path, mount_point=self.mount)


@pytest.mark.parametrize("method", [None, "POST", "PUT"])
def test_what_is_written_is_read(kv, method):
    assert kv.write("a/b", {"password": "p", "number": 3}, method).status_code == 204
    answer = kv.read("a/b")
    assert answer["data"] == {"password": "p", "number": 3}
    assert answer["lease_duration"] == 2764800
    assert answer["renewable"] is False
    assert answer["lease_id"] == ""


def test_a_write_replaces_everything(kv):
    kv.write("a", {"one": "1"})
    kv.write("a", {"two": "2"})
    assert kv.read("a")["data"] == {"two": "2"}


def test_a_ttl_in_the_secret_is_its_lease(kv):
    kv.write("a", {"ttl": "30m", "x": "y"})
    answer = kv.read("a")
    assert answer["lease_duration"] == 1800
    assert answer["data"]["ttl"] == "30m"


def test_lists_have_names_and_folders(kv):
    for path in ("top", "dir/one", "dir/sub/two"):
        kv.write(path, {"a": "b"})
    assert kv.list("") == ["dir/", "top"]
    assert kv.list("dir") == ["one", "sub/"]
    assert kv.list("dir/sub/") == ["two"]


def test_nothing_there_is_not_found(kv):
    with pytest.raises(exceptions.InvalidPath) as raised:
        kv.read("nothing")
    assert raised.value.errors == []
    with pytest.raises(exceptions.InvalidPath):
        kv.list("nothing")


def test_a_deleted_secret_is_gone(kv):
    kv.write("a", {"a": "b"})
    assert kv.delete("a").status_code == 204
    with pytest.raises(exceptions.InvalidPath):
        kv.read("a")
    assert kv.delete("a").status_code == 204


def test_an_empty_secret_is_refused(kv):
    with pytest.raises(exceptions.InvalidRequest):
        kv.write("a", {})


def test_names_can_hold_what_urls_need_encoded(kv):
    for path in ("with space", "quo'te", "a:b", "ü", "percent%20sign", "plus+sign"):
        kv.write(path, {"path": path})
        assert kv.read(path)["data"] == {"path": path}
    assert "with space" in kv.list("")


def test_a_generic_mount_is_version_1(vault, name):
    mounted(vault, name, "generic")
    kv = Kv(vault.secrets.kv.v1, name)
    kv.write("a", {"a": "b"})
    assert kv.read("a")["data"] == {"a": "b"}
    assert vault.sys.list_mounted_secrets_engines()["data"][f"{name}/"]["type"] in ("kv", "generic")


def test_plain_reads_and_writes_reach_it(vault, mount):
    vault.write_data(f"{mount}/x", data={"a": "b"})
    assert vault.read(f"{mount}/x")["data"] == {"a": "b"}
    assert vault.list(mount)["data"]["keys"] == ["x"]
    vault.delete(f"{mount}/x")
    assert vault.read(f"{mount}/x") is None


def test_two_mounts_know_nothing_of_each_other(vault, name):
    one, two = (Kv(vault.secrets.kv.v1, mounted(vault, f"{name}-{i}", "kv")) for i in (1, 2))
    one.write("same", {"in": "one"})
    with pytest.raises(exceptions.InvalidPath):
        two.read("same")


def test_a_secret_goes_with_its_mount(vault, mount, kv):
    kv.write("a", {"a": "b"})
    vault.sys.disable_secrets_engine(mount)
    mounted(vault, mount, "kv")
    with pytest.raises(exceptions.InvalidPath):
        kv.read("a")


def test_a_scan_lists_all_that_is_below(kv, server, mount):
    for path in ("top", "dir/one", "dir/sub/two"):
        kv.write(path, {"a": "b"})
    scan = lambda path: server.root().adapter.request("scan", f"/v1/{path}")["data"]["keys"]
    assert scan(mount) == ["dir/one", "dir/sub/two", "top"]
    assert scan(f"{mount}/dir") == ["one", "sub/two"]
