"""Every refusal of a command: its exact words, with and without a nonce, and the connection stays."""

import json

import pytest

from support.client import OK, client, command, refused

LONG = "x" * 65000

# (a name, the command's members without its nonce, the reason)
REFUSALS = [
    ("command absent", '"data":{}', "invalid command"),
    ("command unknown", '"command":"publish","data":{}', "invalid command"),
    ("command in capitals", '"command":"Subscribe","data":{"topic":"a"}', "invalid command"),
    ("command empty", '"command":"","data":{}', "invalid command"),
    ("command with NUL", r'"command":"list\u0000"', "invalid command"),
    ("command no string", '"command":1,"data":{}', "invalid command"),
    ("command null", '"command":null,"data":{}', "invalid command"),
    ("subscribe without data", '"command":"subscribe"', "missing data"),
    ("unsubscribe without data", '"command":"unsubscribe"', "missing data"),
    ("send without data", '"command":"send"', "missing data"),
    ("data null", '"command":"subscribe","data":null', "missing data"),
    ("data array", '"command":"subscribe","data":["a"]', "missing data"),
    ("data string", '"command":"send","data":"a"', "missing data"),
    ("subscribe without topic", '"command":"subscribe","data":{}', "missing topic"),
    ("unsubscribe without topic", '"command":"unsubscribe","data":{"password":"a"}', "missing topic"),
    ("send without channel", '"command":"send","data":{"message":"a"}', "missing channel"),
    ("send without anything", '"command":"send","data":{}', "missing channel"),
    ("send without message", '"command":"send","data":{"channel":"a"}', "missing message"),
    ("topic empty", '"command":"subscribe","data":{"topic":""}', "invalid topic"),
    ("topic no string", '"command":"subscribe","data":{"topic":1}', "invalid topic"),
    ("topic null", '"command":"subscribe","data":{"topic":null}', "invalid topic"),
    ("topic object", '"command":"unsubscribe","data":{"topic":{}}', "invalid topic"),
    ("topic with NUL", r'"command":"subscribe","data":{"topic":"a\u0000b"}', "invalid topic"),
    ("topic with newline", r'"command":"subscribe","data":{"topic":"a\nb"}', "invalid topic"),
    ("topic with DEL", r'"command":"subscribe","data":{"topic":"a\u007f"}', "invalid topic"),
    ("topic with C1", r'"command":"subscribe","data":{"topic":"\u0085"}', "invalid topic"),
    ("topic half a character", r'"command":"subscribe","data":{"topic":"\ud83d"}', "invalid topic"),
    ("topic of 65,000 bytes", f'"command":"subscribe","data":{{"topic":"{LONG}"}}', "invalid topic"),
    ("channel empty", '"command":"send","data":{"channel":"","message":1}', "invalid channel"),
    ("channel no string", '"command":"send","data":{"channel":[],"message":1}', "invalid channel"),
    ("channel with escape", r'"command":"send","data":{"channel":"\u001b[2J","message":1}', "invalid channel"),
    ("password no string", '"command":"subscribe","data":{"topic":"a","password":1}', "invalid password"),
    ("password array", '"command":"subscribe","data":{"topic":"a","password":["p"]}', "invalid password"),
    ("password half a character", r'"command":"subscribe","data":{"topic":"a","password":"\ude00"}',
     "invalid password"),
    ("password of 65,000 bytes", f'"command":"subscribe","data":{{"topic":"a","password":"{LONG}"}}',
     "invalid password"),
    ("unsubscribe from nowhere", '"command":"unsubscribe","data":{"topic":"nowhere"}', "not subscribed"),
    ("send to nowhere", '"command":"send","data":{"channel":"nowhere","message":1}', "not subscribed"),
]

MALFORMED = [
    "", " ", "{", "}", "{]", '{"command":"list"', '{"command":"list"}}', '{"command":"list"} {}', '{"command":"list",}',
    '{,"command":"list"}', '{"command" "list"}', "{'command':'list'}", "{command:1}", '{"command":list}',
    '{"a":01}', '{"a":+1}', '{"a":.5}', '{"a":1.}', '{"a":1e}', '{"a":0x10}', '{"a":NaN}', '{"a":Infinity}',
    '{"a":nul}', '{"a":True}', '{"a":"\t"}', '{"a":"\n"}', r'{"a":"\x"}', r'{"a":"\u12"}', r'{"a":"\u12G4"}',
    '{"a":"b}', '{"a":[1,]}', '{"a":[1 2]}', '{1:2}', '"', "nul", "tru", "-", "[", "\x00", '{"command":"list"}\x00',
    '{"command":"list"}\x00garbage', '\ufeff{"command":"list"}', '{"command":"list"/* comment */}', "[" * 60000,
]


@pytest.mark.parametrize("members, reason", [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS])
async def test_refusal_has_its_words_and_the_nonce(node, members, reason):
    async with client(node) as alice:
        assert await alice.ask(f"{{{members}}}") == \
            f'{{"type":"response","data":{{"ok":false,"reason":"{reason}"}}}}'
        assert await alice.ask(f'{{"nonce":1.50,{members}}}') == \
            f'{{"type":"response","data":{{"ok":false,"reason":"{reason}"}},"nonce":1.50}}'
        assert await alice.channels() == []


@pytest.mark.parametrize("nonce", ["true", "false", "null", "[]", "{}", '["a"]'])
async def test_nonce_that_is_no_string_or_number_is_invalid_and_not_echoed(node, nonce):
    async with client(node) as alice:
        assert await alice.ask(f'{{"command":"list","nonce":{nonce}}}') == \
            '{"type":"response","data":{"ok":false,"reason":"invalid nonce"}}'


async def test_json_that_is_malformed_is_named_and_the_connection_stays(node):
    async with client(node) as alice:
        for text in MALFORMED:
            assert await alice.ask(text) == '{"type":"response","data":{"ok":false,"reason":"malformed json"}}', text
            assert await alice.channels() == []


@pytest.mark.parametrize("text", ["[]", "[1,2]", "1", '"list"', "null", "true"])
async def test_json_that_is_no_object_is_no_command(node, text):
    async with client(node) as alice:
        assert await alice.ask(text) == '{"type":"response","data":{"ok":false,"reason":"invalid command"}}'


# Limits in pairs: the last that passes, the first that does not.

@pytest.mark.parametrize("name, answer", [
    ("x" * 256, OK), ("x" * 257, refused("invalid topic")), ("\u00e9" * 128, OK),
    ("\u00e9" * 128 + "x", refused("invalid topic")),
    ("\U0001f600" * 64, OK), ("\U0001f600" * 64 + "x", refused("invalid topic")),
], ids=["256 bytes", "257 bytes", "128 x 2 bytes", "128 x 2 + 1 bytes", "64 x 4 bytes", "64 x 4 + 1 bytes"])
async def test_channel_of_256_bytes_passes_and_of_257_is_refused(node, name, answer):
    async with client(node) as alice:
        assert await alice.subscribe(name) == answer
        expected = OK if answer == OK else refused("invalid channel")
        assert await alice.send(name, 1) == expected
        assert await alice.unsubscribe(name) == answer


async def test_channel_of_256_bytes_counts_without_its_escapes(node):
    async with client(node) as alice:
        escaped = r"\u0061" * 256
        assert json.loads(await alice.ask(f'{{"command":"subscribe","data":{{"topic":"{escaped}"}}}}'))["data"] == OK
        assert await alice.channels() == ["a" * 256]


@pytest.mark.parametrize("nonce", ['"' + "n" * 128 + '"', "1" * 128, "1." + "0" * 126],
                         ids=["string", "digits", "zeros"])
async def test_nonce_of_128_bytes_passes_and_of_129_is_refused(node, nonce):
    longer = nonce[:-1] + nonce[-2] + nonce[-1] if nonce[0] == '"' else nonce + "0"
    async with client(node) as alice:
        assert await alice.ask(f'{{"command":"list","nonce":{nonce}}}') == \
            f'{{"type":"response","data":{{"channels":[]}},"nonce":{nonce}}}'
        assert await alice.ask(f'{{"command":"list","nonce":{longer}}}') == \
            '{"type":"response","data":{"ok":false,"reason":"invalid nonce"}}'


async def test_password_of_1024_bytes_passes_and_of_1025_is_refused(node):
    async with client(node) as alice, client(node) as bob:
        assert await alice.subscribe("long password", "\u00e9" * 512 + "x") == refused("invalid password")
        assert await alice.subscribe("long password", "\u00e9" * 512) == OK
        assert await bob.subscribe("long password", "\u00e9" * 511 + "xy") == refused("invalid password")
        assert await bob.subscribe("long password", "\u00e9" * 512) == OK


async def test_channels_up_to_100_pass_and_the_101st_is_too_many(node):
    async with client(node) as alice:
        for number in range(100):
            assert await alice.subscribe(f"many {number}") == OK
        assert await alice.subscribe("many 100") == refused("too many channels")
        assert await alice.subscribe("many 100", "wordpass") == refused("too many channels")
        assert await alice.subscribe("many 0") == OK
        assert await alice.unsubscribe("many 50") == OK
        assert await alice.subscribe("many 100") == OK
        assert len(await alice.channels()) == 100


@pytest.mark.parametrize("opening, closing", [("[", "]"), ('{"a":', "}")], ids=["arrays", "objects"])
async def test_depth_of_32_passes_and_of_33_is_malformed(node, opening, closing):
    inner = "1" if opening != "[" else ""

    def send(depth):  # the message stands two deep
        message = opening * (depth - 2) + inner + closing * (depth - 2)
        return f'{{"command":"send","data":{{"channel":"deep","message":{message}}}}}'

    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("deep")
        await bob.subscribe("deep")
        assert await alice.ask(send(32)) == '{"type":"response","data":{"ok":true}}'
        assert await alice.ask(send(33)) == '{"type":"response","data":{"ok":false,"reason":"malformed json"}}'
        await alice.send("deep", "next")
        await bob.receive()
        assert (await bob.receive())["message"] == "next"


async def test_refusal_with_a_nonce_in_the_middle_of_a_row_keeps_its_place(node):
    async with client(node) as alice:
        texts = ["{", command("list", "a"), command("dance", "b"), command("send", "c", channel="x", message=1)]
        for text in texts:
            await alice.say(text)
        answers = [json.loads(await alice.answer_text()) for _ in texts]
        assert [answer.get("nonce") for answer in answers] == [None, "a", "b", "c"]
        assert [answer["data"].get("reason") for answer in answers] == \
            ["malformed json", None, "invalid command", "not subscribed"]
