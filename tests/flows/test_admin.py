"""The admin listener: probes, what scripts answer, who may, and those who watch."""

import asyncio
import base64
import json
import socket

import pytest
import websockets

from support.client import OK, client
from support.ctl import told
from support.http import get
from support.node import eventually
from test_tls import certify

ADMIN = 'admin = { listen = "127.0.0.1:0" },'
TOKEN = "s3cret-token"
CLOSED = f'admin = {{ listen = "127.0.0.1:0", token = "{TOKEN}" }},'

ROUTES = """}
local http = require "relay.http"
local engine = require "relay.engine"
http.route("/hello", {}, function(request)
  return { body = "hello " .. (request.query.name or "you") }
end)
http.route("/page", { open = true }, function() return { type = "text/html", body = "<p>page</p>" } end)
http.route("/request", { public = true }, function(request) return http.json(request) end)
http.route("/fails", {}, function() error "oops" end)
http.route("/nothing", {}, function() end)
http.route("/later", {}, function(request)
  relay.sleep(0.05)
  return { body = request.query.name }
end)
http.route("/big", {}, function() return { body = ("0123456789abcdef"):rep(256 * 1024) } end)
http.route("/show", {}, function(request)
  return { body = tostring(engine.live((request.query.text or "x"):rep(tonumber(request.query.times or 1)))) }
end)
http.route("/waits", { public = true }, function()
  relay.log.info "waits"
  local _ <close> = setmetatable({}, { __close = function() relay.log.info "does not wait any more" end })
  relay.sleep(1000)
end)
local _ = {
"""


def admin_port(node) -> int:
    return [line for line in node.events("listening") if line.fields["scheme"] == "admin"][-1].fields["port"]


def watch(port, **options):
    return websockets.connect(f"ws://127.0.0.1:{port}/overview/live", open_timeout=20, **options)


@pytest.fixture
def start_admin(start_node):
    def start(config=ADMIN, **options):
        return start_node(config + ROUTES, **options)

    return start


async def test_admin_probes_alive_and_ready(start_admin):
    node = start_admin(CLOSED)
    port = admin_port(node)
    alive, ready = await get(port, "/livez"), await get(port, "/readyz")
    assert (alive.status, alive.text) == (200, "alive\n")
    assert (ready.status, ready.text) == (200, "ready\n")
    assert (await get(port, "/readyz", method="HEAD")).body == b""
    assert (await get(node.port(), "/livez")).status == 404


async def test_admin_probe_says_that_the_node_drains(start_admin):
    node = start_admin("drain_seconds = 30," + ADMIN)
    port = admin_port(node)
    async with client(node.url()):
        node.signal(12)  # USR2
        await node.logged("draining")
        ready = await get(port, "/readyz")
        assert (ready.status, ready.text) == (503, "draining\n")
        assert (await get(port, "/livez")).status == 200
        assert (await get(port, "/hello")).text == "hello you"


async def test_admin_scripts_answer(start_admin):
    port = admin_port(start_admin())
    hello = await get(port, "/hello?name=a%20b")
    assert (hello.status, hello.text, hello.headers["content-type"]) == (200, "hello a b", "text/plain; charset=utf-8")
    assert (await get(port, "/hello", method="HEAD")).headers["content-length"] == "9"
    assert (await get(port, "/none")).status == 404
    for path in "/fails", "/nothing":
        failed = await get(port, path)
        assert (failed.status, failed.text) == (500, "internal error\n")
    assert (await get(port, "/hello", method="POST")).status == 405


async def test_admin_says_what_is_there(start_admin):
    index = await get(admin_port(start_admin(CLOSED)), "/")
    assert index.status == 200
    assert [line.split()[0] for line in index.text.splitlines()] == ["/metrics", "/livez", "/readyz"]


async def test_admin_listener_that_a_reload_moves_or_removes_says_so(start_admin):
    node = start_admin(ADMIN)
    first = admin_port(node)
    node.configure(f'admin = {{ listen = "127.0.0.2:{first}" }},')
    await node.reload()
    [closed] = node.events("admin listener closed")
    assert (closed.level, closed.fields["address"], closed.fields["port"]) == ("info", "127.0.0.1", first)
    node.configure("")
    await node.reload()
    assert node.events("admin listener closed")[-1].fields["address"] == "127.0.0.2"
    await node.reload()
    assert len(node.events("admin listener closed")) == 2


async def test_admin_answer_is_written_whole(start_admin):
    port = admin_port(start_admin())
    for _ in range(3):
        assert (await get(port, "/big")).body == b"0123456789abcdef" * 256 * 1024


async def test_admin_connection_is_kept_for_the_next_request(start_admin):
    port = admin_port(start_admin())
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for name in "a", "b", "c":
        writer.write(f"GET /hello?name={name} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert await asyncio.wait_for(reader.readexactly(7), 20) == f"hello {name}".encode()
    writer.close()


async def test_admin_public_route_is_answered_by_the_ordinary_listener(start_admin):
    node = start_admin(CLOSED)
    answer = await get(node.port(), "/request?a=1&b=%26", x_region="eu", Cookie="secret=1", Authorization="Bearer x")
    request = json.loads(answer.body)
    assert (request["query"], request["address"]) == ({"a": "1", "b": "&"}, "127.0.0.1")
    assert request["headers"]["x-region"] == "eu"
    assert "cookie" not in request["headers"] and "authorization" not in request["headers"]
    assert (await get(node.port(), "/hello")).status == 404
    assert (await get(node.port(), "/request", method="POST")).status == 404


async def test_admin_handler_ends_with_its_connection(start_admin):
    node = start_admin()
    _, writer = await asyncio.open_connection("127.0.0.1", node.port())
    writer.write(b"GET /waits HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    await node.logged("script")
    writer.close()
    assert (await node.logged("script", 2)).fields["message"] == "does not wait any more"


async def test_admin_requests_may_come_before_the_answers(start_admin):
    port = admin_port(start_admin())
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"".join(f"GET /later?name={name} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode() for name in "abc"))
    for name in "abc":
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
        assert await asyncio.wait_for(reader.readexactly(1), 20) == name.encode()
    writer.close()


@pytest.mark.parametrize("header, status", [
    ({}, 401),
    ({"Authorization": f"Bearer {TOKEN}"}, 200),
    ({"Authorization": f"bearer {TOKEN}"}, 200),
    ({"Authorization": f"Bearer {TOKEN}x"}, 401),
    ({"Authorization": f"Bearer {TOKEN[:-1]}"}, 401),
    ({"Authorization": "Bearer "}, 401),
    ({"Authorization": TOKEN}, 401),
    ({"Authorization": "Basic " + base64.b64encode(f"anyone:{TOKEN}".encode()).decode()}, 200),
    ({"Authorization": "Basic " + base64.b64encode(TOKEN.encode()).decode()}, 401),
    ({"Authorization": "Basic ???"}, 401),
    ({"Authorization": "Basic "}, 401),
    ({"Cookie": "wsrelay=" + TOKEN}, 401),
    ({"Cookie": ";;; ="}, 401),
])
async def test_admin_token(start_admin, header, status):
    port = admin_port(start_admin(CLOSED))
    assert (await get(port, "/hello", **header)).status == status
    assert (await get(port, "/page", **header)).status == 200
    assert (await get(port, "/overview/login", **header)).status == status


async def test_admin_login_gives_a_cookie_that_is_not_the_token(start_admin):
    port = admin_port(start_admin(CLOSED))
    welcome = await get(port, "/overview/login", Authorization=f"Bearer {TOKEN}")
    cookie, *attributes = welcome.headers["set-cookie"].split("; ")
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Strict"]
    assert TOKEN not in cookie
    assert (await get(port, "/hello", Cookie=cookie)).status == 200
    assert (await get(port, "/hello", Cookie=f"other=1; {cookie}; more=2")).status == 200
    assert (await get(port, "/hello", Cookie=cookie[:-1])).status == 401
    async with watch(port, extra_headers={"Cookie": cookie}):
        assert (await get(port, "/show", Cookie=cookie)).text == "1"


async def test_admin_without_a_token_answers_to_no_name_of_another_site(start_admin):
    port = admin_port(start_admin())
    for host in "127.0.0.1", "localhost", "[::1]:80", f"LOCALHOST:{port}", "192.0.2.1":
        assert (await get(port, "/hello", Host=host)).status == 200
    for host in "evil.example.com", f"evil.example.com:{port}", "127.0.0.1.example.com", "":
        assert (await get(port, "/hello", Host=host)).status == 403


async def refusal(port, **options) -> int:
    with pytest.raises(websockets.InvalidStatusCode) as refused:
        async with watch(port, **options):
            pass
    return refused.value.status_code


async def test_admin_live_refuses_pages_of_other_sites_and_strangers(start_admin):
    port = admin_port(start_admin())
    assert await refusal(port, origin="http://evil.example.com") == 403
    assert await refusal(port, origin="null") == 403
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13",
               "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    assert (await get(port, "/overview/live", Host="evil.example.com", **upgrade)).status == 403
    assert (await get(port, "/hello", **upgrade)).status == 404
    async with watch(port, origin=f"http://127.0.0.1:{port}"):
        pass
    closed = admin_port(start_admin(CLOSED))
    assert await refusal(closed) == 401
    assert (await get(port, "/overview/live")).status == 426


async def test_admin_live_shows_everybody_the_same(start_admin):
    port = admin_port(start_admin())
    assert (await get(port, "/show")).text == "0"
    async with watch(port) as first, watch(port) as second:
        for text in "one", "two":
            assert (await get(port, f"/show?text={text}&times=1000")).text == "2"
            assert await asyncio.wait_for(first.recv(), 20) == text * 1000
            assert await asyncio.wait_for(second.recv(), 20) == text * 1000
        await first.send("nobody listens to this")
    await eventually(lambda: shown(port), "0")


async def shown(port) -> str:
    return (await get(port, "/show")).text


async def test_admin_live_keeps_of_a_slow_viewer_the_newest_alone(start_admin):
    node = start_admin()
    port = admin_port(node)
    async with watch(port, max_size=None, max_queue=1, read_limit=4096) as slow:
        slow.transport.pause_reading()
        for number in range(40):
            assert (await get(port, f"/show?text={number:02}&times=400000")).text == "1"
        slow.transport.resume_reading()
        seen = []
        while not seen or seen[-1] != "39":
            seen.append((await asyncio.wait_for(slow.recv(), 20))[:2])
        assert seen == sorted(seen) and len(seen) < 40


async def test_admin_moves_and_changes_its_token_on_reload(start_admin):
    node = start_admin(CLOSED)
    old = admin_port(node)
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert (await get(old, "/hello", **bearer)).status == 200
    node.configure(CLOSED.replace(TOKEN, "another") + ROUTES)
    assert (await node.reload()).event == "reloaded"
    new = admin_port(node)
    assert (await get(new, "/hello", **bearer)).status == 401
    assert (await get(new, "/hello", Authorization="Bearer another")).status == 200
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        node.configure(f'admin = {{ listen = "127.0.0.1:{taken.getsockname()[1]}" }},' + ROUTES)
        refused = await node.reload()
    assert refused.event == "reload refused" and "cannot listen on 127.0.0.1" in refused.fields["error"]
    assert (await get(new, "/hello", Authorization="Bearer another")).status == 200
    node.configure(ROUTES)
    assert (await node.reload()).event == "reloaded"
    with pytest.raises(ConnectionRefusedError):
        await get(new, "/livez")


async def test_admin_that_cannot_move_leaves_the_control_socket_where_it_is(start_admin):
    node = start_admin('control = "node-a.sock",' + ADMIN)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = f'control = "other.sock", admin = {{ listen = "127.0.0.1:{taken.getsockname()[1]}" }},'
        node.configure(busy + ROUTES)
        assert (await node.reload()).event == "reload refused"
    assert "node-a" in await asyncio.to_thread(told, node, "status")
    assert not (node.directory / "other.sock").exists()
    assert (await get(admin_port(node), "/hello")).status == 200


async def test_admin_is_plain_beside_tls(start_admin, tmp_path):
    certify(tmp_path)
    files = {name: (tmp_path / name).read_text() for name in ("cert.pem", "key.pem")}
    node = start_admin('tls = { cert = "cert.pem", key = "key.pem" },' + ADMIN, files=files)
    assert (await get(admin_port(node), "/hello")).text == "hello you"


async def test_admin_survives_strangers(start_admin):
    """More connections than it takes, silent ones, nonsense: the next request is answered."""
    node = start_admin()
    port = admin_port(node)
    silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(80)]
    for index, (_, writer) in enumerate(silent):
        writer.write([b"", b"GET", b"\0\xff\r\n\r\n", b"GET / HTTP/1.1\r\nUpgrade: foo\r\nHost: x\r\n\r\n"][index % 4])
    for _, writer in silent:
        writer.close()
    assert (await get(port, "/hello")).text == "hello you"
    long = await asyncio.open_connection("127.0.0.1", port)
    long[1].write(b"GET /hello?" + b"x" * 100000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    long[1].close()
    assert (await get(port, "/hello")).text == "hello you"


async def ask_again(reader, writer, path, host="127.0.0.1", **headers) -> int:
    """A request on a connection that stands; its status, 0 when the connection is gone."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n".encode())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
        await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        return int(head.split()[1])
    except (asyncio.IncompleteReadError, ConnectionError):
        return 0


@pytest.mark.parametrize("config", ["", ADMIN, CLOSED.replace(TOKEN, "another")])
async def test_admin_reload_lets_nobody_in_who_came_before(start_admin, config):
    """The listener closes, or moves, or has another token: connections and viewers of before end."""
    node = start_admin(CLOSED)
    port = admin_port(node)
    stranger = await asyncio.open_connection("127.0.0.1", port)
    assert await ask_again(*stranger, "/hello") == 401
    async with watch(port, extra_headers={"Authorization": f"Bearer {TOKEN}"}) as viewer:
        node.configure(config + ROUTES)
        assert (await node.reload()).event == "reloaded"
        assert await ask_again(*stranger, "/hello") == 0
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(viewer.recv(), 20)
    stranger[1].close()


async def test_admin_reload_keeps_those_whose_door_and_token_stay(start_admin):
    node = start_admin(CLOSED)
    port = admin_port(node)
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    async with watch(port, extra_headers=bearer) as viewer:
        assert (await node.reload()).event == "reloaded"
        await get(port, "/show?text=still", **bearer)
        assert await asyncio.wait_for(viewer.recv(), 20) == "still"


async def test_admin_idle_connections_lock_nobody_out(start_admin):
    node = start_admin()
    port = admin_port(node)
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(64)]
    async with watch(port):
        for _ in range(5):
            assert (await get(port, "/livez")).status == 200
            idle += [await asyncio.open_connection("127.0.0.1", port) for _ in range(10)]
        assert (await get(port, "/show")).text == "1"
    await node.logged("admin listener full")
    for _, writer in idle:
        writer.close()


async def test_admin_viewers_are_bounded(start_admin):
    port = admin_port(start_admin())
    viewers = [await watch(port) for _ in range(32)]
    assert await refusal(port) == 503
    assert (await get(port, "/show")).text == "32"
    await asyncio.gather(*(viewer.close() for viewer in viewers))


async def test_admin_cookie_is_found_among_many(start_admin):
    port = admin_port(start_admin(CLOSED))
    welcome = await get(port, "/overview/login", Authorization=f"Bearer {TOKEN}")
    cookie = welcome.headers["set-cookie"].split("; ")[0]
    assert (await get(port, "/hello", Cookie=f"other={'x' * 3000}; {cookie}")).status == 200


async def test_admin_wrong_token_is_told_in_the_log(start_admin):
    node = start_admin(CLOSED)
    assert (await get(admin_port(node), "/hello", Authorization="Bearer wrong")).status == 401
    told = await node.logged("wrong admin token")
    assert told.fields["address"] == "127.0.0.1" and "wrong " not in str(told.fields)


async def test_admin_answers_that_wait_are_bounded(start_admin):
    node = start_admin("limits = { connections_per_address = 0 }," + ADMIN)
    waiting = []
    for _ in range(1000):
        reader, writer = await asyncio.open_connection("127.0.0.1", node.port())
        writer.write(b"GET /waits HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        waiting.append(writer)
    await node.logged("script", 1000)
    assert (await get(node.port(), "/waits")).status == 503
    for writer in waiting:
        writer.close()
    await node.logged("script", 2000)
    assert (await get(node.port(), "/request")).status == 200
