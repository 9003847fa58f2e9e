"""examples/chat: two people open the page as a file in a browser and talk to each other."""

import asyncio
import contextlib
import os
import urllib.parse
from pathlib import Path

import pytest

from support.browser import CHROMIUM, Page, browser_at, process, read_on, read_until

ROOT = Path(__file__).resolve().parents[2]
ENGINE = Path(os.environ.get("WSRELAY_ENGINE", ROOT / "build/dev/wsrelay-engine"))
CHAT = ROOT / "examples/chat"

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs chromium")


@contextlib.contextmanager
def chat_node(port=0):
    """A node as the example's main.lua describes it; its port."""
    command = [str(ENGINE), str(CHAT / "main.lua"), "--listen", f"127.0.0.1:{port}"]
    with process(command) as node:
        listening = read_until(node.stderr, r"listening .*port=(\d+)")
        read_until(node.stderr, r"started")
        read_on(node.stderr)
        yield int(listening[1])
    assert node.returncode == 0


class ChatPage(Page):
    async def join(self, name, password=""):
        await self.type("#name", name)
        if password:
            await self.type("#password", password)
        await self.click("#join")

    async def joined(self):
        await self.text_is("#state-text", "Connected")
        await self.until("document.body.dataset.view === 'room'")

    async def say(self, text):
        await self.type("#text", text)
        await self.press_enter()


async def open_chat(browser, port, channel):
    parameters = urllib.parse.urlencode({"url": f"ws://127.0.0.1:{port}/connect", "channel": channel})
    return await browser.open_page(f"{(CHAT / 'index.html').as_uri()}?{parameters}", ChatPage)


def test_two_pages_talk_to_each_other(browser_url):
    async def story(port):
        async with browser_at(browser_url) as browser:
            alice = await open_chat(browser, port, "garden")
            bob = await open_chat(browser, port, "garden")
            await alice.join("Alice")
            await alice.joined()
            await bob.join("Bob")
            await bob.joined()
            await alice.text_is("#messages .note", "Bob joined")
            await alice.say("Hello Bob")
            await bob.text_is("#messages .author", "Alice")
            await bob.text_is("#messages .text", "Hello Bob")
            await bob.say("Hello Alice")
            await alice.text_is("#messages .text", "Hello Alice")
            await alice.until("document.querySelectorAll('.mine:not(.pending):not(.failed)').length === 1")
            await bob.click("#leave")
            await alice.text_is("#messages .note", "Bob left")
            ours = ("file:", "data:", "about:", f"ws://127.0.0.1:{port}/")
            assert [url for url in browser.requested if not url.startswith(ours)] == []

    with chat_node() as port:
        asyncio.run(story(port))


def test_a_wrong_password_is_said_in_words(browser_url):
    async def story(port):
        async with browser_at(browser_url) as browser:
            alice = await open_chat(browser, port, "secret")
            mallory = await open_chat(browser, port, "secret")
            await alice.join("Alice", password="wordpass")
            await alice.joined()
            await mallory.join("Mallory", password="guess")
            await mallory.text_is("#problem", "That is not the password of this channel.")
            assert await mallory.evaluate("document.activeElement.id") == "password"
            await mallory.join("Mallory", password="wordpass")
            await mallory.joined()

    with chat_node() as port:
        asyncio.run(story(port))


def test_markup_in_a_message_stays_text(browser_url):
    line = '<img src=x onerror="document.title=1"> & <b>bold</b>'

    async def story(port):
        async with browser_at(browser_url) as browser:
            alice = await open_chat(browser, port, "markup")
            bob = await open_chat(browser, port, "markup")
            await alice.join("Alice")
            await alice.joined()
            await bob.join("<i>Bob</i>")
            await bob.joined()
            await bob.say(line)
            await alice.text_is("#messages .author", "<i>Bob</i>")
            await alice.text_is("#messages .text", line)
            assert await alice.evaluate("document.querySelectorAll('#messages :is(img, b, i)').length") == 0

    with chat_node() as port:
        asyncio.run(story(port))


def test_a_page_comes_back_after_its_node(browser_url):
    async def story():
        async with browser_at(browser_url) as browser:
            with chat_node() as port:
                alice = await open_chat(browser, port, "return")
                await alice.join("Alice")
                await alice.joined()
            await alice.text_is("#messages .note", "The relay restarts.")
            assert await alice.evaluate("document.querySelector('#send').disabled")
            with chat_node(port):
                await alice.joined()
                await alice.until("document.querySelector('#messages').innerText.includes('You are back')")
                await alice.say("still here")
                await alice.until("document.querySelectorAll('.mine:not(.pending):not(.failed)').length === 1")

    asyncio.run(story())


def test_a_relay_that_is_not_there_is_said_and_can_be_cancelled(browser_url):
    async def story():
        async with browser_at(browser_url) as browser:
            alice = await open_chat(browser, 1, "nobody")
            await alice.join("Alice")
            await alice.text_is("#state-text", "The relay cannot be reached.")
            await alice.click("#cancel")
            await alice.text_is("#state-text", "Not connected")

    asyncio.run(story())
