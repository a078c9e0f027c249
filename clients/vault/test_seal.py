"""sys/init, seal, unseal, health, leader, key-status, rotate, generate-root and rekey on a store whose key is in parts:
https://developer.hashicorp.com/vault/api-docs/system
"""

import base64

import pytest
from hvac import exceptions

from harness import Sealed
from support import mounted

OTP_LENGTH = 28


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that is initialised and open; its parts are in `server.parts`."""
    server = Sealed(tmp_path_factory.mktemp("sealed"))
    try:
        server.start()
        initialise(server, 5, 3)
        open_with(server, server.parts[:3])
        yield server
    finally:
        server.close()


def initialise(server, shares, threshold):
    made = server.client().sys.initialize(shares, threshold)
    server.parts = made["keys"]
    server.env["VAULT_TOKEN"] = made["root_token"]
    return made


def open_with(server, parts):
    return server.client().sys.submit_unseal_keys(parts)


@pytest.fixture
def empty(tmp_path):
    """A server without a store."""
    server = Sealed(tmp_path)
    yield server.start()
    server.close()


def test_a_server_without_a_store_says_so(empty):
    sys = empty.client().sys
    assert sys.is_initialized() is False
    assert sys.read_init_status() == {"initialized": False}
    assert sys.read_seal_status()["initialized"] is False
    assert sys.read_health_status(method="HEAD").status_code == 501
    answer = sys.read_health_status(method="GET")
    assert answer.status_code == 501
    assert answer.json()["initialized"] is False
    with pytest.raises(exceptions.VaultError):
        empty.client("any").secrets.kv.v2.read_secret_version("a", raise_on_deleted_version=True)


def test_a_store_is_made_once(empty):
    made = initialise(empty, 4, 2)
    assert len(made["keys"]) == len(made["keys_base64"]) == 4
    assert made["root_token"]
    assert [bytes.fromhex(part) for part in made["keys"]] == [
        base64.b64decode(part) for part in made["keys_base64"]
    ]
    with pytest.raises(exceptions.InvalidRequest, match="already initialized"):
        empty.client().sys.initialize(1, 1)
    status = empty.client().sys.read_seal_status()
    assert (status["sealed"], status["n"], status["t"], status["progress"]) == (True, 4, 2, 0)
    open_with(empty, made["keys_base64"][1:3])
    assert empty.root().is_authenticated()


@pytest.mark.parametrize("shares, threshold", [(0, 0), (2, 3), (3, 1), (256, 3), (5, 0)])
def test_numbers_of_parts_that_make_no_sense_are_refused(empty, shares, threshold):
    body = {"secret_shares": shares, "secret_threshold": threshold}
    answer = empty.send("PUT", "sys/init", body)
    assert answer.status_code == 400, answer.text
    assert empty.client().sys.is_initialized() is False


def test_keys_for_pgp_are_refused_rather_than_ignored(empty):
    body = {"secret_shares": 1, "secret_threshold": 1, "pgp_keys": ["AAAA"]}
    assert empty.send("PUT", "sys/init", body).status_code in (400, 501)
    assert empty.client().sys.is_initialized() is False


def test_a_store_is_sealed_and_unsealed_part_by_part(server):
    root = server.root()
    assert root.sys.seal().status_code == 204
    sys = server.client().sys
    assert sys.is_sealed() is True
    assert sys.read_health_status(method="HEAD").status_code == 503
    with pytest.raises(exceptions.VaultDown):
        root.sys.list_mounted_secrets_engines()
    assert sys.submit_unseal_key(server.parts[0])["progress"] == 1
    assert sys.submit_unseal_key(server.parts[0])["progress"] == 1
    assert sys.submit_unseal_key(server.parts[1])["progress"] == 2
    assert sys.submit_unseal_key(reset=True)["progress"] == 0
    status = open_with(server, server.parts[2:5])
    assert status["sealed"] is False
    assert root.sys.list_mounted_secrets_engines()["data"]


def test_wrong_parts_open_nothing(server):
    server.root().sys.seal()
    wrong = [part[:-4] + ("0000" if part[-4:] != "0000" else "1111") for part in server.parts[:3]]
    with pytest.raises(exceptions.VaultError):
        open_with(server, wrong)
    sys = server.client().sys
    assert sys.is_sealed() is True
    for nonsense in ("", "zz", "00", "A" * 5000):
        assert server.send("PUT", "sys/unseal", {"key": nonsense}).status_code == 400
    sys.submit_unseal_key(reset=True)
    assert open_with(server, server.parts[:3])["sealed"] is False


def test_only_those_with_sudo_seal(server, name):
    for token in (None, "nonsense"):
        assert server.send("PUT", "sys/seal", token=token).status_code == 403
    client = server.bearer('path "sys/seal" { capabilities = ["update"] }', name)
    with pytest.raises(exceptions.Forbidden):
        client.sys.seal()
    assert server.client().sys.is_sealed() is False


def test_what_was_written_is_there_after_a_restart(server, name):
    mounted(server.root(), name, "transit")
    token = server.root_token
    server.kill()
    server.start()
    server.env["VAULT_TOKEN"] = token
    assert server.client().sys.is_sealed() is True
    open_with(server, server.parts[:3])
    assert f"{name}/" in server.root().sys.list_mounted_secrets_engines()["data"]


@pytest.mark.parametrize("method, status", [("HEAD", 200), ("GET", 200)])
def test_a_healthy_server_says_so(server, method, status):
    answer = server.client().sys.read_health_status(method=method)
    if method == "HEAD":
        assert answer.status_code == status
    else:
        assert answer["initialized"] is True
        assert answer["sealed"] is False
        assert answer["standby"] is False


def test_health_answers_the_statuses_that_it_is_asked_for(server):
    answer = server.client().sys.read_health_status(method="GET", active_code=299)
    assert answer.status_code == 299


def test_there_is_one_leader(server):
    assert server.root().sys.read_leader_status()["ha_enabled"] is False
    assert server.root().ha_status["ha_enabled"] is False


def test_the_key_of_the_store_is_rotated(server):
    root = server.root()
    before = root.sys.get_encryption_key_status()["data"]["term"]
    assert root.key_status["term"] == before
    assert root.sys.rotate_encryption_key().status_code == 204
    assert root.sys.get_encryption_key_status()["data"]["term"] == before + 1


def test_a_root_token_is_made_by_those_who_hold_the_parts(server):
    sys = server.root().sys
    otp = "A" * OTP_LENGTH
    assert sys.read_root_generation_progress()["started"] is False
    started = sys.start_root_token_generation(otp=otp)
    assert started["started"] is True
    assert started["required"] == 3
    for part in server.parts[:3]:
        answer = sys.generate_root(part, started["nonce"])
    assert answer["complete"] is True
    assert sys.read_root_generation_progress()["started"] is False
    encoded = answer["encoded_root_token"]
    sealed = base64.b64decode(encoded + "=" * (-len(encoded) % 4))
    token = bytes(a ^ b for a, b in zip(sealed, otp.encode())).decode()
    data = server.client(token).auth.token.lookup_self()["data"]
    assert data["policies"] == ["root"]


def test_an_attempt_at_a_root_token_is_cancelled(server):
    sys = server.root().sys
    started = sys.start_root_token_generation(otp="A" * OTP_LENGTH)
    with pytest.raises(exceptions.InvalidRequest):
        sys.generate_root(server.parts[0], "another-nonce")
    assert sys.cancel_root_generation().status_code == 204
    assert sys.read_root_generation_progress()["started"] is False
    with pytest.raises(exceptions.InvalidRequest):
        sys.generate_root(server.parts[0], started["nonce"])


def test_parts_are_made_anew(server):
    sys = server.root().sys
    assert sys.read_rekey_progress()["started"] is False
    sys.start_rekey()
    assert sys.read_rekey_progress()["started"] is True
    assert sys.cancel_rekey().status_code == 204
    assert sys.read_rekey_progress()["started"] is False
    started = sys.start_rekey(secret_shares=4, secret_threshold=2)
    assert (started["n"], started["t"], started["required"]) == (4, 2, 3)
    answer = sys.rekey_multi(server.parts, nonce=started["nonce"])
    assert answer["complete"] is True
    old, server.parts = server.parts, answer["keys"]
    assert len(server.parts) == 4
    sys.seal()
    with pytest.raises(exceptions.VaultError):
        open_with(server, old[:3])
    server.client().sys.submit_unseal_key(reset=True)
    assert open_with(server, server.parts[:2])["sealed"] is False
    restore(server)


def test_new_parts_are_used_only_once_somebody_showed_that_they_have_them(server):
    sys = server.root().sys
    started = sys.start_rekey(require_verification=True)
    assert started["verification_required"] is True
    answer = sys.rekey_multi(server.parts, nonce=started["nonce"])
    assert answer["complete"] is True
    first = sys.read_rekey_verify_progress()["nonce"]
    assert answer["verification_nonce"] == first
    second = sys.cancel_rekey_verify()["nonce"]
    assert second != first
    with pytest.raises(exceptions.InvalidRequest):
        sys.rekey_verify(answer["keys"][0], first)
    verified = sys.rekey_verify_multi(answer["keys"], nonce=second)
    assert verified["complete"] is True
    server.parts = answer["keys"]
    sys.seal()
    assert open_with(server, server.parts[:3])["sealed"] is False


def restore(server):
    """Five parts of which three open, as the other tests have them."""
    sys = server.root().sys
    started = sys.start_rekey(secret_shares=5, secret_threshold=3)
    server.parts = sys.rekey_multi(server.parts, nonce=started["nonce"])["keys"]


def test_no_parts_are_kept_for_later(server):
    with pytest.raises(exceptions.InvalidRequest, match="no backed-up keys found"):
        server.root().sys.read_backup_keys()


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "sys/generate-root/attempt"),
        ("PUT", "sys/generate-root/attempt"),
        ("PUT", "sys/generate-root/update"),
        ("DELETE", "sys/generate-root/attempt"),
        ("GET", "sys/rekey/init"),
        ("PUT", "sys/rekey/init"),
        ("PUT", "sys/rekey/update"),
        ("DELETE", "sys/rekey/init"),
        ("GET", "sys/rekey/verify"),
        ("PUT", "sys/rekey/verify"),
        ("DELETE", "sys/rekey/verify"),
    ],
)
def test_cve_2026_5807_new_parts_and_root_tokens_need_a_token_as_well(server, method, path):
    for token in (None, "nonsense"):
        answer = server.send(method, path, {"key": server.parts[0], "nonce": "n"}, token)
        assert answer.status_code == 403, answer.text
    assert server.root().sys.read_rekey_progress()["started"] is False
    assert server.root().sys.read_root_generation_progress()["started"] is False


def test_a_stop_is_orderly(empty):
    assert empty.stop() == 0


def test_what_is_not_configurable_says_so(server):
    root = server.root()
    for refused in (
        lambda: root.sys.read_rekey_progress(recovery_key=True),
        lambda: root.sys.start_rekey(recovery_key=True),
        lambda: root.sys.cancel_rekey(recovery_key=True),
        lambda: root.adapter.post("/v1/sys/rotate/config", json={"max_operations": 10}),
    ):
        with pytest.raises(exceptions.VaultError):
            refused()
    assert root.adapter.delete("/v1/sys/rekey/backup").status_code == 204
    assert root.adapter.get("/v1/sys/rotate/config")["data"]["max_operations"] > 0
