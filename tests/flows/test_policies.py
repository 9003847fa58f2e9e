"""Policies: what they are asked, what their answers do, and what happens when they fail."""

import json

import pytest

from support.client import OK, client, refused, upgrade_status
from support.wire import get, wire, UPGRADE

ENDLESS = "while true do end"
FAILURES = {
    "raises": 'error "broken on purpose"',
    "loops": ENDLESS,
    "traps the end of its loop": f"while true do pcall(function() {ENDLESS} end) end",
    "bombs a pattern": 'local _ = (("a"):rep(30)):find(("a?"):rep(30) .. ("a"):rep(30))',
    "eats memory": 'local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1e6) .. i end',
    "makes one huge string": 'local s = ("x"):rep(1e9)',
    "answers nonsense": 'if true then return "yes" end',
    "answers nothing": "if true then return end",
}


def policy(name: str, body: str) -> dict:
    return {f"policies/{name}.lua": body}


def function(module: str, name: str, body: str) -> dict:
    return policy(module, f"local {module} = {{}}\nfunction {module}.{name}(request)\n{body}\nend\nreturn {module}\n")


def end(node) -> str:
    """Ends the node; its log's failures of policies, as text."""
    assert node.end() == 0
    return "\n".join(line.text for line in node.events("policy failed"))


# client_auth

async def test_client_auth_denies_with_403_and_its_reason(start_node):
    node = start_node(files=function("client_auth", "connect", 'return false, "members only"'))
    answer = await get(node, "/connect", headers=UPGRADE)
    assert (answer.status, answer.body) == (403, "members only\n")
    assert answer.headers["connection"] == "close"
    assert (await get(node)).status == 200
    assert node.counters()["handshakes_refused"] == 1


async def test_client_auth_denies_with_a_status_of_its_own(start_node):
    node = start_node(files=function("client_auth", "connect", 'return false, "who are you?", 401'))
    assert await upgrade_status(node) == 401


async def test_client_auth_restricts_the_origin_and_lets_programs_in_that_send_none(start_node):
    node = start_node(files=function(
        "client_auth", "connect", 'return request.origin == nil or request.origin == "https://ours.example"'))
    assert await upgrade_status(node, origin="https://theirs.example") == 403
    assert await upgrade_status(node, origin="null") == 403
    assert await upgrade_status(node, origin="https://ours.example") == 101
    assert await upgrade_status(node) == 101


async def test_client_auth_sees_address_path_query_and_headers(start_node):
    node = start_node(files=function("client_auth", "connect", """
        return false, table.concat({ request.address, request.path, request.query, request.headers["user-agent"],
                                     request.headers["cookie"], tostring(request.origin) }, "|")"""))
    answer = await get(node, "/connect?token=a&b=c", headers={**UPGRADE, "User-Agent": "curl/8", "Cookie": "id=1"})
    assert answer.body == "127.0.0.1|/connect|token=a&b=c|curl/8|id=1|nil\n"


async def test_client_auth_is_not_asked_for_a_request_that_is_wrong_anyway(start_node):
    node = start_node(files=function("client_auth", "connect", 'error "asked"'))
    assert (await get(node, "/elsewhere", headers=UPGRADE)).status == 404
    assert (await get(node, "/connect", headers={**UPGRADE, "Sec-WebSocket-Version": "8"})).status == 426
    assert end(node) == ""


async def test_client_auth_gives_an_identity_that_the_other_policies_see(start_node):
    node = start_node(files={
        **function("client_auth", "connect",
                   'return true, { user = request.query, groups = { "a", "b" }, age = 1.5, admin = true }'),
        **function("channel_auth", "open", """
            local me = request.client
            return false, ("%s %s %s %s %d"):format(me.user, me.identity.groups[2], me.identity.age, me.identity.admin,
                                                    me.channels)"""),
    })
    async with client(node.url("/connect?alice")) as alice, client(node.url("/connect?bob")) as bob:
        assert await alice.subscribe("a") == refused("alice b 1.5 true 0")
        assert await bob.subscribe("a") == refused("bob b 1.5 true 0")


@pytest.mark.parametrize("body", FAILURES.values(), ids=FAILURES)
async def test_client_auth_that_fails_denies_and_says_where_and_the_node_serves_on(start_node, body):
    node = start_node(files=function("client_auth", "connect",
                                     f'if request.query == "bad" then\n{body}\nend\nreturn true'))
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("served")
        await bob.subscribe("served")
        assert await upgrade_status(node.url("/connect?bad")) == 403
        assert await upgrade_status(node.url("/connect?bad")) == 403
        assert await alice.send("served", "on") == OK
        assert (await bob.receive())["message"] == "on"
    log = end(node)
    assert log.count("policy failed") == 2 and "client_auth.lua:" in log


async def test_policy_that_raises_is_logged_with_its_traceback(start_node):
    node = start_node(files=policy("client_auth", """local client_auth = {}
local function deeper(request)
  return request.no.such
end
function client_auth.connect(request)
  local answer = deeper(request)
  return answer
end
return client_auth
"""))
    assert await upgrade_status(node) == 403
    line = await node.logged("policy failed")
    assert line.level == "error" and line.fields["file"] == "client_auth" and line.fields["function"] == "connect"
    assert "client_auth.lua:3: attempt to index" in line.fields["error"]
    assert "stack traceback" in line.fields["error"] and "client_auth.lua:6" in line.fields["error"]


# channel_auth

async def test_channel_auth_open_denies_with_its_reason_and_without_one(start_node):
    node = start_node(files=function("channel_auth", "open", """
        if request.channel == "told" then return false, "closed on sundays" end
        if request.channel == "protected" then return request.protected end
        return request.channel ~= "untold" """))
    async with client(node) as alice:
        assert await alice.subscribe("told") == refused("closed on sundays")
        assert await alice.subscribe("untold") == refused("not allowed")
        assert await alice.subscribe("protected") == refused("not allowed")
        assert await alice.subscribe("protected", "wordpass") == OK
        assert await alice.subscribe("other") == OK
        assert sorted(await alice.channels()) == ["other", "protected"]


async def test_channel_auth_join_decides_instead_of_the_password(start_node):
    node = start_node(files=function("channel_auth", "join", """
        if request.channel == "open to all" then return true end
        if request.channel == "full" then return false, "full" end
        return request.password_matches and request.protected"""))
    async with client(node) as alice, client(node) as bob:
        for channel in ("open to all", "full", "locked"):
            assert await alice.subscribe(channel, "wordpass") == OK
        await alice.subscribe("unprotected")
        assert await bob.subscribe("open to all", "wrong") == OK
        assert await bob.subscribe("full", "wordpass") == refused("full")
        assert await bob.subscribe("locked", "wrong") == refused("invalid password")
        assert await bob.subscribe("locked", "wordpass") == OK
        assert await bob.subscribe("unprotected") == refused("not allowed")


async def test_channel_auth_list_decides_what_the_node_shows(start_node):
    node = start_node(files=function("channel_auth", "list", 'return request.channel:sub(1, 1) ~= "_"'))
    async with client(node) as alice, client(node) as bob:
        for channel in ("a", "_b", "c"):
            await alice.subscribe(channel, "wordpass")
        assert sorted(await bob.channels_of_node()) == ["a", "c"]
        assert sorted(await alice.channels()) == ["_b", "a", "c"]


@pytest.mark.parametrize("body", ['error "broken"', ENDLESS, 'if true then return "yes" end'])
async def test_channel_auth_that_fails_denies_or_hides(start_node, body):
    failing = f'if request.channel == "bad" then\n{body}\nend\nreturn true'
    node = start_node(files=policy("channel_auth", "\n".join([
        "local channel_auth = {}", f"function channel_auth.join(request)\n{failing}\nend",
        f"function channel_auth.list(request)\n{failing}\nend", "return channel_auth\n"])))
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("bad")
        await alice.subscribe("good")
        assert await bob.subscribe("bad") == refused("not allowed")
        assert await bob.subscribe("good") == OK
        assert await bob.channels_of_node() == ["good"]
    assert 'function="join" instead="denied"' in (log := end(node)) and 'function="list" instead="hidden"' in log


# limits

async def test_limits_of_one_client_can_differ(start_node):
    node = start_node("limits = { channels_per_client = 3 },", files=function("limits", "client", """
        if request.client.address ~= "127.0.0.1" or request.limits.channels_per_client ~= 3 then error "facts" end
        if request.client.id == 1 then return { channels_per_client = 1, message_bytes = 200 } end"""))
    async with client(node) as alice, client(node) as bob:
        assert [await alice.subscribe(name) for name in "ab"] == [OK, refused("too many channels")]
        assert [await bob.subscribe(name) for name in "abcd"] == [OK, OK, OK, refused("too many channels")]
        await alice.say(" " * 201)
        assert (await alice.closed())[0] == 1009
    assert end(node) == ""


@pytest.mark.parametrize("body", [
    'error "broken"', ENDLESS, "return 1", 'return { burst = "many" }', "return { messages_per_second = -1 }",
    "return { channels_per_client = 1, no_such_limit = 1 }", "return { channels_per_client = 0 }",
])
async def test_limits_that_fail_leave_the_configured_ones(start_node, body):
    node = start_node("limits = { channels_per_client = 2 },", files=function("limits", "client", body))
    async with client(node) as alice:
        assert [await alice.subscribe(name) for name in "abc"] == [OK, OK, refused("too many channels")]
    assert "limits.lua:" in end(node)


# health

RULES = """return { rules = {
  { state = "degraded", reason = "first", when = function(facts) return facts.channels >= 1 end },
  { state = "degraded", reason = "second", when = function(facts) return facts.channels >= 1 end },
  { state = "bad", reason = "the worst", when = function(facts) return facts.channels >= 2 end },
} }
"""


@pytest.mark.parametrize("channels, status, state, reason", [
    (0, 200, "good", "healthy"), (1, 200, "degraded", "first"), (2, 503, "bad", "the worst"),
])
async def test_health_has_rules_of_its_own_and_the_worst_wins(start_node, channels, status, state, reason):
    node = start_node(files=policy("health", RULES))
    async with client(node) as alice:
        for number in range(channels):
            await alice.subscribe(f"channel {number}")
        answer = await get(node)
        assert answer.status == status
        assert json.loads(answer.body) == {"healthy": state, "reason": reason}


async def test_health_rule_that_fails_keeps_the_last_state(start_node):
    node = start_node(files=policy("health", """return { rules = {
      { state = "bad", reason = "never", when = function(facts) error "broken rule" end } } }"""))
    assert (await get(node)).body == '{"healthy":"good","reason":"healthy"}'
    assert "broken rule" in end(node) and 'instead="the last state"' in node.log_text()


async def test_health_is_asked_at_most_once_a_second(start_node):
    node = start_node(files=policy("health", """return { rules = {
      { state = "bad", reason = "asked", when = function(facts) error "asked" end } } }"""))
    async with wire(node) as stranger:
        for _ in range(100):
            await stranger.ask(path="/health", headers={"Host": "localhost"})
    assert 1 <= end(node).count("policy failed") < 50


# message

MESSAGE = function("message", "publish", """
    local text = request.text
    if text == "forbidden" then return false, "watch your language" end
    if text == "silent" then return false end
    if text == "facts" then return request.channel .. "|" .. request.client.address .. "|" .. tostring(request.json) end
    if request.json and text == "[1, 2]" then return "[2,1]" end
    if text == "swap" then return 'quoted "new"\\n' end
    if text == "bad" then error "broken" end
    if text == "loop" then while true do end end
    if text == "not json" then return 1 end
    return true""")


async def test_message_policy_passes_drops_and_rewrites(start_node):
    node = start_node(files=MESSAGE)
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("moderated")
        await bob.subscribe("moderated")
        assert await alice.send("moderated", "forbidden") == refused("watch your language")
        for refusal in ("silent", "bad", "loop", "not json"):
            assert await alice.send("moderated", refusal) == refused("not allowed")
        for message in ("fine", "facts", [1, 2], "swap", {"a": None}):
            assert await alice.send("moderated", message) == OK
        heard = [(await bob.receive())["message"] for _ in range(5)]
        assert heard == ["fine", "moderated|127.0.0.1|false", [2, 1], 'quoted "new"\n', {"a": None}]
    assert end(node).count("policy failed") == 3


async def test_message_policy_that_passes_leaves_every_byte(start_node):
    node = start_node(files=MESSAGE)
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("bytes")
        await bob.subscribe("bytes")
        for message in ('{ "a" : 1.50 , "a":1E3 }', r'"\u0041\/"', "12345678901234567890"):
            await alice.ask(f'{{"command":"send","data":{{"message":{message},"channel":"bytes"}}}}')
            assert await bob.receive_text() == f'{{"type":"message","data":{{"message":{message},"channel":"bytes"}}}}'


# The sandbox and the loader.

@pytest.mark.parametrize("name", ["os", "io", "debug", "package", "require 'os'",
                                  "require 'policies.limits'", "load", "loadstring", "dofile", "loadfile",
                                  "collectgarbage", "coroutine", "string.dump", "math.random"])
async def test_policy_has_no_way_out(start_node, name):
    node = start_node(files=function("client_auth", "connect", f"return {name} ~= nil"))
    assert await upgrade_status(node) == 403


async def test_policy_has_no_globals_to_keep_something_in(start_node):
    node = start_node(files=function("client_auth", "connect", "seen = true\nreturn true"))
    assert await upgrade_status(node) == 403
    assert "client_auth.lua:3: assignment to the global 'seen'" in end(node)


async def test_policy_that_does_not_compile_refuses_a_reload_and_the_old_one_decides_on(start_node):
    node = start_node(files=function("client_auth", "connect", 'return request.query == "friend"'))
    node.write("policies/client_auth.lua", "return {\n  connect = function(request) return true end,\n  oops oops\n}")
    line = await node.reload()
    assert line.event == "reload refused" and "policies/client_auth.lua:3:" in line.fields["error"]
    assert await upgrade_status(node.url("/connect?stranger")) == 403
    assert await upgrade_status(node.url("/connect?friend")) == 101


async def test_policy_is_read_again_on_a_reload_and_decides_for_those_who_are_here(start_node):
    node = start_node(files=function("channel_auth", "open", 'return false, "the old one"'))
    async with client(node) as alice:
        assert await alice.subscribe("a") == refused("the old one")
        node.write("policies/channel_auth.lua", 'return { open = function() return false, "the new one" end }')
        assert (await node.reload()).event == "reloaded"
        assert await alice.subscribe("a") == refused("the new one")


async def test_policy_that_does_not_define_a_function_gets_the_shipped_one(start_node):
    node = start_node(files=function("channel_auth", "open", "return true"))
    async with client(node) as alice, client(node) as bob:
        await alice.subscribe("shipped", "wordpass")
        assert await bob.subscribe("shipped", "wrong") == refused("invalid password")
        assert await bob.channels_of_node() == []
