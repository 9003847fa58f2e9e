"""The unit for systemd, as systemd itself reads it. docs/operations.md says how it was tried in a running one."""

import json
import subprocess
from pathlib import Path

import pytest

from support.node import BINARY, ROOT, WAIT_SECONDS

UNIT = ROOT / "docs" / "systemd" / "wsrelay-engine.service.in"
EXPOSURE_MAX = 15  # of 100

# What systemd would have beside, and why not.
LEFT_OPEN = {
    "RestrictAddressFamilies=~AF_(INET|INET6)", "RestrictAddressFamilies=~AF_UNIX", "PrivateNetwork=", "IPAddressDeny=",  # a relay
    "SystemCallFilter=~@resources",  # setpriority alone
    "ProcSubset=",  # host-stats reads /proc/loadavg
    "PrivateUsers=",  # would forbid ports under 1024
    "DeviceAllow=",  # systemd's own, with ProtectClock
    "PrivateMounts=",  # without the capability nobody can mount; the other settings make the namespace anyway
    "RootDirectory=/RootImage=",
}


def analyze(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run(["systemd-analyze", *map(str, arguments)], text=True, capture_output=True,
                          timeout=WAIT_SECONDS, stdin=subprocess.DEVNULL, check=False)


@pytest.fixture
def unit(tmp_path):
    """As an installation would write it, of a program that is there."""
    path = tmp_path / UNIT.stem
    path.write_text(UNIT.read_text().replace("@WSRELAY_BINDIR@", str(Path(BINARY).resolve().parent)))
    return path


def test_systemd_has_nothing_to_say_about_the_unit(unit):
    ended = analyze("verify", "--man=no", unit)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_systemd_has_something_to_say_about_a_wrong_one(unit):
    unit.write_text(unit.read_text().replace("PrivateTmp=yes", "PrivateTemp=yes"))
    assert "PrivateTemp" in analyze("verify", "--man=no", unit).stderr


def test_the_unit_is_started_again_however_often_it_fails():
    lines = UNIT.read_text().splitlines()
    assert {"StartLimitIntervalSec=0", "Restart=on-failure"} <= set(lines)
    assert lines.index("StartLimitIntervalSec=0") < lines.index("[Service]")  # systemd ignores it elsewhere


def test_the_unit_leaves_open_what_a_relay_needs_and_nothing_else(unit):
    checks = json.loads(analyze("security", "--offline=true", "--json=short", unit).stdout)
    assert {check["name"] for check in checks if check["set"] is False} == LEFT_OPEN


def test_the_exposure_that_systemd_sees_is_small(unit):
    ended = analyze("security", "--offline=true", f"--threshold={EXPOSURE_MAX}", "--no-pager", unit)
    assert ended.returncode == 0, ended.stdout
