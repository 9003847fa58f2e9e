"""The plain peer of these tests among its own kind: the notes' flows without the engine."""

import asyncio
import json

import pytest
import websockets

from support.client import OK, refused
from support.plain_peer import Peer, PlainPeer, channel_hash, handshake


async def test_plain_peers_new_client_multi_node_as_in_the_notes(network):
    async with network:
        node_a = await network.plain("node-a")
        node_b = await network.plain("node-b", node_a)
        await node_a.linked("node-b")
        assert await node_a.subscribe("channel", "passwd") == OK
        await node_b.until(lambda: node_b.reserved == {"channel": channel_hash("passwd", "channel")})
        assert await node_b.subscribe("channel", "wdpass") == refused("invalid password")
        assert await node_b.subscribe("channel", "passwd") == OK
        assert list(node_b.active) == ["channel"] and not node_b.reserved
        assert await node_a.send("channel", "Hello C2") == OK
        assert await node_b.receive() == {"message": "Hello C2", "channel": "channel"}


async def test_plain_peers_onboarding_as_in_the_notes(network):
    async with network:
        node_a = await network.plain("node-a")
        await node_a.subscribe("channel", "passwd")
        node_b = await network.plain("node-b", node_a)
        node_c = await network.plain("node-c", node_b)
        assert node_c.reserved == node_b.reserved == {"channel": channel_hash("passwd", "channel")}
        assert await node_c.ask("node-b", "list-channels") == {"ok": True, "channels": []}
        assert await node_c.ask("node-a", "list-nodes") == {"ok": True, "nodes": ["node-b"]}


async def test_plain_peers_remote_connection_as_in_the_notes(network):
    async with network:
        node_a = await network.plain("node-a")
        node_b = await network.plain("node-b", node_a)
        node_c = await network.plain("node-c", node_b)
        await node_c.connect_through("node-b", "node-a")
        assert set(node_c.links) == {"node-a", "node-b"}
        await node_a.linked("node-b", "node-c")
        assert node_a.links["node-c"].is_single_use and not node_a.single_use
        assert await node_c.ask("node-b", "get-node-connection", node="node-x") == refused("target not connected")


async def test_plain_peers_in_a_ring_deliver_once(network):
    async with network:
        node_a = await network.plain("node-a")
        node_b = await network.plain("node-b", node_a)
        node_c = await network.plain("node-c", node_b, node_a)
        await node_a.linked("node-b", "node-c")
        for each in (node_a, node_b, node_c):
            await each.subscribe("ring")
        for number in range(100):
            await node_a.send("ring", str(number))
        for each in (node_b, node_c):
            assert [(await each.receive())["message"] for _ in range(100)] == [str(number) for number in range(100)]
        assert (await node_a.ask("node-b", "get-latency", node="node-c"))["ok"]
        assert not any(each.has_mail() for each in (node_a, node_b, node_c))


async def test_plain_peer_reserves_again_what_is_still_open_elsewhere(network):
    async with network:
        node_a = await network.plain("node-a")
        node_b = await network.plain("node-b", node_a)
        node_c = await network.plain("node-c", node_b)
        await node_c.subscribe("kept", "passwd")
        await node_a.until(lambda: "kept" in node_a.reserved)
        await node_b.until(lambda: "kept" in node_b.reserved)
        await node_a.subscribe("kept", "passwd")
        await node_c.unsubscribe("kept")
        await node_c.until(lambda: "kept" in node_c.reserved)
        await node_b.until(lambda: "kept" in node_b.reserved)
        await node_a.unsubscribe("kept")
        await node_c.until(lambda: not node_c.reserved)
        await node_b.until(lambda: not node_b.reserved)
        assert await node_b.subscribe("kept", "another") == OK


async def test_plain_peer_that_loses_a_name_reserves_it_for_the_other(network):
    async with network:
        node_a = await network.plain("node-a")
        await node_a.subscribe("mine", "first")
        node_b = await network.plain("node-b")
        await node_b.subscribe("mine", "second")
        await node_b.connect(node_a.as_peer())
        await node_b._reserve_everywhere("mine", node_b.active["mine"])
        await node_b.until(lambda: node_b.reserved == node_a.active)
        assert node_b.lost == ["mine"] and not node_b.active


async def test_plain_peer_refuses_a_wrong_token_and_wipes_one_with_a_wrong_name(network):
    async with network:
        node_a = await network.plain("node-a")
        with pytest.raises(websockets.InvalidStatusCode, match="403"):
            await websockets.connect(node_a.as_peer().url, extra_headers={"Authentication": "wrong"})
        node_a.single_use["once"] = "node-c"
        for status in (None, 403):
            try:
                stranger = await websockets.connect(node_a.as_peer().url, extra_headers={"Authentication": "once"})
                await stranger.send(handshake("node-d"))
                await asyncio.wait_for(stranger.wait_closed(), 5)
                assert (stranger.close_code, stranger.close_reason, status) == (4403, "forbidden", None)
            except websockets.InvalidStatusCode as refusal:
                assert refusal.status_code == status
        assert not node_a.links and not node_a.single_use


async def test_plain_peer_answers_the_ten_commands_and_ignores_extra_keys(network):
    async with network:
        node_a = await network.plain("node-a")
        token = node_a.token
        socket = await websockets.connect(node_a.as_peer().url, extra_headers={"Authentication": token})
        await socket.send(json.dumps({"command": "handshake", "boot": 1, "data": {"name": "raw", "features": ["x/1"]}}))
        answered = {}
        for command, fields in {
                "get-node-connection": {"node": "x"}, "get-connection-token": {"node": "x"}, "list-nodes": {},
                "list-channels": {}, "list-reserved-channels": {}, "get-latency": {"node": "raw"},
                "reserve-channel": {"channel": "c", "password": None, "claim": {}},
                "unreserve-channel": {"channel": "c"}, "node-stats": {}, "host-stats": {}}.items():
            await socket.send(json.dumps({"source": "raw", "destination": "node-a", "type": "command",
                                          "nonce": command, "data": {"command": command, **fields}}))
            answer = json.loads(await asyncio.wait_for(socket.recv(), 5))
            assert set(answer) == {"source", "destination", "type", "nonce", "data"}
            assert (answer["source"], answer["destination"], answer["type"]) == ("node-a", "raw", "response")
            answered[answer["nonce"]] = answer["data"]["ok"]
        assert len(answered) == 10 and [name for name, ok in answered.items() if not ok] == ["get-node-connection"]
        await socket.close()


async def test_plain_peer_that_hears_what_is_not_in_the_notes_fails_its_test():
    with pytest.raises(AssertionError, match="not in the notes"):
        async with PlainPeer("node-a") as node_a, PlainPeer("node-b") as node_b:
            await node_b.connect(Peer("node-a", node_a.as_peer().url, node_a.token))
            await node_b.links["node-a"].socket.send('{"type":"link"}')
            await node_a.until(lambda: node_a.strange)
