"""docs/prometheus/wsrelay-rules.yml, as Prometheus reads it: each alert comes when it should, and not before."""

import re
import subprocess

import pytest

from support.node import ROOT, WAIT_SECONDS

RULES = ROOT / "docs" / "prometheus" / "wsrelay-rules.yml"
# Every 15 s for an hour: what is fine, and what is not.
HOUR = 240
CASES = {
    "WsrelayNodeDown": [("up", "1", "0")],
    "WsrelayHealthBad": [('wsrelay_health_state{state="bad"}', "0", "1")],
    "WsrelayHealthDegraded": [('wsrelay_health_state{state="degraded"}', "0", "1")],
    "WsrelayLoopLag": [('wsrelay_loop_lag_seconds_bucket{le="0.02"}', "0+200", "0+100"),
                       ('wsrelay_loop_lag_seconds_bucket{le="0.1"}', "0+200", "0+200"),
                       ('wsrelay_loop_lag_seconds_bucket{le="+Inf"}', "0+200", "0+200")],
    "WsrelayMessagesDropped": [('wsrelay_drops_total{reason="gap"}', "7", "7+1"),
                               ('wsrelay_drops_total{reason="too_slow"}', "7+1", "7+1")],
    "WsrelayPeerQueue": [('wsrelay_peer_queued_bytes{peer="node-b"}', "1048576", "1048577")],
    "WsrelayScriptsFail": [('wsrelay_policy_failures_total{policy="message",question="publish"}', "3", "3+1"),
                           ("wsrelay_handler_failures_total", "2", "2")],
    "WsrelayReloadRefused": [('wsrelay_reloads_total{result="refused"}', "1", "1+1"),
                             ('wsrelay_reloads_total{result="done"}', "1+1", "1+1")],
    "WsrelayConnectionsNearMax": [("wsrelay_connections", "900", "901"), ("wsrelay_connections_max", "1000", "1000")],
    "WsrelayDescriptorsNearMax": [("process_open_fds", "90", "91"), ("process_max_fds", "100", "100")],
    "WsrelayReservationsUnconfirmed": [('wsrelay_reservations{state="tentative"}', "0", "1")],
}


def promtool(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run(["promtool", *map(str, arguments)], text=True, capture_output=True, timeout=WAIT_SECONDS,
                          check=False)


def labelled(sample: str, instance="node-a") -> str:
    name, _, labels = sample.partition("{")
    return f'{name}{{job="wsrelay",instance="{instance}"{"," if labels else ""}{labels or "}"}'


def firing(tmp_path, alert: str, series: list[tuple[str, str]]) -> bool:
    """Whether the alert, and no other one, comes of the series within an hour; neither raises."""
    def expects(shown):
        return "\n".join(["rule_files:", f"  - {RULES}", "tests:", "  - interval: 15s", "    input_series:",
                          *[f"      - {{ series: '{sample}', values: '{step}x{HOUR}' }}" for sample, step in series],
                          "    promql_expr_test:",
                          f"      - {{ expr: 'count(ALERTS{{alertstate=\"firing\",alertname{shown}\"{alert}\"}}) or vector(0)',",
                          "          eval_time: 59m, exp_samples: [ { labels: '{}', value: 0 } ] }"])

    (tmp_path / "others.yml").write_text(expects("!="))
    others = promtool("test", "rules", tmp_path / "others.yml")
    assert others.returncode == 0, others.stdout + others.stderr
    (tmp_path / "alert.yml").write_text(expects("="))
    ended = promtool("test", "rules", tmp_path / "alert.yml")
    assert ended.returncode == 0 or "got:" in ended.stdout + ended.stderr, ended.stdout + ended.stderr
    return ended.returncode != 0


def test_prometheus_takes_the_rules():
    ended = promtool("check", "rules", RULES)
    assert ended.returncode == 0 and "SUCCESS: 12 rules found" in ended.stdout, ended.stdout + ended.stderr


def test_every_alert_is_tried():
    assert set(re.findall(r"alert: (\w+)", RULES.read_text())) == {*CASES, "WsrelayNetworkSplit"}


@pytest.mark.parametrize("alert", CASES)
def test_an_alert_comes_when_it_should_and_not_before(tmp_path, alert):
    assert not firing(tmp_path, alert, [(labelled(sample), fine) for sample, fine, _ in CASES[alert]])
    assert firing(tmp_path, alert, [(labelled(sample), wrong) for sample, _, wrong in CASES[alert]])


def test_a_network_is_cut_when_a_node_knows_fewer_than_answer(tmp_path):
    def halves(known):
        return [(labelled("wsrelay_nodes", f"node-{name}"), known) for name in "abcd"]

    assert not firing(tmp_path, "WsrelayNetworkSplit", halves("3"))
    assert firing(tmp_path, "WsrelayNetworkSplit", halves("1"))
