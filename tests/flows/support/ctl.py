"""ctl as a person and as a program use it: the real client, and the socket by hand."""

import contextlib
import json
import socket
import subprocess
import threading

from .node import BINARY, WAIT_SECONDS, Node, environment, eventually

SOCKET = "node-a.sock"


def path_of(node: Node):
    return node.directory / SOCKET


def command_of(node: Node, *words) -> list[str]:
    return [BINARY, "ctl", "--control", str(path_of(node)), *map(str, words)]


def ctl(node: Node, *words) -> subprocess.CompletedProcess:
    return subprocess.run(command_of(node, *words), env=environment(), text=True, capture_output=True,
                          timeout=WAIT_SECONDS, stdin=subprocess.DEVNULL, check=False)


def told(node: Node, *words) -> str:
    """What a command that works says."""
    ended = ctl(node, *words)
    assert (ended.returncode, ended.stderr) == (0, ""), ended
    return ended.stdout


def objects(node: Node, *words) -> list:
    """What it says to a program, an object a line."""
    return [json.loads(line) for line in told(node, *words, "--json").splitlines()]


class Following:
    """A ctl that runs on, line by line: a trace."""

    def __init__(self, node: Node, *words):
        self._process = subprocess.Popen(command_of(node, *words), env=environment(), text=True,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines, self._is_read, self._news = [], False, threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._is_read = True
            self._news.notify_all()

    def wait_for(self, *parts) -> str:
        """The first line that holds all of these."""
        def found():
            return next((line for line in self.lines if all(part in line for part in parts)), None)

        with self._news:
            self._news.wait_for(lambda: self._is_read or found(), WAIT_SECONDS)
            line = found()
            assert line, f"nothing of {parts} in {self.lines}"
        return line

    def signal(self, number):
        self._process.send_signal(number)

    def is_running(self) -> bool:
        return self._process.poll() is None

    def exit_code(self) -> int:
        return self._process.wait(WAIT_SECONDS)

    def end(self):
        self._process.kill()
        self._process.wait(WAIT_SECONDS)
        self._process.stdout.close()
        self._process.stderr.close()


@contextlib.contextmanager
def following(node: Node, *words):
    """Follows from the moment on in which the node says so itself."""
    before = status(node)["traces"]
    trace = Following(node, *words)
    try:
        while status(node)["traces"] == before:
            assert trace.is_running(), trace.lines
        yield trace
    finally:
        trace.end()


class Line:
    """The socket by hand."""

    def __init__(self, node: Node):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(WAIT_SECONDS)
        self.socket.connect(str(path_of(node)))
        self._file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self._file.close()
        self.socket.close()

    def say(self, text: bytes):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(text)

    def ask(self, *words, is_json=False):
        self.say(json.dumps({"arguments": words, "json": is_json}).encode() + b"\n")

    def hear(self) -> dict | None:
        """The next line; None: the node has hung up."""
        try:
            line = self._file.readline()
        except ConnectionResetError:
            return None
        return json.loads(line) if line else None

    def hear_all(self) -> list[dict]:
        return list(iter(self.hear, None))


def status(node: Node) -> dict:
    """For those who ask again and again: without a process."""
    with Line(node) as line:
        line.ask("status", is_json=True)
        return json.loads(line.hear()["out"])


async def has_status(node: Node, key: str, wanted):
    """Waits until `ctl status` tells this."""
    async def ask():
        return status(node)[key]

    await eventually(ask, wanted)
