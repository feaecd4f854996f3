from __future__ import annotations

import json
import math
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mainspring.evaluation.metrics.facts import Better
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.operation import FACTS, Operation

FIGURES = st.floats(min_value=0, max_value=1e12) | st.just(math.nan)


@given(st.fixed_dictionaries(dict.fromkeys(FACTS, FIGURES)), st.integers(0, 1000))
def test_json_gives_the_same_back(figures: dict[str, float], requests: int) -> None:
    made = Operation(**figures, intervals={"latency_p50": Interval(0.1, 0.2)}, requests=requests, machine="here")
    text = json.dumps(made.as_dict(), allow_nan=False)
    again = Operation.from_dict(json.loads(text))
    assert again.as_dict() == made.as_dict()
    assert again.intervals == made.intervals


def test_it_is_kept_in_a_folder_and_tells_what_is_known(tmp_path: Path) -> None:
    made = Operation(size_bytes=1000, latency_p50=0.01, requests=30, machine="here")
    made.save(tmp_path)
    assert Operation.load(tmp_path).as_dict() == made.as_dict()
    assert made.properties() == {"size_bytes": 1000.0, "latency_p50": 0.01, "requests": 30, "machine": "here"}


def test_what_is_counted_is_its_own_interval_and_what_is_unknown_has_none() -> None:
    made = Operation(size_bytes=1000, intervals={"latency_p50": Interval(0.1, 0.2)})
    assert made.interval("size_bytes") == (1000, 1000)
    assert made.interval("latency_p50") == (0.1, 0.2)
    assert made.interval("latency_p99") is None
    assert Operation().interval("size_bytes") is None


def test_only_throughput_is_better_high() -> None:
    assert [name for name, fact in FACTS.items() if fact.better is Better.HIGHER] == ["throughput"]
