"""The rest of sys/: quotas, internal paths, tools, metrics."""

import hashlib

import pytest
from hvac import exceptions

from support import base64_of, bytes_of, mounted


def test_a_development_server_is_open(server):
    sys = server.client().sys
    assert sys.is_initialized() is True
    assert sys.is_sealed() is False
    assert sys.read_health_status(method="GET")["standby"] is False
    assert sys.read_leader_status()["ha_enabled"] is False


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


def test_a_quota_is_enforced(server, vault, name):
    mounted(vault, name, "transit")
    vault.sys.create_or_update_quota(name, 2, path=f"{name}/", interval="600")
    ask = lambda: server.root().secrets.transit.generate_random_bytes(8, mount_point=name)
    ask(), ask()
    with pytest.raises(exceptions.RateLimitExceeded):
        ask()
    vault.sys.delete_quota(name)
    ask()


@pytest.mark.parametrize("rate", [0, -1, "many", None])
def test_a_rate_that_makes_no_sense_is_refused(server, name, rate):
    path = f"sys/quotas/rate-limit/{name}"
    answer = server.send("POST", path, {"rate": rate}, server.root_token)
    assert answer.status_code == 400


def test_the_host_is_described(vault):
    data = vault.read("sys/host-info")["data"]
    assert data["host"]["hostname"]
    assert data["timestamp"]
    assert data["memory"]["total"] > 0
    assert data["cpu_times"]


def test_what_is_not_done_before_a_web_page_is_said(vault):
    assert vault.read("sys/config/cors")["data"]["enabled"] is False
    with pytest.raises(exceptions.VaultError):
        vault.write_data("sys/config/cors", data={"allowed_origins": "*"})


def test_the_one_node_is_told(vault):
    nodes = vault.read("sys/ha-status")["data"]["nodes"]
    assert [node["active_node"] for node in nodes] == [True]


def test_requests_that_run_are_shown_to_operators(server, vault):
    assert isinstance(vault.read("sys/in-flight-req")["data"], dict)
    policy = 'path "sys/in-flight-req" { capabilities = ["read"] }'
    with pytest.raises(exceptions.Forbidden):
        server.bearer(policy, "looks").read("sys/in-flight-req")


def test_what_can_be_mounted_is_listed(vault):
    data = vault.read("sys/plugins/catalog")["data"]
    assert "transit" in data["secret"]
    assert "approle" in vault.list("sys/plugins/catalog/auth")["data"]["keys"]
    assert vault.read("sys/plugins/catalog/secret/kv")["data"]["builtin"] is True


def test_versions_are_listed(vault):
    answer = vault.list("sys/version-history")
    assert answer["data"]["keys"]


def test_metrics_are_for_those_whom_a_policy_lets_see_them(server, vault):
    answer = vault.adapter.get("/v1/sys/metrics", params={"format": "prometheus"})
    assert "strongroom_http_requests_total" in answer.text
    told = vault.adapter.get("/v1/sys/metrics")
    assert any(entry["Name"] == "strongroom_http_requests_total" for entry in told["Counters"])
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


def test_paths_are_left_out_of_every_quota(vault):
    assert "sys/health" in vault.read("sys/quotas/config")["data"]["rate_limit_exempt_paths"]
    vault.write_data("sys/quotas/config", data={"rate_limit_exempt_paths": ["secret/data/free"]})
    exempt = vault.read("sys/quotas/config")["data"]["rate_limit_exempt_paths"]
    assert "secret/data/free" in exempt
    vault.write_data("sys/quotas/config", data={"rate_limit_exempt_paths": []})


def test_a_caller_learns_what_its_policies_allow(server, vault, name):
    assert vault.read("sys/internal/ui/resultant-acl")["data"]["root"] is True
    client = server.bearer(
        """
        path "secret/data/*" { capabilities = ["read"] }
        path "sys/internal/ui/resultant-acl" { capabilities = ["read"] }
        """,
        name,
    )
    data = client.read("sys/internal/ui/resultant-acl")["data"]
    assert data["root"] is False
    assert data["glob_paths"]["secret/data/"]["capabilities"] == ["read"]


def test_the_tools_make_random_bytes_and_hashes(vault):
    write = lambda path, **data: vault.write_data(f"sys/tools/{path}", data=data)["data"]
    for path in ("random", "random/16", "random/platform/16"):
        body = {"bytes": 16} if path == "random" else {}
        assert len(bytes_of(write(path, **body)["random_bytes"])) == 16
    digest = hashlib.sha256(b"abc").hexdigest()
    assert write("hash", input=base64_of("abc"), algorithm="sha2-256")["sum"] == digest
    assert write("hash/sha2-256", input=base64_of("abc"))["sum"] == digest
