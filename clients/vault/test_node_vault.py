"""A second client library: node-vault from npm, whose tests are in node/."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from process import MODULES

SUITE = Path(__file__).with_name("node") / "vault.test.js"
NAMES = re.findall(r"^test\('(.*)',", SUITE.read_text(), re.MULTILINE)


def test_the_suite_has_its_tests():
    assert len(NAMES) == 8


@pytest.mark.parametrize("name", NAMES)
def test_node_vault_works_as_it_comes(server, name):
    assert Path(MODULES, "node-vault").is_dir(), "cargo xtask setup installs node-vault"
    environment = {
        "PATH": os.environ["PATH"],
        "NODE_PATH": str(MODULES),
        "NODE_EXTRA_CA_CERTS": server.env["NODE_EXTRA_CA_CERTS"],
        "VAULT_ADDR": server.address,
        "VAULT_TOKEN": server.root_token,
    }
    only = ["--test-name-pattern", f"^{re.escape(name)}$", "--test-reporter", "tap"]
    done = subprocess.run(
        ["node", "--test", *only, str(SUITE)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"^ *ok \d+ - {re.escape(name)}$", done.stdout, re.MULTILINE), done.stdout
