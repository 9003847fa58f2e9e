"""docs/network.md: the files that it shows do what it says."""

import os
import re
import shlex
import subprocess

import pytest

from support.node import BINARY, ROOT, WAIT_SECONDS, environment

PAGE = (ROOT / "docs" / "network.md").read_text()
NAMES = [f"{region}-{number}" for region in ("eu", "us") for number in range(1, 6)]


def block(kind: str, begins: str) -> str:
    """The one block of a kind that begins with a text."""
    [found] = [text for text in re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
               if text.startswith(begins)]
    return found


MAIN = block("lua", 'local relay = require "relay"\n\nlocal name =')
MAKE_TOKENS = block("sh", "cd /etc/wsrelay-engine\n(umask").splitlines()[1]
CHECK = block("sh", "cd /etc/wsrelay-engine\n(set").splitlines()[1]


def sh(script: str, directory, **variables) -> subprocess.CompletedProcess:
    path = f"{os.path.dirname(os.path.abspath(BINARY))}:{os.environ['PATH']}"
    return subprocess.run(["sh", "-e", "-c", script], cwd=directory, text=True, capture_output=True, timeout=WAIT_SECONDS,
                          check=False, env=environment({"PATH": path, **variables}))


@pytest.fixture
def machine(tmp_path):
    """/etc/wsrelay-engine of a machine, but for its name."""
    (tmp_path / "main.lua").write_text(MAIN)
    (tmp_path / "tls").mkdir()
    made = sh("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=x -days 2 "
              "-keyout tls/privkey.pem -out tls/fullchain.pem", tmp_path)
    assert made.returncode == 0, made.stderr
    made = sh(MAKE_TOKENS, tmp_path)
    assert made.returncode == 0, made.stderr
    return tmp_path


def check(machine, name) -> str:
    (machine / "defaults").write_text(block("sh", "WSRELAY_NAME=").replace("eu-2", name))
    ended = sh(CHECK.replace("/etc/default/wsrelay-engine", "./defaults"), machine)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_tokens_are_for_their_owner_alone_and_the_shell_s_umask_stays(machine):
    assert {(machine / name).stat().st_mode & 0o777 for name in ("token", "admin-token")} == {0o600}
    again = sh(f"umask 022; {MAKE_TOKENS}; umask", machine)
    assert again.stdout.strip() == "0022"


def test_one_configuration_is_right_on_all_ten(machine):
    masters, peers = [], {}
    for name in NAMES:
        said = check(machine, name)
        assert f'region = "{name[:2]}"' in said and f'host = "wss://{name}.relay.example.com/"' in said
        masters += [name] if re.search(r"\bmaster = true\b", said) else []
        peers[name] = set(re.findall(r"wss://([\w-]+)\.relay\.example\.com/node", said))
        assert ("pool = 16" in said) == (name in ("eu-1", "us-1"))
    assert masters == ["eu-2"]
    assert peers == {name: {"eu-1", "us-1"} - {name} for name in NAMES}


def test_what_is_missing_is_named(machine):
    ended = sh("CREDENTIALS_DIRECTORY=. wsrelay-engine check main.lua", machine)
    assert ended.returncode == 1 and "WSRELAY_NAME is not set" in ended.stderr
    ended = sh("WSRELAY_NAME=eu-1 wsrelay-engine check main.lua", machine)
    assert ended.returncode == 1 and "CREDENTIALS_DIRECTORY is not set" in ended.stderr


def test_the_spec_passes_with_stand_ins_for_the_secrets(tmp_path):
    (tmp_path / "main.lua").write_text(MAIN)
    made = sh(block("sh", "mkdir -p spec tls"), tmp_path)
    assert made.returncode == 0, made.stderr
    (tmp_path / "spec" / "network_spec.lua").write_text(block("lua", "-- spec/network_spec.lua"))
    ended = sh("wsrelay-engine test", tmp_path)
    assert ended.returncode == 0 and "1 success / 0 failures / 0 errors" in ended.stdout, ended.stdout + ended.stderr


def test_a_renewed_certificate_is_put_in_its_place_and_loaded(tmp_path):
    (tmp_path / "live").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "tls").mkdir()
    (tmp_path / "live" / "fullchain.pem").write_text("chain")
    (tmp_path / "live" / "privkey.pem").write_text("key")
    (tmp_path / "bin" / "systemctl").write_text('#!/bin/sh\necho "$@" >> told\n')
    (tmp_path / "bin" / "systemctl").chmod(0o755)
    hook = block("sh", "#!/bin/sh\n# RENEWED_LINEAGE")
    hook = hook.replace("-g ssl-cert", f"-g {os.getgid()}").replace("/etc/wsrelay-engine/tls", shlex.quote(str(tmp_path / "tls")))
    ended = sh(hook, tmp_path, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}", RENEWED_LINEAGE=str(tmp_path / "live"))
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "tls" / "privkey.pem").read_text() == "key"
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "tls").iterdir()} == {0o640}
    assert (tmp_path / "told").read_text() == "try-reload-or-restart wsrelay-engine\n"
    assert sh(hook, tmp_path, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}", RENEWED_LINEAGE="/nowhere").returncode != 0
    assert (tmp_path / "told").read_text() == "try-reload-or-restart wsrelay-engine\n"
