"""Turns the results of a run into Markdown tables: medians, ratios, and whether aims were met."""

from statistics import median

AIMS = (
    # peer, subscribers, window, our deliveries a second ÷ theirs
    ("nchan", 100, 64, 10.0),
    ("nchan", 1000, 64, 10.0),
    ("nats", 100, 64, 3.0),
    ("nats", 1000, 64, 3.0),
    ("floor", 100, 1, 0.9),
    ("floor", 1000, 1, 0.9),
)
IDLE_AIM = 3 * 1024
DISTURBED = 0.15  # of a core, used by others during a run
FLAT_AIM = 1.5  # connect cost at the last step ÷ at the first


class Results:
    """What was measured: for each server and cell, a list with one result of bench-load a round."""

    def __init__(self, peers: list, cells: list, steps: list) -> None:
        self.peers = peers
        self.cells = cells
        self.steps = steps
        self.traffic: dict = {}
        self.idle: dict = {}
        self.notes: list = []

    def add(self, store: dict, key: tuple, label: str, result: dict) -> None:
        store.setdefault(key, []).append(result)
        if not result.get("ok"):
            self.notes.append(f"{label}: {fault(result)}")

    def value(self, peer: str, cell: tuple, *path: str):
        """The median over the rounds that can be trusted; None without one."""
        found = [dig(r, path) for r in self.traffic.get((peer, *cell), []) if r.get("ok")]
        return median(found) if found else None

    def step(self, peer: str, connections: int, name: str):
        found = [
            s[name]
            for r in self.idle.get((peer,), [])
            for s in r.get("steps", [])
            if s["connections"] == connections
        ]
        return median(found) if found else None

    def disturbed(self) -> str:
        """A warning when other programs took part of the machine; empty when they did not."""
        runs = [r for some in self.traffic.values() for r in some if r.get("ok")]
        count = sum(1 for r in runs if r["others_cpu_share"] > DISTURBED)
        if count == 0:
            return ""
        return (
            f"**In {count} of {len(runs)} runs other programs used more than "
            f"{DISTURBED * 100:.0f} % of a core: repeat on a quiet machine.**\n"
        )

    def rate(self, peer: str, cell: tuple):
        return self.value(peer, cell, "deliveries_per_second")


def dig(result: dict, path: tuple):
    for name in path:
        result = result[name]
    return result


def fault(result: dict) -> str:
    """Why a result cannot be trusted."""
    counts = ("lost", "duplicate", "reordered", "corrupt", "stray", "refused", "answers_missing")
    parts = [f"{result[name]} {name}" for name in counts if result.get(name)]
    if result.get("stalled"):
        parts.append("stalled")
    if result.get("error"):
        parts.append(result["error"])
    return ", ".join(parts) or "failed"


def text(value, form: str, scale: float = 1.0) -> str:
    return "–" if value is None else format(value * scale, form)


def markdown(title: str, head: list, rows: list) -> str:
    lines = [f"### {title}", "", "| " + " | ".join(head) + " |"]
    lines.append("|" + "---|" * len(head))
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def cell_names(results: Results) -> list:
    return [f"{n:,} subs, window {w}" for n, w in results.cells]


def peer_row(results: Results, peer, columns: list, figure) -> list:
    if peer.missing:
        return [peer.label, peer.missing] + ["–"] * (len(columns) - 1)
    return [peer.label] + [figure(peer.name, column) for column in columns]


def traffic_table(results: Results, title: str, figure, skip: str = "") -> str:
    shown = [peer for peer in results.peers if peer.name != skip]
    rows = [peer_row(results, peer, results.cells, figure) for peer in shown]
    return markdown(title, ["server", *cell_names(results)], rows)


def ratio(results: Results, peer: str, cell: tuple):
    ours, theirs = results.rate("engine", cell), results.rate(peer, cell)
    return ours / theirs if ours and theirs else None


def latency(results: Results, peer: str, cell: tuple) -> str:
    p50 = results.value(peer, cell, "latency_us", "p50")
    p99 = results.value(peer, cell, "latency_us", "p99")
    return f"{text(p50, '.2f', 1e-3)} / {text(p99, '.2f', 1e-3)}"


def idle_table(results: Results) -> str:
    """Connect cost at every step, and memory at the last one."""
    columns = [(step, "connect_us") for step in results.steps]
    columns.append((results.steps[-1], "resident_bytes"))

    def figure(name: str, column: tuple) -> str:
        form, scale = (".1f", 1.0) if column[1] == "connect_us" else (".2f", 1 / 1024)
        return text(results.step(name, *column), form, scale)

    head = [f"µs a connect, at {step:,}" for step in results.steps]
    head.append(f"KiB an idle subscriber, {results.steps[-1]:,} of them")
    rows = [peer_row(results, peer, columns, figure) for peer in results.peers]
    return markdown("Connections", ["server", *head], rows)


def verdict(what: str, value, aim: float, form: str, at_most: bool = False) -> list:
    if value is None:
        return [what, format(aim, form), "–", "not measured"]
    met = value <= aim if at_most else value >= aim
    sign = "≤ " if at_most else "≥ "
    return [what, sign + format(aim, form), format(value, form), "yes" if met else "**no**"]


def aims_table(results: Results) -> str:
    rows = []
    for peer, subscribers, window, aim in AIMS:
        if (subscribers, window) in results.cells:
            what = f"deliveries/s ÷ {peer}, {subscribers:,} subscribers, window {window}"
            rows.append(verdict(what, ratio(results, peer, (subscribers, window)), aim, ".2f"))
    if results.steps:
        last = results.steps[-1]
        first_cost = results.step("engine", results.steps[0], "connect_us")
        last_cost = results.step("engine", last, "connect_us")
        flat = last_cost / first_cost if first_cost and last_cost else None
        bytes_each = results.step("engine", last, "resident_bytes")
        rows.append(verdict("bytes an idle subscriber", bytes_each, IDLE_AIM, ".0f", True))
        what = f"connect cost at {last:,} ÷ at {results.steps[0]:,}"
        rows.append(verdict(what, flat, FLAT_AIM, ".2f", True))
    return markdown("Aims", ["what", "aim", "measured", "met"], rows)


def render(results: Results) -> str:
    """All tables and notes."""

    def rate(name: str, cell: tuple) -> str:
        return text(results.rate(name, cell), ",.0f", 1e-3)

    def times(name: str, cell: tuple) -> str:
        return text(ratio(results, name, cell), ".2f")

    def cpu(name: str, cell: tuple) -> str:
        return text(results.value(name, cell, "server_cpu_us_per_delivery"), ".3f")

    def cheaper(name: str, cell: tuple) -> str:
        ours = results.value("engine", cell, "server_cpu_us_per_delivery")
        theirs = results.value(name, cell, "server_cpu_us_per_delivery")
        return text(theirs / ours if ours and theirs else None, ".2f")

    def shares(name: str, cell: tuple) -> str:
        server = results.value(name, cell, "server_cpu_share")
        load = results.value(name, cell, "load_cpu_share")
        rest = results.value(name, cell, "others_cpu_share")
        return " / ".join(text(part, ".0f", 100) for part in (server, load, rest))

    parts = [
        traffic_table(results, "Deliveries a second, in thousands", rate),
        traffic_table(results, "Ours ÷ theirs, deliveries a second", times, skip="engine"),
        traffic_table(results, "Server CPU, µs a delivery", cpu),
        traffic_table(results, "Theirs ÷ ours, server CPU a delivery", cheaper, skip="engine"),
        traffic_table(
            results, "Latency, ms, p50 / p99", lambda name, cell: latency(results, name, cell)
        ),
        traffic_table(
            results, "Share of a core, %, server / load generator / everything else", shares
        ),
    ]
    if results.steps:
        parts.append(idle_table(results))
    parts.append(aims_table(results))
    disturbed = results.disturbed()
    if disturbed:
        parts.append(disturbed)
    if results.notes:
        listed = "\n".join(f"- {note}" for note in results.notes)
        parts.append(f"Runs that do not count:\n\n{listed}\n")
    return "\n".join(parts)
