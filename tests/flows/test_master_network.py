"""The master: what it shows of a real network, what it remembers, and where it sends clients."""

import asyncio
import contextlib
import json
import signal
import time

import websockets

from support.client import OK, client
from support.http import get
from support.node import WAIT_SECONDS

TOKEN = "admin-token"
MASTER = f'master = true, region = "eu", admin = {{ listen = "127.0.0.1:0", token = "{TOKEN}" }},'
LET_IN = {"Authorization": f"Bearer {TOKEN}"}


def admin_port(node) -> int:
    return [line for line in node.events("listening") if line.fields["scheme"] == "admin"][-1].fields["port"]


async def ask(master, path) -> dict:
    answer = await get(admin_port(master), path, **LET_IN)
    assert answer.status == 200, answer.text
    return json.loads(answer.body)


async def state(master) -> dict:
    return await ask(master, "/overview/state")


@contextlib.asynccontextmanager
async def watching(master):
    """The state whenever the master shows it; while somebody watches it asks every 3 s."""
    url = f"ws://127.0.0.1:{admin_port(master)}/overview/live"
    async with websockets.connect(url, extra_headers=LET_IN, open_timeout=WAIT_SECONDS) as viewer:
        async def until(holds):
            async with asyncio.timeout(2 * WAIT_SECONDS):
                while not holds(shown := json.loads(await viewer.recv())):
                    pass
                return shown

        yield until


def names(shown, **wanted) -> list[str]:
    return [node["name"] for node in shown["nodes"] if wanted.items() <= node.items()]


def links(shown) -> list[tuple[str, str]]:
    return sorted((link["a"], link["b"]) for link in shown["links"])


def times(shown) -> list[float]:
    return [event["at"] for event in shown["events"]]


def kinds(shown) -> list[tuple[str, str | None]]:
    return [(event["kind"], event["node"]) for event in shown["events"]]


async def test_master_shows_nodes_links_channels_and_a_plain_peer(network):
    async with network:
        master = await network.start("node-a", [], MASTER)
        other = await network.start("node-b", [master])
        plain = await network.plain("plain", other)
        async with watching(master) as until, client(other) as alice:
            assert await alice.subscribe("garden", "roses") == OK
            shown = await until(lambda shown: len(names(shown, state="up")) == 3 and shown["channels"])
            assert names(shown, is_plain=True) == ["plain"]
            assert names(shown, is_master=True) == ["node-a"]
            assert links(shown) == [("node-a", "node-b"), ("node-b", "plain")]
            [garden] = shown["channels"]
            assert (garden["name"], garden["protected"], garden["nodes"]) == ("garden", True, ["node-b"])
            assert garden["subscribers"] == [{"node": "node-b", "clients": 1}]
            assert [plain.heard_commands("node-info"), plain.heard_commands("node-stats") != []] == [[], True]


async def test_master_shows_that_a_node_died_and_came_back(network):
    async with network:
        master = await network.start("node-a", [], MASTER)
        other = await network.start("node-b", [master])
        async with watching(master) as until:
            await until(lambda shown: names(shown, state="up") == ["node-a", "node-b"])
            other.kill()
            lost = await until(lambda shown: names(shown, state="lost") == ["node-b"])
            assert kinds(lost)[0] == ("left", "node-b")
            assert links(lost) == []
            other.start()
            back = await until(lambda shown: names(shown, state="up") == ["node-a", "node-b"])
            assert kinds(back)[0] == ("joined", "node-b")


async def test_master_shows_a_reload_of_another_node(network):
    async with network:
        master = await network.start("node-a", [], MASTER)
        other = await network.start("node-b", [master])
        async with watching(master) as until:
            await until(lambda shown: names(shown, name="node-b", generation=1))
            await other.reload()
            shown = await until(lambda shown: names(shown, name="node-b", generation=2))
            assert ("reloaded", "node-b") in kinds(shown)


BROKEN = 'local channel_auth = {}\nfunction channel_auth.open() error("no") end\nreturn channel_auth'


async def test_master_shows_what_a_node_takes_and_what_goes_wrong_in_it(network):
    async with network:
        master = await network.start("node-a", [], MASTER)
        other = await network.start("node-b", [master])
        async with watching(master) as until, client(other) as alice:
            shown = await until(lambda shown: shown["nodes"][1:] and shown["nodes"][1]["process"]["cpu"] is not None)
            process = shown["nodes"][1]["process"]
            assert process["resident_bytes"] > 1 << 20 and 0 <= process["cpu"] < 8 and process["links"] == 1
            assert (process["policy_failures"], process["reloads_refused"]) == (0, 0)
            other.write("policies/channel_auth.lua", BROKEN)
            await other.reload()
            await alice.subscribe("garden")
            await alice.subscribe("orchard")
            shown = await until(lambda shown: ("trouble", "node-b") in kinds(shown))
            assert shown["events"][0]["text"] in ("policies failed once", "policies failed 2 times")
            assert shown["nodes"][1]["process"]["recent"]["policy_failures"] >= 1
            other.write("policies/channel_auth.lua", "no Lua")
            await other.reload()
            shown = await until(lambda shown: ("refused", "node-b") in kinds(shown))
            assert shown["nodes"][1]["process"]["reloads_refused"] == 1
            other.signal(signal.SIGUSR2)
            shown = await until(lambda shown: ("draining", "node-b") in kinds(shown))
            assert names(shown, draining=True) == ["node-b"]


async def test_master_remembers_what_happened_when_it_is_killed_or_reloads(network):
    async with network:
        master = await network.start("node-a", [], MASTER)
        other = await network.start("node-b", [master])
        async with watching(master) as until:
            before = await until(lambda shown: ("joined", "node-b") in kinds(shown))
            await master.reload()
            after = await until(lambda shown: ("reloaded", "node-a") in kinds(shown))
            assert after["events"][-len(before["events"]):] == before["events"]
            written = times(after)
        async with asyncio.timeout(WAIT_SECONDS):
            while times(await ask(master, "/overview/events?before=1e12"))[-len(written):] != written:
                await asyncio.sleep(0.1) # of a busy machine more may have happened meanwhile
        master.kill()
        master.start()
        await other.has_peers()
        async with watching(master) as until: # a history is opened and read while the page shows already
            shown = await until(lambda shown: times(shown)[-len(written):] == written)
        assert kinds(shown).count(("started", "node-a")) == 2


async def test_master_that_starts_again_knows_a_dead_node_and_sees_it_come_back(network):
    async with network:
        master = await network.start("node-a", [], MASTER)
        other = await network.start("node-b", [master])
        async with asyncio.timeout(2 * WAIT_SECONDS):
            while not (await ask(master, "/overview/history?node=node-b"))["rows"]:
                await asyncio.sleep(0.2)
        other.kill()
        async with watching(master) as until:
            await until(lambda shown: names(shown, state="lost") == ["node-b"])
        async with asyncio.timeout(WAIT_SECONDS):
            while (await ask(master, "/overview/events"))["events"][0]["kind"] != "left":
                await asyncio.sleep(0.1)
        master.kill()
        started = time.time()
        master.start()
        async with watching(master) as until:
            shown = await until(lambda shown: names(shown, state="lost") == ["node-b"])
            assert all(node["joined_at"] < started for node in shown["nodes"])
            other.start()
            shown = await until(lambda shown: names(shown, state="up") == ["node-a", "node-b"])
            assert kinds(shown)[0] == ("joined", "node-b") and shown["events"][0]["text"].startswith("is back after ")
        assert "health" not in [event["kind"] for event in shown["events"]]


async def test_master_keeps_a_history_of_every_node(network):
    async with network:
        master = await network.start("node-a", [], MASTER)
        await network.start("node-b", [master])
        async with asyncio.timeout(2 * WAIT_SECONDS):
            while not (history := await ask(master, "/overview/history?node=node-b"))["rows"]:
                await asyncio.sleep(0.2)
        assert history["step_seconds"] == 15
        row = dict(zip(history["columns"], history["rows"][-1], strict=True))
        assert row["at"] % 15 == 0 and abs(row["at"] - time.time()) < 60
        assert row["clients"] == 0 and row["memory_total"] > 0
        wrong = await get(admin_port(master), "/overview/history?span=year", **LET_IN)
        assert (wrong.status, json.loads(wrong.body)["reason"]) == (400, "span must be hour, day or month")


async def test_master_keeps_what_it_shows_behind_its_token(network):
    async with network:
        master = await network.start("node-a", [], MASTER)
        port = admin_port(master)
        for path in ("/overview/state", "/overview/history", "/overview/events"):
            assert (await get(port, path)).status == 401
        index = await get(port, "/")
        assert (index.status, index.headers["location"]) == (302, "/overview")
        page = await get(port, "/overview")
        assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert page.headers["content-security-policy"].startswith("default-src 'self';")
        again = await get(port, "/overview", If_None_Match=page.headers["etag"])
        assert (again.status, again.body) == (304, b"")


async def test_nearest_sends_clients_to_a_node_of_their_region(network):
    async with network:
        master = await network.start("node-a", [], MASTER)
        other = await network.start("node-b", [master], 'region = "us",')
        async with watching(master) as until:
            await until(lambda shown: names(shown, state="up") == ["node-a", "node-b"])
        for region, node in (("eu", master), ("us", other)):
            answer = await get(master.port(), f"/nearest?region={region}", Origin="https://example.com")
            said = json.loads(answer.body)
            assert (answer.status, said["ok"], said["node"], said["host"]) == (200, True, node.name, node.url())
            assert [next_best["node"] for next_best in said["nodes"]] == ["node-b" if node == master else "node-a"]
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["cache-control"] == "no-store"
            assert json.loads((await get(master.port(), "/nearest", X_Region=region)).body)["node"] == node.name
        assert (await get(other.port(), "/nearest")).status == 404
        assert (await get(master.port(), "/nearest", method="HEAD")).body == b""


async def test_nearest_answers_all_through_a_reload(network):
    async with network:
        master = await network.start("node-a", [], MASTER)
        statuses, is_over = set(), False
        await state(master)  # there has been a round

        async def hammer():
            while not is_over:
                statuses.add((await get(master.port(), "/nearest")).status)

        async with asyncio.TaskGroup() as group:
            group.create_task(hammer())
            for _ in range(3):
                await master.reload()
            is_over = True
        assert statuses - {429} == {200}  # one address may not ask so often, and is told at once


async def test_two_masters_know_the_same(network):
    async with network:
        one = await network.start("node-a", [], MASTER)
        two = await network.start("node-b", [one], MASTER)
        async with watching(one) as until_one, watching(two) as until_two:
            for until in (until_one, until_two):
                shown = await until(lambda shown: names(shown, is_master=True) == ["node-a", "node-b"])
                assert links(shown) == [("node-a", "node-b")]


async def test_master_without_an_admin_listener_answers_nearest(network):
    async with network:
        master = await network.start("node-a", [], "master = true,")
        while (answer := await get(master.port(), "/nearest")).status == 503:  # until there has been a round
            assert json.loads(answer.body) == {"ok": False, "reason": "no node"}
            await asyncio.sleep(0.05)
        said = json.loads(answer.body)
        assert (said["node"], said["nodes"]) == ("node-a", [])


async def test_master_whose_history_cannot_be_opened_shows_the_rest(network):
    async with network:
        master = await network.start("node-a", [], MASTER + 'history = { path = "/proc/no/history.db" },')
        assert names(await state(master)) == ["node-a"]
        answer = await get(admin_port(master), "/overview/history", **LET_IN)
        assert (answer.status, json.loads(answer.body)["reason"]) == (503, "no histories")
        line = await master.logged("script")
        assert line.level == "error" and "no histories" in line.text
