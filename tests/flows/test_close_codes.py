"""How a connection ends: every close code, and the case beside it that does not end it."""

import asyncio
import signal

import pytest

from support.client import OK, client, clients, command, refused
from support.wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close_payload, frame, wire

LIST_ANSWER = (TEXT, b'{"type":"response","data":{"channels":[]}}')
LIST = b'{"command":"list"}'


async def test_close_by_the_client_is_answered_with_its_code(node):
    for payload, code in [(close_payload(1000), 1000), (close_payload(1001, b"bye"), 1001), (close_payload(3000), 3000),
                          (close_payload(4999), 4999)]:
        async with wire(node) as alice:
            await alice.upgrade()
            await alice.send(frame(CLOSE, payload))
            assert (await alice.closed())[0] == code
            assert await alice.ended() == b""


async def test_close_without_a_code_is_answered_and_ends(node):
    async with wire(node) as alice:
        await alice.upgrade()
        await alice.send(frame(CLOSE))
        assert (await alice.closed())[0] in (1000, 1005)
        assert await alice.ended() == b""


async def test_close_behind_a_command_comes_behind_its_answer(node):
    async with wire(node) as alice:
        await alice.upgrade()
        await alice.send(frame(TEXT, LIST) + frame(CLOSE, close_payload(1000)))
        assert await alice.read_frame() == LIST_ANSWER
        assert (await alice.closed())[0] == 1000


# 1002

@pytest.mark.parametrize("data", [
    frame(CLOSE, b"\x03"), frame(CLOSE, close_payload(999)), frame(CLOSE, close_payload(1004)),
    frame(CLOSE, close_payload(1005)), frame(CLOSE, close_payload(1006)), frame(CLOSE, close_payload(2999)),
    frame(CLOSE, close_payload(5000)), frame(3, b"x"), frame(7), frame(11), frame(15, b"x"), frame(TEXT, LIST, rsv=4),
    frame(TEXT, LIST, rsv=2), frame(TEXT, LIST, rsv=1), frame(PING, b"x", rsv=4), frame(PING, b"x", fin=False),
    frame(CLOSE, close_payload(1000), fin=False), frame(CONTINUATION, LIST),
    frame(TEXT, b"{", fin=False) + frame(TEXT, b"}"),
], ids=["close of 1 byte", "close 999", "close 1004", "close 1005", "close 1006", "close 2999", "close 5000",
        "opcode 3", "opcode 7", "opcode 11", "opcode 15", "RSV1", "RSV2", "RSV3", "RSV1 on a ping", "ping in fragments",
        "close in fragments", "continuation of nothing", "text inside of a message"])
async def test_frame_against_the_protocol_closes_with_1002(node, data):
    async with wire(node) as alice:
        await alice.upgrade()
        await alice.send(data)
        end = await alice.closed()
        assert end and end[0] == 1002


async def test_ping_of_125_bytes_passes_and_of_126_ends_the_connection(node):
    async with wire(node) as alice:
        await alice.upgrade()
        await alice.send(frame(PING, b"x" * 125))
        assert await alice.read_frame() == (PONG, b"x" * 125)
        await alice.send(frame(PING, b"x" * 126))
        await alice.closed()  # libwebsockets 4.1.6 drops it before we hear of it: no Close frame


async def test_close_of_the_librarys_own_is_the_last_that_is_sent(node):
    """A reserved bit: libwebsockets closes by itself, and waits for the answer."""
    async with client(node) as bob, wire(node) as alice:
        await alice.upgrade()
        await alice.text('{"command":"subscribe","data":{"topic":"last words"}}')
        await alice.read_frame()
        await bob.subscribe("last words")
        await alice.send(frame(TEXT, b"x", rsv=4))
        assert (await alice.closed())[0] == 1002
        for number in range(3):
            await bob.send("last words", number)
        assert b"message" not in await alice.ended()


# 1003

async def test_binary_frame_closes_with_1003(node):
    async with client(node) as alice, client(node) as bob:
        await bob.say(b"")
        await alice.say(b"\x00\x01")
        assert (await alice.closed())[0] == 1003
        assert (await bob.closed())[0] == 1003


async def test_binary_in_fragments_closes_with_1003_at_the_first(node):
    async with wire(node) as alice:
        await alice.upgrade()
        await alice.send(frame(BINARY, b"{", fin=False))
        assert (await alice.closed())[0] == 1003


# 1007

@pytest.mark.parametrize("data", [
    frame(TEXT, b'"\xff"'), frame(TEXT, b'"\xc0\x80"'), frame(TEXT, b'"\xed\xa0\x80"'),
    frame(TEXT, b'"\xf4\x90\x80\x80"'), frame(TEXT, b'"\xf0\x9f\x98'),
    frame(TEXT, b'"\xf0\x9f', fin=False) + frame(CONTINUATION, b"\x98"),
    frame(TEXT, b'"\xf0\x9f', fin=False) + frame(CONTINUATION, b"x", fin=False),
    frame(TEXT, b'"\xc3', fin=False) + frame(CONTINUATION),
    frame(CLOSE, close_payload(1000, b"\xff")),
], ids=["no such byte", "overlong", "surrogate", "over U+10FFFF", "truncated", "truncated in the last fragment",
        "wrong in an early fragment", "truncated before an empty fragment", "reason of a close"])
async def test_text_that_is_not_utf8_closes_with_1007(node, data):
    async with wire(node) as alice:
        await alice.upgrade()
        await alice.send(data)
        end = await alice.closed()
        assert end and end[0] == 1007


async def test_text_that_is_not_utf8_closes_at_the_byte_and_not_at_the_end(node):
    async with wire(node) as alice:
        await alice.upgrade()
        await alice.send(frame(TEXT, b'"' + b"x" * 3000 + b"\xff" + b"x" * 3000, declared=60000))
        assert (await alice.closed())[0] == 1007


# 1008

async def test_json_malformed_19_times_stays_and_20_times_closes_with_1008(node):
    async with client(node) as alice:
        for _ in range(2):
            for _ in range(19):
                assert '"malformed json"' in await alice.ask("{")
            assert await alice.channels() == []
        for _ in range(20):
            assert '"malformed json"' in await alice.ask("{")
        assert (await alice.closed())[0] == 1008


async def test_rate_that_is_exceeded_is_refused_as_often_as_the_burst_and_then_closes_with_1008(start_node):
    node = start_node("limits = { messages_per_second = 0.001, burst = 3 },")
    async with client(node) as alice:
        for number in range(10):
            await alice.say(command("list", number))
        assert (await alice.closed())[0] == 1008
        limited = '{"ok":false,"reason":"rate limited"}'
        answers = [f'{{"type":"response","data":{{"channels":[]}},"nonce":{n}}}' for n in range(3)]
        answers += [f'{{"type":"response","data":{limited},"nonce":{n}}}' for n in range(3, 7)]
        assert list(alice.inbox) == answers
    async with client(node) as bob:
        assert await bob.channels() == []


@pytest.mark.parametrize("filling", [b"", b" "], ids=["empty", "one byte"])
async def test_fragments_up_to_1024_pass_and_one_more_closes_with_1008(node, filling):
    middle = frame(CONTINUATION, filling, fin=False)
    async with wire(node) as alice, wire(node) as bob:
        await alice.upgrade()
        await alice.send(frame(TEXT, LIST, fin=False) + middle * 1022 + frame(CONTINUATION, filling))
        assert await alice.read_frame() == LIST_ANSWER
        await bob.upgrade()
        await bob.send(frame(TEXT, LIST, fin=False) + middle * 1024)
        assert (await bob.closed())[0] == 1008


# 1009

def padded(size: int) -> bytes:
    return LIST + b" " * (size - len(LIST))


async def test_message_of_64_kib_passes_and_one_byte_more_closes_with_1009(node):
    async with wire(node) as alice, wire(node) as bob:
        await alice.upgrade()
        await alice.send(frame(TEXT, padded(65536)))
        assert await alice.read_frame() == LIST_ANSWER
        await bob.upgrade()
        await bob.send(frame(TEXT, padded(65537)))
        assert (await bob.closed())[0] == 1009


async def test_message_in_fragments_is_measured_whole(node):
    half = padded(32768)
    async with wire(node) as alice, wire(node) as bob:
        await alice.upgrade()
        await alice.send(frame(TEXT, half, fin=False) + frame(CONTINUATION, b" " * 32768))
        assert await alice.read_frame() == LIST_ANSWER
        await bob.upgrade()
        await bob.send(frame(TEXT, half, fin=False) + frame(CONTINUATION, b" " * 32768, fin=False) +
                       frame(CONTINUATION, b" "))
        assert (await bob.closed())[0] == 1009


@pytest.mark.parametrize("declared", [65537, 1 << 31, 1 << 32, 1 << 62])
async def test_length_that_is_declared_too_long_closes_with_1009_at_the_first_byte(node, declared):
    async with wire(node) as alice:
        await alice.upgrade()
        await alice.send(frame(TEXT, b"{", declared=declared))
        assert (await alice.closed())[0] == 1009


async def test_limit_of_message_bytes_is_configurable(start_node):
    node = start_node("limits = { message_bytes = 100 },")
    async with client(node) as alice:
        assert await alice.ask(padded(100).decode()) == LIST_ANSWER[1].decode()
        await alice.say(padded(101).decode())
        assert (await alice.closed())[0] == 1009


# 1001, 1012

async def test_drain_tells_every_client_1012_and_the_node_ends_well(start_node):
    node = start_node()
    async with clients(node, 30) as all_clients:
        await asyncio.gather(*(each.subscribe("channel") for each in all_clients))
        node.signal(signal.SIGTERM)
        assert await asyncio.gather(*(each.closed() for each in all_clients)) == [(1012, "node restarting")] * 30
    assert await node.exited() == 0


async def test_second_sigterm_tells_those_who_are_left_1001_and_ends_at_once(start_node):
    node = start_node("drain_seconds = 60,")
    async with clients(node, 300) as all_clients:  # ten in a tenth of a second are told to go
        node.signal(signal.SIGTERM)
        ends = asyncio.gather(*(each.closed() for each in all_clients))
        await node.logged("draining")
        node.signal(signal.SIGTERM)
        codes = [code for code, _ in await ends]
    assert await node.exited() == 0
    assert set(codes) <= {1001, 1012} and codes.count(1001) > 0


async def test_close_code_of_one_does_not_touch_the_others(node):
    async with client(node) as alice, client(node) as bob, client(node) as carol:
        await alice.subscribe("others")
        await bob.subscribe("others")
        await carol.subscribe("others")
        await carol.say(b"binary")
        await carol.closed()
        assert await alice.send("others", "still here") == OK
        assert (await bob.receive())["message"] == "still here"
        assert await bob.send("elsewhere", 1) == refused("not subscribed")
