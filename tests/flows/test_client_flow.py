"""WS /connect as the notes describe it: subscribe, unsubscribe, list, send, receive."""

import json

import pytest

from support.client import OK, client, command, refused
from support.wire import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, expect_row, frame, row_of_commands,
                          wire)

NONCES = ['"abc123"', '""', '"caf\u00e9 \U0001f600"', r'"\u00e9\n\"\\"', "1.50", "1e3", "-0", "12345678901234567890.10"]
MESSAGES = [
    '"Hello World"', '""', r'"\u0048\u00e9\/\b\"\\"', '"\u00e9 \U0001f600 \u202e"', r'"\ud83d\ude00"', "null", "true",
    "false", "0", "-0.0", "1.50", "1E+400", "123456789012345678901234567890", "[]", "{}", '[ 1 ,\t2 , [ "x" ] ]',
    '{ "b" : 1 , "a" : { "b" : null } , "b" : 2 }',
]
NAUGHTY = [
    "undefined", "null", "NaN", "__proto__", "'; DROP TABLE channels; --", "<script>alert(1)</script>",
    "../../etc/passwd", "%s%n%x", "$(reboot)", "*", "a b", " leading and trailing ", "\"quoted\\", "\u200b",
    "\ufeffbom", "\u202eright to left", "\u0130\u0131\u1e9e", "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "Z\u0351\u036b\u0343a\u0329l\u034dg\u0321o", "\ue000\uffff\U0010ffff",
]


async def test_new_client_single_node_as_in_the_notes(node):
    async with client(node) as alice, client(node) as bob:
        assert await alice.subscribe("channel") == OK
        assert await bob.subscribe("channel") == OK
        assert await alice.send("channel", "Hello World") == OK
        assert await bob.receive() == {"message": "Hello World", "channel": "channel"}


async def test_answers_have_the_keys_of_the_notes_in_their_order(node):
    async with client(node) as alice, client(node) as bob:
        await bob.subscribe("exact")
        assert await alice.ask('{"command":"subscribe","data":{"topic":"exact"},"nonce":"abc123"}') == \
            '{"type":"response","data":{"ok":true},"nonce":"abc123"}'
        assert await alice.ask('{"command":"list","data":{},"nonce":"abc123"}') == \
            '{"type":"response","data":{"channels":["exact"]},"nonce":"abc123"}'
        assert await alice.ask('{"command":"send","data":{"message":"Hello","channel":"exact"},"nonce":"abc123"}') == \
            '{"type":"response","data":{"ok":true},"nonce":"abc123"}'
        assert await bob.receive_text() == \
            '{"type":"message","data":{"message":"Hello","channel":"exact"},"nonce":"abc123"}'
        assert await alice.ask('{"command":"unsubscribe","data":{"topic":"exact"},"nonce":"abc123"}') == \
            '{"type":"response","data":{"ok":true},"nonce":"abc123"}'


async def test_send_goes_to_every_subscriber_but_its_sender(node):
    async with client(node) as alice, client(node) as bob, client(node) as carol, client(node) as dave:
        for each in (alice, bob, carol):
            await each.subscribe("all-but-me")
        await dave.subscribe("another")
        await alice.send("all-but-me", 1)
        assert (await bob.receive())["message"] == 1
        assert (await carol.receive())["message"] == 1
        assert await alice.channels() == ["all-but-me"] and not alice.inbox
        assert await dave.channels() == ["another"] and not dave.inbox


async def test_unsubscribe_ends_the_messages_of_that_channel_alone(node):
    async with client(node) as alice, client(node) as bob:
        for channel in ("left", "kept"):
            await alice.subscribe(channel)
            await bob.subscribe(channel)
        assert await bob.unsubscribe("left") == OK
        await alice.send("left", "unheard")
        await alice.send("kept", "heard")
        assert await bob.receive() == {"message": "heard", "channel": "kept"}
        assert await bob.send("left", "not mine") == refused("not subscribed")


async def test_unsubscribe_by_the_last_subscriber_closes_the_channel(node):
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("reopened", "wordpass")
        assert await bob.subscribe("reopened") == refused("invalid password")
        await alice.unsubscribe("reopened")
        assert await bob.subscribe("reopened") == OK


async def test_disconnect_of_the_last_subscriber_closes_the_channel(node):
    async with client(node) as alice:
        await alice.subscribe("abandoned", "wordpass")
    async with client(node) as bob:
        assert await bob.subscribe("abandoned") == OK


async def test_list_is_an_array_also_when_empty(node):
    async with client(node) as alice:
        assert await alice.ask('{"command":"list"}') == '{"type":"response","data":{"channels":[]}}'


async def test_list_has_the_clients_own_channels(node):
    async with client(node) as alice, client(node) as bob:
        await bob.subscribe("of-bob")
        for channel in ("one", "two", "three"):
            await alice.subscribe(channel)
        await alice.unsubscribe("two")
        assert sorted(await alice.channels()) == ["one", "three"]


async def test_list_of_the_node_has_open_channels_but_no_protected_ones(node):
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("public")
        await alice.subscribe("secret", "wordpass")
        shown = await bob.channels_of_node()
        assert "public" in shown and "secret" not in shown


async def test_messages_of_one_sender_keep_their_order(node):
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("ordered")
        await bob.subscribe("ordered")
        for number in range(300):
            await alice.say(command("send", number, channel="ordered", message=number))
        for number in range(300):
            assert json.loads(await alice.answer_text()) == {"type": "response", "data": OK, "nonce": number}
        for number in range(300):
            assert (await bob.receive())["message"] == number


@pytest.mark.parametrize("nonce", NONCES)
async def test_nonce_comes_back_byte_for_byte(node, nonce):
    async with client(node) as alice, client(node) as bob:
        await bob.subscribe("nonces")
        assert await alice.ask(f'{{"nonce":{nonce},"command":"subscribe","data":{{"topic":"nonces"}}}}') == \
            f'{{"type":"response","data":{{"ok":true}},"nonce":{nonce}}}'
        assert await alice.ask(f'{{"command":"send","nonce": {nonce} ,"data":{{"channel":"nonces","message":1}}}}') == \
            f'{{"type":"response","data":{{"ok":true}},"nonce":{nonce}}}'
        assert await bob.receive_text() == \
            f'{{"type":"message","data":{{"message":1,"channel":"nonces"}},"nonce":{nonce}}}'
        assert await alice.ask(f'{{"command":"list","nonce":{nonce}}}') == \
            f'{{"type":"response","data":{{"channels":["nonces"]}},"nonce":{nonce}}}'
        assert await alice.ask(f'{{"command":"dance","nonce":{nonce}}}') == \
            f'{{"type":"response","data":{{"ok":false,"reason":"invalid command"}},"nonce":{nonce}}}'


async def test_nonce_survives_the_wait_for_a_password(node):
    async with client(node) as alice:
        for nonce in NONCES:
            topic = json.dumps(f"hashed {nonce}")
            data = f'{{"topic":{topic},"password":"p"}}'
            assert await alice.ask(f'{{"command":"subscribe","data":{data},"nonce":{nonce}}}') == \
                f'{{"type":"response","data":{{"ok":true}},"nonce":{nonce}}}'


async def test_nonce_that_was_not_given_is_left_out(node):
    async with client(node) as alice, client(node) as bob:
        await bob.subscribe("no-nonce")
        assert await alice.ask('{"command":"subscribe","data":{"topic":"no-nonce"}}') == \
            '{"type":"response","data":{"ok":true}}'
        assert await alice.ask('{"command":"send","data":{"message":1,"channel":"no-nonce"}}') == \
            '{"type":"response","data":{"ok":true}}'
        assert await bob.receive_text() == '{"type":"message","data":{"message":1,"channel":"no-nonce"}}'


@pytest.mark.parametrize("message", MESSAGES + ["[" * 30 + "]" * 30], ids=lambda text: text[:20])
async def test_message_of_any_json_arrives_byte_for_byte(node, message):
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("bytes")
        await bob.subscribe("bytes")
        await alice.ask(f'{{"command":"send","data":{{"message":{message},"channel":"bytes"}}}}')
        assert await bob.receive_text() == f'{{"type":"message","data":{{"message":{message},"channel":"bytes"}}}}'


@pytest.mark.parametrize("key", ["topic", "channel"])
async def test_topic_and_channel_mean_the_same(node, key):
    async with client(node) as alice, client(node) as bob:
        await bob.subscribe("synonym")
        assert await alice.command("subscribe", **{key: "synonym"}) == OK
        assert await alice.command("send", **{key: "synonym", "message": "hi"}) == OK
        assert await bob.receive() == {"message": "hi", "channel": "synonym"}
        assert await alice.command("unsubscribe", **{key: "synonym"}) == OK


async def test_unknown_keys_are_ignored(node):
    async with client(node) as alice:
        assert await alice.ask('{ "id" : [1,{"data":2}], "data" : { "x" : {"topic":3}, "topic" : "extra" } ,\r\n'
                               '\t"command" : "subscribe" }') == '{"type":"response","data":{"ok":true}}'
        assert await alice.channels() == ["extra"]


async def test_subscribe_again_is_ok_and_changes_nothing(node):
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("again", "wordpass")
        await bob.subscribe("again", "wordpass")
        for password in ("wordpass", "other", ""):
            assert await alice.subscribe("again", password) == OK
        assert await alice.channels() == ["again"]
        await bob.send("again", "once")
        await bob.send("again", "twice")
        assert [(await alice.receive())["message"] for _ in range(2)] == ["once", "twice"]


@pytest.mark.parametrize("password, answer", [
    ("wordpass", OK), ("Wordpass", refused("invalid password")), ("wordpass ", refused("invalid password")),
    ("", refused("invalid password")), (None, refused("invalid password")), ("x" * 1024, refused("invalid password")),
])
async def test_password_of_a_protected_channel_must_match(node, password, answer):
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("protected", "wordpass")
        assert await bob.subscribe("protected", password) == answer


async def test_password_that_is_missing_is_invalid_for_a_protected_channel(node):
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("protected", "wordpass")
        assert await bob.subscribe("protected") == refused("invalid password")
        assert await bob.send("protected", "hi") == refused("not subscribed")


async def test_password_for_a_channel_without_one_is_ok(node):
    async with client(node) as alice, client(node) as bob, client(node) as carol:
        await alice.subscribe("open")
        assert await bob.subscribe("open", "wordpass") == OK
        assert await carol.subscribe("open") == OK


@pytest.mark.parametrize("empty", ["", None])
async def test_password_that_is_empty_opens_a_channel_without_one(node, empty):
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("unprotected", empty)
        assert await bob.subscribe("unprotected") == OK


async def test_commands_in_a_row_are_answered_in_order_also_around_a_password(node):
    async with client(node) as alice, client(node) as bob:
        await bob.subscribe("row", "wordpass")
        for nonce, (name, data) in enumerate([
            ("subscribe", {"topic": "row", "password": "wordpass"}), ("send", {"channel": "row", "message": "hi"}),
            ("subscribe", {"topic": "row 2", "password": "other"}), ("list", {}), ("unsubscribe", {"topic": "row"}),
            ("subscribe", {"topic": "row", "password": "wrong"}), ("send", {"channel": "row", "message": "no"}),
        ]):
            await alice.say(command(name, nonce, **data))
        answers = [json.loads(await alice.answer_text()) for _ in range(7)]
        assert [answer["nonce"] for answer in answers] == list(range(7))
        assert [answer["data"] for answer in answers] == [
            OK, OK, OK, {"channels": ["row", "row 2"]}, OK, refused("invalid password"), refused("not subscribed")]
        assert (await bob.receive())["message"] == "hi"


@pytest.mark.parametrize("end, code", [(frame(CLOSE, b"\x03\xe8"), 1000), (frame(BINARY, b"x"), 1003), (b"", None)],
                         ids=["and a close", "and a binary frame", "and nothing"])
async def test_commands_in_one_packet_are_answered_in_order_around_passwords(node, end, code):
    async with client(node) as bob, wire(node) as alice:
        await bob.subscribe("row", "wordpass")
        await alice.upgrade()
        await alice.send(row_of_commands() + end)
        await expect_row(alice)
        assert [(await bob.receive())["message"] for _ in range(5)] == list(range(5))
        if code:
            assert (await alice.closed())[0] == code


@pytest.mark.parametrize("text", NAUGHTY)
async def test_naughty_string_as_channel_password_and_message_arrives_unchanged(node, text):
    async with client(node) as alice, client(node) as bob:
        assert await alice.subscribe(text, text) == OK
        assert await bob.subscribe(text) == refused("invalid password")
        assert await bob.subscribe(text, text) == OK
        assert await bob.channels() == [text]
        assert await alice.send(text, text) == OK
        assert await bob.receive() == {"message": text, "channel": text}


async def test_channel_written_with_escapes_is_the_same_channel(node):
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("caf\u00e9/\U0001f600")
        await bob.ask(r'{"command":"subscribe","data":{"topic":"\u0063af\u00e9\/\ud83d\ude00"}}')
        await bob.send("caf\u00e9/\U0001f600", 1)
        assert (await alice.receive())["channel"] == "caf\u00e9/\U0001f600"


async def test_message_in_fragments_arrives_whole_also_around_a_ping(node):
    text = command("send", channel="pieces", message="caf\u00e9 \U0001f600").encode()
    async with client(node) as bob, wire(node) as alice:
        await bob.subscribe("pieces")
        await alice.upgrade()
        await alice.text(command("subscribe", topic="pieces"))
        await alice.read_frame()
        pieces = [text[i:i + 1] for i in range(len(text))]  # also inside of a character
        await alice.send(frame(TEXT, pieces[0], fin=False) + frame(CONTINUATION, fin=False) +
                         frame(PING, b"are you there?"))
        assert await alice.read_frame() == (PONG, b"are you there?")
        await alice.send(b"".join(frame(CONTINUATION, piece, fin=False) for piece in pieces[1:]) + frame(CONTINUATION))
        assert await alice.read_frame() == (TEXT, b'{"type":"response","data":{"ok":true}}')
        assert (await bob.receive())["message"] == "caf\u00e9 \U0001f600"


async def test_client_that_offers_compression_is_served_without(node):
    async with client(node, compression="deflate") as alice, client(node) as bob:
        assert "Sec-WebSocket-Extensions" not in alice.socket.response_headers
        await alice.subscribe("deflate")
        await bob.subscribe("deflate")
        await alice.send("deflate", "x" * 10000)
        assert (await bob.receive())["message"] == "x" * 10000
