"""ctl: every command, for people and for programs, and what it answers to wrong use."""

import json
import os
import re
import subprocess
import time

import pytest
from support.client import client, clients
from support.ctl import SOCKET, Following, ctl, following, has_status, objects, status, told
from support.node import BINARY, environment, run

CONTROL = f'control = "{SOCKET}",'
KNOWN_USER = """local client_auth = {}
function client_auth.connect()
  return true, { user = "romeo\\27[31m", role = "lover" }
end
return client_auth
"""


@pytest.fixture
def node(start_node):
    return start_node(CONTROL)


def test_status_tells_the_node_in_a_table(node):
    text = told(node, "status")
    assert f"node-a, wsrelay-engine {run('--version').stdout.split()[1]}, pid {node.pid}\n" in text
    assert "generation        1\n" in text and "health            good: healthy\n" in text


async def test_status_and_figures_tell_of_a_reload_that_was_refused(node):
    assert "reloads           0 done, 0 refused\n" in told(node, "status")
    assert ctl(node, "reload").returncode == 0
    node.main.write_text("\nthis is no Lua")
    assert (await node.reload()).event == "reload refused"
    line = next(line for line in told(node, "status").splitlines() if line.startswith("reloads "))
    assert re.fullmatch(r"reloads +1 done, 1 refused; the last one \ds ago: \S*/main\.lua:2: .*", line), line
    [status] = objects(node, "status")
    assert (status["reloads_done"], status["reloads_refused"]) == (1, 1)
    assert abs(status["reload_refused_at"] - time.time()) < 60
    for sample in 'wsrelay_reloads_total{result="done"} 1\n', 'wsrelay_reloads_total{result="refused"} 1\n':
        assert sample in told(node, "metrics")


def test_status_is_one_object_for_programs(node):
    [status] = objects(node, "status")
    assert status["name"] == "node-a" and status["pid"] == node.pid and status["generation"] == 1
    assert status["draining"] is False and status["resident_bytes"] > 1 << 20


async def test_clients_shows_who_is_connected_and_lets_no_escape_through(start_node):
    node = start_node(CONTROL, files={"policies/client_auth.lua": KNOWN_USER})
    async with client(node) as romeo:
        await romeo.subscribe("verona", "moonlight")
        [shown] = objects(node, "clients")
        assert shown["id"] == 1 and shown["address"] == "127.0.0.1" and shown["channels"] == ["verona"]
        assert shown["identity"]["role"] == "lover" and shown["queued_bytes"] == 0
        header, row = told(node, "clients").splitlines()
        assert header.split() == ["ID", "ADDRESS", "USER", "CONNECTED", "QUEUED", "CHANNELS"]
        assert "romeo\\x1b[31m" in row and "\x1b" not in row and row.endswith("verona")


async def test_channels_shows_a_password_and_never_its_hash(node):
    async with client(node) as romeo:
        await romeo.subscribe("verona", "moonlight")
        await romeo.subscribe("mantua")
        await romeo.send("mantua", "hello")
        verona, mantua = objects(node, "channels")
        assert verona["protected"] is True and mantua["protected"] is False
        assert mantua["subscribers"] == 1 and mantua["messages_60s"] == 1 and mantua["bytes_60s"] == 7
        assert "password" not in verona and "hash" not in verona
        assert [line.split()[0] for line in told(node, "channels").splitlines()] == ["CHANNEL", "verona", "mantua"]


async def test_more_clients_than_a_page_are_all_told_once(start_node):
    node = start_node(CONTROL + "limits = { connections_per_address = 0 },")
    async with clients(node, 1100):
        shown = objects(node, "clients")
        assert [each["id"] for each in shown] == list(range(1, 1101))
        assert len(told(node, "clients").splitlines()) == 1101


def test_peers_shows_one_that_is_not_linked_and_no_token(start_node):
    node = start_node(CONTROL + 'peers = { { name = "node-b", url = "ws://127.0.0.1:1/node", token = "secret" } },')
    assert objects(node, "peers") == [{"name": "node-b", "state": "down", "is_configured": True}]
    assert "secret" not in told(node, "peers")


async def test_hooks_tells_who_answers_where_and_how_often(start_node):
    node = start_node(CONTROL, files={
        "policies/message.lua": "return { publish = function(message) return message.text ~= 'no' end }",
        "policies/channel_auth.lua": "return { join = function() return true end }"})
    async with client(node) as romeo:
        await romeo.subscribe("verona")
        for _ in range(3):
            await romeo.send("verona", "yes")
    hooks = {f"{each.get('file')}.{each['name']}": each for each in objects(node, "hooks") if each["kind"] == "policy"}
    publish, opened = hooks["message.publish"], hooks["channel_auth.open"]
    assert publish["by"] == "user" and publish["place"].endswith("message.lua:1")
    assert publish["asked"] == 3 and publish["failed"] == 0 and publish["mean_us"] > 0
    assert opened["by"] == "installed" and opened["asked"] == 1
    assert hooks["channel_auth.join"]["by"] == "user"


def test_hooks_tells_what_the_scripts_registered(node):
    node.main.write_text(node.main.read_text() + 'relay.command("dance", function() end)\n'
                         'relay.every(7, function() end)\n')
    assert told(node, "reload") == "generation 2\n"
    registered = [each for each in objects(node, "hooks") if each["kind"] != "policy"]
    assert {"kind": "command", "name": "dance", "place": f"{node.main}:8"} in registered
    assert any(each["kind"] == "timer" and each.get("seconds") == 7 for each in registered)


async def test_kick_ends_one_client_with_the_reason(node):
    async with client(node) as romeo, client(node) as juliet:
        assert told(node, "kick", 1, "go", "away") == "kicked client 1\n"
        assert await romeo.closed() == (1008, "go away")
        assert (await juliet.subscribe("verona"))["ok"]
        assert ctl(node, "kick", 1).stderr == "there is no client 1\n"


async def test_publish_reaches_the_subscribers(node):
    async with client(node) as romeo:
        await romeo.subscribe("verona")
        assert told(node, "publish", "verona", "curfew", "é") == "published\n"
        assert (await romeo.receive())["message"] == "curfew é"
        assert objects(node, "publish", "verona", "x") == [{"published": True}]


def test_eval_runs_where_main_lua_runs(node):
    assert told(node, "eval", "1 + 1") == "2\n"
    assert told(node, "eval", "relay.sleep(0.01) return relay.name()") == "node-a\n"
    assert told(node, "eval", "print('a', 1) return { x = 1 }") == "a\t1\n{\n  x = 1\n}\n"
    assert objects(node, "eval", "1, nil, { x = relay.array{} }") == [{"results": [1, None, {"x": []}]}]
    assert told(node, "eval", "relay.state.kept = 5") == "" and told(node, "eval", "relay.state.kept") == "5\n"


def test_eval_that_raises_tells_the_traceback_and_is_exit_1(node):
    ended = ctl(node, "eval", "local function f() error 'broken' end f()")
    assert ended.returncode == 1 and ended.stdout == ""
    assert ended.stderr.startswith("eval:1: broken\nstack traceback:") and "in local 'f'" in ended.stderr
    assert ctl(node, "eval", "((").stderr.startswith("eval:1: unexpected symbol")


def test_eval_that_loops_is_ended_and_the_node_serves_on(node):
    ended = ctl(node, "eval", "while true do end")
    assert ended.returncode == 1 and ended.stderr.startswith("eval:1: ran over its budget")
    trapped = ctl(node, "eval", "while true do pcall(function() while true do end end) end")
    assert trapped.returncode == 1 and "ran over its budget" in trapped.stderr
    assert told(node, "eval", "1") == "1\n" and status(node)["handler_failures"] == 0


async def test_eval_that_waits_ends_with_its_client(node):
    waiting = Following(node, "eval", "print 'here' relay.sleep(600)")
    waiting.wait_for("here")
    assert status(node)["handlers_waiting"] == 1
    waiting.end()
    await has_status(node, "handlers_waiting", 0)


def test_timers_of_the_new_scripts_run_after_a_reload(node):
    node.main.write_text(node.main.read_text() + 'relay.after(0.05, function() relay.log.info "rang" end)\n')
    for generation in (2, 3):
        assert told(node, "reload") == f"generation {generation}\n"
        assert node.wait_for("script", generation - 1).fields["message"] == "rang"


def test_reload_tells_the_generation_or_what_is_wrong(node):
    assert objects(node, "reload") == [{"generation": 2}]
    node.main.write_text(node.main.read_text() + "\nrelay.comand()\n")
    ended = ctl(node, "reload")
    assert ended.returncode == 1 and ended.stdout == ""
    assert f"{node.main}:" in ended.stderr and "comand" in ended.stderr
    assert status(node)["generation"] == 2


async def test_drain_sends_the_clients_away_and_stays(node):
    async with client(node) as romeo:
        assert told(node, "drain") == "draining 1 client\n"
        assert (await romeo.closed())[0] == 1012
    assert status(node)["draining"] is True


def test_help_lists_every_command(node):
    names = {each["name"] for each in objects(node, "help")}
    assert names == {"status", "peers", "channels", "clients", "hooks", "metrics", "kick", "publish", "trace", "eval",
                     "reload", "drain", "help"}
    assert told(node, "help").startswith("COMMAND")


@pytest.mark.parametrize("words, problem", [
    (["clint"], "unknown command 'clint' (did you mean 'clients'?)"), (["kick"], "which client?"),
    (["kick", "me"], "usage: ctl kick ID [REASON]"), (["kick", "1", "x" * 124], "longer than 123 bytes"),
    (["publish", "verona"], "usage: ctl publish CHANNEL TEXT"), (["trace"], "trace on, or trace off?"),
    (["trace", "on", "--chanel", "x"], "did you mean '--channel'?"), (["trace", "on", "--nonce"], "needs a value"),
    (["eval"], "usage: ctl eval LUA"), ([], "ctl: which command?"),
])
def test_wrong_use_is_exit_2_with_a_hint(node, words, problem):
    ended = ctl(node, *words)
    assert ended.returncode == 2 and problem in ended.stderr and ended.stdout == ""


def test_publish_to_a_channel_that_is_not_open_is_exit_1(node):
    ended = ctl(node, "publish", "verona", "hello")
    assert (ended.returncode, ended.stderr) == (1, "verona: channel not open\n")


# Where the client finds the node.

def in_directory(directory, *words, env=None):
    return subprocess.run([os.path.abspath(BINARY), "ctl", *words], cwd=directory, env=environment(env), text=True,
                          capture_output=True, timeout=20, check=False)


def test_the_only_socket_of_the_directory_is_taken(node):
    assert in_directory(node.directory, "eval", "1").stdout == "1\n"


def test_the_variable_names_the_socket_and_the_option_goes_over_it(node):
    path = str(node.directory / SOCKET)
    assert in_directory("/", "eval", "1", env={"WSRELAY_CONTROL": path}).stdout == "1\n"
    assert in_directory("/", "eval", f"--control={path}", "1", env={"WSRELAY_CONTROL": "/nowhere"}).stdout == "1\n"


def test_without_a_node_the_error_names_the_socket(tmp_path):
    assert "no *.sock here" in in_directory(tmp_path, "status").stderr
    ended = in_directory(tmp_path, "--control", "gone.sock", "status")
    assert ended.returncode == 1 and ended.stderr == "wsrelay-engine: no node listens at gone.sock\n"
    for name in ("a.sock", "b.sock"):
        (tmp_path / name).touch()
    assert "more than one *.sock" in in_directory(tmp_path, "status").stderr


def test_what_stands_behind_two_dashes_is_no_option(node):
    assert told(node, "eval", "--", "#'--json'") == "6\n"
    assert json.loads(told(node, "--json", "eval", "--", "1")) == {"results": [1]}


def test_a_pipe_that_nobody_reads_ends_the_client(node):
    code = os.system(f"{BINARY} ctl --control {node.directory / SOCKET} help | head -1 >/dev/null")
    assert code == 0


async def test_trace_off_ends_those_who_follow(node):
    with following(node, "trace", "on") as trace:
        async with client(node) as romeo:
            await romeo.subscribe("verona")
        trace.wait_for("command   subscribe", 'channel="verona"')
        assert told(node, "trace", "off") == "1 trace ended\n"
        assert trace.exit_code() == 0
    await has_status(node, "traces", 0)


async def test_metrics_are_what_the_scripts_count(start_node):
    node = start_node('control = "node-a.sock",')
    node.main.write_text(node.main.read_text() + '\nrelay.counter("seen_total", "What was seen."):add(3)\n')
    assert (await node.reload()).event == "reloaded"
    text = told(node, "metrics")
    assert "\n# TYPE wsrelay_generation gauge\nwsrelay_generation 2\n" in text
    assert text.endswith("\n# HELP seen_total What was seen.\n# TYPE seen_total counter\nseen_total 3\n")
