"""A master's admin listener without the master: the page's own files, and a world that a test moves by hand.

By hand, on a port of its own:  python3 tests/flows/support/overview_mock.py --nodes 12 --scenario troubled --port 8099
"""

import argparse
import asyncio
import http
import json
import sys
import time
import urllib.parse
from pathlib import Path

import websockets

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.overview_world import HOSTILE_NAMES, World

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "scripts/relay/master/page"
CHART = Path("/usr/share/javascript/chart.js/chart.min.js")
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
CSP = ("default-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
       "form-action 'self'")
COOKIE = "overview=let-in"


class OverviewMock:
    """`async with OverviewMock(world) as mock`, or start() and stop() as often as wanted: it comes back on the same port."""

    def __init__(self, world, token=None, has_histories=True, has_chart=True, tests=None, port=0):
        self.world = world
        self.token = token
        self.has_histories = has_histories
        self.has_chart = has_chart
        self.tests = tests  # a folder that is served below /overview/tests/
        self.port = port
        self.viewers = set()
        self.asked = []  # paths with their queries, in order
        self.arrived = asyncio.Event()  # set whenever a viewer opens
        self.server = None

    async def __aenter__(self):
        await self.start()
        return self

    async def __aexit__(self, *_):
        await self.stop()

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self):
        return f"{self.origin}/overview"

    async def start(self):
        self.server = await websockets.serve(self.view, "127.0.0.1", self.port, process_request=self.answer)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self):
        if self.server:
            self.server.close()
            await self.server.wait_closed()
            self.server = None

    async def view(self, socket):
        self.viewers.add(socket)
        self.arrived.set()
        try:
            await socket.wait_closed()
        finally:
            self.viewers.discard(socket)

    async def push(self, seconds=1.0):
        """One frame to every viewer, of a world that is some seconds older."""
        self.world.tick(seconds)
        await self.tell()

    async def tell(self):
        """One frame of the world as it is."""
        text = json.dumps(self.world.state())
        for viewer in list(self.viewers):
            await viewer.send(text)

    async def answer(self, target, headers):
        self.asked.append(target)
        path, _, query = target.partition("?")
        asked = {key: values[0] for key, values in urllib.parse.parse_qs(query).items()}
        is_in = not self.token or COOKIE in headers.get("Cookie", "")
        if path == "/overview/login":
            return self.login(headers)
        if path == "/overview":
            return self.file(PAGE / "index.html", 200 if is_in else 401)
        if path == "/overview/chart.min.js":
            return self.file(CHART) if self.has_chart else self.json({"reason": "no chart.js"}, 404)
        if path.startswith("/overview/tests/") and self.tests:
            return self.file(self.tests / path.rsplit("/", 1)[1])
        if path.endswith((".js", ".css")):
            return self.file(PAGE / path.rsplit("/", 1)[1])
        if not is_in:
            return self.json({"reason": "not allowed"}, 401)
        return None if path == "/overview/live" else self.data(path, asked)

    def data(self, path, asked):
        if path == "/overview/state":
            return self.json(self.world.state())
        if path == "/overview/events":
            return self.json(self.world.events_before(float(asked["before"])))
        if path == "/overview/history" and self.has_histories:
            return self.json(self.world.history(asked["span"], asked.get("node"), asked.get("channel")))
        if path == "/overview/history":
            return self.json({"reason": "no histories"}, 503)
        return self.json({"reason": "not found"}, 404)

    def login(self, headers):
        if self.token and headers.get("Authorization") != f"Bearer {self.token}":
            return self.json({"reason": "invalid token"}, 401)
        return self.response(204, b"", {"Set-Cookie": f"{COOKIE}; HttpOnly; SameSite=Strict; Path=/"})

    def file(self, path, status=200):
        if not path.is_file():
            return self.json({"reason": "not found"}, 404)
        return self.response(status, path.read_bytes(), {"Content-Type": TYPES[path.suffix]})

    def json(self, value, status=200):
        return self.response(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def response(self, status, body, headers):
        common = {"Content-Security-Policy": CSP, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
        return http.HTTPStatus(status), list({**common, **headers}.items()), body


def troubled(world):
    """A bad day: one lost, one plain, one ill, one sickly, one leaving, and two with trouble, of which one looks well."""
    names = [n["name"] for n in world.nodes]
    world.ail(names[1], "degraded", "load 3.20 of 2.00")
    world.find(names[1])["load"] = 3.2
    world.trouble(names[1], policy_failures=12)
    if len(names) > 3:
        world.event("health", names[3], "good → degraded: memory at 93 %", world.now - 900)
        world.lose(names[3], ago=640)
    if len(names) > 5:
        world.ail(names[4], "bad", "memory 96 %")
        world.find(names[4])["memory_used"] = world.find(names[4])["memory_total"] * .96
        world.make_plain(names[5])
    if len(names) > 7:
        world.find(names[6])["draining"] = True
        world.event("draining", names[6], "began to drain", world.now - 95)
        world.event("refused", names[2], "refused a reload; its log says why", world.now - 45)
        world.find(names[2])["process"]["reloads_refused"] = 1
        world.trouble(names[7], messages_dropped=27, slow_clients=3)
    return world


def hostile():
    world = World(len(HOSTILE_NAMES), names=list(HOSTILE_NAMES))
    for channel, name in zip(world.channels, (*HOSTILE_NAMES, "é" * 128, "🦊" * 64)):
        channel["name"] = name
    world.event("mended", HOSTILE_NAMES[0], '<script>document.title = "owned"</script>')
    return world


def world_of(scenario, nodes, now):
    if scenario == "hostile":
        return hostile()
    world = World(nodes, now=now)
    return troubled(world) if scenario == "troubled" else world


async def serve(options):
    world = world_of(options.scenario, options.nodes, time.time())
    mock = OverviewMock(world, token=options.token, has_histories=not options.no_histories, has_chart=not options.no_chart,
                        port=options.port)
    async with mock:
        print(mock.address, flush=True)
        while True:
            await asyncio.sleep(options.every)
            await mock.push(options.every)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=4)
    parser.add_argument("--scenario", choices=("calm", "troubled", "hostile"), default="calm")
    parser.add_argument("--token")
    parser.add_argument("--no-histories", action="store_true")
    parser.add_argument("--no-chart", action="store_true")
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two frames")
    try:
        asyncio.run(serve(parser.parse_args()))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
