"""The master's routine: a plain peer behind another node drifts, and is in step again a few rounds later."""

import asyncio

import pytest

from support.client import OK, refused
from support.network import Network
from support.node import eventually
from support.plain_peer import PlainPeer, channel_hash

INVALID = refused("invalid password")
SYNCHRONISES = """
local mended = relay.array {}
local routine = require("relay.master.synchronise").new {
  on_mended = function(event) mended[#mended + 1] = event end,
}
routine:start(0.3)
relay.command("mended", function() return { events = mended, status = routine:status() } end)
"""


class Story:
    """master — node-a — node-b — plain, with a client on node-a."""

    def __init__(self, network: Network):
        self.network = network

    async def begin(self) -> "Story":
        network = self.network
        self.master = await network.start("master", (), "master = true,", script=SYNCHRONISES)
        self.node_a = await network.start("node-a", [self.master])
        self.node_b = await network.start("node-b", [self.node_a])
        await network.ready()
        self.plain = await network.plain("plain", self.node_b)
        self.alice = await network.client(self.node_a)
        return self

    async def opens(self, channel: str) -> str:
        """On node-a, and the plain peer heard of it: that it is voted on, and that it is open."""
        assert await self.alice.subscribe(channel, "passwd") == OK
        await self.plain.until(lambda: len(self.plain.heard_commands("reserve-channel", channel=channel)) == 2)
        hashed = channel_hash("passwd", channel)
        assert self.plain.reserved[channel] == hashed
        return hashed

    async def status(self) -> dict:
        return (await self.plain.ask("master", "mended"))["status"]

    async def mended(self) -> list[tuple]:
        return [(event["node"], event["text"]) for event in (await self.plain.ask("master", "mended"))["events"]]

    async def has_mended(self, node: str, text: str):
        async def is_told():
            return (node, text) in await self.mended() and f"synchronise: {node}: {text}" in self.master.log_text()

        await eventually(is_told, True)

    async def looks_again(self):
        """Until a round has begun and ended from now on."""
        first = (await self.status())["rounds"]

        async def has_looked():
            return (await self.status())["rounds"] >= first + 2

        await eventually(has_looked, True)


@pytest.fixture
def story(network) -> Story:
    return Story(network)


async def test_master_mends_what_a_plain_peer_lost_kept_or_has_wrong(network, story):
    async with network:
        await story.begin()
        beyond = await network.plain("beyond", story.plain)
        hashed = await story.opens("garden")
        for each in (story.plain, beyond):
            await each.until(lambda: "garden" in each.reserved)
            del each.reserved["garden"]
            await each.until(lambda: each.reserved.get("garden") == hashed, "the lost one")
            await story.has_mended(each.name, "reserved 'garden', which is open on node-a")
            each.reserved["ghost"] = channel_hash("nobody's", "ghost")
            await each.until(lambda: "ghost" not in each.reserved, "the end of the orphan")
            await story.has_mended(each.name, "freed 'ghost', which is open nowhere")
        story.plain.reserved["garden"] = channel_hash("another", "garden")
        await story.plain.until(lambda: story.plain.reserved.get("garden") == hashed, "the right hash")
        await story.has_mended(
            "plain", "replaced the password of 'garden', which is open on node-a")
        assert await story.plain.subscribe("garden", "wrong") == INVALID
        assert await story.plain.subscribe("ghost", "mine") == OK
        assert hashed not in story.master.log_text()


async def test_master_makes_a_node_stand_for_a_channel_that_a_plain_peer_told_nobody_of(network, story):
    async with network:
        await story.begin()
        story.plain.active["secret"] = channel_hash("passwd", "secret")
        await story.has_mended("node-b", "claimed 'secret', which is open on plain")
        assert await story.alice.subscribe("secret", "wrong") == INVALID
        assert await story.alice.subscribe("secret", "passwd") == OK
        await story.plain.send("secret", "hello")
        assert await story.alice.receive() == {"message": "hello", "channel": "secret"}


async def test_master_drops_a_claim_for_a_channel_that_was_only_listed(network, story):
    """Node B could not know whether somebody beyond the plain peer has it open."""
    async with network:
        await story.begin()
        lister = await network.enter(PlainPeer("lister"))
        beyond = await network.plain("beyond", lister)
        for each in (lister, beyond):
            each.reserved["hollow"] = channel_hash("passwd", "hollow")
        await lister.connect(story.node_b.as_peer())
        await story.has_mended("node-b", "gave up 'hollow', which is open nowhere")
        await lister.until(lambda: "hollow" not in lister.reserved)
        await beyond.until(lambda: "hollow" not in beyond.reserved)
        assert await story.alice.subscribe("hollow", "mine") == OK


async def test_master_leaves_a_network_alone_that_agrees(network, story):
    async with network:
        await story.begin()
        bob = await network.client(story.node_b)
        for number in range(5):
            await story.opens(f"open {number}")
            assert await bob.subscribe(f"open {number}", "passwd") == OK
        await story.plain.subscribe("of plain", "passwd")

        async def comes_and_goes(who, place):
            for number in range(15):
                assert await who.subscribe(f"{place} {number}", "passwd") == OK
                assert await who.unsubscribe(f"{place} {number}") == OK

        await asyncio.gather(comes_and_goes(story.alice, "alice"), comes_and_goes(bob, "bob"),
                             comes_and_goes(story.plain, "plain"))
        await story.looks_again()
        status = await story.status()
        for when in ("at", "rounds", "seconds"):
            del status[when]
        assert status == {"asked": 3, "silent": 0, "differences": 0, "lasting": 0, "conflicts": 0, "mended": 0}
        assert await story.mended() == []


async def test_master_removes_nothing_while_a_node_is_silent(network, story):
    async with network:
        await story.begin()
        mute = await network.plain("mute", story.node_a)
        mute._process = lambda packet: asyncio.sleep(0)
        await story.looks_again()
        assert (await story.status())["silent"] == 1
        story.plain.reserved["ghost"] = None
        await story.looks_again()
        await story.looks_again()
        assert "ghost" in story.plain.reserved
        del mute._process
        await story.plain.until(lambda: "ghost" not in story.plain.reserved, "the mend")
