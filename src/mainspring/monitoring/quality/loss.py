"""Direct loss estimation: how large the errors of a model of numbers are, without knowing the truth.

A second model learns, from reference rows, how large the loss of a row is by its inputs and its answer; the mean
of what it says of a window is the estimate. It needs no probabilities, and sees what other inputs do to quality.

**What is assumed**: that the loss depends on the inputs as it did in the reference. **What is not seen**: a
relation of inputs to truth that has changed (concept drift), and inputs that the reference knows nothing of.

Reference: NannyML, *How it works: direct loss estimation* (documentation, version 0.13).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mainspring.core.errors import InputError
from mainspring.core.slices import Slice
from mainspring.evaluation.metrics.intervals import normal
from mainspring.evaluation.metrics.measured import Interval, Measured
from mainspring.evaluation.reference import TRUTH
from mainspring.monitoring.quality.answers import PREDICTION, Answers, Floats, Ints, read_answers
from mainspring.monitoring.quality.boosting import Bag
from mainspring.monitoring.quality.drawing import some_rows
from mainspring.monitoring.quality.inputs import Inputs
from mainspring.monitoring.quality.measuring import USUAL

if TYPE_CHECKING:
    from mainspring.data import Table

ALL_ROWS: Final = Slice()
LEAST_REFERENCE: Final = 200

_Loss = Callable[[Floats, Floats], Floats]

LOSSES: Final[Mapping[str, _Loss]] = {
    "mae": lambda truth, said: np.abs(said - truth),
    "mse": lambda truth, said: (said - truth) ** 2,
    "mape": lambda truth, said: np.abs(said - truth) / np.where(truth == 0, np.nan, np.abs(truth)),
    "msle": lambda truth, said: (np.log1p(_above(said)) - np.log1p(_above(truth))) ** 2,
}
"""The loss of each row; NaN where it does not exist."""

ROOTS: Final[Mapping[str, str]] = {"rmse": "mse", "rmsle": "msle"}
"""Metrics that are the root of another."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Learned:
    """A loss: its model, and what rows of the reference say of it.

    Attributes:
        bag: The model.
        mean: The realised mean loss of the reference.
        spread: The variance of the loss of a row.
        left: The variance of it that the model does not explain.
    """

    bag: Bag
    mean: float
    spread: float
    left: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LossEstimator:
    """What was learned from the reference.

    Attributes:
        inputs: Makes numbers of rows.
        learned: Loss to its model.
    """

    inputs: Inputs
    learned: Mapping[str, _Learned]

    @classmethod
    def fit(cls, reference: Table, *, metrics: Sequence[str] = (), seed: int = 0) -> LossEstimator:
        """Learn from rows whose truth is known, and which the model was not trained on.

        Args:
            reference: With inputs, ``output.prediction`` and ``feedback.truth``.
            metrics: Some of mae, mse, rmse, mape, msle, rmsle; the usual ones without any.
            seed: Of all draws.

        Raises:
            InputError: If there are no predictions or no numeric truth, fewer than 200 rows of them, no inputs, or
                a metric is none of these.
        """
        names = _checked(metrics or USUAL["regression"])
        answers = _values(reference)
        if TRUTH not in reference.names or not reference.type_of(TRUTH).is_numeric:
            raise InputError("the reference has no numeric truth", expected=f"a column {TRUTH} of numbers")
        known = reference.where(f'isfinite("{TRUTH}"::DOUBLE) AND isfinite("{PREDICTION}"::DOUBLE)')
        if known.num_rows < LEAST_REFERENCE:
            raise InputError(
                f"{known.num_rows} of {len(answers)} reference rows have an answer and a truth",
                expected=f"at least {LEAST_REFERENCE}",
            )
        known = some_rows(known)
        inputs = Inputs.learn(known, answers=True)
        rows, truth, said = inputs.matrix(known), known.column(TRUTH), known.column(PREDICTION)
        losses = dict.fromkeys(ROOTS.get(name, name) for name in names)
        return cls(
            inputs=inputs,
            learned={name: _learn(rows, LOSSES[name](truth, said), name, seed) for name in losses},
        )

    def estimate(
        self,
        table: Table,
        *,
        metrics: Sequence[str] = (),
        parts: Mapping[Slice, Ints] | None = None,
    ) -> dict[Slice, Measured]:
        """Estimate the quality of the answers in a table.

        Args:
            table: Rows with inputs and answers.
            metrics: Some of those that were learned; the usual ones without any.
            parts: Slices with the places of their rows in the table.

        Returns:
            Slice to figures; ``Slice()`` is all rows. The 95 % intervals hold what sampling rows, the part of
            the loss that inputs do not tell, and the models may be off by (as far as those of rows drawn again
            differ).

        Raises:
            InputError: If the table lacks inputs or predictions, or a metric was not learned.
        """
        names = _checked(metrics or USUAL["regression"], self.learned)
        answers = _values(table)
        rows = self.inputs.matrix(table)
        said = {name: one.bag.predict(rows) for name, one in self.learned.items()}
        places = {ALL_ROWS: np.arange(len(answers)), **(parts or {})}
        found = {}
        for key, some in places.items():
            there = some[answers.known[some]]
            means = {name: _mean(said[name][:, there], one) for name, one in self.learned.items()}
            found[key] = _measured(names, means)
        return found

    @property
    def reference_rows(self) -> int:
        """How many rows it was learned from."""
        return max(len(one.bag.unseen) for one in self.learned.values())

    def usual(self, rows: int, metrics: Sequence[str]) -> Measured:
        """The realised figures of the reference, with the 95 % intervals that windows of so many rows have."""
        names = _checked(metrics or USUAL["regression"], self.learned)
        found = {name: _Mean(rows, one.mean, one.spread / max(rows, 1)) for name, one in self.learned.items()}
        return _measured(names, found)


@dataclass(frozen=True, slots=True)
class _Mean:
    rows: int
    value: float
    variance: float


def _learn(rows: Floats, losses: Floats, name: str, seed: int) -> _Learned:
    kept = np.isfinite(losses)
    if np.count_nonzero(kept) < LEAST_REFERENCE:
        raise InputError(
            f"{name} exists for {np.count_nonzero(kept)} reference rows",
            expected=f"at least {LEAST_REFERENCE}",
            fix="leave it out: mape needs truths other than 0, msle those above -1",
        )
    losses = losses[kept]
    bag = Bag.fit(rows[kept], losses, seed=seed)
    told = np.isfinite(bag.unseen)
    return _Learned(
        bag=bag,
        mean=float(losses.mean()),
        spread=float(losses.var()),
        left=float(np.mean((losses[told] - bag.unseen[told]) ** 2)),
    )


def _mean(said: Floats, learned: _Learned) -> _Mean:
    """The mean over rows of what the models say, and its variance."""
    count = said.shape[1]
    if not count:
        return _Mean(0, math.nan, math.nan)
    rows = np.maximum(said.mean(axis=0), 0.0)
    between = float(said.mean(axis=1).var(ddof=1))
    return _Mean(count, float(rows.mean()), (float(rows.var()) + learned.left) / count + between)


def _measured(names: Sequence[str], found: Mapping[str, _Mean]) -> Measured:
    values: dict[str, float] = {}
    ends: dict[str, Interval] = {}
    reasons = {}
    for name in names:
        one = found[ROOTS.get(name, name)]
        interval = normal(one.value, one.variance, low=0.0)
        values[name] = math.sqrt(one.value) if name in ROOTS else one.value
        if math.isnan(one.value):
            reasons[name] = "there are no rows with an answer"
        else:
            ends[name] = Interval(*map(math.sqrt, interval)) if name in ROOTS else interval
    return Measured(next(iter(found.values())).rows, values, ends, reasons)


def _checked(metrics: Sequence[str], learned: Mapping[str, _Learned] | None = None) -> tuple[str, ...]:
    known = [*LOSSES, *ROOTS]
    strange = [name for name in metrics if name not in known]
    if learned is not None:
        strange += [name for name in metrics if name in known and ROOTS.get(name, name) not in learned]
    if strange:
        raise InputError(
            f"{', '.join(map(repr, strange))} cannot be estimated from losses of single rows",
            expected="some of " + ", ".join(known) if learned is None else "metrics that were learned",
        )
    return tuple(dict.fromkeys(metrics))


def _values(table: Table) -> Answers:
    answers = read_answers(table)
    if answers is None or answers.classes is not None:
        raise InputError("the rows have no predicted values", expected=f"a column {PREDICTION} of numbers")
    return answers


def _above(values: Floats) -> Floats:
    found: Floats = np.where(values > -1, values, np.nan)
    return found
