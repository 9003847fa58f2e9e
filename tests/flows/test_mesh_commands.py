"""The ten commands, asked by a plain peer: exactly the notes' keys, and `ok` beside them."""

import re

import pytest

from support.client import OK, refused
from support.network import Member, channels_of, nodes_of, reserved_of
from support.node import eventually
from support.plain_peer import PlainPeer, channel_hash

WINDOWS = {"1s", "15s", "60s"}
COUNTS = {f"{seconds}s_{way}" for seconds in (15, 30, 45, 60) for way in ("in", "out")}


async def node_and_plain(network, config=""):
    node = await network.start("node-a", (), config)
    return node, await network.plain("plain", node)


async def test_list_nodes_has_the_direct_peers_alone(network):
    async with network:
        nodes = await network.line(3)
        plain = await network.plain("plain", nodes[0])
        answer = await plain.ask("node-a", "list-nodes")
        assert set(answer) == {"ok", "nodes"} and answer["ok"] is True
        assert sorted(answer["nodes"]) == ["node-b", "plain"]
        assert await nodes_of(plain, "node-b") == ["node-a", "node-c"]
        assert await nodes_of(plain, "node-c") == ["node-b"]


async def test_list_channels_and_reserved_channels_are_apart_and_arrays_when_empty(network):
    async with network:
        node, plain = await node_and_plain(network)
        for command in ("list-channels", "list-reserved-channels"):
            assert await plain.ask("node-a", command) == {"ok": True, "channels": []}
        alice = await network.client(node)
        assert await alice.subscribe("open") == OK
        assert await alice.subscribe("guarded", "wordpass") == OK
        assert await plain.subscribe("of plain", "wordpass") == OK
        answer = await plain.ask("node-a", "list-channels")
        assert set(answer) == {"ok", "channels"}
        assert sorted(answer["channels"], key=lambda channel: channel["name"]) == [
            {"name": "guarded", "password": channel_hash("wordpass", "guarded")}, {"name": "open", "password": None}]
        await eventually(lambda: reserved_of(plain, "node-a"), {"of plain": channel_hash("wordpass", "of plain")})
        answer = await plain.ask("node-a", "list-reserved-channels")
        assert answer == {"ok": True, "channels": [
            {"name": "of plain", "password": channel_hash("wordpass", "of plain")}]}


async def test_reserve_and_unreserve_channel_answer_as_in_the_notes(network):
    async with network:
        node, plain = await node_and_plain(network)
        alice = await network.client(node)
        assert await alice.subscribe("taken", "wordpass") == OK
        other, same = channel_hash("other", "taken"), channel_hash("wordpass", "taken")
        already, still = refused("channel already reserved"), refused("channel still open")
        assert await plain.ask("node-a", "reserve-channel", channel="taken", password=other) == already
        assert await plain.ask("node-a", "reserve-channel", channel="taken", password=None) == already
        assert await plain.ask("node-a", "reserve-channel", channel="taken", password=same) == OK
        assert await plain.ask("node-a", "unreserve-channel", channel="taken") == still
        assert await alice.subscribe("taken", "wordpass") == OK
        free = channel_hash("mine", "free")
        plain.active["free"] = free  # or it would be asked, and say that it has it not
        assert await plain.ask("node-a", "reserve-channel", channel="free", password=free) == OK
        assert await alice.subscribe("free", "not mine") == refused("invalid password")
        del plain.active["free"]
        assert await plain.ask("node-a", "unreserve-channel", channel="free") == OK
        assert await reserved_of(plain, "node-a") == {}
        assert await alice.subscribe("free", "not mine") == OK


@pytest.mark.parametrize("password", [None, ""], ids=["null", "empty"])
async def test_reserve_channel_without_a_password_reads_as_null(network, password):
    async with network:
        _, plain = await node_and_plain(network)
        plain.active["open"] = None
        assert await plain.ask("node-a", "reserve-channel", channel="open", password=password) == OK
        assert await reserved_of(plain, "node-a") == {"open": None}


async def test_reserve_channel_with_a_missing_password_reads_as_null(network):
    async with network:
        _, plain = await node_and_plain(network)
        plain.active["open"] = None
        assert await plain.ask("node-a", "reserve-channel", channel="open") == OK
        assert await reserved_of(plain, "node-a") == {"open": None}


async def test_get_connection_token_is_32_bytes_of_base64url_and_another_each_time(network):
    async with network:
        _, plain = await node_and_plain(network)
        tokens = set()
        for _ in range(5):
            answer = await plain.ask("node-a", "get-connection-token", node="node-z")
            assert set(answer) == {"ok", "token"} and answer["ok"] is True
            assert re.fullmatch(r"[A-Za-z0-9_-]{43}", answer["token"])
            tokens.add(answer["token"])
        assert len(tokens) == 5


async def test_get_node_connection_has_host_and_token_of_a_direct_peer_alone(network):
    async with network:
        nodes = await network.line(3)
        plain = await network.plain("plain", nodes[1])
        for far in (nodes[0], nodes[2]):
            answer = await plain.ask("node-b", "get-node-connection", node=far.name)
            assert set(answer) == {"ok", "host", "token"} and answer["ok"] is True
            assert answer["host"] == far.host and re.fullmatch(r"[A-Za-z0-9_-]{43}", answer["token"])
        assert await plain.ask("node-a", "get-node-connection", node="node-c") == refused("target not connected")


async def test_get_latency_is_of_a_direct_peer_in_milliseconds(network):
    async with network:
        nodes = await network.line(3)
        plain = await network.plain("plain", nodes[0])

        async def is_known():
            return (await plain.ask("node-a", "get-latency", node="node-b"))["ok"]

        await eventually(is_known, True)
        answer = await plain.ask("node-a", "get-latency", node="node-b")
        assert set(answer) == {"ok", "latency"} and 0 < answer["latency"] < 1000
        assert isinstance(answer["latency"], float)
        assert await plain.ask("node-a", "get-latency", node="node-c") == refused("target not connected")
        assert await plain.ask("node-a", "get-latency", node="nobody") == refused("target not connected")


def assert_network(network: dict):
    assert set(network) == {"packets", "bandwidth"}
    assert set(network["packets"]) == WINDOWS and set(network["bandwidth"]) == WINDOWS
    assert all(isinstance(count, int) and count >= 0 for count in network["packets"].values())
    assert all(rate >= 0 for rate in network["bandwidth"].values())


async def test_node_stats_have_the_keys_of_the_notes_and_nothing_when_nothing_was(network):
    async with network:
        _, plain = await node_and_plain(network)
        stats = await plain.ask("node-a", "node-stats")
        assert set(stats) == {"ok", "relay", "network", "channels"}
        assert stats["relay"] == {"channels": [], "clients": 0, "channel_connections": {}}
        assert stats["channels"] == {}
        assert_network(stats["network"])
        assert set(stats["network"]["packets"].values()) == {0}
        assert set(stats["network"]["bandwidth"].values()) == {0}


async def test_node_stats_after_known_traffic(network):
    async with network:
        nodes = await network.line(2)
        plain = await network.plain("plain", nodes[0])
        before = (await plain.ask("node-a", "node-stats"))["network"]["packets"]["60s"]
        alice, bob, carol = [await network.client(nodes[0]) for _ in range(3)]
        dave = await network.client(nodes[1])
        for each in (alice, bob, dave):
            assert await each.subscribe("channel1") == OK
        for each in (bob, carol, dave):
            assert await each.subscribe("channel2") == OK
        for number in range(20):
            assert await alice.send("channel1", "x" * 1000) == OK
            assert await dave.send("channel2", "y" * 1000) == OK
        for _ in range(20):
            await carol.receive()

        async def counted():
            stats = await plain.ask("node-a", "node-stats")
            return (stats["network"]["packets"]["60s"] - before,
                    *(stats["channels"][name]["packets"]["60s"] for name in ("channel1", "channel2")))

        await eventually(counted, (40, 20, 20))
        stats = await plain.ask("node-a", "node-stats")
        assert sorted(stats["relay"]["channels"]) == ["channel1", "channel2"]
        assert stats["relay"]["clients"] == 3
        assert stats["relay"]["channel_connections"] == {"channel1": 2, "channel2": 2}
        assert set(stats["channels"]) == {"channel1", "channel2"}
        total = sum(stats["channels"][name]["bandwidth"]["60s"] for name in ("channel1", "channel2"))
        assert stats["network"]["bandwidth"]["60s"] == pytest.approx(total, rel=0.1)
        for each in [stats["network"], *stats["channels"].values()]:
            assert_network(each)
        for name in ("channel1", "channel2"):  # 20 messages of 1,000 bytes: 160 kilobits
            bandwidth, packets = stats["channels"][name]["bandwidth"], stats["channels"][name]["packets"]
            assert bandwidth["60s"] == pytest.approx(160 / 60, rel=0.1)
            assert bandwidth["15s"] == pytest.approx(160 / 15, rel=0.1)
            assert packets["15s"] == 20 and packets["1s"] <= 20


async def test_host_stats_have_the_keys_of_the_notes(network):
    async with network:
        _, plain = await node_and_plain(network)
        stats = await plain.ask("node-a", "host-stats")
        assert set(stats) == {"ok", "cpu", "mem", "disk", "network"}
        assert set(stats["cpu"]) == {"1m", "5m", "15m"} and all(load >= 0 for load in stats["cpu"].values())
        mem = stats["mem"]
        assert set(mem) == {"used", "free", "cache", "total"}
        assert mem["total"] > 2**20 and all(0 <= mem[key] <= mem["total"] for key in mem)
        assert isinstance(stats["disk"], list)
        for disk in stats["disk"]:
            assert set(disk) == {"mount", "used", "free", "total"} and disk["mount"].startswith("/")
            assert 0 <= disk["used"] <= disk["total"] and 0 <= disk["free"] <= disk["total"]
        assert set(stats["network"]) == {"bytes", "packets"}
        for counts in stats["network"].values():
            assert set(counts) == COUNTS and all(isinstance(n, int) and n >= 0 for n in counts.values())


async def test_command_that_is_unknown_is_answered_so(network):
    async with network:
        _, plain = await node_and_plain(network)
        for name in ("dance", "", "LIST-NODES", "list-nodes ", "../list-nodes", "list_nodes", "__index"):
            assert await plain.ask("node-a", name) == refused("unknown command"), name


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A node for those who ask but do not change it."""
    with Member(tmp_path_factory.mktemp("asked"), "node-a") as running:
        yield running


@pytest.mark.parametrize("data", [
    {"command": "get-node-connection"}, {"command": "get-node-connection", "node": 5},
    {"command": "get-connection-token"}, {"command": "get-connection-token", "node": None},
    {"command": "get-connection-token", "node": "a\nb"}, {"command": "get-connection-token", "node": "x" * 129},
    {"command": "get-latency"}, {"command": "get-latency", "node": ["node-b"]},
    {"command": "reserve-channel"}, {"command": "reserve-channel", "channel": 5, "password": None},
    {"command": "reserve-channel", "channel": "", "password": None},
    {"command": "reserve-channel", "channel": "x" * 257, "password": None},
    {"command": "reserve-channel", "channel": "c", "password": 5},
    {"command": "reserve-channel", "channel": "c", "password": "no hash"},
    {"command": "unreserve-channel"}, {"command": "unreserve-channel", "channel": {}},
], ids=lambda data: f"{data['command']}-{str(list(data.values())[1:])[:24]}")
async def test_command_with_invalid_data_is_answered_so(asked, data):
    async with PlainPeer("plain") as plain:
        await plain.connect(asked.as_peer())
        assert await plain.ask_raw("node-a", data) == refused("invalid data")


async def test_commands_of_many_askers_at_once_are_all_answered(network):
    async with network:
        nodes = await network.line(3)
        askers = [await network.plain(f"plain-{number}", nodes[0]) for number in range(3)]
        for asker in askers:
            for _ in range(20):
                for name in ("node-a", "node-b", "node-c"):
                    assert await channels_of(asker, name) == {}


async def test_command_to_every_node_is_answered_by_every_node(network):
    async with network:
        nodes = await network.ring(4)
        plain = await network.plain("plain", nodes[0])
        answered = []
        await plain.ask_all("list-nodes", lambda source, data: answered.append(source))
        await plain.until(lambda: len(answered) >= 4, "four answers")
        assert sorted(answered) == ["node-a", "node-b", "node-c", "node-d"]
        assert await plain.ask("node-d", "list-channels") == {"ok": True, "channels": []}
        assert len(answered) == 4


async def test_response_carries_the_nonce_and_goes_to_the_source(network):
    async with network:
        _, plain = await node_and_plain(network)
        nonce = await plain.put("node-a", "command", {"command": "list-nodes"}, "caf\u00e9 \"1\"\\ \U0001f600")
        await plain.until(lambda: plain.packets and plain.packets[-1][1]["nonce"] == nonce)
        packet = plain.packets[-1][1]
        assert (packet["source"], packet["destination"], packet["type"]) == ("node-a", "plain", "response")


# GET /health.

async def test_health_says_no_peers_until_the_configured_peer_is_there(network):
    async with network:
        alone = await network.start("alone")
        assert await alone.health() == ("good", "healthy")
        away = await network.start("away")
        node = await network.start("node", [away])
        await eventually(node.health, ("good", "healthy"))
        away.kill()
        await eventually(node.health, ("degraded", "no peers"))
        away.start()
        await eventually(node.health, ("good", "healthy"))


async def test_health_says_high_latency_above_its_limit(network):
    async with network:
        other = await network.start("other")
        node = await network.start("node", [other], "health = { latency_ms = 0.001 },")
        await eventually(node.health, ("degraded", "high latency"))
        await other.has_peers()
        assert await other.health() == ("good", "healthy")
