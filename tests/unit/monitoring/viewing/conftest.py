"""Two days of a model that went wrong: drift and quality past their limits from hour 30 on, a gap in the night."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table
from mainspring.monitoring.alerts import Alert, Cause, Example, Severity, State
from mainspring.monitoring.monitor import NotedDecision
from mainspring.monitoring.profiles import WindowProfile
from mainspring.monitoring.seen import Series
from mainspring.monitoring.viewing import SeenWindow, Watch
from mainspring.monitoring.windows import Window

HOUR = 3600.0
HOURS = [hour for hour in range(48) if not 20 <= hour < 24]
BROKEN = 30


def series(values, *, low=np.nan, high=np.nan, least=np.nan, most=np.nan, times=None) -> Series:
    """A figure of the hours of the fixture, or of other times."""
    values = np.asarray(values, float)
    times = np.array(HOURS[: len(values)]) * HOUR if times is None else np.asarray(times, float)

    def full(value):
        return np.broadcast_to(np.asarray(value, float), values.shape).copy()

    return Series(times=times, values=values, low=full(low), high=full(high), least=full(least), most=full(most))


def profile(values) -> WindowProfile:
    table = Table.from_columns(
        {"age": [int(one) for one in values], "job": ["clerk", "smith"] * (len(values) // 2)}
    )
    window = Window(since=0, until=HOUR, table=table, requests=1, errors=0, complete=True)
    return WindowProfile.of(window, model="census")


def alert(id_: str, **more) -> Alert:
    given = {
        "model": "census", "version": "1.0.0", "check": "drift", "code": "DRIFT", "subject": "age",
        "since": 30 * HOUR, "began": 30 * HOUR, "opened": 31 * HOUR, "fired_at": 31 * HOUR, "last_seen": 48 * HOUR,
        "state": State.FIRING, "message": "column 'age' has drifted", "value": 0.27, "limit": 0.03, "effect": 9.0,
        "usual": 0.02, "suggestion": "look upstream: mainspring alerts show",
    }  # fmt: skip
    return Alert(id=id_, **{**given, **more})


@pytest.fixture(scope="session")
def figure_over() -> Callable[..., Series]:
    """Makes a figure over the hours of the watch, or over other times."""
    return series


@pytest.fixture(scope="session")
def watch() -> Watch:
    bad = np.array(HOURS) >= BROKEN
    random = np.random.default_rng(0)
    noise = random.normal(0, 0.004, len(HOURS))
    accuracy = np.where(bad, 0.6, 0.87) + noise
    women = np.where(bad, 0.07, 0.93) + noise
    figures = {
        "drift/age": series(np.where(bad, 0.27, 0.02) + noise, most=0.03),
        "drift/job": series(0.01 + np.abs(noise), most=0.1),
        "quality/accuracy": series(accuracy, low=accuracy - 0.05, high=accuracy + 0.05, least=0.83),
        "quality/accuracy|sex=Female": series(women, least=0.88),
        "quality/accuracy|sex=<Male>": series(0.85 + noise, least=0.8),
        "quality/recall": series(accuracy - 0.2),
        "quality/labelled": series(np.ones(len(HOURS))),
        "estimated_quality/accuracy": series(0.87 + noise, least=0.82),
        "calibration/gap": series(np.where(bad, 0.38, 0.01), most=0.05),
        "calibration/mean|probability=0 to 0.5": series(0.2 + noise),
        "calibration/share|probability=0 to 0.5": series(np.where(bad, 0.5, 0.2)),
        "skew/missing.age": series(np.zeros(len(HOURS))),
        "skew/relation.age": series(np.where(bad, 0.3, 0.5) + noise),
    }
    reasons = [Reason(ok=False, code="DRIFT", message="column 'age' has drifted <most>", subject="age")]
    windows = [
        SeenWindow(
            since=hour * HOUR,
            until=(hour + 1) * HOUR,
            ok=hour < BROKEN,
            rows=300,
            version="1.0.0",
            verdict=None if hour < 40 else Verdict.of("watch", reasons),
        )
        for hour in HOURS
    ]
    shown = Example(row=7, values={"job": "clerk", "age": 85, "output.label": "<=50K"}, contributions={"age": 0.4})
    cause = Cause(kind="deployment", key="deployment:7", at=29.5 * HOUR, what="deployment 7 was applied by ann")
    alerts = [
        alert("aa000001", check="quality", subject="accuracy | sex=Female", severity=Severity.CRITICAL, value=0.07,
              limit=0.88, examples=(shown,), causes=(cause,), features=("age",)),
        alert("aa000002", state=State.ACKNOWLEDGED),
        alert("aa000003", subject="job", state=State.RESOLVED, since=5 * HOUR, last_seen=9 * HOUR,
              resolved_at=10 * HOUR),
    ]  # fmt: skip
    decisions = [
        NotedDecision(at=32 * HOUR, window=32 * HOUR, outcome="asked", because="age has drifted", calls=("age",)),
        NotedDecision(at=40 * HOUR, window=40 * HOUR, outcome="blocked", because="age has drifted, but too soon",
                      calls=("age has drifted",), obstacles=("the last run was 8 h ago",)),
    ]  # fmt: skip
    return Watch(
        model="census",
        windows=windows,
        figures=figures,
        alerts=alerts,
        changes=[cause],
        decisions=decisions,
        latest=profile(range(40, 80)),
        reference=profile(range(20, 60)).statistics,
        window=HOUR,
    )
