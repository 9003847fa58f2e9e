"""The control socket: whose it is, what stands in its place, and how much of anything it takes."""

import asyncio
import os
import socket
import stat
import subprocess

import pytest
from support.client import client
from support.ctl import SOCKET, Following, Line, ctl, has_status, path_of, status, told
from support.node import BINARY, Node, environment, eventually, main_lua, run

CONTROL = f'control = "{SOCKET}",'
AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


@pytest.fixture
def node(start_node):
    return start_node(CONTROL)


def refusal(directory, config=CONTROL):
    """What a node says that does not start."""
    path = directory / "main.lua"
    path.write_text(main_lua(config, '"127.0.0.1:0"'))
    ended = run(path)
    assert ended.returncode == 1, ended
    return ended.stderr


# Whose it is.

def test_the_socket_is_its_owners_alone(node):
    status = path_of(node).stat()
    assert stat.S_ISSOCK(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o600
    assert status.st_uid == os.geteuid()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_is_refused_even_when_the_file_lets_him_in(node):
    for directory in [node.directory, *node.directory.parents]:
        if str(directory) not in ("/", "/tmp"):
            directory.chmod(0o755)
    talk = ["/usr/bin/python3", "-c", "import socket,sys; s=socket.socket(socket.AF_UNIX); s.settimeout(20)\n"
            "try: s.connect(sys.argv[1])\nexcept PermissionError: print('no way in'); sys.exit()\n"
            "try: print('heard', len(s.recv(99)))\nexcept OSError as e: print('heard 0')", str(path_of(node))]
    asked = {"text": True, "capture_output": True, "timeout": 30, "check": True}
    assert subprocess.run(AS_NOBODY + talk, **asked).stdout == "no way in\n"
    path_of(node).chmod(0o666)
    assert subprocess.run(AS_NOBODY + talk, **asked).stdout == "heard 0\n"
    assert node.wait_for("ctl refused").fields["reason"] == "another user"
    assert told(node, "eval", "1") == "1\n"


# What stands in its place.

def test_the_socket_is_gone_when_the_node_is(tmp_path):
    with Node(tmp_path, CONTROL) as node:
        assert path_of(node).exists()
    assert not path_of(node).exists()


def test_a_socket_that_a_killed_node_left_is_replaced(tmp_path):
    with Node(tmp_path, CONTROL) as node:
        node.kill()
        assert path_of(node).exists()
        node.start()
        assert told(node, "eval", "1") == "1\n"


def test_a_node_that_listens_there_is_left_alone(node, tmp_path):
    (tmp_path / "other").mkdir()
    said = refusal(tmp_path / "other", f'control = "{path_of(node)}",')
    assert said.endswith(f"wsrelay-engine: control: {path_of(node)}: another node listens there\n")
    assert "listening" not in said
    assert told(node, "eval", "1") == "1\n"


def test_a_file_that_is_no_socket_is_left_alone(tmp_path):
    kept = tmp_path / SOCKET
    kept.write_text("precious")
    assert "there is a file that is no socket" in refusal(tmp_path) and kept.read_text() == "precious"
    kept.rename(tmp_path / "elsewhere")
    kept.symlink_to(tmp_path / "elsewhere")
    assert "no socket" in refusal(tmp_path) and kept.is_symlink()


def test_another_file_that_took_its_place_outlives_the_node(tmp_path):
    with Node(tmp_path, CONTROL) as node:
        path_of(node).unlink()
        path_of(node).write_text("precious")
    assert path_of(node).read_text() == "precious"


@pytest.mark.parametrize("path, words", [("x" * 120, "longer than a socket's can be, 107 bytes"),
                                         ("nowhere/a.sock", "No such file or directory")])
def test_a_path_that_cannot_be_is_refused_at_the_start(tmp_path, path, words):
    assert words in refusal(tmp_path, f'control = "{path}",')


async def test_a_reload_moves_the_socket_and_those_who_talk_go_on(node):
    with Line(node) as standing:
        node.configure('control = "moved.sock",')
        assert (await node.reload()).event == "reloaded"
        assert not path_of(node).exists()
        standing.ask("eval", "1")
        assert standing.hear() == {"out": "1\n"} and standing.hear() == {"exit": 0}
    moved = subprocess.run([BINARY, "ctl", "--control", str(node.directory / "moved.sock"), "eval", "2"],
                           env=environment(), text=True, capture_output=True, timeout=20, check=True)
    assert moved.stdout == "2\n"
    node.configure("")
    assert (await node.reload()).event == "reloaded" and not (node.directory / "moved.sock").exists()


async def test_a_reload_to_where_it_cannot_listen_is_refused(node):
    node.configure('control = "nowhere/a.sock",')
    line = await node.reload()
    assert line.event == "reload refused" and "nowhere/a.sock: No such file" in line.fields["error"]
    assert status(node)["generation"] == 1


# How much it takes.

@pytest.mark.parametrize("request_line, problem", [
    (b"[]\n", "no JSON object"), (b"{\n", "no JSON object"), (b'{"a":1}\n', "no list of arguments"),
    (b'{"arguments":[1]}\n', "no list of arguments"), (b'{"arguments":{}}\n', None), (b"\xff\n", "no JSON object"),
    (b'{"arguments":["eval","' + b"1" * 65536 + b'"]}\n', "longer than 65536 bytes"),
    (b"[" * 60000 + b"\n", "no JSON object"), (b'{"arguments":["\\u0000"]}\n', "unknown command"),
])
def test_a_request_that_cannot_be_is_answered_and_ended(node, request_line, problem):
    with Line(node) as line:
        line.say(request_line)
        heard = line.hear_all()
    assert heard[-1] == ({"exit": 2} if problem else {"exit": 0})
    assert problem is None or problem in heard[0]["error"]
    assert told(node, "eval", "1") == "1\n"


def test_a_request_in_many_pieces_is_one(node):
    with Line(node) as line:
        for byte in b'{"arguments":["eval","1"]}\nand more':
            line.say(bytes([byte]))
        assert line.hear_all() == [{"out": "1\n"}, {"exit": 0}]


def test_who_asks_nothing_is_hung_up_on(node):
    with Line(node) as silent:
        assert silent.hear() is None
    assert told(node, "eval", "1") == "1\n"


async def test_only_so_many_talk_at_a_time(node):
    lines = [Line(node) for _ in range(16)]
    for line in lines:
        line.ask("eval", "relay.sleep(600)")
    with Line(node) as one_more:
        assert one_more.hear_all() == [{"error": "too many talk to this node already\n"}, {"exit": 1}]
    for line in lines:
        line.__exit__(None, None, None)

    async def is_answered():
        return (await asyncio.to_thread(ctl, node, "eval", "1")).returncode

    await eventually(is_answered, 0)


def test_a_long_answer_comes_whole(node):
    assert told(node, "eval", "('é'):rep(300000)") == "é" * 300000 + "\n"


def test_bytes_that_are_no_text_are_told_as_such(node):
    assert told(node, "eval", "'a\\xffb\\xc2\\x9b'") == "a\\xffb\\x9b\n"


async def test_a_reader_that_stalls_is_cut_and_the_rest_served(node):
    with Line(node) as stalled:
        stalled.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stalled.ask("eval", "while true do print(('x'):rep(10000)) end")
        await has_status(node, "handlers_waiting", 1)
        before = status(node)["resident_bytes"]
        await has_status(node, "handlers_waiting", 0)
        assert status(node)["resident_bytes"] - before < 64 << 20


def test_an_answer_nobody_can_wait_for_is_cut(node):
    """In a coroutine of its own the code cannot be made to wait for the reader."""
    with Line(node) as stalled:
        stalled.ask("eval", "local write, text = require('relay.engine').control_write, ('x'):rep(1000000)\n"
                    "coroutine.wrap(function() while true do write(false, text) end end)()")
        heard = b"".join(iter(lambda: stalled.socket.recv(1 << 16), b""))
        assert b"exit" not in heard and len(heard) < 16 << 20
    assert told(node, "eval", "1") == "1\n"


async def test_ctl_while_the_node_ends_is_hung_up_on(node):
    waiting = Following(node, "eval", "print 'here' relay.sleep(600)")
    try:
        waiting.wait_for("here")
        assert await client_leaves(node) == 0
        assert waiting.exit_code() == 1
    finally:
        waiting.end()


async def client_leaves(node):
    async with client(node) as romeo:
        await romeo.subscribe("verona")
    return node.end()


async def test_a_command_that_waits_goes_on_in_its_own_generation(node):
    with Line(node) as line:
        line.ask("eval", "print 'here' relay.sleep(2) print 'still'")
        assert line.hear() == {"out": "here\n"}
        assert (await node.reload()).event == "reloaded"
        assert line.hear_all() == [{"out": "still\n"}, {"exit": 0}]


def test_the_command_line_takes_a_command_of_any_length_that_fits(node):
    assert ctl(node, "eval", "#'" + "x" * 60000 + "'").stdout == "60000\n"
    assert ctl(node, "eval", "#'" + "x" * 70000 + "'").returncode == 2
