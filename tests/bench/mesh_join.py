"""mesh.py's part "join": a network of two nodes that holds many channels, and a third one that joins it.

How long until the third knows them all, what goes over its link, and how long any node keeps an unrelated client
waiting meanwhile (bench-stall). When the joiner has all is read from its link, which falls silent then: asking it all
the time would slow it down. The count at the end is its own.
"""

import json
import selectors
import signal
import socket
import subprocess
import time

import peers
import shapes

OPEN_SECONDS = 300
JOIN_SECONDS = 120
QUIET_SECONDS = 2.5  # digests go out once a second
QUIET_BYTES = 2000  # of digests and trees, between two samples
SAMPLE_SECONDS = 0.05

# A reload makes the node say how many channels it knows.
COUNT = """relay.on("reload", function()
  relay.log.info("bench knows", #relay.channels() + #relay.reserved())
end)
"""

UPGRADE = (
    "GET /connect HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def connect(port: int) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", port), timeout=10)
    opened.sendall(UPGRADE.format(port=port).encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        more = opened.recv(1)
        if not more:
            raise peers.PeerError("the node closed a connection")
        answer += more
    if not answer.startswith(b"HTTP/1.1 101"):
        raise peers.PeerError(answer.splitlines()[0].decode(errors="replace"))
    return opened


def frame(text: bytes) -> bytes:
    """Masked with the key 0, as bench-load does."""
    head = bytes([0x81, 0x80 | len(text)]) if len(text) < 126 else b"\x81\xfe" + len(text).to_bytes(2, "big")
    return head + b"\0\0\0\0" + text


class Opener:
    """A client that subscribes to channels, all commands on their way at once."""

    def __init__(self, port: int, names: range) -> None:
        self.socket = connect(port)
        self.socket.setblocking(False)
        self.wanted = len(names)
        self.out = memoryview(b"".join(
            frame(b'{"command":"subscribe","data":{"topic":"bench-channel-%07d"}}' % name) for name in names
        ))
        self.opened = self.refused = 0
        self.tail = b""

    def step(self) -> None:
        if self.out:
            try:
                self.out = self.out[self.socket.send(self.out[:262144]):]
            except BlockingIOError:
                pass
        try:
            came = self.tail + self.socket.recv(1 << 20)
        except BlockingIOError:
            return
        if len(came) == len(self.tail):
            raise peers.PeerError("the node closed a connection")
        for key, answer in (("opened", b'"ok":true'), ("refused", b'"ok":false')):
            setattr(self, key, getattr(self, key) + came.count(answer))
        # Answers are cut anywhere; no whole one may be counted twice.
        last = came.rfind(b'"ok":')
        self.tail = came[max(last + 6, len(came) - 9):] if last >= 0 else came[-9:]


def open_channels(openers: list) -> dict:
    """Runs until every subscribe is answered."""
    selector = selectors.DefaultSelector()
    for opener in openers:
        selector.register(opener.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, opener)
    began, cpu = time.monotonic(), time.process_time()
    left = set(openers)
    while left and time.monotonic() - began < OPEN_SECONDS:
        for key, _ in selector.select(1.0):
            opener = key.data
            opener.step()
            if not opener.out:
                selector.modify(opener.socket, selectors.EVENT_READ, opener)
            if opener.opened + opener.refused >= opener.wanted:
                left.discard(opener)
    seconds = time.monotonic() - began
    selector.close()
    return {
        "seconds": seconds,
        "opened": sum(o.opened for o in openers),
        "refused": sum(o.refused for o in openers),
        "client_cpu_share": (time.process_time() - cpu) / seconds,
    }


def knows(node: shapes.Node) -> int:
    """How many channels the node knows by its own count."""
    before = node.count("bench knows")
    node.process.send_signal(signal.SIGHUP)
    _, text = node.wait("bench knows", before + 1)
    return int(text.split("bench knows", 1)[1].strip().split()[0].strip('"'))


def start_stall(bench, nodes: list) -> subprocess.Popen:
    command = [str(bench.tools / "bench-stall"), *(str(node.port) for node in nodes)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def end_stall(process: subprocess.Popen) -> dict:
    process.terminate()
    said = process.communicate(timeout=20)[0]
    return json.loads(said) if said else {"late_ms": {"max": 0}, "nodes": []}


def watch(network, began: float) -> dict:
    """Samples the joiner's links until they are quiet; when the last large growth was, and the bytes."""
    links = set()
    while not links and time.monotonic() - began < JOIN_SECONDS:
        links = shapes.find_links(network) - network.links_before
        time.sleep(0.01)
    last, moved, curve = 0, time.monotonic(), []
    while True:
        now, sent = time.monotonic(), shapes.bytes_sent(links)
        curve.append((round(now - began, 3), sent))
        if sent - last > QUIET_BYTES:
            moved = now
        if now - moved > QUIET_SECONDS or now - began > JOIN_SECONDS:
            return {"seconds": moved - began, "bytes": sent, "curve": curve}
        last = sent
        time.sleep(SAMPLE_SECONDS)


def fill(bench, network) -> dict:
    """Half of the channels on each node; how fast one client opens some, and many the rest."""
    o = bench.options
    few = min(2000, o.channels // 10)
    one = [Opener(network.nodes[0].port, range(few))]
    alone = open_channels(one)
    left = range(few, o.channels)
    many = [
        Opener(network.nodes[k % 2].port, left[k::o.openers])
        for k in range(o.openers)
    ]
    together = open_channels(many)
    network.openers = one + many
    return {"alone": alone, "together": together}


def settle(nodes: list, count: int, seconds: float = 60) -> float:
    """How long until all of them know all channels."""
    began = time.monotonic()
    while True:
        counts = [knows(node) for node in nodes]
        if all(known == count for known in counts):
            return time.monotonic() - began
        if time.monotonic() - began > seconds:
            raise peers.PeerError(f"after {seconds:.0f} s the nodes know {counts} of {count} channels")
        time.sleep(0.5)


def join(bench) -> dict:
    o = bench.options
    with bench.ours(bench.all_cpus) as network:
        network.shape(shapes.line(2), COUNT)
        resident = sum(node.resident() for node in network.nodes)
        opened = fill(bench, network)
        bench.say(f"  one client: {opened['alone']}; {o.openers} clients: {opened['together']}")
        settled = settle(network.nodes, o.channels)
        resident = sum(node.resident() for node in network.nodes) - resident
        stall = start_stall(bench, network.nodes)
        time.sleep(5)
        calm = end_stall(stall)
        network.links_before = shapes.find_links(network)
        stall = start_stall(bench, network.nodes)
        time.sleep(0.3)
        cpu = [node.cpu_seconds() for node in network.nodes]
        joiner = network.add([0], COUNT)
        stall_of_joiner = start_stall(bench, [joiner])
        linked = joiner.wait("bench linked with")[0] - joiner.began
        watched = watch(network, joiner.began)
        busy = [end_stall(stall), end_stall(stall_of_joiner)]
        cpu = [node.cpu_seconds() - was for node, was in zip(network.nodes, [*cpu, 0.0])]
        count = knows(joiner)
        result = {
            "ok": count == o.channels,
            "error": "" if count == o.channels else f"it knows {count} of {o.channels} channels",
            "opened": opened,
            "settled": settled,
            "known": count,
            "linked": linked,
            "synchronised": watched["seconds"],
            "bytes": watched["bytes"],
            "curve": watched["curve"],
            "cpu_seconds": cpu,
            "calm": calm,
            "stalls": busy,
            "resident_a_claim": resident / 2 / o.channels,
            "joiner_resident": joiner.resident(),
        }
        if not result["ok"]:
            time.sleep(10)
            result["known_later"] = knows(joiner)
        for opener in network.openers:
            opener.socket.close()
        return result


def measure(bench) -> list:
    found = []
    for number in range(bench.options.rounds):
        bench.say(f"join, round {number + 1} of {bench.options.rounds}")
        try:
            result = join(bench)
        except (peers.PeerError, OSError) as error:
            result = {"ok": False, "error": str(error)}
        found.append(result)
        if result["ok"]:
            worst = [f"{node['max_ms']:.0f}" for part in result["stalls"] for node in part["nodes"]]
            bench.say(
                f"  linked {result['linked']:.2f} s, all known {result['synchronised']:.2f} s after its start; "
                f"{result['bytes'] / 1e6:.2f} MB; longest waits {' '.join(worst)} ms"
            )
        else:
            bench.note(f"join: {result['error']}")
    return found
