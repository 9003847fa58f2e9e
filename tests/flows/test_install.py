"""`cmake --install` puts the program, the scripts and the policies where they find each other, also when moved."""

import os
import subprocess
from pathlib import Path

import pytest

from support.client import client
from support.node import BINARY, ROOT, WAIT_SECONDS, Node, environment

UNIT = Path("lib", "systemd", "system", "wsrelay-engine.service")


def install(prefix, **variables):
    subprocess.run(["cmake", "--install", str(Path(BINARY).parent), "--prefix", str(prefix)],
                   check=True, capture_output=True, timeout=60, env=environment(variables))


def exec_start(unit: Path) -> str:
    [line] = [line for line in unit.read_text().splitlines() if line.startswith("ExecStart=")]
    return line.removeprefix("ExecStart=").split()[0]


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """An installation where it was made."""
    install(directory := tmp_path_factory.mktemp("install") / "standing")
    return directory


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """An installation that was moved after it was made."""
    directory = tmp_path_factory.mktemp("install")
    install(directory / "first")
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


def test_install_s_unit_names_the_program_of_its_prefix(standing):
    assert exec_start(standing / UNIT) == str(standing / "bin" / "wsrelay-engine")
    ended = subprocess.run(["systemd-analyze", "verify", "--man=no", str(standing / UNIT)], text=True, capture_output=True,
                           timeout=WAIT_SECONDS, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_install_s_unit_names_the_program_without_the_package_s_root(tmp_path):
    install("/usr", DESTDIR=str(tmp_path))
    assert exec_start(tmp_path / "usr" / UNIT) == "/usr/bin/wsrelay-engine"
    assert (tmp_path / "usr" / "bin" / "wsrelay-engine").is_file()


def test_installed_examples_can_be_run_as_those_of_the_tree(standing):
    [documents] = (standing / "share" / "doc").iterdir()
    runnable = [path.relative_to(ROOT) for path in (ROOT / "examples").rglob("*") if path.is_file() and os.access(path, os.X_OK)]
    assert runnable != []
    for path in runnable:
        assert (documents / path).stat().st_mode & 0o777 == 0o755, path
        assert (documents / path).read_text().startswith("#!"), path
