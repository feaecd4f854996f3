"""Real server processes are started here; one of the rules sleeps, so that it is known which is slower."""

from pathlib import Path
from typing import Any

import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.evaluation.operation import FACTS
from mainspring.serving.measuring import _ranked, measure_operation

ROWS = Table.from_columns(
    {
        "fare": [1.0, 12.5, None, 30.0],
        "hour": [1, 2, 3, None],
        "company": ["A", None, "B", "A"],
        "airport": [True, False, False, True],
        "label": ["no", "yes", "no", "yes"],
    }
)


def test_a_package_and_its_baseline_are_measured_in_turns(rule: Any) -> None:
    fast, slow = rule.package(), rule.package(sleep=0.01)
    operation, before = measure_operation(fast, ROWS, baseline=slow, requests=40, warm_up=3, batch=100)
    assert before is not None
    assert before.latency_p50 > 0.01
    assert operation.latency_p50 < 0.8 * before.latency_p50
    assert operation.throughput > before.throughput
    for found in (operation, before):
        assert set(found.values) == set(FACTS)
        assert found.latency_p50 <= found.latency_p90 <= found.latency_p95 <= found.latency_p99
        assert found.intervals["latency_p50"].low <= found.latency_p50 <= found.intervals["latency_p50"].high
        assert (found.rows, found.requests, found.warm_up, found.batch) == (4, 40, 3, 4)
        assert found.interleaved
        assert 0 < found.load_seconds < 60
        assert "cores" in found.machine
    assert operation.size_bytes == fast.model_size
    if Path("/proc/self/status").exists():
        assert 1e6 < operation.memory_bytes < 1e10


def test_several_requests_at_a_time_and_the_end_of_the_time(rule: Any) -> None:
    operation, before = measure_operation(
        rule.package(sleep=0.005), ROWS, requests=10_000, seconds=0.0, warm_up=0, concurrency=2
    )
    assert before is None
    assert not operation.interleaved
    assert (operation.requests, operation.concurrency) == (20, 2)


def test_what_cannot_be_asked_is_refused_at_once(rule: Any) -> None:
    with pytest.raises(InputError, match="no row that can be asked"):
        measure_operation(rule.package(), ROWS.rows(0, 0))
    with pytest.raises(InputError, match="fare"):
        measure_operation(rule.package(), ROWS.drop(["fare"]))
    with pytest.raises(InputError, match="requests=0"):
        measure_operation(rule.package(), ROWS, requests=0)


def test_the_interval_of_a_quantile_lies_between_ranks() -> None:
    values = [float(number) for number in range(1, 101)]
    # 50 ± 1.96 · 5: ranks 40 and 60.
    assert _ranked(values, 0.5) == (40.0, 60.0)
    assert _ranked(values, 0.99) is None
