#!/usr/bin/python3
"""A hundred subscribers, one of which stops reading: the node lets go of that one, and the others miss nothing.

What each subscriber must get is known byte for byte, so each is compared with it as it reads.
"""

import json
import select
import socket
import sys
import time

import soak

WARMUP_BYTES = 64 * soak.MIB  # of fan-out that everybody reads
WINDOW_BYTES = 256 << 10      # of messages on their way to the slowest that reads
STALL_SECONDS = 60            # without any progress
SEND_QUEUE_BYTES = soak.MIB   # as the node has it without being told
CONFIG = """keep_alive_seconds = 3600,
  limits = { messages_per_second = 0 },"""


class Subscriber:
    def __init__(self, connection: socket.socket):
        self.connection, self.got, self.is_right = connection, 0, True

    def read(self, expected: memoryview) -> int:
        """Compares what came with what had to come; how many bytes."""
        data = self.connection.recv(1 << 18)
        if not data or data != expected[self.got:self.got + len(data)]:
            self.is_right = False
            return 0
        self.got += len(data)
        return len(data)


def upgraded(port: int, number: int, receive_bytes=None) -> socket.socket:
    connection = soak.bare_socket(number)
    if receive_bytes:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.settimeout(20)
    connection.connect(("127.0.0.1", port))
    connection.sendall(soak.UPGRADE)
    assert soak.receive_upgrade(connection) == b""
    connection.sendall(soak.text('{"command":"subscribe","data":{"topic":"stalled"}}'))
    answer = connection.recv(4096)
    assert b'"ok":true' in answer, answer
    connection.setblocking(False)
    return connection


def command_of(number: int, size: int) -> tuple[bytes, bytes]:
    """A message as its sender sends it, and as the others get it."""
    message = f"{number:09d}" + chr(ord("a") + number % 26) * (size - 9)
    command = {"command": "send", "data": {"channel": "stalled", "message": message}, "nonce": number}
    data = json.dumps({"type": "message", "data": {"message": message, "channel": "stalled"}, "nonce": number},
                      separators=(",", ":"))
    return soak.text(json.dumps(command, separators=(",", ":"))), soak.frame(soak.TEXT, data.encode(), mask=b"")


class Soak:
    def __init__(self, node, options):
        self.node, self.options = node, options
        self.publisher = upgraded(node.port(), 0)
        self.subscribers = [Subscriber(upgraded(node.port(), 1 + i)) for i in range(options.subscribers - 1)]
        self.stalled = Subscriber(upgraded(node.port(), 0, receive_bytes=8192))
        self.readers = {each.connection.fileno(): each for each in (*self.subscribers, self.stalled)}
        self.expected, self.number, self.answers, self.answered = bytearray(), 0, b"", 0
        self.out = b""
        self.rss_max = 0
        self.poll = select.epoll()
        for fd in (*self.readers, self.publisher.fileno()):
            self.poll.register(fd, select.EPOLLIN)

    def close(self):
        for each in (*self.subscribers, self.stalled):
            each.connection.close()
        self.publisher.close()
        self.poll.close()

    def publish(self):
        command, data = command_of(self.number, self.options.size)
        self.number += 1
        self.out += command
        self.expected += data

    def send(self):
        """As much as the publisher's socket takes."""
        while self.out:
            try:
                self.out = self.out[self.publisher.send(self.out):]
            except BlockingIOError:
                return

    def read_answers(self):
        data = self.answers + self.publisher.recv(1 << 18)
        found, rest = soak.frames(data)
        self.answers = data[rest:]
        for opcode, payload in found:
            assert opcode == soak.TEXT and b'"ok":true' in payload, payload
            self.answered += 1

    def look(self) -> int:
        """Reads once from everybody who has something; how many bytes."""
        got = 0
        expected = memoryview(self.expected)
        for fd, _ in self.poll.poll(0.05):
            if fd == self.publisher.fileno():
                self.read_answers()
                continue
            reader = self.readers[fd]
            got += reader.read(expected)
            if not reader.is_right:
                self.poll.unregister(fd)
        expected.release()
        return got

    def fan_out(self, total_bytes: int):
        """Publishes until so much was made of it for all subscribers, and everybody who reads has read it."""
        wanted = len(self.expected) + total_bytes // self.options.subscribers
        moved_at = watched_at = time.monotonic()
        while True:
            slowest = min(reader.got for reader in self.readers.values() if reader.is_right)
            while len(self.expected) < min(wanted, slowest + WINDOW_BYTES):
                self.publish()
            if slowest == len(self.expected) or not any(each.is_right for each in self.subscribers):
                return
            self.send()
            now = time.monotonic()
            if self.look():
                moved_at = now
            if now - moved_at > STALL_SECONDS:
                raise AssertionError(f"nothing came for {STALL_SECONDS} s; the slowest has {slowest} bytes")
            if now - watched_at > 0.02:
                watched_at = now
                self.rss_max = max(self.rss_max, soak.rss(self.node.pid))

    def stall(self):
        """From now on nobody reads for that one."""
        fd = self.stalled.connection.fileno()
        self.poll.unregister(fd)
        del self.readers[fd]

    def end_of_stalled(self) -> tuple[str, int]:
        """Reads what was left for it: how it ended, and how many bytes came."""
        connection, size = self.stalled.connection, 0
        connection.settimeout(20)
        # It may have stopped within a frame: that one's beginning is known.
        rest = bytes(self.expected[:self.stalled.got])
        try:
            while piece := connection.recv(1 << 18):
                size += len(piece)
                rest += piece
                found, at = soak.frames(rest)
                rest = rest[at:]
                for opcode, payload in found:
                    if opcode == soak.CLOSE:
                        return str(int.from_bytes(payload[:2], "big")), size
        except ConnectionResetError:
            return "reset", size
        except TimeoutError:
            return "not cut", size
        return "ended", size


def run(options, figures):
    with soak.node_of(options.engine, CONFIG) as node:
        trial = Soak(node, options)
        try:
            trial.fan_out(WARMUP_BYTES)
            before = max(soak.rss(node.pid), trial.rss_max)
            trial.stall()
            trial.rss_max = 0
            began = time.monotonic()
            trial.fan_out(options.mib * soak.MIB)
            seconds = time.monotonic() - began
            growth = max(trial.rss_max, soak.rss(node.pid)) - before
            way, stalled_bytes = trial.end_of_stalled()
        finally:
            trial.close()
        code, counters = soak.end(node)
    right = [each for each in trial.subscribers if each.is_right and each.got == len(trial.expected)]
    most = options.growth_mib * soak.MIB + SEND_QUEUE_BYTES
    figures.add("fan-out", f"{options.mib} MiB")
    figures.add("seconds", f"{seconds:.1f}")
    figures.add("messages", f"{trial.number:,} of {options.size:,} bytes")
    figures.add("RSS before", soak.mib(before))
    figures.add("growth", soak.mib(growth), growth < most, f"< send_queue_bytes + {options.growth_mib} MiB")
    figures.add("others with every byte", f"{len(right)} of {len(trial.subscribers)}",
                len(right) == len(trial.subscribers), "all")
    # Who takes not even the Close in five seconds is disconnected without it.
    ways = ("1013", "reset", "ended") if seconds > 5 else ("1013", "reset")
    figures.add("stalled one", way, way in ways, " or ".join(ways))
    figures.add("it got", soak.mib(stalled_bytes))
    figures.add("clients too slow", counters["clients_too_slow"], counters["clients_too_slow"] == 1, "1")
    figures.add("exit code", code, code == 0, "0")
    soak.say_counted("counters", counters)


def main() -> int:
    parser = soak.parser(__doc__.splitlines()[0])
    parser.add_argument("--mib", type=int, default=1024, help="of fan-out in all, after the warm-up")
    parser.add_argument("--size", type=int, default=4096, help="bytes of a message, at least 9")
    parser.add_argument("--subscribers", type=int, default=100)
    parser.add_argument("--growth-mib", type=float, default=4, help="the RSS may grow by so much over send_queue_bytes")
    options = parser.parse_args()
    return soak.judge("stalled", run, options)


if __name__ == "__main__":
    sys.exit(main())
