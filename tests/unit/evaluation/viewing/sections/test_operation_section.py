"""The section of operation: figures with their units."""

import math

import pytest

from mainspring.evaluation import Interval, Operation
from mainspring.evaluation.viewing.sections.operation import operation_section


def test_figures_have_units_and_intervals() -> None:
    section = operation_section(
        Operation(
            size_bytes=2_097_152,
            latency_p50=0.0021,
            throughput=18_234.2,
            intervals={"latency_p50": Interval(0.002, 0.0023)},
            requests=2000,
            warm_up=100,
            machine="8 cores",
            interleaved=True,
        )
    )
    assert [(fact.name, fact.value, fact.more) for fact in section.facts] == [
        ("size", "2 MiB", ""),
        ("median latency", "2.1 ms", "2 ms to 2.3 ms"),
        ("throughput", "18,200 rows/s", ""),
    ]
    assert section.lead == (
        "2,000 requests were timed after 100 to warm up, in turns with those to the baseline, on 8 cores."
    )


@pytest.mark.parametrize(
    ("operation", "value"),
    [
        (Operation(size_bytes=900), "900 B"),
        (Operation(load_seconds=1.5), "1.5 s"),
        (Operation(latency_p99=0.0000042), "4.2 \u00b5s"),
    ],
)
def test_units_fit_the_size(operation: Operation, value: str) -> None:
    assert operation_section(operation).facts[0].value == value


def test_nothing_measured_says_what_to_do() -> None:
    section = operation_section(Operation(size_bytes=math.nan))
    assert section.facts == []
    assert "serve the package" in section.empty
