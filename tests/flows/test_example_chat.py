"""examples/chat: two people open the page as a file in a browser and talk to each other."""

import asyncio
import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import urllib.parse
from pathlib import Path

import pytest
import websockets

ROOT = Path(__file__).resolve().parents[2]
ENGINE = Path(os.environ.get("WSRELAY_ENGINE", ROOT / "build/dev/wsrelay-engine"))
CHAT = ROOT / "examples/chat"
CHROMIUM = "/usr/bin/chromium"
BOUND_S = 20  # for any one event; a page under load may be slow, a broken one never comes

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs chromium")


def read_until(stream, pattern):
    """The first match in a process' output; its end is a failure."""
    seen = []
    for line in stream:
        seen.append(line)
        found = re.search(pattern, line)
        if found:
            return found
    raise AssertionError(f"no {pattern} in:\n{''.join(seen)}")


def read_on(stream):
    """Keeps a pipe empty that nobody reads any more."""
    threading.Thread(target=stream.read, daemon=True).start()


@contextlib.contextmanager
def process(command):
    running = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(timeout=BOUND_S)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


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


@pytest.fixture(scope="module")
def browser_url(tmp_path_factory):
    """A Chromium that asks nobody for anything; its DevTools address."""
    profile = tmp_path_factory.mktemp("chromium")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
               "--disable-background-networking", "--disable-component-update", "--disable-sync",
               "--disable-dev-shm-usage", f"--user-data-dir={profile}", "--remote-debugging-port=0",
               "about:blank"]
    with process(command) as chromium:
        listening = read_until(chromium.stderr, r"DevTools listening on (ws://\S+)")
        read_on(chromium.stderr)
        yield listening[1]
    shutil.rmtree(profile, ignore_errors=True)


class Browser:
    """The DevTools protocol, as far as this file speaks it."""

    def __init__(self, socket):
        self.socket = socket
        self.ids = itertools.count(1)
        self.answers = {}
        self.requested = []  # addresses that any page asked for
        self.reader = asyncio.create_task(self.read())

    async def read(self):
        async for text in self.socket:
            event = json.loads(text)
            if event.get("id") in self.answers:
                self.answers.pop(event["id"]).set_result(event)
            elif event.get("method") == "Network.requestWillBeSent":
                self.requested.append(event["params"]["request"]["url"])
            elif event.get("method") == "Network.webSocketCreated":
                self.requested.append(event["params"]["url"])

    async def call(self, method, session=None, **params):
        number = next(self.ids)
        answer = self.answers[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        await self.socket.send(json.dumps(message))
        event = await asyncio.wait_for(answer, BOUND_S + 5)
        assert "error" not in event, f"{method}: {event}"
        return event["result"]

    async def open_page(self, address):
        target = await self.call("Target.createTarget", url="about:blank", newWindow=True)
        attached = await self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        page = Page(self, attached["sessionId"])
        await page.call("Network.enable")
        await page.call("Page.enable")
        await page.call("Page.navigate", url=address)
        await page.until("document.readyState === 'complete' && location.protocol !== 'about:'")
        return page


class Page:
    def __init__(self, browser, session):
        self.browser = browser
        self.session = session

    def call(self, method, **params):
        return self.browser.call(method, session=self.session, **params)

    async def evaluate(self, expression):
        answer = await self.call("Runtime.evaluate", expression=expression, awaitPromise=True,
                                 returnByValue=True)
        assert "exceptionDetails" not in answer, f"{expression}: {answer['exceptionDetails']}"
        return answer["result"].get("value")

    async def until(self, condition):
        """Waits for a change of the page that makes the condition true."""
        await self.evaluate(f"""new Promise((resolve, reject) => {{
            const look = () => {{ if ({condition}) resolve(true); }};
            new MutationObserver(look).observe(document,
                {{ subtree: true, childList: true, attributes: true, characterData: true }});
            addEventListener("load", look);
            setTimeout(() => reject(new Error(document.body.innerText)), {BOUND_S * 1000});
            look();
        }})""")

    def text_is(self, selector, text):
        return self.until(f"[...document.querySelectorAll({json.dumps(selector)})]"
                          f".some((e) => e.checkVisibility() && e.textContent === {json.dumps(text)})")

    async def type(self, selector, text):
        await self.evaluate(f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
                            f" e.focus(); e.select(); }})()")
        await self.call("Input.insertText", text=text)

    async def press_enter(self):
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
        await self.call("Input.dispatchKeyEvent", type="keyDown", text="\r", **key)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **key)

    def click(self, selector):
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

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


@contextlib.asynccontextmanager
async def browser_at(url):
    async with websockets.connect(url, max_size=None) as socket:
        browser = Browser(socket)
        yield browser
        browser.reader.cancel()


def address(port, channel):
    parameters = urllib.parse.urlencode({"url": f"ws://127.0.0.1:{port}/connect", "channel": channel})
    return f"{(CHAT / 'index.html').as_uri()}?{parameters}"


def test_two_pages_talk_to_each_other(browser_url):
    async def story(port):
        async with browser_at(browser_url) as browser:
            alice = await browser.open_page(address(port, "garden"))
            bob = await browser.open_page(address(port, "garden"))
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
            alice = await browser.open_page(address(port, "secret"))
            mallory = await browser.open_page(address(port, "secret"))
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
            alice = await browser.open_page(address(port, "markup"))
            bob = await browser.open_page(address(port, "markup"))
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
                alice = await browser.open_page(address(port, "return"))
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
            alice = await browser.open_page(address(1, "nobody"))
            await alice.join("Alice")
            await alice.text_is("#state-text", "The relay cannot be reached.")
            await alice.click("#cancel")
            await alice.text_is("#state-text", "Not connected")

    asyncio.run(story())
