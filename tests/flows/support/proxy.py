"""A TCP proxy in front of a node: a line between two nodes that can be cut, and healed."""

import asyncio
import contextlib


class Proxy:
    """`async with Proxy(port) as proxy:` listens. A new connection waits in front of its gate while that is closed."""

    def __init__(self, target: int):
        self.target = target
        self.is_cut = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.waiting = 0
        self.pairs: set[asyncio.Task] = set()  # connections that stand

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"ws://127.0.0.1:{self.port}/node"
        return self

    async def __aexit__(self, *error):
        self._server.close()
        self._end_all()

    def cut(self):
        """Every connection ends without a word, and no new one comes to anything."""
        self.is_cut = True
        self._end_all()

    def heal(self):
        self.is_cut = False

    def _end_all(self):
        for pair in list(self.pairs):
            pair.cancel()

    async def _accept(self, reader, writer):
        self.waiting += 1
        await self.gate.wait()
        self.waiting -= 1
        if self.is_cut:
            writer.transport.abort()
            return
        task = asyncio.current_task()
        self.pairs.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await self._carry(reader, writer)
        self.pairs.discard(task)
        writer.transport.abort()

    async def _carry(self, reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, far_writer))
                both.create_task(self._pump(far_reader, writer))
        except* OSError:
            pass
        finally:
            far_writer.transport.abort()

    @staticmethod
    async def _pump(reader, writer):
        """One direction; the end of one is the end of both."""
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError
