"""Limits hold, hit only the one who broke them, and are counted."""

import asyncio

import pytest

from support.client import OK, client, clients, command, refused, upgrade_status
from support.wire import TEXT, UPGRADE, frame, get, request, wire

UNLIMITED = "messages_per_second = 0"
NOT_TEXT = b"\x82\x80\x00\x00\x00\x00"


async def test_rate_that_is_exceeded_is_refused_with_the_nonce_and_hits_nobody_else(start_node):
    node = start_node("limits = { messages_per_second = 0.001, burst = 4 },")
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("rates")
        await bob.subscribe("rates")
        for _ in range(3):
            assert await alice.send("rates", "in time") == OK
        assert await alice.command("send", "n1", channel="rates", message="too much") == refused("rate limited")
        assert await alice.command("list", "n2") == refused("rate limited")
        assert await bob.send("rates", "hello") == OK
        assert (await alice.receive())["message"] == "hello"
        assert [(await bob.receive())["message"] for _ in range(3)] == ["in time"] * 3
        assert await bob.channels() == ["rates"] and not bob.inbox
    assert node.counters()["commands_limited"] == 2


async def test_rate_comes_back_with_time(start_node):
    node = start_node("limits = { messages_per_second = 4, burst = 1 },")
    async with client(node) as alice:
        answers = []
        while not (answers and answers[-1] == {"channels": []} and refused("rate limited") in answers):
            answers.append(await alice.command("list"))
            if answers[-1] == refused("rate limited"):
                await asyncio.sleep(0.3)
            assert len(answers) < 100


async def test_rate_of_0_is_no_limit(start_node):
    node = start_node(f"limits = {{ {UNLIMITED}, burst = 1 }},")
    async with client(node) as alice:
        for number in range(3000):
            await alice.say(command("list", number))
        for _ in range(3000):
            assert '"ok":false' not in await alice.answer_text()


async def test_channels_per_client_are_configurable(start_node):
    node = start_node("limits = { channels_per_client = 2 },")
    async with client(node) as alice, client(node) as bob:
        assert [await alice.subscribe(name) for name in "abc"] == [OK, OK, refused("too many channels")]
        assert await bob.subscribe("c") == OK


async def test_reader_that_stalls_is_cut_with_1013_and_the_others_lose_nothing(start_node):
    node = start_node(f"limits = {{ {UNLIMITED}, send_queue_bytes = 65536 }},")
    async with client(node) as alice, client(node) as bob, client(node) as carol, \
            wire(node, receive_bytes=4096) as stalled:
        for each in (alice, bob, carol):
            await each.subscribe("stream")
        await stalled.upgrade()
        await stalled.text(command("subscribe", topic="stream"))
        await stalled.read_frame()

        async def flow(until, number=0):
            while not until.done():
                await alice.send("stream", f"{number} " + "x" * 8000)
                for reader in (bob, carol):
                    assert (await reader.receive())["message"].startswith(f"{number} ")
                number += 1
            return number

        cut = asyncio.ensure_future(node.logged("client too slow"))
        assert await flow(cut) > 8
        # What the kernel held comes first; then the Close, with nothing left out before it.
        seen, end = [], None
        while end is None:
            opcode, payload = await stalled.read_frame()
            if opcode == TEXT:
                seen.append(payload)
            else:
                end = payload
        assert end == b"\x03\xf5too slow"
        numbers = [int(text.split(b'"message":"')[1].split(b" ")[0]) for text in seen]
        assert numbers == list(range(len(numbers)))
    assert node.counters()["clients_too_slow"] == 1


async def test_reader_that_is_slow_but_reads_is_not_cut(start_node):
    node = start_node(f"limits = {{ {UNLIMITED} }},")
    async with client(node) as alice, wire(node, receive_bytes=4096) as slow:
        await alice.subscribe("slow")
        await slow.upgrade()
        await slow.text(command("subscribe", topic="slow"))
        await slow.read_frame()
        for number in range(200):
            await alice.send("slow", f"{number} " + "x" * 4000)
        for number in range(200):
            _, payload = await slow.read_frame()
            assert b'"message":"%d x' % number in payload
    assert node.counters()["clients_too_slow"] == 0


async def test_client_that_never_reads_its_answers_is_cut(start_node):
    node = start_node(f"limits = {{ {UNLIMITED}, send_queue_bytes = 65536 }},")
    async with wire(node, receive_bytes=4096) as greedy, client(node) as alice:
        await greedy.upgrade()
        cut = asyncio.ensure_future(node.logged("client too slow"))

        async def flood():
            batch = b"".join(frame(TEXT, command("list", "n" * 120).encode()) for _ in range(200))
            while True:
                await greedy.send(batch)
                await asyncio.sleep(0)

        flooding = asyncio.ensure_future(flood())
        await cut
        flooding.cancel()
        assert await alice.channels() == []


async def test_events_are_counted_in_the_last_line(start_node):
    node = start_node("limits = { message_bytes = 1000 },")
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("counted")
        await bob.subscribe("counted")
        await alice.send("counted", "four")
        await bob.receive()
        await alice.send("elsewhere", 1)
        await alice.ask("{")
    for data in (NOT_TEXT, frame(TEXT, b"\xff"), frame(TEXT, b"x", declared=1001),
                 frame(TEXT, fin=False) + frame(0, fin=False) * 1025):
        async with wire(node) as mallory:
            await mallory.upgrade()
            await mallory.send(data)
            assert await mallory.closed()
    await get(node, "/connect", headers={**UPGRADE, "Sec-WebSocket-Version": "8"})
    counters = node.counters()
    expected = {
        "connections_accepted": 7, "handshakes_refused": 1, "clients_opened": 6, "clients_closed": 6, "commands": 5,
        "commands_failed": 2, "commands_malformed": 1, "messages": 1, "message_bytes": 6, "deliveries": 1,
        "channels_opened": 1, "channels_closed": 1, "messages_not_text": 1, "messages_not_utf8": 1,
        "messages_too_big": 1, "messages_unfinished": 1, "clients_too_slow": 0, "clients_flooding": 0,
    }
    assert {name: counters[name] for name in expected} == expected


async def test_clients_that_flood_are_counted_and_logged_at_most_ten_times_a_second(start_node):
    node = start_node("limits = { messages_per_second = 0.001, burst = 1 },")
    async with clients(node, 60) as many:
        for each in many:
            for _ in range(4):
                await each.say('{"command":"list"}')
        assert {code for code, _ in await asyncio.gather(*(each.closed() for each in many))} == {1008}
    counters = node.counters()
    lines = node.events("rate limited")
    left_out = sum(line.fields.get("left_out", 0) for line in lines)
    assert counters["clients_flooding"] == 60 and counters["commands_limited"] == 120
    assert 10 <= len(lines) and len(lines) + left_out <= 60


@pytest.mark.parametrize("attack", ["ping", "empty message"])
async def test_flood_of_frames_leaves_the_others_served(start_node, attack):
    node = start_node("limits = { messages_per_second = 100, burst = 100 },")
    data = (frame(9, b"x" * 100) if attack == "ping" else frame(TEXT)) * 2000
    async with client(node) as alice, client(node) as bob, wire(node) as mallory:
        await alice.subscribe("served")
        await bob.subscribe("served")
        await mallory.upgrade()
        drain = asyncio.ensure_future(mallory.closed())
        await mallory.send(data)
        for number in range(20):
            assert await alice.send("served", number) == OK
            assert (await bob.receive())["message"] == number
        if attack == "empty message":
            assert (await drain)[0] == 1008
        drain.cancel()
    assert await upgrade_status(node) == 101


async def test_descriptors_that_run_out_refuse_with_503_and_the_node_recovers_by_itself(start_node):
    node = start_node("limits = { messages_per_second = 0 },", descriptors=300)
    room = node.events("fewer descriptors than limits.connections")[0].fields["room"]
    assert 100 < room < 300
    async with clients(node, room - 1) as many, client(node) as alice:
        async def knock():
            async with wire(node) as stranger:
                await stranger.send(request(headers=UPGRADE))
                return await stranger.ended()

        answers = await asyncio.gather(*(knock() for _ in range(300)))
        assert all(answer == b"" or answer.startswith(b"HTTP/1.1 503") for answer in answers)
        assert await alice.subscribe("inside") == OK
        await many[0].subscribe("inside")
        await many[0].send("inside", "unmoved")
        assert (await alice.receive())["message"] == "unmoved"
    assert await upgrade_status(node) == 101
    assert node.counters()["connections_refused_full"] == 300
