"""A node: the real process, its log line by line, its end.

The binary is the one in WSRELAY_ENGINE, or the dev build. A node listens on a port that it picks and logs; whoever
wants to know something of it waits for the line that says so.
"""

import asyncio
import fcntl
import json
import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BINARY = os.environ.get("WSRELAY_ENGINE") or str(ROOT / "build" / "dev" / "wsrelay-engine")
WAIT_SECONDS = 20  # for anything at all: the sanitizers are slow, and so may be the machine
STDERR_BYTES = 1 << 20

SANITIZERS = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|Assertion .* failed")
HEAD = re.compile(r"^(?:\S+Z )?(debug|info|warn|error) +")
FIELD = re.compile(r' (\w+)=("(?:[^"\\]|\\.)*"|-?\d+)')


class Line:
    """One line of a node's log: level, event, fields."""

    def __init__(self, text: str):
        self.text = text
        self.level, self.event, self.fields = None, text, {}
        if text.startswith("{"):
            self._read_json()
        elif head := HEAD.match(text):
            self._read_text(head)

    def _read_json(self):
        try:
            self.fields = json.loads(self.text)
        except ValueError:
            return
        self.level, self.event = self.fields.get("level"), self.fields.get("event")

    def _read_text(self, head):
        rest = self.text[head.end():]
        first = FIELD.search(rest)
        self.level, self.event = head.group(1), rest[:first.start()] if first else rest
        for name, value in FIELD.findall(rest):
            self.fields[name] = value[1:-1] if value.startswith('"') else int(value)


def main_lua(config: str, listen: str, name="node-a") -> str:
    return f"""local relay = require "relay"
relay.node {{
  name = "{name}",
  listen = {listen},
  drain_seconds = 1,
  {config}
}}
"""


def environment(extra=None) -> dict:
    """The caller's, without the variables that a node reads."""
    kept = {key: value for key, value in os.environ.items()
            if not key.startswith("WSRELAY_") and key != "JOURNAL_STREAM"}
    return {**kept, "UBSAN_OPTIONS": "print_stacktrace=1", **(extra or {})}


def run(*arguments, env=None) -> subprocess.CompletedProcess:
    """The engine with arguments that let it end by itself."""
    return subprocess.run([BINARY, *map(str, arguments)], env=environment(env), text=True, capture_output=True,
                          timeout=WAIT_SECONDS, stdin=subprocess.DEVNULL, check=False)


class Node:
    """A running node. `with Node(directory) as node:` ends it and looks for its last words."""

    def __init__(self, directory: Path, config="", *, listen='"127.0.0.1:0"', options=(), env=None, files=None,
                 descriptors=None, binary=BINARY, main=None, name="node-a", before=()):
        self.directory, self.name = directory, name
        self.main = main or directory / "main.lua"
        self.lines: list[Line] = []
        self._command = [*before, str(binary), str(self.main), *options]
        if descriptors:
            self._command = ["prlimit", f"--nofile={descriptors}:{descriptors}", *self._command]
        self._env, self._listen = env, listen
        self._news = threading.Condition()
        self._is_read = self._is_killed = self._is_stopped = False
        for path, text in (files or {}).items():
            self.write(path, text)
        if not main:
            self.configure(config)

    def write(self, name: str, text: str):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def configure(self, config: str):
        self.main.write_text(main_lua(config, self._listen, self.name))

    # The process.

    def __enter__(self):
        self.start()
        return self

    def start(self):
        self.lines, self._is_read, self._is_killed = [], False, False
        self._process = subprocess.Popen(self._command, env=environment(self._env), stdin=subprocess.DEVNULL,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        fcntl.fcntl(self._process.stderr, fcntl.F_SETPIPE_SZ, STDERR_BYTES)
        threading.Thread(target=self._read_log, daemon=True).start()
        try:
            self.wait_for("started")
        except BaseException:
            self._kill()
            raise

    def __exit__(self, kind, error, traceback):
        code = self.end()
        if self._is_killed:
            code = 0
        text = self.log_text()
        assert not SANITIZERS.search(text), text[-8000:]
        assert code == 0, f"exit code {code}\n{text[-4000:]}"

    def _read_log(self):
        for raw in self._process.stderr:
            line = Line(raw.decode("utf-8", "replace").rstrip("\n"))
            with self._news:
                self.lines.append(line)
                self._news.notify_all()
        with self._news:
            self._is_read = True
            self._news.notify_all()

    def _kill(self):
        self._process.kill()
        self._process.wait(WAIT_SECONDS)

    def kill(self):
        """SIGKILL, as a machine dies; `start` starts it again."""
        self._is_killed = True
        self._kill()
        self.exit_code()
        assert not SANITIZERS.search(self.log_text()), self.log_text()[-8000:]

    def stop(self):
        """SIGSTOP: it does nothing at all until `resume`."""
        self._is_stopped = True
        self.signal(signal.SIGSTOP)

    def resume(self):
        self._is_stopped = False
        self.signal(signal.SIGCONT)

    @property
    def pid(self) -> int:
        return self._process.pid

    def signal(self, number: signal.Signals):
        self._process.send_signal(number)

    def is_running(self) -> bool:
        return self._process.poll() is None

    def exit_code(self) -> int:
        """Waits for an end that was asked for."""
        code = self._process.wait(WAIT_SECONDS)
        with self._news:
            self._news.wait_for(lambda: self._is_read, WAIT_SECONDS)
        return code

    async def exited(self) -> int:
        return await asyncio.to_thread(self.exit_code)

    def end(self) -> int:
        if self._is_stopped:
            self.resume()
        if self.is_running():
            self.signal(signal.SIGTERM)
        try:
            return self.exit_code()
        except subprocess.TimeoutExpired:
            self._kill()
            raise AssertionError(f"did not end:\n{self.log_text()[-4000:]}") from None

    # The log.

    def log_text(self) -> str:
        with self._news:
            return "\n".join(line.text for line in self.lines)

    def events(self, event: str) -> list[Line]:
        with self._news:
            return [line for line in self.lines if line.event == event]

    def wait_for(self, event: str, count=1) -> Line:
        """The count-th line of an event."""
        def is_there():
            return self._is_read or sum(line.event == event for line in self.lines) >= count

        with self._news:
            self._news.wait_for(is_there, WAIT_SECONDS)
        found = self.events(event)
        assert len(found) >= count, f"no line {count} of '{event}' in\n{self.log_text()[-4000:]}"
        return found[count - 1]

    async def logged(self, event: str, count=1) -> Line:
        return await asyncio.to_thread(self.wait_for, event, count)

    async def reload(self) -> Line:
        """SIGHUP, and the line that says what became of it."""
        def outcomes():
            return [line for line in self.lines if line.event in ("reloaded", "reload refused")]

        def wait():
            with self._news:
                self._news.wait_for(lambda: self._is_read or len(outcomes()) > before, WAIT_SECONDS)
                assert len(outcomes()) > before, "nothing became of the reload"
                return outcomes()[-1]

        before = len(outcomes())
        self.signal(signal.SIGHUP)
        return await asyncio.to_thread(wait)

    def counters(self) -> dict:
        """Ends the node; what it counted. What it did not count is 0."""
        assert self.end() == 0, self.log_text()[-4000:]
        fields = self.wait_for("stopped").fields
        return {**{name: 0 for name in COUNTERS}, **{k: v for k, v in fields.items() if k in COUNTERS}}

    # Where it is.

    def port(self, listener=0) -> int:
        return self.events("listening")[listener].fields["port"]

    def url(self, path="/connect", *, scheme="ws", host="127.0.0.1", listener=0) -> str:
        return f"{scheme}://{host}:{self.port(listener)}{path}"


COUNTERS = re.findall(r"^\s+X\((\w+)\)", (ROOT / "engine/relay/counters.h").read_text(), re.MULTILINE)


async def eventually(ask, wanted):
    """For the few things that make no event: asks again until the answer is the wanted one."""
    deadline = time.monotonic() + WAIT_SECONDS
    while (answer := await ask()) != wanted:
        assert time.monotonic() < deadline, f"{answer!r}, and never {wanted!r}"
        await asyncio.sleep(0.02)
