"""The notes' chart "Node Onboarding", line by line: Node C's pool is exhausted, so it never dials Node A."""

import pytest

from support.client import OK, refused
from support.network import OURS, PLAIN, channels_of, nodes_of, reserved_of, stays
from support.node import eventually
from support.plain_peer import PlainPeer, channel_hash

HASH = channel_hash("passwd", "channel")
KINDS = [(OURS, OURS, OURS), (PLAIN, OURS, OURS), (OURS, PLAIN, OURS), (OURS, OURS, PLAIN), (PLAIN, OURS, PLAIN),
         (PLAIN, PLAIN, OURS), (OURS, PLAIN, PLAIN)]


async def start_b(network, node_a, kind):
    """Node B, when Node A's channel is reserved on it."""
    if kind == PLAIN:
        node_b = await network.plain("node-b", node_a)
        assert node_b.reserved == {"channel": HASH}
    else:
        node_b = await network.start("node-b", [node_a])
        stranger = await network.client(node_b)
        await node_b.has_peers()
        await eventually_refused(stranger)
    return node_b


async def eventually_refused(stranger):
    """After its first link a node asks; until it knows of the channel it may open it, and loses it then."""
    async def guess():
        answer = await stranger.subscribe("channel", "wdpass")
        if answer == OK:
            await stranger.unsubscribe("channel")
        return answer

    await eventually(guess, refused("invalid password"))


def asked_by_c(node_b: PlainPeer) -> set:
    return {packet["data"].get("command") for _, packet in node_b.packets
            if packet["type"] == "command" and packet["source"] == "node-c"}


@pytest.mark.parametrize("kinds", KINDS, ids="-".join)
async def test_flow_node_onboarding(network, kinds):
    async with network:
        # Node A has "channel" open, Node B has it reserved.
        node_a = await network.start("node-a", kind=kinds[0])
        client1 = await network.client(node_a)
        assert await client1.subscribe("channel", "passwd") == OK
        node_b = await start_b(network, node_a, kinds[1])
        # Node C: WS /node with the token of Node B's configuration, handshake, get open and reserved channels.
        options = {} if kinds[2] == PLAIN else {"chooses": True, "config": "pool = 1,"}
        node_c = await network.start("node-c", [node_b], kind=kinds[2], **options)
        client2 = await network.client(node_c)
        if isinstance(node_c, PlainPeer):
            await node_c.until(lambda: node_c.reserved == {"channel": HASH}, "reserved once it is onboarded")
        else:
            await node_c.has_peers()
        if isinstance(node_b, PlainPeer) and not isinstance(node_c, PlainPeer):
            await node_b.until(lambda: asked_by_c(node_b) >= {"list-channels", "list-reserved-channels"}, "Node C ask")
        await eventually_refused(client2)
        assert await client2.subscribe("channel", "passwd") == OK
        assert await client1.send("channel", "Hello C2") == OK
        assert await client2.receive() == {"message": "Hello C2", "channel": "channel"}
        assert await client2.send("channel", "Hello C1") == OK
        assert await client1.receive() == {"message": "Hello C1", "channel": "channel"}
        # Node C has no room for another link.
        witness = node_b if isinstance(node_b, PlainPeer) else await network.plain("witness", node_b)
        await stays(lambda: nodes_of(witness, "node-c"), ["node-b"])


@pytest.mark.parametrize("asker", [OURS, PLAIN])
async def test_flow_onboarding_takes_over_open_and_reserved_channels(network, asker):
    async with network:
        node_a = await network.start("node-a")
        alice = await network.client(node_a)
        witness = await network.plain("witness", node_a)
        for number in range(20):
            assert await alice.subscribe(f"of a {number}", f"word {number}") == OK
            assert await witness.subscribe(f"of witness {number}") == OK
        wanted = {f"of a {number}": channel_hash(f"word {number}", f"of a {number}") for number in range(20)}
        wanted |= {f"of witness {number}": None for number in range(20)}

        async def everything():
            return {**await channels_of(witness, "node-a"), **await reserved_of(witness, "node-a")}

        await eventually(everything, wanted)
        newcomer = await network.start("node-c", [node_a], kind=asker)
        if asker == PLAIN:
            assert newcomer.reserved == wanted
        else:
            await newcomer.has_peers()
            await eventually(lambda: reserved_of(witness, "node-c"), wanted)


async def test_flow_onboarding_of_a_node_that_brings_channels(network):
    """What a node opened while it was alone is known to those that it joins."""
    async with network:
        node_a = await network.start("node-a")
        witness = await network.plain("witness", node_a)
        lonely = await network.start("node-b")
        alice = await network.client(lonely)
        assert await alice.subscribe("brought", "passwd") == OK
        lonely.configure(f'token = "{lonely.token}", peers = {{ {{ name = "node-a", url = "{node_a.as_peer().url}",'
                         f' token = "{node_a.token}" }} }},')
        assert (await lonely.reload()).event == "reloaded"
        wanted = {"brought": channel_hash("passwd", "brought")}
        await eventually(lambda: reserved_of(witness, "node-a"), wanted)
        await witness.until(lambda: witness.reserved == wanted, "what Node B brought")
        bob = await network.client(node_a)
        assert await bob.subscribe("brought", "wrong") == refused("invalid password")
        assert await bob.subscribe("brought", "passwd") == OK
        assert await alice.send("brought", "with me") == OK
        assert (await bob.receive())["message"] == "with me"


@pytest.mark.parametrize("asks_back", [True, False])
async def test_flow_onboarding_tells_a_plain_peer_what_was_open_before(network, asks_back):
    """The chart's end, "the entire network should be synchronized", also when the newcomer brings the channels and the
    other side does not ask as the chart does not show it."""
    async with network:
        plain = await network.enter(PlainPeer("plain", asks_back=asks_back))
        lonely = await network.start("node-a")
        alice = await network.client(lonely)
        assert await alice.subscribe("brought", "passwd") == OK
        lonely.configure(f'token = "{lonely.token}", peers = {{ {{ name = "plain", url = "{plain.as_peer().url}",'
                         f' token = "{plain.token}" }} }},')
        assert (await lonely.reload()).event == "reloaded"
        await plain.linked("node-a")
        await plain.until(lambda: plain.reserved == {"brought": channel_hash("passwd", "brought")}, "what it brought")


async def test_plain_peer_that_is_dialled_may_speak_at_once(network):
    """It sends no handshake, so a packet may be the first thing that comes from it."""
    async with network:
        plain = await network.plain("plain")
        await network.start("node-a", [plain])
        await plain.linked("node-a")
        assert await plain.ask("node-a", "list-channels") == {"ok": True, "channels": []}
        assert await nodes_of(plain, "node-a") == ["plain"]
