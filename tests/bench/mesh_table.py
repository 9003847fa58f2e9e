"""Turns what mesh.py found into Markdown: medians, ratios, aims."""

from pathlib import Path
from statistics import median

from table import fault, markdown, text

LABELS = {"ours": "wsrelay-engine", "cluster": "nats cluster", "leaf": "nats leaf nodes"}
COPIES_AIM = 1.05
DISTURBED = 0.15

__all__ = ["fault", "render"]


def dig(result: dict, path: tuple):
    for name in path:
        result = result[name]
    return result


class Hops:
    """The cells of the part "hops": (system, hops, subscribers, window)."""

    def __init__(self, options, found: dict) -> None:
        self.found = found
        self.hops = options.hops
        self.systems = [s for s in options.systems if any(key[0] == s for key in found)]
        self.cells = sorted({key[2:] for key in found}, key=lambda cell: (cell[0], cell[1] or 1e9))

    def value(self, key: tuple, *path: str):
        values = [dig(r, path) for r in self.found.get(key, []) if r.get("ok")]
        return median(values) if values else None

    def rate(self, key: tuple):
        value = self.value(key, "deliveries_per_second")
        return None if value is None else value / key[2]

    def cost(self, key: tuple):
        value = self.value(key, "server_cpu_us_per_delivery")
        return None if value is None else value * key[2]

    def table(self, title: str, figure, cells: list, skip: str = "", least: int = 0) -> str:
        head = ["server", "hops", *(cell_name(cell) for cell in cells)]
        rows = []
        for system in self.systems:
            for hops in self.hops:
                if system == skip or hops < least:
                    continue
                if any((system, hops, *cell) in self.found for cell in cells):
                    row = [figure((system, hops, *cell)) for cell in cells]
                    rows.append([LABELS[system], str(hops), *row])
        return markdown(title, head, rows)


def cell_name(cell: tuple) -> str:
    subscribers, window = cell
    named = f"{subscribers:,} subscriber" + ("s" if subscribers > 1 else "")
    return f"{named}, window {window}" if window else f"{named}, calm"


def hops_tables(options, found: dict) -> list:
    hops = Hops(options, found)
    busy = [cell for cell in hops.cells if cell[1]]

    def ours_of(key: tuple) -> tuple:
        return ("ours", *key[1:])

    def ratio(value, other, form: str = ".2f") -> str:
        return text(value / other if value and other else None, form)

    def latency(key: tuple) -> str:
        p50, p99 = (hops.value(key, "latency_us", name) for name in ("p50", "p99"))
        return f"{text(p50, '.0f')} / {text(p99, '.0f')}"

    def added(key: tuple) -> str:
        """By each hop, against the same system without one; NATS has one such server for both shapes."""
        base = (key[0] if key[0] == "ours" else "cluster", 0, *key[2:])
        parts = []
        for name in ("p50", "p99"):
            here, there = hops.value(key, "latency_us", name), hops.value(base, "latency_us", name)
            known = here is not None and there is not None and key[1] > 0
            parts.append(text((here - there) / key[1] if known else None, ".0f"))
        return " / ".join(parts)

    def shares(key: tuple) -> str:
        names = ("server_cpu_share", "load_cpu_share", "others_cpu_share")
        return " / ".join(text(hops.value(key, name), ".0f", 100) for name in names)

    singles = [cell for cell in hops.cells if cell[0] == 1 and cell[1] in (0, 1)]
    runs = [r for some in found.values() for r in some if r.get("ok")]
    disturbed = sum(1 for r in runs if r["others_cpu_share"] > DISTURBED)
    parts = [
        hops.table("Messages a second, in thousands", lambda k: text(hops.rate(k), ",.1f", 1e-3), busy),
        hops.table("Ours ÷ theirs, messages a second",
                   lambda k: ratio(hops.rate(ours_of(k)), hops.rate(k)), busy, skip="ours"),
        hops.table("Processor time of all nodes, µs a message", lambda k: text(hops.cost(k), ".2f"), busy),
        hops.table("Theirs ÷ ours, processor time a message",
                   lambda k: ratio(hops.cost(k), hops.cost(ours_of(k))), busy, skip="ours"),
        hops.table("Latency, µs, p50 / p99", latency, hops.cells),
        hops.table("Latency that a hop adds, µs, p50 / p99", added, singles, least=1),
        hops.table("Share of a core, %, all nodes / load generator / everything else", shares, busy),
    ]
    if disturbed:
        parts.append(f"In {disturbed} of the {len(runs)} runs other programs used more than "
                     f"{DISTURBED * 100:.0f} % of a core.\n")
    return parts


def copies_table(options, found: dict) -> str:
    def middle(name: str):
        return median(run[name] for run in found["runs"])

    runs, rest = found["runs"], median(r["bytes_a_second"] for r in found["rest"])
    spread = f"{min(r['copies'] for r in runs):.4f} to {max(r['copies'] for r in runs):.4f}"
    value = middle("copies")
    met = "yes" if abs(value - 1) <= COPIES_AIM - 1 else "**no**"
    rows = [
        ["packets over links ÷ (messages × (n − 1))", f"{value:.4f} ({spread})", "1.00 ± 0.05", met],
        ["bytes on the wire a copy", f"{middle('wire_bytes_a_copy'):.0f}", "–", "–"],
        ["control bytes a second a node, at rest", f"{rest:.0f}", "–", "–"],
        ["processor of a node at rest, % of a core",
         f"{median(r['cpu_share'] for r in found['rest']) * 100:.2f}", "–", "–"],
    ]
    title = (f"Copies: {options.nodes} nodes, {runs[0]['links']} links, "
             f"{options.sources} × {options.messages:,} messages of {options.size} bytes")
    return markdown(title, ["what", "measured", "aim", "met"], rows)


def join_table(options, found: list) -> str:
    good = [run for run in found if run.get("ok")]
    title = f"A node joins two that hold {options.channels:,} open channels"
    if not good:
        return f"### {title}\n\nNot measured.\n"

    def middle(pick) -> float:
        return median(pick(run) for run in good)

    def worst(part: int, node: int):
        return middle(lambda run: run["stalls"][part]["nodes"][node]["max_ms"])

    late = middle(lambda run: max(part["late_ms"]["max"] for part in run["stalls"]))
    rows = [
        ["opening, one client, channels/s",
         f"{middle(lambda r: r['opened']['alone']['opened'] / r['opened']['alone']['seconds']):,.0f}"],
        [f"opening, {options.openers} clients, channels/s",
         f"{middle(lambda r: r['opened']['together']['opened'] / r['opened']['together']['seconds']):,.0f}"],
        ["resident bytes a channel and node", f"{middle(lambda r: r['resident_a_claim']):,.0f}"],
        ["its start to linked, s", f"{middle(lambda r: r['linked']):.2f}"],
        ["its start to all known, s", f"{middle(lambda r: r['synchronised']):.2f}"],
        ["linked to all known, s", f"{middle(lambda r: r['synchronised'] - r['linked']):.2f}"],
        ["bytes on its link", f"{middle(lambda r: r['bytes']):,.0f}"],
        ["processor, s: its neighbour / the other / itself",
         " / ".join(f"{middle(lambda r, k=k: r['cpu_seconds'][k]):.2f}" for k in range(3))],
        ["longest wait, ms: its neighbour / the other / itself",
         f"{worst(0, 0):.1f} / {worst(0, 1):.1f} / {worst(1, 0):.1f}"],
        ["longest wait before, ms: neighbour / other",
         " / ".join(f"{middle(lambda r, k=k: r['calm']['nodes'][k]['max_ms']):.1f}" for k in range(2))],
        ["of these the probe's own lateness, ms at most", f"{late:.1f}"],
    ]
    return markdown(title, ["what", "measured"], rows)


def render(options, found: dict, notes: list, load_before: str) -> str:
    load = Path("/proc/loadavg").read_text().split()[0]
    parts = [f"Load of the machine before: {load_before}, after: {load} (this run included). "
             f"Median of {options.rounds} rounds.\n"]
    if found.get("hops"):
        parts += hops_tables(options, found["hops"])
    if found.get("copies"):
        parts.append(copies_table(options, found["copies"]))
    if found.get("join"):
        parts.append(join_table(options, found["join"]))
    if notes:
        parts.append("Runs that do not count:\n\n" + "\n".join(f"- {note}" for note in notes) + "\n")
    return "\n".join(parts)
