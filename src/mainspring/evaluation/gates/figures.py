"""Where gates take their figures from: the evaluation of a model and what it takes to run it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal

from mainspring.core import Reason, Slice
from mainspring.evaluation.evaluation import ALL_ROWS, Evaluation
from mainspring.evaluation.metrics.directions import better
from mainspring.evaluation.metrics.facts import Better, MetricName
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.operation import FACTS as OF_OPERATION
from mainspring.evaluation.operation import Operation

On = Literal["figure", "interval"]
"""What a gate judges: the figure, or the worse end of its interval."""

ROUNDING: Final = 1e-12
"""Figures that differ by less are equal."""


class NoFigureError(Exception):
    """A figure cannot be had; it carries the reason against the model."""

    def __init__(self, code: str, message: str, subject: str) -> None:
        super().__init__(message)
        self.reason = Reason(ok=False, code=code, message=message, subject=subject)


@dataclass(frozen=True, slots=True)
class Source:
    """The figures of one model.

    Attributes:
        name: What the model is called in sentences: ``"the model"``, ``"the blessed model"``.
        evaluation: How good it is.
        operation: What it takes to run it, if that was measured.
    """

    name: str
    evaluation: Evaluation
    operation: Operation | None = None

    def value(self, key: Slice, metric: str) -> float:
        """A figure over a slice, or over all rows.

        Raises:
            NoFigureError: If it does not exist, with the reason.
        """
        if metric in OF_OPERATION:
            return self._of_operation(key, metric)
        subject = subject_of(metric, key)
        if self.evaluation.unreadable is not None:
            message = f"{self.name} cannot read the rows: {self.evaluation.unreadable}"
            raise NoFigureError("UNREADABLE", message, subject)
        found = self.evaluation.measured.get(key)
        if found is None:
            near = nearest(str(key), [str(one) for one in self.evaluation.slices])
            raise NoFigureError("SLICE_MISSING", f"{self.name} has no figures for the slice {key}{near}", subject)
        if metric not in found.values:
            raise NoFigureError("METRIC_MISSING", self._unknown(metric, found.values), subject)
        value = found.values[metric]
        if math.isnan(value):
            why = found.reasons.get(metric, "it is not a number")
            raise NoFigureError("METRIC_NAN", f"{subject} of {self.name} does not exist: {why}", subject)
        return value

    def interval(self, key: Slice, metric: str) -> Interval:
        """The interval of a figure that exists.

        Raises:
            NoFigureError: If none is known, with what gives one.
        """
        subject = subject_of(metric, key)
        if metric in OF_OPERATION:
            known = None if self.operation is None else self.operation.interval(metric)
            fix = "measure it with more requests"
        else:
            known = self.evaluation.measured[key].intervals.get(metric)
            fix = 'evaluate with intervals=Intervals(method="bootstrap")'
            if metric == "count":
                known = Interval(*[self.value(key, metric)] * 2)
        if known is None:
            message = f"{subject} of {self.name} has no interval to be judged on; {fix}"
            raise NoFigureError("NO_INTERVAL", message, subject)
        return known

    def way(self, metric: str) -> Better:
        """Which way a metric improves: of an operation, of the user's own, or of ours."""
        stem = MetricName.parse(metric).stem
        fact = OF_OPERATION.get(metric) or self.evaluation.facts.get(stem)
        return better(metric) if fact is None else fact.better

    def small(self, key: Slice, subject: str, least: int) -> Reason | None:
        """That a slice is not judged, if it has too few rows."""
        found = self.evaluation.measured.get(key)
        if key == ALL_ROWS or found is None or found.count >= least:
            return None
        message = f"{subject} was not judged: {found.count} rows, fewer than {least}"
        return Reason(ok=True, code="SLICE_TOO_SMALL", message=message, subject=subject, observed=found.count)

    def _of_operation(self, key: Slice, metric: str) -> float:
        subject = subject_of(metric, key)
        if key != ALL_ROWS:
            raise NoFigureError("SLICE_MISSING", f"{metric} is measured over all rows, not by slice", subject)
        if self.operation is None:
            message = f"{metric} of {self.name} was not measured; measure it and give the operation"
            raise NoFigureError("METRIC_MISSING", message, subject)
        value = self.operation.values[metric]
        if math.isnan(value):
            raise NoFigureError("METRIC_NAN", f"{metric} of {self.name} could not be measured", subject)
        return value

    def _unknown(self, metric: str, values: Mapping[str, float]) -> str:
        name = MetricName.parse(metric)
        if (name.at or name.of) and any(MetricName.parse(one).stem == name.stem for one in values):
            return f"{self.name} has no metric {metric!r}; evaluate with metrics=[{metric!r}]"
        known = [*values, *(OF_OPERATION if self.operation is not None else ())]
        near = get_close_matches(metric, known, n=3)
        if near:
            return f"{self.name} has no metric {metric!r}; did you mean {' or '.join(map(repr, near))}?"
        return f"{self.name} has no metric {metric!r}; there are {', '.join(known)}"


def subject_of(metric: str, key: Slice) -> str:
    """What a reason is about: ``auc``, ``auc | sex=Female``."""
    return metric if key == ALL_ROWS else f"{metric} | {key}"


def nearest(name: str, known: list[str]) -> str:
    """What is there instead of a slice that is not, as the end of a sentence."""
    near = get_close_matches(name, known, n=3) or known[:3]
    return f"; there are {', '.join(near)}{' …' * (len(known) > len(near))}" if near else "; it has no slices"


def pair_text(first: float, second: float) -> tuple[str, str]:
    """Two figures as texts, with as many digits as it takes to tell them apart, three at least."""
    for digits in range(3, 16):
        texts = f"{first:.{digits}g}", f"{second:.{digits}g}"
        if texts[0] != texts[1] or abs(first - second) <= ROUNDING:
            return texts
    return repr(first), repr(second)
