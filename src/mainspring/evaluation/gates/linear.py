"""Sums of figures, and intervals of such sums: how far a difference of two figures may lie from what was seen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from mainspring.core import Slice
from mainspring.evaluation.evaluation import Evaluation
from mainspring.evaluation.gates.figures import ROUNDING, NoFigureError, Source, subject_of
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.operation import EXACT
from mainspring.evaluation.operation import FACTS as OF_OPERATION


class Term(NamedTuple):
    """A figure of a model: ``whose`` is ``""`` for the one that is judged, or the name of a baseline."""

    whose: str
    key: Slice
    metric: str


@dataclass(frozen=True, slots=True)
class Sum:
    """A number, and figures times numbers.

    Attributes:
        value: What it comes to.
        constant: The number.
        terms: Figure to what it is multiplied by; ``None`` where figures were multiplied with one another.
    """

    value: float
    constant: float = 0.0
    terms: Mapping[Term, float] | None = field(default_factory=dict)

    def __add__(self, other: Sum) -> Sum:
        if self.terms is None or other.terms is None:
            return Sum(self.value + other.value, terms=None)
        terms = dict(self.terms)
        for term, factor in other.terms.items():
            terms[term] = terms.get(term, 0.0) + factor
        return Sum(self.value + other.value, self.constant + other.constant, terms)

    def __sub__(self, other: Sum) -> Sum:
        return self + other.times(-1.0)

    def __mul__(self, other: Sum) -> Sum:
        for number, sum_ in ((self, other), (other, self)):
            if number.terms is not None and not number.terms:
                return sum_.times(number.value)
        return Sum(self.value * other.value, terms=None)

    def __truediv__(self, other: Sum) -> Sum:
        if other.value == 0:
            return Sum(math.nan, terms=None)
        if other.terms is not None and not other.terms:
            return self.times(1 / other.value)
        return Sum(self.value / other.value, terms=None)

    def times(self, factor: float) -> Sum:
        """This, multiplied by a number."""
        terms = None if self.terms is None else {term: of * factor for term, of in self.terms.items()}
        return Sum(self.value * factor, self.constant * factor, terms)


@dataclass(frozen=True, slots=True)
class Sources:
    """The models of a judgement.

    Attributes:
        models: ``""`` to the model that is judged, and the name of each baseline to that baseline.
        paired: Name of a baseline to the differences from it, measured row by row.
    """

    models: Mapping[str, Source]
    paired: Mapping[str, Evaluation] = field(default_factory=dict)

    def figure(self, term: Term) -> Sum:
        """A figure, as a sum of itself.

        Raises:
            NoFigureError: If it does not exist, or was measured on another machine than the model's.
        """
        self._check_machine(term)
        return Sum(self.models[term.whose].value(term.key, term.metric), 0.0, {term: 1.0})

    def interval(self, sum_: Sum) -> tuple[Interval, bool]:
        """The interval of a sum, and whether every difference in it was measured in pairs.

        Differences of a model and a baseline in the same metric and slice are taken from the pairs, where there
        are any. All else is put together as if it were independent (method of variance estimates recovery), which
        for two models on the same rows gives a wider interval than there really is: they err on the same rows.

        Reference: G. Y. Zou and A. Donner, *Construction of confidence limits about effect measures: a general
        approach*, Statistics in Medicine 27 (2008); for proportions it is R. G. Newcombe's method 10 (1998).

        Raises:
            NoFigureError: If the interval of a figure is not known, or figures are multiplied with one another.
        """
        if sum_.terms is None:
            message = "figures that are multiplied or divided by one another cannot be judged on their intervals"
            raise NoFigureError("NO_INTERVAL", message, "rule")
        terms = {term: factor for term, factor in sum_.terms.items() if abs(factor) > ROUNDING}
        below, above = 0.0, 0.0
        for factor, value, interval in self._parts(terms):
            low, high = (value - interval.low, interval.high - value)
            below += (factor * (low if factor > 0 else high)) ** 2
            above += (factor * (high if factor > 0 else low)) ** 2
        found = Interval(sum_.value - math.sqrt(below), sum_.value + math.sqrt(above))
        return found, not any(term.whose for term in terms)

    def _parts(self, terms: dict[Term, float]) -> list[tuple[float, float, Interval]]:
        """Factor, value and interval of what varies on its own; pairs are taken out of ``terms``."""
        parts = []
        for term in [term for term in terms if term.whose in self.paired]:
            own = Term("", term.key, term.metric)
            found = self.paired[term.whose].measured.get(term.key)
            if found is None or term.metric not in found.intervals:
                continue
            factor = -terms[term]
            if abs(terms.get(own, 0.0) - factor) > ROUNDING:
                continue
            parts.append((factor, found.values[term.metric], found.intervals[term.metric]))
            del terms[term], terms[own]
        for term, factor in terms.items():
            source = self.models[term.whose]
            parts.append((factor, source.value(term.key, term.metric), source.interval(term.key, term.metric)))
        return parts

    def _check_machine(self, term: Term) -> None:
        ours, theirs = self.models[""].operation, self.models[term.whose].operation
        if term.metric not in OF_OPERATION or term.metric in EXACT or ours is None or theirs is None:
            return
        if ours.machine != theirs.machine:
            places = f"{theirs.machine or 'not said which'}; now {ours.machine or 'not said which'}"
            name = self.models[term.whose].name
            message = f"{term.metric} of {name} was measured on another machine ({places}): measure both in turns"
            raise NoFigureError("NOT_COMPARABLE", message, term.metric)

    def lost(self, whose: str) -> dict[Slice, int]:
        """The slices that a baseline has and the model lacks, with their rows."""
        theirs = self.models[whose].evaluation
        ours = self.models[""].evaluation.slices
        return {key: theirs.measured[key].count for key in theirs.slices if key not in ours}

    def subject(self, term: Term) -> str:
        """What a reason about the figure is about."""
        return subject_of(term.metric, term.key)
