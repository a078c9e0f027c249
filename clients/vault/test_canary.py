"""Secrets of every kind are put in, every route is asked by others, and nothing that comes out anywhere has them."""

import base64
import re

import pytest

import routes
from harness import Sealed, Wire
from provider import Provider
from support import BUILT_IN, base64_of, mount_of, random_text

METHODS = {"read": "GET", "write": "POST"}
# Who may do everything there is but read what the secrets were put into: operators as they should be.
OPERATOR = """
path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }
path "of-kind-kv-v1/*" { capabilities = ["deny"] }
path "of-kind-kv-v2/data/*" { capabilities = ["deny"] }
path "of-kind-transit/export/*" { capabilities = ["deny"] }
path "of-kind-transit/decrypt/*" { capabilities = ["deny"] }
path "sys/seal" { capabilities = ["deny"] }
"""


class Canaries:
    """Texts that nobody could know, by what they are."""

    def __init__(self):
        self.texts = {}

    def new(self, kind):
        self.texts[kind] = f"canary{random_text()}{kind.replace(' ', '')}"
        return self.texts[kind]

    def keep(self, kind, text):
        self.texts[kind] = text
        return text

    def in_(self, data):
        """The kinds of those that are in the data, in clear, in base64 or in hexadecimal digits."""
        return [kind for kind, text in self.texts.items() if any(f in data for f in forms(text))]


def forms(text):
    """What a text looks like in clear, in hexadecimal digits, and within base64 at each of its three places."""
    plain = text.encode()
    yield plain
    yield plain.hex().encode()
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + plain + b"x" * 3)
        yield encoded[4 : (shift + len(plain)) // 3 * 4]


@pytest.fixture(scope="module")
def provider():
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def kept(tmp_path_factory, provider):
    """A server that holds canaries of every kind, with an audit device, and these."""
    server = Sealed(tmp_path_factory.mktemp("canary"))
    try:
        server.start().initialise(2, 2)
        server.root().sys.enable_audit_device("file", options={"path": "device.log"}, path="device")
        canaries = Canaries()
        canaries.keep("root token", server.root_token)
        for part in server.parts:
            canaries.keep(f"part {part[:4]}", part)
        hide(server, canaries, provider)
        yield server, canaries
    finally:
        server.close()


def hide(server, canaries, provider):
    """Every place that takes a secret gets one, and gives it to who may have it."""
    vault = server.root()
    kv1, kv2 = mount_of(vault, "kv-v1"), mount_of(vault, "kv-v2")
    one, two = canaries.new("kv 1"), canaries.new("kv 2")
    vault.secrets.kv.v1.create_or_update_secret("name", {"k": one}, mount_point=kv1)
    assert vault.secrets.kv.v1.read_secret("name", mount_point=kv1)["data"]["k"] == one
    vault.secrets.kv.v2.create_or_update_secret("name", {"k": two}, mount_point=kv2)
    read = vault.secrets.kv.v2.read_secret_version(
        "name", mount_point=kv2, raise_on_deleted_version=True
    )
    assert read["data"]["data"]["k"] == two
    vault.write_data("cubbyhole/name", data={"k": canaries.new("cubbyhole")})
    info = vault.sys.wrap({"k": canaries.new("wrapped")}, ttl="1h")["wrap_info"]
    canaries.keep("wrapping token", info["token"])
    made = vault.auth.token.create(id=canaries.new("token"), policies=["default"])
    assert server.client(made["auth"]["client_token"]).is_authenticated()
    batch = vault.auth.token.create(type="batch", ttl="1h", policies=["default"])
    canaries.keep("batch token", batch["auth"]["client_token"])
    hide_in_logins(server, vault, canaries, provider)
    hide_in_keys(vault, canaries)


def hide_in_logins(server, vault, canaries, provider):
    mount = mount_of(vault, "userpass").partition("/")[2]
    word = canaries.new("password")
    vault.auth.userpass.create_or_update_user("name", word, mount_point=mount)
    login = server.client().auth.userpass.login("name", word, mount_point=mount)
    canaries.keep("token of a login", login["auth"]["client_token"])
    mount = mount_of(vault, "approle").partition("/")[2]
    approle = vault.auth.approle
    approle.create_or_update_approle("name", mount_point=mount)
    secret_id = canaries.new("secret id")
    approle.create_custom_secret_id("name", secret_id, mount_point=mount)
    role_id = approle.read_role_id("name", mount_point=mount)["data"]["role_id"]
    server.client().auth.approle.login(role_id, secret_id, mount_point=mount)
    for kind in ("jwt", "oidc"):
        mount = mount_of(vault, kind).partition("/")[2]
        vault.auth.jwt.configure(
            oidc_discovery_url=provider.url,
            oidc_client_id="client",
            oidc_client_secret=canaries.new(f"client secret {kind}"),
            path=mount,
        )
        vault.auth.jwt.create_role(
            "name",
            "sub",
            [],
            role_type="jwt",
            bound_subject="ann",
            bound_audiences=["a"],
            path=mount,
        )
        token = canaries.keep(f"signed token {kind}", provider.token("a"))
        server.client().auth.jwt.jwt_login("name", token, path=mount)


def hide_in_keys(vault, canaries):
    mount = mount_of(vault, "transit")
    transit = vault.secrets.transit
    transit.create_key("name", exportable=True, mount_point=mount)
    plaintext = canaries.new("plaintext")
    sealed = transit.encrypt_data("name", base64_of(plaintext), mount_point=mount)
    transit.decrypt_data("name", sealed["data"]["ciphertext"], mount_point=mount)
    exported = transit.export_key("name", "encryption-key", mount_point=mount)
    canaries.keep("transit key", exported["data"]["keys"]["1"])
    mount = mount_of(vault, "pki")
    vault.secrets.pki.generate_root("internal", "example.com", mount_point=mount)
    vault.secrets.pki.create_or_update_role("name", {"allow_any_name": True}, mount_point=mount)
    issued = vault.secrets.pki.generate_certificate(
        "name", "a.example.com", {"ttl": "1h"}, mount_point=mount
    )
    key = issued["data"]["private_key"].splitlines()[1:-1]
    canaries.keep("private key", key[len(key) // 2])


def asked(vault, skipped=()):
    for kind, verb, pattern in routes.listed():
        if (kind, verb, pattern) in skipped:
            continue
        path = re.sub(r"\{[^}]*\}", "name", pattern)
        mount = BUILT_IN.get(kind) or mount_of(vault, kind)
        yield METHODS.get(verb, verb.upper()), f"{mount}/{path}".rstrip("/")


def test_the_canaries_would_be_found(kept):
    _, canaries = kept
    assert len(canaries.texts) >= 18
    for kind, text in canaries.texts.items():
        for hidden in (
            text.encode(),
            base64.b64encode(text.encode()),
            base64.b64encode(b"a" + text.encode() + b"bc"),
            base64.b64encode(b"ab" + text.encode() + b"c"),
            text.encode().hex().encode(),
        ):
            assert kind in canaries.in_(b"before" + hidden + b"after")


@pytest.mark.parametrize("who", ["nobody", "stranger", "operator"])
def test_no_route_shows_a_secret_to_another(kept, who):
    """Those who delete come last: what is gone cannot be shown."""
    server, canaries = kept
    token = {
        "nobody": lambda: None,
        "stranger": lambda: server.bearer('path "x" { capabilities = ["read"] }', "x").token,
        "operator": lambda: server.bearer(OPERATOR, "operator").token,
    }[who]()
    shown = []
    requests = sorted(asked(server.root()), key=lambda request: request[0] == "DELETE")
    with Wire(server) as wire:
        for method, path in requests:
            if method == "DELETE" and who == "operator":
                continue
            for body in (b"", b"{}") if method in ("POST", "PATCH") else (b"",):
                status, headers, data = wire.send(method, path, token, body)
                found = canaries.in_(data + str(headers).encode())
                if found:
                    shown.append((method, path, status, found))
    assert shown == []


def test_an_error_quotes_no_secret(kept):
    """Secrets that are sent to the wrong place, in wrong shapes, do not come back."""
    server, canaries = kept
    shown = []
    secrets = list(canaries.texts.values())
    with Wire(server) as wire:
        for method, path in asked(server.root()):
            if method not in ("POST", "PATCH") or path == "sys/seal":
                continue
            for text in secrets[:2]:
                for body in (text, f'{{"a": "{text}', f'["{text}"]', f'"{text}"'):
                    _, headers, data = wire.send(method, path, text, body.encode())
                    found = canaries.in_(data + str(headers).encode())
                    if found:
                        shown.append((method, path, found))
    assert shown == []


def test_neither_logs_nor_metrics_nor_files_have_a_secret(kept):
    server, canaries = kept
    vault = server.root()
    metrics = vault.adapter.get("/v1/sys/metrics", params={"format": "prometheus"})
    assert canaries.in_(metrics.content) == []
    device = (server.devices / "device.log").read_bytes()
    assert device.count(b"\n") > 100
    assert canaries.in_(device) == []
    server.stop()
    assert canaries.in_(server.log_file.read_bytes()) == []
    files = [file for file in server.folder.rglob("*") if file.is_file()]
    assert {"device.log", "store.db"} & {file.name for file in files}
    for file in files:
        assert canaries.in_(file.read_bytes()) == [], file
