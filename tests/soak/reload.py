#!/usr/bin/python3
"""A thousand reloads under load: nothing is lost, the loop hardly stops, the memory does not grow."""

import asyncio
import json
import signal
import sys

import soak
from support.client import command, connect

SCRIPT = """
relay.state.loaded = relay.state.loaded or 0
for number = 1, 200 do relay.command("command-" .. number, function() return { number = number } end) end
relay.every(0.05, function() relay.state.loaded = relay.state.loaded + 1 end)
relay.on("reload", function() relay.sleep(0.2) end)
relay.on("client_open", function() end)
"""


async def talk(sender, receivers, stop, window: int) -> int:
    """Sends as fast as all of them read, in windows; how many messages each got, in order."""
    sent = 0
    while not stop.is_set():
        for number in range(sent, sent + window):
            await sender.socket.send(command("send", channel="load", message=number))
        for each in receivers:
            for number in range(sent, sent + window):
                got = json.loads(await each.receive_text())["data"]["message"]
                assert got == number, f"{got}, not {number}"
        for _ in range(window):
            assert json.loads(await sender.answer_text())["data"] == {"ok": True}
        sent += window
    return sent


async def reload(node, count: int) -> int:
    """So many reloads, one after the other; the bytes that the node has then."""
    for _ in range(count):
        assert (await node.reload()).event == "reloaded", node.log_text()[-2000:]
    await asyncio.sleep(1)  # the retired generations end
    return soak.rss(node.pid)


def run(options, figures):
    asyncio.run(run_async(options, figures))


async def run_async(options, figures):
    with soak.node_of(options.engine, "limits = { messages_per_second = 0 },") as node:
        node.main.write_text(node.main.read_text() + SCRIPT)
        members = [await connect(node) for _ in range(options.subscribers + 1)]
        for each in members:
            await each.subscribe("load")
        stop = asyncio.Event()
        talking = asyncio.create_task(talk(members[0], members[1:], stop, 50))
        before = await reload(node, options.warmup)
        after = await reload(node, options.reloads)
        stop.set()
        sent = await talking
        stops = [line.fields["stopped_us"] for line in node.events("reloaded")]
        loads = [line.fields["loaded_us"] for line in node.events("reloaded")]
        for each in members:
            await each.socket.close()
        code, counters = soak.end(node)
    figures.add("reloads", f"{options.warmup:,} + {options.reloads:,}")
    figures.add("messages, deliveries", f"{sent:,}, {sent * options.subscribers:,}, none lost", sent > 0, "some")
    figures.add("clients closed by the node", counters["clients_opened"] - len(members),
                counters["clients_opened"] == len(members), "0")
    figures.add("load, median", f"{soak.percentile(loads, 0.5) / 1000:.1f} ms")
    figures.add("loop stopped, median, p99, max", " ".join(
        f"{soak.percentile(stops, share) / 1000:.2f}" for share in (0.5, 0.99, 1)) + " ms",
        soak.percentile(stops, 1) < options.stop_ms * 1000, f"< {options.stop_ms} ms")
    figures.add("growth", soak.mib(after - before), after - before < options.growth_mib * soak.MIB,
                f"< {options.growth_mib} MiB")
    figures.add("exit code", code, code == 0, "0")


def main() -> int:
    parser = soak.parser(__doc__)
    parser.add_argument("--reloads", type=int, default=1000, help="that are measured")
    parser.add_argument("--warmup", type=int, default=50, help="reloads before the first look at the memory")
    parser.add_argument("--subscribers", type=int, default=20)
    parser.add_argument("--growth-mib", type=float, default=2, help="the RSS may grow by so much")
    parser.add_argument("--stop-ms", type=float, default=10, help="the loop may stop for so long")
    return soak.judge("reload", run, parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
