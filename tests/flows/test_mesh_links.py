"""What comes over a link of WS /node: garbage, copies, packets in another's name, frames too large."""

import base64
import json

import pytest
import websockets

from support.client import OK
from support.network import nodes_of, reach
from support.plain_peer import PlainPeer, handshake
from support.wire import TEXT, frame, wire

PACKET_BYTES = 1 << 20
GOOD = {"source": "plain", "destination": "node-a", "type": "command", "nonce": "n", "data": {"command": "list-nodes"}}


def changed(**keys) -> str:
    return json.dumps({**GOOD, **keys})


def without(key: str) -> str:
    return json.dumps({name: value for name, value in GOOD.items() if name != key})


MALFORMED = {
    "empty": "", "no json": "not json", "cut off": changed()[:-1], "two": changed() + changed(), "number": "5",
    "null": "null", "array": json.dumps([GOOD]), "object": "{}",
    **{f"no {key}": without(key) for key in GOOD},
    **{f"{key} is a number": changed(**{key: 5}) for key in ("source", "destination", "type", "nonce")},
    "empty source": changed(source=""), "empty destination": changed(destination=""),
    "deep array": "[" * 200000, "deep array, closed": "[" * 200000 + "]" * 200000,
    "deep object": '{"a":' * 100000 + "1" + "}" * 100000,
    "deep data": changed(data=0).replace('"data": 0', '"data": ' + "[" * 100000 + "]" * 100000),
}


async def say(plain: PlainPeer, text, link="node-a"):
    await plain.links[link].socket.send(text)


async def closed(plain: PlainPeer, link: websockets.WebSocketClientProtocol) -> tuple[int, str]:
    await plain.until(lambda: not plain.links, "the end of its link")
    return link.close_code, link.close_reason


async def node_and_plain(network):
    node = await network.start("node-a")
    plain = await network.plain("plain", node)
    return node, plain, plain.links["node-a"].socket


def message(channel: str, text: str) -> dict:
    return {"channel": channel, "message": base64.b64encode(text.encode()).decode()}


@pytest.mark.parametrize("kind", MALFORMED)
async def test_malformed_packet_is_dropped_and_ten_in_a_row_close_with_1008(network, kind):
    async with network:
        _, plain, link = await node_and_plain(network)
        for _ in range(9):
            await say(plain, MALFORMED[kind])
        assert await nodes_of(plain, "node-a") == ["plain"], "nine do not, and it answers what is well formed"
        for _ in range(10):
            await say(plain, MALFORMED[kind])
        assert (await closed(plain, link))[0] == 1008


@pytest.mark.parametrize("name", ["plain", "another", "node-a"])
async def test_handshake_a_second_time_changes_nothing(network, name):
    async with network:
        node, plain, _ = await node_and_plain(network)
        await say(plain, handshake(name))
        assert await nodes_of(plain, "node-a") == ["plain"]
        other = await network.plain("other", node)
        assert await nodes_of(other, "node-a") == ["other", "plain"]


@pytest.mark.parametrize("kind", ["command", "response"])
async def test_data_of_a_packet_can_be_anything_and_is_not_malformed(network, kind):
    async with network:
        _, plain, link = await node_and_plain(network)
        for data in (None, True, 5, 1.5, "", "text", [], [[]], {}, {"ok": 5}, {"command": None}, {"command": 5}):
            await plain.put("node-a", kind, data)
        assert await nodes_of(plain, "node-a") == ["plain"]
        assert link.open


async def test_malformed_packets_between_good_ones_do_not_close(network):
    async with network:
        _, plain, link = await node_and_plain(network)
        for _ in range(5):
            for text in list(MALFORMED.values())[:9]:
                await say(plain, text)
            assert await nodes_of(plain, "node-a") == ["plain"]
        assert link.open


async def test_ten_malformed_packets_of_one_link_leave_the_others_alone(network):
    async with network:
        node, plain, link = await node_and_plain(network)
        other = await network.plain("other", node)
        for _ in range(10):
            await say(plain, "garbage")
        assert (await closed(plain, link))[0] == 1008
        assert await nodes_of(other, "node-a") == ["other"]


async def test_packet_of_an_unknown_type_is_neither_answered_nor_forwarded(network):
    async with network:
        nodes = await network.line(2)
        near, far = await network.plain("near", nodes[0]), await network.plain("far", nodes[1])
        for kind in ("dance", "", "Message", "link", "handshake"):
            await say(near, json.dumps({**GOOD, "source": "near", "destination": "*", "type": kind, "nonce": kind}))
        assert await nodes_of(near, "node-b") == ["far", "node-a"]
        assert not [packet for _, packet in far.packets if packet["nonce"] in ("dance", "Message", "link", "handshake")]


async def test_packet_of_1_mib_passes_and_one_byte_more_closes_with_1009(network):
    async with network:
        _, plain, link = await node_and_plain(network)

        def sized(size: int, nonce: str) -> str:
            whole = changed(nonce=nonce, data={"command": "list-nodes", "pad": ""})
            return whole.replace('"pad": ""', '"pad": "' + "x" * (size - len(whole)) + '"')

        assert len(sized(PACKET_BYTES, "fits")) == PACKET_BYTES
        await say(plain, sized(PACKET_BYTES, "fits"))
        await plain.until(lambda: any(packet["nonce"] == "fits" for _, packet in plain.packets), "the answer")
        await say(plain, sized(PACKET_BYTES + 1, "more"))
        assert (await closed(plain, link))[0] == 1009


async def test_binary_frame_closes_with_1003(network):
    async with network:
        _, plain, link = await node_and_plain(network)
        await say(plain, changed().encode())
        assert (await closed(plain, link))[0] == 1003


async def test_text_that_is_not_utf8_closes_with_1007(network):
    async with network:
        node = await network.start("node-a")
        async with wire(node) as stranger:
            await stranger.upgrade("/node", Authentication=node.token)
            await stranger.text(handshake("plain"))
            await stranger.send(frame(TEXT, b'"\xff"'))
            assert (await stranger.closed())[0] == 1007


async def test_packet_with_extra_keys_is_taken(network):
    async with network:
        node, plain, _ = await node_and_plain(network)
        alice = await network.client(node)
        assert await alice.subscribe("c") == OK
        await say(plain, changed(type="message", destination="*", extra={"a": [1]}, version=3,
                                 data={**message("c", "hello"), "more": None}))
        assert await alice.receive() == {"message": "hello", "channel": "c"}


async def test_packet_seen_before_is_neither_handled_nor_forwarded(network):
    async with network:
        nodes = await network.line(2)
        plain = await network.plain("plain", nodes[0])
        far = await network.plain("far", nodes[1])
        everybody = [await network.client(node) for node in nodes]
        for each in everybody:
            assert await each.subscribe("c") == OK
        packet = changed(type="message", destination="*", nonce="once", data=message("c", "once"))
        for _ in range(5):
            await say(plain, packet)
        await say(plain, changed(type="message", destination="*", nonce="last", data=message("c", "last")))
        for each in everybody:
            assert [(await each.receive())["message"] for _ in range(2)] == ["once", "last"]
        await far.until(lambda: far.copies["plain", "message", "last"] == 1)
        assert far.copies["plain", "message", "once"] == 1


async def test_packet_that_names_the_node_itself_as_source_goes_nowhere(network):
    async with network:
        nodes = await network.line(2)
        plain = await network.plain("plain", nodes[0])
        everybody = [await network.client(node) for node in nodes]
        for each in everybody:
            assert await each.subscribe("c") == OK
        await say(plain, changed(source="node-a", type="message", destination="*", nonce="forged",
                                 data=message("c", "forged")))
        await say(plain, changed(source="node-a", nonce="to itself"))
        await plain.put("*", "message", message("c", "real"))
        for each in everybody:
            assert (await each.receive())["message"] == "real"
        assert not any(nonce in ("forged", "to itself") for _, _, nonce in plain.copies)


@pytest.mark.parametrize("data", [
    {}, 5, None, "text", [], {"channel": "c"}, {"message": "aGk="}, {"channel": 5, "message": "aGk="},
    {"channel": "c", "message": 5}, {"channel": "c", "message": "no base64!"}, {"channel": "c", "message": "aGk"},
    {"channel": "c", "message": "//79"}, {"channel": "c", "message": "bm90IGpzb24=", "encoding": "json"},
], ids=str)
async def test_message_whose_data_is_wrong_reaches_no_client_and_the_link_stays(network, data):
    async with network:
        node, plain, link = await node_and_plain(network)
        alice = await network.client(node)
        assert await alice.subscribe("c") == OK
        await plain.put("*", "message", data)
        await plain.put("*", "message", message("c", "good"))
        assert (await alice.receive())["message"] == "good"
        assert link.open and not alice.inbox


async def test_message_of_a_plain_peer_to_a_channel_that_nobody_has_is_passed_on(network):
    async with network:
        nodes = await network.line(2)
        near, far = await network.plain("near", nodes[0]), await network.plain("far", nodes[1])
        assert await near.subscribe("between plain peers", "wordpass") == OK
        await far.until(lambda: "between plain peers" in far.reserved)
        assert await far.subscribe("between plain peers", "wordpass") == OK
        for number in range(50):
            assert await near.send("between plain peers", str(number)) == OK
        assert [(await far.receive())["message"] for _ in range(50)] == [str(number) for number in range(50)]


async def test_packets_of_any_data_to_every_node_break_nothing(network):
    async with network:
        nodes = await network.line(2)
        plain = await network.plain("plain", nodes[0])
        for kind in ("message", "command", "response"):
            for data in (None, True, 5, 1.5, "", "text", [], [[]], {}, {"command": None}, {"command": 5}, {"ok": 5},
                         {"command": "list-nodes", "node": "\u0000"}, {"channel": "\u0000", "message": ""}):
                for destination in ("*", "node-a", "node-b", "nobody"):
                    await plain.put(destination, kind, data)
                assert await nodes_of(plain, "node-a") == ["node-b", "plain"]  # never ten bad ones in a row
        assert await nodes_of(plain, "node-b") == ["node-a"]
        await reach(nodes, "after all that")
