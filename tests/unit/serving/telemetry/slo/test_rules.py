"""The rules for Prometheus: promtool accepts them, and evaluates them as this server does."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from mainspring.serving.telemetry.schema import SCHEMA
from mainspring.serving.telemetry.slo import Objective
from mainspring.serving.telemetry.slo.rules import bad_ratio, rules

MEASURES = {"assertions": None, "events": None, "accuracy": None, "confidence": 0.8, "reward": 0.5, "error": 2.0}
OBJECTIVES = [
    Objective(name="up", kind="errors", target=0.999, model="taxi"),
    Objective(name="all", kind="errors", target=0.9, codes=("5xx", "429"), window="7d"),
    Objective(name="fast", kind="latency", target=0.99, threshold=0.05, model='ta"xi', version="1"),
    *(
        Objective(name=measure, kind="quality", measure=measure, target=0.95, threshold=threshold)
        for measure, threshold in MEASURES.items()
    ),
]

promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed: apt-get install prometheus"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump(rules(OBJECTIVES), sort_keys=False))
    return path


def test_an_expression_reads_as_written_by_hand() -> None:
    assert bad_ratio(OBJECTIVES[0], "5m") == (
        '(sum(rate(mainspring_requests_total{model="taxi",code=~"5.."}[5m])) or vector(0)) / '
        'sum(rate(mainspring_requests_total{model="taxi"}[5m]))'
    )


def test_every_metric_that_is_asked_for_exists() -> None:
    import re

    known = {family.name for family in SCHEMA}
    asked = set(re.findall(r"\bmainspring_[a-z_]+", yaml.safe_dump(rules(OBJECTIVES))))
    asked -= {"mainspring_bad"}  # of the name of what is recorded
    assert asked
    assert {name.removesuffix("_bucket").removesuffix("_count") for name in asked} <= known


@promtool
def test_promtool_accepts_the_rules(file: Path) -> None:
    done = subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout


@promtool
def test_prometheus_judges_as_the_server_does(file: Path) -> None:
    """1,5 % bad for an hour is a burn of 15: somebody is paged. 1 % is not enough for that."""
    series = 'mainspring_requests_total{{model="taxi",version="1",protocol="v2",code="{code}"}}'

    def case(bad: int, alerts: list[dict[str, object]]) -> dict[str, object]:
        return {
            "interval": "1m",
            "input_series": [
                {"series": series.format(code="200"), "values": f"0+{1000 - bad}x70"},
                {"series": series.format(code="500"), "values": f"0+{bad}x70"},
            ],
            "promql_expr_test": [
                {
                    "expr": 'slo:mainspring_bad:ratio_rate1h{slo="up"}',
                    "eval_time": "65m",
                    "exp_samples": [
                        {
                            "labels": 'slo:mainspring_bad:ratio_rate1h{slo="up",model="taxi"}',
                            "value": bad / 1000,
                        }
                    ],
                }
            ],
            "alert_rule_test": [
                {"eval_time": "65m", "alertname": "MainspringBudgetBurnsPage", "exp_alerts": alerts}
            ],
        }

    def page(over: str, rate: str) -> dict[str, object]:
        return {
            "exp_labels": {"severity": "page", "slo": "up", "model": "taxi", "over": over},
            "exp_annotations": {
                "summary": f"The error budget of up burns {rate} times too fast or more.",
                "description": "99.9 % of requests to taxi are not answered with 5xx, over 30d. "
                f"Over {over} and {'5m' if over == '1h' else '30m'} the share that was not is 1.5%.",
            },
        }

    tests = {
        "rule_files": [str(file)],
        "evaluation_interval": "1m",
        "tests": [case(15, [page("1h", "14.4"), page("6h", "6")]), case(5, [])],
    }
    path = file.with_name("tests.yml")
    path.write_text(yaml.safe_dump(tests))
    done = subprocess.run(["promtool", "test", "rules", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
