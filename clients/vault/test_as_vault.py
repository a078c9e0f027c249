"""The program called as `vault`, by its name, with Vault's own configuration: what programs that start Vault need."""

import base64
import os
import re
import subprocess

import pytest
from hvac import exceptions

from harness import Sealed
from process import BINARY, PATIENCE_SECS

CONFIGURATION = """
backend "inmem" {}

listener "tcp" {
  address     = "127.0.0.1:0"
  tls_disable = 1
}

disable_mlock     = true
default_lease_ttl = "768h"
max_lease_ttl     = "768h"
log_format        = "json"
"""

DEVICES = """
audit_devices_folder = "{folder}"
"""


class Vault(Sealed):
    """A server that was started as Vault's is, over HTTP."""

    def __init__(self, folder):
        super().__init__(folder)
        self.program = folder / "vault"
        self.program.symlink_to(BINARY)
        (folder / "vault.hcl").write_text(CONFIGURATION + DEVICES.format(folder=folder))
        self.arguments = [f"-config={folder / 'vault.hcl'}"]

    def know_addresses(self):
        self.env = {
            "STRONGROOM_TLS_ADDR": self.addresses["http"],
            "REQUESTS_CA_BUNDLE": "/nonexistent",
        }

    def command(self, *arguments):
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "VAULT_ADDR": self.address,
            "VAULT_TOKEN": self.env.get("VAULT_TOKEN", ""),
        }
        return subprocess.run(
            [self.program, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECS,
        )


@pytest.fixture
def server(tmp_path):
    server = Vault(tmp_path)
    yield server.start()
    server.close()


def test_it_says_a_version_that_rigs_know(server):
    said = server.command("-version").stdout
    assert re.match(r"Vault v1\.16\.\d+", said), said


def test_a_store_in_memory_is_given_keys_and_used(server):
    assert server.client().sys.is_initialized() is False
    assert server.command("status").returncode == 2
    server.initialise(5, 3)
    assert server.command("status").returncode == 0
    server.root().sys.enable_secrets_engine("kv", path="app", options={"version": "2"})
    put = server.command("kv", "put", "-mount=app", "name", "password=p")
    assert put.returncode == 0, put.stderr
    kv = server.root().secrets.kv.v2
    read = kv.read_secret_version("name", mount_point="app", raise_on_deleted_version=True)
    assert read["data"]["data"] == {"password": "p"}
    kv.create_or_update_secret("name", {"password": "q"}, mount_point="app")
    got = server.command("kv", "get", "-mount=app", "-field=password", "name")
    assert got.stdout.strip() == "q", got.stderr


def test_a_root_token_is_decoded(server):
    server.initialise(1, 1)
    sys = server.root().sys
    otp = "A" * sys.read_root_generation_progress()["otp_length"]
    started = sys.start_root_token_generation(otp=otp)
    encoded = sys.generate_root(server.parts[0], started["nonce"])["encoded_root_token"]
    said = server.command("operator", "generate-root", "-decode", encoded, "-otp", otp)
    assert said.returncode == 0, said.stderr
    token = said.stdout.replace("Root token:", "").strip()
    assert len(base64.b64decode(encoded + "==")) == len(token)
    assert server.client(token).auth.token.lookup_self()["data"]["policies"] == ["root"]


def test_a_file_audit_device_writes_in_the_folder_of_the_configuration(server):
    server.initialise(1, 1)
    sys = server.root().sys
    path = server.folder / "audit.log"
    given = {"file_path": str(path)}
    assert sys.enable_audit_device("file", path="file", options=given).status_code == 204
    assert "file/" in sys.list_enabled_audit_devices()["data"]
    assert path.read_text()
    with pytest.raises(exceptions.InvalidRequest):
        sys.enable_audit_device("file", path="other", options={"file_path": "/etc/other.log"})
