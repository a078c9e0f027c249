"""A `strongroom server` of a test's own.

Nothing here knows a vendor's API: what is asked and expected stands in the tests of each.
"""

import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("STRONGROOM_BINARY", REPOSITORY / "target/debug/strongroom")
# Packages of npm.
MODULES = os.environ.get("STRONGROOM_TEST_NODE_MODULES", REPOSITORY / "target/node/node_modules")
# How long a server may take to begin or to end, in seconds, on a busy machine.
PATIENCE_SECS = 60
# What `--dev` and ports of its own are said with.
DEVELOPMENT = ["--dev", "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0"]


class Server:
    """A process of `strongroom server` that listens on ports of its own, in a folder of its own."""

    def __init__(self, folder, *arguments):
        self.folder = Path(folder)
        self.env_file = self.folder / "env"
        self.log_file = self.folder / "log"
        self.arguments = arguments
        self.program = BINARY
        self.process = None
        self.env = {}

    def start(self):
        """Starts it and comes back when it listens. Its first output is what clients need."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "RUST_BACKTRACE": "1",
        }
        command = [self.program, "server", *self.arguments]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                env=environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.await_ready()
        return self

    def await_ready(self):
        watch = threading.Timer(PATIENCE_SECS, self.process.kill)
        watch.start()
        first = self.process.stdout.readline()
        watch.cancel()
        if not first:
            self.process.wait()
            raise AssertionError(f"the server did not start:\n{self.log()}")
        self.env = dict(line.split("=", 1) for line in self.env_file.read_text().splitlines())

    def kill(self):
        """SIGKILL, as a crash or a power cut ends a process."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        """SIGTERM, as an operator ends it; answers its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=PATIENCE_SECS)
        self.process.stdout.close()
        return code

    def close(self):
        """Ends it however it is, at the end of a test."""
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def run(self, *arguments):
        """Another command of the program, as an operator gives it in the same folder."""
        return subprocess.run(
            [BINARY, *arguments],
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder)},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECS,
        )

    def log(self):
        return self.log_file.read_text(errors="replace")


class Configured(Server):
    """A server with a configuration of its own, which listens where the system chooses."""

    # How much of the log is of former starts.
    read = 0
    listening = re.compile(r'"address":"([^"]+)","scheme":"(https?)"')

    def __init__(self, folder, configuration):
        self.config = Path(folder) / "strongroom-server.toml"
        self.config.write_text(configuration)
        super().__init__(folder, "--config", str(self.config))

    def await_ready(self):
        """The log names the addresses, whatever ports they have."""
        deadline = time.monotonic() + PATIENCE_SECS
        wanted = self.config.read_text().count("[[listeners]]")
        while len(found := self.listening.findall(self.log()[self.read :])) < wanted:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not start:\n{self.log()}")
            time.sleep(0.01)
        self.read = len(self.log())
        self.addresses = {scheme: f"{scheme}://{address}" for address, scheme in found}
        self.know_addresses()

    def know_addresses(self):
        """What clients need is known from the addresses."""
        raise NotImplementedError


def development(kind, folder, *arguments):
    """A server with everything in memory, or in a folder with `--persist`."""
    folder = Path(folder)
    return kind(folder, *DEVELOPMENT, "--env-file", str(folder / "env"), *arguments)
