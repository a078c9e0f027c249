"""KV version 2: https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2"""

import pytest
from hvac import exceptions

from support import mounted


@pytest.fixture
def mount(vault, name):
    return mounted(vault, name, "kv", options={"version": "2"})


@pytest.fixture
def kv(vault, mount):
    return Kv(vault, mount)


class Kv:
    """Version 2 below one mount."""

    def __init__(self, vault, mount):
        self.vault, self.api, self.mount = vault, vault.secrets.kv.v2, mount

    def __getattr__(self, call):
        """hvac's calls, with the mount filled in."""
        return lambda *given, **named: getattr(self.api, call)(
            *given, mount_point=self.mount, **named
        )

    def write(self, path, secret, cas=None):
        return self.create_or_update_secret(path, secret, cas=cas)["data"]

    def read(self, path, version=None):
        answer = self.read_secret_version(path, version=version, raise_on_deleted_version=True)
        return answer["data"]

    def versions(self, path):
        return self.read_secret_metadata(path)["data"]["versions"]


def test_a_write_answers_the_version_it_made(kv):
    first = kv.write("a/b", {"password": "one"})
    assert first["version"] == 1
    assert first["destroyed"] is False
    assert first["deletion_time"] == ""
    assert first["created_time"].endswith("Z")
    assert kv.write("a/b", {"password": "two"})["version"] == 2


def test_every_version_is_read(kv):
    for number in (1, 2, 3):
        kv.write("a", {"number": number})
    assert kv.read("a")["data"] == {"number": 3}
    assert kv.read("a")["metadata"]["version"] == 3
    for number in (1, 2, 3):
        assert kv.read("a", version=number)["data"] == {"number": number}
    with pytest.raises(exceptions.InvalidPath):
        kv.read("a", version=4)


def test_nothing_there_is_not_found(kv):
    with pytest.raises(exceptions.InvalidPath):
        kv.read("nothing")
    with pytest.raises(exceptions.InvalidPath):
        kv.read_secret_metadata("nothing")
    with pytest.raises(exceptions.InvalidPath):
        kv.list_secrets("nothing")


def test_values_keep_their_json_types(kv):
    secret = {
        "text": "ü",
        "number": 1.5,
        "none": None,
        "list": [1, "a"],
        "map": {"deep": {"er": True}},
    }
    kv.write("a", secret)
    assert kv.read("a")["data"] == secret


def test_check_and_set_decides(kv):
    message = "did not match the current version"
    assert kv.write("a", {"n": 1}, cas=0)["version"] == 1
    for cas in (0, 2, -1):
        with pytest.raises(exceptions.InvalidRequest, match=message):
            kv.write("a", {"n": 2}, cas=cas)
    assert kv.write("a", {"n": 2}, cas=1)["version"] == 2


def test_check_and_set_can_be_required(kv):
    kv.configure(cas_required=True)
    with pytest.raises(exceptions.InvalidRequest, match="check-and-set"):
        kv.write("a", {"n": 1})
    assert kv.write("a", {"n": 1}, cas=0)["version"] == 1


def test_hvacs_patch_reads_and_writes(kv):
    with pytest.raises(exceptions.InvalidPath, match="patch only works on existing data"):
        kv.patch("a", {"new": "x"})
    kv.write("a", {"old": "1"})
    assert kv.patch("a", {"new": "2"})["data"]["version"] == 2
    assert kv.read("a")["data"] == {"old": "1", "new": "2"}


def test_the_servers_patch_merges(kv, server, mount):
    kv.write("a", {"keep": "1", "change": "2", "remove": "3"})
    merge = {"Content-Type": "application/merge-patch+json"}
    path = f"{mount}/data/a"
    body = {"options": {"cas": 1}, "data": {"change": "x", "remove": None, "add": {"y": "z"}}}
    answer = server.session().request(
        "PATCH",
        f"{server.address}/v1/{path}",
        json=body,
        headers={**merge, "X-Vault-Token": server.root_token},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["version"] == 2
    assert kv.read("a")["data"] == {"keep": "1", "change": "x", "add": {"y": "z"}}
    stale = server.send("PATCH", path, body, server.root_token, merge)
    assert stale.status_code == 400
    missing = server.send("PATCH", f"{mount}/data/none", {"data": {}}, server.root_token, merge)
    assert missing.status_code == 404


def test_a_deleted_version_is_told_with_its_metadata(kv, server, mount):
    kv.write("a", {"n": 1})
    assert kv.delete_latest_version_of_secret("a").status_code == 204
    with pytest.raises(exceptions.InvalidPath):
        kv.read("a")
    kept = kv.read_secret_version("a", raise_on_deleted_version=False)["data"]
    assert kept["data"] is None
    assert kept["metadata"]["deletion_time"] != ""
    assert kept["metadata"]["version"] == 1
    answer = server.send("GET", f"{mount}/data/a", token=server.root_token)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/json"
    assert "errors" not in answer.json()


def test_versions_are_deleted_and_come_back(kv):
    for number in range(1, 8):
        kv.write("a", {"number": number})
    assert kv.delete_secret_versions("a", [1, 3, 7, 99]).status_code == 204
    deleted = {n for n, version in kv.versions("a").items() if version["deletion_time"]}
    assert deleted == {"1", "3", "7"}
    assert kv.read("a", version=2)["data"] == {"number": 2}
    assert kv.undelete_secret_versions("a", [1, 7, 99]).status_code == 204
    deleted = {n for n, version in kv.versions("a").items() if version["deletion_time"]}
    assert deleted == {"3"}
    assert kv.read("a", version=1)["data"] == {"number": 1}


def test_destroyed_versions_do_not_come_back(kv):
    for number in (1, 2, 3):
        kv.write("a", {"number": number})
    assert kv.destroy_secret_versions("a", [1, 2, 12]).status_code == 204
    destroyed = {n for n, version in kv.versions("a").items() if version["destroyed"]}
    assert destroyed == {"1", "2"}
    kv.undelete_secret_versions("a", [1])
    with pytest.raises(exceptions.InvalidPath):
        kv.read("a", version=1)
    assert kv.read("a", version=3)["data"] == {"number": 3}


def test_lists_have_names_and_folders(kv):
    for path in ("top", "dir/one", "dir/sub/two"):
        kv.write(path, {"a": "b"})
    assert kv.list_secrets("")["data"] == {"keys": ["dir/", "top"]}
    assert kv.list_secrets("dir")["data"] == {"keys": ["one", "sub/"]}
    assert kv.list_secrets("dir/")["data"] == {"keys": ["one", "sub/"]}


def test_a_list_can_be_asked_for_with_get(kv, server, mount):
    kv.write("a", {"a": "b"})
    for word in ("true", "True", "1", "t"):
        path = f"{mount}/metadata/?list={word}"
        answer = server.send("GET", path, token=server.root_token)
        assert answer.json()["data"]["keys"] == ["a"], word


def test_a_list_shows_only_what_the_caller_may_see(kv, server, mount, name):
    for path in ("dir/mine", "dir/theirs", "dir/sub/mine"):
        kv.write(path, {"a": "b"})
    client = server.bearer(
        f"""
        path "{mount}/metadata/dir" {{ capabilities = ["list"] }}
        path "{mount}/data/dir/mine" {{ capabilities = ["read"] }}
        """,
        name,
    )
    listed = Kv(client, mount).list_secrets("dir")["data"]["keys"]
    assert listed == ["mine"]


def test_a_scan_lists_all_that_is_below(kv, server, mount):
    for path in ("top", "dir/one", "dir/sub/two"):
        kv.write(path, {"a": "b"})
    for method, path in (("SCAN", f"{mount}/metadata"), ("GET", f"{mount}/metadata?scan=true")):
        answer = server.session().request(
            method,
            f"{server.address}/v1/{path}",
            headers={"X-Vault-Token": server.root_token},
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"]["keys"] == ["dir/one", "dir/sub/two", "top"]


def test_a_list_comes_in_pages(kv, server, mount):
    for path in "abcde":
        kv.write(path, {"a": "b"})
    page = server.send("LIST", f"{mount}/metadata?after=b&limit=2", token=server.root_token)
    assert page.json()["data"]["keys"] == ["c", "d"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"max_versions": 1},
        {"max_versions": 10, "cas_required": True},
        {"max_versions": 17, "cas_required": False},
        {"delete_version_after": "30m0s"},
    ],
)
def test_a_mount_keeps_its_configuration(kv, given):
    kv.configure(**given)
    data = kv.read_configuration()["data"]
    assert data["max_versions"] == given.get("max_versions", 10)
    assert data["cas_required"] == given.get("cas_required", False)
    assert data["delete_version_after"] == given.get("delete_version_after", "0s")


@pytest.mark.parametrize(
    "given",
    [
        {"max_versions": 7},
        {"max_versions": 0},
        {"cas_required": True},
        {"cas_required": False},
        {"custom_metadata": {"color": "blue"}},
        {"delete_version_after": "30s", "cas_required": True},
    ],
)
def test_a_secret_keeps_its_settings(kv, given):
    kv.write("a", {"n": 1})
    assert kv.update_metadata("a", **given).status_code == 204
    data = kv.read_secret_metadata("a")["data"]
    for member, value in given.items():
        assert data[member] == value
    assert data["current_version"] == 1
    assert data["oldest_version"] in (0, 1)


def test_old_versions_make_room_for_new_ones(kv):
    kv.configure(max_versions=3)
    for number in range(1, 6):
        kv.write("a", {"number": number})
    assert set(kv.versions("a")) == {"3", "4", "5"}
    assert kv.read_secret_metadata("a")["data"]["oldest_version"] == 3
    with pytest.raises(exceptions.InvalidPath):
        kv.read("a", version=1)


def test_ten_versions_are_kept_unless_told_otherwise(kv):
    for number in range(1, 13):
        kv.write("a", {"number": number})
    assert sorted(map(int, kv.versions("a"))) == list(range(3, 13))


def test_versions_are_deleted_when_their_time_comes(kv):
    kv.update_metadata("a", delete_version_after="1s")
    kv.write("a", {"n": 1})
    assert kv.versions("a")["1"]["deletion_time"] != ""
    # The clock of a process cannot be moved: asked until it is refused.
    while True:
        try:
            kv.read("a")
        except exceptions.InvalidPath:
            break


def test_custom_metadata_stands_beside_the_secret(kv):
    kv.write("a", {"n": 1})
    kv.update_metadata("a", custom_metadata={"owner": "me"})
    assert kv.read("a")["metadata"]["custom_metadata"] == {"owner": "me"}


def test_removing_a_secret_removes_every_version(kv):
    kv.write("a", {"n": 1})
    kv.write("a", {"n": 2})
    assert kv.delete_metadata_and_all_versions("a").status_code == 204
    with pytest.raises(exceptions.InvalidPath):
        kv.read_secret_metadata("a")
    assert kv.delete_metadata_and_all_versions("a").status_code == 204
    assert kv.write("a", {"n": 1})["version"] == 1


def test_names_can_hold_what_urls_need_encoded(kv):
    for path in ("with space", "quo'te", "http:/test.com", "ü", "percent%20sign", "plus+sign"):
        kv.write(path, {"path": path})
        assert kv.read(path)["data"] == {"path": path}


def test_policies_speak_of_data_and_metadata(kv, server, mount, name):
    kv.write("a", {"n": 1})
    reader = server.bearer(f'path "{mount}/data/*" {{ capabilities = ["read"] }}', name)
    assert Kv(reader, mount).read("a")["data"] == {"n": 1}
    for refused in (
        lambda kv: kv.write("a", {"n": 2}),
        lambda kv: kv.list_secrets(""),
        lambda kv: kv.read_secret_metadata("a"),
        lambda kv: kv.delete_latest_version_of_secret("a"),
        lambda kv: kv.destroy_secret_versions("a", [1]),
        lambda kv: kv.delete_metadata_and_all_versions("a"),
        lambda kv: kv.read_configuration(),
    ):
        with pytest.raises(exceptions.Forbidden):
            refused(Kv(reader, mount))


def test_create_does_not_allow_update(kv, server, mount, name):
    creator = server.bearer(f'path "{mount}/data/*" {{ capabilities = ["create"] }}', name)
    assert Kv(creator, mount).write("a", {"n": 1})["version"] == 1
    with pytest.raises(exceptions.Forbidden):
        Kv(creator, mount).write("a", {"n": 2})


def test_the_default_mount_is_version_2(vault):
    secret = vault.secrets.kv.v2.create_or_update_secret("default-mount", {"a": "b"})
    assert secret["data"]["version"] == 1
    answer = vault.secrets.kv.read_secret_version("default-mount", raise_on_deleted_version=True)
    assert answer["data"]["data"] == {"a": "b"}


def test_a_kv_mount_can_be_made_version_2(vault, name):
    mounted(vault, name, "kv-v2")
    assert Kv(vault, name).write("a", {"n": 1})["version"] == 1
    options = vault.sys.list_mounted_secrets_engines()["data"][f"{name}/"]["options"]
    assert options == {"version": "2"}


def test_subkeys_are_told_without_values(kv, vault, mount):
    kv.write("a", {"one": "1", "deep": {"two": "2"}})
    data = vault.read(f"{mount}/subkeys/a")["data"]
    assert data["subkeys"] == {"one": None, "deep": {"two": None}}
    assert data["metadata"]["version"] == 1


def test_metadata_is_patched(kv, server, mount):
    kv.write("a", {"n": 1})
    kv.update_metadata("a", max_versions=7, custom_metadata={"keep": "1", "remove": "2"})
    body = {"custom_metadata": {"remove": None, "add": "3"}, "cas_required": True}
    server.root().adapter.request(
        "patch",
        f"/v1/{mount}/metadata/a",
        json=body,
        headers={"Content-Type": "application/merge-patch+json"},
    )
    data = kv.read_secret_metadata("a")["data"]
    assert data["custom_metadata"] == {"keep": "1", "add": "3"}
    assert (data["max_versions"], data["cas_required"]) == (7, True)


def test_a_scan_begins_at_a_folder(kv, server, mount):
    kv.write("dir/sub/one", {"a": "b"})
    scan = server.root().adapter.request("scan", f"/v1/{mount}/metadata/dir")
    assert scan["data"]["keys"] == ["sub/one"]
