"""ctl trace: one message followed from its sender through policy, fan-out and mesh to its readers."""

import asyncio
import json
import signal
import socket

from support.client import client, command
from support.ctl import SOCKET, Line, following, has_status
from support.plain_peer import PlainPeer

CONTROL = f'control = "{SOCKET}",'
MODERATION = """local message = {}
local function refuse(reason)
  return false, reason
end
function message.publish(facts)
  if facts.text:find "moon" then
    return facts.text:upper()
  elseif facts.text == "no" then
    return refuse "not that"
  end
  return true
end
return message
"""
TURN_AWAY = """local channel_auth = {}
function channel_auth.open(request)
  return request.channel ~= "closed", "it is closed"
end
return channel_auth
"""


async def pair(network):
    """Two nodes, and somebody in verona on each."""
    node_a, node_b = await network.line(2, config=CONTROL)
    romeo, juliet = await network.client(node_a), await network.client(node_b)
    await romeo.subscribe("verona")
    await juliet.subscribe("verona")
    return node_a, node_b, romeo, juliet


async def test_a_message_is_followed_by_its_nonce_through_both_nodes(network):
    async with network:
        node_a, node_b, romeo, juliet = await pair(network)
        with following(node_a, "trace", "on", "--nonce", "n7") as at_a, \
                following(node_b, "trace", "on", "--nonce", "n7") as at_b:
            await romeo.say(command("send", nonce="other", channel="verona", message="not looked for"))
            await romeo.say(command("send", nonce="n7", channel="verona", message="hello"))
            assert (await juliet.receive())["message"] == "not looked for"
            assert (await juliet.receive())["message"] == "hello"
            at_b.wait_for("fanout", 'channel="verona"', 'nonce="n7"', "subscribers=1", 'text="hello"')
            at_a.wait_for("command   send", "client=", 'text="hello"')
            published = at_a.wait_for("published message", 'destination="*"')
            packet = published.split('packet="')[1].split('"')[0]
            at_a.wait_for("sent      message", 'peer="node-b"', packet)
            at_b.wait_for("arrived   message", 'peer="node-a"', packet)
            assert not any("not looked for" in line for line in at_a.lines + at_b.lines)


async def test_a_policy_is_told_with_the_line_that_decided(start_node):
    node = start_node(CONTROL, files={"policies/message.lua": MODERATION, "policies/channel_auth.lua": TURN_AWAY})
    async with client(node) as romeo, client(node) as juliet:
        await juliet.subscribe("verona")
        with following(node, "trace", "on") as trace:
            await romeo.subscribe("verona")
            trace.wait_for("policy    channel_auth.join", 'answer="allowed"', "channel_auth.lua:")
            await romeo.subscribe("closed")
            trace.wait_for("policy    channel_auth.open", 'answer="refused"', 'channel_auth.lua:3"')
            trace.wait_for("refused", 'channel="closed"', 'reason="it is closed"')
            await romeo.send("verona", "no")
            trace.wait_for("policy    message.publish", 'answer="refused"', 'message.lua:3"')
            await romeo.send("verona", "moonlight")
            trace.wait_for("policy    message.publish", 'answer="replaced"', 'message.lua:7"')
            trace.wait_for("fanout", 'text="MOONLIGHT"', "subscribers=1")
            await romeo.send("verona", "yes")
            trace.wait_for("policy    message.publish", 'answer="passed"', 'message.lua:11"')


async def test_a_trace_goes_on_through_a_reload_and_sees_the_new_policy(start_node):
    node = start_node(CONTROL)
    async with client(node) as romeo:
        await romeo.subscribe("verona")
        with following(node, "trace", "on", "--channel", "verona") as trace:
            node.write("policies/message.lua", MODERATION)
            assert (await node.reload()).event == "reloaded"
            await romeo.send("verona", "no")
            trace.wait_for("policy    message.publish", 'message.lua:3"')


async def test_passwords_and_tokens_are_never_told(network):
    async with network:
        node_a, node_b, romeo, _ = await pair(network)
        plain = await network.enter(PlainPeer("node-p"))
        with following(node_b, "trace", "on") as trace:
            await plain.connect(node_b.as_peer())
            await romeo.subscribe("balcony", "moonlight")
            async with client(node_b) as juliet:
                await juliet.subscribe("balcony", "moonlight")
                await juliet.subscribe("balcony", "daylight")
            trace.wait_for("command   subscribe", 'channel="balcony"')
            trace.wait_for("arrived   command", 'source="node-a"', 'command="reserve-channel"')
            text = "\n".join(trace.lines)
        assert "moonlight" not in text and "daylight" not in text and node_b.token not in text
        assert "password" not in text.replace("invalid password", "")


async def test_json_is_an_object_a_line(start_node):
    node = start_node(CONTROL)
    async with client(node) as romeo:
        with following(node, "trace", "on", "--json") as trace:
            await romeo.subscribe("verona")
            await romeo.say(command("send", nonce=7, channel="verona", message={"a": "\x7f\n"}))
            said = json.loads(trace.wait_for('"send"'))
            assert said["step"] == "command" and said["nonce"] == 7 and said["channel"] == "verona"
            assert json.loads(said["text"]) == {"a": "\x7f\n"} and said["time"].endswith("Z")


async def test_an_interrupt_ends_it_and_the_node_looks_no_more(start_node):
    node = start_node(CONTROL)
    with following(node, "trace", "on") as trace:
        trace.signal(signal.SIGINT)
        assert trace.exit_code() == -signal.SIGINT
    await has_status(node, "traces", 0)


async def test_only_so_many_follow(start_node):
    node = start_node(CONTROL)
    lines = [Line(node) for _ in range(8)]
    for line in lines:
        line.ask("trace", "on")
    await has_status(node, "traces", 8)
    with Line(node) as one_more:
        one_more.ask("trace", "on")
        assert one_more.hear_all() == [{"error": "too many follow traces already\n"}, {"exit": 1}]
    for line in lines:
        line.__exit__(None, None, None)


async def test_a_slow_reader_loses_lines_and_is_told_how_many(start_node):
    node = start_node(CONTROL + "limits = { messages_per_second = 0 },")
    with Line(node) as slow:
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.ask("trace", "on")
        await has_status(node, "traces", 1)
        async with client(node) as romeo:
            await romeo.subscribe("verona")
            for _ in range(30):
                for _ in range(200):
                    await romeo.say(command("send", channel="verona", message="x" * 70))
                for _ in range(200):
                    await romeo.answer_text()
            told = []
            while not told or "lost" not in told[-1]:
                told.append((await asyncio.to_thread(slow.hear))["out"])
            lost = int(told[-1].split()[0].lstrip("("))
            assert lost > 0 and len(told) - 1 + lost == 2 + 2 * 6000  # a subscribe is two lines, a send too
            await romeo.send("verona", "the last")
            while "the last" not in told[-1]:
                told.append((await asyncio.to_thread(slow.hear))["out"])
