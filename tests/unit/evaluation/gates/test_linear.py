from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core import Slice
from mainspring.evaluation import Evaluation
from mainspring.evaluation.gates.figures import NoFigureError, Source
from mainspring.evaluation.gates.linear import Sources, Sum, Term

Made = Callable[..., Evaluation]

A, B = Term("", Slice(), "auc"), Term("baseline", Slice(), "auc")
NUMBERS = st.floats(-100, 100)


def figure(term: Term, value: float) -> Sum:
    return Sum(value, 0.0, {term: 1.0})


def number(value: float) -> Sum:
    return Sum(value, value)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_sums_are_linear(a: float, b: float, factor: float) -> None:
    together = (figure(A, a) + figure(B, b)) * number(factor)
    apart = number(factor) * figure(A, a) + number(factor) * figure(B, b)
    assert together.value == pytest.approx(apart.value)
    assert together.terms == apart.terms
    assert together.value == pytest.approx(a * factor + b * factor)


@given(NUMBERS, NUMBERS)
def test_what_is_taken_away_from_itself_leaves_nothing(a: float, constant: float) -> None:
    found = figure(A, a) + number(constant) - figure(A, a)
    assert found.terms == {A: 0.0}
    assert (found.constant, found.value) == (constant, pytest.approx(constant))


def test_figures_times_figures_are_no_sums() -> None:
    assert (figure(A, 2) * figure(B, 3)).terms is None
    assert (figure(A, 6) / figure(B, 3)).value == 2
    assert (figure(A, 6) / number(3)).terms == {A: pytest.approx(1 / 3)}
    assert math.isnan((figure(A, 6) / number(0)).value)


def test_intervals_of_sums(made: Made) -> None:
    """One figure keeps its own; of two, the distances to the ends add up as the sides of a right angle."""
    models = {
        "": Source("the model", made(intervals={"auc": (0.83, 0.87)}, auc=0.86)),
        "baseline": Source("the blessed model", made(intervals={"auc": (0.76, 0.84)}, auc=0.8)),
    }
    sources = Sources(models)
    ours, theirs = sources.figure(A), sources.figure(B)
    assert sources.interval(ours)[0] == pytest.approx((0.83, 0.87))
    assert sources.interval(ours.times(-2.0) + number(1))[0] == pytest.approx((-0.74, -0.66))
    (low, high), paired = sources.interval(ours - theirs)
    assert low == pytest.approx(0.06 - math.hypot(0.03, 0.04))
    assert high == pytest.approx(0.06 + math.hypot(0.01, 0.04))
    assert not paired
    with pytest.raises(NoFigureError):
        sources.interval(ours * theirs)
