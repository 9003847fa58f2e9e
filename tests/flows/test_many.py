"""Two thousand clients at once."""

import asyncio
import resource
import signal

import pytest

from support.client import OK, clients, command

CLIENTS = 2000
MESSAGES = 10
CONFIG = "limits = { connections_per_address = 0, messages_per_second = 0 },"


async def test_many_2000_clients_each_receive_every_message_once_and_in_order_and_hear_of_the_drain(start_node):
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < CLIENTS + 200:
        pytest.skip("the machine does not allow so many descriptors")
    node = start_node(CONFIG + "drain_seconds = 5,")
    async with clients(node, CLIENTS) as many:
        assert await asyncio.gather(*(each.subscribe("crowd") for each in many)) == [OK] * CLIENTS
        alice, *others = many
        for number in range(MESSAGES):
            await alice.say(command("send", number, channel="crowd", message=number))
        for _ in range(MESSAGES):
            assert '"ok":true' in await alice.answer_text()

        async def hear(each):
            numbers = [(await each.receive())["message"] for _ in range(MESSAGES)]
            assert await each.channels() == ["crowd"] and not each.inbox
            return numbers

        for numbers in await asyncio.gather(*(hear(each) for each in others)):
            assert numbers == list(range(MESSAGES))
        node.signal(signal.SIGTERM)
        assert {code for code, _ in await asyncio.gather(*(each.closed() for each in many))} == {1012}
    counters = node.counters()
    assert counters["deliveries"] == MESSAGES * (CLIENTS - 1)
    assert counters["clients_opened"] == counters["clients_closed"] == CLIENTS
