"""What takes too long is ended: each case waits its ten seconds, all of them at the same time.

The scenarios run once, together; each test reads what became of its own.
"""

import asyncio
import time

import pytest

from support.client import command
from support.node import Node
from support.wire import CONTINUATION, PING, PONG, TEXT, frame, get, request, UPGRADE, wire
from test_tls import certify

BOUND_SECONDS = 40
LIST_ANSWER = b'{"type":"response","data":{"channels":[]}}'


async def slow_handshakes(node):
    """A hundred who never finish their request; how long each was borne, and how long others waited meanwhile."""
    async def one(data):
        async with wire(node) as stranger:
            start = time.monotonic()
            await stranger.send(data)
            await stranger.ended(BOUND_SECONDS)
            return time.monotonic() - start

    half = request(headers=UPGRADE)[:-10]
    strangers = asyncio.gather(*(one(half) for _ in range(50)), *(one(b"") for _ in range(50)))
    waits = []
    while not strangers.done():
        start = time.monotonic()
        assert (await get(node)).status == 200
        waits.append(time.monotonic() - start)
        await asyncio.sleep(0.1)
    return await strangers, waits


async def slow_byte_by_byte(node):
    """A request that goes on and on, a byte at a time."""
    async with wire(node) as stranger:
        start = time.monotonic()
        end = asyncio.ensure_future(stranger.ended(BOUND_SECONDS))
        await stranger.send(b"GET /connect HTTP/1.1\r\n")
        while not end.done():
            await stranger.send(b"X")
            await asyncio.wait([end], timeout=0.5)
        return time.monotonic() - start


async def kept_without_a_request(node):
    async with wire(node) as stranger:
        await stranger.ask(path="/health", headers={"Host": "localhost"})
        start = time.monotonic()
        await stranger.ended(BOUND_SECONDS)
        return time.monotonic() - start


async def message_unfinished(node):
    """A message whose pieces keep coming, and keep not ending."""
    async with wire(node) as alice:
        await alice.upgrade()
        end = asyncio.ensure_future(alice.closed(BOUND_SECONDS))
        start = time.monotonic()
        await alice.send(frame(TEXT, b"{", fin=False))
        while not end.done():
            await alice.send(frame(CONTINUATION, b" ", fin=False))
            await asyncio.wait([end], timeout=0.5)
        return await end, time.monotonic() - start


async def frame_unfinished(node):
    """One frame, of which the last byte never comes."""
    async with wire(node) as alice:
        await alice.upgrade()
        start = time.monotonic()
        await alice.send(frame(TEXT, b"{" + b" " * 5000, declared=5002))
        return await alice.closed(BOUND_SECONDS), time.monotonic() - start


async def reader_stalled(node):
    """A reader that takes nothing for ten seconds, though its queue has room."""
    async with wire(node) as alice, wire(node, receive_bytes=4096) as stalled:
        await alice.upgrade()
        await stalled.upgrade()
        for each in (alice, stalled):
            await each.text(command("subscribe", topic="stalled"))
            await each.read_frame()
        for _ in range(200):
            await alice.text(command("send", channel="stalled", message="x" * 60000))
            await alice.read_frame()
        line = await node.logged("client stalled")
        return line, await stalled.closed(BOUND_SECONDS)


async def close_unanswered(node):
    """A client that is told to go and does not answer."""
    async with wire(node) as alice:
        await alice.upgrade()
        await alice.send(b"\x82\x80\x00\x00\x00\x00")
        end = await alice.closed()
        start = time.monotonic()
        await alice.ended(BOUND_SECONDS)
        return end, time.monotonic() - start


async def silent_client(node):
    """A client that answers no ping, as one whose machine lost its power."""
    async with wire(node) as alice:
        await alice.upgrade()
        start = time.monotonic()
        first = await alice.read_frame(BOUND_SECONDS)
        await alice.ended(BOUND_SECONDS)
        return first, time.monotonic() - start


async def quiet_client(node):
    """A client that says nothing, but answers pings."""
    async with wire(node) as alice:
        await alice.upgrade()
        pings, until = 0, time.monotonic() + 13
        while time.monotonic() < until:
            opcode, payload = await alice.read_frame(BOUND_SECONDS)
            assert opcode == PING
            pings += 1
            await alice.send(frame(PONG, payload))
        await alice.text('{"command":"list"}')
        opcode, answer = await alice.read_frame()
        while opcode == PING:
            opcode, answer = await alice.read_frame()
        return pings, answer


async def tls_without_a_handshake(node):
    async with wire(node) as stranger:
        start = time.monotonic()
        await stranger.send(b"\x16\x03\x01")
        await stranger.ended(BOUND_SECONDS)
        return time.monotonic() - start


async def run_all(node, impatient, secure):
    scenarios = {each.__name__: each(node) for each in (
        slow_handshakes, slow_byte_by_byte, kept_without_a_request, message_unfinished, frame_unfinished,
        reader_stalled, close_unanswered)}
    scenarios |= {each.__name__: each(impatient) for each in (silent_client, quiet_client)}
    scenarios["tls_without_a_handshake"] = tls_without_a_handshake(secure)
    ends = await asyncio.wait_for(asyncio.gather(*scenarios.values(), return_exceptions=True), 2 * BOUND_SECONDS)
    return dict(zip(scenarios, ends))


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    plain, quick, tls = (tmp_path_factory.mktemp(name) for name in ("plain", "quick", "tls"))
    certify(tls)
    with Node(plain, "limits = { messages_per_second = 0, send_queue_bytes = 100000000 },") as node, \
            Node(quick, "keep_alive_seconds = 1,") as impatient, \
            Node(tls, 'tls = { cert = "cert.pem", key = "key.pem" },') as secure:
        yield asyncio.run(run_all(node, impatient, secure))


@pytest.fixture
def outcome(outcomes):
    def of(scenario):
        found = outcomes[scenario.__name__]
        if isinstance(found, BaseException):
            raise found
        return found

    return of


def test_handshakes_that_are_slow_are_gone_in_10_s_and_the_others_are_served(outcome):
    seconds, waits = outcome(slow_handshakes)
    assert len(seconds) == 100 and max(seconds) < 15
    assert len(waits) > 10 and sorted(waits)[len(waits) // 2] < 1


def test_handshake_byte_by_byte_is_gone_in_10_s(outcome):
    assert outcome(slow_byte_by_byte) < 15


def test_connection_that_is_kept_without_a_request_is_gone_in_10_s(outcome):
    assert outcome(kept_without_a_request) < 15


def test_message_that_is_not_complete_in_10_s_closes_with_1008(outcome):
    end, seconds = outcome(message_unfinished)
    assert end == (1008, "message unfinished") and 9 < seconds < 18


def test_frame_that_is_not_complete_in_10_s_closes_with_1008(outcome):
    end, seconds = outcome(frame_unfinished)
    assert end == (1008, "message unfinished") and 9 < seconds < 18


def test_reader_that_takes_nothing_for_10_s_is_cut_with_1013(outcome):
    line, end = outcome(reader_stalled)
    assert line.fields["client"] > 0
    assert end == (1013, "too slow")


def test_close_that_is_not_answered_ends_the_connection(outcome):
    end, seconds = outcome(close_unanswered)
    assert end[0] == 1003 and seconds < 12


def test_client_that_answers_no_ping_is_gone(outcome):
    first, seconds = outcome(silent_client)
    assert first[0] == PING and 6 < seconds < 18


def test_client_that_answers_pings_stays(outcome):
    pings, answer = outcome(quiet_client)
    assert pings >= 3 and answer == LIST_ANSWER


def test_tls_that_never_shakes_hands_is_gone(outcome):
    assert outcome(tls_without_a_handshake) < 15


