"""Metrics of the watch: figures by hand, names as Prometheus wants them, dashboard and rules."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml

from mainspring.monitoring.alerts import Alert, Severity, State
from mainspring.monitoring.dashboard import RATIO, watch_dashboard, watch_rows, watch_rules
from mainspring.monitoring.metrics import SCHEMA, WatchedModel, watch_exposition, watch_snapshot
from mainspring.monitoring.seen import Series
from mainspring.serving.telemetry.schema import SCHEMA as SERVING

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "monitoring" / "dashboards.md"

promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed: apt-get install prometheus"
)


def series(values, *, least=np.nan, most=np.nan) -> Series:
    size = len(values)
    return Series(
        times=np.arange(size) * 3600.0,
        values=np.array(values, float),
        low=np.full(size, np.nan),
        high=np.full(size, np.nan),
        least=np.full(size, float(least)),
        most=np.full(size, float(most)),
    )


def alert(severity: Severity, state: State) -> Alert:
    return Alert(
        id=f"{severity}{state}", model="census", version="1", check="drift", code="DRIFT", severity=severity,
        state=state, since=0.0, began=0.0, opened=0.0, last_seen=0.0,
    )  # fmt: skip


CENSUS = WatchedModel(
    model="census",
    judged=(30, 18),
    since=3600.0,
    until=7200.0,
    rows=300,
    ok=False,
    figures={
        "drift/age": series([0.1, 0.3, np.nan], most=0.2),
        'quality/accuracy|job="clerk"\n': series([0.9], least=0.8),
        "skew/missing.age": series([0.0, 0.5]),
        "skew/never": series([np.nan]),
    },
    alerts=[alert(Severity.CRITICAL, State.FIRING)] * 2 + [alert(Severity.WARNING, State.RESOLVED)],
    decisions={"asked": 1, "blocked": 2},
)


def test_figures_are_those_of_the_last_window_that_measured_them() -> None:
    found = watch_snapshot([CENSUS], now=10_800.0)
    assert found.total("mainspring_watch_figure", check="drift", figure="age", slice="") == 0.3
    assert found.total("mainspring_watch_figure_limit", figure="age", side="most") == 0.2
    assert found.total("mainspring_watch_figure_limit", slice='job="clerk"\n', side="least") == 0.8
    assert list(found.select("mainspring_watch_figure", figure="never")) == []
    assert found.total("mainspring_watch_check_timestamp_seconds", check="drift") == 3600.0
    assert found.total("mainspring_watch_lag_seconds", model="census") == 3600.0
    assert found.total("mainspring_watch_windows_total", outcome="failed") == 18


def test_what_did_not_happen_is_zero_and_what_is_over_is_not_counted() -> None:
    found = watch_snapshot([CENSUS], now=10_800.0)
    assert found.total("mainspring_watch_alerts", severity="critical", state="firing") == 2
    assert found.total("mainspring_watch_alerts") == 2
    assert len(list(found.select("mainspring_watch_alerts"))) == 9
    told = {
        labels["outcome"]: one.value for labels, one in found.select("mainspring_watch_retraining_decisions_total")
    }
    assert told == {"asked": 1, "waiting": 0, "blocked": 2, "settled": 0}


def test_there_are_never_more_series_than_the_cap_and_those_left_out_are_told() -> None:
    def model(name: str, number: int) -> WatchedModel:
        figures = {f"skew/a{place}": series([1.0]) for place in range(number)}
        return WatchedModel(model=name, figures={**figures, "drift/z": series([1.0], most=2.0)})

    found = watch_snapshot([model("many", 50), model("few", 2)], now=0.0, most=10)
    assert len(list(found.select("mainspring_watch_figure"))) == 10
    assert len(list(found.select("mainspring_watch_figure", model="few"))) == 3
    assert found.total("mainspring_watch_figures_left_out", model="few") == 0
    assert found.total("mainspring_watch_figures_left_out", model="many") == 44
    # What has a limit comes first.
    assert len(list(found.select("mainspring_watch_figure", model="many", figure="z"))) == 1


def test_names_are_as_those_of_servers_and_none_is_theirs() -> None:
    names = [family.name for family in SCHEMA]
    assert len(names) == len(set(names))
    assert not set(names) & {family.name for family in SERVING}
    for family in SCHEMA:
        assert family.name.startswith("mainspring_watch_")
        assert family.name.endswith("_total") == (family.kind == "counter")
        assert family.text.endswith(".")


@pytest.mark.parametrize("family", SCHEMA, ids=lambda family: family.name)
def test_every_metric_is_explained_in_the_guide(family) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert f"`{family.name}`" in text
    for label in family.labels:
        assert f"`{label}`" in text


@promtool
def test_promtool_accepts_what_is_shown() -> None:
    body = watch_exposition([CENSUS, WatchedModel(model="new")], now=10_800.0)
    done = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True)
    assert (done.returncode, done.stderr.decode()) == (0, "")


def test_openmetrics_ends_as_it_must() -> None:
    body = watch_exposition([CENSUS], now=10_800.0, form="openmetrics").decode()
    assert body.endswith("# EOF\n")
    assert "# TYPE mainspring_watch_windows counter" in body


def names_in(expression: str) -> set[str]:
    return set(re.findall(r"\bmainspring_[a-z_]+", re.sub(r'"[^"]*"', "", expression.replace(RATIO, ""))))


def expressions() -> list[str]:
    return [line[0] for panels in watch_rows().values() for panel in panels for line in panel.lines]


def test_the_dashboard_and_the_rules_name_only_metrics_that_exist() -> None:
    known = {family.name for family in SCHEMA}
    rules = [rule["expr"] for group in watch_rules()["groups"] for rule in group["rules"]]
    for expression in (*expressions(), *rules):
        assert names_in(expression) <= known, expression
    assert len(set().union(*map(names_in, expressions()))) >= 8
    made = json.loads(json.dumps(watch_dashboard()))
    assert [target["expr"] for panel in made["panels"] for target in panel.get("targets", [])] == expressions()
    assert [one["name"] for one in made["templating"]["list"]] == ["datasource", "model", "check", "slice"]


@promtool
def test_every_expression_of_the_dashboard_is_promql(tmp_path: Path) -> None:
    plain = [re.sub(r"\$(model|check|slice)", ".*", one) for one in expressions()]
    rules = [
        {"record": f"panel:{place}", "expr": one, "labels": {"n": str(place)}} for place, one in enumerate(plain)
    ]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}, *watch_rules()["groups"]]}))
    done = subprocess.run(["promtool", "check", "rules", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@promtool
def test_prometheus_tells_of_alerts_of_late_windows_and_of_figures_past_their_limits(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text(yaml.safe_dump(watch_rules()))
    figure = 'model="census",check="drift",figure="age",slice=""'
    given = {
        'mainspring_watch_alerts{model="census",severity="critical",state="firing"}': "2x40",
        'mainspring_watch_lag_seconds{model="census"}': "20000x40",
        'mainspring_watch_window_seconds{model="census"}': "3600x40",
        'mainspring_watch_retraining_decisions_total{model="census",outcome="blocked"}': "0x10 1x30",
        f"mainspring_watch_figure{{{figure}}}": "0.3x40",
        f'mainspring_watch_figure_limit{{{figure},side="most"}}': "0.2x40",
        'mainspring_watch_windows_total{model="census",outcome="ok"}': "5x40",
    }
    fired = {"MainspringWatchCritical": 1, "MainspringWatchLate": 1, "MainspringRetrainingBlocked": 1,
             "MainspringFigurePastLimit": 1, "MainspringWatchWarning": 0, "MainspringWatchGone": 0}  # fmt: skip
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in given.items()],
        "promql_expr_test": [
            {"expr": f'count(ALERTS{{alertname="{name}",alertstate="firing"}}) or vector(0)', "eval_time": "30m",
             "exp_samples": [{"labels": "{}", "value": number}]}
            for name, number in fired.items()
        ],
    }  # fmt: skip
    cases = tmp_path / "test.yml"
    cases.write_text(yaml.safe_dump({"rule_files": [str(rules)], "evaluation_interval": "1m", "tests": [test]}))
    done = subprocess.run(["promtool", "test", "rules", str(cases)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
