"""A server that is killed under load: what it acknowledged is there, and nothing is there by half."""

import random
import threading

import pytest
import requests
from hvac import exceptions

ROOT = "root-of-the-test"
WORKERS = 6


class Load:
    """Writes, token creations and logins, until the server is gone. What was acknowledged is noted."""

    def __init__(self, server, enough):
        self.server, self.enough = server, enough
        self.written, self.tried, self.tokens = {}, {}, {}
        self.count = 0
        self.lock = threading.Lock()
        self.reached = threading.Event()
        self.failures = []

    def run(self):
        workers = [threading.Thread(target=self.work, args=(n,)) for n in range(WORKERS)]
        for worker in workers:
            worker.start()
        reached = self.reached.wait(60)
        self.server.kill()
        for worker in workers:
            worker.join()
        assert reached, self.failures
        assert self.failures == []

    def work(self, number):
        jobs = [self.write, self.create, self.log_in]
        client = self.server.root()
        try:
            for turn in range(100_000):
                jobs[(turn + number) % 3](client, f"{number}-{turn}")
                with self.lock:
                    self.count += 1
                    if self.count == self.enough:
                        self.reached.set()
        except requests.exceptions.RequestException:
            # The server is gone, as it should be.
            if not self.reached.is_set():
                self.failures.append("the server went before it was killed")
        except exceptions.VaultError as error:
            self.failures.append(error)

    def write(self, client, name):
        # Half the writes change a secret that is there.
        path = name if name[-1] in "02468" else name.partition("-")[0]
        value = f"value of {name}"
        self.tried.setdefault(path, set()).add(value)
        made = client.secrets.kv.v2.create_or_update_secret(path, {"v": value})
        self.written[path] = (made["data"]["version"], value)

    def create(self, client, name):
        auth = client.auth.token.create(policies=["default"], meta={"name": name})["auth"]
        self.tokens[auth["client_token"]] = auth["accessor"]

    def log_in(self, client, _):
        answer = self.server.client().auth.approle.login(self.server.role_id, self.server.secret_id)
        self.tokens[answer["auth"]["client_token"]] = answer["auth"]["accessor"]


def prepare(server):
    vault = server.root()
    vault.sys.enable_auth_method("approle")
    approle = vault.auth.approle
    approle.create_or_update_approle("role", token_policies=["default"])
    server.role_id = approle.read_role_id("role")["data"]["role_id"]
    server.secret_id = approle.generate_secret_id("role")["data"]["secret_id"]


def check(server, loads):
    """Everything acknowledged is there; everything there is whole."""
    vault = server.root()
    kv = vault.secrets.kv.v2
    for path in kv.list_secrets("")["data"]["keys"]:
        data = kv.read_secret_version(path, raise_on_deleted_version=True)["data"]
        newest = max((load.written.get(path, (0, None)) for load in loads), key=lambda w: w[0])
        assert data["metadata"]["version"] >= newest[0], path
        if data["metadata"]["version"] == newest[0]:
            assert data["data"] == {"v": newest[1]}
        else:
            assert data["data"]["v"] in set().union(*(load.tried.get(path, ()) for load in loads))
        versions = kv.read_secret_metadata(path)["data"]
        assert versions["current_version"] == data["metadata"]["version"]
        for number in versions["versions"]:
            kv.read_secret_version(path, version=int(number), raise_on_deleted_version=True)
    listed = set(kv.list_secrets("")["data"]["keys"])
    accessors = set(vault.auth.token.list_accessors()["data"]["keys"])
    for load in loads:
        assert set(load.written) <= listed
        for token, accessor in load.tokens.items():
            assert server.client(token).auth.token.lookup_self()["data"]["accessor"] == accessor
            assert accessor in accessors
    for accessor in accessors:
        assert vault.auth.token.lookup_accessor(accessor)["data"]["accessor"] == accessor


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_killed_server_loses_nothing_that_it_acknowledged(new_server, tmp_path, seed):
    chance = random.Random(seed)
    folder = tmp_path / "server"
    server = new_server("--persist", str(folder / "kept"), "--root-token", ROOT, folder=folder)
    prepare(server)
    loads = []
    for _ in range(3):
        loads.append(Load(server, enough=chance.randint(5, 250)))
        loads[-1].run()
        server.start()
        check(server, loads)
    assert sum(len(load.written) + len(load.tokens) for load in loads) > 0


def test_a_killed_server_leaves_an_audit_log_that_verifies(new_server, tmp_path):
    folder = tmp_path / "server"
    kept = folder / "kept"
    server = new_server("--persist", str(kept), "--root-token", ROOT, folder=folder)
    prepare(server)
    Load(server, enough=60).run()
    server.start()
    assert server.stop() == 0
    verified = server.run("--home", str(kept), "audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
