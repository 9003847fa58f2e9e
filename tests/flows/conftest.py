"""Flows: real processes, real clients. `async def` tests run on a loop of their own; nothing waits forever."""

import asyncio
import contextlib
import inspect
import os
import resource
import shutil

import pytest

from support.browser import chromium
from support.network import Network, full, line, standing
from support.node import BINARY, Node

TEST_SECONDS = 240 if os.environ.get("WSRELAY_SLOW_TESTS") else 90


def pytest_configure():
    """Two thousand clients are as many descriptors."""
    if not os.access(BINARY, os.X_OK):
        pytest.exit(f"no engine at {BINARY}: build it, or name another in WSRELAY_ENGINE", returncode=4)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(8192, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(asyncio.wait_for(pyfuncitem.obj(**arguments), TEST_SECONDS))
    return True


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A node with the defaults, for all tests of a file."""
    with Node(tmp_path_factory.mktemp("node")) as running:
        yield running


@pytest.fixture
def start_node(tmp_path):
    """Starts nodes with a configuration of their own."""
    with contextlib.ExitStack() as ends:
        def start(config="", **options) -> Node:
            directory = tmp_path / f"node{len(list(tmp_path.iterdir()))}"
            directory.mkdir()
            return ends.enter_context(Node(directory, config, **options))

        yield start


@pytest.fixture
def network(tmp_path) -> Network:
    """`async with network:` ends what the test starts in it."""
    return Network(tmp_path)


@pytest.fixture(scope="session")
def line_of_three(tmp_path_factory):
    with standing(tmp_path_factory.mktemp("line"), line(3)) as nodes:
        yield nodes


@pytest.fixture(scope="session")
def full_of_three(tmp_path_factory):
    with standing(tmp_path_factory.mktemp("full"), full(3)) as nodes:
        yield nodes


@pytest.fixture(scope="session")
def browser_url(tmp_path_factory):
    """The DevTools address of a Chromium for all pages of a run."""
    profile = tmp_path_factory.mktemp("chromium")
    with chromium(profile) as address:
        yield address
    shutil.rmtree(profile, ignore_errors=True)
