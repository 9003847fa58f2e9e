"""Who reads the Network Overview: a page of a browser that is open on a mock of its master."""

import contextlib
import json
from pathlib import Path

import pytest

from support.browser import CHROMIUM, Page, browser_at
from support.overview_mock import CHART, OverviewMock

NARROWEST = 360
DESKTOP = (1440, 900)

needs_browser = pytest.mark.skipif(not (Path(CHROMIUM).exists() and CHART.exists()), reason="needs chromium and libjs-chart.js")


class OverviewPage(Page):
    async def shown(self):
        await self.until("document.body.dataset.view === 'network' && document.querySelector('#nodes tbody tr')")

    async def live(self):
        await self.until("document.querySelector('#connection').dataset.kind === 'live'")

    def texts(self, selector):
        return self.evaluate(f"[...document.querySelectorAll({json.dumps(selector)})].map((e) => e.textContent.trim())")

    def column(self, table, number):
        return self.texts(f"#{table} tbody td:nth-child({number})")

    def count(self, selector):
        return self.evaluate(f"document.querySelectorAll({json.dumps(selector)}).length")

    async def has_charts(self, count):
        await self.until(f"[...document.querySelectorAll('.plot canvas')].filter((c) => globalThis.Chart?.getChart(c)).length === {count}")

    async def key(self, key):
        for kind in ("keyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key)


@contextlib.asynccontextmanager
async def reads(browser_url, world, path="", size=DESKTOP, theme="light", motion="reduce", script="", **options):
    """(page, mock, browser): a page that is open on a mock. `script` runs before the page's own."""
    async with OverviewMock(world, **options) as mock, browser_at(browser_url) as browser:
        page = await browser.open_page(mock.address + path, OverviewPage, emulate=[
            ("Page.addScriptToEvaluateOnNewDocument", {"source": script}),
            ("Emulation.setDeviceMetricsOverride", {"width": size[0], "height": size[1], "deviceScaleFactor": 1,
                                                    "mobile": size[0] < 800}),
            ("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": theme},
                                                         {"name": "prefers-reduced-motion", "value": motion}]}),
        ])
        yield page, mock, browser
        await page.call("Storage.clearDataForOrigin", origin=mock.origin, storageTypes="all")
        await page.call("Page.close")
