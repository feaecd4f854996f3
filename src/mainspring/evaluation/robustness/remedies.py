"""Ways of mending a model, side by side: assertions, augmentation, reweighing, editing.

A model answers as it must not on some rows. Each remedy mends that at a price: in accuracy elsewhere, in answers
that change, or in rows left without one. What it costs is measured on the same held-out rows.

Reference: P. Hall, N. Gill and B. Cox, *Responsible Machine Learning* (2020), on remediation by data, model and
business rules; D. Kang et al., *Model assertions for monitoring and improving ML models*, MLSys 2020.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError, Slice
from mainspring.evaluation.assertions import Assertion, Enforced, enforce
from mainspring.evaluation.evaluation import ALL_ROWS, Evaluation, evaluate
from mainspring.evaluation.metrics.blocked import BLOCKED_SHARE
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Predictions
from mainspring.evaluation.robustness.outcomes import RemedyComparison, RemedyOutcome
from mainspring.evaluation.slicing import MIN_SLICE_SIZE, SliceForm

if TYPE_CHECKING:
    from mainspring.data import Table
    from mainspring.evaluation.fairness.mitigation.pricing import Fit

UNTOUCHED: Final = "untouched"
"""The name of the model as it is."""

Remedy: TypeAlias = "Sequence[Assertion] | Callable[[Predictor, Table], Predictor]"
"""Assertions that are enforced on the model's answers; or what makes another model of the model and the rows that
it learnt from, by training again (:func:`retrained`) or by editing it."""

_MOVED: Final = 1e-9
"""A value that moves by less is the same answer."""


@dataclass(frozen=True, slots=True)
class Asserted:
    """A predictor whose answers are held to assertions.

    Attributes:
        predictor: What answers.
        assertions: What its answers are held to.
    """

    predictor: Predictor
    assertions: tuple[Assertion, ...]

    def predict(self, table: Table) -> Predictions:
        """The answers after assertions."""
        return self.enforce(table).predictions

    def predict_own(self, table: Table) -> Predictions:
        """The predictor's own answers."""
        return self.predictor.predict(table)

    def enforce(self, table: Table) -> Enforced:
        """The answers after assertions, and which rows violate which."""
        return enforce(self.assertions, _columns(self.assertions, table), self.predict_own(table))


def retrained(
    fit: Fit,
    *,
    rows: Callable[[Table], Table] | None = None,
    weights: Callable[[Table], npt.NDArray[np.float64]] | None = None,
) -> Remedy:
    """The remedy of learning again, from other rows (augmentation) or with other weights (reweighing).

    Args:
        fit: Learns from rows with weights.
        rows: What is made of the rows that the model learnt from.
        weights: What each of these rows counts.

    Example:
        ``retrained(fit, weights=lambda table: np.where(table.column("age") < 25, 5.0, 1.0))``
    """

    def remedy(model: Predictor, table: Table) -> Predictor:
        _ = model
        learnt = table if rows is None else rows(table)
        return fit(learnt, None if weights is None else np.asarray(weights(learnt), dtype=np.float64))

    return remedy


def compare_remedies(
    model: Predictor,
    table: Table,
    held_out: Table,
    *,
    label: str,
    remedies: Mapping[str, Remedy],
    assertions: Sequence[Assertion] | None = None,
    slice_by: SliceForm | None = None,
    part: Slice | None = None,
    loss: str | None = None,
    positive: str | None = None,
    weight: str | None = None,
    min_slice_size: int = MIN_SLICE_SIZE,
) -> RemedyComparison:
    """Mend a model in several ways, and say what each gains and costs.

    Args:
        model: The model as it is.
        table: The rows that it learnt from, for remedies that train again.
        held_out: Labelled rows that none of them has seen.
        label: The label column.
        remedies: Name to assertions, or to what makes another model of the model and its rows.
        assertions: What answers should keep; violations are counted by these. Without it those among the remedies.
        slice_by: What the slice is cut by, as in :func:`mainspring.evaluation.evaluate`: ``"sex"``,
            ``"sql young: age < 25"``. All rows without it.
        part: Which of the slices that gives; without it the one with the worst loss of the untouched model.
        loss: The loss on the slice; ``brier``, or ``mae`` of a regression, without it. An override is sure of
            itself: where it is wrong, ``log_loss`` is as good as infinite.
        positive: The class that a binary task is about.
        weight: A column of what each held-out row counts.
        min_slice_size: The fewest rows that the slice may have.

    Raises:
        InputError: If a remedy has a name that is taken, there is no such slice, or a column is missing.

    Example:
        ``print(compare_remedies(model, rows, held_out, label="y", remedies={"assertion": [rule]}))``
    """
    if UNTOUCHED in remedies:
        raise InputError(
            f"a remedy called {UNTOUCHED!r}", fix="give it another name: the model itself has this one"
        )
    rules = _rules(remedies) if assertions is None else tuple(assertions)
    how: dict[str, Any] = {
        "label": label,
        "slices": [] if slice_by is None else [slice_by],
        "positive": positive,
        "weight": weight,
        "min_slice_size": min_slice_size,
    }
    own = model.predict(held_out)
    accuracy, loss = _figures(own, loss)
    before = evaluate(own, held_out, **how)
    key = _slice(before, loss, part) if slice_by is not None else ALL_ROWS
    columns = _columns(rules, held_out)
    outcomes = []
    for name, remedy in {UNTOUCHED: None, **remedies}.items():
        found = own if remedy is None else _mended(model, table, remedy).predict(held_out)
        judged = before if remedy is None else evaluate(found, held_out, **how)
        on_slice = judged.measured.get(key)
        interval = None if on_slice is None else on_slice.intervals.get(loss)
        outcomes.append(
            RemedyOutcome(
                remedy=name,
                accuracy=judged.overall.get(accuracy, math.nan),
                loss=math.nan if on_slice is None else on_slice.values.get(loss, math.nan),
                loss_interval=None if interval is None else (interval.low, interval.high),
                rows=0 if on_slice is None else on_slice.count,
                violations=_violations(rules, columns, found),
                changed=_changed(own, found),
                blocked=judged.overall.get(BLOCKED_SHARE, 0.0),
            )
        )
    return RemedyComparison(
        accuracy=accuracy,
        loss=loss,
        slice=key,
        rows=held_out.num_rows,
        assertions={one.name: one.when for one in rules},
        outcomes=tuple(outcomes),
    )


def _mended(model: Predictor, table: Table, remedy: Remedy) -> Predictor:
    return remedy(model, table) if callable(remedy) else Asserted(model, tuple(remedy))


def _rules(remedies: Mapping[str, Remedy]) -> tuple[Assertion, ...]:
    found = dict.fromkeys(one for remedy in remedies.values() if not callable(remedy) for one in remedy)
    names = [one.name for one in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"different assertions with the same name: {', '.join(map(repr, twice))}",
            fix="say which are meant: assertions=[…]",
        )
    return tuple(found)


def _columns(assertions: Sequence[Assertion], table: Table) -> dict[str, npt.NDArray[Any]]:
    """The raw columns that assertions read."""
    for one in assertions:
        one.condition.check({*table.names, "answer", "score"})
    names = {name for one in assertions for name in one.condition.names} - {"answer", "score"}
    return {name: table.column(name) for name in sorted(names)}


def _figures(own: Predictions, loss: str | None) -> tuple[str, str]:
    return ("r2", loss or "mae") if own.classes is None else ("accuracy", loss or "brier")


def _slice(before: Evaluation, loss: str, part: Slice | None) -> Slice:
    if part is not None and part in before.measured:
        return part
    worst = before.worst(loss, lower_is_better=True)
    if part is not None or not worst:
        raise InputError(
            f"no slice {str(part)!r}" if part is not None else "no slice with enough rows",
            expected="one of " + (", ".join(map(str, before.slices)) or "none: lower min_slice_size"),
        )
    return worst[0][0]


def _violations(rules: Sequence[Assertion], columns: Mapping[str, npt.NDArray[Any]], found: Predictions) -> int:
    """Answered rows that violate any rule as they are answered."""
    met = enforce(rules, columns, found).violated.values()
    wrong: npt.NDArray[np.bool_] = np.logical_or.reduce([np.zeros(len(found), dtype=np.bool_), *met])
    return int(np.count_nonzero(wrong & ~found.unanswered))


def _changed(own: Predictions, found: Predictions) -> float:
    if not len(own):
        return math.nan
    if own.classes is None:
        moved = np.abs(found.scores - own.scores) > _MOVED * (1.0 + np.abs(own.scores))
    else:
        moved = found.labels != own.labels
    return float(np.mean(moved | (found.unanswered != own.unanswered)))
