import math
from statistics import NormalDist

import pytest

from mainspring.core.errors import InputError
from mainspring.core.slices import Slice
from mainspring.evaluation.metrics import Interval, Measured
from mainspring.monitoring.quality.bounds import Bound, Wanted, check_wanted, judge_figures

ALL = Slice()
Z = 1.959963984540054


def measured(value: float, half: float, name: str = "accuracy") -> Measured:
    return Measured(100, {name: value}, {name: Interval(value - half, value + half)})


def test_an_interval_that_holds_the_bound_is_no_alarm() -> None:
    for value, alarm in ((0.69, True), (0.71, False), (0.85, False)):
        [reason], figures = judge_figures({ALL: measured(value, 0.1)}, {(ALL, "accuracy"): Bound(least=0.8)})
        assert reason.ok is not alarm
        assert reason.expected == 0.8
        assert figures["accuracy"].least == 0.8
    assert judge_figures({ALL: measured(0.5, 0.1)}, {})[0] == []


def test_the_more_slices_the_surer_an_alarm_must_be() -> None:
    """By hand: one of many slices at 2.2 deviations is an alarm alone, and not among twenty good ones."""
    parts = {Slice.of(part=str(number)): measured(0.9, 0.1) for number in range(20)}
    bad = Slice.of(part="bad")
    parts[bad] = measured(0.8 - 2.2 * 0.1 / Z, 0.1)
    bounds = {(part, "accuracy"): Bound(least=0.8) for part in parts}
    alone, _ = judge_figures({bad: parts[bad]}, bounds)
    assert not alone[0].ok
    many, figures = judge_figures(parts, bounds)
    assert all(one.ok for one in many)
    assert many[0].subject == "accuracy | part=bad"
    assert "chance may explain it" in many[0].message
    assert "accuracy|part=bad" in figures
    assert NormalDist().cdf(-2.2) < 0.025 < NormalDist().cdf(-2.2) * 21


def test_bounds_that_come_from_a_reference_are_unsure_themselves() -> None:
    wanted = Wanted(worse={"accuracy": 0.05, "log_loss": 0.1})
    bound = wanted.bound("accuracy", measured(0.85, 0.1))
    assert bound is not None
    assert bound.least == pytest.approx(0.8)
    assert bound.error == pytest.approx(0.1 / Z)
    loss = wanted.bound("log_loss", measured(0.3, 0.1, "log_loss"))
    assert loss is not None
    assert loss.least is None
    assert loss.most == pytest.approx(0.4)
    # 0.68 alone is past 0.8 by 2.35 deviations, with those of the reference by 1.66.
    [reason], _ = judge_figures({ALL: measured(0.68, 0.1)}, {(ALL, "accuracy"): bound})
    assert reason.ok
    [reason], _ = judge_figures({ALL: measured(0.65, 0.1)}, {(ALL, "accuracy"): bound})
    assert not reason.ok


def test_of_two_bounds_the_tighter_one_counts() -> None:
    wanted = Wanted(at_least={"accuracy": 0.7}, worse={"accuracy": 0.05})
    bound = wanted.bound("accuracy", measured(0.85, 0.01))
    assert bound is not None
    assert bound.least == pytest.approx(0.8)
    assert "than in the reference" in bound.told
    lower = wanted.bound("accuracy", measured(0.72, 0.01))
    assert lower == Bound(least=0.7)


def test_headlines_have_a_tolerance() -> None:
    wanted = Wanted(tolerance=0.1, headlines=("mae",))
    bound = wanted.bound("mae", measured(2.0, 0.1, "mae"))
    assert bound is not None
    assert bound.most == pytest.approx(2.2)
    assert wanted.bound("rmse", measured(2.0, 0.1, "rmse")) is None
    assert wanted.bound("mae", None) is None


def test_a_figure_that_does_not_exist_is_told() -> None:
    found = Measured(3, {"auc": math.nan}, reasons={"auc": "every row has 'yes'"})
    [reason], _ = judge_figures({ALL: found}, {(ALL, "auc"): Bound(least=0.8)})
    assert (reason.ok, reason.code) == (True, "NO_FIGURE")
    assert "every row has 'yes'" in reason.message


def test_what_makes_no_sense_is_refused_at_once() -> None:
    with pytest.raises(InputError) as error:
        check_wanted(["acc"], Wanted(worse={"mae": -1.0}, tolerance=-0.1), where="quality", level=2.0)
    for part in ("no metric 'acc'", "mae may be worse by -1", "tolerance is -0.1", "level is 2.0"):
        assert part in error.value.found
