"""GET /metrics: what a scrape says while clients, peers and policies do this and that, and what promtool says to it."""

import asyncio
import contextlib
import re
import subprocess

from support.client import OK, client, clients, command, refused, upgrade_status
from support.ctl import SOCKET, told
from support.http import get
from support.node import WAIT_SECONDS, eventually
from support.plain_peer import Peer
from support.wire import TEXT, wire

ADMIN = f'control = "{SOCKET}", admin = {{ listen = "127.0.0.1:0", channel_metrics = 100 }},'
UNLIMITED = "messages_per_second = 0"
HOSTILE = ['"} 1\nwsrelay_clients 99', "back\\slash\\n", 'a"b', "{}", "🌙 garden", "# HELP wsrelay_clients no", " ", "\u2028",
           "é" * 128]
RAISES = "return { publish = function(message) if message.text == 'boom' then error 'oops' end return true end }"
GONE = Peer("node-c", "ws://127.0.0.1:1/node", "token")
BAD_WHEN_DRAINING = """return { rules = {
  { state = "bad", reason = "draining", when = function(facts) return facts.draining end },
} }"""

SAMPLE = re.compile(r'^([a-z_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (\S+)$')


class Scrape(dict):
    """The samples of one scrape by name and labels, as they stand in it."""

    def __init__(self, text: str):
        super().__init__()
        for line in text.rstrip("\n").split("\n"):
            if not line.startswith("#"):
                name, labels, value = SAMPLE.match(line).groups()
                assert name + (labels or "") not in self, line
                self[name + (labels or "")] = float(value)

    def since(self, before: "Scrape") -> dict:
        """What became more."""
        return {key: value - before.get(key, 0) for key, value in self.items() if value != before.get(key, 0)}


def port(node) -> int:
    return [line for line in node.events("listening") if line.fields["scheme"] == "admin"][-1].fields["port"]


async def scrape_text(node) -> str:
    answer = await get(port(node), "/metrics")
    assert answer.status == 200 and answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return answer.text


async def scrape(node) -> Scrape:
    return Scrape(await scrape_text(node))


async def becomes(node, sample: str, wanted):
    async def ask():
        return (await scrape(node)).get(sample)

    await eventually(ask, wanted)


def promtool(text: str):
    """Asserts that it has nothing to say."""
    said = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True,
                          timeout=WAIT_SECONDS, check=False)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", ""), text


def payload_of(texts) -> int:
    return sum(len(text.encode()) for text in texts)


def frames_of(texts) -> int:
    """With headers as a server's."""
    return sum(len(text.encode()) + (2 if len(text.encode()) < 126 else 4) for text in texts)


async def test_three_clients_send_five_messages_each_to_ten_subscribers(start_node):
    node = start_node(ADMIN)
    async with clients(node, 10) as garden:
        said, heard = [], []
        for each in garden:
            said.append(command("subscribe", topic="garden"))
            heard.append(await each.ask(said[-1]))
        before = await scrape(node)
        assert before["wsrelay_clients"] == 10 and before["wsrelay_channels"] == 1
        assert before['wsrelay_received_bytes_total{from="clients"}'] == payload_of(said)
        assert before['wsrelay_sent_bytes_total{to="clients"}'] == frames_of(heard)
        said, heard = [], []
        for number in range(5):
            for sender in garden[:3]:
                said.append(command("send", channel="garden", message=f"number {number}"))
                heard.append(await sender.ask(said[-1]))
        for number, each in enumerate(garden):
            heard += [await each.receive_text() for _ in range(10 if number < 3 else 15)]
        after = await scrape(node)
        more = after.since(before)
        assert more["wsrelay_commands_total"] == 15 and "wsrelay_commands_failed_total" not in more
        assert more["wsrelay_messages_total"] == 15
        assert more["wsrelay_message_bytes_total"] == 15 * len('"number 0"')
        assert more["wsrelay_deliveries_total"] == 5 * 3 * 9
        assert more['wsrelay_received_bytes_total{from="clients"}'] == payload_of(said)
        assert more['wsrelay_sent_bytes_total{to="clients"}'] == frames_of(heard)
        assert more['wsrelay_channel_messages_total{channel="garden"}'] == 15
        assert after['wsrelay_channel_subscribers{channel="garden"}'] == 10
        assert after['wsrelay_queued_bytes{to="clients"}'] == 0
        assert not any("drops" in sample or "refused" in sample for sample in more)
    await becomes(node, "wsrelay_clients", 0)
    last = await scrape(node)
    assert last["wsrelay_clients_opened_total"] == last["wsrelay_clients_closed_total"] == 10
    assert last["wsrelay_channels_opened_total"] == last["wsrelay_channels_closed_total"] == 1


async def test_refusals_and_disconnects_are_told_by_their_reason(start_node):
    node = start_node(ADMIN + "limits = { messages_per_second = 0.001, burst = 5, connections_per_address = 2 },")
    async with client(node) as alice, client(node) as bob:
        assert await upgrade_status(node) == 429
        assert await alice.subscribe("garden", "roses") == OK
        assert await bob.subscribe("garden", "tulips") == refused("invalid password")
        await bob.ask("{")
        for _ in range(3):
            await bob.channels()
        assert await bob.command("list") == refused("rate limited")
        await bob.say(b"\x00")
        assert (await bob.closed())[0] == 1003
    await becomes(node, "wsrelay_connections", 0)
    assert await upgrade_status(node.url("/nowhere")) != 101
    more = (await scrape(node)).since({})
    assert more['wsrelay_connections_refused_total{reason="address"}'] == 1
    assert more['wsrelay_connections_refused_total{reason="handshake"}'] == 1
    assert more['wsrelay_commands_refused_total{reason="wrong_password"}'] == 1
    assert more['wsrelay_commands_refused_total{reason="malformed"}'] == 1
    assert more['wsrelay_commands_refused_total{reason="rate_limited"}'] == 1
    assert more["wsrelay_commands_failed_total"] == 3
    assert more['wsrelay_disconnects_total{reason="not_text"}'] == 1
    assert sum(value for sample, value in more.items() if sample.startswith("wsrelay_disconnects")) == 1


async def test_what_a_reader_does_not_take_is_queued_and_then_dropped(start_node):
    node = start_node(ADMIN + f"limits = {{ {UNLIMITED}, send_queue_bytes = 1000000 }},")
    async with client(node) as alice, wire(node, receive_bytes=4096) as stalled:
        await alice.subscribe("stream")
        await stalled.upgrade()
        await stalled.text(command("subscribe", topic="stream"))
        assert (await stalled.read_frame())[0] == TEXT
        cut = asyncio.ensure_future(node.logged("client too slow"))
        queued = sent = 0
        while not cut.done():
            await alice.send("stream", "x" * 20000)
            sent += 1
            queued = max(queued, (await scrape(node))['wsrelay_queued_bytes{to="clients"}'])
        assert 500000 < queued <= 1000000
    await becomes(node, "wsrelay_clients", 0)
    last = await scrape(node)
    assert last['wsrelay_queued_bytes{to="clients"}'] == 0
    assert last['wsrelay_disconnects_total{reason="too_slow"}'] == 1
    assert queued // 20100 < last['wsrelay_drops_total{reason="too_slow"}'] <= sent


async def test_policy_s_calls_and_failures_go_on_after_a_reload(start_node):
    node = start_node(ADMIN, files={"policies/message.lua": RAISES})
    labels = '{policy="message",question="publish"}'
    async with client(node) as alice:
        await alice.subscribe("garden")
        assert await alice.send("garden", "hello") == OK
        assert await alice.send("garden", "boom") == refused("not allowed")
        first = await scrape(node)
        assert first["wsrelay_policy_calls_total" + labels] == 2
        assert first["wsrelay_policy_failures_total" + labels] == 1
        assert first["wsrelay_policy_seconds_count" + labels] == 1
        assert first["wsrelay_policy_seconds_sum" + labels] > 0
        assert (await node.reload()).event == "reloaded"
        assert await alice.send("garden", "boom") == refused("not allowed")
        more = (await scrape(node)).since(first)
        assert more["wsrelay_generation"] == 1
        assert more["wsrelay_policy_calls_total" + labels] == more["wsrelay_policy_failures_total" + labels] == 1
        assert more["wsrelay_policy_seconds_count" + labels] == 1
        assert all(value > 0 for sample, value in more.items() if "_total" in sample)


async def test_peers_are_told_with_what_went_between_them(network):
    async with network:
        here = await network.start("node-a", config=ADMIN)
        there = await network.start("node-b", [here, GONE], ADMIN)
        await network.ready()
        async with client(here) as alice, client(there) as bob:
            assert await alice.subscribe("garden", "roses") == OK
            assert await bob.subscribe("garden", "roses") == OK
            await becomes(here, 'wsrelay_reservations{state="replicated"}', 1)
            before_here, before_there = await scrape(here), await scrape(there)
            for number in range(4):
                await alice.send("garden", number)
                assert (await bob.receive())["message"] == number
            after = await scrape(there)
            more_here, more_there = (await scrape(here)).since(before_here), after.since(before_there)
        assert more_there["wsrelay_remote_messages_total"] == more_there["wsrelay_messages_total"] == 4
        assert more_there["wsrelay_broadcasts_delivered_total"] == more_there["wsrelay_deliveries_total"] == 4
        assert "wsrelay_remote_messages_total" not in more_here and more_here["wsrelay_messages_total"] == 4
        assert more_here['wsrelay_packets_forwarded_total{way="tree"}'] >= 4
        assert more_there['wsrelay_received_bytes_total{from="peers"}'] >= more_there["wsrelay_packets_received_bytes_total"]
        assert after['wsrelay_peer_up{peer="node-a"}'] == 1 and after['wsrelay_peer_up{peer="node-c"}'] == 0
        assert after["wsrelay_peers"] == 1 and after["wsrelay_peers_configured"] == 2 and after["wsrelay_nodes"] == 1
        assert after['wsrelay_reservations{state="held"}'] == 1
        assert 'wsrelay_peer_queued_bytes{peer="node-c"}' not in after

        async def is_measured():
            return 0 < (await scrape(there)).get('wsrelay_peer_latency_seconds{peer="node-a"}', 0) < WAIT_SECONDS

        await eventually(is_measured, True)
        promtool(await scrape_text(there))


async def test_channel_s_name_stays_inside_of_its_label(start_node):
    node = start_node(ADMIN)
    async with client(node) as alice:
        for name in HOSTILE:
            allowed = "\n" not in name
            assert await alice.subscribe(name) == (OK if allowed else refused("invalid topic")), name
        text = await scrape_text(node)
        promtool(text)
        values = re.findall(r'^wsrelay_channel_subscribers\{channel="(.*)"\} 1$', text, re.MULTILINE)
        plain = {re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], value) for value in values}
        assert plain == {name for name in HOSTILE if "\n" not in name}
        assert (await scrape(node))["wsrelay_clients"] == 1
        assert told(node, "metrics").count("wsrelay_channel_subscribers{") == len(plain)


async def test_channels_have_no_names_unless_they_are_asked_for(start_node):
    node = start_node(ADMIN.replace("channel_metrics = 100", ""))
    async with client(node) as alice:
        await alice.subscribe("garden")
        assert "garden" not in await scrape_text(node)


async def test_promtool_has_nothing_to_say_to_a_node_and_its_scripts(start_node):
    node = start_node(ADMIN)
    node.main.write_text(node.main.read_text() + 'relay.counter("seen_total", "What was seen.\\nOr heard."):add(3)')
    assert (await node.reload()).event == "reloaded"
    text = await scrape_text(node)
    promtool(text)
    assert text.endswith("# TYPE seen_total counter\nseen_total 3\n")


async def test_no_figure_of_the_engine_is_left_out(start_node):
    node = start_node(ADMIN)
    code = """local named = { version = true }
      local function add(name) named[name] = true end
      for _, metric in ipairs(require "relay.metric_list") do
        for _, pair in ipairs(metric.by and metric.by.values or {}) do add(pair[2]) end
        for _, name in pairs(metric.histogram or { metric.figure, metric.each and metric.each.list }) do add(name) end
      end
      for name in pairs(require("relay.engine").figures()) do if not named[name] then print(name) end end"""
    assert told(node, "eval", code) == ""


async def test_a_turn_that_held_the_loop_is_seen_in_the_lag(start_node):
    node = start_node(ADMIN)
    before = await scrape(node)
    told(node, "eval", "local until_s = os.clock() + 0.06 while os.clock() < until_s do end")
    after = await scrape(node)
    longer = after["wsrelay_loop_lag_seconds_count"] - after['wsrelay_loop_lag_seconds_bucket{le="0.05"}']
    assert longer >= 1
    assert after["wsrelay_loop_lag_seconds_sum"] - before["wsrelay_loop_lag_seconds_sum"] >= 0.059
    assert after["wsrelay_loop_cpu_seconds_total"] - before["wsrelay_loop_cpu_seconds_total"] >= 0.05


async def test_health_and_draining_follow_the_node(start_node):
    node = start_node(ADMIN, files={"policies/health.lua": BAD_WHEN_DRAINING})
    async with client(node) as alice:
        first = await scrape(node)
        assert (first['wsrelay_health_state{state="good"}'], first["wsrelay_draining"]) == (1, 0)
        told(node, "drain")
        await alice.closed()
        await becomes(node, 'wsrelay_health_state{state="bad"}', 1)
        last = await scrape(node)
        assert last["wsrelay_draining"] == 1
        assert sum(value for sample, value in last.items() if sample.startswith("wsrelay_health_state")) == 1


async def test_scrape_needs_the_token(start_node):
    node = start_node('admin = { listen = "127.0.0.1:0", token = "s3cret" },')
    assert (await get(port(node), "/metrics")).status == 401
    answer = await get(port(node), "/metrics", authorization="Bearer s3cret")
    assert answer.status == 200 and answer.text.startswith("# HELP wsrelay_build_info ")
    with contextlib.suppress(ConnectionError):
        assert (await get(node.port(), "/metrics")).status == 404
