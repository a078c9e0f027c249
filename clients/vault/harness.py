"""A `strongroom server` of a test's own, and clients of its Vault door.

Nothing here knows Vault's API: what is asked and expected stands in the tests.
"""

import http.client
import json
import ssl
from pathlib import Path

import hvac
import requests

import process
import routes
from process import PATIENCE_SECS


class Server(process.Server):
    """A process of `strongroom server`, and clients of its Vault door."""

    def __init__(self, folder, *arguments):
        super().__init__(folder, *arguments)
        self.mounts = routes.Mounts()

    @property
    def address(self):
        return self.env["STRONGROOM_TLS_ADDR"]

    @property
    def root_token(self):
        return self.env["VAULT_TOKEN"]

    def session(self):
        """What an unmodified client sends with; it trusts this server's authority only."""
        return Session(self)

    def client(self, token=None, **keywords):
        """hvac as it comes, over TLS. Without a token it sends none."""
        client = hvac.Client(url=self.address, session=self.session(), **keywords)
        client.token = token
        return client

    def root(self):
        return self.client(self.root_token)

    def bearer(self, policy, name="policy-of-the-test", **keywords):
        """A client whose token has this policy, in HCL, and nothing else."""
        self.root().sys.create_or_update_policy(name, policy)
        created = self.root().auth.token.create(policies=[name], no_default_policy=True, **keywords)
        return self.client(created["auth"]["client_token"])

    def send(self, method, path, body=None, token=None, headers=None, data=None):
        """One request as it is written, for what no client library would send."""
        sent = dict(headers or {})
        if token is not None:
            sent["X-Vault-Token"] = token
        if body is not None:
            data = json.dumps(body)
        request = requests.Request(method, self.address, headers=sent, data=data)
        with requests.Session() as session:
            session.trust_env = False
            prepared = session.prepare_request(request)
            # What follows the address is sent as it is: `..`, `%2e` and the like as well.
            prepared.url = f"{self.address}/v1/{path}"
            return session.send(
                prepared, verify=self.env["REQUESTS_CA_BUNDLE"], timeout=PATIENCE_SECS
            )


class Wire:
    """One connection that sends a request as it is written: no path is put in order on its way."""

    def __init__(self, server):
        address = server.address.partition("//")[2]
        context = ssl.create_default_context(cafile=server.env["REQUESTS_CA_BUNDLE"])
        self.connection = http.client.HTTPSConnection(
            address, timeout=PATIENCE_SECS, context=context
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def send(self, method, path, token=None, body=b"", headers=None):
        """Answers status, header fields and body."""
        sent = {"Content-Length": str(len(body)), **(headers or {})}
        if token is not None:
            sent["X-Vault-Token"] = token
        self.connection.putrequest(method, f"/v1/{path}", skip_accept_encoding=True)
        for name, value in sent.items():
            self.connection.putheader(name, value)
        self.connection.endheaders(body)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()


class Sealed(process.Configured, Server):
    """A server on a store that is not there yet, whose key is in parts that people hold."""

    def __init__(self, folder):
        folder = Path(folder)
        self.devices = folder / "devices"
        self.devices.mkdir()
        super().__init__(folder, CONFIGURATION.format(folder=folder))

    def initialise(self, shares=1, threshold=1):
        """Gives the store its first keys and opens it."""
        made = self.client().sys.initialize(shares, threshold)
        self.parts = made["keys"]
        self.env["VAULT_TOKEN"] = made["root_token"]
        self.client().sys.submit_unseal_keys(self.parts[:threshold])
        return self

    def know_addresses(self):
        self.env = {
            "STRONGROOM_TLS_ADDR": self.addresses["https"],
            "REQUESTS_CA_BUNDLE": str(self.folder / "store/tls/ca.pem"),
        }


CONFIGURATION = """
[[listeners]]
address = "127.0.0.1:0"

[storage]
path = "{folder}/store"

[audit]
devices_folder = "{folder}/devices"

[seal]
type = "shamir"

[log]
format = "json"
"""


def development(folder, *arguments):
    """A server with everything in memory, or in a folder with `--persist`."""
    return process.development(Server, folder, *arguments)


class Session(requests.Session):
    """A session of requests that notes what was driven through it."""

    def __init__(self, server):
        super().__init__()
        self.server = server
        self.trust_env = False
        self.verify = server.env["REQUESTS_CA_BUNDLE"]

    def send(self, request, **keywords):
        keywords["timeout"] = keywords.get("timeout") or PATIENCE_SECS
        response = super().send(request, **keywords)
        self.server.mounts.note(request, response)
        return response
