#!/usr/bin/python3
"""A million hostile inputs, while two healthy clients talk fifty times a second and must not notice."""

import asyncio
import collections
import json
import secrets
import sys
import time
from pathlib import Path

import websockets

import inputs
import soak

RATE = 50
OPEN_SECONDS = 30
LAST_SECONDS = 10  # for the last message to arrive


class Pair:
    """Two clients in a channel with a password; one sends, one listens."""

    def __init__(self, node):
        self.node, self.password = node, secrets.token_hex(16)
        self.sent, self.answered, self.wrong = 0, 0, []
        self.got, self.latencies = 0, []

    async def connect(self):
        settings = {"compression": None, "ping_interval": None, "open_timeout": OPEN_SECONDS, "max_queue": None}
        self.sender, self.listener = [await websockets.connect(self.node.url(), **settings) for _ in range(2)]
        for each in (self.sender, self.listener):
            await each.send(json.dumps({"command": "subscribe", "data": {"topic": inputs.LOCKED_CHANNEL,
                                                                         "password": self.password}}))
            answer = await asyncio.wait_for(each.recv(), OPEN_SECONDS)
            assert json.loads(answer)["data"] == {"ok": True}, answer

    async def send(self, stop: asyncio.Event):
        """On time, also when the last one is not answered yet."""
        due = time.monotonic()
        while not stop.is_set():
            await self.sender.send(json.dumps({"command": "send", "data": {
                "channel": inputs.LOCKED_CHANNEL, "message": [self.sent, time.monotonic()]}, "nonce": self.sent}))
            self.sent += 1
            due += 1 / RATE
            await asyncio.sleep(due - time.monotonic())

    async def read_answers(self):
        async for text in self.sender:
            if json.loads(text) != {"type": "response", "data": {"ok": True}, "nonce": self.answered}:
                self.wrong.append(text)
            self.answered += 1

    async def listen(self):
        async for text in self.listener:
            now = time.monotonic()
            number, at = json.loads(text)["data"]["message"]
            if number != self.got:
                self.wrong.append(text)
            self.got += 1
            self.latencies.append((now - at) * 1000)

    async def last_ones(self):
        until = time.monotonic() + LAST_SECONDS
        while min(self.got, self.answered) < self.sent and time.monotonic() < until:
            await asyncio.sleep(0.01)


class Assault:
    """The attacking processes, and what they tell."""

    def __init__(self, options, port: int):
        self.options, self.port = options, port
        self.sent = [0] * options.processes
        self.inputs, self.outcomes = collections.Counter(), collections.Counter()
        self.faults, self.fault_count, self.done = [], 0, 0

    async def one(self, number: int):
        """One process. It ends with this, whatever happens."""
        o = self.options
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(Path(__file__).with_name("attack.py")), "--port", str(self.port), "--seed", str(o.seed),
            "--inputs", str(o.inputs // o.processes), "--first", str(o.first + number), "--step", str(o.processes),
            "--connections", str(o.connections), "--bound", str(o.bound), stdout=asyncio.subprocess.PIPE, limit=1 << 20)
        try:
            async for line in process.stdout:
                self.take(number, json.loads(line))
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    def take(self, number: int, told: dict):
        self.sent[number] = told["sent"]
        if told.get("done"):
            self.done += 1
            self.inputs.update(told["inputs"])
            self.outcomes.update(told["outcomes"])
            self.faults += told["faults"]
            self.fault_count += told["fault_count"]

    async def run(self):
        await asyncio.gather(*(self.one(number) for number in range(self.options.processes)))


class Watch:
    """The node's memory while it is attacked."""

    def __init__(self, node, assault: Assault, options):
        self.node, self.assault, self.options = node, assault, options
        self.before, self.most = 0, 0

    async def run(self):
        told = began = time.monotonic()
        while True:
            await asyncio.sleep(0.25)
            sent, now = sum(self.assault.sent), time.monotonic()
            size = soak.rss(self.node.pid)
            if not self.before and sent >= self.options.inputs * self.options.warmup:
                self.before = size
            self.most = max(self.most, size)
            if now - told >= 10:
                told = now
                soak.say(f"{now - began:4.0f} s: {sent:,} inputs, RSS {soak.mib(size)}, "
                         f"{soak.descriptors(self.node.pid)} descriptors")


async def attack(node, options) -> tuple[Pair, Assault, Watch, int, int]:
    pair, assault = Pair(node), Assault(options, node.port())
    watch, stop = Watch(node, assault, options), asyncio.Event()
    await pair.connect()
    baseline = soak.descriptors(node.pid)
    healthy = [asyncio.ensure_future(each)
               for each in (pair.send(stop), pair.read_answers(), pair.listen(), watch.run())]
    assaulting = asyncio.ensure_future(assault.run())
    try:
        # None of the healthy ones ends by itself: whoever does was disconnected.
        await asyncio.wait([assaulting, *healthy], return_when=asyncio.FIRST_COMPLETED)
        if assaulting.done():
            assaulting.result()
            left = await asyncio.to_thread(soak.settled, node.pid, baseline, 60)
            stop.set()
            await pair.last_ones()
        else:
            await asyncio.wait([assaulting], timeout=5)  # it may have something to say
            left = 0
            pair.wrong.append("a healthy client was disconnected")
        return pair, assault, watch, baseline, left
    finally:
        for task in (assaulting, *healthy):
            task.cancel()
        await asyncio.gather(assaulting, *healthy, return_exceptions=True)


def add_assault(figures, options, assault: Assault):
    sent = sum(assault.sent)
    is_done = sent >= options.inputs and assault.done == options.processes
    figures.add("inputs", f"{sent:,}", is_done, f"{options.inputs:,}")
    figures.add("connections", f"{sum(assault.outcomes.values()):,}")
    figures.add("left without the answer or the end due", assault.fault_count, not assault.fault_count, "0")
    soak.say_counted("inputs", assault.inputs)
    soak.say_counted("outcomes", assault.outcomes)
    for line in assault.faults:
        soak.say(line)


def add_pair(figures, options, pair: Pair):
    lost, p99 = pair.sent - pair.got, soak.percentile(pair.latencies, 0.99)
    is_whole = pair.got and not lost and not pair.wrong and pair.answered == pair.sent
    figures.add("healthy messages, lost", f"{pair.sent:,}, {lost}", is_whole, "0 lost, all answered")
    figures.add("p50 ms", f"{soak.percentile(pair.latencies, 0.5):.1f}")
    figures.add("p99 ms", f"{p99:.1f}", p99 < options.p99_ms, f"< {options.p99_ms:g}")
    figures.add("max ms", f"{soak.percentile(pair.latencies, 1):.1f}")
    for line in pair.wrong[:20]:
        soak.say(f"healthy client: {line}")


def run(options, figures):
    with soak.node_of(options.engine) as node:
        began, stolen = time.monotonic(), soak.stolen()
        pair, assault, watch, baseline, left = asyncio.run(attack(node, options))
        seconds = time.monotonic() - began
        stolen = [after - before for before, after in zip(stolen, soak.stolen())]
        is_alive = node.is_running()
        growth = (soak.rss(node.pid) if is_alive else 0) - watch.before
        code, counters = soak.end(node) if is_alive else (node.exit_code(), dict.fromkeys(soak.COUNTERS, 0))
        figures.add("seed", options.seed)
        figures.add("seconds", f"{seconds:.0f}")
        figures.add("processors stolen", f"{100 * stolen[0] / max(stolen[1], 1):.0f} %")
        figures.add("node alive", "yes" if is_alive else "no", is_alive, "yes")
        add_assault(figures, options, assault)
        add_pair(figures, options, pair)
        figures.add("RSS at first, most", f"{soak.mib(watch.before)}, {soak.mib(watch.most)}")
        figures.add("growth", soak.mib(growth), growth < options.growth_mib * soak.MIB, f"< {options.growth_mib:g} MiB")
        figures.add("descriptors before, after", f"{baseline}, {left}", left <= baseline, "the same")
        opened, closed = counters["clients_opened"], counters["clients_closed"]
        figures.add("clients opened, closed", f"{opened:,}, {closed:,}", opened == closed > 0, "the same")
        figures.add("exit code", code, code == 0, "0")
        soak.say_counted("counters", counters)


def main() -> int:
    parser = soak.parser(__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32), help="a run of this seed again")
    parser.add_argument("--p99-ms", type=float, default=50, help="the healthy pair's bound")
    parser.add_argument("--growth-mib", type=float, default=16, help="the RSS may grow by so much")
    parser.add_argument("--warmup", type=float, default=0.1, help="share of the inputs before the first look at it")
    parser.add_argument("--processes", type=int, default=1, help="that attack")
    parser.add_argument("--connections", type=int, default=150, help="of each, at a time")
    parser.add_argument("--first", type=int, default=0, help="number of the first connection, to play one again")
    options = parser.parse_args()
    soak.say(f"seed {options.seed}")
    return soak.judge("hostile", run, options)


if __name__ == "__main__":
    sys.exit(main())
