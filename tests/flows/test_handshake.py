"""HTTP before the upgrade: every status, GET /health, and requests that no browser would send."""

import asyncio
import contextlib

import pytest

from support.client import client, clients, upgrade_status
from support.node import eventually
from support.wire import TEXT, UPGRADE, frame, get, request, wire

HEALTHY = '{"healthy":"good","reason":"healthy"}'


def upgrade_with(**changes) -> dict:
    """The headers of a good upgrade with some of them replaced, or left out (None)."""
    return {**UPGRADE, **{name.replace("_", "-"): value for name, value in changes.items()}}


@pytest.mark.parametrize("headers", [
    UPGRADE, upgrade_with(Upgrade="WebSocket"), upgrade_with(Connection="keep-alive, Upgrade"),
    upgrade_with(Connection="upgrade"), upgrade_with(Origin="https://example.com"), upgrade_with(Origin="null"),
    upgrade_with(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits"),
], ids=["plain", "capitals", "keep-alive", "lower case", "an origin", "null origin", "an extension"])
async def test_upgrade_is_accepted(node, headers):
    async with wire(node) as alice:
        answer = await alice.ask(headers=headers)
        assert answer.status == 101
        assert answer.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        assert "sec-websocket-extensions" not in answer.headers


async def test_upgrade_with_a_query_is_accepted(node):
    assert await upgrade_status(node.url("/connect?token=abc&x=%20y")) == 101


async def test_upgrade_that_arrives_byte_by_byte_is_accepted(node):
    async with wire(node) as alice:
        for byte in request(headers=UPGRADE):
            await alice.send(bytes([byte]))
        assert (await alice.answer()).status == 101


async def test_subprotocol_that_is_ours_is_chosen(node):
    async with wire(node) as alice:
        answer = await alice.ask(headers=upgrade_with(Sec_WebSocket_Protocol="chat, wsrelay"))
        assert answer.status == 101 and answer.headers["sec-websocket-protocol"] == "wsrelay"


@pytest.mark.parametrize("status, method, path, headers", [
    (426, "GET", "/connect", upgrade_with(Sec_WebSocket_Version="8")),
    (426, "GET", "/connect", upgrade_with(Sec_WebSocket_Version=None)),
    (426, "GET", "/connect", {"Host": "localhost"}),
    (426, "GET", "/node", {"Host": "localhost"}),
    (405, "POST", "/connect", {**UPGRADE, "Content-Length": "0"}),
    (405, "PUT", "/connect", {**UPGRADE, "Content-Length": "0"}),
    (405, "POST", "/health", {"Host": "localhost", "Content-Length": "0"}),
    (405, "DELETE", "/health", {"Host": "localhost"}),
    (400, "GET", "/connect", upgrade_with(Sec_WebSocket_Key=None)),
    (400, "GET", "/connect", upgrade_with(Sec_WebSocket_Key="short")),
    (400, "GET", "/connect", upgrade_with(Sec_WebSocket_Key="x" * 24)),
    (400, "GET", "/connect", upgrade_with(Sec_WebSocket_Key="x" * 500)),
    (403, "GET", "/connect", upgrade_with(Upgrade="foo")),  # libwebsockets answers these two before it asks
    (403, "GET", "/connect", upgrade_with(Upgrade="x" * 1000)),
    (400, "GET", "/connect", upgrade_with(Connection="keep-alive")),
    (400, "GET", "/connect", upgrade_with(Connection="Upgrade, HTTP2-Settings", Upgrade="h2c",
                                          HTTP2_Settings="AAMAAABkAARAAAAAAAIAAAAA")),
    (400, "GET", "/connect", upgrade_with(Host=None)),
    (400, "GET", "/connect", upgrade_with(Sec_WebSocket_Protocol="WSRelay")),
    (400, "GET", "/connect", upgrade_with(Sec_WebSocket_Protocol="a/b, wsrelay")),
    (400, "GET", "/connect", upgrade_with(Sec_WebSocket_Protocol="x" * 70 + ", wsrelay")),
    (400, "GET", "/connect", upgrade_with(Sec_WebSocket_Protocol="mqtt")),
    (400, "GET", "/connect", upgrade_with(Sec_WebSocket_Protocol=", ".join(["x"] * 100))),
    (400, "GET", "/connect", upgrade_with(Sec_WebSocket_Extensions="x-extension, " * 30)),
    (404, "GET", "/", UPGRADE),
    (404, "GET", "/connect/", UPGRADE),
    (404, "GET", "/connected", UPGRADE),
    (404, "GET", "/Connect", UPGRADE),
    (404, "GET", "/health", UPGRADE),
    (404, "GET", "/", {"Host": "localhost"}),
    (404, "GET", "/../etc/passwd", {"Host": "localhost"}),
    (404, "GET", "/" + "x" * 2000, {"Host": "localhost"}),
    (403, "GET", "/node", UPGRADE),
    (403, "GET", "/node", upgrade_with(Authentication="token")),
], ids=lambda value: str(value)[-40:])
async def test_request_that_is_wrong_gets_its_status(node, status, method, path, headers):
    answer = await get(node, path, method, headers)
    assert answer.status == status
    if status == 405:
        assert "GET" in answer.headers["allow"]
    if status == 426:
        assert answer.headers["sec-websocket-version"] == "13"
    assert await upgrade_status(node) == 101


async def test_upgrade_by_http_1_0_is_refused_with_400(node):
    async with wire(node) as alice:
        assert (await alice.ask(headers=UPGRADE, version="HTTP/1.0")).status == 400


async def test_refusal_of_an_upgrade_ends_the_connection(node):
    async with wire(node) as alice:
        answer = await alice.ask(headers=upgrade_with(Sec_WebSocket_Version="8"))
        assert answer.status == 426 and answer.headers["connection"] == "close"
        assert await alice.ended() == b""


async def test_upgrade_to_foo_behind_a_kept_request_is_refused_and_the_node_serves_on(node):
    async with wire(node) as alice:
        assert (await alice.ask(path="/health", headers={"Host": "localhost"})).status == 200
        assert (await alice.ask(headers=upgrade_with(Upgrade="foo"))).status == 403
    assert await upgrade_status(node) == 101


async def test_upgrade_behind_a_kept_request_is_accepted(node):
    async with wire(node) as alice:
        for _ in range(3):
            assert (await alice.ask(path="/health", headers={"Host": "localhost"})).body == HEALTHY
        await alice.upgrade()
        await alice.text('{"command":"list"}')
        assert (await alice.read_frame())[1] == b'{"type":"response","data":{"channels":[]}}'


async def test_command_in_the_packet_of_the_upgrade_is_answered(node):
    async with wire(node) as alice:
        await alice.send(request(headers=UPGRADE) + frame(TEXT, b'{"command":"list"}'))
        assert (await alice.answer()).status == 101
        assert (await alice.read_frame())[1] == b'{"type":"response","data":{"channels":[]}}'


@pytest.mark.parametrize("data", [
    b"\r\n\r\n\r\n\r\n", b"\x00" * 500, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 300, b"GET\r\n\r\n",
    b"GET /connect\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"HELLO /connect HTTP/1.1\r\n\r\n",
    b"GET /connect HTTP/1.1\r\n" + b"X: " + b"y" * 20000 + b"\r\n\r\n",
    b"GET /connect HTTP/1.1\r\n" + b"Host: x\r\n" * 3000 + b"\r\n", b"GET /%zz%00 HTTP/1.1\r\nHost: x\r\n\r\n",
], ids=["empty lines", "NULs", "TLS", "no path", "HTTP/0.9", "HTTP/2", "no such method", "a header of 20,000 bytes",
        "3,000 headers", "a path of bad escapes"])
async def test_garbage_ends_the_connection_and_nothing_else(node, data):
    async with wire(node) as stranger, client(node) as alice:
        await stranger.send(data)
        with contextlib.suppress(OSError):
            stranger.writer.write_eof()
        answer = await stranger.ended()
        assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
        assert await alice.channels() == []


# GET /health

async def test_health_of_a_good_node_is_200_and_exact(node):
    answer = await get(node)
    assert (answer.status, answer.body) == (200, HEALTHY)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-length"] == str(len(HEALTHY))


async def test_health_by_head_has_the_head_alone(node):
    async with wire(node) as stranger:
        answer = await stranger.ask("HEAD", "/health", {"Host": "localhost"}, has_body=False)
        assert answer.status == 200 and answer.headers["content-length"] == str(len(HEALTHY))
        assert (await stranger.ask(path="/health", headers={"Host": "localhost"})).body == HEALTHY


async def test_health_ignores_a_query(node):
    assert (await get(node, "/health?verbose=1")).body == HEALTHY


async def test_health_of_4_clients_without_a_channel_is_degraded_and_still_200(start_node):
    node = start_node()

    async def health():
        answer = await get(node)
        return answer.status, answer.body

    async with clients(node, 3):
        assert await health() == (200, HEALTHY)
        async with client(node) as alice:  # the rules are asked at most once a second
            await eventually(health, (200, '{"healthy":"degraded","reason":"clients no channels"}'))
            await alice.subscribe("one")
            await eventually(health, (200, HEALTHY))


# Full.

async def test_connections_beyond_the_limit_get_503_and_room_is_found_again(start_node):
    node = start_node("limits = { connections = 3 },")
    async with client(node), client(node):
        async with client(node) as carol:
            assert await upgrade_status(node) == 503
            assert (await get(node)).status == 503
            assert await carol.channels() == []
        assert await upgrade_status(node) == 101
    assert node.counters()["connections_refused_full"] == 2


async def test_connections_of_one_address_beyond_the_limit_get_429_and_another_address_does_not(start_node):
    node = start_node("limits = { connections_per_address = 2 },")
    async with client(node), client(node):
        assert await upgrade_status(node) == 429
        assert (await get(node)).status == 429
        assert await upgrade_status(node, local_addr=("127.0.0.2", 0)) == 101
    assert await upgrade_status(node) == 101
    assert node.counters()["connections_refused_address"] == 2


async def test_connections_far_beyond_the_limit_are_ended_without_an_answer_and_the_node_serves_on(start_node):
    node = start_node("limits = { connections = 2 },")
    async with client(node) as alice:
        async def ask():
            async with wire(node) as stranger:
                await stranger.send(request(headers=UPGRADE))
                return await stranger.ended()

        answers = await asyncio.gather(client(node).__aenter__(), *(ask() for _ in range(200)))
        assert all(answer == b"" or answer.startswith(b"HTTP/1.1 503") for answer in answers[1:])
        assert await alice.channels() == []
        await answers[0].socket.close()
    assert node.counters()["connections_refused_full"] == 200
