"""Limits in time hold on a node on which nothing else happens: no other event may be what ends a connection."""

import asyncio
import time

from support.node import Node
from support.wire import PING, frame, wire

BOUND_SECONDS = 30


async def silent_client(directory):
    """It answers no ping: 1 s of keep-alive, 6 s for the pong, and the walk over the connections."""
    with Node(directory, "keep_alive_seconds = 1,") as node:
        async with wire(node) as alice:
            await alice.upgrade()
            start = time.monotonic()
            assert (await alice.read_frame(BOUND_SECONDS))[0] == PING
            await alice.ended(BOUND_SECONDS)
            return time.monotonic() - start


async def close_unanswered(directory):
    """It does not answer a Close: 5 s, and the walk."""
    with Node(directory) as node:
        async with wire(node) as alice:
            await alice.upgrade()
            await alice.send(b"\x82\x80\x00\x00\x00\x00")
            await alice.closed()
            start = time.monotonic()
            await alice.ended(BOUND_SECONDS)
            return time.monotonic() - start


async def reader_slow_but_reading(directory):
    """It takes a little all the time, and answers no ping for so long: it stays."""
    with Node(directory, "keep_alive_seconds = 1, limits = { send_queue_bytes = 50000000 },") as node:
        async with wire(node) as alice, wire(node, receive_bytes=8192) as slow:
            for each in (alice, slow):
                await each.upgrade()
                await each.send(frame(1, b'{"command":"subscribe","data":{"topic":"c"}}'))
                await each.read_frame()
            for _ in range(100):
                await alice.send(frame(1, b'{"command":"send","data":{"channel":"c","message":"' + b"x" * 60000 + b'"}}'))
            until = time.monotonic() + 14
            while time.monotonic() < until:
                await asyncio.wait_for(slow.reader.readexactly(16384), BOUND_SECONDS)
                await asyncio.sleep(0.1)  # it reads slowly: that is what it does


async def test_quiet_node_ends_who_does_not_answer_in_time(tmp_path_factory):
    scenarios = (silent_client, close_unanswered, reader_slow_but_reading)
    directories = [tmp_path_factory.mktemp(scenario.__name__) for scenario in scenarios]
    silent, unanswered, _ = await asyncio.gather(*(s(d) for s, d in zip(scenarios, directories)))
    assert 6 < silent < 15
    assert 4 < unanswered < 12
