"""Nodes that die, stop, or come back; lines that are cut; who may come in. What comes over a link: test_mesh_links."""

import asyncio
import os
import time

import pytest
import websockets

from support.client import OK, refused
from support.network import Member, Network, nodes_of, reach, reserved_of, stays
from support.node import eventually
from support.plain_peer import Peer, channel_hash, handshake
from support.proxy import Proxy
from support.wire import UPGRADE, get, wire

SLOW = bool(os.environ.get("WSRELAY_SLOW_TESTS"))
slow = pytest.mark.skipif(not SLOW, reason="takes more than a minute: WSRELAY_SLOW_TESTS=1")
FORBIDDEN = (4403, "forbidden")
INVALID = refused("invalid password")


async def subscribed(network, node, channel, *password):
    who = await network.client(node)
    assert await who.subscribe(channel, *password) == OK
    return who


async def starts(node: Member):
    await asyncio.to_thread(node.start)


# A node dies.

async def test_node_in_the_middle_is_killed_and_comes_back(network):
    async with network:
        node_a, node_b, node_c = await network.line(3)
        alice, carol = await subscribed(network, node_a, "through"), await subscribed(network, node_c, "through")
        bob = await subscribed(network, node_b, "of bob", "wordpass")
        assert await alice.subscribe("of bob", "another") == INVALID
        node_b.kill()
        bob.socket.transport.abort()
        await starts(node_b)
        await reach([node_a, node_b, node_c], "again")
        # Messages flow again, once and in order, between those who stayed.
        for sender, listener in ((alice, carol), (carol, alice)):
            for number in range(50):
                assert await sender.send("through", number) == OK
            assert [(await listener.receive())["message"] for _ in range(50)] == list(range(50))
        # The name of the one that died is given back.
        async def opens():
            return await alice.subscribe("of bob", "another")

        await eventually(opens, OK)
        assert await carol.subscribe("of bob", "wordpass") == INVALID
        assert await (await network.client(node_b)).subscribe("of bob", "another") == OK


async def test_node_that_is_killed_again_and_again_comes_back(network):
    async with network:
        nodes = await network.full(3)
        alice = await subscribed(network, nodes[0], "through")
        for number in range(3):
            nodes[1].kill()
            await starts(nodes[1])
            await reach(nodes, "again")
            bob = await subscribed(network, nodes[1], "through")
            assert await alice.send("through", number) == OK
            assert (await bob.receive())["message"] == number


async def test_ring_goes_on_without_the_node_that_died(network):
    async with network:
        nodes = await network.ring(4)
        alice, carol = await subscribed(network, nodes[0], "around"), await subscribed(network, nodes[2], "around")
        nodes[1].kill()
        for number in range(200):
            assert await alice.send("around", number) == OK
        assert [(await carol.receive())["message"] for _ in range(200)] == list(range(200))


async def test_node_that_ends_well_gives_its_names_back(network):
    async with network:
        nodes = await network.line(2)
        alice = await network.client(nodes[0])
        assert await (await network.client(nodes[1])).subscribe("of bob", "wordpass") == OK
        assert await alice.subscribe("of bob", "another") == INVALID
        assert await asyncio.to_thread(nodes[1].end) == 0

        async def opens():
            return await alice.subscribe("of bob", "another")

        await eventually(opens, OK)


@slow
async def test_links_stand_when_nothing_happens(network):
    async with network:
        nodes = await network.line(2)
        plain = await network.plain("plain", nodes[0])
        link = plain.links["node-a"]
        await stays(lambda: nodes_of(plain, "node-a"), ["node-b", "plain"], 65)
        assert plain.links["node-a"] is link and link.socket.open
        assert all(len(node.events("peer down")) == 0 for node in nodes)


@slow
async def test_names_of_a_node_that_stays_dead_are_free_after_the_grace(network):
    async with network:
        nodes = await network.line(2)
        alice = await network.client(nodes[0])
        assert await (await network.client(nodes[1])).subscribe("of bob", "wordpass") == OK
        nodes[1].kill()
        end = time.monotonic() + 75
        while (answer := await alice.subscribe("of bob", "another")) == INVALID and time.monotonic() < end:
            await asyncio.sleep(1)
        assert answer == OK


# A node stops, and goes on.

@pytest.mark.parametrize("seconds", [1.5, pytest.param(60, marks=slow)])
async def test_node_that_stops_for_a_while_holds_nobody_up_and_catches_up(network, seconds):
    async with network:
        nodes = await network.ring(4)
        alice = await subscribed(network, nodes[0], "around")
        sleeper = await subscribed(network, nodes[1], "around")
        others = [await subscribed(network, node, "around") for node in nodes[2:]]
        nodes[1].stop()
        end, sent = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            assert await alice.send("around", sent) == OK
            sent += 1
            await asyncio.sleep(0.02)  # so many a second
        for each in others:
            assert [(await each.receive())["message"] for _ in range(sent)] == list(range(sent))
        nodes[1].resume()
        await reach(nodes, "again")
        assert await alice.send("around", sent) == OK
        heard = [(await sleeper.receive())["message"]]
        while heard[-1] != sent:
            heard.append((await sleeper.receive())["message"])
        assert heard == sorted(set(heard)), "each once, in order"
        if seconds < 5:
            assert heard == list(range(sent + 1)), "and all, while its links stand"


async def test_line_through_a_node_that_stops_shortly_loses_nothing(network):
    async with network:
        nodes = await network.line(3)
        alice, carol = await subscribed(network, nodes[0], "through"), await subscribed(network, nodes[2], "through")
        nodes[1].stop()
        for number in range(200):
            assert await alice.send("through", number) == OK
        await asyncio.sleep(1)  # that is how long it stops
        nodes[1].resume()
        assert [(await carol.receive())["message"] for _ in range(200)] == list(range(200))


# A line is cut.

async def test_link_that_is_lost_is_dialled_again_by_its_dialler(network):
    async with network:
        node_a = await network.start("node-a")
        proxy = await network.enter(Proxy(node_a.number))
        node_b = await network.start("node-b", [Peer("node-a", proxy.url, node_a.token)])
        await network.ready()
        alice, bob = await subscribed(network, node_a, "c"), await subscribed(network, node_b, "c")
        for number in range(3):
            proxy.cut()
            await eventually(node_b.health, ("degraded", "no peers"))
            proxy.heal()
            await reach([node_a, node_b], "again")
            assert await alice.send("c", number) == OK
            assert (await bob.receive())["message"] == number


@pytest.mark.parametrize("attempt", range(2))
async def test_nodes_that_dial_each_other_at_once_end_with_one_link(network: Network, attempt):
    async with network:
        to_a, to_b = await network.enter(Proxy(0)), await network.enter(Proxy(0))
        to_a.gate.clear()
        to_b.gate.clear()
        node_a = await network.start("node-a", [Peer("node-b", to_b.url, "token-of-node-b")])
        node_b = await network.start("node-b", [Peer("node-a", to_a.url, "token-of-node-a")])
        to_a.target, to_b.target = node_a.number, node_b.number

        async def both_wait():
            return to_a.waiting > 0 and to_b.waiting > 0

        await eventually(both_wait, True)
        to_a.gate.set()
        to_b.gate.set()
        await network.ready()

        async def links():
            return len(to_a.pairs) + len(to_b.pairs)

        await eventually(links, 1)
        await stays(links, 1)
        witness = await network.plain("witness", node_a)
        assert await nodes_of(witness, "node-a") == ["node-b", "witness"]
        assert await nodes_of(witness, "node-b") == ["node-a"]
        alice, bob = await subscribed(network, node_a, "c"), await subscribed(network, node_b, "c")
        for number in range(20):
            assert await alice.send("c", number) == OK
            assert (await bob.receive())["message"] == number


# WS /node: who may come in.

@pytest.fixture(scope="module")
def door(tmp_path_factory):
    """A node that strangers knock at."""
    with Member(tmp_path_factory.mktemp("door"), "node-a") as running:
        yield running


@pytest.mark.parametrize("token", [None, "", "wrong", "token-of-node-", "token-of-node-a2", "Token-of-node-a",
                                   "Bearer token-of-node-a"])
async def test_token_that_is_wrong_is_403_before_the_upgrade(door, token):
    headers = {**UPGRADE, "Authentication": token}
    assert (await get(door, "/node", headers=headers)).status == 403


async def test_token_that_is_wrong_is_found_in_the_log(start_node):
    node = start_node('token = "right",')
    stranger = {**UPGRADE, "Authentication": "wrong"}
    assert (await get(node, "/node", headers=stranger)).body == "not allowed\n"
    refused = node.wait_for("handshake refused")
    assert refused.level == "warn"
    assert (refused.fields["path"], refused.fields["status"], refused.fields["reason"]) == ("/node", 403, "unknown token")
    assert (await get(node, "/connect", headers={**UPGRADE, "Sec-WebSocket-Version": "12"})).status == 426
    refused = node.wait_for("handshake refused", 2)
    assert (refused.level, refused.fields["path"], refused.fields["status"]) == ("info", "/connect", 426)


async def test_token_in_the_address_is_403(door):
    path = f"/node?Authentication={door.token}&token={door.token}"
    assert (await get(door, path, headers=UPGRADE)).status == 403


async def test_token_that_is_right_is_101_and_never_logged(door):
    async with wire(door) as stranger:
        await stranger.upgrade("/node", Authentication=door.token)
    await get(door, "/node", headers={**UPGRADE, "Authentication": "a-secret-guess"})
    assert door.token not in door.log_text() and "a-secret-guess" not in door.log_text()


async def test_node_without_a_token_lets_nobody_in(start_node):
    node = start_node()
    for token in (None, "", "nil", "null"):
        assert (await get(node, "/node", headers={**UPGRADE, "Authentication": token})).status == 403


@pytest.mark.parametrize("first", [
    "not json", "[]", "{}", '"handshake"', '{"command":"handshake"}', '{"command":"handshake","data":null}',
    '{"command":"handshake","data":{}}', '{"command":"handshake","data":{"name":5}}', handshake(""), handshake("a\nb"),
    handshake("x" * 129), handshake("*"), handshake("node-a"),
    '{"command":"subscribe","data":{"topic":"c"}}', '{"command":"handshake2","data":{"name":"node-b"}}',
    '{"source":"node-b","destination":"node-a","type":"command","nonce":"1","data":{"command":"list-nodes"}}',
], ids=lambda first: first[:48])
async def test_first_frame_that_is_no_handshake_or_a_name_that_cannot_be_closes_with_4403(door, first):
    async with wire(door) as stranger:
        await stranger.upgrade("/node", Authentication=door.token)
        await stranger.text(first)
        assert await stranger.closed() == FORBIDDEN


async def test_no_handshake_in_5_seconds_closes_with_4403_and_wipes_a_single_use_token(network):
    async with network:
        node = await network.start("node-a")
        plain = await network.plain("plain", node)
        token = (await plain.ask("node-a", "get-connection-token", node="node-z"))["token"]
        async with wire(node) as silent, wire(node) as single:
            await silent.upgrade("/node", Authentication=node.token)
            await single.upgrade("/node", Authentication=token)
            start = time.monotonic()
            assert await silent.closed() == FORBIDDEN
            assert 4 < time.monotonic() - start < 9
            assert await single.closed() == FORBIDDEN
        assert (await get(node, "/node", headers={**UPGRADE, "Authentication": token})).status == 403


async def test_second_node_of_a_name_is_4403_and_the_first_stays(network):
    async with network:
        nodes = await network.line(2)
        plain = await network.plain("plain", nodes[0])
        for name in ("plain", "node-b"):
            async with wire(nodes[0]) as second:
                await second.upgrade("/node", Authentication=nodes[0].token)
                await second.text(handshake(name))
                assert await second.closed() == FORBIDDEN
        assert await nodes_of(plain, "node-a") == ["node-b", "plain"]
        assert await nodes_of(plain, "node-b") == ["node-a"]


async def test_name_of_a_node_that_left_may_come_again(network):
    async with network:
        node = await network.start("node-a")
        plain = await network.plain("plain", node)
        for _ in range(3):
            await plain.drop("node-a")

            async def connects():
                await plain.connect(node.as_peer())
                return True

            await eventually(connects, True)
            assert await nodes_of(plain, "node-a") == ["plain"]


# Single-use tokens.

async def node_with_token(network, name):
    """A node, the plain peer that asked, and a token for a node of that name."""
    node = await network.start("node-a")
    plain = await network.plain("plain", node)
    return node, plain, (await plain.ask("node-a", "get-connection-token", node=name))["token"]


async def status_of(node, token) -> int:
    return (await get(node, "/node", headers={**UPGRADE, "Authentication": token})).status


async def test_single_use_token_lets_its_node_in_once(network):
    async with network:
        node, plain, token = await node_with_token(network, "plain-2")
        second = await network.plain("plain-2", Peer("node-a", node.as_peer().url, token))
        assert await nodes_of(plain, "node-a") == ["plain", "plain-2"]
        assert await status_of(node, token) == 403
        await second.drop("node-a")
        with pytest.raises(websockets.InvalidStatusCode, match="403"):
            await second.connect(Peer("node-a", node.as_peer().url, token))


@pytest.mark.parametrize("said", [handshake("node-y"), handshake("plain"), handshake("node-a"), "garbage"],
                         ids=["another name", "a linked name", "its own name", "garbage"])
async def test_single_use_token_with_a_handshake_that_does_not_fit_is_4403_and_wiped(network, said):
    async with network:
        node, _, token = await node_with_token(network, "node-z")
        async with wire(node) as spoiler:
            await spoiler.upgrade("/node", Authentication=token)
            await spoiler.text(said)
            assert await spoiler.closed() == FORBIDDEN
        assert await status_of(node, token) == 403


async def test_single_use_token_of_two_connections_at_once_lets_one_in(network):
    async with network:
        node, plain, token = await node_with_token(network, "node-z")
        async with wire(node) as first, wire(node) as second:
            statuses = [(await each.ask(path="/node", headers={**UPGRADE, "Authentication": token})).status
                        for each in (first, second)]
            assert statuses[0] == 101
            await first.text(handshake("node-z"))
            await eventually(lambda: nodes_of(plain, "node-a"), ["node-z", "plain"])
            if statuses[1] == 101:
                await second.text(handshake("node-z"))
                assert await second.closed() == FORBIDDEN


async def test_single_use_tokens_of_several_nodes_do_not_mix(network):
    async with network:
        node = await network.start("node-a")
        plain = await network.plain("plain", node)
        tokens = {name: (await plain.ask("node-a", "get-connection-token", node=name))["token"]
                  for name in ("plain-2", "plain-3", "plain-4")}
        for name in ("plain-4", "plain-2", "plain-3"):
            await network.plain(name, Peer("node-a", node.as_peer().url, tokens[name]))
        assert await nodes_of(plain, "node-a") == ["plain", "plain-2", "plain-3", "plain-4"]


@slow
async def test_single_use_token_expires_after_60_seconds(network):
    async with network:
        node, plain, token = await node_with_token(network, "node-z")
        await asyncio.sleep(55)
        fresh = (await plain.ask("node-a", "get-connection-token", node="node-y"))["token"]
        async with wire(node) as still:
            await still.upgrade("/node", Authentication=token)
            await still.text(handshake("node-z"))
            await eventually(lambda: nodes_of(plain, "node-a"), ["node-z", "plain"])
        await asyncio.sleep(61)
        assert await status_of(node, fresh) == 403


# What a node opened is reserved where it is not.

async def test_link_that_comes_later_brings_what_was_opened_before(network):
    async with network:
        node_a, node_b = await network.start("node-a"), await network.start("node-b")
        alice = await subscribed(network, node_a, "of a", "wordpass")
        bob = await subscribed(network, node_b, "of b", "wordpass")
        node_c = await network.start("node-c", [node_a, node_b])
        await reach([node_a, node_b, node_c])
        plain = await network.plain("plain", node_c)
        wanted = {name: channel_hash("wordpass", name) for name in ("of a", "of b")}
        await eventually(lambda: reserved_of(plain, "node-c"), wanted)
        assert await alice.subscribe("of b", "wrong") == INVALID
        assert await bob.subscribe("of a", "wrong") == INVALID
        assert await alice.subscribe("of b", "wordpass") == OK
        assert await bob.send("of b", "joined") == OK
        assert (await alice.receive())["message"] == "joined"
