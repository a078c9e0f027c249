"""What every test can ask for, and what holds for all of them."""

import itertools
import os

import pytest

import harness
import routes

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that the tests of one file share; each uses mounts and names of its own."""
    server = harness.development(tmp_path_factory.mktemp("server"))
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture
def new_server(tmp_path):
    """A maker of servers for one test."""
    made = []

    def make(*arguments, folder=None):
        folder = folder or tmp_path / f"server-{len(made)}"
        folder.mkdir(exist_ok=True)
        server = harness.development(folder, *arguments)
        made.append(server)
        return server.start()

    yield make
    for server in made:
        server.close()


@pytest.fixture
def vault(server):
    """hvac with the root token."""
    return server.root()


@pytest.fixture
def name():
    """A name that no other test of the file uses."""
    return f"n{next(NUMBERS)}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """The server's log stands beside what a test that failed says."""
    report = (yield).get_result()
    server = item.funcargs.get("server") if hasattr(item, "funcargs") else None
    if report.failed and isinstance(server, harness.Server):
        report.sections.append(("log of the server", server.log()[-4_000:]))


def pytest_sessionfinish(session, exitstatus):
    """At the end of a whole run that went well, `routes.txt` has to say what was driven."""
    whole = session.config.args_source.name != "ARGS" and not session.config.option.keyword
    if exitstatus != 0 or not whole or session.config.option.collectonly:
        return
    if os.environ.get("STRONGROOM_UPDATE_DOCS"):
        update()
    wrong = [
        " ".join(route)
        for route, test in routes.listed().items()
        if test and test not in routes.DRIVEN.get(route, ())
    ]
    if wrong:
        print(f"\nroutes.txt names tests that do not drive these routes: {wrong}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def update():
    """Names a test for every route that was driven, and keeps a name that is still true."""
    head = [line for line in routes.FILE.read_text().splitlines() if line.startswith("#")]
    lines = []
    for route, test in routes.listed().items():
        driven = routes.DRIVEN.get(route, set())
        named = test if test in driven else min(driven, default="")
        routes.LISTED[route] = named
        kind, verb, pattern = route
        lines.append("\t".join([kind, verb, pattern or "/", named]).rstrip("\t"))
    routes.FILE.write_text("\n".join(head + lines) + "\n")
