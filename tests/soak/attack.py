#!/usr/bin/python3
"""The hostile side of hostile.py, a process of its own: plays scripts (inputs.py) against a node, many at a time.

Prints a line of JSON each second, and a last one with "done".
"""

import argparse
import asyncio
import collections
import json
import os

import inputs
import soak

CONNECTIONS = 150
SHORT_SECONDS = 0.15   # for an end that need not come
ANSWER_SECONDS = 30    # for the answer that must come: passwords of others may be computed before
LINGER_SECONDS = 60    # for the node to hang up
ASK = soak.text(inputs.ASK)
OPEN, ANSWERED, SILENT, RESET, ENDED = "open", "answered", "silent", "reset", "ended"


class Connection:
    """One script, played."""

    def __init__(self, script: inputs.Script, number: int, port: int):
        self.script, self.number, self.port = script, number, port
        self.data, self.is_upgraded, self.outcome = b"", False, OPEN
        self.loop = asyncio.get_running_loop()

    async def read(self) -> bool:
        """Takes what comes next; whether there is more to expect."""
        piece = await self.loop.sock_recv(self.socket, 65536)
        if not piece:
            self.outcome = ENDED if self.outcome == OPEN else self.outcome
            return False
        self.data += piece
        if not self.is_upgraded:
            self.take_head()
        if self.is_upgraded:
            self.take_frames()
        return self.outcome == OPEN

    def take_head(self):
        head, end, rest = self.data.partition(b"\r\n\r\n")
        if end and head.startswith(b"HTTP/1.1 101 "):
            self.is_upgraded, self.data = True, rest
        elif end and head.startswith(b"HTTP/"):
            self.outcome = "http " + head[9:12].decode("latin-1")

    def take_frames(self):
        found, at = soak.frames(self.data)
        self.data = self.data[at:]
        for opcode, payload in found:
            if opcode == soak.CLOSE:
                self.outcome = str(int.from_bytes(payload[:2], "big")) if payload else "1005"
                return
            if opcode == soak.TEXT and payload.endswith(inputs.ANSWERED):
                self.outcome = ANSWERED

    async def upgrade(self):
        await self.loop.sock_sendall(self.socket, self.script.head)
        while not self.is_upgraded and await self.read():
            pass

    async def talk(self):
        script = self.script
        if script.head:
            await self.upgrade()
            if not self.is_upgraded:
                return
        await self.loop.sock_sendall(self.socket, b"".join(data for _, data in script.inputs) + script.last)
        if script.head and script.kind != "cut_short":
            await self.loop.sock_sendall(self.socket, ASK)
        while self.outcome == OPEN and await self.read():
            pass

    def patience(self) -> float:
        script = self.script
        if script.lingers:
            return LINGER_SECONDS
        # Also where the answer may be missing: what stood before the last input may wait for a password.
        return ANSWER_SECONDS if script.asks or script.kind == "flood" else SHORT_SECONDS

    async def leave(self):
        if self.script.ending == "reset":
            soak.reset(self.socket)
            return
        if self.script.ending == "frame" and self.is_upgraded:
            try:
                self.socket.send(soak.frame(soak.CLOSE, b"\x03\xe8"))
            except OSError:
                pass
        self.socket.close()

    async def play(self):
        self.socket = soak.bare_socket(self.number)
        self.socket.setblocking(False)
        try:
            await self.loop.sock_connect(self.socket, ("127.0.0.1", self.port))
            async with asyncio.timeout(self.patience()):
                await self.talk()
        except TimeoutError:
            self.outcome = SILENT
        except ConnectionRefusedError:
            raise
        except (ConnectionError, OSError):
            self.outcome = RESET
        finally:
            await self.leave()


class Attack:
    def __init__(self, options):
        self.options, self.number, self.sent = options, options.first, 0
        self.inputs, self.outcomes = collections.Counter(), collections.Counter()
        self.faults, self.fault_count = [], 0

    def note(self, connection: Connection):
        script, outcome = connection.script, connection.outcome
        for kind, _ in script.inputs:
            self.inputs[kind] += 1
        if script.kind != "stays":
            self.inputs[script.kind] += 1
        self.sent += script.count()
        self.outcomes[outcome] += 1
        if script.asks and outcome != ANSWERED or script.lingers and outcome in (SILENT, OPEN):
            self.fault_count += 1
            self.faults.append(f"connection {connection.number} ({script.kind}): {outcome}")

    async def worker(self):
        while self.sent < self.options.inputs:
            number = self.number
            self.number += self.options.step
            connection = Connection(inputs.script(self.options.seed, number), number, self.options.port)
            await connection.play()
            self.note(connection)

    def tell(self, **more):
        print(json.dumps({"sent": self.sent, **more}), flush=True)

    async def run(self):
        workers = asyncio.gather(*(self.worker() for _ in range(self.options.connections)))
        try:
            while not workers.done():
                await asyncio.wait([workers], timeout=1)
                self.tell()
            await workers
        except ConnectionRefusedError:
            self.faults.append(f"the node is gone at connection {self.number}; look at the last "
                               f"{2 * self.options.connections} before it")
            self.fault_count += 1
        self.tell(done=True, inputs=self.inputs, outcomes=self.outcomes, faults=self.faults[-20:],
                  fault_count=self.fault_count)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--inputs", type=int, required=True)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--first", type=int, default=0, help="the number of the first connection")
    parser.add_argument("--step", type=int, default=1, help="from one connection's number to the next")
    parser.add_argument("--bound", type=float, default=1800)
    options = parser.parse_args()
    soak.bound_time(options.bound)
    os.nice(19)  # attackers have machines of their own; where they share ours, the node and the healthy go first
    asyncio.run(Attack(options).run())


if __name__ == "__main__":
    main()
