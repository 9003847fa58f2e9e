"""A bare TCP connection: requests and frames byte by byte, also the ones that no library would send."""

import asyncio
import contextlib
import os
import socket
import struct
from dataclasses import dataclass

from .node import WAIT_SECONDS

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = {"Host": "localhost", "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
           "Sec-WebSocket-Key": KEY}


@dataclass
class Answer:
    status: int
    headers: dict
    body: str


def request(method="GET", path="/connect", headers=None, version="HTTP/1.1") -> bytes:
    lines = [f"{method} {path} {version}"] + [f"{k}: {v}" for k, v in (headers or {}).items() if v is not None]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def frame(opcode: int, payload: bytes = b"", *, fin=True, rsv=0, declared=None) -> bytes:
    """A client's frame. `declared` is a length that need not be true."""
    size = len(payload) if declared is None else declared
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += struct.pack("!BH", 0x80 | 126, size)
    else:
        head += struct.pack("!BQ", 0x80 | 127, size)
    mask = os.urandom(4)
    pad = mask * (len(payload) // 4 + 1)
    return head + mask + bytes(a ^ b for a, b in zip(payload, pad))


def close_payload(code: int, reason: bytes = b"") -> bytes:
    return struct.pack("!H", code) + reason


class Wire:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes):
        """A peer that has hung up already is no error: what it said can still be read."""
        with contextlib.suppress(ConnectionError):
            self.writer.write(data)
            await self.writer.drain()

    async def answer(self, has_body=True) -> Answer:
        """The next HTTP answer."""
        async with asyncio.timeout(WAIT_SECONDS):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            length = int(headers.get("content-length", 0)) if has_body else 0
            body = (await self.reader.readexactly(length)).decode()
        return Answer(int(first.split()[1]), headers, body)

    async def ask(self, *arguments, has_body=True, **options) -> Answer:
        await self.send(request(*arguments, **options))
        return await self.answer(has_body)

    async def upgrade(self, path="/connect", **headers):
        answer = await self.ask(path=path, headers={**UPGRADE, **headers})
        assert answer.status == 101, answer
        return self

    async def text(self, text: str):
        await self.send(frame(TEXT, text.encode()))

    async def read_frame(self, seconds=WAIT_SECONDS) -> tuple[int, bytes]:
        async with asyncio.timeout(seconds):
            first, second = await self.reader.readexactly(2)
            size = second & 0x7F
            if size == 126:
                size, = struct.unpack("!H", await self.reader.readexactly(2))
            elif size == 127:
                size, = struct.unpack("!Q", await self.reader.readexactly(8))
            assert first & 0xF0 == 0x80 and not second & 0x80, "whole, unmasked frames only"
            return first & 0x0F, await self.reader.readexactly(size)

    async def closed(self, seconds=WAIT_SECONDS):
        """Reads up to the Close frame; its code and reason, (1005, "") when it has none. None: it just ended."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                opcode, payload = await self.read_frame(seconds)
                if opcode == CLOSE:
                    code = struct.unpack("!H", payload[:2])[0] if payload else 1005
                    return code, payload[2:].decode()
        return None

    async def ended(self, seconds=WAIT_SECONDS) -> bytes:
        """Reads up to the end of the connection."""
        data = bytearray()
        async with asyncio.timeout(seconds):
            with contextlib.suppress(ConnectionError):
                while piece := await self.reader.read(1 << 16):
                    data += piece
        return bytes(data)


@contextlib.asynccontextmanager
async def wire(node, *, tls=None, receive_bytes=None):
    """A connection to a node. With `receive_bytes` hardly anything fits into it unread."""
    bare = socket.socket()
    if receive_bytes:
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    bare.setblocking(False)
    await asyncio.wait_for(asyncio.get_running_loop().sock_connect(bare, ("127.0.0.1", node.port())), WAIT_SECONDS)
    options = {"limit": receive_bytes or 1 << 16}
    if tls:
        options |= {"ssl": tls, "server_hostname": "localhost"}
    reader, writer = await asyncio.open_connection(sock=bare, **options)
    try:
        yield Wire(reader, writer)
    finally:
        writer.transport.abort()


async def get(node, path="/health", method="GET", headers=None) -> Answer:
    """One request on a connection of its own."""
    async with wire(node) as connection:
        return await connection.ask(method, path, {"Host": "localhost", **(headers or {})}, has_body=method != "HEAD")


def row_of_commands() -> bytes:
    """Commands in one piece: passwords, and what must wait for them."""
    texts = []
    for number in range(5):
        for command in ('{"command":"subscribe","data":{"topic":"row","password":"wrong %d"}}',
                        '{"command":"subscribe","data":{"topic":"row","password":"wordpass"},"nonce":%d}',
                        '{"command":"send","data":{"channel":"row","message":%d}}',
                        '{"command":"unsubscribe","data":{"topic":"row"},"nonce":"left %d"}'):
            texts.append(frame(TEXT, (command % number).encode()))
    return b"".join(texts)


async def expect_row(alice: Wire):
    ok, head = '{"type":"response","data":{"ok":true}', '{"type":"response","data":'
    for number in range(5):
        for answer in (head + '{"ok":false,"reason":"invalid password"}}', f'{ok},"nonce":{number}}}', ok + "}",
                       f'{ok},"nonce":"left {number}"}}'):
            assert await alice.read_frame() == (TEXT, answer.encode())
