#!/usr/bin/python3
"""Measures a network of nodes: hops beside nats-server, copies a message, control traffic, a node that joins.

See README.md, "The mesh". Loopback only; every process is started here and ended here, by its process id. The load
comes from bench-load; Python only starts things and reads what they counted.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import mesh_join
import mesh_table
import peers
import shapes

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("hops", "copies", "join")
SYSTEMS = ("ours", "cluster", "leaf")  # the last two: nats-server


def numbers(words: str) -> list[int]:
    return [int(word) for word in words.split(",") if word]


def words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench", help="build folder")
    parser.add_argument("--engine", default="", help="another wsrelay-engine binary")
    parser.add_argument("--parts", type=words, default=list(PARTS), help="of " + ",".join(PARTS))
    parser.add_argument("--rounds", type=int, default=3, help="rounds; the median counts")
    parser.add_argument("--seconds", type=float, default=2.0, help="measured time of a cell")
    parser.add_argument("--warmup", type=float, default=0.7, help="discarded time before")
    parser.add_argument("--hops", type=numbers, default=[0, 1, 2, 3])
    parser.add_argument("--systems", type=words, default=list(SYSTEMS), help="of " + ",".join(SYSTEMS))
    parser.add_argument("--subscribers", type=numbers, default=[1, 100])
    parser.add_argument("--windows", type=numbers, default=[1, 64])
    parser.add_argument("--rate", type=int, default=500, help="messages a second of the calm cell; 0: none")
    parser.add_argument("--size", type=int, default=128, help="bytes of payload")
    parser.add_argument("--spread", action="store_true", help="nodes may use every core, not one for all")
    parser.add_argument("--nodes", type=int, default=8, help="copies: nodes in the ring with chords")
    parser.add_argument("--sources", type=int, default=4, help="copies: nodes that send")
    parser.add_argument("--messages", type=int, default=2000, help="copies: of each of them")
    parser.add_argument("--rest", type=float, default=20.0, help="copies: seconds at rest")
    parser.add_argument("--channels", type=int, default=100000, help="join: channels that are open")
    parser.add_argument("--openers", type=int, default=20, help="join: clients that open them")
    parser.add_argument("--results", type=Path, help="also write every single result here, as JSON")
    options = parser.parse_args()
    for name in options.parts:
        if name not in PARTS:
            parser.error(f"no such part: {name}; there are {', '.join(PARTS)}")
    return options


class Bench:
    """What every part needs."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options = options
        self.folder = folder
        self.count = 0
        self.notes: list = []
        self.all_cpus = set(os.sched_getaffinity(0))
        every = sorted(self.all_cpus)
        self.load_cpus = {every[-1]}
        self.node_cpus = self.all_cpus if options.spread else {every[0]}
        self.engine = options.engine or str(options.build / "wsrelay-engine")
        self.tools = options.build / "tests" / "bench"

    def place(self) -> Path:
        self.count += 1
        return self.folder / str(self.count)

    def ours(self, cpus: set = None) -> shapes.Ours:
        return shapes.Ours(self.place(), cpus or self.node_cpus, self.engine)

    def load_command(self, network, publish: int, subscribe: int, *extra) -> list:
        """bench-load with its publisher on one node and its subscribers on another."""
        command = [str(self.tools / "bench-load"), "--dialect", network.dialect, "--json"]
        command += ["--port", str(network.nodes[subscribe].port)]
        command += ["--publish-port", str(network.nodes[publish].port)]
        command += ["--size", str(self.options.size)]
        for pid in network.pids():
            command += ["--server-pid", str(pid)]
        return command + [str(word) for word in extra]

    def load(self, network, publish: int, subscribe: int, *extra) -> dict:
        command = self.load_command(network, publish, subscribe, *extra)
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
                preexec_fn=lambda: os.sched_setaffinity(0, self.load_cpus),
            )
            return json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            return {"ok": False, "error": "no result in 120 s"}
        except json.JSONDecodeError:
            return {"ok": False, "error": (done.stderr.strip() or "no output").splitlines()[0]}

    @staticmethod
    def say(text: str) -> None:
        say(text)

    def note(self, text: str) -> None:
        self.notes.append(text)
        say("  " + text)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# --- Hops


def cells(options) -> list:
    """(subscribers, window); window 0 is the calm cell."""
    found = [(n, w) for n in options.subscribers for w in options.windows]
    return found + ([(1, 0)] if options.rate else [])


def able(system: str, hops: int) -> bool:
    """A cluster's messages take one route at most; a single NATS server is neither shape."""
    return {"ours": True, "cluster": hops <= 1, "leaf": hops >= 1}[system]


def start(bench: Bench, system: str, hops: int):
    if system == "ours":
        return bench.ours()
    return shapes.Nats(bench.place(), bench.node_cpus, system == "cluster")


def hop_cells(bench: Bench, system: str, hops: int, found: dict) -> None:
    o = bench.options
    for number, (subscribers, window) in enumerate(cells(o)):
        extra = ["--seconds", o.seconds, "--warmup", o.warmup, "--subscribers", subscribers]
        extra += ["--window", window] if window else ["--rate", o.rate]
        key = (system, hops, subscribers, window)
        try:  # a network of its own, so that no cell inherits another's
            with start(bench, system, hops) as network:
                network.shape(shapes.line(hops + 1))
                time.sleep(0.3)
                result = bench.load(network, 0, hops, "--name", f"bench{number}", *extra)
        except peers.PeerError as error:
            result = {"ok": False, "error": str(error)}
        found.setdefault(key, []).append(result)
        label = f"{system}, {hops} hops, {subscribers} subscribers, window {window}"
        if result.get("ok"):
            rate = result["deliveries_per_second"] / subscribers
            cost = result["server_cpu_us_per_delivery"] * subscribers
            say(f"{label}: {rate:,.0f} messages/s, {cost:.2f} us each, "
                f"p50 {result['latency_us']['p50']:.0f} us")
        else:
            bench.note(f"{label}: {mesh_table.fault(result)}")


def measure_hops(bench: Bench) -> dict:
    found: dict = {}
    systems = [s for s in bench.options.systems if s == "ours" or peers.system("nats-server")]
    for number in range(bench.options.rounds):
        say(f"hops, round {number + 1} of {bench.options.rounds}")
        for hops in bench.options.hops:
            for system in systems:
                if able(system, hops):
                    hop_cells(bench, system, hops, found)
    return found


# --- Copies and control traffic


def messages(bench: Bench, network, count: int) -> None:
    """`count` messages of each source, all sources at a time, each to the node farthest from it."""
    o = bench.options
    running = []
    for source in range(o.sources):
        node = source * o.nodes // o.sources
        other = (node + o.nodes // 2) % o.nodes
        command = bench.load_command(network, node, other, "--subscribers", 1, "--window", 4)
        command += ["--messages", str(count), "--name", f"source{source}"]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    for process in running:
        result = json.loads(process.communicate(timeout=120)[0])
        if not result["ok"]:
            bench.note(f"copies: {mesh_table.fault(result)}")


def network_of_circle(bench: Bench):
    network = bench.ours(bench.all_cpus)
    return network, shapes.circle(bench.options.nodes)


def totals(network) -> dict:
    """Ends the nodes; what they counted, summed."""
    for node in network.nodes:
        node.process.send_signal(signal.SIGTERM)
    for node in network.nodes:
        node.end()
    total: dict = {}
    for node in network.nodes:
        for key, value in node.counters().items():
            total[key] = total.get(key, 0) + value
    return total


def copies_run(bench: Bench, count: int, seconds: float) -> dict:
    """A warm-up, then `count` messages of each source, `seconds` in all; the same with none is the control traffic."""
    network, shape = network_of_circle(bench)
    with network:
        network.shape(shape)
        time.sleep(2)
        messages(bench, network, 300)
        time.sleep(1)
        links = shapes.find_links(network)
        before, began = shapes.bytes_sent(links), time.monotonic()
        if count:
            messages(bench, network, count)
        took = time.monotonic() - began
        time.sleep(max(0.0, seconds - took))
        sent = shapes.bytes_sent(links) - before
        total = totals(network)
    total.update(wire_bytes=sent, links_seen=len(links) // 2, took=took)
    return total


def rest_run(bench: Bench) -> dict:
    """Bytes on the links of a network without clients, and processor time."""
    o = bench.options
    network, shape = network_of_circle(bench)
    with network:
        network.shape(shape)
        time.sleep(5)
        links = shapes.find_links(network)
        before, cpu = shapes.bytes_sent(links), sum(n.cpu_seconds() for n in network.nodes)
        began = time.monotonic()
        time.sleep(o.rest)
        seconds = time.monotonic() - began
        sent = shapes.bytes_sent(links) - before
        cpu = sum(n.cpu_seconds() for n in network.nodes) - cpu
    return {
        "bytes_a_second": sent / seconds / o.nodes,
        "cpu_share": cpu / seconds / o.nodes,
        "links": len(links) // 2,
    }


def measure_copies(bench: Bench) -> dict:
    o = bench.options
    found = {"runs": [], "rest": []}
    for number in range(o.rounds):
        say(f"copies, round {number + 1} of {o.rounds}")
        seconds = 10.0
        full = copies_run(bench, o.messages, seconds)
        empty = copies_run(bench, 0, max(seconds, full["took"]))
        sent = full["packets_sent"] - empty["packets_sent"]
        due = o.sources * o.messages * (o.nodes - 1)
        run = {
            "copies": sent / due,
            "wire_bytes_a_copy": (full["wire_bytes"] - empty["wire_bytes"]) / due,
            "control_packets": empty["packets_sent"],
            "seconds": full["took"],
            "links": full["links_seen"],
            "full": full,
            "empty": empty,
        }
        found["runs"].append(run)
        say(f"  {run['copies']:.4f} copies a node and message, "
            f"{run['wire_bytes_a_copy']:.1f} bytes each, {full['took']:.1f} s, {run['links']} links")
    found["rest"].append(rest_run(bench))
    rest = found["rest"][-1]
    say(f"  at rest: {rest['bytes_a_second']:.0f} bytes/s a node, {rest['cpu_share'] * 100:.2f} % of a core")
    return found


def main() -> int:
    options = read_arguments()
    options.build = options.build.resolve()
    for name in ("bench-load", "bench-stall"):
        if not os.access(options.build / "tests" / "bench" / name, os.X_OK):
            say(f"mesh: {name} is not built: cmake --preset bench && cmake --build --preset bench")
            return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nodes are ended too
    parts = {"hops": measure_hops, "copies": measure_copies, "join": mesh_join.measure}
    found = {}
    load_before = Path("/proc/loadavg").read_text().split()[0]
    with tempfile.TemporaryDirectory(prefix="wsrelay-mesh-") as folder:
        bench = Bench(options, Path(folder))
        for name in options.parts:
            found[name] = parts[name](bench)
    if options.results:
        plain = dict(found)
        if "hops" in plain:
            plain["hops"] = {" ".join(map(str, key)): value for key, value in plain["hops"].items()}
        options.results.parent.mkdir(parents=True, exist_ok=True)
        options.results.write_text(json.dumps(plain, indent=1) + "\n")
    print(mesh_table.render(options, found, bench.notes, load_before))
    return 1 if bench.notes else 0


if __name__ == "__main__":
    sys.exit(main())
