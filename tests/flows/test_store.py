"""Stores of scripts: sound after a kill at any moment, readable meanwhile, and never in the loop's way."""

import asyncio
import contextlib
import random
import signal
import sqlite3
import threading

from support.client import OK, client
from support.node import Node

MIDNIGHT = 1795305600
KILLS = 30

HEAD = """
local relay = require "relay"
local engine = require "relay.engine"
local history = require "relay.master.history"
relay.node { name = "node-a", listen = "127.0.0.1:0", drain_seconds = 0 }
local PATH = "DIRECTORY/x.db"
local function say(...) relay.log.info("said", ...) end
"""

# Samples on and on, from the one on that the file does not have yet.
WRITES = HEAD + """
local function sample(number)
  local channels = {}
  for index = 1, 20 do
    channels[index] = { name = ("channel-%d"):format((number + index) % 50), messages_per_second = index }
  end
  return { nodes = { { name = "node-a", clients = number }, { name = "node-b" } }, channels = channels }
end

relay.after(0, function()
  local opened = assert(history.open { path = PATH, bytes = 1 << 24 })
  local number = tonumber(relay_first)
  while true do
    assert(opened:add(MIDNIGHT + number * 15, sample(number)))
    say("written", number)
    number = number + 1
  end
end)
"""

# A statement that takes a while, and twenty behind it, each from a handler of its own.
QUEUE = HEAD + """
local SLOW = "WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c LIMIT 500000) SELECT count(i) FROM c"
relay.after(0, function()
  local store = assert(engine.store(PATH))
  assert(store:run { { "CREATE TABLE IF NOT EXISTS t (n)" } })
  relay.after(0, function() assert(store:run { { SLOW } }) end)
  for n = 1, 20 do
    relay.after(0, function()
      if n == 20 then say("asked") end
      assert(store:run { { "INSERT INTO t VALUES (?)", n } })
      say("inserted", n)
    end)
  end
end)
"""


def start(directory, text: str) -> Node:
    main = directory / "main.lua"
    main.write_text(text.replace("DIRECTORY", str(directory)).replace("MIDNIGHT", str(MIDNIGHT)))
    return Node(directory, main=main)


def said(node: Node) -> list[str]:
    return [line.fields["message"].removeprefix("said ") for line in node.events("script")]


async def until_said(node: Node, text: str):
    count = 1
    while text not in said(node):
        await node.logged("script", count)
        count = len(node.events("script")) + 1


@contextlib.contextmanager
def reading(path):
    """Another process' look at the file. After a kill the first one to look mends it, and others wait for him."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        yield connection
    finally:
        connection.close()


def values(path, sql: str) -> list:
    with reading(path) as connection:
        return [row[0] for row in connection.execute(sql)]


SAMPLES = "SELECT sum(samples) FROM node_{} JOIN node USING (id) WHERE name = 'node-a'"
ALL_SAMPLES = "SELECT " + ", ".join(f"({SAMPLES.format(level)})" for level in ("1m", "1h", "1d"))


class Reader:
    """Reads on and on; at any moment every level has every sample."""

    def __init__(self, path):
        self.reads, self.wrong = 0, []
        self._path, self._ends = path, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, error, traceback):
        self._ends.set()
        self._thread.join()

    def _run(self):
        while not self._ends.wait(0.02):
            try:
                with reading(self._path) as connection:
                    levels = connection.execute(ALL_SAMPLES).fetchone()
            except sqlite3.Error as error:
                self.wrong.append(error)
            else:
                self.reads += 1
                if len(set(levels)) != 1:
                    self.wrong.append(levels)


def check_killed(path, written: int) -> int:
    """Whole, and with all that was acknowledged, once. The number of the last sample in it."""
    assert values(path, "PRAGMA integrity_check") == ["ok"]
    last = (values(path, "SELECT max(at) FROM node_15s")[0] - MIDNIGHT) // 15
    assert written <= last <= written + 1
    for level in ("1m", "1h", "1d"):
        assert values(path, SAMPLES.format(level)) == [last + 1]
    return last


async def test_a_kill_at_any_moment_loses_nothing_that_was_acknowledged(tmp_path):
    chance, path, last = random.Random(5), tmp_path / "x.db", -1
    with contextlib.ExitStack() as ends:
        reader = None
        for _ in range(KILLS):
            with start(tmp_path, WRITES.replace("relay_first", str(last + 1))) as node:
                await until_said(node, f"written {last + 1}")
                reader = reader or ends.enter_context(Reader(path))
                await asyncio.sleep(chance.random() * 0.2)  # any moment
                node.kill()
                written = [int(text.split()[1]) for text in said(node)]
                assert written == list(range(written[0], written[-1] + 1))
                last = check_killed(path, written[-1])
    assert reader.wrong == []
    assert reader.reads > KILLS
    assert last > KILLS


async def test_a_statement_that_takes_long_takes_nothing_from_the_loop(tmp_path):
    endless = "WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c) SELECT count(i) FROM c"
    with start(tmp_path, HEAD + f"""
relay.after(0, function()
  local store = assert(engine.store(PATH))
  say "asked"
  say("done", store:run {{ {{ "{endless}" }} }})
end)""") as node:
        await until_said(node, "asked")
        async with client(node) as talker:
            assert await talker.subscribe("garden") == OK
            for number in range(50):
                assert await talker.send("garden", number) == OK
            assert said(node) == ["asked"]
        node.signal(signal.SIGTERM)  # it waits for what is written, and not for ever
        assert await node.exited() == 0
        assert node.events("the stores are closed, and some jobs are not done")


async def test_what_waits_at_the_end_is_written(tmp_path):
    with start(tmp_path, QUEUE) as node:
        await until_said(node, "asked")
        node.signal(signal.SIGTERM)
        assert await node.exited() == 0
    assert not (tmp_path / "x.db-wal").exists()  # closed
    assert sorted(values(tmp_path / "x.db", "SELECT n FROM t")) == list(range(1, 21))


async def test_a_reload_leaves_what_waits_to_the_scripts_that_asked(tmp_path):
    with start(tmp_path, QUEUE) as node:
        await until_said(node, "asked")
        node.main.write_text((HEAD + """
relay.after(0, function()
  local store = assert(engine.store(PATH))
  assert(store:run { { "INSERT INTO t VALUES (100)" } })
  say "next"
end)""").replace("DIRECTORY", str(tmp_path)))
        assert (await node.reload()).event == "reloaded"
        await until_said(node, "next")
        assert sorted(said(node)[1:-1]) == sorted(f"inserted {n}" for n in range(1, 21))
    assert sorted(values(tmp_path / "x.db", "SELECT n FROM t")) == [*range(1, 21), 100]


async def test_a_store_that_is_full_or_none_is_an_error_and_the_node_serves_on(tmp_path):
    (tmp_path / "none.db").write_bytes(b"x" * 10000)
    with start(tmp_path, HEAD + """
relay.after(0, function()
  local store = assert(engine.store(PATH, { bytes = 65536 }))
  assert(store:run { { "CREATE TABLE t (a)" } })
  local full, reason = store:run { { "INSERT INTO t VALUES (?)", ("x"):rep(100000) } }
  say(full, reason)
  say(history.open { path = "DIRECTORY/none.db" })
  say(history.open { path = "DIRECTORY/none/x.db" })
  say(#assert(store:run { { "SELECT 1" } }))
end)""") as node:
        await until_said(node, "1")
        assert said(node)[:3] == [
            "nil statement 1: the disk is full, or the store, which may have 65536 bytes",
            f"nil history: {tmp_path}/none.db: file is not a database",
            f"nil history: {tmp_path}/none/x.db: No such file or directory",
        ]
        async with client(node) as talker:
            assert await talker.subscribe("garden") == OK
