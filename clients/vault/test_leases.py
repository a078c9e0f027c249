"""sys/leases: https://developer.hashicorp.com/vault/api-docs/system/leases"""

import pytest
from hvac import exceptions

from support import mounted


@pytest.fixture
def mount(vault, name):
    mounted(vault, name, "pki")
    vault.write_data(f"{name}/root/generate/internal", data={"common_name": "example.com"})
    role = {"allowed_domains": "example.com", "allow_subdomains": True, "generate_lease": True}
    vault.write_data(f"{name}/roles/role", data={**role, "key_type": "ec", "key_bits": 256})
    return name


@pytest.fixture
def issue(vault, mount):
    issued = {"common_name": "a.example.com", "ttl": "1h"}
    return lambda: vault.write_data(f"{mount}/issue/role", data=issued)["lease_id"]


def test_a_lease_is_looked_up(vault, issue):
    lease = issue()
    data = vault.sys.read_lease(lease)["data"]
    assert data["id"] == lease
    assert 0 < data["ttl"] <= 3600
    assert data["renewable"] is False
    assert data["expire_time"] > data["issue_time"]
    with pytest.raises(exceptions.InvalidRequest):
        vault.sys.read_lease(lease + "x")


def test_leases_are_listed_by_what_they_begin_with(vault, issue, mount):
    lease = issue()
    assert vault.sys.list_leases(mount)["data"]["keys"] == ["issue/"]
    assert vault.sys.list_leases(f"{mount}/issue")["data"]["keys"] == ["role/"]
    assert vault.sys.list_leases(f"{mount}/issue/role")["data"]["keys"] == [
        lease.rpartition("/")[2]
    ]
    with pytest.raises(exceptions.InvalidPath):
        vault.sys.list_leases("nothing-begins-with-this")


def test_a_lease_that_is_not_renewable_is_not_renewed(vault, issue):
    lease = issue()
    with pytest.raises(exceptions.InvalidRequest):
        vault.sys.renew_lease(lease, increment=500)
    for path in ("leases/renew", "renew"):
        with pytest.raises(exceptions.InvalidRequest):
            vault.write_data(f"sys/{path}", data={"lease_id": lease})
        with pytest.raises(exceptions.InvalidRequest):
            vault.write_data(f"sys/{path}/{lease}", data={})


def test_a_revoked_lease_is_gone(vault, issue, mount):
    lease = issue()
    assert vault.sys.revoke_lease(lease).status_code == 204
    with pytest.raises(exceptions.InvalidRequest):
        vault.sys.read_lease(lease)
    with pytest.raises(exceptions.InvalidPath):
        vault.sys.list_leases(mount)


@pytest.mark.parametrize("way", ["revoke_prefix", "revoke_force"])
def test_leases_are_revoked_by_what_they_begin_with(vault, issue, mount, way):
    leases = [issue() for _ in range(3)]
    assert getattr(vault.sys, way)(f"{mount}/issue").status_code == 204
    for lease in leases:
        with pytest.raises(exceptions.InvalidRequest):
            vault.sys.read_lease(lease)


def test_leases_go_with_their_mount(vault, issue, mount):
    lease = issue()
    vault.sys.disable_secrets_engine(mount)
    with pytest.raises(exceptions.InvalidPath):
        vault.sys.list_leases(mount)
    with pytest.raises(exceptions.InvalidRequest):
        vault.sys.read_lease(lease)


def test_leases_go_with_the_token_that_got_them(server, vault, mount, name):
    client = server.bearer(f'path "{mount}/*" {{ capabilities = ["update"] }}', name)
    wanted = {"common_name": "a.example.com", "ttl": "1h"}
    issued = client.write_data(f"{mount}/issue/role", data=wanted)
    client.token, token = server.root_token, client.token
    vault.auth.token.revoke(token)
    with pytest.raises(exceptions.InvalidRequest):
        vault.sys.read_lease(issued["lease_id"])


def test_only_those_with_sudo_revoke_what_they_did_not_get(server, issue, mount, name):
    issue()
    client = server.bearer('path "sys/leases/*" { capabilities = ["update", "list"] }', name)
    for refused in (
        lambda: client.sys.revoke_prefix(f"{mount}/issue"),
        lambda: client.sys.revoke_force(f"{mount}/issue"),
        lambda: client.sys.list_leases(mount),
    ):
        with pytest.raises(exceptions.Forbidden):
            refused()


def test_older_paths_lead_to_the_same_leases(vault, issue, mount):
    write = lambda path, **data: vault.write_data(f"sys/{path}", data=data)
    for path in ("revoke", "leases/revoke"):
        write(path, lease_id=issue())
        write(f"{path}/{issue()}")
    for path in ("revoke-prefix", "revoke-force"):
        issue()
        write(f"{path}/{mount}/issue")
    with pytest.raises(exceptions.InvalidPath):
        vault.sys.list_leases(mount)


def test_leases_are_counted_and_tidied(vault, issue):
    issue()
    counted = vault.read("sys/leases/count?type=irrevocable")
    assert counted["data"]["lease_count"] >= 0
    vault.write_data("sys/leases/tidy", data={})
    assert vault.sys.read_lease(issue())["data"]["ttl"] > 0


def test_every_mount_with_leases_is_listed(vault, issue, mount):
    issue()
    assert f"{mount}/" in vault.list("sys/leases/lookup")["data"]["keys"]
