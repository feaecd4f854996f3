"""A hundred features, an hour at a time: weeks in which nothing changes, and then something does."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy import stats

from mainspring.evaluation.reference import Reference
from mainspring.monitoring.checks.drift import DriftCheck

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "quiet.py"


@pytest.fixture(scope="module")
def quiet() -> ModuleType:
    """The traffic of the benchmark."""
    spec = importlib.util.spec_from_file_location("quiet", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["quiet"] = module
    spec.loader.exec_module(module)
    return module


def alarms(quiet: ModuleType, check: DriftCheck, seed: int, hours: int) -> int:
    """Windows with an alarm although nothing changes."""
    random = np.random.default_rng(seed)
    reference = Reference(statistics=quiet.profile(quiet.traffic(random, 20_000)))
    memory: dict[str, object] = {}
    found = 0
    for hour in range(hours):
        window = quiet.seen(hour, quiet.profile(quiet.traffic(random, 500)), reference)
        judged = check.judge(window, memory)
        memory = dict(judged.memory)
        found += not judged.verdict.ok
    return found


@pytest.mark.slow
def test_two_quiet_weeks_alarm_no_more_often_than_stated(quiet: ModuleType) -> None:
    check = DriftCheck(false_alarms="1 per 30d")
    assert alarms(quiet, check, seed=11, hours=336) <= stats.poisson.ppf(0.999, 14 / 30)


@pytest.mark.slow
def test_the_stated_rate_is_used_and_not_only_kept(quiet: ModuleType) -> None:
    # With limits of 0 nothing but the budget holds the check back: of the false alarms that are stated some
    # must come, and no more than chance lets expect of that rate.
    check = DriftCheck(false_alarms="3 per 1d", usual=quiet.ALONE)
    assert 1 <= alarms(quiet, check, seed=12, hours=96) <= stats.poisson.ppf(0.999, 12)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "most"), [("bell moves by 0.5", 3), ("word takes 15%", 2), ("missing in 20% more", 2)]
)
def test_what_does_change_is_named_within_hours(quiet: ModuleType, change: str, most: int) -> None:
    name, how = quiet.CHANGES[change]
    waited = quiet.delay(DriftCheck(), 13, 500, name, how)
    assert waited is not None
    assert waited <= most
