"""The notes' chart "New Client (Multi Node)", line by line: all ours, and a plain peer in each place."""

import pytest

from support.client import OK, refused
from support.network import OURS, PLAIN, channels_of, reserved_of
from support.node import eventually
from support.plain_peer import PlainPeer, channel_hash

HASH = channel_hash("passwd", "channel")
KINDS = [(OURS, OURS), (PLAIN, OURS), (OURS, PLAIN)]


def ids(kinds):
    return "-".join(kinds)


async def pair(network, kinds, b_dials):
    """Node A and Node B, linked by one of the two, and their clients."""
    names = ["node-a", "node-b"] if b_dials else ["node-b", "node-a"]
    if not b_dials:
        kinds = kinds[::-1]
    first = await network.start(names[0], kind=kinds[0])
    second = await network.start(names[1], [first], kind=kinds[1])
    for place, other in ((first, names[1]), (second, names[0])):
        if isinstance(place, PlainPeer):
            await place.linked(other)
        else:
            await place.logged("peer up")
    if PLAIN not in kinds:
        await network.ready()
    node_a, node_b = (first, second) if b_dials else (second, first)
    return node_a, node_b


@pytest.mark.parametrize("b_dials", [True, False], ids=["b-dials", "a-dials"])
@pytest.mark.parametrize("kinds", KINDS, ids=ids)
async def test_flow_new_client_multi_node(network, kinds, b_dials):
    async with network:
        node_a, node_b = await pair(network, kinds, b_dials)
        client1, client2 = await network.client(node_a), await network.client(node_b)
        # Client 1 subscribes to a new channel.
        assert await client1.subscribe("channel", "passwd") == OK
        if isinstance(node_b, PlainPeer):
            await node_b.until(lambda: node_b.reserved == {"channel": HASH}, "the reservation")
            assert node_b.heard_commands("reserve-channel", channel="channel", password=HASH)
        if isinstance(node_a, PlainPeer):
            await eventually(lambda: reserved_of(node_a, "node-b"), {"channel": HASH})
        # Client 2 tries an invalid password.
        assert await client2.subscribe("channel", "wdpass") == refused("invalid password")
        assert await client2.subscribe("channel", "passwd") == OK
        # Node B now has "channel" in the active list.
        if isinstance(node_a, PlainPeer):
            assert await channels_of(node_a, "node-b") == {"channel": HASH}
        assert await client1.send("channel", "Hello C2") == OK
        assert await client2.receive() == {"message": "Hello C2", "channel": "channel"}
        assert await client2.send("channel", "Hello C1") == OK
        assert await client1.receive() == {"message": "Hello C1", "channel": "channel"}


@pytest.mark.parametrize("kinds", [kinds for kinds in KINDS if PLAIN in kinds], ids=ids)
async def test_flow_multi_node_without_a_password_is_null_on_the_wire(network, kinds):
    async with network:
        node_a, node_b = await pair(network, kinds, True)
        plain, ours = (node_a, node_b) if kinds[0] == PLAIN else (node_b, node_a)
        client1 = await network.client(ours)
        assert await client1.subscribe("ours") == OK
        await plain.until(lambda: "ours" in plain.reserved)
        assert plain.reserved["ours"] is None
        assert await plain.subscribe("theirs") == OK
        await eventually(lambda: reserved_of(plain, ours.name), {"theirs": None})
        assert await client1.subscribe("theirs") == OK
        assert await plain.send("theirs", "Gr\u00fc\u00dfe \U0001f600\n") == OK
        assert (await client1.receive())["message"] == "Gr\u00fc\u00dfe \U0001f600\n"


@pytest.mark.parametrize("kinds", [kinds for kinds in KINDS if PLAIN in kinds], ids=ids)
async def test_flow_multi_node_messages_go_once_and_in_order_both_ways(network, kinds):
    async with network:
        node_a, node_b = await pair(network, kinds, True)
        client1, client2 = await network.client(node_a), await network.client(node_b)
        assert await client1.subscribe("channel", "passwd") == OK
        if isinstance(node_b, PlainPeer):
            await node_b.until(lambda: "channel" in node_b.reserved)
        else:
            await eventually(lambda: reserved_of(node_a, "node-b"), {"channel": HASH})
        assert await client2.subscribe("channel", "passwd") == OK
        for here, there in ((client1, client2), (client2, client1)):
            for number in range(200):
                assert await here.send("channel", str(number)) == OK
            assert [(await there.receive())["message"] for _ in range(200)] == [str(n) for n in range(200)]
        plain = node_a if isinstance(node_a, PlainPeer) else node_b
        ours = node_b if plain is node_a else node_a
        assert {count for (source, kind, _), count in plain.copies.items()
                if source == ours.name and kind == "message"} == {1}
        assert not any(source == plain.name for source, _, _ in plain.copies), "its own packets came back"


async def test_flow_multi_node_packets_have_the_keys_of_the_notes(network):
    async with network:
        node_a = await network.start("node-a")
        plain = await network.plain("plain", node_a)
        alice = await network.client(node_a)
        assert await alice.subscribe("channel", "passwd") == OK
        await plain.until(lambda: "channel" in plain.reserved)
        assert await plain.subscribe("channel", "passwd") == OK
        await alice.send("channel", "Hello World")
        await plain.receive()
        (link, packet), = [entry for entry in plain.packets if entry[1]["type"] == "message"]
        assert link == "node-a" and set(packet) == {"source", "destination", "type", "nonce", "data"}
        assert (packet["source"], packet["destination"]) == ("node-a", "*") and packet["nonce"]
        assert packet["data"]["message"] == "SGVsbG8gV29ybGQ=" and packet["data"]["channel"] == "channel"
        assert set(packet["data"]) <= {"message", "channel", "claim"}
