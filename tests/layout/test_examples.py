"""The cookbook keeps its promise: each recipe is short, says what it shows, and has a spec."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(p.parent for p in (ROOT / "examples").glob("*/main.lua"))
LINES_MAX = 40

COMMENT_OR_BLANK = re.compile(r"\s*(--.*)?$")


def recipe(example: Path):
    return [example / "main.lua", *sorted(example.glob("policies/*.lua"))]


def code_lines(path: Path):
    return [line for line in path.read_text().splitlines() if not COMMENT_OR_BLANK.fullmatch(line)]


def test_the_cookbook_has_what_was_asked_for():
    wanted = {"jwt", "origin-allow-list", "channel-names", "moderation", "channel-rate-limit", "presence",
              "replay", "region-local", "custom-command", "health-rule", "low-latency"}
    assert wanted <= {p.name for p in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.name)
def test_an_example_has_a_spec(example: Path):
    assert list(example.glob("spec/*_spec.lua"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.name)
def test_an_example_is_no_longer_than_a_page(example: Path):
    assert sum(len(code_lines(path)) for path in recipe(example)) <= LINES_MAX


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.name)
def test_the_first_line_of_each_file_says_what_it_shows(example: Path):
    assert [p for p in recipe(example) if not re.match(r"--- .{20,}", p.read_text())] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.name)
def test_an_example_stands_in_the_index(example: Path):
    assert f"]({example.name}/" in (ROOT / "examples" / "README.md").read_text()
