"""Messages in networks of three to six nodes: each one once, in order, the same everywhere."""

import asyncio
import json

import pytest

from support.client import OK, Client, command, refused
from support.network import full, line, reach, ring
from support.plain_peer import PlainPeer

SHAPES = {"line": line, "ring": ring, "full": full}
CASES = [("line", 3), ("line", 6), ("ring", 4), ("ring", 5), ("full", 3), ("full", 6)]
EACH = 100  # messages of a sender
END = "end"

NONCES = ['"abc123"', '""', '"caf\u00e9 \U0001f600"', r'"\u00e9\n\"\\"', "1.50", "1e3", "-0", "12345678901234567890.10"]
MESSAGES = [
    '"Hello World"', '""', r'"\u0048\u00e9\/\b\"\\"', r'"a \u0000 b"', '"\u00e9 \U0001f600 \u202e"', r'"\ud83d\ude00"',
    "null", "true", "false", "0", "-0.0", "1.50", "1E+400", "123456789012345678901234567890", "[]", "{}",
    '[ 1 ,\t2 , [ "x" ] ]', '{ "b" : 1 , "a" : { "b" : null } , "b" : 2 }', '"eyJhIjoxfQ=="', '"' + "x" * 50000 + '"',
]


def exactly(text: str):
    """JSON with its numbers as they are written and every pair of an object."""
    return json.loads(text, parse_int=lambda n: ("number", n), parse_float=lambda n: ("number", n),
                      object_pairs_hook=lambda pairs: ("object", pairs))


async def subscribers(network, nodes, channel: str) -> list[Client]:
    """A client on each node."""
    everybody = [await network.client(node) for node in nodes]
    for each in everybody:
        assert await each.subscribe(channel) == OK
    return everybody


async def send_many(sender: Client, channel: str, name):
    """Without waiting for answers between them."""
    for number in range(EACH):
        await sender.say(command("send", number, channel=channel, message=[name, number]))
    await sender.say(command("send", END, channel=channel, message=[name, END]))


async def hear_all(listener: Client, senders, answers=0) -> dict:
    """What comes from each sender up to its end, in the order of its coming; and `ok` to what it sent itself."""
    heard, running = {name: [] for name in senders}, set(senders)
    while running or answers:
        said = json.loads(await listener.receive_text())
        if said["type"] == "response":
            assert said["data"] == OK
            answers -= 1
            continue
        name, number = said["data"]["message"]
        heard[name].append(number)
        if number == END:
            running.discard(name)
    return heard


async def expect_silence(everybody: list[Client], channel: str):
    """A last message of the first comes to all the others, and nothing else does."""
    assert await everybody[0].send(channel, "nothing else") == OK
    for each in everybody[1:]:
        assert (await each.receive())["message"] == "nothing else"
    for each in everybody:
        assert await each.channels() == [channel] and not each.inbox


@pytest.mark.parametrize("shape, count", CASES)
async def test_message_comes_to_every_node_once_and_in_the_senders_order(network, shape, count):
    async with network:
        nodes = await network.shape(SHAPES[shape](count))
        everybody = await subscribers(network, nodes, "all")
        names = list(range(count))
        everything = asyncio.gather(*(hear_all(listener, [other for other in names if other != name], EACH + 1)
                                      for name, listener in enumerate(everybody)))
        await asyncio.gather(*(send_many(sender, "all", name) for name, sender in enumerate(everybody)))
        for heard in await everything:
            for said in heard.values():
                assert said == [*range(EACH), END]
        await expect_silence(everybody, "all")


async def test_messages_of_several_senders_on_one_node_come_to_several_subscribers(network, line_of_three):
    async with network:
        nodes = line_of_three
        senders = [await network.client(nodes[0]) for _ in range(4)]
        listeners = [await network.client(node) for node in nodes for _ in range(2)]
        for each in [*senders, *listeners]:
            assert await each.subscribe("crowd") == OK
        everything = asyncio.gather(*(hear_all(listener, range(4)) for listener in listeners))
        await asyncio.gather(*(send_many(sender, "crowd", name) for name, sender in enumerate(senders)))
        for heard in await everything:
            assert all(said == [*range(EACH), END] for said in heard.values())


async def test_nonce_is_the_same_on_every_node_byte_for_byte(network, line_of_three):
    async with network:
        alice, *others = await subscribers(network, line_of_three, "nonces")
        for nonce in [*NONCES, None]:
            tail = "" if nonce is None else f',"nonce":{nonce}'
            await alice.ask(f'{{"command":"send","data":{{"channel":"nonces","message":1}}{tail}}}')
            for each in others:
                assert await each.receive_text() == \
                    f'{{"type":"message","data":{{"message":1,"channel":"nonces"}}{tail}}}'


async def test_message_of_any_json_is_the_same_on_every_node(network, line_of_three):
    async with network:
        alice, *others = await subscribers(network, line_of_three, "values")
        for message in MESSAGES:
            await alice.ask(f'{{"command":"send","data":{{"channel":"values","message":{message}}}}}')
            for each in others:
                assert exactly(await each.receive_text()) == exactly(
                    f'{{"type":"message","data":{{"message":{message},"channel":"values"}}}}'), message[:60]


async def test_channel_of_any_name_is_one_channel_on_every_node(network, line_of_three):
    async with network:
        alice, carol = await network.client(line_of_three[0]), await network.client(line_of_three[2])
        for channel in ("*", "__proto__", "a b", "'\"\\", "\u202e\U0001f469\u200d\U0001f467", "x" * 256, "null"):
            assert await alice.subscribe(channel, "p\u00e4ss") == OK
            assert await carol.subscribe(channel, "pass") == refused("invalid password")
            assert await carol.subscribe(channel, "p\u00e4ss") == OK
            assert await alice.send(channel, channel) == OK
            assert await carol.receive() == {"message": channel, "channel": channel}


@pytest.mark.parametrize("shape, count", [("line", 4), ("ring", 4)])
async def test_passwords_keep_channels_apart_on_every_node(network, shape, count):
    async with network:
        nodes = await network.shape(SHAPES[shape](count))
        inside = [await network.client(node) for node in nodes]
        outside = [await network.client(node) for node in nodes]
        assert await inside[0].subscribe("guarded", "wordpass") == OK
        for each in outside:
            assert await each.subscribe("other", "wordpass") == OK
            for guess in (["wrong"], [""], []):
                assert await each.subscribe("guarded", *guess) == refused("invalid password")
            assert await each.send("guarded", "let me in") == refused("not subscribed")
        for each in inside[1:]:
            assert await each.subscribe("guarded", "wordpass") == OK
        assert await inside[-1].send("guarded", "among us") == OK
        for each in inside[:-1]:
            assert (await each.receive())["message"] == "among us"
        assert await outside[0].send("other", "outside") == OK
        for each in outside[1:]:
            assert await each.receive() == {"message": "outside", "channel": "other"}
        for each in [*inside, *outside]:
            await each.channels()
            assert not each.inbox


@pytest.mark.parametrize("place", range(3), ids=["first", "middle", "last"])
async def test_plain_peer_in_a_line_passes_messages_on_once_and_in_order(network, place):
    """It rebuilds the JSON of what it forwards; it stays one message."""
    async with network:
        places = []
        for number in range(3):
            peers = places[-1:]
            places.append(await (network.plain("plain", *peers) if number == place
                                 else network.start(f"node-{number}", peers)))
        plain = places[place]
        await plain.linked(*(other.name for at, other in enumerate(places) if abs(at - place) == 1))
        await reach(places)
        everybody = [await network.client(each) for each in places]
        for each in everybody:
            assert await each.subscribe("all") == OK
        for sender in everybody:
            for number in range(EACH):
                assert await sender.send("all", str(number)) == OK
            for each in everybody:
                if each is not sender:
                    assert [(await each.receive())["message"] for _ in range(EACH)] == [str(n) for n in range(EACH)]
        for each in everybody:
            if isinstance(each, PlainPeer):
                assert not each.has_mail()
            else:
                assert await each.channels() == ["all"] and not each.inbox


async def test_plain_peers_and_nodes_in_a_ring_deliver_once(network):
    async with network:
        node_a = await network.start("node-a")
        plain_b = await network.plain("plain-b", node_a)
        node_c = await network.start("node-c", [plain_b])
        plain_d = await network.plain("plain-d", node_c, node_a)
        await plain_b.linked("node-a", "node-c")
        await reach([node_a, node_c])
        everybody = [await network.client(each) for each in (node_a, plain_b, node_c, plain_d)]
        for each in everybody:
            assert await each.subscribe("ring") == OK
        for sender in everybody:
            for number in range(EACH):
                assert await sender.send("ring", str(number)) == OK
            for each in everybody:
                if each is not sender:
                    assert [(await each.receive())["message"] for _ in range(EACH)] == [str(n) for n in range(EACH)]
        assert not plain_b.has_mail() and not plain_d.has_mail()
        for each in (everybody[0], everybody[2]):
            assert await each.channels() == ["ring"] and not each.inbox


async def test_message_at_the_limit_of_a_client_goes_through_the_network(network, line_of_three):
    async with network:
        alice, *others = await subscribers(network, line_of_three, "large")
        head, tail = '{"command":"send","data":{"channel":"large","message":"', '"}}'
        for letter in ("x", "\u00e9", "\\u0001"):
            text = head + letter * ((65536 - len(head + tail)) // len(letter.encode())) + tail
            assert json.loads(await alice.ask(text))["data"] == OK
            for each in others:
                assert (await each.receive())["message"] == json.loads(text)["data"]["message"]
