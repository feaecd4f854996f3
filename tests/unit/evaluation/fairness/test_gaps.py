from __future__ import annotations

import math

import numpy as np
import pytest

from mainspring.core import Slice
from mainspring.evaluation.fairness.across import Across
from mainspring.evaluation.fairness.gaps import Gap, Groups, gaps
from mainspring.evaluation.metrics.intervals import wilson

KEYS = [Slice.of(g="a"), Slice.of(g="b"), Slice.of(g="c")]


def rates(name: str, counts: list[tuple[int, int]]) -> Across:
    tops, bottoms = (np.array(each, dtype=np.float64) for each in zip(*counts, strict=True))
    values = np.divide(tops, bottoms, out=np.full(len(tops), math.nan), where=bottoms > 0)
    return Across(
        name=name,
        values=values,
        tops=tops,
        bottoms=bottoms,
        rows=bottoms.astype(np.int64),
        intervals=tuple(wilson(top, bottom) if bottom else None for top, bottom in counts),
        reasons=tuple("" if bottom else "nobody" for _, bottom in counts),
    )


def found(*figures: Across, privileged: int | None = None, smallest: int = 1) -> dict[str, Gap]:
    groups = Groups(
        protected="g",
        keys=KEYS[: len(figures[0].values)],
        smallest=smallest,
        level=0.95,
        privileged=privileged,
    )
    return {gap.name: gap for gap in gaps({(one.name, one.at): one for one in figures}, groups)}


def test_the_interval_of_a_difference_is_that_of_newcombe() -> None:
    # R. G. Newcombe, Interval estimation for the difference between independent proportions, Statistics in
    # Medicine 17 (1998), table II, example (a), method 10: 56/70 - 48/80.
    gap = found(rates("true_positive_rate", [(56, 70), (48, 80)]))["equal_opportunity_difference"]
    assert gap.value == pytest.approx(0.2)
    assert gap.interval == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_the_interval_of_a_ratio_holds_it_and_is_that_of_the_difference_of_logarithms() -> None:
    gap = found(rates("selection_rate", [(56, 70), (48, 80)]))["demographic_parity_ratio"]
    assert gap.value == pytest.approx(0.75)
    one, other = wilson(48, 80), wilson(56, 70)
    low = math.log(0.75) - math.hypot(math.log(0.6 / one.low), math.log(other.high / 0.8))
    assert gap.interval is not None
    assert gap.interval.low == pytest.approx(math.exp(low))
    assert gap.interval.low < 0.75 < gap.interval.high


def test_a_rate_of_nothing_has_a_ratio_and_nothing_over_nothing_has_none() -> None:
    some = found(rates("selection_rate", [(0, 50), (10, 50)]))["demographic_parity_ratio"]
    assert some.value == 0
    assert some.interval is not None
    assert some.interval.low == 0
    assert some.interval.high > 0.1
    none = found(rates("selection_rate", [(0, 50), (0, 50)]))
    assert (
        none["demographic_parity_ratio"].reason == "the selection_rate of every group is 0, so there is no ratio"
    )
    assert none["demographic_parity_difference"].value == 0
    assert none["demographic_parity_difference"].groups == (KEYS[0], KEYS[1])


def test_equalised_odds_are_the_worse_of_both_and_leave_out_who_lacks_one() -> None:
    hits = rates("true_positive_rate", [(8, 10), (7, 10), (0, 0)])
    alarms = rates("false_positive_rate", [(1, 10), (4, 10), (9, 10)])
    gap = found(hits, alarms)["equalized_odds_difference"]
    assert gap.value == pytest.approx(0.3)
    assert gap.figure == "false_positive_rate"
    assert gap.groups == (KEYS[1], KEYS[0])
    assert gap.left_out == {KEYS[2]: "nobody"}


def test_signed_gaps_are_of_each_group_against_the_privileged_one() -> None:
    figure = rates("selection_rate", [(5, 10), (8, 10), (0, 0)])
    groups = Groups(protected="g", keys=KEYS, smallest=1, level=0.95, privileged=1)
    told = [gap for gap in gaps({("selection_rate", None): figure}, groups) if gap.name == "disparate_impact"]
    assert [gap.groups for gap in told] == [(KEYS[0], KEYS[1]), (KEYS[2], KEYS[1])]
    assert told[0].value == pytest.approx(0.625)
    assert math.isnan(told[1].value)
    assert told[1].reason == "g=c: nobody"


def test_it_comes_back_as_it_was() -> None:
    for gap in found(rates("selection_rate", [(5, 10), (8, 10), (0, 0)]), privileged=1).values():
        assert Gap.from_dict(gap.as_dict()).as_dict() == gap.as_dict()
