"""docs/policies.md: every step of the tutorial does what it says."""

import base64
import hashlib
import hmac
import json
import re
import subprocess
import time
from pathlib import Path

from support.client import OK, client, refused, upgrade_status
from support.node import BINARY, ROOT, WAIT_SECONDS, Node, environment

PAGE = (ROOT / "docs" / "policies.md").read_text()
SECRET = "0123456789abcdef0123456789abcdef"
# The blocks that begin with a file's name, in their order.
FILES = re.findall(r"^```lua\n-- (\S+\.lua)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
FIRST_STEPS, SETTINGS, LAST = FILES[:2], FILES[2:5], FILES[5:]


def write(directory, files):
    for name, text in files:
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"-- {name}\n{text}")


def start(directory):
    return Node(directory, main=directory / "main.lua", options=["--listen", "127.0.0.1:0"],
                env={"JWT_SECRET": SECRET})


def token(claims, secret=SECRET):
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    body = f'{part(b"""{"alg":"HS256","typ":"JWT"}""")}.{part(json.dumps(claims).encode())}'
    return f"{body}.{part(hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest())}"


def change(directory, name, old, new):
    path = directory / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_the_page_has_the_files_of_its_steps():
    assert [name for name, _ in FILES] == [
        "main.lua", "policies/message.lua",
        "main.lua", "policies/client_auth.lua", "policies/message.lua",
        "spec/message_spec.lua", "spec/news_spec.lua"]


async def test_a_policy_is_written_and_reloaded_under_a_standing_client(tmp_path):
    write(tmp_path, FIRST_STEPS[:1])
    with start(tmp_path) as node:
        async with client(node) as reader:
            assert await reader.subscribe("news") == OK
            assert await reader.send("news", "Hello") == OK
            write(tmp_path, FIRST_STEPS)
            assert (await node.reload()).event == "reloaded"
            assert await reader.send("news", "Hello") == refused("only editors write here")
            assert await reader.subscribe("garden") == OK
            assert await reader.send("garden", "Hello") == OK


async def test_mistakes_are_told_as_the_page_says(tmp_path):
    write(tmp_path, FIRST_STEPS)
    with start(tmp_path) as node:
        change(tmp_path, "policies/message.lua", "publish", "publsh")
        line = await node.reload()
        assert line.event == "reload refused"
        assert "policies/message.lua:5: unknown function 'publsh' (did you mean 'publish'?)" in line.text
        change(tmp_path, "policies/message.lua", "publsh", "publish")
        change(tmp_path, "policies/message.lua", "request.channel", "request.chanel:lower()")
        assert (await node.reload()).event == "reloaded"
        async with client(node) as reader:
            assert await reader.subscribe("news") == OK
            assert await reader.send("news", "Hello") == refused("not allowed")
        line = await node.logged("policy failed")
        assert 'function="publish" instead="refused"' in line.text
        assert "message.lua:6: attempt to index a nil value (field 'chanel')" in line.text


async def test_a_token_makes_an_editor(tmp_path):
    write(tmp_path, SETTINGS)
    with start(tmp_path) as node:
        later = int(time.time()) + 3600
        alice = node.url(f"/connect?token={token({'sub': 'alice', 'exp': later})}")
        bob = node.url(f"/connect?token={token({'sub': 'bob', 'exp': later})}")
        async with client(alice) as editor, client(bob) as other, client(node) as reader:
            for one in (editor, other, reader):
                assert await one.subscribe("news") == OK
            assert await other.send("news", "x") == refused("only editors write here")
            assert await reader.send("news", "x") == refused("only editors write here")
            assert await editor.send("news", "Hello") == OK
            assert (await reader.receive())["message"] == "Hello"
        for bad in (token({"sub": "alice", "exp": 1}), token({"sub": "alice"}, "x" * 32), "x.y.z"):
            assert await upgrade_status(node.url(f"/connect?token={bad}")) == 401


def test_the_specs_pass_in_the_test_kit_and_the_pure_one_under_busted(tmp_path):
    write(tmp_path, SETTINGS + LAST)
    done = subprocess.run([str(Path(BINARY).resolve()), "test"], cwd=tmp_path, env=environment({"JWT_SECRET": SECRET}), text=True,
                          capture_output=True, timeout=WAIT_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 successes / 0 failures / 0 errors" in done.stdout
    done = subprocess.run(["busted", "--lua=lua5.4", "spec/message_spec.lua"], cwd=tmp_path, text=True,
                          capture_output=True, timeout=WAIT_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_luacheck_finds_nothing_in_them(tmp_path):
    write(tmp_path, SETTINGS + LAST)
    rules = re.search(r"^```lua\n-- \.luacheckrc\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL).group(1)
    (tmp_path / ".luacheckrc").write_text(rules.replace("/usr/local/share/wsrelay-engine", str(ROOT)))
    done = subprocess.run(["luacheck", "."], cwd=tmp_path, text=True, capture_output=True, timeout=WAIT_SECONDS,
                          check=False)
    assert done.returncode == 0, done.stdout
    (tmp_path / "policies" / "message.lua").write_text("return { publish = function() return os.time() > 0 end }\n")
    done = subprocess.run(["luacheck", "."], cwd=tmp_path, text=True, capture_output=True, timeout=WAIT_SECONDS,
                          check=False)
    assert "accessing undefined variable" in done.stdout and "os" in done.stdout
