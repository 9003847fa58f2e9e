"""One name, one password, wherever it was opened: simultaneous opens, leaving, partitions, plain peers."""

import asyncio
import json

import pytest

from support.client import OK, client, command, refused
from support.network import Network, reach, reserved_of, stays
from support.node import eventually
from support.plain_peer import Peer, channel_hash
from support.proxy import Proxy

INVALID = refused("invalid password")
ROUNDS = 20


async def clients_of(network, nodes):
    return [await network.client(node) for node in nodes]


def subscribing(who, channel, password):
    """For `eventually` and `stays`."""
    async def ask():
        return await who.subscribe(channel, password)

    return ask


async def opens_at_last(who, channel, password):
    await eventually(subscribing(who, channel, password), OK)


async def reserves(witness, node, wanted):
    await eventually(lambda: reserved_of(witness, node.name), wanted)


@pytest.fixture(params=["line_of_three", "full_of_three"])
def trio(request):
    return request.getfixturevalue(request.param)


async def test_wrong_password_is_refused_on_another_node_as_soon_as_the_first_said_ok(network, trio):
    async with network:
        alice, bob, carol = await clients_of(network, trio)
        for number in range(5):
            channel = f"guarded {number}"
            assert await alice.subscribe(channel, "wordpass") == OK
            assert await carol.subscribe(channel, "wrong") == INVALID
            assert await bob.subscribe(channel) == INVALID
            assert await carol.subscribe(channel, "wordpass") == OK
            assert await bob.subscribe(channel, "wordpass") == OK


async def test_simultaneous_opens_with_different_passwords_have_one_winner(network, trio):
    async with network:
        everybody = await clients_of(network, trio)
        for number in range(ROUNDS):
            channel = f"round {number}"
            answers = await asyncio.gather(*(who.subscribe(channel, f"password of {at}")
                                             for at, who in enumerate(everybody)))
            assert answers.count(OK) == 1 and answers.count(INVALID) == 2, f"{channel}: {answers}"
            winner = answers.index(OK)
            for at, who in enumerate(everybody):
                assert at == winner or await who.subscribe(channel, "wrong") == INVALID
                assert await who.subscribe(channel, f"password of {winner}") == OK
            assert await everybody[winner].send(channel, channel) == OK
            for at, who in enumerate(everybody):
                assert at == winner or await who.receive() == {"message": channel, "channel": channel}
            for who in everybody:
                assert await who.unsubscribe(channel) == OK


async def test_simultaneous_opens_of_one_name_again_and_again_have_one_winner_each_round(network, full_of_three):
    """The name is being given back while the next ones ask for it."""
    async with network:
        everybody = await clients_of(network, full_of_three)
        for number in range(ROUNDS):
            answers = await asyncio.gather(*(who.subscribe("again", f"{number} of {at}")
                                             for at, who in enumerate(everybody)))
            assert answers.count(OK) <= 1 and answers.count(OK) + answers.count(INVALID) == 3, f"{number}: {answers}"
            for who, answer in zip(everybody, answers):
                if answer == OK:
                    assert await who.unsubscribe("again") == OK
        for who in everybody:
            await opens_at_last(who, "again", "at last")
            assert await who.unsubscribe("again") == OK


async def test_simultaneous_opens_with_one_password_all_succeed(network, line_of_three):
    async with network:
        everybody = await clients_of(network, line_of_three)
        for number in range(ROUNDS):
            channel = f"together {number}"
            assert await asyncio.gather(*(who.subscribe(channel, "wordpass") for who in everybody)) == [OK] * 3
            assert await everybody[0].send(channel, number) == OK
            for who in everybody[1:]:
                assert (await who.receive())["message"] == number


async def test_simultaneous_open_with_and_without_a_password_has_one_winner(network, line_of_three):
    async with network:
        alice, _, carol = await clients_of(network, line_of_three)
        for number in range(ROUNDS):
            answers = await asyncio.gather(alice.subscribe(f"c{number}", "wordpass"), carol.subscribe(f"c{number}"))
            # Alice may hear that her password lost, or be let into the channel that has none.
            assert answers in ([OK, INVALID], [INVALID, OK], [OK, OK]), answers
            if answers[1] == OK:
                assert await carol.subscribe(f"c{number}", "any") == OK
                bob = await network.client(line_of_three[1])
                assert await bob.subscribe(f"c{number}") == OK


async def test_name_that_is_given_back_on_one_node_opens_on_another_with_a_new_password(network, line_of_three):
    async with network:
        nodes = line_of_three
        alice, bob, carol = await clients_of(network, nodes)
        for number in range(10):
            who, other = ((alice, carol), (carol, bob), (bob, alice))[number % 3]
            await opens_at_last(who, "passed on", f"word {number}")
            assert await other.subscribe("passed on", "wrong") == INVALID
            assert await who.unsubscribe("passed on") == OK
        async with client(nodes[0]) as dave:
            await opens_at_last(dave, "passed on", "of dave")
        await opens_at_last(carol, "passed on", "after dave hung up")


async def test_last_leaver_frees_the_name_in_the_whole_network(network):
    async with network:
        nodes = await network.line(4)
        alice, bob, carol, dave = await clients_of(network, nodes)
        for who in (alice, bob, carol):
            assert await who.subscribe("shared", "wordpass") == OK
        for who in (alice, carol):
            assert await who.unsubscribe("shared") == OK
            await stays(subscribing(dave, "shared", "another"), INVALID, 0.2)
            assert await who.subscribe("shared", "another") == INVALID
        assert await bob.unsubscribe("shared") == OK
        await opens_at_last(dave, "shared", "another")
        witness = await network.plain("witness", nodes[0])
        for node in nodes[:3]:
            await reserves(witness, node, {"shared": channel_hash("another", "shared")})
        assert await dave.unsubscribe("shared") == OK
        for node in nodes:
            await reserves(witness, node, {})
        await witness.until(lambda: not witness.reserved)


async def test_client_that_hangs_up_while_its_channel_opens_leaves_no_reservation(network, line_of_three):
    async with network:
        nodes = line_of_three
        carol = await network.client(nodes[2])
        for number in range(10):
            async with client(nodes[0]) as alice:
                await alice.say(command("subscribe", topic=f"gone {number}", password="wordpass"))
                alice.socket.transport.abort()
            await opens_at_last(carol, f"gone {number}", "another")


async def test_channels_of_many_clients_open_and_close_without_a_trace(network):
    async with network:
        nodes = await network.full(3)
        everybody = await clients_of(network, nodes)

        async def come_and_go(at, who):
            for number in range(50):
                assert await who.subscribe(f"{at} {number}") == OK
                assert await who.unsubscribe(f"{at} {number}") == OK

        await asyncio.gather(*(come_and_go(at, who) for at, who in enumerate(everybody)))
        witness = await network.plain("witness", nodes[0])
        for node in nodes:
            await reserves(witness, node, {})


# A partition: two nodes behind a line that can be cut.

async def cut_pair(network: Network, config=""):
    """Node A, Node B, the line between them, and the client of each that saw it stand."""
    node_a = await network.start("node-a", (), config)
    proxy = await network.enter(Proxy(node_a.number))
    node_b = await network.start("node-b", [Peer("node-a", proxy.url, node_a.token)], config)
    await network.ready()
    return node_a, node_b, proxy


async def heals_and_takes_the_name_back_from_the_later_one(network):
    async with network:
        node_a, node_b, proxy = await cut_pair(network)
        alice, bob = await clients_of(network, [node_a, node_b])
        assert await alice.subscribe("before", "wordpass") == OK
        assert await bob.subscribe("before", "wordpass") == OK
        proxy.cut()
        earlier = asyncio.create_task(alice.subscribe("split", "of alice"))
        await asyncio.sleep(0.3)  # the older stamp is the better one
        later = asyncio.create_task(bob.subscribe("split", "of bob"))
        assert await earlier == OK, "available: it opens without the other's vote"
        assert await later == OK
        assert await alice.send("split", "alone") == OK
        proxy.heal()
        taken = json.loads(await bob.receive_text())
        assert taken == {"type": "unsubscribed", "data": {"channel": "split", "reason": "channel already reserved"}}
        assert await bob.send("split", "no more") == refused("not subscribed")
        assert await bob.channels() == ["before"] and await alice.channels() == ["before", "split"]
        assert await bob.subscribe("split", "of bob") == INVALID
        assert not bob.inbox, "nothing of another password's channel"
        assert await bob.subscribe("split", "of alice") == OK
        assert await alice.send("split", "together") == OK
        heard = [(await bob.receive())["message"]]
        while heard[-1] != "together":
            heard.append((await bob.receive())["message"])
        assert heard in (["together"], ["alone", "together"]), "what is repaired late may come to who joined since"
        assert await bob.send("before", "still") == OK
        assert (await alice.receive())["message"] == "still"


async def heals_without_a_loss_when_the_password_is_one(network):
    async with network:
        node_a, node_b, proxy = await cut_pair(network)
        alice, bob = await clients_of(network, [node_a, node_b])
        proxy.cut()
        assert await asyncio.gather(*(who.subscribe("split", "one") for who in (alice, bob))) == [OK, OK]
        proxy.heal()
        await reach([node_a, node_b])
        assert await alice.send("split", "healed") == OK
        assert await bob.receive() == {"message": "healed", "channel": "split"}
        assert await bob.send("split", "healed too") == OK
        assert await alice.receive() == {"message": "healed too", "channel": "split"}


async def refuses_an_open_without_a_majority_with_busy(network):
    async with network:
        node_a, node_b, proxy = await cut_pair(network, 'reserve = "majority",')
        alice, bob = await clients_of(network, [node_a, node_b])
        assert await alice.subscribe("before", "wordpass") == OK
        proxy.cut()
        answers = await asyncio.gather(*(who.subscribe("split", "one") for who in (alice, bob)))
        assert answers == [refused("busy")] * 2
        assert await bob.subscribe("before", "wrong") == INVALID
        proxy.heal()
        await opens_at_last(alice, "split", "one")
        assert await bob.subscribe("split", "two") == INVALID


async def test_partition(tmp_path):
    scenarios = (heals_and_takes_the_name_back_from_the_later_one, heals_without_a_loss_when_the_password_is_one,
                 refuses_an_open_without_a_majority_with_busy)
    for scenario in scenarios:
        (tmp_path / scenario.__name__).mkdir()
    await asyncio.gather(*(scenario(Network(tmp_path / scenario.__name__)) for scenario in scenarios))


# Plain peers: the notes' ask, unreserve, and reserve again.

async def test_name_that_a_plain_peer_still_has_open_is_reserved_again(network):
    async with network:
        nodes = await network.line(2)
        plain = await network.plain("plain", nodes[0])
        alice, bob = await clients_of(network, nodes)
        hashed = channel_hash("wordpass", "kept")
        assert await alice.subscribe("kept", "wordpass") == OK
        await plain.until(lambda: plain.reserved.get("kept") == hashed)
        assert await plain.subscribe("kept", "wordpass") == OK
        assert await alice.unsubscribe("kept") == OK
        await plain.until(lambda: plain.heard_commands("unreserve-channel", channel="kept"), "the ask")
        # It said `channel still open`: the name stays reserved in the network.
        await eventually(lambda: reserved_of(plain, "node-a"), {"kept": hashed})
        await stays(subscribing(bob, "kept", "another"), INVALID, 0.3)
        assert await alice.subscribe("kept", "another") == INVALID
        assert await bob.subscribe("kept", "wordpass") == OK
        assert await plain.send("kept", "still here") == OK
        assert (await bob.receive())["message"] == "still here"
        assert await bob.unsubscribe("kept") == OK
        assert await plain.unsubscribe("kept") == OK
        await opens_at_last(bob, "kept", "another")
        await plain.until(lambda: plain.reserved.get("kept") == channel_hash("another", "kept"))


async def test_plain_peer_hears_that_a_channel_is_still_open_and_reserves_it_again(network):
    async with network:
        nodes = await network.line(2)
        plain = await network.plain("plain", nodes[0])
        alice, bob = await clients_of(network, nodes)
        assert await plain.subscribe("kept", "wordpass") == OK
        for who in (alice, bob):
            await eventually(subscribing(who, "kept", "wrong"), INVALID)
            assert await who.subscribe("kept", "wordpass") == OK
        assert await plain.unsubscribe("kept") == OK
        await plain.until(lambda: "kept" in plain.reserved, "channel still open")
        for who in (alice, bob):
            assert await who.subscribe("other", "x") == OK
        stranger = await network.client(nodes[1])
        await stays(subscribing(stranger, "kept", "another"), INVALID, 0.3)
        assert await alice.send("kept", "to bob") == OK
        assert (await bob.receive())["message"] == "to bob"
        assert await alice.unsubscribe("kept") == OK
        assert await bob.unsubscribe("kept") == OK
        await opens_at_last(stranger, "kept", "another")
        await plain.until(lambda: plain.reserved.get("kept") == channel_hash("another", "kept"))


async def test_name_of_a_plain_peer_is_kept_for_it_and_free_when_it_left(network):
    async with network:
        nodes = await network.line(3)
        plain = await network.plain("plain", nodes[0])
        carol = await network.client(nodes[2])
        assert await plain.subscribe("of plain", "wordpass") == OK
        await eventually(lambda: reserved_of(plain, "node-c"), {"of plain": channel_hash("wordpass", "of plain")})
        assert await carol.subscribe("of plain", "wrong") == INVALID
        assert await plain.unsubscribe("of plain") == OK
        await opens_at_last(carol, "of plain", "another")
        await plain.until(lambda: plain.reserved.get("of plain") == channel_hash("another", "of plain"))
        assert await plain.subscribe("of plain", "wordpass") == INVALID


async def test_plain_peer_that_opens_what_another_has_is_told_and_loses_it(network):
    """It had not heard of the reservation when its client subscribed."""
    async with network:
        nodes = await network.line(2)
        plain = await network.plain("plain", nodes[0])
        bob = await network.client(nodes[1])
        assert await bob.subscribe("taken", "wordpass") == OK
        assert await plain.subscribe("taken", "mine", has_heard=False) == OK
        await plain.until(lambda: plain.lost == ["taken"], "channel already reserved")
        await plain.until(lambda: plain.reserved.get("taken") == channel_hash("wordpass", "taken"))
        assert await plain.subscribe("taken", "wordpass") == OK
        assert await bob.send("taken", "one password") == OK
        assert (await plain.receive())["message"] == "one password"


async def plain_has(plain, channel, wanted):
    await plain.until(lambda: (channel in plain.active) == wanted, f"{channel} {'won' if wanted else 'lost'}")


async def test_simultaneous_opens_of_a_node_and_a_plain_peer_have_one_winner(network):
    async with network:
        nodes = await network.line(2)
        plain = await network.plain("plain", nodes[0])
        alice, bob = await clients_of(network, nodes)
        for number in range(ROUNDS):
            channel, who = f"race {number}", (alice, bob)[number % 2]
            answers = await asyncio.gather(who.subscribe(channel, "ours"), plain.subscribe(channel, "theirs"))
            assert answers[0] in (OK, INVALID)
            await plain_has(plain, channel, answers[0] == INVALID)


async def test_plain_peer_is_asked_for_its_vote(network):
    """Its `channel already reserved` refuses an open, though no node of ours knows the name."""
    async with network:
        node = await network.start("node-a")
        plain = await network.plain("plain", node)
        alice = await network.client(node)
        plain.active["secretly"] = channel_hash("theirs", "secretly")
        assert await alice.subscribe("secretly", "ours") == INVALID
        assert await alice.subscribe("secretly", "theirs") == OK
        assert plain.heard_commands("reserve-channel", channel="secretly")
