#!/usr/bin/python3
"""Runs the same traffic against our engine and its peers in one go and prints tables of it.

See README.md. Loopback only; every server is started here and ended here, by its process id.
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import peers as servers
import table

ROOT = Path(__file__).resolve().parents[2]
STEPS = (1000, 5000, 10000, 15000)
NAMES = ("engine", "floor", "textbook", "nats", "nchan")


def numbers(words: str) -> list[int]:
    return [int(word) for word in words.split(",") if word]


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", help="build folder")
    parser.add_argument("--engine", default="", help="another wsrelay-engine binary")
    parser.add_argument("--peers", default=",".join(NAMES), help="which of " + ",".join(NAMES))
    parser.add_argument("--rounds", type=int, default=3, help="rounds; the median counts")
    parser.add_argument("--seconds", type=float, default=3.0, help="measured time of a cell")
    parser.add_argument("--warmup", type=float, default=1.0, help="discarded time before")
    parser.add_argument("--subscribers", type=numbers, default=[100, 1000])
    parser.add_argument("--windows", type=numbers, default=[1, 8, 64])
    parser.add_argument("--size", type=int, default=128, help="bytes of payload")
    parser.add_argument("--steps", type=numbers, default=None, help="idle connections; '': none")
    parser.add_argument("--unpinned", default="", help="servers that may use all cores")
    parser.add_argument("--results", type=Path, help="also write every single result here, as JSON")
    parser.add_argument("--quick", action="store_true", help="about a minute: one short round")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.warmup = 1, 0.8, 0.3
    if options.steps is None:
        options.steps = [1000, 3000] if options.quick else list(STEPS)
    for name in options.peers.split(",") + options.unpinned.split(","):
        if name and name not in NAMES:
            parser.error(f"no such server: {name}; there are {', '.join(NAMES)}")
    return options


def processors() -> tuple[set[int], set[int], set[int]]:
    """For the servers, for the load generator, and all."""
    every = sorted(os.sched_getaffinity(0))
    if len(every) < 2:
        print("bench: one core only: server and load generator share it", file=sys.stderr)
    return {every[0]}, {every[1 % len(every)]}, set(every)


def run_load(options, peer, process, port: int, cpus: set[int], extra: list, limit: float) -> dict:
    """One run of bench-load against a server that is up; its JSON, or what went wrong."""
    command = [str(options.build / "tests" / "bench" / "bench-load")]
    command += ["--dialect", peer.dialect, "--port", str(port), "--server-pid", str(process.pid)]
    command += ["--json", *extra]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus),
        )
        return json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return {"ok": False, "error": f"no result in {limit:.0f} s"}
    except json.JSONDecodeError:
        return {"ok": False, "error": (done.stderr.strip() or "no output").splitlines()[0]}


class Bench:
    """The matrix, and what is needed to run a cell of it."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options = options
        self.folder = folder
        self.count = 0
        self.server_cpus, self.load_cpus, self.all_cpus = processors()
        chosen = options.peers.split(",")
        every = servers.all_peers(options.build, options.engine)
        self.peers = [peer for peer in every if peer.name in chosen]
        for peer in self.peers:
            if peer.name in options.unpinned.split(","):
                peer.label += " (all cores)"
        cells = [(n, w) for n in options.subscribers for w in options.windows]
        self.results = table.Results(self.peers, cells, options.steps)

    def cpus_of(self, peer) -> set[int]:
        unpinned = peer.name in self.options.unpinned.split(",")
        return self.all_cpus if unpinned else self.server_cpus

    def measure(self, peer, extra: list, limit: float) -> dict:
        """A fresh server for every figure, so that none inherits another's memory."""
        self.count += 1
        place = self.folder / f"{self.count}-{peer.name}"
        try:
            with servers.running(peer, place, self.cpus_of(peer)) as (process, port):
                result = run_load(
                    self.options, peer, process, port, self.load_cpus, extra, limit
                )
                if process.poll() is not None:
                    result = {"ok": False, "error": f"the server ended with {process.returncode}"}
                return result
        except servers.PeerError as error:
            return {"ok": False, "error": str(error)}

    def cell(self, peer, subscribers: int, window: int) -> None:
        o = self.options
        extra = ["--subscribers", str(subscribers), "--window", str(window), "--size", str(o.size)]
        extra += ["--seconds", str(o.seconds), "--warmup", str(o.warmup)]
        result = self.measure(peer, extra, o.seconds + o.warmup + 90)
        label = f"{peer.label}, {subscribers} subscribers, window {window}"
        self.results.add(self.results.traffic, (peer.name, subscribers, window), label, result)
        rate = result.get("deliveries_per_second", 0)
        say(f"{label}: {rate:,.0f} deliveries/s" + mark(result))

    def idle(self, peer) -> None:
        steps = self.options.steps
        extra = ["--connect", ",".join(map(str, steps))]
        result = self.measure(peer, extra, 70.0 * len(steps))
        label = f"{peer.label}, idle subscribers"
        self.results.add(self.results.idle, (peer.name,), label, result)
        costs = ", ".join(f"{s['connect_us']:.0f}" for s in result.get("steps", []))
        say(f"{label}: {costs} us a connect" + mark(result))

    def run(self) -> None:
        able = [peer for peer in self.peers if not peer.missing]
        for number in range(self.options.rounds):
            say(f"round {number + 1} of {self.options.rounds}")
            for cell in self.results.cells:
                for peer in able:
                    self.cell(peer, *cell)
            for peer in able if self.options.steps else []:
                self.idle(peer)


def mark(result: dict) -> str:
    return "" if result.get("ok") else "  FAILED: " + table.fault(result)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def heading(bench: Bench) -> str:
    options = bench.options
    model = ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    versions = [f"{peer.label}: {peer.version()}" for peer in bench.peers if peer.version()]
    pinned = "each server on one core, the load generator on another"
    if len(bench.all_cpus) < 2:
        pinned = "servers and load generator on the same core"
    return (
        f"{model}, {len(bench.all_cpus)} cores, Linux {platform.release()}; {pinned}; "
        f"{options.size}-byte payloads, one channel, one publisher; median of "
        f"{options.rounds} × {options.seconds:g} s after {options.warmup:g} s of warm-up. "
        + "; ".join(versions)
        + "\n"
    )


def write_results(bench: Bench) -> None:
    plain = {
        "traffic": {" ".join(map(str, k)): v for k, v in bench.results.traffic.items()},
        "idle": {" ".join(k): v for k, v in bench.results.idle.items()},
    }
    bench.options.results.parent.mkdir(parents=True, exist_ok=True)
    bench.options.results.write_text(json.dumps(plain, indent=1) + "\n")


def main() -> int:
    options = read_arguments()
    options.build = options.build.resolve()
    load = options.build / "tests" / "bench" / "bench-load"
    if not os.access(load, os.X_OK):
        say(f"bench: {load} is not built: cmake --preset bench && cmake --build --preset bench")
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are ended too
    with tempfile.TemporaryDirectory(prefix="wsrelay-bench-") as folder:
        os.chmod(folder, 0o755)  # nginx drops to another user and looks in here
        bench = Bench(options, Path(folder))
        bench.run()
    if options.results:
        write_results(bench)
    print(heading(bench))
    print(table.render(bench.results))
    return 1 if bench.results.notes else 0


if __name__ == "__main__":
    sys.exit(main())
