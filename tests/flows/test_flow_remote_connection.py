"""The notes' chart "Remote Connection", line by line: Node C ends linked to Node A with a token got through Node B."""

import pytest
import websockets

from support.client import OK, refused
from support.network import nodes_of, reserved_of
from support.node import eventually
from support.plain_peer import Peer, PlainPeer, address_of, channel_hash, handshake
from support.wire import wire

HASH = channel_hash("passwd", "channel")


async def ours(network, name, *peers):
    return await network.start(name, peers, chooses=True)


async def node_a_with_its_channel(network):
    node_a = await ours(network, "node-a")
    client1 = await network.client(node_a)
    assert await client1.subscribe("channel", "passwd") == OK
    return node_a, client1


async def talk(client1, client2):
    """Client 2 joins the channel of Client 1, and they hear each other."""
    async def joins():
        return await client2.subscribe("channel", "passwd")

    await eventually(joins, OK)
    assert await client1.send("channel", "Hello C2") == OK
    assert (await client2.receive())["message"] == "Hello C2"
    assert await client2.send("channel", "Hello C1") == OK
    assert (await client1.receive())["message"] == "Hello C1"


async def test_flow_remote_connection_all_ours(network):
    async with network:
        node_a, client1 = await node_a_with_its_channel(network)
        node_b = await ours(network, "node-b", node_a)
        await node_b.has_peers()
        node_c = await ours(network, "node-c", node_b)
        await node_c.has_peers()
        witness = await network.plain("witness", node_b)
        await eventually(lambda: nodes_of(witness, "node-c"), ["node-a", "node-b"])
        assert await nodes_of(witness, "node-a") == ["node-b", "node-c"]
        await eventually(lambda: reserved_of(witness, "node-c"), {"channel": HASH})
        await talk(client1, await network.client(network.places[2]))


async def test_flow_remote_connection_survives_the_node_between(network):
    """What it is for: Node C and Node A go on when Node B is gone."""
    async with network:
        node_a, client1 = await node_a_with_its_channel(network)
        node_b = await ours(network, "node-b", node_a)
        await node_b.has_peers()
        node_c = await ours(network, "node-c", node_b)
        witness = await network.plain("witness", node_a)
        await eventually(lambda: nodes_of(witness, "node-a"), ["node-b", "node-c", "witness"])
        client2 = await network.client(node_c)
        await talk(client1, client2)
        node_b.kill()
        assert await client1.send("channel", "still there?") == OK
        assert (await client2.receive())["message"] == "still there?"


async def test_flow_remote_connection_node_c_is_plain(network):
    async with network:
        node_a, client1 = await node_a_with_its_channel(network)
        node_b = await ours(network, "node-b", node_a)
        await node_b.has_peers()
        node_c = await network.plain("node-c", node_b)
        assert await nodes_of(node_c, "node-b") == ["node-a", "node-c"]
        await eventually(lambda: connection(node_c, "node-b", "node-a"), (True, node_a.host))
        await node_c.connect_through("node-b", "node-a")
        await eventually(lambda: nodes_of(node_c, "node-a"), ["node-b", "node-c"])
        await node_c.until(lambda: node_c.reserved == {"channel": HASH})
        await talk(client1, node_c)


async def connection(asker: PlainPeer, via: str, name: str):
    answer = await asker.ask(via, "get-node-connection", node=name)
    return answer["ok"], answer.get("host")


async def test_flow_remote_connection_node_b_is_plain(network):
    async with network:
        node_a, client1 = await node_a_with_its_channel(network)
        node_b = await network.plain("node-b", node_a)
        node_c = await ours(network, "node-c", node_b)
        await node_c.logged("peer up", 2)
        assert await nodes_of(node_b, "node-c") == ["node-a", "node-b"]
        assert await nodes_of(node_b, "node-a") == ["node-b", "node-c"]
        for command, node in (("list-nodes", "node-b"), ("get-node-connection", "node-b")):
            assert any(packet["source"] == "node-c" and packet["destination"] == node
                       for _, packet in node_b.packets if packet["data"].get("command") == command), command
        await talk(client1, await network.client(node_c))


async def test_flow_remote_connection_node_a_is_plain(network):
    """Node B dialled Node A, so it knows where that is though a plain handshake does not say so."""
    async with network:
        node_a = await network.plain("node-a")
        assert await node_a.subscribe("channel", "passwd") == OK
        node_b = await ours(network, "node-b", node_a)
        await node_b.logged("peer up")
        node_c = await ours(network, "node-c", node_b)
        await node_a.linked("node-b", "node-c")
        assert node_a.links["node-c"].is_single_use, "it came with a token got through Node B"
        assert [packet["source"] for _, packet in node_a.packets
                if packet["data"].get("command") == "get-connection-token"][-1] == "node-b"
        assert {"command": "get-connection-token", "node": "node-c"} in node_a.heard_commands("get-connection-token")
        await talk(node_a, await network.client(node_c))


@pytest.mark.parametrize("spoiled_by", ["a wrong name", "no handshake"])
async def test_flow_remote_connection_token_is_wiped_when_node_a_drops_the_connection(network, spoiled_by):
    async with network:
        node_a, _ = await node_a_with_its_channel(network)
        node_b = await ours(network, "node-b", node_a)
        await node_b.has_peers()
        node_c = await network.plain("node-c", node_b)
        await eventually(lambda: connection(node_c, "node-b", "node-a"), (True, node_a.host))
        answer = await node_c.ask("node-b", "get-node-connection", node="node-a")
        async with wire(node_a) as spoiler:
            await spoiler.upgrade("/node", Authentication=answer["token"])
            await spoiler.text(handshake("node-x") if spoiled_by == "a wrong name" else '{"command":"list-nodes"}')
            assert await spoiler.closed() == (4403, "forbidden")
        with pytest.raises(websockets.InvalidStatusCode, match="403"):
            await node_c.connect(Peer("node-a", address_of(answer["host"]), answer["token"]))
        # It has to do the connection entirely again.
        await node_c.connect_through("node-b", "node-a")
        assert "node-c" in await nodes_of(node_c, "node-a")


async def test_flow_remote_connection_target_not_connected(network):
    async with network:
        node_a = await ours(network, "node-a")
        plain = await network.plain("plain", node_a)
        assert await plain.ask("node-a", "get-node-connection", node="nobody") == refused("target not connected")
        assert await plain.ask("node-a", "get-node-connection", node="node-a") == refused("target not connected")
