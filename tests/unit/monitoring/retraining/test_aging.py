import json
from typing import Any

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.monitoring.retraining import stale_curve

DAY = 86400.0


@pytest.fixture(scope="module")
def turning() -> Table:
    """The direction that matters turns by a sixth of a half circle every ten days, sixty days long."""
    random = np.random.default_rng(0)
    count = 3600
    days = np.linspace(0, 60, count, endpoint=False)
    a, b, noise = random.normal(size=(3, count))
    angle = np.pi * days / 60
    answer = np.where(np.cos(angle) * a + np.sin(angle) * b + 0.3 * noise > 0, "yes", "no")
    return Table.from_columns({"a": a, "b": b, "y": answer, "day": days * DAY})


def test_models_grow_stale_where_the_world_turns(turning: Table, fit: Any) -> None:
    curve = stale_curve(turning, fit, label="y", time="day", period="10d", history="10d", metric="accuracy")
    assert (curve.metric, curve.period, len(curve.starts)) == ("accuracy", 10 * DAY, 4)
    assert [one.age / DAY for one in curve.ages] == [0, 10, 20, 30, 40]
    losses = [one.loss for one in curve.ages]
    assert losses == sorted(losses)
    assert losses[0] == 0.0
    assert losses[3] > 0.25
    first = curve.line(curve.starts[0])
    assert [one.age / DAY for one in first] == [0, 10, 20, 30, 40]
    # A direction that is off by 30 degrees answers a sixth of the rows wrongly, by 60 a third, and so on.
    assert [one.value for one in first] == pytest.approx([5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6], abs=0.08)


def test_the_loss_is_that_against_a_model_that_is_fresh(turning: Table, fit: Any) -> None:
    curve = stale_curve(turning, fit, label="y", time="day", period="10d", history="10d", metric="accuracy")
    one = curve.line(curve.starts[0])[2]
    rows = turning.sql(f"SELECT * FROM this WHERE day >= {30 * DAY} AND day < {40 * DAY}")
    truth = rows.column("y")
    right = []
    for begin in (0, 20):
        learnt = turning.sql(f"SELECT * FROM this WHERE day >= {begin * DAY} AND day < {(begin + 10) * DAY}")
        right.append(float(np.mean(fit(learnt).predict(rows).labels == truth)))
    assert one.since == 30 * DAY
    assert (one.value, one.loss) == (pytest.approx(right[0]), pytest.approx(right[1] - right[0]))
    assert one.loss_low < one.loss < one.loss_high


def test_freshness_follows_from_what_may_be_lost(turning: Table, fit: Any) -> None:
    curve = stale_curve(turning, fit, label="y", time="day", period="10d", history="10d", metric="accuracy")
    ages = [curve.fresh_for(margin) for margin in (0.0, 0.2, 0.99)]
    assert ages[0] == 10 * DAY
    assert ages[1] is not None
    assert 10 * DAY <= ages[1] <= 30 * DAY
    assert ages[2] is None
    verdict = curve.verdict(0.2)
    assert [one.ok for one in verdict.reasons][:2] == [True, True]
    assert not verdict.ok


def test_in_a_steady_world_nothing_grows_stale(steady: Table, fit: Any) -> None:
    curve = stale_curve(steady, fit, label="y", period="4d", starts=2)
    assert len(curve.starts) == 2
    assert curve.fresh_for(0.01) is None
    assert max(abs(one.loss) for one in curve.ages) < 0.01


def test_a_metric_that_is_better_when_lower(turning: Table, fit: Any) -> None:
    curve = stale_curve(turning, fit, label="y", time="day", period="20d", metric="log_loss")
    assert curve.ages[-1].loss > 0
    told = json.loads(json.dumps(curve.as_dict(), allow_nan=False))
    assert told["metric"] == "log_loss"


def test_too_short_a_time_is_refused(steady: Table, fit: Any) -> None:
    with pytest.raises(InputError, match="have 100 rows"):
        stale_curve(steady, fit, label="y", period="300d")
