"""The Network Overview as its reader sees it: in a browser, with a master that a test moves by hand (support/overview_mock.py)."""

import functools
import json
import re
from pathlib import Path

import pytest

from support.overview_mock import hostile, troubled
from support.overview_reader import NARROWEST, needs_browser, reads
from support.overview_world import HOSTILE_NAMES, World

MODULE_TESTS = Path(__file__).resolve().parents[1] / "page"

pytestmark = needs_browser


@pytest.fixture
def reader(browser_url):
    return functools.partial(reads, browser_url)


@pytest.mark.parametrize("path", sorted(MODULE_TESTS.glob("*_test.js")), ids=lambda p: p.stem)
async def test_the_modules_keep_their_promises(reader, path):
    async with reader(World(2), tests=MODULE_TESTS) as (page, _, _browser):
        outcome = await page.evaluate(f"import('/overview/tests/{path.name}').then(() => import('/overview/tests/check.js')).then((c) => c.run())")
        assert outcome["failures"] == []
        assert outcome["count"] >= 5


async def test_the_network_is_told_in_figures_a_drawing_and_tables(reader):
    world = World(4)
    async with reader(world) as (page, _, browser):
        await page.shown()
        assert await page.texts("#totals .value") == [
            "4", f"{sum(n['clients'] for n in world.nodes):,}", "24", f"{sum(n['messages_per_second'] for n in world.nodes):.0f}",
            f"{sum(n['kbits_per_second'] for n in world.nodes) / 1000:.1f} Mbit/s"]
        assert await page.texts("#drawing .node .first") == ["node-a", "node-b", "node-c", "node-d"]
        assert await page.count("#drawing .link") == 6
        assert sorted(await page.texts("#drawing .latency")) == sorted(f"{link['latency_ms']:.0f} ms" for link in world.links)
        assert (await page.column("nodes", 3)) == [f"{n['clients']:,}" for n in world.nodes]
        assert (await page.column("channels", 1))[0].startswith("lobby")
        assert await page.count("#channels tbody tr") == 20
        assert (await page.texts("#events li .text"))[0] == 'channel "orders" was missing and is reserved again'
        assert await page.evaluate("document.title") == "Network Overview · node-a"
        assert browser.complaints == []


async def test_a_frame_moves_the_figures_and_leaves_the_rest_where_it_is(reader):
    world = World(6)
    async with reader(world) as (page, mock, _):
        await page.shown()
        await page.live()
        places = "JSON.stringify([...document.querySelectorAll('.node')].map((n) => n.getAttribute('transform')))"
        before = await page.evaluate(places)
        await page.evaluate("window.row = document.querySelector('#nodes tbody tr')")
        world.tick()
        world.nodes[0]["clients"] = 4321
        await mock.tell()
        await page.text_is("#nodes td", "4,321")
        assert await page.evaluate("window.row.isConnected && window.row.textContent.includes('4,321')")
        assert await page.evaluate(places) == before


async def test_a_lost_node_keeps_its_place_and_is_told_by_word_sign_and_colour(reader):
    world = World(6)
    async with reader(world) as (page, mock, _):
        await page.shown()
        await page.live()
        place = "document.querySelector('[href=\"#/node/node-c\"].node').getAttribute('transform')"
        before = await page.evaluate(place)
        world.lose("node-c")
        await mock.push()
        await page.until("document.querySelector('#nodes tbody tr').textContent.includes('Lost')")
        assert (await page.column("nodes", 1))[0].startswith("node-c")
        assert (await page.column("nodes", 3))[0] == "–"
        assert await page.evaluate(place) == before
        assert await page.evaluate("document.querySelector('[href=\"#/node/node-c\"].node').dataset.condition") == "lost"
        assert await page.evaluate("document.querySelector('[href=\"#/node/node-c\"] .sign').getAttribute('href')") == "#icon-lost"
        assert (await page.texts("#totals .value"))[0] == "5 of 6"
        assert await page.evaluate("document.title") == "(1) Network Overview · node-a"


async def test_a_node_that_tells_nothing_has_dashes_and_no_errors(reader):
    world = World(3)
    world.make_plain("node-b")
    async with reader(world, path="#/node/node-b") as (page, _, browser):
        await page.text_is(".subject-head h1", "node-b")
        await page.text_is(".subject-head .badge", "plain")
        assert set(await page.texts(".plot .value")) == {"–"}
        await page.click(".crumbs a")
        await page.shown()
        assert "Not told" in (await page.column("nodes", 2))[0]
        assert browser.complaints == []


async def test_a_head_sorts_and_sorts_back(reader):
    world = World(12)
    async with reader(world) as (page, _, _browser):
        await page.shown()
        clients = sorted((n["clients"] for n in world.nodes), reverse=True)
        await page.click("#nodes th:nth-child(3) button")
        assert await page.column("nodes", 3) == [str(n) for n in clients]
        assert await page.evaluate("document.querySelector('#nodes th:nth-child(3)').ariaSort") == "descending"
        await page.click("#nodes th:nth-child(3) button")
        assert await page.column("nodes", 3) == [str(n) for n in clients[::-1]]


async def test_a_filter_leaves_what_matches(reader):
    async with reader(troubled(World(12))) as (page, _, _browser):
        await page.shown()
        await page.type("#nodes input", "LOST")
        await page.text_is("#nodes .count", "1 of 12")
        assert await page.count("#nodes tbody tr") == 1
        await page.type("#nodes input", "nobody")
        await page.text_is("#nodes .empty", "No node matches “nobody”.")


async def test_rows_stay_where_they_are_under_the_pointer(reader):
    world = World(5)
    async with reader(world) as (page, mock, _):
        await page.shown()
        await page.live()
        await page.click("#nodes th:nth-child(3) button")
        order = await page.texts("#nodes tbody .name")
        middle = await page.evaluate("(() => { const r = document.querySelector('#nodes tbody tr').getBoundingClientRect();"
                                     " return [r.x + 300, r.y + r.height / 2]; })()")
        await page.call("Input.dispatchMouseEvent", type="mouseMoved", x=middle[0], y=middle[1])
        world.find(order[-1])["clients"] = 7000
        await mock.tell()
        await page.until("document.querySelector('#nodes tbody tr:last-child').textContent.includes('7,000')")
        assert await page.texts("#nodes tbody .name") == order
        await page.call("Input.dispatchMouseEvent", type="mouseMoved", x=2, y=2)
        await mock.tell()
        await page.until(f"document.querySelector('#nodes tbody .name').textContent === {json.dumps(order[-1])}")


async def test_a_nodes_page_has_charts_whose_gaps_are_gaps(reader):
    async with reader(World(4), path="#/node/node-b") as (page, mock, browser):
        await page.has_charts(9)
        assert await page.texts(".plot h3") == [
            "Messages a second", "Payload of messages, each once", "Clients", "Channels", "Host load", "Host memory", "Host disk",
            "Host traffic in", "Host traffic out"]
        chart = "Chart.getChart(document.querySelector('[data-column=\"clients\"] canvas'))"
        assert await page.evaluate(f"{chart}.data.datasets[0].data.filter(({{ y }}) => y === null).length") == 2
        assert await page.evaluate(f"{chart}.data.datasets[0].spanGaps") is False
        assert await page.evaluate(f"{chart}.options.gaps.length") == 2
        ground = await page.evaluate(
            f"(() => {{ const c = {chart}; const {{ from, to }} = c.options.gaps[0]; const x = c.scales.x.getPixelForValue((from + to) / 2);"
            " const line = c.ctx.getImageData(Math.round(x), 0, 1, Math.round(c.chartArea.bottom) - 2).data;"
            " return new Set(Array.from({ length: line.length / 4 }, (_, i) => [...line.slice(i * 4, i * 4 + 3)].join()).filter((p) => p === '43,95,208')).size; })()")
        assert ground == 0, "the line goes through a gap"
        assert re.fullmatch(r"avg\d+peak\d+", (await page.texts("[data-column='clients'] dl"))[0])
        assert browser.complaints == []
        for span in ("day", "month"):
            await page.click(f"[data-span='{span}']")
            await page.until(f"document.querySelector('.plot canvas').ariaLabel?.includes('over the last {span}')")
            assert f"/overview/history?node=node-b&span={span}" in mock.asked


async def test_charts_are_destroyed_with_their_page(reader):
    async with reader(World(4)) as (page, _, _browser):
        await page.shown()
        for name in ("node-b", "node-c", "node-a"):
            await page.evaluate(f"location.hash = '#/node/{name}'")
            await page.text_is(".subject-head h1", name)
            await page.has_charts(9)
        await page.evaluate("location.hash = '#/'")
        await page.until("document.querySelector('#detail').hidden")
        assert await page.evaluate("Object.keys(Chart.instances).length") == 0
        assert await page.count("#detail *") == 0


async def test_a_channel_and_the_network_have_pages(reader):
    async with reader(World(4), path="#/channel/lobby") as (page, mock, _):
        await page.has_charts(3)
        assert "/overview/history?channel=lobby&span=hour" in mock.asked
        await page.evaluate("location.hash = '#/network'")
        await page.has_charts(4)
        assert mock.asked.count("/overview/history?span=hour") >= 1
        await page.evaluate("location.hash = '#/channel/nobody'")
        await page.text_is(".notice", "This channel is not open, or not among the busiest.")


async def test_a_master_without_histories_says_so(reader):
    async with reader(World(4), path="#/node/node-b", has_histories=False) as (page, _, _browser):
        await page.text_is("#detail .notice", "This master keeps no histories.")
        await page.until("document.querySelector('.plot .value').textContent !== '–'")
        assert not await page.evaluate("document.querySelector('.canvas').checkVisibility()")


async def test_a_master_without_chart_js_says_which_package(reader):
    async with reader(World(4), path="#/node/node-b", has_chart=False) as (page, _, _browser):
        await page.text_is("#detail .notice", "Charts need Chart.js on the master's host: Debian's package libjs-chart.js.")


async def test_names_stay_text(reader):
    async with reader(hostile()) as (page, mock, browser):
        await page.shown()
        await page.live()
        shown = [name.replace("\u202e", "\ufffd").replace("\u202c", "\ufffd") for name in HOSTILE_NAMES]
        assert sorted(await page.texts("#nodes tbody .name")) == sorted(shown)
        assert shown[0] in await page.texts("#channels .channel-name .name")
        for i, name in enumerate(shown):
            await page.evaluate(f"document.querySelectorAll('#drawing .node')[{i}].dispatchEvent(new PointerEvent('pointerenter'))")
            assert await page.texts(".tip-name") == [name]
            await page.evaluate(f"document.querySelectorAll('#drawing .node')[{i}].dispatchEvent(new PointerEvent('pointerleave'))")
        for i in range(len(shown)):
            await page.evaluate(f"location.hash = document.querySelectorAll('#drawing .node')[{i}].getAttribute('href')")
            await page.text_is(".subject-head h1", shown[i])
            await page.has_charts(9)
            await page.evaluate("location.hash = '#/'")
            await page.until("!document.querySelector('#overview').hidden")
        await mock.push()
        assert await page.count("img, b, main script") == 0
        assert "owned" not in (await page.evaluate("document.title")).replace("document.title='owned'", "")
        assert browser.complaints == []


async def test_an_address_that_is_none_leads_to_the_network(reader):
    async with reader(World(2), path="#/node/%E0%A4%A") as (page, _, browser):
        await page.shown()
        assert await page.evaluate("document.querySelector('#overview').checkVisibility()")
        assert browser.complaints == []


@pytest.mark.parametrize("width", [NARROWEST, 820, 1100])
@pytest.mark.parametrize("path", ["", "#/node/node-b", "#/channel/lobby"])
async def test_a_small_screen_scrolls_in_one_direction(reader, path, width):
    async with reader(troubled(World(12)), path=path, size=(width, 740)) as (page, _, _browser):
        await page.until("document.body.dataset.view === 'network'")
        if path:
            await page.has_charts(3 if "channel" in path else 9)
        wide = await page.evaluate(
            "[...document.querySelectorAll('body *')].filter((e) => e.checkVisibility() && !e.closest('.symbols, .unseen, .skip, thead')"
            " && e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.name, .reason, .facts, .table-frame, svg')).map((e) => e.outerHTML.slice(0, 90))")
        assert wide == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        tiles = await page.evaluate("[...document.querySelectorAll('.tile')].filter((t) => t.scrollWidth > t.clientWidth).map((t) => t.textContent)")
        assert tiles == []


async def test_long_names_do_not_widen_a_phone(reader):
    async with reader(hostile(), size=(NARROWEST, 740)) as (page, _, _browser):
        await page.shown()
        assert await page.evaluate("document.documentElement.scrollWidth") <= NARROWEST
        await page.evaluate(f"location.hash = '#/node/{'x' * 256}'")
        await page.text_is(".subject-head h1", "x" * 256)
        assert await page.evaluate("document.documentElement.scrollWidth") <= NARROWEST


async def test_a_phone_shows_cards_that_name_their_figures(reader):
    async with reader(World(4), size=(390, 844)) as (page, _, _browser):
        await page.shown()
        assert await page.evaluate("getComputedStyle(document.querySelector('#nodes tbody tr')).display") == "grid"
        assert await page.evaluate("getComputedStyle(document.querySelector('#nodes td:nth-child(3)'), '::before').content") == '"Clients"'
        await page.evaluate("(() => { const s = document.querySelector('#nodes select'); s.value = '0'; s.dispatchEvent(new Event('change')); })()")
        assert await page.texts("#nodes tbody .name") == ["node-a", "node-b", "node-c", "node-d"]


CONTRAST = """(() => {
  const style = getComputedStyle(document.documentElement);
  const light = (hex) => hex.match(/\\w\\w/g).map((part) => parseInt(part, 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const of = (name) => light(style.getPropertyValue(name).trim().slice(1));
  const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const low = [];
  const wants = (text, ground, least) => { const r = ratio(of(text), of(ground)); if (r < least) low.push(`${text} on ${ground}: ${r.toFixed(2)}`); };
  for (const ground of ["--page", "--card", "--hover", "--raised"]) {
    for (const text of ["--ink", "--soft", "--accent", "--good", "--degraded", "--bad", "--lost"]) wants(text, ground, 4.5);
  }
  for (const tone of ["--good", "--degraded", "--bad", "--lost"]) wants("--mark", tone, 4.5);
  for (const line of ["--near", "--region", "--far", "--slow"]) wants(line, "--card", 2.8);
  wants("--on-accent", "--accent", 4.5);
  return low;
})()"""


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_text_can_be_read_in_both_themes(reader, theme):
    async with reader(World(2), theme=theme) as (page, _, _browser):
        await page.shown()
        assert await page.evaluate("document.documentElement.dataset.theme") == theme
        assert await page.evaluate(CONTRAST) == []


async def test_the_switch_outlives_a_reload(reader):
    async with reader(World(2), path="#/node/node-b", theme="light") as (page, _, _browser):
        await page.has_charts(9)
        border = "Chart.getChart(document.querySelector('.plot canvas')).data.datasets[0].borderColor"
        light = await page.evaluate(border)
        await page.click("#theme")
        assert await page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
        assert await page.evaluate(border) != light
        await page.reload()
        await page.until("document.documentElement.dataset.theme === 'dark' && document.body?.dataset.view === 'network'")


async def test_the_page_comes_back_after_its_node(reader):
    world = World(4)
    async with reader(world) as (page, mock, _):
        await page.shown()
        await page.live()
        await mock.stop()
        await page.until("document.body.hasAttribute('data-stale') && document.querySelector('#stale').checkVisibility()")
        assert await page.texts("#connection-word") == ["Reconnecting"]
        assert "What you see is from" in (await page.texts("#stale-text"))[0]
        world.nodes[0]["clients"] = 7777
        await mock.start()
        await page.click("#retry")
        await page.live()
        await page.text_is("#nodes td", "7,777")
        await page.until("document.querySelector('#stale').hidden && !document.body.hasAttribute('data-stale')")


async def test_impatience_opens_one_connection(reader):
    async with reader(World(2)) as (page, mock, _):
        await page.shown()
        await page.live()
        await mock.stop()
        await page.until("document.querySelector('#connection').dataset.kind === 'lost'")
        await mock.start()
        await page.evaluate("for (let i = 0; i < 5; i++) document.querySelector('#retry').click()")
        await page.live()
        await mock.tell()
        assert len(mock.viewers) == 1


async def test_the_token_opens_the_page_and_is_kept_nowhere(reader):
    async with reader(World(4), token="open sesame".replace(" ", "-")) as (page, mock, browser):
        await page.until("document.querySelector('#login').checkVisibility()")
        assert await page.count("#nodes tbody tr") == 0
        await page.type("#token", "guess")
        await page.press_enter()
        await page.text_is("#login-problem", "That is not this node's admin token.")
        await page.type("#token", "open-sesame")
        await page.press_enter()
        await page.shown()
        await page.live()
        assert len(mock.viewers) == 1
        assert "open-sesame" not in await page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie, location.href])")
        assert not any("open-sesame" in address for address in [*browser.requested, *mock.asked])
        await page.reload()
        await page.until("document.body?.dataset.view === 'network'")


async def test_nothing_comes_from_another_host(reader):
    async with reader(World(4)) as (page, mock, browser):
        await page.shown()
        await page.evaluate("location.hash = '#/node/node-b'")
        await page.has_charts(9)
        ours = (mock.origin, mock.origin.replace("http", "ws"), "data:", "about:")
        assert [url for url in browser.requested if not url.startswith(ours)] == []
        assert browser.complaints == []  # a broken content policy would be one


async def test_keys_lead_through_the_drawing(reader):
    async with reader(World(6)) as (page, _, _browser):
        await page.shown()
        await page.evaluate("document.querySelector('#drawing .node[tabindex=\"0\"]').focus()")
        assert await page.count("#drawing .node[tabindex='0']") == 1
        first = await page.evaluate("document.activeElement.getAttribute('href')")
        for key in ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"):
            await page.key(key)
            if await page.evaluate("document.activeElement.getAttribute('href')") != first:
                break
        assert await page.evaluate("document.activeElement.matches('.node[tabindex=\"0\"]') && document.querySelector('.tip').checkVisibility()")
        assert await page.evaluate("document.activeElement.getAttribute('href')") != first
        assert "clients" in await page.evaluate("document.activeElement.ariaLabel")
        await page.press_enter()
        await page.until("document.activeElement.id === 'subject'")


async def test_everything_that_is_pressed_has_a_name(reader):
    async with reader(World(4)) as (page, _, _browser):
        await page.shown()
        await page.call("Accessibility.enable")
        tree = (await page.call("Accessibility.getFullAXTree"))["nodes"]
        nameless = [n["role"]["value"] for n in tree if not n.get("ignored") and n.get("role", {}).get("value") in ("button", "link", "textbox", "combobox", "searchbox")
                    and not n.get("name", {}).get("value", "").strip()]
        assert nameless == []
        assert sum(n.get("role", {}).get("value") == "columnheader" for n in tree) == 17


async def test_sixty_nodes_stay_apart_and_their_labels_do_not_meet(reader):
    async with reader(troubled(World(60))) as (page, _, _browser):
        await page.shown()
        discs = await page.evaluate("[...document.querySelectorAll('.node .disc')].map((d) => { const r = d.getBoundingClientRect(); return [r.x, r.y, r.width]; })")
        assert len(discs) == 60
        assert min(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** .5 for i, a in enumerate(discs) for b in discs[:i]) > discs[0][2]
        labels = await page.evaluate("[...document.querySelectorAll('.node .label:not([visibility])')].map((t) => { const r = t.getBoundingClientRect();"
                                     " return [r.left, r.right, r.top + 2, r.bottom - 2]; })")
        assert 25 <= len(labels) <= 60
        assert [1 for i, a in enumerate(labels) for b in labels[:i] if a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]] == []
        ill = await page.evaluate("[...document.querySelectorAll('.node[data-condition=bad] .label, .node[data-condition=lost] .label')].map((t) => t.getAttribute('visibility'))")
        assert ill == [None, None]


async def test_a_network_of_a_thousand_is_told_and_partly_drawn(reader):
    world = World(1000, dense=False)
    world.lose("node-900")
    async with reader(world) as (page, mock, browser):
        await page.shown()
        await page.live()
        assert await page.texts("#drawn") == ["120 of 1,000: the ill, the master and the first by name"]
        assert await page.count("#drawing .node") == 120
        assert await page.count("#drawing .node[href='#/node/node-900']") == 1
        assert await page.count("#nodes tbody tr") == 100
        await page.click("#nodes .all")
        assert await page.count("#nodes tbody tr") == 1000
        await mock.push()
        assert browser.complaints == []


async def test_many_frames_leave_the_page_as_large_as_it_was(reader):
    """Ten minutes at one frame a second, in a hurry: one element or listener left behind by each frame would show."""
    world = troubled(World(20))
    async with reader(world) as (page, mock, _):
        await page.shown()
        await page.live()

        async def frames(count):
            for _ in range(count):
                await mock.push()
            await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            await page.call("HeapProfiler.collectGarbage")
            return await page.call("Memory.getDOMCounters")

        before = await frames(50)
        after = await frames(600)
        assert after["nodes"] <= before["nodes"] + 300  # what is not collected yet
        assert after["jsEventListeners"] <= before["jsEventListeners"] + 100


async def test_older_events_are_asked_for(reader):
    world = World(4)
    for i in range(150):
        world.event("mended", "node-b", f"mended {i}")
        world.now += 1
    async with reader(world) as (page, mock, _):
        await page.shown()
        assert await page.count("#events li") == 100
        await page.click("#events .more")
        await page.until("document.querySelectorAll('#events li').length > 150")
        assert any(asked.startswith("/overview/events?before=") for asked in mock.asked)
        await page.click("#events .more")
        await page.until("document.querySelector('#events .more').hidden")
