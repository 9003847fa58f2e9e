"""What a node tells the service manager: sd_notify(3), seen from the manager's side."""

import os
import signal
import time

import pytest

from support.client import client, clients
from support.ctl import SOCKET, told
from support.manager import PING, Manager
from support.wire import wire

QUARTER = str(250_000)  # µs


@pytest.fixture
def manager(tmp_path):
    with Manager(tmp_path) as running:
        yield running


def serves(generation: int) -> dict:
    return {"READY": "1", "STATUS": f"Serves with generation {generation} of the scripts."}


async def expect_reloading(manager: Manager, since: int):
    """systemd takes it for the answer to its signal when it is not older than that."""
    message = await manager.next()
    assert message.keys() == {"RELOADING", "MONOTONIC_USEC", "STATUS"} and message["RELOADING"] == "1"
    assert since // 1000 <= int(message["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
async def test_ready_comes_once_when_it_serves(start_node, tmp_path, abstract):
    with Manager(tmp_path, abstract=abstract) as manager:
        node = start_node(env=manager.environment)
        assert await manager.next() == serves(1)
        async with client(node) as alice:
            assert await alice.subscribe("channel") == {"ok": True}
        assert manager.hears_nothing()


async def test_ready_is_not_said_by_a_node_that_cannot_start(start_node, manager):
    with pytest.raises(AssertionError, match="no line 1 of 'started'"):
        start_node("lisen = 1,", env=manager.environment)
    assert manager.hears_nothing()


async def test_reload_is_told_from_its_beginning_to_its_end(start_node, manager):
    node = start_node(f'control = "{SOCKET}",', env=manager.environment)
    assert await manager.next() == serves(1)
    began = time.monotonic_ns()
    assert (await node.reload()).event == "reloaded"
    await expect_reloading(manager, began)
    assert await manager.next() == serves(2)
    assert told(node, "reload").startswith("generation 3")
    await expect_reloading(manager, began)
    assert await manager.next() == serves(3)


async def test_reload_that_is_refused_is_over_too_and_says_so(start_node, manager):
    node = start_node(env=manager.environment)
    await manager.next()
    node.configure("lisen = 1,")
    began = time.monotonic_ns()
    assert (await node.reload()).event == "reload refused"
    await expect_reloading(manager, began)
    over = await manager.next()
    assert over["READY"] == "1" and "generation 1" in over["STATUS"] and "refused" in over["STATUS"]


async def test_stopping_comes_before_the_drain_and_asks_for_its_time(start_node, manager):
    node = start_node("drain_seconds = 20,", env=manager.environment)
    await manager.next()
    async with clients(node, 5) as many:
        node.signal(signal.SIGTERM)
        assert await manager.next() == {"STOPPING": "1", "EXTEND_TIMEOUT_USEC": str(30_000_000)}
        assert (await manager.next())["STATUS"].startswith("Drains")
        assert {(await each.closed())[0] for each in many} == {1012}
    assert await node.exited() == 0
    assert (await manager.next())["STATUS"].startswith("Drained")
    assert manager.hears_nothing()


async def test_stopping_is_said_once_and_nothing_is_ready_after_it(start_node, manager):
    node = start_node("drain_seconds = 20,", env=manager.environment)
    await manager.next()
    async with wire(node) as silent:  # never answers, so the drain lasts
        await silent.upgrade()
        node.signal(signal.SIGTERM)
        assert "STOPPING" in await manager.next()
        assert (await node.reload()).event == "reloaded"
        node.signal(signal.SIGTERM)
        assert await node.exited() == 0
    while not manager.hears_nothing():
        assert manager.heard.keys() == {"STATUS"}


async def test_drain_that_does_not_end_the_node_is_no_stop(start_node, manager):
    node = start_node(env=manager.environment)
    await manager.next()
    node.signal(signal.SIGUSR2)
    assert (await manager.next()).keys() == {"STATUS"}
    assert (await manager.next())["STATUS"].startswith("Drained")
    node.signal(signal.SIGTERM)
    assert "STOPPING" in await manager.next()
    assert await node.exited() == 0


# The watchdog.

async def test_watchdog_is_fed_while_nothing_happens(start_node, manager):
    start_node(env={**manager.environment, "WATCHDOG_USEC": QUARTER})
    await manager.next()
    for _ in range(4):
        assert manager.hear() == PING


async def test_watchdog_is_not_fed_while_a_script_holds_the_loop_and_is_again_after_it(start_node, manager, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    node = start_node(env={**manager.environment, "WATCHDOG_USEC": QUARTER})
    node.main.write_text(node.main.read_text() + f"""
relay.on("reload", function()
  relay.log.info("holds the loop")
  io.open("{gate}"):close() -- until somebody opens the other end
  relay.log.info("lets it go")
end)
""")
    node.signal(signal.SIGHUP)
    await node.logged("script")
    manager.drop_what_waits()
    assert manager.hears_nothing(1.0)
    gate.write_text("")
    await node.logged("script", 2)
    while manager.hear() != PING:
        pass


@pytest.mark.parametrize("variables", [
    {}, {"WATCHDOG_USEC": QUARTER, "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "0"},
    {"WATCHDOG_USEC": "3600000000"},
], ids=["none", "of another process", "no number", "zero", "an hour"])
async def test_watchdog_that_is_not_for_this_node_or_not_due_is_not_fed(start_node, manager, variables):
    start_node(env={**manager.environment, **variables})
    assert await manager.next() == serves(1)
    assert manager.hears_nothing(0.5)


async def test_watchdog_of_its_own_pid_is_fed(start_node, manager):
    shell = ["sh", "-c", 'WATCHDOG_PID=$$ exec "$@"', "sh"]
    start_node(env={**manager.environment, "WATCHDOG_USEC": QUARTER}, before=shell)
    assert [manager.hear() for _ in range(3)] == [serves(1), PING, PING]


# A manager that is not there, or does not listen.

async def test_without_a_socket_nobody_is_told_and_nothing_is_logged(start_node):
    node = start_node(env={"WATCHDOG_USEC": QUARTER})
    assert (await node.reload()).event == "reloaded"
    assert node.end() == 0 and not node.events("cannot notify the service manager")


@pytest.mark.parametrize("name, reason", [
    ("/nowhere/notify", "No such file"), ("notify", "neither a path"), ("/" + "x" * 200, "neither a path"), ("", "neither")])
async def test_a_socket_that_cannot_be_told_is_named_once_and_the_node_serves(start_node, name, reason):
    node = start_node(env={"NOTIFY_SOCKET": name})
    assert (await node.reload()).event == "reloaded"
    [line] = node.events("cannot notify the service manager")
    assert reason in line.fields["reason"]


async def test_a_manager_that_does_not_read_holds_nobody_and_misses_nothing(start_node, manager):
    node = start_node(f'control = "{SOCKET}",', env=manager.environment)
    for _ in range(15):  # more than a socket's queue has room for
        assert (await node.reload()).event == "reloaded"
    async with client(node) as alice:
        assert await alice.subscribe("channel") == {"ok": True}
    assert await manager.next() == serves(1)
    for generation in range(2, 17):
        await expect_reloading(manager, 0)
        assert await manager.next() == serves(generation)
