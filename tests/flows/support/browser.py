"""A headless Chromium, driven over its DevTools protocol: what a reader of a page sees and does."""

import asyncio
import contextlib
import itertools
import json
import re
import signal
import subprocess
import threading

import websockets

CHROMIUM = "/usr/bin/chromium"
BOUND_S = 20  # for any one event; a page under load may be slow, a broken one never comes


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
def chromium(profile):
    """A Chromium that asks nobody for anything; its DevTools address."""
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
               "--disable-background-networking", "--disable-component-update", "--disable-sync",
               "--disable-dev-shm-usage", f"--user-data-dir={profile}", "--remote-debugging-port=0",
               "about:blank"]
    with process(command) as chromium:
        listening = read_until(chromium.stderr, r"DevTools listening on (ws://\S+)")
        read_on(chromium.stderr)
        yield listening[1]


class Browser:
    """The DevTools protocol, as far as the flows speak it."""

    def __init__(self, socket):
        self.socket = socket
        self.ids = itertools.count(1)
        self.answers = {}
        self.loading = {}  # session -> who waits for its page to have loaded
        self.requested = []  # addresses that any page asked for
        self.complaints = []  # what pages wrote to their consoles as errors, exceptions and broken content policies among it
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
            elif event.get("method") == "Page.loadEventFired" and event["sessionId"] in self.loading:
                self.loading.pop(event["sessionId"]).set_result(True)
            elif event.get("method") == "Runtime.exceptionThrown":
                self.complaints.append(event["params"]["exceptionDetails"])
            elif event.get("method") == "Runtime.consoleAPICalled" and event["params"]["type"] in ("error", "assert"):
                self.complaints.append(event["params"]["args"])
            elif event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
                self.complaints.append(event["params"]["entry"])

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

    async def open_page(self, address, kind=None, emulate=()):
        """A window of its own; `kind`: a Page that knows more; `emulate`: calls (method, parameters) before it loads."""
        target = await self.call("Target.createTarget", url="about:blank", newWindow=True)
        attached = await self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        page = (kind or Page)(self, attached["sessionId"])
        for domain in ("Network", "Page", "Runtime", "Log"):
            await page.call(f"{domain}.enable")
        for method, parameters in emulate:
            await page.call(method, **parameters)
        await page.call("Page.navigate", url=address)
        await page.until("document.readyState === 'complete' && location.protocol !== 'about:'")
        return page


class Page:
    def __init__(self, browser, session):
        self.browser = browser
        self.session = session

    def call(self, method, **params):
        return self.browser.call(method, session=self.session, **params)

    async def reload(self):
        loaded = self.browser.loading[self.session] = asyncio.get_running_loop().create_future()
        await self.call("Page.reload")
        await asyncio.wait_for(loaded, BOUND_S)

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


@contextlib.asynccontextmanager
async def browser_at(url):
    """A connection to the Chromium at this DevTools address."""
    async with websockets.connect(url, max_size=None) as socket:
        browser = Browser(socket)
        yield browser
        browser.reader.cancel()
