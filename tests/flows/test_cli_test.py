"""`wsrelay-engine test`: busted inside the engine; its exit codes and what it says."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from support.node import BINARY

MAIN = 'require("relay").node { policies = "policies" }\n'
PASSES = """
local testkit = require "relay.testkit"
local words = require "words"

describe("a network", function()
  it("greets", function()
    local net = testkit.network { "node-a", "node-b" }
    local alice = net:client "node-a"
    assert.same({ ok = true }, alice:subscribe(words.channel, "passwd"))
  end)
end)
"""


@pytest.fixture
def project(tmp_path):
    """A directory with a main.lua, a module, policies and a spec folder. Call it to add a spec."""
    (tmp_path / "main.lua").write_text(MAIN)
    (tmp_path / "words.lua").write_text('return { channel = "channel" }\n')
    (tmp_path / "policies").mkdir()
    (tmp_path / "spec").mkdir()

    def add(text, name="a_spec.lua"):
        (tmp_path / "spec" / name).write_text(text)
        return tmp_path

    return add


def run(directory, *arguments, **environment):
    ended = subprocess.run([os.path.abspath(BINARY), "test", *arguments], cwd=directory, timeout=60, text=True,
                           capture_output=True, env={**os.environ, **environment})
    return ended.returncode, ended.stdout, ended.stderr


def test_specs_beside_main_lua_run_without_arguments(project):
    code, out, err = run(project(PASSES))
    assert (code, err) == (0, "")
    assert "1 success / 0 failures / 0 errors" in out


def test_main_of_another_directory_has_its_specs_and_modules_there(project, tmp_path_factory):
    code, out, _ = run(tmp_path_factory.mktemp("elsewhere"), "--main", str(project(PASSES) / "main.lua"))
    assert code == 0 and "1 success" in out


def test_a_path_is_run_alone(project):
    project('it("fails", function() error("no") end)', "b_spec.lua")
    code, out, _ = run(project(PASSES), "spec/a_spec.lua")
    assert code == 0 and "1 success / 0 failures" in out


def test_a_failure_and_an_error_are_1(project):
    code, out, _ = run(project('it("fails", function() assert.is_true(false) end)'))
    assert code == 1 and "1 failure" in out
    code, out, _ = run(project('it("raises", function() error("broken") end)'))
    assert code == 1 and "broken" in out
    code, out, _ = run(project("this is no Lua"))
    assert code == 1 and "a_spec.lua" in out


def test_256_failures_are_1(project):
    code, out, _ = run(project('for i = 1, 256 do it("fails " .. i, function() error("x") end) end'))
    assert code == 1 and "256 errors" in out


def test_a_spec_that_exits_fails_and_the_others_run(project):
    code, out, _ = run(project('it("exits", function() os.exit(0) end) it("runs", function() end)'))
    assert code == 1
    assert "os.exit was called" in out and "1 success / 0 failures / 1 error" in out


def test_an_error_in_main_lua_has_its_line(project):
    directory = project(PASSES)
    (directory / "main.lua").write_text('local relay = require "relay"\nrelay.node { nam = "x" }\n')
    code, out, _ = run(directory)
    assert code == 1 and "main.lua:2: unknown key 'nam' (did you mean 'name'?)" in out


def test_busted_takes_its_options(project):
    directory = project(PASSES + 'it("fails", function() error("no") end)')
    assert run(directory, "--filter", "greets")[0] == 0
    code, out, _ = run(directory, "--filter=greets", "-o", "TAP")
    assert code == 0 and "ok 1 - a network greets" in out
    code, out, _ = run(directory, "--list")
    assert code == 0 and "a network greets" in out


def test_a_busted_file_of_the_project_is_heard(project):
    directory = project(PASSES)
    (directory / ".busted").write_text('return { default = { lua = "no-such-lua", output = "TAP" } }')
    code, out, _ = run(directory)
    assert code == 0 and "ok 1 - a network greets" in out


def test_a_wrong_option_is_2(project):
    code, out, err = run(project(PASSES), "--no-such-option")
    assert (code, out) == (2, "") and "unknown/bad flag: --no-such-option" in err


def test_main_without_a_file_is_2(project):
    code, _, err = run(project(PASSES), "--main")
    assert code == 2 and err.startswith("wsrelay-engine: --main needs a file\n")


def test_no_specs_to_run_is_2(tmp_path):
    code, _, err = run(tmp_path)
    assert code == 2 and "there is no ./spec: which specs?" in err


def test_a_path_that_is_not_there_is_1(project):
    code, out, _ = run(project(PASSES), "no/such/spec")
    assert code == 1 and "no/such/spec" in out


def test_missing_busted_names_the_package(project):
    code, out, err = run(project(PASSES), LUA_PATH_5_4="/nowhere/?.lua")
    assert (code, out) == (1, "")
    assert err.startswith("wsrelay-engine: busted is not here: install the package lua-busted\n")


def test_help_is_0(project):
    code, out, _ = run(project(PASSES), "--help")
    assert code == 0 and out.startswith("usage: wsrelay-engine test ")


def test_the_manuals_examples_run_as_they_stand(tmp_path):
    manual = Path("docs/testing.md").read_text()
    files = re.findall(r"^```lua\n-- (\S+\.lua)\n(.*?)^```$", manual, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in files] == [
        "policies/channel_auth.lua", "spec/policies/channel_auth_spec.lua", "main.lua", "policies/client_auth.lua",
        "spec/network_spec.lua"]
    for name, text in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    code, out, _ = run(tmp_path)
    assert code == 0 and "5 successes / 0 failures / 0 errors" in out, out
    ended = subprocess.run(["busted", "--lua=lua5.4", "spec/policies"], cwd=tmp_path, timeout=60, text=True, capture_output=True)
    assert ended.returncode == 0 and "1 success / 0 failures / 0 errors" in ended.stdout, ended.stdout


def test_plain_busted_is_told_who_runs_the_kit(project):
    directory = project('it("asks", function() require "relay.testkit" end)')
    scripts = os.path.abspath("scripts")
    ended = subprocess.run(["lua5.4", "/usr/bin/busted"], cwd=directory, timeout=60, text=True, capture_output=True,
                           env={**os.environ, "LUA_PATH_5_4": f"{scripts}/?.lua;;"})
    assert ended.returncode != 0
    assert "`wsrelay-engine test` runs the specs, not under plain busted" in ended.stdout
