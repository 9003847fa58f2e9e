"""A node's page in the Network Overview: its process, its host, and what troubles it."""

import functools

import pytest

from support.overview_mock import troubled
from support.overview_reader import needs_browser, reads
from support.overview_world import World

pytestmark = needs_browser


@pytest.fixture
def reader(browser_url):
    return functools.partial(reads, browser_url)


FACTS = "Object.fromEntries([...document.querySelectorAll('.{} .facts div')].map((d) => [...d.children].map((c) => c.textContent)))"


async def test_a_process_and_its_host_are_told_apart(reader):
    async with reader(troubled(World(12)), path="#/node/node-h") as (page, _, browser):
        await page.text_is(".process h2", "This node")
        process = await page.evaluate(FACTS.format("process"))
        assert list(process) == [
            "Resident memory", "CPU", "Links", "Queued", "Messages dropped", "Slow clients closed", "Connections refused",
            "Policy failures", "Handler failures", "Reloads refused"]
        assert process["Messages dropped"] == "27 (27 in the last 5 min)"
        assert process["Connections refused"] == "21"
        assert await page.texts(".process [data-marked] dt") == ["Messages dropped", "Slow clients closed"]
        host = await page.evaluate(FACTS.format("host"))
        assert list(host) == ["Load", "Traffic in", "Traffic out"] and host["Traffic in"].endswith("/s")
        assert await page.texts(".host .mount") == ["Memory", "Disk /", "Disk /var/lib"]
        assert browser.complaints == []


async def test_a_node_without_a_process_says_so(reader):
    world = World(3)
    world.make_plain("node-b")
    async with reader(world, path="#/node/node-b") as (page, _, browser):
        await page.text_is(".process .empty", "It tells nothing of its process.")
        await page.text_is(".host .empty", "It tells nothing of its host.")
        assert not await page.evaluate("document.querySelector('.process .facts').checkVisibility()")
        assert browser.complaints == []


async def test_figures_say_whose_they_are(reader):
    async with reader(World(4)) as (page, _, _browser):
        await page.shown()
        assert (await page.texts("#totals .title"))[-1] == "Payload"
        assert "each counted once" in await page.evaluate("document.querySelector('.tile:last-child').title")
        heads = await page.texts("#nodes th")
        assert heads[5:9] == ["Payload", "Host load", "Host memory", "Host disk"]
        assert "Bandwidth" not in await page.evaluate("document.body.innerText")


async def test_trouble_is_marked_wherever_its_node_is(reader):
    world = World(12)
    async with reader(world) as (page, mock, browser):
        await page.shown()
        await page.live()
        assert await page.count("#nodes .trouble:not([hidden]), #drawing [href='#icon-trouble'], #totals .trouble") == 0
        world.trouble("node-h", messages_dropped=27, slow_clients=1)
        world.ail("node-c", "degraded", "load 3.20 of 2.00")
        world.trouble("node-c", policy_failures=12)
        await mock.tell()
        await page.until("document.querySelectorAll('#nodes .trouble:not([hidden])').length === 2")
        assert (await page.texts("#nodes tbody .name"))[:3] == ["node-c", "node-h", "node-a"]
        assert (await page.texts("#nodes .trouble:not([hidden])"))[1] == "27 messages dropped, 1 slow client closed"
        assert await page.evaluate("[...document.querySelectorAll('#drawing .node:has([href=\"#icon-trouble\"])')].map((n) => n.getAttribute('href'))") == [
            "#/node/node-c", "#/node/node-h"]
        assert await page.texts("#totals .trouble") == ["2 trouble in the last 5 min"]
        assert await page.evaluate("document.title") == "(2) Network Overview · node-a"
        await page.evaluate("document.querySelector('#drawing [href=\"#/node/node-h\"]').dispatchEvent(new PointerEvent('pointerenter'))")
        assert await page.texts(".tip .trouble") == ["27 messages dropped, 1 slow client closed in the last 5 min"]
        await page.type("#nodes input", "trouble")
        await page.text_is("#nodes .count", "2 of 12")
        await page.evaluate("location.hash = '#/node/node-h'")
        await page.text_is(".subject-head .notice", "In the last 5 minutes: 27 messages dropped, 1 slow client closed.")
        assert browser.complaints == []


async def test_each_kind_of_event_has_a_sign(reader):
    async with reader(troubled(World(12))) as (page, _, _browser):
        await page.shown()
        signs = await page.evaluate(
            "Object.fromEntries([...document.querySelectorAll('#events li')].map((li) => [li.dataset.kind, li.querySelector('use').getAttribute('href')]))")
        assert signs == {kind: f"#icon-{kind}" for kind in ("started", "joined", "left", "health", "mended", "reloaded", "draining", "refused", "trouble")}
        assert await page.evaluate(f"{list(signs.values())}.filter((sign) => !document.querySelector(sign)?.firstElementChild)") == []


@pytest.mark.parametrize("path", ["#/node/node-b", "#/channel/lobby", "#/network"])
async def test_the_right_token_brings_the_charts_of_a_deep_link_at_once(reader, path):
    never = "globalThis.setInterval = () => 0"  # what comes with a later round does not count
    async with reader(World(4), path=path, token="sesame", script=never) as (page, mock, _):
        await page.until("document.querySelector('#login').checkVisibility()")
        await page.until("document.querySelector('#detail .notice[role=status]').textContent !== ''")
        await page.type("#token", "sesame")
        await page.press_enter()
        await page.has_charts({"#/node/node-b": 9, "#/channel/lobby": 3, "#/network": 4}[path])
        assert await page.evaluate("document.querySelector('#detail .notice[role=status]').hidden")


async def test_a_channel_tells_its_subscribers_by_node(reader):
    world = World(4)
    world.channels[0].update(nodes=["node-a", "node-c"], clients=7, subscribers=[{"node": "node-a", "clients": 2}, {"node": "node-c", "clients": 5}])
    async with reader(world, path="#/channel/lobby") as (page, mock, browser):
        await page.has_charts(3)
        assert (await page.texts(".plot h3"))[2] == "Subscribers"
        assert await page.texts(".subscribers li") == ["node-c5", "node-a2"]
        assert await page.evaluate("document.querySelector('.subscribers .fill').style.width") == "71%"
        await page.live()
        del world.channels[0]["subscribers"]  # a master of another version
        await mock.tell()
        await page.until("document.querySelector('.subscribers')?.innerText.includes('–')")
        await page.evaluate("location.hash = '#/'")
        await page.shown()
        assert "Subscribers" in await page.texts("#channels th") and "Clients" not in await page.texts("#channels th")
        assert browser.complaints == []


PLACES = "JSON.stringify([...document.querySelectorAll('#drawing .node')].map((n) => [n.getAttribute('href'), n.getAttribute('transform')]))"


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
async def test_a_reload_shows_the_same_picture(reader, size):
    world = World(12)
    async with reader(world, size=size) as (page, mock, browser):
        await page.shown()
        await page.live()
        world.lose("node-e")
        world.nodes.append(world.node(12, "node-new"))
        world.links.append({"a": "node-a", "b": "node-new", "latency_ms": 3})
        await mock.tell()
        await page.until("document.querySelectorAll('#drawing .node').length === 13")
        before = await page.evaluate(PLACES)
        world.links.append({"a": "node-b", "b": "node-new", "latency_ms": 90})  # while nobody looked
        for link in world.links:
            link["latency_ms"] *= 3
        await page.reload()
        await page.shown()
        assert await page.evaluate(PLACES) == before
        assert browser.complaints == []


async def test_a_visit_to_a_nodes_page_leaves_the_picture_as_it_was(reader):
    async with reader(World(9), size=(390, 844)) as (page, _, _browser):
        await page.shown()
        before = await page.evaluate(PLACES)
        await page.evaluate("location.hash = '#/node/node-b'")
        await page.has_charts(9)
        await page.evaluate("location.hash = '#/'")
        await page.until("!document.querySelector('#overview').hidden")
        await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert await page.evaluate(PLACES) == before


async def test_a_label_tells_the_region_and_what_is_the_matter(reader):
    world = troubled(World(8))
    world.find("node-g")["region"] = "europe-west-4"
    async with reader(world) as (page, _, _browser):
        await page.shown()
        labels = dict(await page.evaluate(
            "[...document.querySelectorAll('#drawing .node')].map((n) => [n.getAttribute('href').slice(-1), n.querySelector('.region').textContent + n.querySelector('.second').textContent])"))
        assert labels == {"a": "eu · master", "b": "sa · degraded", "c": "ap", "d": "us · lost", "e": "eu · bad", "f": "",
                          "g": "europe-we… · draining", "h": "us"}


@pytest.mark.parametrize("nodes", [12, 60])
async def test_a_node_under_the_pointer_shows_its_links_and_dims_the_others(reader, nodes):
    world = World(nodes)
    async with reader(world) as (page, _, _browser):
        await page.shown()
        name = world.nodes[5]["name"]
        opacity = "[...document.querySelectorAll('#drawing .link{} .line')].map((l) => Number(getComputedStyle(l).opacity))"
        before = await page.evaluate(opacity.format(""))
        await page.evaluate(f"document.querySelector('#drawing [href=\"#/node/{name}\"]').dispatchEvent(new PointerEvent('pointerenter'))")
        lit = await page.evaluate(opacity.format("[data-lit]"))
        others = await page.evaluate(opacity.format(":not([data-lit])"))
        assert len(lit) == sum(name in (link["a"], link["b"]) for link in world.links) > 0
        assert set(lit) == {1} and max(others) < min(before) <= max(before) < .5


async def test_a_tip_covers_none_of_the_neighbours_that_it_could_spare(reader):
    async with reader(troubled(World(12)), size=(1440, 640)) as (page, _, _browser):
        await page.shown()
        await page.evaluate("document.querySelector('#drawing [href=\"#/node/node-f\"]').dispatchEvent(new PointerEvent('pointerenter'))")
        covered = await page.evaluate(
            "(() => { const tip = document.querySelector('.tip').getBoundingClientRect(); return [...document.querySelectorAll('#drawing .node')].filter((n) => {"
            " const d = n.querySelector('.disc').getBoundingClientRect(); return d.right > tip.left && d.left < tip.right && d.bottom > tip.top && d.top < tip.bottom; })"
            " .map((n) => n.getAttribute('href')); })()")
        assert covered == ["#/node/node-d"]  # which is lost, and has no link to it


@pytest.mark.parametrize("clients", [0, 1, 2, 5, 727])
async def test_an_axis_of_clients_has_whole_ticks_each_once(reader, clients):
    world = World(4)
    world.find("node-b").update(clients=clients)
    async with reader(world, path="#/node/node-b") as (page, _, _browser):
        await page.has_charts(9)
        ticks = await page.evaluate("Chart.getChart(document.querySelector('[data-column=\"clients\"] canvas')).scales.y.ticks.map(({ label }) => label)")
        assert ticks[0] == "0" and len(set(ticks)) == len(ticks) >= 2, ticks
        assert all(tick.replace(",", "").isdigit() for tick in ticks)


async def test_what_is_small_has_no_tick_twice(reader):
    world = World(4)
    world.find("node-b").update(messages_per_second=.011, load=.006, kbits_per_second=.01)
    async with reader(world, path="#/node/node-b") as (page, _, _browser):
        await page.has_charts(9)
        for column in ("messages_per_second", "load", "kbits_per_second"):
            ticks = await page.evaluate(f"Chart.getChart(document.querySelector('[data-column=\"{column}\"] canvas')).scales.y.ticks.map(({{ label }}) => label).filter(Boolean)")
            assert len(set(ticks)) == len(ticks) >= 2, (column, ticks)


async def test_a_node_that_was_there_before_the_master_never_joined(reader):
    world = World(4)
    world.find("node-b")["joined_at"] = None
    async with reader(world, path="#/node/node-b") as (page, mock, _):
        await page.text_is(".about dt", "Uptime")
        shown = "[...document.querySelectorAll('.about dt')].filter((e) => e.checkVisibility()).map((e) => e.textContent)"
        assert "Joined" not in await page.evaluate(shown)
        await page.live()
        world.find("node-b")["joined_at"] = world.now - 43
        await mock.tell()
        await page.text_is(".about dd", "43 s ago")


async def test_the_time_zone_is_told_once(reader):
    async with reader(World(4), path="#/node/node-b") as (page, _, _browser):
        await page.call("Emulation.setTimezoneOverride", timezoneId="Asia/Tokyo")
        await page.reload()
        await page.text_is("#zone", "Times are local: Asia/Tokyo, UTC+9.")
        assert "GMT+9" in await page.evaluate("document.querySelector('.about dd[title*=\"2026\"]').title")


async def test_a_lost_node_says_since_when_and_why_and_keeps_its_charts(reader):
    world = World(4)
    world.ail("node-b", "degraded", "memory at 93 %")
    async with reader(world, path="#/node/node-b") as (page, mock, browser):
        await page.has_charts(9)
        await page.live()
        assert await page.evaluate("document.querySelector('[data-notice=lost]').hidden")
        world.now += 60
        world.lose("node-b")
        world.now += 125
        await mock.tell()
        await page.until("!document.querySelector('[data-notice=lost]').hidden")
        said = (await page.texts("[data-notice=lost]"))[0]
        assert said.startswith("Lost since ") and "(2 min ago): does not answer any more." in said
        assert "Before that: good → degraded: memory at 93 % (3 min ago)." in said
        assert await page.texts(".process .empty") == ["It is lost, and tells nothing."]
        await page.has_charts(9)
        assert await page.evaluate("[...document.querySelectorAll('.plot canvas')].every((c) => c.checkVisibility())")
        assert browser.complaints == []


@pytest.mark.parametrize("width", [360, 390, 430])
async def test_a_phones_list_of_nodes_is_short(reader, width):
    async with reader(troubled(World(10)), size=(width, 844)) as (page, _, _browser):
        await page.shown()
        assert await page.evaluate("document.querySelector('#nodes').offsetHeight") <= 1400
        labels = "[...document.querySelectorAll('#nodes tr:has([href$=\"node-i\"]) td')].filter((td) => td.checkVisibility()).map((td) => td.dataset.label)"
        assert await page.evaluate(labels) == [
            "Node", "Health", "Clients", "Messages/s", "Payload", "Host load", "Host memory", "Host disk", "Uptime"]
        cut = "[...document.querySelectorAll('#nodes td')].filter((td) => td.checkVisibility() && td.scrollWidth > td.clientWidth).map((td) => td.dataset.label + td.textContent)"
        assert await page.evaluate(cut) == []
