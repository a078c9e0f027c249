"""Every route is driven by some test (see routes.py); what is none is refused."""

import re
from pathlib import Path

import pytest
import routes

METHODS = {"read": "GET", "write": "POST"}
NOT_SERVED = [
    tuple(line.split("\t"))
    for line in Path(__file__).with_name("not_served.txt").read_text().splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize("kind, verb, path", NOT_SERVED, ids="-".join)
def test_what_is_not_served_is_refused(server, vault, kind, verb, path):
    mount = mount_of(vault, kind)
    path = re.sub(r"\{[^}]*\}", "name", path)
    method = METHODS.get(verb, verb.upper())
    answer = server.send(method, f"{mount}/{path}", {}, server.root_token)
    assert answer.status_code in (400, 403, 404, 501), answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert isinstance(answer.json()["errors"], list)


def mount_of(vault, kind):
    """A mount of a kind, made where there is none."""
    for built_in, path in (("system", "sys"), ("token", "auth/token"), ("identity", "identity")):
        if kind == built_in:
            return path
    path = f"of-kind-{kind}"
    if kind in ("approle", "userpass", "jwt", "oidc", "gcp", "github"):
        if f"{path}/" not in vault.sys.list_auth_methods()["data"]:
            vault.sys.enable_auth_method(kind, path=path)
        return f"auth/{path}"
    if f"{path}/" not in vault.sys.list_mounted_secrets_engines()["data"]:
        vault.sys.enable_secrets_engine(kind, path=path)
    return path


def test_a_path_that_is_none_is_not_found(server):
    for path in ("nothing", "nothing/at/all", "sys/nothing", "auth/nothing/login"):
        assert server.send("GET", path, token=server.root_token).status_code == 404
        assert server.send("GET", path).status_code == 403


def test_a_method_that_a_path_does_not_have_is_never_405(server):
    """hvac has no word for 405: it would be an error of no kind."""
    for method in ("DELETE", "PATCH", "OPTIONS", "PROPFIND"):
        answer = server.send(method, "sys/mounts", token=server.root_token)
        assert answer.status_code in (400, 404, 501), method


def test_patterns_match_as_the_door_matches():
    for pattern, path, expected in (
        ("data/{path..}", "data/a/b", True),
        ("data/{path..}", "data", False),
        ("keys/{name}/rotate", "keys/k/rotate", True),
        ("keys/{name}", "keys/k/rotate", False),
        ("", "", True),
        ("", "a", False),
        ("config", "config", True),
    ):
        assert routes.matches(pattern, path) is expected, (pattern, path)
