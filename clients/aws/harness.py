"""A `strongroom server` of a test's own, and clients of its AWS door.

Clients are told where it is and who they are by environment variables alone.
"""

import contextlib
import json
import os
import subprocess
import urllib.request
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

import process
from process import BINARY, PATIENCE_SECS

FILE = Path(__file__).with_name("operations.txt")
# Operation -> the tests that drove it.
DRIVEN = {}
# Operations whose one answer is a refusal.
REFUSING = {
    "AssociateCrossAccountReplica",
    "CancelRotateSecret",
    "DisassociateCrossAccountReplica",
    "RotateSecret",
}
# What the clients of the machine's user are told is not for the tests.
NOBODYS = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_MAX_ATTEMPTS": "1",
}
# Who changes a secret's policy needs sudo as well.
OPERATOR = 'path "secret/*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }'
EVERYTHING = 'path "secret*" { capabilities = ["create", "read", "update", "delete", "list"] }'


class Server(process.Server):
    """A process of `strongroom server`, and clients of its AWS door."""

    def environment(self, encrypted=True, **others):
        """What a client of the app that is ready has in its environment."""
        mine = {name: value for name, value in self.env.items() if name.startswith("AWS_")}
        if encrypted:
            mine["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = self.env["STRONGROOM_TLS_ADDR"]
        else:
            del mine["AWS_CA_BUNDLE"]
        return {**NOBODYS, **mine, **others}

    def client(self, encrypted=True, config=None, **others):
        """boto3 as it comes."""
        with environment(self.environment(encrypted, **others)):
            client = boto3.session.Session().client("secretsmanager", config=config)
        client.meta.events.register("after-call.secrets-manager.*", note)
        return client

    def app(self, name, policy):
        """A client of another app, which has this policy and nothing else."""
        self.vault("PUT", f"sys/policies/acl/{name}", {"policy": policy})
        made = self.run_remotely("app", "create", name, "--policy", name, "--door", "aws")
        keys = dict(line.split("=", 1) for line in made.splitlines() if line.startswith("AWS_"))
        return self.client(**keys)

    def run_remotely(self, *arguments):
        """Another command of the program, which asks this server."""
        told = {name: self.env[name] for name in ("STRONGROOM_ADDR", "STRONGROOM_TOKEN")}
        done = subprocess.run(
            [BINARY, *arguments],
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **told},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECS,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def vault(self, method, path, body=None):
        """What the Vault door of the same server says."""
        request = urllib.request.Request(
            f"{self.env['VAULT_ADDR']}/v1/{path}",
            method=method,
            headers={"X-Vault-Token": self.env["VAULT_TOKEN"]},
            data=None if body is None else json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_SECS) as answer:
            text = answer.read()
        return json.loads(text) if text else None


class Regions(process.Configured, Server):
    """A server with two regions, whose store is in memory and was just made."""

    def __init__(self, folder):
        super().__init__(folder, CONFIGURATION.format(folder=folder))

    def know_addresses(self):
        plain = self.addresses["http"]
        self.env = {
            "VAULT_ADDR": plain,
            "STRONGROOM_ADDR": plain,
            "STRONGROOM_TLS_ADDR": self.addresses["https"],
            "AWS_CA_BUNDLE": str(self.folder / "tls/ca.pem"),
            "AWS_DEFAULT_REGION": "eu-central-1",
        }

    def initialise(self):
        """Gives the store its first keys, opens it, and makes the second region's mount and an app."""
        self.env["VAULT_TOKEN"] = ""
        made = self.vault("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
        self.vault("PUT", "sys/unseal", {"key": made["keys"][0]})
        self.env["VAULT_TOKEN"] = self.env["STRONGROOM_TOKEN"] = made["root_token"]
        for mount in ("secret", "secret-eu"):
            if f"{mount}/" not in self.vault("GET", "sys/mounts"):
                kind = {"type": "kv", "options": {"version": "2"}}
                self.vault("POST", f"sys/mounts/{mount}", kind)
        return self


CONFIGURATION = """
[[listeners]]
address = "127.0.0.1:0"
tls = false

[[listeners]]
address = "127.0.0.1:0"

[tls]
folder = "{folder}/tls"

[storage]
memory = true

[seal]
type = "shamir"

[log]
format = "json"

[aws]
account = "123456789012"
region = "eu-central-1"
secret_bytes_max = 1048576

[aws.regions]
eu-west-1 = "secret-eu/"
"""


@contextlib.contextmanager
def environment(variables):
    """These variables, and none of AWS's that the tests were started with."""
    before = dict(os.environ)
    for name in before:
        if name.startswith("AWS_"):
            del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def development(folder, *arguments):
    return process.development(Server, folder, *arguments)


def note(model, http_response, **_):
    """An operation that was done was driven by the test that runs."""
    if http_response.status_code == 200 or model.name in REFUSING:
        test = os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0].split("[")[0]
        named = test.replace(".py::", "::").rsplit("/", 1)[-1]
        DRIVEN.setdefault(model.name, set()).add(named)


def listed():
    """The operations of `operations.txt`, each with the test that drives it."""
    lines = [line for line in FILE.read_text().splitlines() if line and line[0] != "#"]
    return dict(line.partition("\t")[::2] for line in lines)


def refused(call, **arguments):
    """The code and the text of the error that a call ends with."""
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["ResponseMetadata"]["RequestId"].count("-") == 4
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    raise AssertionError("it was done")


def told(call, code, **arguments):
    """The text of the error with this code."""
    found, text = refused(call, **arguments)
    assert found == code, text
    return text
