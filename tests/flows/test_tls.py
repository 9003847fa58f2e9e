"""wss://, and certificates that are read again on a reload."""

import asyncio
import signal
import ssl
import subprocess

import pytest

from support.client import OK, client
from support.node import main_lua, run
from support.wire import BINARY, CLOSE, TEXT, expect_row, frame, row_of_commands, wire

TLS = 'tls = { cert = "cert.pem", key = "key.pem" },'


EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
RSA = ("-newkey", "rsa:2048")


def certify(directory, name="localhost", cert="cert.pem", key="key.pem", kind=EC):
    """A self-signed certificate, as an administrator would make one."""
    subprocess.run(["openssl", "req", "-x509", *kind, "-nodes",
                    "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},DNS:localhost",
                    "-keyout", directory / key, "-out", directory / cert], check=True, capture_output=True)


def trusting(directory, cert="cert.pem", newest=None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=directory / cert)
    if newest:
        context.maximum_version = newest
    return context


def secure(node, trust, **options):
    return client(node.url(scheme="wss"), ssl=trust, server_hostname="localhost", **options)


@pytest.fixture
def start_tls_node(start_node, tmp_path):
    certify(tmp_path)

    def start(config=""):
        files = {name: (tmp_path / name).read_text() for name in ("cert.pem", "key.pem")}
        return start_node(TLS + config, files=files)

    return start


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_tls_new_client_single_node(start_tls_node, newest):
    node = start_tls_node()
    assert node.events("listening")[0].fields["scheme"] == "wss"
    trust = trusting(node.directory, newest=newest)
    async with secure(node, trust) as alice, secure(node, trust) as bob:
        assert await alice.subscribe("channel", "wordpass") == OK
        assert await bob.subscribe("channel", "wordpass") == OK
        for size in (5, 1000, 60000):
            assert await alice.send("channel", "x" * size) == OK
            assert await bob.receive() == {"message": "x" * size, "channel": "channel"}


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_tls_older_than_1_2_is_refused(start_tls_node):
    node = start_tls_node()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        async with secure(node, context):
            pass


async def test_tls_health_and_http_1_1_alone_by_alpn(start_tls_node):
    node = start_tls_node()
    trust = trusting(node.directory)
    trust.set_alpn_protocols(["h2", "http/1.1"])
    async with wire(node, tls=trust) as stranger:
        assert stranger.writer.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
        assert (await stranger.ask(path="/health", headers={"Host": "localhost"})).status == 200


async def test_tls_listener_ends_a_plain_request_and_serves_on(start_tls_node):
    node = start_tls_node()
    async with wire(node) as stranger:
        await stranger.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert not (await stranger.ended()).startswith(b"HTTP/1.1 200")
    async with secure(node, trusting(node.directory)) as alice:
        assert await alice.channels() == []


async def test_tls_commands_in_one_record_are_answered_in_order_around_passwords(start_tls_node):
    node = start_tls_node()
    trust = trusting(node.directory)
    async with wire(node, tls=trust) as alice, secure(node, trust) as bob:
        await bob.subscribe("row", "wordpass")
        await alice.upgrade()
        await alice.send(row_of_commands())
        await expect_row(alice)
        assert [(await bob.receive())["message"] for _ in range(5)] == list(range(5))


async def test_tls_commands_300_in_a_row_are_answered_in_order(start_tls_node):
    node = start_tls_node()
    async with wire(node, tls=trusting(node.directory)) as alice:
        await alice.upgrade()
        await alice.send(b"".join(frame(TEXT, b'{"command":"list","nonce":%d}' % number) for number in range(300)))
        for number in range(300):
            answer = b'{"type":"response","data":{"channels":[]},"nonce":%d}' % number
            assert await alice.read_frame() == (TEXT, answer)


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_tls_reload_to_a_key_of_another_type_serves_the_new_certificate(start_tls_node, newest):
    node = start_tls_node()
    certify(node.directory, kind=RSA)
    node.signal(signal.SIGHUP)
    await node.logged("reloaded")
    async with secure(node, trusting(node.directory, newest=newest)) as alice:
        assert await alice.channels() == []


async def test_tls_reader_that_stalls_is_cut_and_the_others_lose_nothing(start_tls_node):
    node = start_tls_node("limits = { messages_per_second = 0, send_queue_bytes = 65536 },")
    trust = trusting(node.directory)
    async with secure(node, trust) as alice, secure(node, trust) as bob, \
            wire(node, tls=trust, receive_bytes=4096) as stalled:
        await alice.subscribe("stream")
        await bob.subscribe("stream")
        await stalled.upgrade()
        await stalled.text('{"command":"subscribe","data":{"topic":"stream"}}')
        await stalled.read_frame()
        cut = asyncio.ensure_future(node.logged("client too slow"))
        number = 0
        while not cut.done():
            assert await alice.send("stream", f"{number} " + "x" * 8000) == OK
            assert (await bob.receive())["message"].startswith(f"{number} ")
            number += 1
        assert await stalled.closed() in ((1013, "too slow"), None)
    assert node.counters()["clients_too_slow"] == 1


@pytest.mark.parametrize("data, code", [
    (frame(BINARY, b"x"), 1003), (frame(TEXT, b"\xff"), 1007), (frame(TEXT, b"{", declared=1 << 40), 1009),
    (frame(CLOSE, b"\x03"), 1002), (frame(CLOSE, b"\x03\xe8"), 1000),
], ids=["1003", "1007", "1009", "1002", "1000"])
async def test_tls_connection_ends_with_its_code(start_tls_node, data, code):
    node = start_tls_node()
    async with wire(node, tls=trusting(node.directory)) as alice:
        await alice.upgrade()
        await alice.send(data)
        end = await alice.closed()
        assert end and end[0] == code


async def test_tls_drain_tells_1012(start_tls_node):
    node = start_tls_node()
    async with secure(node, trusting(node.directory)) as alice:
        node.signal(signal.SIGTERM)
        assert await alice.closed() == (1012, "node restarting")
    assert await node.exited() == 0


async def test_tls_reload_shows_the_new_certificate_to_new_connections_and_keeps_the_old_ones(start_tls_node):
    node = start_tls_node()
    old = trusting(node.directory)
    async with secure(node, old) as alice:
        await alice.subscribe("kept")
        certify(node.directory, "renewed.example")
        assert (await node.reload()).event == "reloaded"
        new = trusting(node.directory)
        async with secure(node, new) as bob:
            subject = bob.socket.transport.get_extra_info("peercert")["subject"]
            assert subject == ((("commonName", "renewed.example"),),)
            await bob.subscribe("kept")
            await bob.send("kept", "hello from the new one")
            assert (await alice.receive())["message"] == "hello from the new one"
            await alice.send("kept", "and back")
            assert (await bob.receive())["message"] == "and back"
        with pytest.raises(ssl.SSLCertVerificationError):
            async with secure(node, old):
                pass


@pytest.mark.parametrize("broken", ["certificate", "key", "pair", "missing"])
async def test_tls_reload_of_what_is_broken_is_refused_and_the_old_certificate_stays(start_tls_node, broken):
    node = start_tls_node()
    trust = trusting(node.directory)
    async with secure(node, trust) as alice:
        if broken == "pair":
            certify(node.directory, "other.example", cert="cert.pem", key="unused.pem")
        elif broken == "missing":
            (node.directory / "cert.pem").unlink()
        else:
            (node.directory / ("cert.pem" if broken == "certificate" else "key.pem")).write_text("nonsense\n")
        line = await node.reload()
        assert line.event == "reload refused" and "tls" in line.fields["error"]
        assert str(node.directory) in line.fields["error"]
        assert await alice.channels() == []
        async with secure(node, trust) as bob:
            assert await bob.channels() == []


async def test_tls_reload_that_switches_it_off_is_refused(start_tls_node):
    node = start_tls_node()
    node.configure("")
    line = await node.reload()
    assert line.event == "reload refused" and "tls" in line.fields["error"] and "restart" in line.fields["error"]


@pytest.mark.parametrize("keys, words", [
    ('cert = "none.pem", key = "key.pem"', ["main.lua:7:", "tls.cert", "none.pem"]),
    ('cert = "cert.pem", key = "none.pem"', ["main.lua:7:", "tls.key", "none.pem"]),
    ('cert = "cert.pem"', ["main.lua:6:", "tls.key", "missing"]),
    ('cert = "key.pem", key = "key.pem"', ["certificate", "key.pem"]),
    ('cert = "cert.pem", key = "other.pem"', ["key", "other.pem"]),
    ('cert = "cert.pem", key = "key.pem", crt = "x"', ["main.lua:7:", "unknown key 'tls.crt'", "did you mean 'cert'?"]),
])
def test_tls_files_that_cannot_be_used_end_the_start_with_1(tmp_path, keys, words):
    certify(tmp_path)
    certify(tmp_path, cert="other-cert.pem", key="other.pem")
    (tmp_path / "main.lua").write_text(main_lua(f"tls = {{\n{keys}\n}},", '"127.0.0.1:0"'))
    ended = run(tmp_path / "main.lua")
    assert ended.returncode == 1
    for word in words:
        assert word in ended.stderr
