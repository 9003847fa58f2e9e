"""`cmake --install` puts the program, the scripts and the policies where they find each other, also when moved."""

import subprocess
from pathlib import Path

import pytest

from support.client import client
from support.node import BINARY, Node


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """An installation that was moved after it was made."""
    directory = tmp_path_factory.mktemp("install")
    subprocess.run(["cmake", "--install", str(Path(BINARY).parent), "--prefix", str(directory / "first")],
                   check=True, capture_output=True, timeout=60)
    return (directory / "first").rename(directory / "moved")


async def test_install_moved_program_runs_its_main_lua(prefix, tmp_path):
    with Node(tmp_path, binary=prefix / "bin" / "wsrelay-engine", options=["--listen", "127.0.0.1:0"],
              main=prefix / "share" / "wsrelay-engine" / "scripts" / "main.lua") as node:
        async with client(node) as alice:
            assert await alice.subscribe("channel") == {"ok": True}


async def test_install_policies_answer_where_the_user_has_none(prefix, tmp_path):
    with Node(tmp_path, binary=prefix / "bin" / "wsrelay-engine") as node:
        async with client(node) as alice, client(node) as bob:
            assert await alice.subscribe("channel", "passwd") == {"ok": True}
            assert await bob.subscribe("channel", "wdpass") == {"ok": False, "reason": "invalid password"}


def test_install_puts_the_unit_where_systemd_looks(prefix):
    unit = (prefix / "lib" / "systemd" / "system" / "wsrelay-engine.service").read_text()
    assert "ExecStart=wsrelay-engine " in unit  # without a path: systemd looks in /usr/local/bin and /usr/bin
