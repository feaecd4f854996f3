"""Metrics that models give themselves: Seldon's form, bounded, and never in the way."""

import pytest

from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.custom import CustomMetrics, counter, gauge, timer
from mainspring.serving.telemetry.registry import Registry


def lines(registry: Registry) -> list[str]:
    return [
        line for line in registry.exposition().body.decode().splitlines() if line.startswith("mainspring_custom")
    ]


def test_the_three_types_of_seldon() -> None:
    registry = Registry()
    custom = CustomMetrics(registry)
    for _ in range(2):
        custom.count(
            "taxi",
            "1",
            [
                {"type": "COUNTER", "key": "fallbacks", "value": 2},
                {"type": "GAUGE", "key": "temperature", "value": -3.5, "tags": {"region": "eu"}},
                {"type": "TIMER", "key": "lookup", "value": 20.2},
            ],
        )
    text = lines(registry)
    assert 'mainspring_custom_fallbacks_total{model="taxi",version="1"} 4' in text
    assert 'mainspring_custom_temperature{model="taxi",version="1",region="eu"} -3.5' in text
    assert 'mainspring_custom_lookup_seconds_bucket{model="taxi",version="1",le="0.025"} 2' in text
    assert 'mainspring_custom_lookup_seconds_bucket{model="taxi",version="1",le="0.01"} 0' in text
    assert 'mainspring_custom_metrics_total{model="taxi",version="1",outcome="kept"} 6' in text


def test_the_functions_make_the_same_form() -> None:
    assert counter("a") == {"type": "COUNTER", "key": "a", "value": 1, "tags": {}}
    assert gauge("a", 2.5, x="y") == {"type": "GAUGE", "key": "a", "value": 2.5, "tags": {"x": "y"}}
    assert timer("a", 12) == {"type": "TIMER", "key": "a", "value": 12, "tags": {}}
    registry = Registry()
    CustomMetrics(registry).count("m", "1", [counter("a"), gauge("b", 1), timer("c", 1)])
    assert registry.snapshot().total(schema.CUSTOM.name, outcome="kept") == 3


@pytest.mark.parametrize(
    "metric",
    [
        "no mapping",
        {"type": "COUNTER", "value": 1},
        {"type": "COUNTER", "key": "a b", "value": 1},
        {"type": "COUNTER", "key": "1a", "value": 1},
        {"type": "COUNTER", "key": "a", "value": -1},
        {"type": "COUNTER", "key": "a", "value": "1"},
        {"type": "COUNTER", "key": "a", "value": True},
        {"type": "COUNTER", "key": "a", "value": float("nan")},
        {"type": "COUNTER", "key": "a", "value": 10**400},
        {"type": "COUNTER", "key": ["a"], "value": 1},
        {"type": ["COUNTER"], "key": "a", "value": 1},
        {"type": "SUMMARY", "key": "a", "value": 1},
        {"type": "TIMER", "key": "a", "value": -1},
        {"type": "COUNTER", "key": "a", "value": 1, "tags": ["x"]},
        {"type": "COUNTER", "key": "a", "value": 1, "tags": {"model": "x"}},
        {"type": "COUNTER", "key": "a", "value": 1, "tags": {"le": "x"}},
        {"type": "COUNTER", "key": "a", "value": 1, "tags": {"a-b": "x"}},
        {"type": "COUNTER", "key": "a", "value": 1, "tags": {str(n): "x" for n in range(9)}},
    ],
)
def test_what_cannot_be_counted_is_counted_as_refused(metric: object) -> None:
    registry = Registry()
    custom = CustomMetrics(registry)
    custom.count("taxi", "1", [metric])
    assert lines(registry) == ['mainspring_custom_metrics_total{model="taxi",version="1",outcome="refused"} 1']


def test_names_that_could_be_taken_for_each_other_are_refused() -> None:
    registry = Registry()
    custom = CustomMetrics(registry)
    first = [counter("a"), gauge("b_sum", 1), counter("c", region="eu")]
    custom.count("m", "1", first)
    custom.count("m", "1", [gauge("a", 1), counter("a_total"), gauge("b_count", 1), counter("c", town="x")])
    custom.count("m", "1", [counter("c")])
    snapshot = registry.snapshot()
    assert snapshot.total(schema.CUSTOM.name, outcome="kept") == 4
    assert snapshot.total(schema.CUSTOM.name, outcome="refused") == 4


def test_there_is_a_limit_to_names_and_series() -> None:
    registry = Registry()
    custom = CustomMetrics(registry, most_names=3, most_series=4)
    custom.count("m", "1", [counter(f"name_{'abcdef'[number]}") for number in range(6)])
    custom.count("m", "1", [counter("name_a", 1) for _ in range(3)])
    snapshot = registry.snapshot()
    assert snapshot.total(schema.CUSTOM.name, outcome="refused") == 3
    custom = CustomMetrics(Registry(), most_series=4)
    registry = custom._registry
    custom.count("m", "1", [counter("n", user=f"user {number}" + "x" * 300) for number in range(50)])
    found = [line for line in lines(registry) if line.startswith("mainspring_custom_n_total")]
    assert len(found) == 5
    assert sum(float(line.split()[-1]) for line in found) == 50
    assert max(map(len, found)) < 250
