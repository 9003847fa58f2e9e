"""`wsrelay-engine init DIR`: what it writes passes every check there is, and it never overwrites."""

import json
import shutil
import subprocess

import pytest

from support.client import client, refused
from support.node import BINARY, Node, run


@pytest.fixture
def site(tmp_path):
    done = run("init", tmp_path / "a" / "site")
    assert (done.returncode, done.stderr) == (0, "")
    assert "main.lua" in done.stdout
    return tmp_path / "a" / "site"


def shell(site, *command):
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]}")
    return subprocess.run(command, cwd=site, text=True, capture_output=True, timeout=60, check=False)


def test_init_result_passes_check(site):
    done = run("check", site / "main.lua")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{site}/policies/limits.lua" in done.stdout


def test_init_result_passes_busted_and_luacheck(site):
    done = shell(site, "busted")
    assert done.returncode == 0 and "3 successes" in done.stdout, done.stdout
    done = shell(site, "luacheck", ".")
    assert done.returncode == 0, done.stdout


async def test_init_result_runs_and_keeps_the_defaults(site):
    with Node(site, main=site / "main.lua", options=["--listen", "127.0.0.1:0"]) as node:
        async with client(node) as alice, client(node) as bob:
            assert await alice.subscribe("garden", "roses") == {"ok": True}
            assert await bob.subscribe("garden", "tulips") == refused("invalid password")


def test_init_tells_the_language_server_where_the_types_are(site):
    library = json.loads((site / ".luarc.json").read_text())["workspace.library"]
    assert library[0].endswith("/docs/api") and "@" not in library[0]


def test_init_overwrites_nothing_and_then_writes_nothing(tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "limits.lua").write_text("mine")
    done = run("init", tmp_path)
    assert done.returncode == 1 and f"{tmp_path}/policies/limits.lua: exists already" in done.stderr
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["limits.lua", "policies"]
    assert (tmp_path / "policies" / "limits.lua").read_text() == "mine"


def test_init_goes_into_a_directory_that_holds_other_things(tmp_path):
    (tmp_path / "README").write_text("mine")
    assert run("init", tmp_path).returncode == 0
    assert (tmp_path / "README").read_text() == "mine" and (tmp_path / "main.lua").exists()


def test_init_says_what_is_in_its_way(tmp_path):
    (tmp_path / "file").write_text("")
    done = run("init", tmp_path / "file" / "site")
    assert done.returncode == 1 and "Not a directory" in done.stderr
    assert run("init").returncode == 2
    assert run("init", tmp_path, tmp_path).returncode == 2


def test_init_templates_are_installed(tmp_path):
    subprocess.run(["cmake", "--install", BINARY.rsplit("/", 1)[0], "--prefix", str(tmp_path / "prefix")],
                   check=True, capture_output=True, timeout=60)
    engine = tmp_path / "prefix" / "bin" / "wsrelay-engine"
    done = subprocess.run([engine, "init", str(tmp_path / "site")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    library = json.loads((tmp_path / "site" / ".luarc.json").read_text())["workspace.library"]
    assert library[0] == f"{tmp_path}/prefix/share/wsrelay-engine/docs/api"
    assert (tmp_path / "prefix/share/wsrelay-engine/docs/api/relay.lua").is_file()
