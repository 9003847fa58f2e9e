"""examples/overview/run as a user starts it: four nodes, one of them the master, and clients that talk."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from support.http import get
from support.node import BINARY, ROOT, SANITIZERS, WAIT_SECONDS, environment, eventually
from support.network import free_port

RUN = ROOT / "examples" / "overview" / "run"
NODES = ["node-a", "node-b", "node-c", "node-d"]


def free_ports(count: int) -> int:
    """The first of so many ports in a row that are free."""
    while True:
        first = free_port()
        with contextlib.suppress(OSError), contextlib.ExitStack() as held:
            for port in range(first, first + count):
                held.enter_context(socket.create_server(("127.0.0.1", port)))
            return first


class Example:
    """The script in a process group of its own, which Ctrl-C would reach."""

    def __init__(self, directory: Path):
        self.port, self.text = free_ports(5), ""
        self.admin = self.port + 4
        self.beside = sorted(RUN.parent.iterdir())
        self._process = subprocess.Popen(
            [RUN], start_new_session=True, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=environment({"PORT": str(self.port), "ADMIN": f"127.0.0.1:{self.admin}",
                                                       "WSRELAY_ENGINE": BINARY, "TMPDIR": str(directory)}))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            self.text += line

    def interrupt(self) -> int:
        os.killpg(self._process.pid, signal.SIGINT)
        code = self._process.wait(WAIT_SECONDS)
        self._reader.join(WAIT_SECONDS)
        return code

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(WAIT_SECONDS)


@pytest.fixture
def example(tmp_path):
    running = Example(tmp_path)
    yield running
    running.end()
    print(running.text)  # shown when the test failed


async def told(tmp_path: Path, name: str, *words) -> list[list[str]]:
    """What ctl prints of a node, in words; nothing while the node is not there."""
    sockets = list(tmp_path.glob(f"*/{name}.sock"))
    if not sockets:
        return []
    ended = await asyncio.to_thread(
        subprocess.run, [BINARY, "ctl", "--control", str(sockets[0]), *words], text=True, capture_output=True,
        timeout=WAIT_SECONDS, stdin=subprocess.DEVNULL, env=environment(), check=False)
    return [line.split() for line in ended.stdout.splitlines()[1:]]


async def test_overview_is_four_nodes_with_traffic_and_ends_with_ctrl_c(example, tmp_path):
    for name in NODES:
        async def linked(name=name):
            return sorted(line[0] for line in await told(tmp_path, name, "peers") if line[1] == "up")

        await eventually(linked, [other for other in NODES if other != name])

    async def channels_with_messages():
        return {line[0] for line in await told(tmp_path, "node-a", "channels") if line[5] != "0"}  # in 60 s

    async def who_talks():
        channels = await channels_with_messages()
        return "status" in channels, len(channels) > 1

    await eventually(who_talks, (True, True))  # the nodes, and clients in channels that they chose

    async def overview():
        state = json.loads((await get(example.admin, "/overview/state")).body)
        return [node["name"] for node in state["nodes"] if node["state"] == "up"], len(state["links"]), state["master"]

    await eventually(overview, (NODES, 6, "node-a"))
    assert json.loads((await get(example.port, "/nearest?region=us")).body)["node"] in ("node-c", "node-d")

    await asyncio.to_thread(example.interrupt)
    pids = [int(pid) for pid in re.findall(r" started name=\S+ pid=(\d+)", example.text)]
    assert len(pids) == 4 and not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not SANITIZERS.search(example.text), example.text
    assert list(tmp_path.iterdir()) == []
    assert sorted(RUN.parent.iterdir()) == example.beside  # its history lay with the rest
