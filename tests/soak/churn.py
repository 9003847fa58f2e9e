#!/usr/bin/python3
"""Clients that come and die in every way there is: the node keeps nothing of them."""

import random
import secrets
import socket
import sys
import time

import soak

BATCH = 60  # connections that stand at the same time
DEAD_MAX = 500  # whose end the node has not noticed: half of limits.hash_queue
WAIT_SECONDS = 20

SUBSCRIBE = soak.text('{"command":"subscribe","data":{"topic":"churn"},"nonce":1}')
CLOSE = soak.frame(soak.CLOSE, b"\x03\xe8")
# A message in three stages of being incomplete: in the frame's head, in its payload, between two fragments.
HALVES = [SUBSCRIBE[:3], SUBSCRIBE[:20], soak.frame(soak.TEXT, b'{"command":', fin=False)]


def read_frames(connection, wanted: int) -> list:
    """The next so many frames."""
    data, found = b"", []
    while len(found) < wanted:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError("ended")
        data += piece
        found, _ = soak.frames(data)
    return found


def hang_up(connection, rng):
    """Without a Close frame: with FIN or with RST."""
    if rng.random() < 0.5:
        soak.reset(connection)
    else:
        connection.close()


def close_cleanly(connection, rng):
    connection.sendall(SUBSCRIBE)
    read_frames(connection, 1)
    connection.sendall(CLOSE)
    opcode, payload = read_frames(connection, 1)[0]
    assert (opcode, payload[:2]) == (soak.CLOSE, b"\x03\xe8"), (opcode, payload)
    assert connection.recv(1) == b""
    connection.close()


def reset_in_a_channel(connection, rng):
    connection.sendall(SUBSCRIBE)
    read_frames(connection, 1)
    soak.reset(connection)


def subscribe_locked(connection):
    """With a password that the node does not know yet, so that it has to be computed."""
    password = secrets.token_hex(8)
    connection.sendall(soak.text(
        f'{{"command":"subscribe","data":{{"topic":"churn-locked","password":"{password}"}}}}'))


def die_subscribing(connection, rng):
    """While the password is computed, or waits to be."""
    hang_up(connection, rng)


def die_in_a_frame(connection, rng):
    connection.sendall(rng.choice(HALVES))
    hang_up(connection, rng)


def die_in_the_handshake(connection, rng):
    hang_up(connection, rng)


# Out of twenty. A password costs a hundred times as much as anything else here.
SHARES = {close_cleanly: 5, reset_in_a_channel: 5, die_in_a_frame: 5, die_in_the_handshake: 4, die_subscribing: 1}
WAYS = [way for way, share in SHARES.items() for _ in range(share)]


class Churn:
    def __init__(self, node, baseline: int, seed: int):
        self.node, self.baseline, self.rng = node, baseline, random.Random(seed)
        self.cycles, self.opened = 0, 0
        self.died = dict.fromkeys((way.__name__ for way in SHARES), 0)

    def connect(self, way):
        connection = soak.bare_socket(self.cycles)
        self.cycles += 1
        connection.settimeout(WAIT_SECONDS)
        connection.connect(("127.0.0.1", self.node.port()))
        if way is die_in_the_handshake:
            connection.sendall(soak.UPGRADE[:self.rng.randrange(len(soak.UPGRADE) - 1)])
        else:
            connection.sendall(soak.UPGRADE)
            self.opened += 1
        return connection

    def batch(self, count: int):
        """So many connections stand together, then die one after the other."""
        ways = [WAYS[(self.cycles + i) % len(WAYS)] for i in range(count)]
        self.rng.shuffle(ways)
        standing = []
        try:
            for way in ways:
                standing.append((way, self.connect(way)))
            for way, connection in standing:
                if way is not die_in_the_handshake:
                    soak.receive_upgrade(connection)
                if way is die_subscribing:
                    subscribe_locked(connection)
            self.rng.shuffle(standing)
            for way, connection in standing:
                way(connection, self.rng)
                self.died[way.__name__] += 1
        finally:
            for _, connection in standing:
                connection.close()

    def run(self, count: int):
        """Goes on until so many cycles are done in all."""
        told = time.monotonic()
        while self.cycles < count:
            self.batch(min(BATCH, count - self.cycles))
            if soak.descriptors(self.node.pid) > self.baseline + DEAD_MAX:
                soak.settled(self.node.pid, self.baseline)
            if time.monotonic() - told >= 10:
                told = time.monotonic()
                soak.say(f"{self.cycles} cycles, RSS {soak.mib(soak.rss(self.node.pid))}")


def keep_locked(port: int) -> socket.socket:
    """Opens the channel with a password: who comes with another is wrong, and wrong ones are not remembered."""
    keeper = soak.bare_socket()
    keeper.settimeout(WAIT_SECONDS)
    keeper.connect(("127.0.0.1", port))
    keeper.sendall(soak.UPGRADE)
    soak.receive_upgrade(keeper)
    subscribe_locked(keeper)
    assert b'"ok":true' in read_frames(keeper, 1)[0][1]
    return keeper


def run(options, figures):
    with soak.node_of(options.engine, "keep_alive_seconds = 3600,") as node, keep_locked(node.port()):
        baseline = soak.descriptors(node.pid)
        churn = Churn(node, baseline, options.seed)
        began = time.monotonic()
        churn.run(options.warmup)
        soak.settled(node.pid, baseline)
        before = soak.rss(node.pid)
        churn.run(options.warmup + options.cycles)
        seconds = time.monotonic() - began
        left = soak.settled(node.pid, baseline)
        growth = soak.rss(node.pid) - before
        code, counters = soak.end(node)
    wanted = churn.opened + 1  # and the keeper
    opened, closed = counters["clients_opened"], counters["clients_closed"]
    figures.add("cycles", f"{options.warmup:,} + {options.cycles:,}")
    figures.add("seconds", f"{seconds:.0f}")
    figures.add("RSS after warm-up", soak.mib(before))
    figures.add("growth", soak.mib(growth), growth < options.growth_mib * soak.MIB, f"< {options.growth_mib} MiB")
    figures.add("descriptors before, after", f"{baseline}, {left}", left <= baseline, "the same")
    figures.add("clients opened, closed", f"{opened:,}, {closed:,}", opened == closed == wanted,
                f"{wanted:,} both")
    figures.add("channels opened, closed", f"{counters['channels_opened']:,}, {counters['channels_closed']:,}",
                counters["channels_opened"] == counters["channels_closed"], "the same")
    figures.add("passwords busy", counters["passwords_busy"], not counters["passwords_busy"], "0: each one waited")
    figures.add("exit code", code, code == 0, "0")
    soak.say_counted("died", churn.died)
    soak.say_counted("counters", counters)


def main() -> int:
    parser = soak.parser(__doc__)
    parser.add_argument("--cycles", type=int, default=100_000, help="that are measured")
    parser.add_argument("--warmup", type=int, default=10_000, help="cycles before the first look at the memory")
    parser.add_argument("--growth-mib", type=float, default=1, help="the RSS may grow by so much")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    return soak.judge("churn", run, options)


if __name__ == "__main__":
    sys.exit(main())
