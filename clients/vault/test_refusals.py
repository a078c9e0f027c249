"""Every route, asked by those who may not and in ways that nobody should."""

import re
import socket

import pytest

import routes
from harness import Sealed, Wire
from process import PATIENCE_SECS
from support import mount_of

METHODS = {"read": "GET", "write": "POST"}
ELSEWHERE = (
    'path "elsewhere/*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }'
)
# Those of sys/init and its like answer whatever token comes along.
WITHOUT_STORE = {"init", "seal-status", "unseal", "leader", "health"}


@pytest.fixture(scope="module")
def everything(server):
    """Each route as (route, method, path), below a mount of its kind."""
    vault = server.root()
    asked = []
    for route in routes.listed():
        kind, verb, pattern = route
        path = re.sub(r"\{[^}]*\}", "name", pattern)
        asked.append(
            (route, METHODS.get(verb, verb.upper()), f"{mount_of(vault, kind)}/{path}".rstrip("/"))
        )
    return asked


def refused(server, everything, token):
    """The routes that a token is let in at."""
    let_in = []
    with Wire(server) as wire:
        for route, method, path in everything:
            if route in routes.OPEN:
                continue
            status, headers, body = wire.send(
                method, path, token, b"{}" if method == "POST" else b""
            )
            if status != 403 or (body and b"permission denied" not in body):
                let_in.append((method, path, status, body[:200]))
    return let_in


def test_nobody_is_let_in_without_a_token(server, everything):
    assert refused(server, everything, None) == []
    assert refused(server, everything, "") == []


def test_a_token_that_is_none_lets_in_nowhere(server, everything):
    for token in ("s.guess", "hvb.AAAA", "x" * 4_000, "root"):
        assert refused(server, everything, token) == []


def test_a_token_without_the_capability_is_refused(server, everything):
    client = server.bearer(ELSEWHERE, "elsewhere")
    assert refused(server, everything, client.token) == []


def test_a_revoked_token_is_refused(server, everything):
    token = server.root().auth.token.create(policies=["root"])["auth"]["client_token"]
    server.root().auth.token.revoke(token)
    assert refused(server, everything, token) == []


def test_an_expired_token_is_refused(server, everything):
    client = server.client(
        server.root().auth.token.create(policies=["root"], ttl="1s")["auth"]["client_token"]
    )
    # The clock of a process cannot be moved: asked until it is refused.
    while client.is_authenticated():
        pass
    assert refused(server, everything, client.token) == []


MALFORMED = {
    "cut off": b'{"a": ',
    "a list": b"[]",
    "a text": b'"text"',
    "a number": b"1",
    "two values": b'{"a": 1} {"b": 2}',
    "no JSON": b"a=b&c=d",
    "no UTF-8": b'{"a": "\xff"}',
    "a lone surrogate": b'{"a": "\\ud800"}',
    "deeply nested": b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
}


@pytest.mark.parametrize("shape", MALFORMED)
def test_a_malformed_body_is_refused_and_does_nothing(server, everything, shape):
    """Without a token, which is looked at later: the body is refused before anything is done."""
    let_in = []
    with Wire(server) as wire:
        for route, method, path in everything:
            if method != "POST":
                continue
            status, headers, body = wire.send(method, path, server.root_token, MALFORMED[shape])
            if status not in (400, 413) or headers["Content-Type"] != "application/json":
                let_in.append((method, path, status, body[:200]))
    assert let_in == []
    assert server.root().is_authenticated()


def test_a_body_over_the_limit_is_refused_before_it_is_sent(server, everything):
    """A client that asks first (RFC 9110 10.1.1) is not told to go on."""
    let_in = []
    address = server.env["VAULT_ADDR"].partition("//")[2]
    host, _, port = address.partition(":")
    sizes = f"Content-Length: {33 * 1024 * 1024}\r\nExpect: 100-continue\r\n"
    for _, method, path in everything:
        if method != "POST":
            continue
        head = f"POST /v1/{path} HTTP/1.1\r\nHost: {address}\r\n{sizes}\r\n"
        with socket.create_connection((host, int(port)), PATIENCE_SECS) as connection:
            connection.sendall(head.encode())
            line = connection.makefile("rb").readline()
        if b" 413 " not in line:
            let_in.append((path, line))
    assert let_in == []


def test_a_body_over_the_limit_is_refused_when_it_was_sent(server):
    body = b'{"a": "' + b"x" * (32 * 1024 * 1024) + b'"}'
    answer = server.send("POST", "secret/data/a", data=body, token=server.root_token)
    assert answer.status_code == 413
    assert answer.json()["errors"]


ODD = [
    "../{path}",
    "secret/../{path}",
    "secret/%2e%2e/{path}",
    "secret/%2E%2e/{path}",
    "./{path}",
    "/{path}",
    "{path}//x",
    "{path}/%00",
    "{path}%00",
    "{path}/%0d%0aX-Vault-Token:%20x",
    "{path}/%ff",
    "{path}/%c0%ae%c0%ae/x",
    "{path}/..%2f..%2fsys/mounts",
]


@pytest.mark.parametrize("odd", ODD)
def test_cve_2026_3605_a_path_that_could_lead_elsewhere_is_refused(server, everything, odd):
    client = server.bearer('path "secret/*" { capabilities = ["read", "list", "update"] }', "odd")
    let_in = []
    with Wire(server) as wire:
        for _, method, path in everything:
            for token in (client.token, server.root_token):
                status, _, body = wire.send(method, odd.format(path=path), token)
                if status not in (400, 404):
                    let_in.append((method, path, status, body[:200]))
    assert let_in == []


def test_capital_letters_are_another_path(server, everything):
    """A policy speaks of the path as it is written: what differs in case reaches nothing."""
    let_in = []
    with Wire(server) as wire:
        for _, method, path in everything:
            status, _, body = wire.send(method, path.upper(), server.root_token)
            if status != 404:
                let_in.append((method, path, status, body[:200]))
    assert let_in == []


def test_what_is_encoded_twice_is_decoded_once(server):
    root = server.root()
    root.secrets.kv.v2.create_or_update_secret("plain", {"a": "b"})
    for path in ("secret/data/%2570lain", "secret/data/pla%2569n", "secret%252fdata/plain"):
        with Wire(server) as wire:
            assert wire.send("GET", path, server.root_token)[0] == 404, path
    with Wire(server) as wire:
        assert wire.send("GET", "secret/data/pl%61in", server.root_token)[0] == 200
        assert wire.send("GET", "secret%2fdata/plain", server.root_token)[0] == 200
    reader = server.bearer('path "secret/data/other" { capabilities = ["read"] }', "encoded")
    with Wire(server) as wire:
        assert wire.send("GET", "secret/data/pl%61in", reader.token)[0] == 403


def test_a_long_path_is_refused(server):
    with Wire(server) as wire:
        for length in (1_025, 8_000):
            assert wire.send("GET", "secret/data/" + "a" * length, server.root_token)[0] == 400


def test_a_sealed_server_answers_nothing_else(everything, tmp_path):
    sealed = Sealed(tmp_path)
    try:
        sealed.start()
        made = sealed.client().sys.initialize(1, 1)
        let_in = []
        with Wire(sealed) as wire:
            for (kind, _, pattern), method, path in everything:
                if kind == "system" and pattern in WITHOUT_STORE:
                    continue
                status, _, body = wire.send(method, path, made["root_token"])
                if status != 503:
                    let_in.append((method, path, status, body[:200]))
        assert let_in == []
    finally:
        sealed.close()
