"""The rest of sys/: audit devices, quotas, internal paths, metrics."""

import json

import pytest
from hvac import exceptions

from support import mounted, not_yet


def test_a_development_server_is_open(server):
    sys = server.client().sys
    assert sys.is_initialized() is True
    assert sys.is_sealed() is False
    assert sys.read_health_status(method="GET")["standby"] is False
    assert sys.read_leader_status()["ha_enabled"] is False


@not_yet("sys/audit")
def test_audit_devices_are_listed_enabled_and_disabled(server, vault, name):
    options = {"path": f"{name}.log"}
    assert (
        vault.sys.enable_audit_device(
            "file", description="of the test", options=options, path=name
        ).status_code
        == 204
    )
    listed = vault.sys.list_enabled_audit_devices()
    assert f"{name}/" in listed["data"]
    assert f"{name}/" in listed
    entry = listed["data"][f"{name}/"]
    assert entry["type"] == "file"
    assert entry["description"] == "of the test"
    assert vault.sys.disable_audit_device(name).status_code == 204
    assert f"{name}/" not in vault.sys.list_enabled_audit_devices()["data"]
    assert vault.sys.disable_audit_device(name).status_code == 204


@not_yet("sys/audit")
def test_a_device_gets_what_happens_with_hashes_for_secrets(server, vault, name):
    vault.sys.enable_audit_device("file", options={"path": f"{name}.log"}, path=name)
    created = vault.auth.token.create(policies=["default"], meta={"note": f"seen-{name}"})
    token = created["auth"]["client_token"]
    file = next(server.folder.rglob(f"{name}.log"))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert {line["type"] for line in lines} >= {"request", "response"}
    paths = {line["request"]["path"] for line in lines}
    assert "auth/token/create" in paths
    assert token not in file.read_text()
    hashed = vault.sys.calculate_hash(name, token)["data"]["hash"]
    assert hashed.startswith("hmac-sha256:")
    assert hashed in file.read_text()
    vault.sys.disable_audit_device(name)


@not_yet("sys/audit-hash")
def test_a_hash_is_asked_of_a_device_that_is_there(vault, name):
    with pytest.raises(exceptions.InvalidRequest, match="unknown audit backend"):
        vault.sys.calculate_hash(name, "text")


@not_yet("sys/audit")
@pytest.mark.parametrize(
    "path", ["/etc/strongroom.log", "../outside.log", "a/../../b.log", "/dev/stdout"]
)
def test_cve_2025_6000_a_device_writes_into_its_folder_only(server, vault, name, path):
    with pytest.raises(exceptions.InvalidRequest):
        vault.sys.enable_audit_device("file", options={"path": path}, path=name)
    assert vault.sys.list_enabled_audit_devices()["data"].get(f"{name}/") is None


@not_yet("sys/quotas")
def test_quotas_are_written_read_listed_and_deleted(vault, name):
    mounted(vault, name, "kv")
    given = {"path": f"{name}/*", "interval": "600", "block_interval": "600"}
    assert vault.sys.create_or_update_quota(name, 100, **given).status_code == 204
    assert vault.sys.read_quota(name)["data"] == {
        "block_interval": 600,
        "interval": 600,
        "name": name,
        "path": f"{name}/*",
        "rate": 100,
        "role": "",
        "type": "rate-limit",
    }
    assert name in vault.sys.list_quotas()["data"]["keys"]
    vault.sys.create_or_update_quota(name, 7, **given)
    assert vault.sys.read_quota(name)["data"]["rate"] == 7
    assert vault.sys.delete_quota(name).status_code == 204
    with pytest.raises(exceptions.InvalidPath):
        vault.sys.read_quota(name)
    with pytest.raises(exceptions.InvalidRequest):
        vault.sys.create_or_update_quota(name, 1, path="not-exist")


@not_yet("sys/quotas")
def test_a_quota_is_enforced(server, vault, name):
    mounted(vault, name, "transit")
    vault.sys.create_or_update_quota(name, 2, path=f"{name}/", interval="600")
    ask = lambda: server.root().secrets.transit.generate_random_bytes(8, mount_point=name)
    ask(), ask()
    with pytest.raises(exceptions.RateLimitExceeded):
        ask()
    vault.sys.delete_quota(name)
    ask()


@not_yet("sys/quotas")
@pytest.mark.parametrize("rate", [0, -1, "many", None])
def test_a_rate_that_makes_no_sense_is_refused(server, name, rate):
    path = f"sys/quotas/rate-limit/{name}"
    answer = server.send("POST", path, {"rate": rate}, server.root_token)
    assert answer.status_code == 400


@not_yet("sys/host-info")
def test_the_host_is_described(vault):
    data = vault.read("sys/host-info")["data"]
    assert data["host"]["hostname"]
    assert data["timestamp"]


@not_yet("sys/version-history")
def test_versions_are_listed(vault):
    answer = vault.list("sys/version-history")
    assert answer["data"]["keys"]


@not_yet("sys/metrics")
def test_metrics_are_for_those_whom_a_policy_lets_see_them(server, name):
    answer = server.send("GET", "sys/metrics?format=prometheus", token=server.root_token)
    assert answer.status_code == 200
    assert "strongroom_http_requests_total" in answer.text
    assert server.send("GET", "sys/metrics?format=prometheus").status_code == 403


def test_a_client_needs_the_env_file_and_nothing_else(server):
    """hvac finds what it needs in the variables, as in a program that knows nothing of Strongroom."""
    import os
    import subprocess
    import sys

    program = "import hvac; print(hvac.Client().auth.token.lookup_self()['data']['policies'])"
    environment = {
        "PATH": os.environ["PATH"],
        **server.env,
        "VAULT_ADDR": server.env["STRONGROOM_TLS_ADDR"],
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert done.stdout.strip() == "['root']", done.stderr
