"""sys/audit and sys/audit-hash: https://developer.hashicorp.com/vault/api-docs/system/audit"""

import json

import pytest
from hvac import exceptions

from harness import Sealed
from support import login_mounted


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server whose configuration has a folder for audit devices."""
    server = Sealed(tmp_path_factory.mktemp("audited"))
    try:
        yield server.start().initialise()
    finally:
        server.close()


@pytest.fixture
def device(server, vault, name):
    """A file that gets what happens from now on."""
    enabled = vault.sys.enable_audit_device(
        "file", description="of the test", options={"path": f"{name}.log"}, path=name
    )
    assert enabled.status_code == 204
    yield server.devices / f"{name}.log"
    vault.sys.disable_audit_device(name)


def lines(device):
    return [json.loads(line) for line in device.read_text().splitlines()]


def test_devices_are_listed_enabled_and_disabled(vault, device, name):
    listed = vault.sys.list_enabled_audit_devices()
    assert f"{name}/" in listed
    entry = listed["data"][f"{name}/"]
    assert entry["type"] == "file"
    assert entry["description"] == "of the test"
    assert entry["options"]["path"] == f"{name}.log"
    assert vault.sys.disable_audit_device(name).status_code == 204
    assert f"{name}/" not in vault.sys.list_enabled_audit_devices()["data"]
    assert vault.sys.disable_audit_device(name).status_code == 204


def test_a_device_gets_every_request_with_hashes_for_tokens(server, vault, device, name):
    made = vault.auth.token.create(policies=["default"])["auth"]
    client = server.client(made["client_token"])
    client.auth.token.lookup_self()
    with pytest.raises(exceptions.Forbidden):
        client.sys.list_mounted_secrets_engines()
    seen = lines(device)
    assert {line["type"] for line in seen} == {"request", "response"}
    paths = [line["request"]["path"] for line in seen if line["type"] == "request"]
    for path in ("auth/token/create", "auth/token/lookup-self", "sys/mounts"):
        assert path in paths
    refused = [line for line in seen if line["request"]["path"] == "sys/mounts"]
    assert refused[0]["auth"]["policy_results"]["allowed"] is False
    for secret in (made["client_token"], server.root_token, made["accessor"]):
        assert secret not in device.read_text()
    hashed = vault.sys.calculate_hash(name, made["client_token"])["data"]["hash"]
    assert hashed.startswith("hmac-sha256:")
    assert any(line["auth"]["client_token"] == hashed for line in refused)


def test_two_devices_hash_with_keys_of_their_own(vault, device, name):
    vault.sys.enable_audit_device("file", options={"path": "second.log"}, path=f"{name}-2")
    one, two = (
        vault.sys.calculate_hash(path, "same")["data"]["hash"] for path in (name, f"{name}-2")
    )
    assert one != two
    vault.sys.disable_audit_device(f"{name}-2")


def test_a_hash_is_asked_of_a_device_that_is_there(vault, name):
    with pytest.raises(exceptions.InvalidRequest, match="unknown audit backend"):
        vault.sys.calculate_hash(name, "text")


@pytest.mark.parametrize(
    "path",
    [
        "/etc/strongroom.log",
        "../outside.log",
        "a/../../b.log",
        "/dev/stdout",
        ".hidden",
        "a\nb",
        "",
    ],
)
def test_cve_2025_6000_a_device_writes_into_its_folder_only(vault, name, path):
    with pytest.raises(exceptions.InvalidRequest):
        vault.sys.enable_audit_device("file", options={"path": path}, path=name)
    assert f"{name}/" not in vault.sys.list_enabled_audit_devices()["data"]


@pytest.mark.parametrize(
    "kind, options",
    [
        ("socket", {"address": "127.0.0.1:22"}),
        ("socket", {"address": "/var/run/docker.sock", "socket_type": "unix"}),
        ("syslog", {}),
        ("file", {"path": "raw.log", "log_raw": "true"}),
        ("file", {"path": "mode.log", "mode": "0777"}),
        ("file", {"path": "prefix.log", "prefix": "#!/bin/sh\n"}),
        ("nothing", {}),
    ],
)
def test_cve_2025_6000_a_device_reaches_nothing_else(vault, name, kind, options):
    with pytest.raises(exceptions.InvalidRequest):
        vault.sys.enable_audit_device(kind, options=options, path=name)


def test_without_a_folder_in_the_configuration_there_are_no_devices(new_server):
    vault = new_server().root()
    with pytest.raises(exceptions.InvalidRequest):
        vault.sys.enable_audit_device("file", options={"path": "a.log"}, path="a")


def test_a_password_and_a_secret_are_in_no_line(server, vault, device, name):
    canary = f"canary-{name}-of-the-audit"
    mount = login_mounted(vault, name, "userpass")
    vault.auth.userpass.create_or_update_user("ann", canary, mount_point=mount)
    server.client().auth.userpass.login("ann", canary, mount_point=mount)
    vault.sys.enable_secrets_engine("kv", path=name, options={"version": "2"})
    vault.secrets.kv.v2.create_or_update_secret("a", {"k": canary}, mount_point=name)
    vault.secrets.kv.v2.read_secret_version("a", mount_point=name, raise_on_deleted_version=True)
    assert len(lines(device)) >= 10
    assert canary not in device.read_text()


def test_only_those_with_sudo_see_or_change_devices(server, name):
    client = server.bearer(
        'path "sys/audit*" { capabilities = ["read", "update", "delete"] }', name
    )
    for refused in (
        lambda: client.sys.list_enabled_audit_devices(),
        lambda: client.sys.enable_audit_device("file", options={"path": "x.log"}, path="x"),
        lambda: client.sys.disable_audit_device("x"),
    ):
        with pytest.raises(exceptions.Forbidden):
            refused()
