"""Clients that come, talk and leave: traffic.py PORT…, each of a node. Python's own modules are enough for it."""

import asyncio
import base64
import contextlib
import json
import os
import random
import struct
import sys

CLIENTS = 24
CHANNELS = {"lobby": None, "status": None, "trades": "gold", "chess-17": None, "sensors": "iron", "support": None}
WORDS = "the quick brown fox jumps over the lazy dog".split()
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Client:
    """As much of a WebSocket client as a relay needs."""

    async def connect(self, port: int):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write(f"GET /connect HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                          f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
        if b" 101 " not in await self.reader.readuntil(b"\r\n\r\n"):
            raise ConnectionError("refused")

    def write(self, opcode: int, payload: bytes):
        size, mask = len(payload), os.urandom(4)
        length = bytes([0x80 | size]) if size < 126 else struct.pack("!BH", 0x80 | 126, size)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        self.writer.write(bytes([0x80 | opcode]) + length + mask + masked)

    def command(self, name: str, **data):
        self.write(TEXT, json.dumps({"command": name, "data": data}).encode())

    async def read_on(self):
        """Takes what comes, until the node closes."""
        while True:
            first, size = await self.reader.readexactly(2)
            if size == 126:
                size, = struct.unpack("!H", await self.reader.readexactly(2))
            elif size == 127:
                size, = struct.unpack("!Q", await self.reader.readexactly(8))
            payload = await self.reader.readexactly(size)
            if first & 15 == PING:
                self.write(PONG, payload)
            elif first & 15 == CLOSE:
                raise ConnectionError("closed")

    async def talk(self):
        """Some minutes in two or three channels."""
        channels = ["status", *random.sample(sorted(CHANNELS), 2)]
        for channel in channels:
            password = CHANNELS[channel]
            self.command("subscribe", topic=channel, **({"password": password} if password else {}))
        pace = random.uniform(0.2, 4)
        for _ in range(random.randint(20, 200)):
            await asyncio.sleep(random.expovariate(1 / pace))
            self.command("send", channel=random.choice(channels[1:]), message=" ".join(random.choices(WORDS, k=8)))


async def life(ports: list[int]):
    """Comes to a node, the first ones rather, and again after a while."""
    while True:
        client = Client()
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await client.connect(random.choices(ports, range(len(ports), 0, -1))[0])
            tasks = [asyncio.create_task(client.talk()), asyncio.create_task(client.read_on())]
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            client.writer.close()
        await asyncio.sleep(random.uniform(0.5, 5))


async def main():
    await asyncio.gather(*(life([int(port) for port in sys.argv[1:]]) for _ in range(CLIENTS)))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
