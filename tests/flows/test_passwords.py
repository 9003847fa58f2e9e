"""Passwords cost a processor 12 ms each: on another thread, one at a time a client, in a bounded queue."""

import asyncio
import json

from support.client import OK, client, clients, command, refused

UNLIMITED = "limits = { messages_per_second = 0, connections_per_address = 0 },"


async def test_passwords_wrong_100_at_once_do_not_hold_a_message_back(start_node):
    node = start_node(UNLIMITED)
    answered, some = 0, asyncio.Event()

    async def guess(stranger):
        nonlocal answered
        assert json.loads(await stranger.socket.recv())["data"] == refused("invalid password")
        answered += 1
        if answered == 5:
            some.set()

    async with client(node) as alice, client(node) as bob, clients(node, 100) as strangers:
        await alice.subscribe("guarded", "wordpass")
        await bob.subscribe("guarded", "wordpass")
        for number, stranger in enumerate(strangers):
            await stranger.say(command("subscribe", topic="guarded", password=f"guess {number}"))
        guesses = asyncio.gather(*(guess(stranger) for stranger in strangers))
        for number in range(5):
            assert await alice.send("guarded", number) == OK
            assert (await bob.receive())["message"] == number
        assert answered < 100, "all were hashed before five messages went through"
        await asyncio.wait_for(some.wait(), 60)
        guesses.cancel()
    assert 5 <= node.counters()["passwords_refused"] <= 100


async def test_passwords_of_one_client_are_hashed_one_at_a_time_and_others_go_between(start_node):
    node = start_node(UNLIMITED)
    async with client(node) as alice, client(node) as mallory:
        for number in range(8):
            await mallory.say(command("subscribe", number, topic=f"flood {number}", password="p"))
        assert await alice.subscribe("mine", "wordpass") == OK
        await mallory.say(command("list", "last"))
        answers = []
        while not answers or answers[-1].get("nonce") != "last":
            answers.append(json.loads(await mallory.answer_text()))
        assert [answer["nonce"] for answer in answers] == [*range(8), "last"]
        assert len(answers[-1]["data"]["channels"]) == 8


async def test_password_queue_that_is_full_answers_busy_and_is_free_again_later(start_node):
    node = start_node("limits = { hash_queue = 1, messages_per_second = 0 },")
    async with clients(node, 100) as strangers:
        for number, stranger in enumerate(strangers):
            await stranger.say(command("subscribe", topic=f"channel {number}", password="p"))
        answers = [json.loads(await stranger.answer_text())["data"] for stranger in strangers]
        assert refused("busy") in answers and OK in answers
        assert all(answer in (OK, refused("busy")) for answer in answers)
        assert await strangers[0].subscribe("later", "p") == OK
        assert await strangers[1].subscribe("no password") == OK
        busy = answers.count(refused("busy"))
    assert node.counters()["passwords_busy"] == busy


async def test_passwords_that_are_the_same_wait_for_one_hash_and_do_not_fill_the_queue(start_node):
    node = start_node("limits = { hash_queue = 1, messages_per_second = 0 },")
    async with clients(node, 50) as many:
        for each in many:
            await each.say(command("subscribe", topic="together", password="wordpass"))
        for each in many:
            assert json.loads(await each.answer_text())["data"] == OK
    assert node.counters()["passwords_busy"] == 0


async def test_password_that_was_right_is_remembered_and_one_that_was_wrong_is_not(start_node):
    node = start_node()
    async with client(node) as alice, client(node) as bob:
        assert await alice.subscribe("remembered", "wordpass") == OK
        for _ in range(3):
            assert await bob.subscribe("remembered", "wrong") == refused("invalid password")
        assert await bob.subscribe("remembered", "wordpass") == OK
    counters = node.counters()
    assert counters["passwords_remembered"] == 1
    assert counters["passwords_refused"] == 3


async def test_password_that_is_remembered_does_not_open_another_channel(start_node):
    node = start_node()
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("one", "first")
        await alice.subscribe("two", "second")
        assert await bob.subscribe("two", "first") == refused("invalid password")
        assert await bob.subscribe("two", "second") == OK


async def test_password_of_a_reopened_channel_is_the_new_one(start_node):
    node = start_node()
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("reopened", "first")
        await alice.unsubscribe("reopened")
        await alice.subscribe("reopened", "second")
        assert await bob.subscribe("reopened", "first") == refused("invalid password")
        assert await bob.subscribe("reopened", "second") == OK


async def test_client_that_leaves_while_its_password_is_hashed_leaves_nothing_behind(start_node):
    node = start_node()
    async with client(node) as bob:
        async with clients(node, 12) as strangers:
            for number, stranger in enumerate(strangers):
                await stranger.say(command("subscribe", topic=f"gone {number}", password="p"))
            for stranger in strangers[:6]:
                stranger.socket.transport.abort()
        for number in range(12):
            await bob.subscribe(f"gone {number}")
        assert len(await bob.channels()) == 12
    counters = node.counters()
    assert counters["channels_opened"] == counters["channels_closed"]
    assert counters["clients_opened"] == counters["clients_closed"] == 13
