"""Reload: a new generation decides, the old one finishes what it began, and nothing else notices."""

import asyncio
import signal

import pytest

from support.client import OK, client, upgrade_status
from support.node import main_lua


def script(lines: str, config="") -> str:
    return main_lua(config, '"127.0.0.1:0"') + lines


async def said(node, message: str, count=1):
    """Waits for the count-th line of relay.log with this message."""
    found = 0
    seen = 0
    while found < count:
        seen += 1
        line = await node.logged("script", seen)
        found += line.fields["message"] == message
    return line


def messages(node) -> list[str]:
    return [line.fields["message"] for line in node.events("script")]


async def reload_to(node, lines: str, config=""):
    node.main.write_text(script(lines, config))
    return await node.reload()


async def test_state_is_carried_over_and_what_cannot_be_is_named(start_node):
    node = start_node()
    lines = """
relay.state.count = 10
relay.state.list = relay.state.list or { "fresh" }
relay.on("reload", function()
  relay.state.count = relay.state.count + 1
  relay.state.list[#relay.state.list + 1] = { nested = true, number = 1.5 }
  relay.state.print = print
  relay.log.info("count", relay.state.count, "list", #relay.state.list, math.type(relay.state.count))
end)
"""
    for count in range(1, 4):
        assert (await reload_to(node, lines)).event == "reloaded"
        await said(node, f"count {10 + count} list {1 + count} integer")
    assert node.events("not carried over")[0].fields["values"] == "relay.state.print (a function)"


async def test_state_that_is_no_table_any_more_is_named(start_node):
    node = start_node()
    await reload_to(node, 'relay.on("reload", function() relay.state = 5 relay.log.info("replaced") end)')
    await said(node, "replaced")
    assert (await node.reload()).event == "reloaded"
    assert node.events("not carried over")[0].fields["values"] == "relay.state (it is no table any more)"


async def test_timers_and_listeners_of_the_old_generation_are_gone(start_node):
    node = start_node()
    lines = """
relay.every(0.02, function() relay.log.info("tick {0}") end)
relay.after(3600, function() end)
relay.on("client_open", function() relay.log.info("open {0}") end)
"""
    assert (await reload_to(node, lines.replace("{0}", "old"))).event == "reloaded"
    await said(node, "tick old", 3)
    assert (await reload_to(node, lines.replace("{0}", "new"))).event == "reloaded"
    reloaded = len(node.events("script"))
    async with client(node):
        await said(node, "open new")
    await said(node, "tick new", 5)
    assert not [message for message in messages(node)[reloaded:] if message.endswith("old")]


async def test_a_handler_that_waits_finishes_in_its_own_generation(start_node):
    node = start_node()
    lines = """
relay.on("reload", function()
  relay.log.info("begins {0}")
  relay.sleep(2)
  relay.log.info("ends {0}", tostring(pcall(relay.every, 1, print)))
end)
"""
    await reload_to(node, lines.replace("{0}", "old"))
    await said(node, "begins old")
    await reload_to(node, lines.replace("{0}", "new"))
    await said(node, "begins new")
    await said(node, "ends old false")
    await said(node, "ends new true")


@pytest.mark.parametrize("files, words", [
    ({"main.lua": "while true do pcall(error) end"}, "main.lua:8: ran over its budget"),
    ({"main.lua": "local t = ('x'):rep(1e6) return t .. ('x'):rep(600000000)"}, "not enough memory"),
    ({"main.lua": "require 'nothing.there'"}, "module 'nothing.there' not found"),
    ({"main.lua": "x = 1"}, "main.lua:8: assignment to the undefined global 'x'"),
    ({"main.lua": "require 'beside'", "beside.lua": "\nreturn )"}, "beside.lua:2: unexpected symbol near ')'"),
    ({"policies/message.lua": "return 5"}, "policies/message.lua: returns a number"),
    ({"policies/message.lua": "return {"}, "policies/message.lua:1: unexpected symbol near <eof>"),
    ({"policies/health.lua": "while true do end"}, "policies/health.lua:1: ran over its budget"),
    ({"policies/health.lua": "return { rules = { { state = 'odd' } } }"}, "policies/health.lua: rules[1].state"),
], ids=range(9))
async def test_a_generation_that_cannot_be_loaded_is_refused_while_the_old_one_serves(start_node, files, words):
    node = start_node("limits = { messages_per_second = 0 },", files={"policies/.keep": ""})
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("kept")
        await bob.subscribe("kept")
        for name, text in files.items():
            node.write(name, script(text, "limits = { messages_per_second = 0 },") if name == "main.lua" else text)
        refusal = asyncio.create_task(node.reload())
        while not refusal.done():
            await alice.send("kept", "on")
            assert (await bob.receive())["message"] == "on"
        line = await refusal
        assert line.event == "reload refused" and words in line.fields["error"], line.text
        assert line.fields["generation"] == 1
        assert await alice.send("kept", "still") == OK


async def test_an_endless_load_does_not_hold_the_loop(start_node):
    node = start_node()
    node.main.write_text(script("while true do end"))
    node.signal(signal.SIGHUP)
    answered = 0
    async with client(node) as alice:
        while not node.events("reload refused"):
            await alice.channels()
            answered += 1
            await asyncio.sleep(0.01)
    assert answered > 20, "a load that takes seconds leaves time for many answers"


async def test_sigterm_while_a_generation_loads_ends_well(start_node):
    node = start_node()
    node.main.write_text(script("while true do end"))
    node.signal(signal.SIGHUP)
    node.signal(signal.SIGTERM)
    assert await node.exited() == 0


async def test_what_is_asked_for_during_a_load_is_loaded_after_it(start_node):
    node = start_node()
    for _ in range(20):
        node.signal(signal.SIGHUP)
    await node.logged("reloaded")
    line = await reload_to(node, 'relay.on("reload", function() relay.log.info("the newest") end)')
    assert line.event == "reloaded"
    await said(node, "the newest")
    assert len(node.events("reloaded")) < 20


async def test_the_token_of_a_reload_lets_nodes_in_and_the_old_one_does_not(start_node):
    node = start_node('token = "first",')

    async def knocks(token):
        return await upgrade_status(node.url("/node"), extra_headers={"Authentication": token})

    assert [await knocks("first"), await knocks("second")] == [101, 403]
    node.configure('token = "second",')
    assert (await node.reload()).event == "reloaded"
    assert [await knocks("first"), await knocks("second")] == [403, 101]


async def test_counters_and_gauges_keep_their_values(start_node):
    node = start_node()
    lines = """
local reloads = relay.counter("reloads_total", "How often this was loaded again.")
local level = relay.gauge("level", "Anything.")
relay.on("reload", function()
  reloads:add()
  level:add(2)
  relay.log.info("reloads", reloads:value(), "level", level:value())
end)
"""
    for count in range(1, 4):
        await reload_to(node, lines)
        await said(node, f"reloads {float(count)} level {float(2 * count)}")


async def test_events_tell_of_clients_channels_and_messages(start_node):
    node = start_node()
    await reload_to(node, """
for _, event in ipairs { "client_open", "client_close" } do
  relay.on(event, function(client) relay.log.info(event, client.address, client.channels) end)
end
for _, event in ipairs { "channel_open", "channel_close" } do
  relay.on(event, function(channel) relay.log.info(event, channel.name, channel.protected) end)
end
for _, event in ipairs { "subscribe", "unsubscribe" } do
  relay.on(event, function(client, channel) relay.log.info(event, math.type(client.id), channel) end)
end
relay.on("message", function(message)
  relay.log.info("message", message.channel, message.text, message.json, message.client ~= nil, message.nonce)
end)
""")
    async with client(node) as alice:
        await alice.subscribe("garden", "roses")
        await alice.send("garden", 'a "rose"')
        await alice.command("send", "n1", channel="garden", message={"a": [1, None]})
        await alice.unsubscribe("garden")
    await said(node, "client_close 127.0.0.1 0")
    assert messages(node) == [
        "client_open 127.0.0.1 0", "channel_open garden true", "subscribe integer garden",
        r'message garden a \"rose\" false true nil', r'message garden {\"a\": [1, null]} true true n1',
        "unsubscribe integer garden", "channel_close garden true", "client_close 127.0.0.1 0"]


async def test_a_handler_that_waits_ends_with_its_client(start_node):
    node = start_node()
    await reload_to(node, """
relay.on("client_open", function(client)
  local guard <close> = setmetatable({}, { __close = function() relay.log.info("ended", client.id) end })
  relay.log.info("waits", client.id)
  relay.sleep(3600)
end)
""")
    async with client(node):
        await said(node, "waits 1")
        async with client(node):
            await said(node, "waits 2")
        await said(node, "ended 2")
        assert "ended 1" not in messages(node)
    await said(node, "ended 1")


async def test_send_reaches_one_subscriber_and_publish_all(start_node):
    node = start_node()
    await reload_to(node, """
relay.on("subscribe", function(client, channel)
  relay.log.info(relay.send(client.id, channel, "only you"), relay.send(client.id, "other", "nobody"))
  relay.publish(channel, "all of you")
end)
""")
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("hall")
        assert [(await alice.receive())["message"] for _ in range(2)] == ["only you", "all of you"]
        await bob.subscribe("hall")
        assert (await alice.receive())["message"] == "all of you"
        assert [(await bob.receive())["message"] for _ in range(2)] == ["only you", "all of you"]
    assert messages(node) == ["true nil not subscribed"] * 2


async def test_a_handler_that_hears_its_own_messages_does_not_hold_the_loop(start_node):
    node = start_node()
    await reload_to(node, """
relay.on("message", function(message) relay.publish(message.channel, message.text) end)
""")
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("echo")
        await alice.say('{"command":"send","data":{"channel":"echo","message":"x"}}')
        for _ in range(100):
            await alice.receive_text()
        assert await bob.channels() == []
        await alice.unsubscribe("echo")


async def test_reserve_keeps_a_name_through_the_network(network):
    async with network:
        one = await network.start("one")
        two = await network.start("two", [one])
        await two.has_peers()
        one.main.write_text(one.main.read_text() + """
relay.on("reload", function()
  local hash = relay.hash("roses", "garden")
  relay.log.info("reserve", relay.reserve("garden", hash))
  relay.log.info("again", relay.reserve("garden", hash))
  relay.log.info("taken", relay.reserve("garden", relay.hash("other", "garden")))
end)
relay.command("free-it", function() return { freed = relay.unreserve("garden") == true } end)
""")
        assert (await one.reload()).event == "reloaded"
        await said(one, "taken nil channel already reserved")
        assert messages(one)[:2] == ["reserve true", "again true"]
        async with client(two) as alice, client(one) as bob:
            assert (await alice.subscribe("garden", "tulips"))["ok"] is False
            assert await alice.subscribe("garden", "roses") == OK
            assert await bob.subscribe("garden", "roses") == OK
            await alice.unsubscribe("garden")
            await bob.unsubscribe("garden")
            assert (await bob.subscribe("garden", "tulips"))["ok"] is False
