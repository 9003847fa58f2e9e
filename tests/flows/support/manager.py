"""A service manager, as far as the engine sees one: the socket that NOTIFY_SOCKET names."""

import asyncio
import os
import socket

from .node import WAIT_SECONDS

PING = {"WATCHDOG": "1"}


class Manager:
    """`with Manager(directory) as manager:` hears what nodes with `manager.environment` tell."""

    def __init__(self, directory, *, abstract=False):
        self._name = f"@wsrelay-test-{os.getpid()}-{id(self)}" if abstract else str(directory / "notify")
        self.heard = None  # the last message
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.environment = {"NOTIFY_SOCKET": self._name}

    def __enter__(self):
        self._socket.bind(self._name.replace("@", "\0", 1))
        return self

    def __exit__(self, kind, error, traceback):
        self._socket.close()

    def hear(self, seconds=WAIT_SECONDS) -> dict:
        """The next message's assignments."""
        self._socket.settimeout(seconds)
        text = self._socket.recv(4096).decode()
        self.heard = dict(line.split("=", 1) for line in text.splitlines())
        return self.heard

    def hears_nothing(self, seconds=0.0) -> bool:
        """Nothing waits now, nor comes within the time."""
        try:
            self.hear(seconds or 1e-6)
        except (TimeoutError, BlockingIOError):
            return True
        return False

    def drop_what_waits(self):
        while not self.hears_nothing():
            pass

    async def next(self) -> dict:
        """The next message that is no ping."""
        while (message := await asyncio.to_thread(self.hear)) == PING:
            pass
        return message
