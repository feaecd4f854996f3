"""Requests that fail, are refused, take long, or stay away."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom
from tests.unit.monitoring.checks import watched

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.sketches import Quantiles
from mainspring.monitoring.checks.traffic import TrafficCheck
from mainspring.monitoring.ports import Check
from mainspring.monitoring.profiles import FigureHistory
from mainspring.monitoring.seen import Judged, Seen
from mainspring.monitoring.windows import Window

HOUR, DAY, WEEK = 3600.0, 86_400.0, 7 * 86_400.0
ROWS = Table.from_columns({"age": [1.0, 2.0]})
KNOWN = watched.reference(ROWS)


class Watch:
    """Judges windows one after the other, as the monitor does: figures are kept, and what checks remember."""

    def __init__(self, folder: Path, check: TrafficCheck | None = None) -> None:
        self.history, self.memory = FigureHistory(folder), dict[str, Any]()
        self.check: Check = TrafficCheck() if check is None else check

    def judge(
        self,
        since: float,
        requests: int = 1000,
        *,
        errors: int = 0,
        latencies: Any = 0.01,
        failures: Mapping[str, int] | None = None,
        **more: Any,
    ) -> Judged:
        times = np.sort(np.broadcast_to(np.asarray(latencies, dtype=np.float64), (requests,)))
        window = Window(
            since=since,
            until=since + HOUR,
            table=ROWS,
            requests=requests,
            errors=errors,
            complete=True,
            latency=Quantiles.of_sorted(times),
            failures=failures or {},
            **more,
        )
        seen = Seen(
            model="census",
            version="1",
            window=window,
            statistics=watched.profile(ROWS),
            reference=KNOWN,
            history=self.history,
        )
        judged = self.check.judge(seen, self.memory)
        self.memory = dict(judged.memory)
        self.history.append(since, {f"traffic/{name}": one for name, one in judged.figures.items()})
        return judged


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path)


def bad(judged: Judged) -> dict[str | None, str]:
    return {one.subject: one.code for one in judged.verdict.failures}


def test_quiet_hours(watch: Watch) -> None:
    random = np.random.default_rng(0)
    for hour in range(3 * 7 * 24):
        requests = int(random.poisson(300 + 200 * np.sin(hour / 24 * 2 * np.pi)))
        errors = int(random.binomial(requests, 0.04))
        judged = watch.judge(hour * HOUR, requests, errors=errors, latencies=random.gamma(4, 0.005, requests))
        assert judged.verdict.ok, (hour, judged.verdict.failures)
    assert {"errors", "blocked", "latency_p95", "rate"} == judged.figures.keys()
    assert judged.figures["rate"].least is not None


def test_requests_that_fail_for_want_of_a_column(watch: Watch) -> None:
    failures = {"column 'age' is not there": 70, "SERVER_ERROR": 20, "columns 'age', 'sex' are not there": 10}
    judged = watch.judge(0.0, 1000, errors=100, failures=failures)
    assert bad(judged) == {"errors": "ERRORS", "age": "FEATURE_UNAVAILABLE"}
    told = {one.subject: one for one in judged.verdict.failures}
    assert (told["errors"].observed, told["errors"].expected) == (0.1, 0.05)
    assert "column 'age' is not there (70), SERVER_ERROR (20)" in told["errors"].message
    assert told["age"].observed == 0.08
    assert judged.verdict.details["features"] == {"age": 0.08}


def test_so_many_as_chance_explains_are_no_alarm(watch: Watch) -> None:
    level = HOUR / (30 * DAY) / 4 / 2  # a quarter of the budget, and of that a half for a window alone
    worst = int(binom.isf(level, 1000, 0.05))
    assert watch.judge(0.0, 1000, errors=worst).verdict.ok
    assert bad(watch.judge(WEEK, 1000)) == {}
    assert bad(watch.judge(2 * WEEK, 1000, errors=worst + 2)) == {"errors": "ERRORS"}


def test_a_model_that_is_asked_once_an_hour_is_seen_to_fail(watch: Watch) -> None:
    found = [bool(bad(watch.judge(hour * HOUR, 1, errors=1))) for hour in range(6)]
    # n in a row: 0.05^n against a quarter of 1/720, divided by n (n + 1)
    assert found == [0.05**count * count * (count + 1) < 1 / 720 / 4 for count in range(1, 7)]
    assert found.index(True) == 3
    assert watch.judge(6 * HOUR, 1).verdict.ok
    assert watch.judge(7 * HOUR, 1, errors=1).verdict.ok  # counted anew


def test_requests_that_assertions_refuse_are_counted_apart(watch: Watch) -> None:
    judged = watch.judge(0.0, 100, errors=40, blocked=40, failures={"an assertion forbade the answer": 40})
    assert bad(judged) == {"blocked": "BLOCKED"}
    assert judged.figures["errors"].value == 0.0


def test_shares_of_logs_of_which_only_a_part_is_kept(watch: Watch) -> None:
    # 100 of 1,000 answers are logged, and all 20 errors
    judged = watch.judge(0.0, 120, errors=20, asked=1020.0, failed=20.0)
    assert judged.verdict.ok
    assert judged.figures["errors"].value == 20 / 1020


def test_answers_that_take_longer_than_usual(watch: Watch) -> None:
    random = np.random.default_rng(0)
    first = watch.judge(0.0, latencies=0.1)
    assert "NOT_COMPARED" in {one.code for one in first.verdict.reasons}
    for hour in range(1, 6):
        assert watch.judge(hour * HOUR, latencies=random.gamma(4, 0.02, 1000)).verdict.ok
    slow = watch.judge(6 * HOUR, latencies=random.gamma(4, 0.1, 1000))
    assert bad(slow) == {"latency_p95": "SLOW"}
    figure = slow.figures["latency_p95"]
    assert figure.low is not None
    assert figure.most is not None
    assert figure.most < figure.low < figure.value


def test_few_slow_answers_may_be_chance_and_a_bound_holds_from_the_first_window(tmp_path: Path) -> None:
    check = TrafficCheck(slowest=0.2, slower=0)
    # Seconds past the bound in 80 of 1,000 requests: one in twenty is slow, and more than by chance.
    slow = np.where(np.arange(1000) < 80, 1.0, 0.01)
    assert bad(Watch(tmp_path / "a", check).judge(0.0, latencies=slow)) == {"latency_p95": "SLOW"}
    few = np.where(np.arange(20) < 2, 1.0, 0.01)
    assert Watch(tmp_path / "b", check).judge(0.0, 20, latencies=few).verdict.ok


def test_requests_that_stay_away(watch: Watch) -> None:
    for day in range(7):
        for hour in (0, 12):
            assert watch.judge(day * DAY + hour * HOUR, 1000 if hour else 40).verdict.ok
    night, noon = watch.judge(WEEK, 40), watch.judge(WEEK + 12 * HOUR, 300)
    assert night.verdict.ok
    assert bad(noon) == {"rate": "FEW_REQUESTS"}
    [reason] = noon.verdict.failures
    assert "300 requests came, at such times it is usually 1,000 (at least 500)" in reason.message
    assert bad(watch.judge(WEEK + DAY, 0)) == {"rate": "FEW_REQUESTS"}


@pytest.mark.parametrize(("requests", "found"), [(30, {}), (5, {"rate": "FEW_REQUESTS"})])
def test_before_a_week_is_known_a_fifth_has_to_come(watch: Watch, requests: int, found: dict[str, str]) -> None:
    for day, usual in enumerate((1000, 900, 200, 1000)):
        assert watch.judge(day * DAY, usual).verdict.ok, day
    # half of a fifth of the least: 20
    assert bad(watch.judge(4 * DAY, requests)) == found


def test_no_requests_at_all(watch: Watch) -> None:
    judged = watch.judge(0.0, 0)
    assert judged.verdict.ok
    assert [one.code for one in judged.verdict.reasons] == ["NO_REQUESTS"]


def test_options_that_make_no_sense() -> None:
    with pytest.raises(InputError, match=r"errors: 1, slowest: -1, slower: 0\.5"):
        TrafficCheck(errors=1, slowest=-1, slower=0.5)
