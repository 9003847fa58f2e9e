"""Nodes that are each other's peers: started in a shape, waited for, killed and started again.

A node of a network listens on a port of its own that it keeps when it is started again. Unless `chooses`, it holds the
links that its configuration names and dials no others, so that a shape stays one.
"""

import asyncio
import contextlib
import json
import random
import socket
import time
from pathlib import Path

from .client import OK, Client, client, command, connect
from .node import WAIT_SECONDS, Node, eventually
from .plain_peer import Peer, PlainPeer
from .wire import get

# Holds what is linked, dials nobody.
FIXED = """local peer_selection = {}
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
OURS, PLAIN = "ours", "plain"


def free_port() -> int:
    """Below those that the system gives to outgoing connections."""
    while True:
        port = random.randrange(10240, 32768)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Member(Node):
    """A node with a name, a port, a token and peers; `script` stands behind relay.node in its main.lua."""

    def __init__(self, directory: Path, name: str, peers=(), config="", *, chooses=False, port=None, script=""):
        self.script = script
        self.number, self.token, self.peers = port or free_port(), f"token-of-{name}", list(peers)
        self.host = f"ws://127.0.0.1:{self.number}/"
        listed = "".join(f'{{ name = "{peer.name}", url = "{peer.url}", token = "{peer.token}" }},'
                         for peer in map(as_peer, peers))
        lines = [f'host = "{self.host}", token = "{self.token}",', f"peers = {{ {listed} }},",
                 "limits = { messages_per_second = 0 },"]
        super().__init__(directory, "\n  ".join([*lines, config]), name=name, listen=f'"127.0.0.1:{self.number}"',
                         files={} if chooses else {"policies/peer_selection.lua": FIXED})

    def configure(self, config: str):
        super().configure(config)
        with self.main.open("a") as main:
            main.write(self.script)

    def as_peer(self, url=None) -> Peer:
        return Peer(self.name, url or self.host + "node", self.token)

    async def health(self) -> tuple[str, str]:
        said = json.loads((await get(self)).body)
        return said["healthy"], said["reason"]

    async def has_peers(self):
        """Waits until GET /health misses none; only for a node with configured peers."""
        async def misses():
            return await self.health() == ("degraded", "no peers")

        await eventually(misses, False)


def as_peer(place) -> Peer:
    return place if isinstance(place, Peer) else place.as_peer()


class Network:
    """`async with Network(directory) as network:` ends every node and plain peer that it started."""

    def __init__(self, directory: Path):
        self.directory, self.places = directory, []
        self._ends = contextlib.AsyncExitStack()

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, traceback):
        if kind:
            await self._end_badly()
        else:
            await self._ends.aclose()

    async def _end_badly(self):
        """The first failure is the one to tell; the nodes' logs stand in the report."""
        for place in self.places:
            if isinstance(place, Member):
                print(f"---- {place.name} ----\n{place.log_text()[-3000:]}")
        with contextlib.suppress(Exception):
            await self._ends.aclose()

    async def start(self, name: str, peers=(), config="", *, kind=OURS, **options):
        """A node of a kind, linked with peers that are there."""
        if kind == PLAIN:
            place = await self._ends.enter_async_context(PlainPeer(name))
            for peer in peers:
                await place.connect(as_peer(peer))
        else:
            directory = self.directory / f"{name}-{len(self.places)}"
            directory.mkdir()
            place = Member(directory, name, peers, config, **options)
            await asyncio.to_thread(place.__enter__)
            self._ends.push_async_callback(asyncio.to_thread, place.__exit__, None, None, None)
        self.places.append(place)
        return place

    async def enter(self, context):
        """A client, a proxy or a plain peer that ends with the network."""
        return await self._ends.enter_async_context(context)

    async def client(self, place) -> Client | PlainPeer:
        """Somebody at a place who subscribes, sends and receives; a plain peer is its own client."""
        return place if isinstance(place, PlainPeer) else await self.enter(client(place))

    async def plain(self, name: str, *peers) -> PlainPeer:
        return await self.start(name, peers, kind=PLAIN)

    # Shapes. Node k dials nodes before it.

    async def shape(self, dialled, names=None, **options) -> list:
        """dialled[k] are the numbers of the nodes that node k dials."""
        nodes = []
        for number, others in enumerate(dialled):
            name = names[number] if names else f"node-{chr(ord('a') + number)}"
            nodes.append(await self.start(name, [nodes[other] for other in others], **options))
        await self.ready(nodes)
        return nodes

    async def line(self, count: int, **options) -> list:
        return await self.shape(line(count), **options)

    async def ring(self, count: int, **options) -> list:
        return await self.shape(ring(count), **options)

    async def full(self, count: int, **options) -> list:
        return await self.shape(full(count), **options)

    async def ready(self, nodes=None):
        """Waits until a message of any node's client comes to every other node."""
        await ready(nodes or self.places)


async def ready(nodes):
    for node in nodes:
        if isinstance(node, Member) and node.peers:
            await node.has_peers()
    await reach(nodes)


@contextlib.contextmanager
def standing(directory: Path, dialled):
    """A shape of nodes for many tests, each with channels of its own."""
    with contextlib.ExitStack() as ends:
        nodes = []
        for number, others in enumerate(dialled):
            name = f"node-{chr(ord('a') + number)}"
            (directory / name).mkdir()
            nodes.append(ends.enter_context(Member(directory / name, name, [nodes[other] for other in others])))
        asyncio.run(ready(nodes))
        yield nodes


async def reach(nodes, channel="ready"):
    """Sends on every node until it came to every other."""
    members = [node for node in nodes if isinstance(node, Member)]
    talkers = [await connect(node) for node in members]
    missing = {(here, there) for here in range(len(members)) for there in range(len(members)) if here != there}

    async def listen(here):
        while True:
            said = json.loads(await talkers[here].socket.recv())
            if said["type"] == "message":
                missing.discard((said["data"]["message"], here))

    async def talk(here):
        assert await talkers[here].subscribe(channel) == OK
        async with asyncio.TaskGroup() as both:
            listening = both.create_task(listen(here))
            while missing:
                await talkers[here].say(command("send", channel=channel, message=here))
                await asyncio.sleep(0.05)  # and once more to those who have not heard it
            listening.cancel()

    try:
        async with asyncio.timeout(WAIT_SECONDS), asyncio.TaskGroup() as everybody:
            for here in range(len(members)):
                everybody.create_task(talk(here))
    except TimeoutError:
        lost = [f"{members[here].name} to {members[there].name}" for here, there in sorted(missing)]
        raise AssertionError(f"no message came from {', '.join(lost)}") from None
    finally:
        for each in talkers:
            await each.socket.close()


def line(count: int) -> list[list[int]]:
    return [[number - 1] if number else [] for number in range(count)]


def ring(count: int) -> list[list[int]]:
    return [*line(count)[:-1], [count - 2, 0]]


def full(count: int) -> list[list[int]]:
    return [list(range(number)) for number in range(count)]


async def nodes_of(witness: PlainPeer, name: str) -> list[str]:
    return sorted((await witness.ask(name, "list-nodes"))["nodes"])


async def channels_of(witness: PlainPeer, name: str, command_name="list-channels") -> dict:
    """Names and hashes that a node lists."""
    return {channel["name"]: channel["password"] for channel in (await witness.ask(name, command_name))["channels"]}


async def reserved_of(witness: PlainPeer, name: str) -> dict:
    return await channels_of(witness, name, "list-reserved-channels")


async def stays(ask, wanted, seconds=0.5):
    """For what must not change, and so makes no event: it is asked for a while."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert (answer := await ask()) == wanted, f"{answer!r}, not {wanted!r}"
        await asyncio.sleep(0.05)
