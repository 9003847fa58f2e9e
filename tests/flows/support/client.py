"""A client of /connect, as a program with python3-websockets would be."""

import asyncio
import collections
import contextlib
import json

import websockets

from .node import WAIT_SECONDS

RESPONSE = '{"type":"response",'
ABSENT = object()


class Client:
    """Gives commands and reads their answers; what comes in between waits in the inbox."""

    def __init__(self, socket):
        self.socket = socket
        self.inbox = collections.deque()

    async def say(self, text):
        """One text frame as it stands; bytes make a binary one."""
        await self.socket.send(text)

    async def hear(self) -> str:
        """The next frame as it stands."""
        return await asyncio.wait_for(self.socket.recv(), WAIT_SECONDS)

    async def answer_text(self) -> str:
        """The next answer as it stands."""
        while True:
            text = await self.hear()
            if text.startswith(RESPONSE):
                return text
            self.inbox.append(text)

    async def ask(self, text: str) -> str:
        await self.say(text)
        return await self.answer_text()

    async def command(self, name: str, nonce=ABSENT, **data) -> dict:
        """Gives a command; the answer's data."""
        await self.say(command(name, nonce, **data))
        answer = json.loads(await self.answer_text())
        assert answer.get("nonce", ABSENT) == nonce
        return answer["data"]

    async def subscribe(self, channel: str, password=ABSENT) -> dict:
        extra = {} if password is ABSENT else {"password": password}
        return await self.command("subscribe", topic=channel, **extra)

    async def unsubscribe(self, channel: str) -> dict:
        return await self.command("unsubscribe", topic=channel)

    async def channels(self) -> list:
        return (await self.command("list"))["channels"]

    async def channels_of_node(self) -> list:
        return (await self.command("list", scope="node"))["channels"]

    async def send(self, channel: str, message) -> dict:
        return await self.command("send", message=message, channel=channel)

    async def receive_text(self) -> str:
        return self.inbox.popleft() if self.inbox else await self.hear()

    async def receive(self) -> dict:
        """The next message's data."""
        received = json.loads(await self.receive_text())
        assert received["type"] == "message", received
        return received["data"]

    async def closed(self) -> tuple[int, str]:
        """Reads on until the node closes; its code and reason."""
        try:
            while True:
                self.inbox.append(await self.hear())
        except websockets.ConnectionClosed as end:
            assert end.rcvd is not None, f"ended without a Close frame: {end}"
            return end.rcvd.code, end.rcvd.reason


def command(name: str, nonce=ABSENT, **data) -> str:
    whole = {"command": name, "data": data}
    if nonce is not ABSENT:
        whole["nonce"] = nonce
    return json.dumps(whole, ensure_ascii=False)


OK = {"ok": True}


def refused(reason: str) -> dict:
    return {"ok": False, "reason": reason}


async def connect(where, **options) -> Client:
    """A client of a node, or of an address."""
    url = where if isinstance(where, str) else where.url()
    settings = {"compression": None, "ping_interval": None, "open_timeout": WAIT_SECONDS, "max_size": None,
                "max_queue": None, "close_timeout": 5, **options}
    return Client(await websockets.connect(url, **settings))


@contextlib.asynccontextmanager
async def client(where, **options):
    """A client that leaves at the end."""
    connected = await connect(where, **options)
    try:
        yield connected
    finally:
        await connected.socket.close()


@contextlib.asynccontextmanager
async def clients(where, count: int, **options):
    """Many clients at once; a hundred at a time shake hands."""
    turn = asyncio.Semaphore(100)
    many = []

    async def one():
        async with turn:
            many.append(await connect(where, **options))

    try:
        await asyncio.gather(*(one() for _ in range(count)))
        yield many
    finally:
        await asyncio.gather(*(each.socket.close() for each in many))


async def upgrade_status(where, **options) -> int:
    """How a node answers somebody who wants to come in; 101 when it lets him."""
    try:
        async with client(where, **options):
            return 101
    except websockets.InvalidStatusCode as refusal:
        return refusal.status_code
