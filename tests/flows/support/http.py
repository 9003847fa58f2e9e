"""Plain HTTP to a node: one request, and what came back."""

import asyncio
import http.client
from dataclasses import dataclass

SECONDS = 20


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def fetch(port: int, path: str, method="GET", host="127.0.0.1", **headers) -> Answer:
    """Header names with _ for -."""
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


async def get(port: int, path: str, **options) -> Answer:
    return await asyncio.to_thread(fetch, port, path, **options)
