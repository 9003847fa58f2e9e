"""The house keeps its order: who may include what, who may see which library, how large a file may be."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "engine"

# A folder includes only folders before it; the files at the top stand where they are named.
LAYERS = ["base", "crypto", "protocol", "host", "store", "hooks.h", "transport.h", "web.h", "relay", "spread", "reserve", "mesh",
          "config.h", "socket", "script", "sim", "testkit", "cli", "top"]
CORE = {"base", "crypto", "protocol", "relay", "spread", "reserve", "mesh"}

# Which folders and files may include a library's header.
FENCES = {
    "lua.h": {"script", "testkit"},
    "lauxlib.h": {"script", "testkit"},
    "lualib.h": {"script", "testkit"},
    "libwebsockets.h": {"socket"},
    "sqlite3.h": {"store"},
    "uv.h": {"socket", "engine.c", "hash_worker.c", "hash_worker.h", "loop_lag.c", "loop_lag.h",
             "mesh_loop.c", "mesh_loop.h",
             "drain.c", "drain.h", "generations.c", "generations.h", "reload.c", "reload.h", "watch.c", "watch.h",
             "service.c", "service.h", "store_worker.c", "store_worker.h",
             "control.h", "control.c", "control_conn.c", "control_state.h"},
}
LINES_MAX = 500

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)


def sources():
    return sorted(p for p in ENGINE.rglob("*") if p.suffix in (".c", ".h"))


def room(path: Path) -> str:
    """The layer that a file, or an included path, belongs to."""
    parts = path.parts
    if len(parts) > 1:
        return parts[0]
    return parts[0] if parts[0] in LAYERS else "top"


def includes(path: Path):
    return INCLUDE.findall(path.read_text())


def test_no_file_includes_a_folder_below_its_own():
    wrong = []
    for path in sources():
        own = room(path.relative_to(ENGINE))
        if own == "config.c":
            continue
        for kind, name in includes(path):
            if kind == '"' and LAYERS.index(room(Path(name))) > LAYERS.index(own):
                wrong.append(f"{path.relative_to(ROOT)} includes {name}")
    assert wrong == []


def test_every_quoted_include_names_a_file_from_the_root_of_the_engine():
    wrong = [f"{p.relative_to(ROOT)} includes {name}" for p in sources() for kind, name in includes(p)
             if kind == '"' and not (ENGINE / name).is_file()]
    assert wrong == []


def test_libraries_stay_behind_their_fences():
    wrong = []
    for path in sources():
        inside = path.relative_to(ENGINE)
        for _, name in includes(path):
            allowed = FENCES.get(name)
            if allowed is not None and inside.parts[0] not in allowed:
                wrong.append(f"{path.relative_to(ROOT)} includes {name}")
    assert wrong == []


def test_the_core_does_no_input_or_output():
    headers = re.compile(r"^(sys/socket|netinet/|arpa/|unistd|poll|fcntl|sys/time|pthread)")
    clocks = re.compile(r"\b(clock_gettime|gettimeofday|time)\s*\(")
    core = [p for p in sources() if p.relative_to(ENGINE).parts[0] in CORE]
    wrong = [f"{p.relative_to(ROOT)} includes {name}" for p in core
             for kind, name in includes(p) if kind == "<" and headers.match(name)]
    wrong += [f"{p.relative_to(ROOT)} reads a clock" for p in core
              if p.suffix == ".c" and clocks.search(p.read_text())]
    assert wrong == []


def test_every_c_file_has_a_header_and_every_header_a_purpose():
    wrong = []
    for path in sources():
        if path.suffix == ".c" and path.stem != "main" and not path.with_suffix(".h").exists():
            family = path.with_name(path.stem.split("_")[0] + ".h")  # handle_send.c: handle.h
            if not family.exists():
                wrong.append(f"{path.relative_to(ROOT)} has no header")
        if path.suffix == ".h" and not path.read_text().startswith(f"/* {path.name} — "):
            wrong.append(f"{path.relative_to(ROOT)} does not open with its purpose")
    assert wrong == []


def tracked(*patterns: str):
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", *patterns], cwd=ROOT,
                            check=True, capture_output=True, text=True).stdout.split()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def test_no_file_outgrows_its_reader():
    wrong = [f"{p.relative_to(ROOT)}: {n} lines" for p in tracked("*.c", "*.h", "*.lua", "*.py", "*.js")
             if (n := len(p.read_text().splitlines())) > LINES_MAX]
    assert wrong == []


def test_every_lua_file_of_the_project_has_a_spec_at_the_same_path():
    wrong = []
    for path in tracked("scripts/relay/*.lua", "policies/*.lua"):
        spec = ROOT / "spec" / path.relative_to(ROOT).with_name(path.stem + "_spec.lua")
        if not spec.is_file():
            wrong.append(f"{path.relative_to(ROOT)} has no {spec.relative_to(ROOT)}")
    assert wrong == []


def test_every_core_file_has_a_unit_test():
    wrong = [str(p.relative_to(ROOT)) for p in sources()
             if p.suffix == ".c" and p.relative_to(ENGINE).parts[0] in CORE
             and not (ROOT / "tests" / "unit" / f"test_{p.stem}.c").is_file()]
    assert wrong == []
