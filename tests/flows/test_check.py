"""`wsrelay-engine check`: what a node would run with, or everything that is wrong, with file and line."""

import os

import pytest

from support.node import ROOT, main_lua, run

MAIN = main_lua('limits = { burst = 3 },\n  token = "aSecretOfTheNetwork",', '"127.0.0.1:0"')


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(**files):
        for name, text in files.items():
            path = tmp_path / (name.replace("__", "/") + ".lua")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return tmp_path

    write(main=MAIN)
    return write


def test_check_prints_the_effective_configuration_and_who_gave_it():
    done = run("check", ROOT / "scripts" / "main.lua", "--name", "x", env={"WSRELAY_LOG_FORMAT": "json"})
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert 'name = "x", -- --name' in lines and 'format = "json", -- WSRELAY_LOG_FORMAT' in lines
    assert "pool = 8, -- default" in lines
    assert any(line.startswith('listen = { "0.0.0.0:8080" }, -- ') and "main.lua:" in line for line in lines)


def test_check_shows_no_token_and_what_it_prints_is_lua(site):
    site(policies__channel_auth="return {}")
    done = run("check", "main.lua", "--peer", "b=ws://b.example/node,anotherSecret")
    assert done.returncode == 0, done.stderr
    assert "aSecretOfTheNetwork" not in done.stdout and "anotherSecret" not in done.stdout
    site(pasted=done.stdout.replace("…hidden…", "hidden"))
    again = run("check", "pasted.lua")
    assert again.returncode == 0, again.stderr
    assert "burst = 3, " in again.stdout and "ws://b.example/node" in again.stdout


def test_check_tells_the_users_file_from_the_installed_one(site):
    site(policies__client_auth="return { connect = function() return true end }")
    answers = dict(line[2:].split()[:2] for line in run("check", "main.lua").stdout.splitlines()
                   if line.startswith("--   "))
    assert answers["client_auth.connect"] == "policies/client_auth.lua"
    assert os.path.isabs(answers["channel_auth.open"]) and answers["message.publish"] == "nobody:"


def test_check_finds_the_first_mistake_of_every_file(site):
    site(main='local relay = require "relay"\nrelay.node {\n  limits = {\n    brst = 3,\n  },\n}\n',
         policies__client_auth="return {\nconnect = function() retrun true end }",
         policies__channel_auth="return { opne = function() end }",
         policies__limits="while true do end",
         policies__helath="return {}")
    done = run("check", "main.lua")
    assert (done.returncode, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    assert lines[1].startswith("main.lua:4: unknown key 'limits.brst' (did you mean 'burst'?)")
    assert lines[2].startswith("policies/client_auth.lua:2: syntax error")
    assert lines[3].startswith("policies/channel_auth.lua:1: unknown function 'opne'")
    assert lines[4].startswith("policies/limits.lua:1: ran over its budget")
    assert lines[0].startswith("policies/helath.lua: no policy has that name") and len(lines) == 5


def test_check_of_a_module_and_of_a_missing_main(site):
    site(main='require "lib.helper"', lib__helper="local x = = 1")
    done = run("check", "main.lua")
    assert done.returncode == 1 and "lib/helper.lua:1:" in done.stderr
    done = run("check", "nowhere.lua")
    assert (done.returncode, done.stderr) == (1, "nowhere.lua: cannot open: No such file or directory\n")


def test_check_reads_the_certificate_and_says_where_it_is_named(site):
    (site() / "pair.pem").write_text("no certificate")
    site(main=main_lua('tls = { cert = "pair.pem", key = "pair.pem" },', '"127.0.0.1:0"'))
    done = run("check", "main.lua")
    assert done.returncode == 1 and done.stderr.startswith("main.lua:6: tls: cannot use the certificate in ")


def test_check_opens_nothing_and_usage_is_2(site):
    site(main=main_lua('control = "node.sock",', '"192.0.2.1:80"'))
    assert run("check", "main.lua").returncode == 0
    assert sorted(os.listdir()) == ["main.lua"]
    assert run("check").returncode == 2
    assert run("check", "main.lua", "--nmae", "x").returncode == 2


def test_check_lets_a_policy_say_what_is_wrong_with_its_settings(site):
    site(main=main_lua('settings = { nearest = { ["10.300."] = "eu" } },', '"127.0.0.1:0"'))
    done = run("check", "main.lua")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.split(": ", 1)[0].rstrip("0123456789").endswith("policies/nearest.lua:")
    assert line.endswith('settings.nearest: "10.300." is no address, nor the beginning of one')
