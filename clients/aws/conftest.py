"""What every test can ask for, and what holds for all of them."""

import itertools
import os

import pytest

import harness

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that the tests of one file share; each uses names of its own."""
    server = harness.development(tmp_path_factory.mktemp("server"))
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture(scope="module")
def aws(server):
    """boto3 over TLS, as the app that is ready."""
    return server.client()


@pytest.fixture
def name():
    """A name that no other test of the file uses."""
    return f"n{next(NUMBERS)}/secret"


@pytest.fixture
def secret(aws, name):
    """A secret with the value `one`: its name."""
    aws.create_secret(Name=name, SecretString="one")
    return name


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """The server's log stands beside what a test that failed says."""
    report = (yield).get_result()
    server = item.funcargs.get("server") if hasattr(item, "funcargs") else None
    if report.failed and isinstance(server, harness.Server):
        report.sections.append(("log of the server", server.log()[-4_000:]))


def pytest_sessionfinish(session, exitstatus):
    """At the end of a whole run that went well, `operations.txt` has to say what was driven."""
    whole = session.config.args_source.name != "ARGS" and not session.config.option.keyword
    if exitstatus != 0 or not whole or session.config.option.collectonly:
        return
    if os.environ.get("STRONGROOM_UPDATE_DOCS"):
        update()
    wrong = [
        operation
        for operation, test in harness.listed().items()
        if test and test not in harness.DRIVEN.get(operation, ())
    ]
    if wrong:
        print(f"\noperations.txt names tests that do not drive these: {wrong}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def update():
    """Names a test for every operation that was driven, and keeps a name that is still true."""
    head = [line for line in harness.FILE.read_text().splitlines() if line.startswith("#")]
    lines = []
    for operation, test in harness.listed().items():
        driven = harness.DRIVEN.get(operation, set())
        named = test if test in driven else min(driven, default="")
        lines.append(f"{operation}\t{named}".rstrip("\t"))
    harness.FILE.write_text("\n".join(head + lines) + "\n")
