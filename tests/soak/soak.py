"""What the soaks share: a node of one's own, bare sockets and frames, what /proc says, the row of figures."""

import argparse
import contextlib
import os
import signal
import socket
import struct
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "flows"))

from support.node import COUNTERS, Node  # noqa: E402

MIB = 1 << 20
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
UPGRADE = (b"GET /connect HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
IP_BIND_ADDRESS_NO_PORT = 24
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no time: close() resets


def parser(text: str) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=text, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    made.add_argument("--engine", type=Path, default=ROOT / "build" / "release" / "wsrelay-engine",
                      help="the binary")
    made.add_argument("--bound", type=float, default=1800, metavar="SECONDS", help="the whole soak ends by then")
    return made


def say(text: str):
    """Progress; the row alone goes to standard output."""
    print(text, file=sys.stderr, flush=True)


def say_counted(title: str, counted: dict):
    say(f"{title}: " + ", ".join(f"{name} {count:,}" for name, count in counted.items() if count))


class OutOfTime(Exception):
    pass


def bound_time(seconds: float):
    """Ends this process by an exception, so that whatever it started is ended: after so long, and at SIGTERM."""
    def out_of_time(*_):
        raise OutOfTime(f"not done after {seconds:.0f} s")

    signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


@contextlib.contextmanager
def node_of(binary: Path, config=""):
    """A node in a folder of its own. It is ended here if nobody did, and must have nothing to complain of."""
    with tempfile.TemporaryDirectory(prefix="wsrelay-soak-") as folder:
        with Node(Path(folder), config, binary=binary.resolve()) as node:
            yield node


def end(node) -> tuple[int, dict]:
    """SIGTERM; the exit code, and what the node counted."""
    code = node.end()
    fields = node.wait_for("stopped").fields
    return code, {name: fields.get(name, 0) for name in COUNTERS}


# What the system says of a process.

def rss(pid: int) -> int:
    """Resident bytes. statm is brought up to date in batches of pages; smaps_rollup is exact."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no Rss")


def rss_peak(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def settled(pid: int, baseline: int, seconds=30.0) -> int:
    """Waits until a process has no more descriptors than it had; how many it has then."""
    until = time.monotonic() + seconds
    while (count := descriptors(pid)) > baseline and time.monotonic() < until:
        time.sleep(0.05)
    return count


def stolen() -> tuple[int, int]:
    """What the host of a virtual machine kept for others so far, and all there was, in ticks."""
    ticks = [int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return ticks[7], sum(ticks)


# Sockets and frames.

def bare_socket(number=0) -> socket.socket:
    """One that comes from one of 64 loopback addresses: no address meets its limit or runs out of ports."""
    made = socket.socket()
    made.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    made.bind((f"127.0.0.{2 + number % 64}", 0))
    return made


def reset(connection: socket.socket):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()


def xor(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    pad = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(pad, "little")).to_bytes(size, "little")


def frame(opcode: int, payload: bytes = b"", *, fin=True, rsv=0, mask=b"\x31\x41\x59\x26", declared=None) -> bytes:
    """A client's frame. `declared` is a length that need not be true; without a mask it is a server's."""
    size = len(payload) if declared is None else declared
    first, bit = (0x80 if fin else 0) | rsv << 4 | opcode, 0x80 if mask else 0
    if size < 126:
        head = struct.pack("!BB", first, bit | size)
    elif size < 65536:
        head = struct.pack("!BBH", first, bit | 126, size)
    else:
        head = struct.pack("!BBQ", first, bit | 127, size)
    return head + mask + xor(payload, mask) if mask else head + payload


def text(payload: str) -> bytes:
    return frame(TEXT, payload.encode())


def frames(data: bytes) -> tuple[list, int]:
    """The whole frames at the beginning of what a node sent, as (opcode, payload), and where the rest begins."""
    found, at = [], 0
    while len(data) - at >= 2:
        size, start = data[at + 1] & 0x7F, at + 2
        if size >= 126:
            wide = 2 if size == 126 else 8
            if len(data) < start + wide:
                break
            size, start = int.from_bytes(data[start:start + wide], "big"), start + wide
        if len(data) < start + size:
            break
        found.append((data[at] & 0x0F, data[start:start + size]))
        at = start + size
    return found, at


def receive_upgrade(connection: socket.socket) -> bytes:
    """Reads the 101 of a blocking socket; what came behind it."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError("ended in the handshake")
        data += piece
    head, rest = data.split(b"\r\n\r\n", 1)
    if not head.startswith(b"HTTP/1.1 101 "):
        raise ConnectionError(f"refused: {head[:40]!r}")
    return rest


# Figures.

def percentile(values: list, share: float) -> float:
    ordered = sorted(values) or [0]
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Figures:
    """One row of a table, and which of its figures were missed."""

    def __init__(self, check: str, binary: Path):
        self.names, self.values, self.missed = ["check", "binary"], [check, binary.resolve().parent.name], []

    def add(self, name: str, value, good=True, wanted=""):
        self.names.append(name)
        self.values.append(str(value) if good else f"**{value}**")
        if not good:
            self.missed.append(f"{name}: {value}, wanted {wanted}")

    def report(self) -> int:
        """Prints the row; the exit code."""
        print("| " + " | ".join(self.names) + " |")
        print("|" + "---|" * len(self.names))
        print("| " + " | ".join(self.values) + " |", flush=True)
        for line in self.missed:
            say(f"missed: {line}")
        return 1 if self.missed else 0


def judge(check: str, run, options) -> int:
    """Runs a soak; the exit code."""
    bound_time(options.bound)
    figures = Figures(check, options.engine)
    try:
        run(options, figures)
    except (AssertionError, OSError, OutOfTime) as fault:
        figures.missed.append(f"{type(fault).__name__}: {fault}")
    return figures.report()


def mib(size: int) -> str:
    return f"{size / MIB:.2f} MiB"
