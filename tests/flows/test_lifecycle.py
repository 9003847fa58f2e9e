"""The command line, the configuration, signals, reload, the end, and the log."""

import asyncio
import hashlib
import json
import re
import signal
import socket
from pathlib import Path

import pytest

from support.client import OK, client, clients, command, refused, upgrade_status
from support.node import eventually, main_lua, run
from support.wire import UPGRADE, get, wire

HEALTH = {"Host": "localhost"}


def write_main(directory, config="", listen='"127.0.0.1:0"'):
    path = directory / "main.lua"
    path.write_text(main_lua(config, listen))
    return path


# The command line.

def test_version_is_one_line_and_exit_0():
    ended = run("--version")
    assert ended.returncode == 0 and re.fullmatch(r"wsrelay-engine \d+\.\d+\.\d+\n", ended.stdout)


@pytest.mark.parametrize("words", [[], ["ctl"], ["init"], ["token"], ["check"]])
def test_help_names_every_option_and_exit_0(words):
    ended = run(*words, "--help")
    assert ended.returncode == 0 and ended.stderr == ""
    for option in ("--name", "--listen", "--host", "--token", "--peer", "--policies", "--log-level", "--log-format"):
        assert option in ended.stdout


@pytest.mark.parametrize("arguments, words", [
    ([], "which main.lua?"), (["--nam", "x", "main.lua"], "--nam"), (["main.lua", "--name"], "--name needs a value"),
    (["main.lua", "other.lua"], "other.lua"), (["--listen=", "main.lua"], "--listen needs a value"),
])
def test_usage_that_is_wrong_is_exit_2_with_a_hint(arguments, words):
    ended = run(*arguments)
    assert ended.returncode == 2 and words in ended.stderr and "--help" in ended.stderr and ended.stdout == ""


def test_main_lua_that_is_missing_is_exit_1_and_named(tmp_path):
    ended = run(tmp_path / "nowhere.lua")
    assert ended.returncode == 1 and str(tmp_path / "nowhere.lua") in ended.stderr


@pytest.mark.parametrize("config, line, words", [
    ("lisen = 1,", 6, "unknown key 'lisen' (did you mean 'listen'?)"),
    ("limits = {\n\n mesage_bytes = 1 },", 8, "unknown key 'limits.mesage_bytes' (did you mean 'message_bytes'?)"),
    ('limits = { burst = "many" },', 6, "'limits.burst' must be a number"),
    ("limits = { connections = 1.5 },", 6, "'limits.connections' must be a whole number"),
    ('log = { level = "inf" },', 6, "did you mean 'info'?"),
    ('name = "a b",', None, "'name' must be"),
    ('policies = "nowhere",', 6, "there is no directory"),
    ("\n\nhost = undefined_thing,", 8, "undefined global 'undefined_thing'"),
    ("oops oops", 6, "near 'oops'"),
    ('listen = "localhost:8080",', None, "127.0.0.1"),
    ('listen = { "127.0.0.1:0", "127.0.0.1:99999" },', None, "port"),
    ("drain_seconds = -1,", None, "'drain_seconds' must be a number from 0"),
], ids=lambda value: str(value)[:30])
def test_main_lua_that_is_wrong_is_exit_1_with_file_line_and_the_nearest_name(tmp_path, config, line, words):
    main = write_main(tmp_path, config)
    ended = run(main)
    assert ended.returncode == 1 and words in ended.stderr
    assert f"{main}:{line}:" in ended.stderr if line else f"{main}:" in ended.stderr


def test_policy_that_does_not_compile_is_exit_1_with_file_and_line(tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "limits.lua").write_text("return {\n  client = function( return nil end\n}\n")
    ended = run(write_main(tmp_path))
    assert ended.returncode == 1 and f"{tmp_path}/policies/limits.lua:2:" in ended.stderr


def test_port_that_is_taken_is_exit_1_and_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(write_main(tmp_path, listen=f'"127.0.0.1:{port}"'))
    assert ended.returncode == 1 and str(port) in ended.stderr and "in use" in ended.stderr


@pytest.mark.parametrize("options, env, name", [
    ([], {}, "node-a"), ([], {"WSRELAY_NAME": "from-env"}, "from-env"),
    (["--name", "from-option"], {}, "from-option"),
    (["--name=from-option"], {"WSRELAY_NAME": "from-env"}, "from-option"),
])
def test_option_goes_over_variable_over_main_lua(start_node, options, env, name):
    assert start_node(options=options, env=env).wait_for("started").fields["name"] == name


async def test_listen_by_option_replaces_the_one_of_main_lua(start_node):
    node = start_node(options=["--listen", "127.0.0.1:0", "--listen", "127.0.0.2:0"],
                      env={"WSRELAY_LISTEN": "127.0.0.9:0"})
    assert [line.fields["address"] for line in node.events("listening")] == ["127.0.0.1", "127.0.0.2"]
    assert await upgrade_status(node.url(host="127.0.0.2", listener=1)) == 101


@pytest.mark.parametrize("options, env, words", [
    (["--listen", "nonsense"], {}, "--listen"), ([], {"WSRELAY_LOG_LEVEL": "loud"}, "WSRELAY_LOG_LEVEL"),
    (["--policies", "/no/such/directory"], {}, "--policies"), (["--peer", "nonsense"], {}, "--peer"),
])
def test_option_whose_value_is_wrong_is_exit_1_and_names_its_source(tmp_path, options, env, words):
    ended = run(write_main(tmp_path), *options, env=env)
    assert ended.returncode == 1 and words in ended.stderr


# Listeners.

async def test_listeners_of_ipv4_and_ipv6_serve_one_relay(start_node):
    node = start_node(listen='{ "127.0.0.1:0", "[::1]:0" }')
    assert node.port(0) != 0 and node.port(1) != 0
    async with client(node) as alice, client(node.url(host="[::1]", listener=1)) as bob:
        await alice.subscribe("both")
        await bob.subscribe("both")
        await bob.send("both", "over IPv6")
        assert (await alice.receive())["message"] == "over IPv6"


# Reload.

async def test_reload_keeps_connections_and_channels_and_applies_limits(start_node):
    node = start_node()
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("kept", "wordpass")
        await bob.subscribe("kept", "wordpass")
        node.configure("limits = { channels_per_client = 1, message_bytes = 500, connections = 3 },")
        line = await node.reload()
        assert line.event == "reloaded" and line.fields["generation"] == 2
        assert await alice.send("kept", "still here") == OK
        assert (await bob.receive())["message"] == "still here"
        assert await alice.subscribe("second") == refused("too many channels")
        async with client(node) as carol:
            assert await carol.subscribe("kept", "wrong") == refused("invalid password")
            assert await upgrade_status(node) == 503
            await carol.say(" " * 501)
            assert (await carol.closed())[0] == 1009


@pytest.mark.parametrize("config, words", [
    ('name = "another",', "name needs a restart"), ('listen = "127.0.0.3:0",', "listen needs a restart"),
    ("lisen = 1,", "did you mean 'listen'?"), ("oops oops", "main.lua:6:"), ('policies = "nowhere",', "nowhere"),
])
async def test_reload_of_what_cannot_be_is_refused_and_changes_nothing(start_node, config, words):
    node = start_node("limits = { channels_per_client = 1 },")
    async with client(node) as alice:
        await alice.subscribe("one")
        node.configure(config + " limits = { channels_per_client = 2 },")
        line = await node.reload()
        assert line.event == "reload refused" and line.level == "error" and words in line.fields["error"]
        assert line.fields["generation"] == 1
        assert await alice.subscribe("two") == refused("too many channels")
        node.configure("limits = { channels_per_client = 2 },")
        assert (await node.reload()).event == "reloaded"
        assert await alice.subscribe("two") == OK


async def test_reload_a_hundred_times_under_load_loses_nothing(start_node):
    node = start_node("limits = { messages_per_second = 0 },")
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("load")
        await bob.subscribe("load")
        for number in range(100):
            node.signal(signal.SIGHUP)
            await alice.send("load", number)
            assert (await bob.receive())["message"] == number
        assert (await node.reload()).event == "reloaded"
    assert not node.events("reload refused")


# The end.

async def test_sigterm_under_load_tells_every_client_1012_and_exits_0(start_node):
    node = start_node("limits = { messages_per_second = 0 },")
    async with clients(node, 50) as crowd, client(node) as witness:
        await asyncio.gather(*(each.subscribe("busy") for each in [*crowd, witness]))

        async def chatter(each):
            with pytest.raises(Exception, match="1012"):
                while True:
                    await each.say(command("send", channel="busy", message="x" * 200))
                    await asyncio.sleep(0.005)

        ends = asyncio.gather(*(each.closed() for each in crowd))
        talking = asyncio.gather(*(chatter(each) for each in crowd[:10]))
        for _ in range(50):
            await witness.receive()
        node.signal(signal.SIGTERM)
        assert {code for code, _ in await ends} == {1012}
        assert await witness.closed() == (1012, "node restarting")
        await talking
    assert await node.exited() == 0
    assert node.events("drained")[0].fields["left"] == 0


async def test_sigint_drains_as_sigterm_does(start_node):
    node = start_node()
    async with client(node) as alice:
        node.signal(signal.SIGINT)
        assert await alice.closed() == (1012, "node restarting")
    assert await node.exited() == 0


async def test_drain_closes_the_listeners_and_refuses_what_is_left(start_node):
    node = start_node()
    async with wire(node) as kept, wire(node) as other:
        assert (await kept.ask(path="/health", headers=HEALTH)).status == 200
        assert (await other.ask(path="/health", headers=HEALTH)).status == 200
        node.signal(signal.SIGUSR2)
        await node.logged("drained")
        with pytest.raises(ConnectionRefusedError):
            await get(node)
        assert (await kept.ask(path="/health", headers=HEALTH)).status == 503
        assert (await other.ask(headers=UPGRADE)).status == 503


async def test_sigusr2_drains_only_and_sigterm_then_ends(start_node):
    node = start_node()
    async with client(node) as alice:
        node.signal(signal.SIGUSR2)
        assert await alice.closed() == (1012, "node restarting")
    await node.logged("drained")
    assert node.is_running()
    node.signal(signal.SIGTERM)
    assert await node.exited() == 0


async def test_drain_ends_in_its_time_though_a_client_does_not_answer(start_node):
    node = start_node("drain_seconds = 0.5,")
    async with wire(node) as silent:
        await silent.upgrade()
        node.signal(signal.SIGTERM)
        assert await node.exited() == 0
        assert await silent.closed() == (1012, "node restarting")


async def test_drain_while_passwords_are_hashed_ends_well(start_node):
    node = start_node()
    async with clients(node, 10) as many:
        for number, each in enumerate(many):
            await each.say(command("subscribe", topic=f"hashed {number}", password="p"))
        node.signal(signal.SIGTERM)
        assert {code for code, _ in await asyncio.gather(*(each.closed() for each in many))} == {1012}
    assert await node.exited() == 0


async def test_drain_hears_the_answers_of_clients_whose_passwords_are_hashed(start_node):
    node = start_node("drain_seconds = 20,")
    async with clients(node, 60) as many:
        for number, each in enumerate(many):
            await each.say(command("subscribe", topic=f"waiting {number}", password="p"))
        node.signal(signal.SIGTERM)
        await asyncio.gather(*(each.closed() for each in many))
        line = await node.logged("drained")
        assert line.fields["left"] == 0
    assert await node.exited() == 0


async def test_sigterm_again_and_again_at_the_end_is_exit_0_also_after_a_password(start_node):
    node = start_node()
    async with client(node) as alice:
        await alice.subscribe("channel", "wordpass")
    for _ in range(300):
        if not node.is_running():
            break
        node.signal(signal.SIGTERM)
        await asyncio.sleep(0.001)  # so many as there is room for
    assert await node.exited() == 0


async def test_descriptors_return_when_clients_left(start_node):
    node = start_node()

    async def open_descriptors():
        return len(list(Path(f"/proc/{node.pid}/fd").iterdir()))

    async def are_returned():
        return await open_descriptors() <= before  # a node that has just started may hold one more for a moment

    before = await open_descriptors()
    for _ in range(3):
        async with clients(node, 50) as many:
            await asyncio.gather(*(each.subscribe("x") for each in many))
    await eventually(are_returned, True)


# The log.

SECRETS = {"password": "hunter2-password", "token": "node-token-0451", "query": "query-token-1729",
           "header": "bearer-8086"}


@pytest.mark.parametrize("form", ["text", "json"])
async def test_log_has_one_line_an_event_and_no_secret_in_it(start_node, form):
    config = f"""token = "{SECRETS['token']}", log = {{ level = "debug", format = "{form}" }},
      peers = {{ {{ name = "b", url = "ws://127.0.0.1:1/node", token = "{SECRETS['token']}" }} }},"""
    node = start_node(config)
    channel, wrong = "forged\u202e level=error", "wrong" + SECRETS["password"]
    header = {"Authorization": f"Bearer {SECRETS['header']}", "Authentication": SECRETS["token"]}
    url = node.url(f"/connect?token={SECRETS['query']}")
    async with client(url, extra_headers=header) as alice, client(node) as bob:
        await alice.subscribe(channel, SECRETS["password"])
        assert await bob.subscribe(channel, wrong) == refused("invalid password")
        await bob.ask('{"command":"subscribe","data":{"topic":"x","password":"' + SECRETS["password"] + '"')
        stranger = {**header, "Authentication": SECRETS["token"] + "-not"}
        await get(node, f"/node?token={SECRETS['query']}", headers={**UPGRADE, **stranger})
        assert (await node.reload()).event == "reloaded"
        await bob.say(b"binary")
        await bob.closed()
    assert node.end() == 0
    hashed = hashlib.pbkdf2_hmac("sha256", SECRETS["password"].encode(), channel.encode(), 32768).hex()
    log = node.log_text()
    for secret in [*SECRETS.values(), hashed]:
        assert secret not in log
    for line in node.lines:
        assert line.level in ("debug", "info", "warn", "error"), line.text
        assert re.match(r'^(\{"time":")?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z', line.text)
        assert form == "text" or json.loads(line.text)["event"] == line.event
    assert {"listening", "started", "client opened", "channel opened", "channel closed", "client closed", "reloaded",
            "handshake refused", "draining", "drained", "stopped"} <= {line.event for line in node.lines}


async def test_log_under_systemd_has_no_time_stamps(start_node):
    node = start_node(env={"JOURNAL_STREAM": "8:1"})
    assert re.match(r"info +started ", node.wait_for("started").text)


async def test_log_level_of_error_is_silent_and_debug_by_option_is_not(start_node, tmp_path):
    node = start_node('log = { level = "error" },', options=["--log-level", "debug"])
    async with client(node) as alice:
        await alice.subscribe("x")
    await node.logged("channel opened")
