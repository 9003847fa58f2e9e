"""A network that is not there: what a master's overview would tell of it, moving, and the same for the same seed."""

import math
import random

GIB = 1 << 30
REGIONS = ("eu", "us", "ap", "sa")
BETWEEN_REGIONS_MS = {frozenset(pair): ms for pair, ms in (
    (("eu", "us"), 84), (("eu", "ap"), 172), (("eu", "sa"), 190), (("us", "ap"), 148), (("us", "sa"), 118), (("ap", "sa"), 298))}
SPANS = {"hour": (15, 3600), "day": (60, 86400), "month": (3600, 30 * 86400)}
COLUMNS = ("at", "clients", "channels", "messages_per_second", "kbits_per_second", "load", "memory_used",
           "memory_total", "disk_used", "disk_total", "bytes_in_per_second", "bytes_out_per_second")
HOSTILE_NAMES = ('<img src=x onerror="document.title=\'owned\'">', "שלום עולם", "node-🦊🔥", "\u202eedon-live\u202c", "__proto__",
                 "</script><b>bold</b>", "x" * 256, "%E0%A4%A")
PLAIN_NULLS = ("region", "version", "generation", "uptime_seconds", "health", "reason", "host", "process")
COUNTERS = {
    "messages_dropped": "dropped {} messages for slow readers", "slow_clients": "closed {} slow clients",
    "connections_refused": "refused {} connections", "policy_failures": "policies failed {} times", "handler_failures": "handlers failed {} times"}
STEADY = ("_total", "disk_used", "memory_used")  # ends of columns that do not follow how busy it is
FIGURES = ("clients", "channels", "messages_per_second", "kbits_per_second", "load", "memory_used", "memory_total", "disk_used",
           "disk_total", "bytes_in_per_second", "bytes_out_per_second")


class World:
    """`nodes` and `links` are plain lists of dictionaries that a test may change between two states."""

    def __init__(self, nodes=4, now=1795389987.0, seed=7, names=None, dense=True):
        self.dice = random.Random(seed)
        self.now = now
        self.started_at = now - 5 * 86400
        names = names or [f"node-{chr(97 + i)}" if nodes <= 26 else f"node-{i + 1:02}" for i in range(nodes)]
        self.nodes = [self.node(i, name) for i, name in enumerate(names)]
        self.links = self.mesh() if dense else self.ring()
        self.channels = [self.channel(i) for i in range(6 * nodes)]
        self.channels_left_out = 0
        self.past = {}  # of a lost node: what it last was
        self.events = []
        self.beginnings()
        self.gaps = [(0.30, 0.42), (0.71, 0.73)]  # parts of every span of history in which nothing was heard

    def node(self, i, name):
        region = REGIONS[i * 3 % len(REGIONS)] if i % 5 else "eu"
        total = self.dice.choice((8, 16, 32)) * GIB
        disk = self.dice.choice((80, 160, 512)) * GIB
        return {
            "name": name, "is_master": i == 0, "is_plain": False, "state": "up",
            "joined_at": self.started_at + 3600 * i, "seen_at": self.now, "host": f"wss://node{i + 1}.example.com/",
            "region": region, "version": "0.1.0", "generation": self.dice.randint(1, 9), "uptime_seconds": 432000 - 3600 * i,
            "draining": False, "health": "good", "reason": "healthy",
            "clients": self.dice.randint(20, 900), "channels": self.dice.randint(4, 60),
            "messages_per_second": self.dice.uniform(2, 240), "kbits_per_second": self.dice.uniform(40, 9000),
            "load": self.dice.uniform(0.1, 1.6), "memory_used": total * self.dice.uniform(.25, .7), "memory_total": total,
            "disk_used": disk * self.dice.uniform(.2, .8), "disk_total": disk,
            "disks": [{"mount": "/", "used": disk * .4, "total": disk}, {"mount": "/var/lib", "used": disk * .7, "total": disk * 2}],
            "bytes_in_per_second": self.dice.uniform(1e4, 1e6), "bytes_out_per_second": self.dice.uniform(1e4, 4e6),
            "process": self.process(i),
        }

    def process(self, i):
        """Drawn from no dice: what was drawn before stays as it was."""
        return {"resident_bytes": (31 + 7 * i % 19) * (1 << 20), "cpu": .012 + i * 37 % 23 / 100, "queued_bytes": i * 1733 % 9000, "links": 11,
                **dict.fromkeys(COUNTERS, 0), "connections_refused": i * 3, "reloads_refused": 0, "recent": dict.fromkeys(COUNTERS, 0)}

    def mesh(self):
        """All with all while there are few; more than that, all of a region, and each region's first three with the others'."""
        links = []
        firsts = {r: [n["name"] for n in self.nodes if n["region"] == r][:3] for r in REGIONS}
        for i, one in enumerate(self.nodes):
            for other in self.nodes[i + 1:]:
                near = one["region"] == other["region"]
                gates = one["name"] in firsts[one["region"]] and other["name"] in firsts[other["region"]]
                if len(self.nodes) <= 12 or near or gates:
                    links.append(self.link(one, other, near))
        return links

    def ring(self):
        return [self.link(one, other, True) for one, other in zip(self.nodes, [*self.nodes[1:], self.nodes[0]])]

    def link(self, one, other, near):
        base = self.dice.uniform(.4, 12) if near else BETWEEN_REGIONS_MS[frozenset((one["region"], other["region"]))]
        a, b = sorted((one["name"], other["name"]))
        return {"a": a, "b": b, "latency_ms": base * self.dice.uniform(.9, 1.15)}

    def channel(self, i):
        names = ("lobby", "garden", "orders", "prices", "presence", "build-log", "support", "telemetry")
        at = self.dice.sample([n["name"] for n in self.nodes], k=min(len(self.nodes), self.dice.randint(1, 4)))
        rate = 180 / (i + 1) * self.dice.uniform(.6, 1.2)
        clients = max(1, round(600 / (i + 1)))
        return {"name": names[i] if i < len(names) else f"room-{i * 37 % 1000:03}", "protected": i % 3 != 0, "nodes": sorted(at),
                "clients": clients, "subscribers": parted(clients, sorted(at)), "messages_per_second": rate, "kbits_per_second": rate * 7.3}

    def beginnings(self):
        self.event("started", self.nodes[0]["name"], "the master began to watch", self.started_at)
        for node in self.nodes[1:]:
            self.event("joined", node["name"], "joined the network", node["joined_at"])
        last = self.nodes[-1]["name"]
        self.event("reloaded", last, "generation 3 runs", self.now - 5400)
        self.event("health", last, "good → degraded: memory at 91 %", self.now - 2400)
        self.event("health", last, "degraded → good: healthy", self.now - 1500)
        self.event("mended", self.nodes[min(1, len(self.nodes) - 1)]["name"], "channel \"orders\" was missing and is reserved again", self.now - 420)

    def event(self, kind, node, text, at=None):
        self.events.append({"at": self.now if at is None else at, "kind": kind, "node": node, "text": text})
        self.events.sort(key=lambda event: -event["at"])

    def find(self, name):
        return next(n for n in self.nodes if n["name"] == name)

    def lose(self, name, ago=0):
        node = self.find(name)
        self.past[name] = dict(node, seen_at=self.now - ago)
        node.update(state="lost", seen_at=self.now - ago, **dict.fromkeys(("health", "reason", "uptime_seconds", "process", *FIGURES)), disks=[])
        self.links = [link for link in self.links if name not in (link["a"], link["b"])]
        self.event("left", name, "does not answer any more", self.now - ago)

    def make_plain(self, name, tells_figures=False):
        """A node of another make: it answers the notes' commands, or not even those."""
        node = self.find(name)
        node.update(is_plain=True, **dict.fromkeys(PLAIN_NULLS))
        if not tells_figures:
            node.update(dict.fromkeys(FIGURES), disks=[])

    def trouble(self, name, **counts):
        """Counters that rose in the last five minutes, and the event that says so."""
        process = self.find(name)["process"]
        for key, count in counts.items():
            process[key] += count
            process["recent"][key] += count
        self.event("trouble", name, ", ".join(COUNTERS[key].format(count) for key, count in counts.items()))

    def ail(self, name, health, reason):
        self.find(name).update(health=health, reason=reason)
        self.event("health", name, f"good → {health}: {reason}")

    def tick(self, seconds=1.0):
        self.now += seconds
        for node in (n for n in self.nodes if n["state"] == "up"):
            node["seen_at"] = self.now
            if node["uptime_seconds"] is not None:
                node["uptime_seconds"] += seconds
            for key, least in (("clients", 3), ("messages_per_second", .5), ("kbits_per_second", 10), ("load", .05)):
                if node[key] is not None:
                    node[key] = max(least, node[key] * self.dice.uniform(.95, 1.052))
            if node["clients"] is not None:
                node["clients"] = round(node["clients"])
        for link in self.links:
            if link["latency_ms"] is not None:
                link["latency_ms"] *= self.dice.uniform(.97, 1.031)
        for channel in self.channels:
            channel["messages_per_second"] *= self.dice.uniform(.93, 1.07)
        self.channels.sort(key=lambda c: -c["messages_per_second"])

    def sum(self, key):
        return sum(n[key] or 0 for n in self.nodes)

    def state(self):
        return {
            "at": self.now, "master": self.nodes[0]["name"], "version": "0.1.0", "uptime_seconds": self.now - self.started_at,
            "network": {"nodes": sum(n["state"] == "up" for n in self.nodes), "clients": self.sum("clients"), "channels": len(self.channels),
                        "messages_per_second": self.sum("messages_per_second"), "kbits_per_second": self.sum("kbits_per_second")},
            "nodes": self.nodes, "links": self.links, "channels": self.channels[:200],
            "channels_left_out": self.channels_left_out, "events": self.events[:100],
        }

    def events_before(self, at, most=100):
        return {"events": [e for e in self.events if e["at"] < at][:most]}

    def history(self, span, node=None, channel=None):
        """Rows with two gaps, a rhythm of a day, and an end where the subject is now."""
        step, length = SPANS[span]
        to = self.now // step * step
        start = to - length
        now = self.figures(node, channel)
        heard_to = self.past[node]["seen_at"] if node in self.past else to
        wanders = [Wander(f"{span}{node}{channel}{column}") for column in COLUMNS[1:]]
        rows = []
        for i in range(length // step + 1):
            day = 1.3 + math.sin((start + i * step) / 86400 * 2 * math.pi)
            busy = [wander.next() * day for wander in wanders]
            if start + i * step > heard_to or any(a <= i * step / length < b for a, b in self.gaps):
                continue
            rows.append([start + i * step, *(now[c] and now[c] * (1 if c.endswith(STEADY) else b) for c, b in zip(COLUMNS[1:], busy))])
        last = rows[-1][1:]
        for row in rows:  # what is busy ends at its present figure
            row[1:] = [v and (v if c.endswith(STEADY) else v * now[c] / end) for c, v, end in zip(COLUMNS[1:], row[1:], last)]
        return {"span": span, "step_seconds": step, "from": start, "to": to, "columns": list(COLUMNS), "rows": rows}

    def figures(self, node, channel):
        """What a subject's columns hold now; None where it has none."""
        blank = dict.fromkeys(COLUMNS)
        if node is not None:
            return {**blank, **{c: v for c, v in self.past.get(node, self.find(node)).items() if c in COLUMNS}}
        if channel is not None:
            return {**blank, **{c: v for c, v in next(c for c in self.channels if c["name"] == channel).items() if c in COLUMNS}}
        return {**blank, **self.state()["network"]}


def parted(clients, names):
    """So many clients on these nodes, each half as many as the one before."""
    shares = [clients >> (i + 1) for i in range(len(names))]
    shares[0] += clients - sum(shares)
    return [{"node": name, "clients": share} for name, share in zip(names, shares)]


class Wander:
    """A figure about 1 that strays and comes back."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.away = 0.0

    def next(self):
        self.away = self.away * .93 + self.dice.uniform(-.06, .06)
        return 1 + self.away + self.dice.uniform(-.025, .025)
