"""The schema: names as Prometheus wants them, explained in the guide, and shown on the dashboard."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from mainspring.serving.telemetry.aliases import VIEWS, views
from mainspring.serving.telemetry.dashboard import dashboard, rows
from mainspring.serving.telemetry.exposition import shown
from mainspring.serving.telemetry.registry import Registry
from mainspring.serving.telemetry.schema import SCHEMA

GUIDE = Path(__file__).parents[4] / "docs" / "guide" / "serving" / "metrics.md"

promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed: apt-get install prometheus"
)


def everything(others=()) -> Registry:
    """A registry with a series of every metric of the schema, and custom ones."""
    from mainspring.serving.telemetry.custom import CustomMetrics, counter, gauge, timer

    registry = Registry(views=others)
    for family in SCHEMA:
        values = [f"a {label}" for label in family.labels]
        if family.kind == "counter":
            registry.counter(family).labels(*values).add(2)
        elif family.kind == "gauge":
            registry.gauge(family).labels(*values).set(0.5)
        else:
            registry.histogram(family).labels(*values).observe(0.5)
    given = [counter("fallbacks", region="eu"), gauge("temperature", -2.5), timer("lookup", 3)]
    CustomMetrics(registry).count("taxi", "1", given)
    return registry


def test_no_name_is_given_twice_and_counters_end_in_total() -> None:
    names = [family.name for family in SCHEMA]
    assert len(names) == len(set(names))
    for family in SCHEMA:
        assert family.name.endswith("_total") == (family.kind == "counter"), family.name
        assert family.text.endswith(".")
        assert bool(family.bounds) == (family.kind == "histogram")
        assert list(family.bounds) == sorted(family.bounds)


@pytest.mark.parametrize("family", SCHEMA, ids=lambda family: family.name)
def test_every_metric_is_explained_in_the_guide(family) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert f"`{family.name}`" in text
    for label in family.labels:
        assert f"`{label}`" in text


@promtool
def test_promtool_accepts_what_is_shown() -> None:
    body = everything().exposition().body
    done = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True)
    assert (done.returncode, done.stderr.decode()) == (0, "")


@pytest.mark.parametrize("aliases", [(), VIEWS])
def test_the_parsers_of_prometheus_client_read_both_formats(aliases) -> None:
    parser = pytest.importorskip("prometheus_client.parser", reason="prometheus-client is not installed")
    strict = pytest.importorskip("prometheus_client.openmetrics.parser")
    registry = everything(views(aliases))
    plain = registry.exposition().body.decode()
    openly = registry.exposition("application/openmetrics-text").body.decode()
    found = {
        sample.name
        for read, text in ((parser, plain), (strict, openly))
        for family in read.text_string_to_metric_families(text)
        for sample in family.samples
    }
    for family in SCHEMA:
        assert found & {family.name, f"{family.name}_count"}


def test_the_exposition_has_every_metric_once() -> None:
    snapshot = everything().snapshot()
    names = [metric.name for metric in shown(snapshot)]
    assert names == sorted(set(names))
    assert set(names) >= {family.name for family in SCHEMA}


def names_in(expression: str) -> set[str]:
    plain = re.sub(r'"[^"]*"', "", expression)
    return set(re.findall(r"\b(?:mainspring|process)_[a-z_]+", plain))


def expressions() -> list[str]:
    return [line[0] for panels in rows().values() for panel in panels for line in panel.lines]


def test_every_expression_of_the_dashboard_names_metrics_that_exist() -> None:
    known = {
        family.name + suffix
        for family in SCHEMA
        for suffix in (("_bucket", "_sum", "_count") if family.kind == "histogram" else ("",))
    }
    labels = {label for family in SCHEMA for label in family.labels} | {"le"}
    for expression in expressions():
        assert names_in(expression), expression
        assert names_in(expression) <= known, expression
        for group in re.findall(r"by \(([^)]*)\)", expression):
            assert set(group.split(", ")) <= labels, expression


def test_the_dashboard_is_one_that_grafana_imports() -> None:
    made = json.loads(json.dumps(dashboard()))
    ids = [panel["id"] for panel in made["panels"]]
    assert len(ids) == len(set(ids))
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in made["panels"]]
    assert len(places) == len(set(places))
    assert {variable["name"] for variable in made["templating"]["list"]} == {"datasource", "model", "version"}
    targets = [target for panel in made["panels"] for target in panel.get("targets", [])]
    assert [target["expr"] for target in targets] == expressions()
    shown_names = set().union(*map(names_in, expressions()))
    assert len(shown_names) > 20


@promtool
def test_every_expression_of_the_dashboard_is_promql(tmp_path: Path) -> None:
    def plain(expression: str) -> str:
        return expression.replace("$__rate_interval", "5m").replace("$model", ".*").replace("$version", ".*")

    rules = [
        {"record": f"panel:{number}", "expr": plain(expression), "labels": {"number": str(number)}}
        for number, expression in enumerate(expressions())
    ]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
