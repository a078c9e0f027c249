"""Which routes of the Vault door the tests drive.

`routes.txt` lists every route with the test that drives it. The Rust tests hold its routes to those of the door, the
end of a whole run of these tests holds its tests to what was driven.
"""

import json
import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

FILE = Path(__file__).with_name("routes.txt")
TRUE = {"1", "t", "T", "true", "TRUE", "True"}
# Routes whose one answer is a refusal. No lease of a secret can be renewed: those of certificates end when these do.
REFUSING = {
    ("system", "write", "leases/renew"),
    ("system", "write", "leases/renew/{id..}"),
    ("system", "write", "renew"),
    ("system", "write", "renew/{id..}"),
    ("system", "read", "rekey/backup"),
    ("system", "read", "rekey-recovery-key/{step}"),
    ("system", "write", "rekey-recovery-key/{step}"),
    ("system", "delete", "rekey-recovery-key/{step}"),
}
# Route (kind, verb, pattern) -> the tests that drove it.
DRIVEN = {}


class Mounts:
    """The mounts of one server, by what its clients asked for."""

    def __init__(self):
        self.kinds = {
            "sys": "system",
            "auth/token": "token",
            "identity": "identity",
            "cubbyhole": "cubbyhole",
            "secret": "kv-v2",
        }

    def note(self, request, response):
        url = urlsplit(request.url)
        path = unquote(url.path)[len("/v1/") :].strip("/")
        verb = verb_of(request.method, parse_qs(url.query))
        if response.status_code < 300:
            self.follow(verb, path, request.body)
        found = self.find(path)
        if found is None:
            return
        mount, kind = found
        for route in matching(kind, verb, path[len(mount) :].strip("/")):
            if response.status_code < 400 or route in REFUSING:
                DRIVEN.setdefault(route, set()).add(current_test())

    def find(self, path):
        mounts = [mount for mount in self.kinds if f"{path}/".startswith(f"{mount}/")]
        mount = max(mounts, key=len, default=None)
        return None if mount is None else (mount, self.kinds[mount])

    def follow(self, verb, path, body):
        """Mounts come and go with requests that succeed."""
        changes = path.startswith(("sys/mounts/", "sys/auth/")) or path == "sys/remount"
        if verb != "write" or not changes or path.endswith("/tune"):
            return
        written = json.loads(body)
        if path == "sys/remount":
            kind = self.kinds.pop(written["from"].strip("/"), None)
            self.kinds[written["to"].strip("/")] = kind
        for side, prefix in (("sys/mounts/", ""), ("sys/auth/", "auth/")):
            if path.startswith(side):
                self.kinds[prefix + path[len(side) :]] = kind_of(written)


def kind_of(written):
    kind = written.get("type") or ""
    if kind in ("kv", "generic"):
        version = (written.get("options") or {}).get("version") or "1"
        return f"kv-v{version}"
    return kind


def verb_of(method, query):
    asks = {name for name in ("list", "scan") if TRUE & set(query.get(name, []))}
    if method == "GET" and asks:
        return asks.pop()
    return {"GET": "read", "POST": "write", "PUT": "write"}.get(method, method.lower())


def current_test():
    name = os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0]
    return name.split("[")[0].replace(".py::", "::").rsplit("/", 1)[-1]


def matching(kind, verb, below):
    """The first route of the registry that matches, as the door finds it."""
    for route in listed():
        if route[:2] == (kind, verb) and matches(route[2], below):
            return [route]
    return []


def matches(pattern, path):
    if not pattern:
        return not path
    parts, segments = pattern.split("/"), path.split("/")
    for index, part in enumerate(parts):
        if part.endswith("..}"):
            return len(segments) > index
        if index >= len(segments) or not (part.startswith("{") or part == segments[index]):
            return False
    return len(parts) == len(segments)


def listed():
    """The routes of `routes.txt`, each (kind, verb, pattern), with the test that drives it."""
    if not LISTED:
        for line in FILE.read_text().splitlines():
            if line and not line.startswith("#"):
                kind, verb, pattern, access, *test = line.split("\t")
                route = kind, verb, pattern.strip("/")
                LISTED[route] = test[0] if test else ""
                if access == "open":
                    OPEN.add(route)
    return LISTED


LISTED = {}
# Routes that callers without a token may ask.
OPEN = set()
