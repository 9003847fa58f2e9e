"""A node that knows the notes (docs/protocol.md, "Notes") and nothing else of ours.

It dials or is dialled, floods, answers the ten commands, reserves and unreserves as the charts say. It has
one client of its own, with the methods of support.client.Client, so a test can put it in any place of a
chart. What reaches it and is not in the notes is kept in `strange`, and fails its test.
"""

import asyncio
import base64
import collections
import contextlib
import hashlib
import http
import json
import secrets
import time
from dataclasses import dataclass, field

import websockets

from .client import OK, refused
from .node import WAIT_SECONDS

KEYS = ("data", "nonce", "type", "destination", "source")
TYPES = ("message", "command", "response")
HANDSHAKE_SECONDS = 5
SETTINGS = {"compression": None, "ping_interval": None, "max_size": None, "max_queue": None, "close_timeout": 1}


@dataclass
class Peer:
    """What one node is told about another before they meet."""
    name: str
    url: str
    token: str


@dataclass
class Link:
    name: str
    socket: websockets.WebSocketCommonProtocol
    is_dialled: bool
    is_single_use: bool = False
    task: asyncio.Task | None = field(default=None, repr=False)


@dataclass
class Question:
    """A command that was sent, and who listens for its responses."""
    heard: collections.abc.Callable[[str, dict], None]


def channel_hash(password: str | None, channel: str) -> str | None:
    if not password:
        return None
    return hashlib.pbkdf2_hmac("sha256", password.encode(), channel.encode(), 32768).hex()


def address_of(host: str) -> str:
    """Where to dial a host such as wss://node3.example.com/ of get-node-connection."""
    return host.rstrip("/") + "/node"


def handshake(name: str) -> str:
    return json.dumps({"command": "handshake", "data": {"name": name}})


def read_packet(text) -> dict | None:
    """A packet with the notes' five keys, or None."""
    try:
        packet = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if not isinstance(packet, dict) or set(packet) != set(KEYS) or packet["type"] not in TYPES:
        return None
    if not all(isinstance(packet[key], str) for key in KEYS[1:]):
        return None
    return packet


def entries(channels: dict) -> list[dict]:
    return [{"name": name, "password": hashed} for name, hashed in channels.items()]


class PlainPeer:
    """`async with PlainPeer("plain") as peer:` listens; `asks_back`: it also synchronises with who dialled it."""

    def __init__(self, name: str, token: str | None = None, *, asks_back=False):
        self.name, self.token, self.asks_back = name, token or f"token-of-{name}", asks_back
        self.links: dict[str, Link] = {}
        self.active: dict[str, str | None] = {}
        self.reserved: dict[str, str | None] = {}
        self.hosts: dict[str, str] = {}
        self.single_use: dict[str, str] = {}  # token: the node's name
        self.lost: list[str] = []  # channels that another node had already
        self.packets: list[tuple[str, dict]] = []  # first copies, with the link that they came on
        self.copies = collections.Counter()  # of a packet, by (source, type, nonce)
        self.strange: list[tuple[str, str, object]] = []  # link, what is wrong, what came
        self._inbox: asyncio.Queue = asyncio.Queue()
        self._seen: set[tuple[str, str]] = set()
        self._questions: dict[str, Question] = {}
        self._news = asyncio.Event()
        self._tasks: set[asyncio.Task] = set()

    # Its life.

    async def __aenter__(self):
        self._server = await websockets.serve(self._accept, "127.0.0.1", 0, process_request=self._admit, **SETTINGS)
        self.port = self._server.sockets[0].getsockname()[1]
        self.host = f"ws://127.0.0.1:{self.port}/"
        return self

    async def __aexit__(self, kind, error, traceback):
        for task in [*self._tasks, *(link.task for link in self.links.values() if link.task)]:
            task.cancel()
        self._server.close()
        for link in list(self.links.values()):
            await link.socket.close()
        await self._server.wait_closed()
        if kind is None:
            assert self.strange == [], f"{self.name} heard what is not in the notes: {self.strange[:5]}"

    def as_peer(self, url=None) -> Peer:
        return Peer(self.name, url or address_of(self.host), self.token)

    def _changed(self):
        self._news.set()

    async def until(self, holds, what="it"):
        """Waits for something that a packet, or a link, changes."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while not holds():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{self.name} never saw {what}: links {list(self.links)}, active {self.active},"
                                 f" reserved {self.reserved}, last packets {self.packets[-5:]}") from None

    async def linked(self, *names: str):
        await self.until(lambda: set(names) <= set(self.links), f"links with {names}")

    def _later(self, coroutine):
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # WS /node, from both sides.

    async def _admit(self, path, headers):
        if path != "/node":
            return http.HTTPStatus.NOT_FOUND, [], b""
        token = headers.get("Authentication")
        if token != self.token and token not in self.single_use:
            return http.HTTPStatus.FORBIDDEN, [], b""
        return None

    async def _accept(self, socket):
        token = socket.request_headers["Authentication"]
        name, is_single_use = None, token in self.single_use
        with contextlib.suppress(TimeoutError, ValueError, TypeError, KeyError, websockets.ConnectionClosed):
            said = json.loads(await asyncio.wait_for(socket.recv(), HANDSHAKE_SECONDS))
            name = said["data"]["name"] if said["command"] == "handshake" else None
        owner = self.single_use.pop(token, None)
        if not isinstance(name, str) or name == self.name or name in self.links or \
                (owner != name if is_single_use else token != self.token):
            await socket.close(4403, "forbidden")
            return
        link = Link(name, socket, is_dialled=False, is_single_use=is_single_use)
        self._join(link)
        if self.asks_back:
            self._later(self._synchronise(name))
        await self._read(link)

    async def connect(self, peer: Peer):
        """Dials, shakes hands, synchronises: after it everything that the peer has is reserved here."""
        socket = await websockets.connect(peer.url, extra_headers={"Authentication": peer.token},
                                          open_timeout=WAIT_SECONDS, **SETTINGS)
        await socket.send(handshake(self.name))
        link = Link(peer.name, socket, is_dialled=True)
        self.hosts[peer.name] = peer.url.removesuffix("node")
        self._join(link)
        link.task = asyncio.create_task(self._read(link))
        await self._synchronise(peer.name)

    async def connect_through(self, via: str, name: str):
        """The flow "remote connection": a link with a node that `via` is linked with."""
        assert name in (await self.ask(via, "list-nodes"))["nodes"]
        answer = await self.ask(via, "get-node-connection", node=name)
        assert answer["ok"], answer
        await self.connect(Peer(name, address_of(answer["host"]), answer["token"]))

    async def drop(self, name: str):
        await self.links[name].socket.close()
        await self.until(lambda: name not in self.links, f"the end of its link with {name}")

    def _join(self, link: Link):
        self.links[link.name] = link
        self._changed()

    async def _read(self, link: Link):
        try:
            async for text in link.socket:
                try:
                    packet = read_packet(text)
                    if not packet:
                        raise ValueError("not a packet of the notes")
                    await self._take(link, packet)
                except (ValueError, TypeError, KeyError) as error:
                    self.strange.append((link.name, repr(error), text))
                self._changed()
        except websockets.ConnectionClosedError:
            pass
        finally:
            if self.links.get(link.name) is link:
                del self.links[link.name]
            self._changed()

    # Packets.

    async def _take(self, link: Link, packet: dict):
        self.copies[packet["source"], packet["type"], packet["nonce"]] += 1
        key = (packet["source"], packet["nonce"])
        if packet["source"] == self.name or key in self._seen:
            return
        self._seen.add(key)
        self.packets.append((link.name, packet))
        if packet["destination"] != self.name:
            await self._forward(packet, [name for name in self.links if name != link.name])
        if packet["destination"] in (self.name, "*"):
            await self._process(packet)

    async def _forward(self, packet: dict, names: list[str]):
        """To the node that it is for, or else to all of them."""
        if packet["destination"] in names:
            names = [packet["destination"]]
        text = json.dumps({key: packet[key] for key in KEYS})
        for name in names:
            with contextlib.suppress(websockets.ConnectionClosed, KeyError):
                await self.links[name].socket.send(text)

    async def put(self, destination: str, kind: str, data, nonce=None) -> str:
        """Sends a packet of its own; its nonce."""
        packet = {"source": self.name, "destination": destination, "type": kind,
                  "nonce": nonce or secrets.token_hex(8), "data": data}
        await self._forward(packet, list(self.links))
        return packet["nonce"]

    async def _process(self, packet: dict):
        data = packet["data"] if isinstance(packet["data"], dict) else {}
        if packet["type"] == "message":
            self._deliver(data)
        elif packet["type"] == "response":
            if packet["nonce"] in self._questions:
                self._questions[packet["nonce"]].heard(packet["source"], data)
        elif data.get("command") == "get-node-connection":
            self._later(self._answer_connection(packet))
        elif data.get("command") == "get-latency":
            self._later(self._answer_latency(packet))
        elif answer := COMMANDS.get(data.get("command")):
            await self.put(packet["source"], "response", answer(self, data, packet["source"]), packet["nonce"])

    # Asking.

    async def ask(self, node: str, command: str, /, **fields) -> dict:
        """A command to one node; the data of its response."""
        return await self.ask_raw(node, {"command": command, **fields})

    async def ask_raw(self, node: str, data) -> dict:
        answer = asyncio.get_running_loop().create_future()

        def heard(source, said):
            assert source == node
            if not answer.done():
                answer.set_result(said)

        await self._ask(node, data, heard)
        try:
            return await asyncio.wait_for(answer, WAIT_SECONDS)
        except TimeoutError:
            raise AssertionError(f"no response of {node} to {data}") from None

    async def ask_all(self, command: str, heard, /, **fields):
        """A command to every node; `heard` is called for each response."""
        await self._ask("*", {"command": command, **fields}, heard)

    async def _ask(self, node, data, heard):
        nonce = secrets.token_hex(8)
        self._questions[nonce] = Question(heard)
        await self.put(node, "command", data, nonce)

    # Answering.

    async def _answer_connection(self, packet: dict):
        node, answer = packet["data"]["node"], refused("target not connected")
        if node in self.links and node in self.hosts:
            token = (await self.ask(node, "get-connection-token", node=packet["source"]))["token"]
            answer = {"ok": True, "host": self.hosts[node], "token": token}
        await self.put(packet["source"], "response", answer, packet["nonce"])

    async def _answer_latency(self, packet: dict):
        link, answer = self.links.get(packet["data"]["node"]), refused("target not connected")
        if link:
            start = time.perf_counter()
            await (await link.socket.ping())
            answer = {"ok": True, "latency": (time.perf_counter() - start) * 1000}
        await self.put(packet["source"], "response", answer, packet["nonce"])

    def _new_token(self, data, source) -> dict:
        token = secrets.token_urlsafe(16)
        self.single_use[token] = data["node"]
        return {"ok": True, "token": token}

    def _reserve(self, data, source) -> dict:
        channel, hashed = data["channel"], data["password"]
        if {**self.reserved, **self.active}.get(channel, hashed) != hashed:
            return refused("channel already reserved")
        if channel not in self.active:
            self.reserved[channel] = hashed
        return OK

    def _unreserve(self, data, source) -> dict:
        if data["channel"] in self.active:
            return refused("channel still open")
        self.reserved.pop(data["channel"], None)
        return OK

    def _stats(self, data, source) -> dict:
        quiet = {"packets": {"1s": 0, "15s": 0, "60s": 0}, "bandwidth": {"1s": 0.0, "15s": 0.0, "60s": 0.0}}
        return {"ok": True, "network": quiet, "channels": {name: quiet for name in self.active},
                "relay": {"channels": list(self.active), "clients": 1 if self.active else 0,
                          "channel_connections": {name: 1 for name in self.active}}}

    def _host_stats(self, data, source) -> dict:
        counts = {f"{seconds}s_{way}": 0 for seconds in (15, 30, 45, 60) for way in ("in", "out")}
        return {"ok": True, "cpu": {"1m": 0.0, "5m": 0.0, "15m": 0.0}, "disk": [],
                "mem": {"used": 1000, "free": 500, "cache": 500, "total": 2000},
                "network": {"bytes": counts, "packets": counts}}

    # Channels, as the charts have them.

    async def _synchronise(self, node: str):
        for command in ("list-channels", "list-reserved-channels"):
            for channel in (await self.ask(node, command))["channels"]:
                if channel["name"] not in self.active:
                    self.reserved.setdefault(channel["name"], channel["password"])
        self._changed()

    async def subscribe(self, channel: str, password: str | None = None, *, has_heard=True) -> dict:
        """Not `has_heard`: as if no reservation had come to it yet."""
        hashed = await asyncio.to_thread(channel_hash, password, channel)
        known = {**self.reserved, **self.active} if has_heard else {}
        if known.get(channel, hashed) not in (hashed, None):
            return refused("invalid password")
        self.active[channel] = known.get(channel, hashed)
        self.reserved.pop(channel, None)
        if channel not in known:
            await self._reserve_everywhere(channel, hashed)
        self._changed()
        return OK

    async def _reserve_everywhere(self, channel: str, hashed: str | None):
        def heard(source, data):
            if not data["ok"] and self.active.get(channel, "") == hashed:
                del self.active[channel]
                self.lost.append(channel)
                self._later(self._synchronise(source))

        await self.ask_all("reserve-channel", heard, channel=channel, password=hashed)

    async def unsubscribe(self, channel: str) -> dict:
        """`channel still open` elsewhere: it reserves the name again, at once and everywhere."""
        if channel not in self.active:
            return refused("not subscribed")
        hashed = self.active.pop(channel)

        def heard(source, data):
            if not data["ok"] and channel not in self.active and channel not in self.reserved:
                self.reserved[channel] = hashed
                self._later(self._reserve_everywhere(channel, hashed))

        await self.ask_all("unreserve-channel", heard, channel=channel)
        return OK

    async def send(self, channel: str, message: str) -> dict:
        if channel not in self.active:
            return refused("not subscribed")
        text = base64.b64encode(message.encode()).decode()
        await self.put("*", "message", {"message": text, "channel": channel})
        return OK

    def _deliver(self, data: dict):
        if data["channel"] in self.active:
            text = base64.b64decode(data["message"], validate=True).decode()
            self._inbox.put_nowait({"message": text, "channel": data["channel"]})

    async def receive(self) -> dict:
        return await asyncio.wait_for(self._inbox.get(), WAIT_SECONDS)

    def has_mail(self) -> bool:
        return not self._inbox.empty()

    def heard_commands(self, command: str, /, **fields) -> list[dict]:
        """The data of the commands that reached it, the first copy of each."""
        return [packet["data"] for _, packet in self.packets
                if packet["type"] == "command" and {**fields, "command": command}.items() <= packet["data"].items()]


COMMANDS = {
    "get-connection-token": PlainPeer._new_token,
    "list-nodes": lambda self, data, source: {"ok": True, "nodes": list(self.links)},
    "list-channels": lambda self, data, source: {"ok": True, "channels": entries(self.active)},
    "list-reserved-channels": lambda self, data, source: {"ok": True, "channels": entries(self.reserved)},
    "reserve-channel": PlainPeer._reserve,
    "unreserve-channel": PlainPeer._unreserve,
    "node-stats": PlainPeer._stats,
    "host-stats": PlainPeer._host_stats,
}
