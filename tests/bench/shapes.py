"""Networks for mesh.py: our nodes and nats-server's in the same shapes, started and ended by process id.

A shape is a list: shape[k] are the numbers of the nodes before k that node k dials. Our nodes hold these links and no
others. NATS knows two shapes of its own: a cluster, in which every server has a route to every other and messages take
one route at most; and leaf nodes, which can be chained.
"""

import contextlib
import random
import re
import resource
import socket
import subprocess
import threading
import time
from pathlib import Path

import peers

LINK_SECONDS = 20

FIXED = """-- Holds what is linked, dials nobody.
local peer_selection = {}
function peer_selection.choose(candidates)
  local held = {}
  for _, candidate in ipairs(candidates) do
    if candidate.linked then
      held[#held + 1] = candidate.name
    end
  end
  return held
end
return peer_selection
"""

OURS = """local relay = require "relay"

relay.node {{
  name   = "{name}",
  listen = "127.0.0.1:{port}",
  host   = "ws://127.0.0.1:{port}/",
  token  = "bench",
  peers  = {{ {peers} }},
  limits = {{ connections = 18000, connections_per_address = 0, messages_per_second = 0,
             channels_per_client = 1000000, send_queue_bytes = 16777216 }},
  health = {{ latency_ms = 1000 }},
  drain_seconds = 1,
  keep_alive_seconds = 3600,
}}

relay.on("peer_up", function(peer)
  relay.log.info("bench linked with", peer.name)
end)
{extra}
"""

NATS = """listen: "127.0.0.1:{listen}"
max_connections: 65536
websocket {{
  listen: "127.0.0.1:{port}"
  no_tls: true
  compression: false
}}
"""

NATS_CLUSTER = """cluster {{
  name: bench
  listen: "127.0.0.1:{own}"
  routes: [{urls}]
}}
"""

NATS_LEAF = """leafnodes {{
  listen: "127.0.0.1:{own}"
  remotes: [{urls}]
}}
"""


def free_port() -> int:
    """Below those that the system gives to outgoing connections."""
    while True:
        port = random.randrange(10240, 32768)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def line(count: int) -> list:
    return [[k - 1] if k else [] for k in range(count)]


def circle(count: int, steps=(1, 2)) -> list:
    """A ring with chords: every node is linked with those so many steps away."""
    linked = {frozenset((k, (k + step) % count)) for k in range(count) for step in steps}
    return [[j for j in range(k) if frozenset((j, k)) in linked] for k in range(count)]


class Node:
    """A server process, its port for clients, and its log with the time at which each line came."""

    def __init__(self, command: list, folder: Path, port: int, cpus: set) -> None:
        self.port = port
        self.lines: list = []
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=folder,
            start_new_session=True,
            preexec_fn=peers.prepare(cpus),
        )
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self) -> None:
        for raw in self.process.stderr:
            self.lines.append((time.monotonic(), raw.decode(errors="replace").rstrip()))

    def count(self, text: str) -> int:
        return sum(text in line for _, line in list(self.lines))

    def wait(self, text: str, count: int = 1, seconds: float = LINK_SECONDS) -> tuple:
        """When the count-th line with this text came, and the line."""
        deadline = time.monotonic() + seconds
        while True:
            found = [entry for entry in list(self.lines) if text in entry[1]]
            if len(found) >= count:
                return found[count - 1]
            if self.process.poll() is not None or time.monotonic() > deadline:
                last = self.lines[-1][1] if self.lines else "no word"
                raise peers.PeerError(f"no line {count} of '{text}'; last: {last}")
            time.sleep(0.005)

    def answers(self, seconds: float = LINK_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not peers.answers(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                last = self.lines[-1][1] if self.lines else "no word"
                raise peers.PeerError(f"did not start: {last}")
            time.sleep(0.01)

    def resident(self) -> int:
        text = Path(f"/proc/{self.process.pid}/statm").read_text()
        return int(text.split()[1]) * resource.getpagesize()

    def cpu_seconds(self) -> float:
        """User and system, in ticks."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def end(self) -> None:
        peers.end(self.process)
        self.reader.join(2)

    def counters(self) -> dict:
        """What our node counted: only after its end."""
        for _, text in self.lines:
            if re.search(r"\bstopped\b", text):
                return {key: int(value) for key, value in re.findall(r" (\w+)=(\d+)", text)}
        raise peers.PeerError("no `stopped` line in a node's log")


class Network:
    """`with` ends all nodes that it has started."""

    def __init__(self, folder: Path, cpus: set) -> None:
        self.folder = folder
        self.cpus = cpus
        self.nodes: list = []

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        for node in self.nodes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                node.end()

    def place(self) -> Path:
        folder = self.folder / f"node{len(self.nodes)}"
        folder.mkdir(parents=True)
        return folder

    def pids(self) -> list:
        return [node.process.pid for node in self.nodes]


class Ours(Network):
    """Nodes of this project."""

    dialect = "wsrelay"

    def __init__(self, folder: Path, cpus: set, program: str) -> None:
        super().__init__(folder, cpus)
        self.program = program

    def add(self, dialled=(), extra: str = "") -> Node:
        name = f"node-{chr(ord('a') + len(self.nodes))}"
        folder, port = self.place(), free_port()
        listed = ", ".join(
            f'{{ name = "node-{chr(ord("a") + k)}", token = "bench", '
            f'url = "ws://127.0.0.1:{self.nodes[k].port}/node" }}'
            for k in dialled
        )
        (folder / "policies").mkdir()
        (folder / "policies" / "peer_selection.lua").write_text(FIXED)
        main = folder / "main.lua"
        main.write_text(OURS.format(name=name, port=port, peers=listed, extra=extra))
        node = Node([self.program, str(main)], folder, port, self.cpus)
        self.nodes.append(node)
        node.answers()
        return node

    def shape(self, dialled: list, extra: str = "") -> None:
        links = [0] * len(dialled)
        for k, others in enumerate(dialled):
            self.add(others, extra)
            for other in others:
                links[k] += 1
                links[other] += 1
        for node, count in zip(self.nodes, links):
            if count:
                node.wait("bench linked with", count)


class Nats(Network):
    """nats-server: `cluster` has routes from each to each, else leaf nodes in the given shape."""

    dialect = "nats"

    def __init__(self, folder: Path, cpus: set, cluster: bool) -> None:
        super().__init__(folder, cpus)
        self.cluster = cluster
        self.inner: list = []

    def shape(self, dialled: list) -> None:
        links = [0] * len(dialled)
        form, scheme = (NATS_CLUSTER, "nats-route") if self.cluster else (NATS_LEAF, "nats-leaf")
        for k, others in enumerate(dialled):
            folder, port, own = self.place(), free_port(), free_port()
            urls = [f"{scheme}://127.0.0.1:{self.inner[other]}" for other in others]
            if not self.cluster:
                urls = [f'{{ url: "{url}" }}' for url in urls]
            text = NATS.format(listen=free_port(), port=port)
            if len(dialled) > 1:
                text += form.format(own=own, urls=", ".join(urls))
            (folder / "nats.conf").write_text(text)
            command = [peers.system("nats-server"), "-c", str(folder / "nats.conf")]
            self.nodes.append(Node(command, folder, port, self.cpus))
            self.inner.append(own)
            self.nodes[-1].answers()
            for other in others:
                links[k] += 1
                links[other] += 1
        said = "Route connection created" if self.cluster else "Leafnode connection created"
        for node, count in zip(self.nodes, links):
            if count:
                node.wait(said, count)


ADDRESS = re.compile(r"127\.0\.0\.1\]?:(\d+)")


def sockets(*options: str) -> list:
    """(local port, other port, the rest) of the loopback connections that stand."""
    done = subprocess.run(
        ["ss", "-tinHO", *options, "state", "established"],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    found = []
    for text in done.stdout.splitlines():
        ends = ADDRESS.findall(text)
        if len(ends) >= 2:
            found.append((int(ends[0]), int(ends[1]), text))
    return found


def find_links(network: Network) -> set:
    """The connections, as pairs of ports, of which both ends are nodes."""
    pids = [f"pid={pid}," for pid in network.pids()]
    held = {
        (here, there)
        for here, there, text in sockets("-p")
        if any(pid in text for pid in pids)
    }
    return {(here, there) for here, there in held if (there, here) in held}


def bytes_sent(links: set) -> int:
    """What these sockets sent so far: TCP payload, all directions together."""
    total = 0
    for here, there, text in sockets():
        if (here, there) in links:
            total += int(re.search(r"bytes_sent:(\d+)", text).group(1))
    return total
