"""Holding answers to assertions: in evaluation, and at every request."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError, Reason, Verdict
from mainspring.evaluation.assertions.assertion import Assertion
from mainspring.evaluation.assertions.conditions import ANSWER, SCORE, Columns
from mainspring.evaluation.assertions.kinds import check_kinds
from mainspring.evaluation.predictions import Cutoff, Predictions

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enforced:
    """Answers after assertions had their say.

    Attributes:
        predictions: The answers; an overridden class has the probability 1, a blocked row has NaN throughout.
        violated: Assertion to the rows that met its condition, shape ``[n]``.
        blocked: Rows without an answer.
        overridden: Rows whose answer is not the model's.
    """

    predictions: Predictions
    violated: Mapping[str, Bools]
    blocked: Bools
    overridden: Bools

    @property
    def counts(self) -> dict[str, int]:
        """Assertion to the number of rows that met its condition."""
        return {name: int(np.count_nonzero(rows)) for name, rows in self.violated.items()}

    def flags(self, row: int) -> tuple[str, ...]:
        """The names of the assertions whose condition a row met."""
        return tuple(name for name, rows in self.violated.items() if rows[row])


def check_assertions(
    assertions: Sequence[Assertion],
    columns: Sequence[str],
    classes: Sequence[str] | None,
    *,
    texts: Collection[str] | None = None,
) -> None:
    """See that assertions fit a model, before any of them is relied on.

    Args:
        assertions: In the order in which they are enforced.
        columns: The raw columns that a request holds.
        classes: The model's classes; ``None`` for a regression.
        texts: Those of the columns that hold text; if given, a condition may compare texts with texts only,
            numbers with numbers, and the answer with classes that there are.

    Raises:
        InputError: If a name is there twice, a column does not exist, an answer is none of the model's, or a
            condition could never hold.
    """
    names = [one.name for one in assertions]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"assertions with the same name: {', '.join(map(repr, twice))}", expected="one of each name"
        )
    for one in assertions:
        one.condition.check({*columns, ANSWER, SCORE})
        if texts is not None:
            check_kinds(one.condition, texts, classes)
        if one.answer is None:
            continue
        if classes is None and isinstance(one.answer, str):
            raise InputError(
                f"{one.name!r} answers {one.answer!r}, but the model gives values", expected="a number"
            )
        if classes is not None and str(one.answer) not in classes:
            raise InputError(
                f"{one.name!r} answers {one.answer!r}, which is no class of the model",
                expected="one of " + ", ".join(map(repr, classes)),
            )


def enforce(assertions: Sequence[Assertion], columns: Columns, predictions: Predictions) -> Enforced:
    """Hold answers to assertions, each in turn.

    A condition always reads the model's own answer, not one that was overridden; of several overrides the last one
    counts, and a block counts whatever else there is.

    Args:
        assertions: From :func:`check_assertions`.
        columns: The raw columns of the rows, in the form of ``Table.column``.
        predictions: The model's answers.
    """
    rows = len(predictions)
    violated = violations(assertions, {**columns, **_answers(predictions)})
    blocked, overridden = np.zeros(rows, dtype=np.bool_), np.zeros(rows, dtype=np.bool_)
    scores = predictions.scores
    for one in assertions:
        met = violated[one.name]
        if one.action == "block":
            blocked |= met
        elif one.action == "override":
            scores = _overridden(scores, met, one.answer, predictions.classes)
            overridden |= met
    if blocked.any():
        scores = scores.copy()
        scores[blocked] = np.nan
    changed = blocked.any() or overridden.any()
    cutoff = _obeyed(predictions.cutoff, overridden) if changed else None
    made = Predictions(predictions.classes, scores, cutoff) if changed else predictions
    if any(one.action == "block" for one in assertions):
        made = replace(made, blocked=blocked)
    return Enforced(predictions=made, violated=violated, blocked=blocked, overridden=overridden & ~blocked)


def violations(assertions: Sequence[Assertion], told: Columns) -> dict[str, Bools]:
    """Which rows meet the condition of each assertion, by its name, shape ``[n]``.

    Args:
        assertions: Any.
        told: The raw columns that they read, with ``answer`` and ``score``.
    """
    return {one.name: one.condition.holds(told) for one in assertions}


def judge_assertions(
    enforced: Enforced, *, at_most: float | Mapping[str, float] = 0.0, gate: str = "assertions"
) -> Verdict:
    """Whether a model keeps to its assertions often enough on some rows.

    Args:
        enforced: From :func:`enforce`.
        at_most: The largest share of rows that may meet each condition; by name, or for all.
        gate: Name of the gate in the verdict.
    """
    return judge_violations(enforced.violated, at_most=at_most, gate=gate)


def judge_violations(
    violated: Mapping[str, Bools], *, at_most: float | Mapping[str, float] = 0.0, gate: str = "assertions"
) -> Verdict:
    """Whether few enough rows violate each assertion; see :func:`judge_assertions`.

    Args:
        violated: Assertion to the rows that met its condition, shape ``[n]``.
        at_most: As for :func:`judge_assertions`.
        gate: Likewise.
    """
    reasons = []
    for name, rows in violated.items():
        bound = at_most.get(name, 0.0) if isinstance(at_most, Mapping) else at_most
        count, share = int(np.count_nonzero(rows)), float(rows.mean()) if len(rows) else 0.0
        ok = share <= bound
        message = (
            f"{name}: {count} of {len(rows)} answers violate it, {'at most' if ok else 'more than'} {bound:.2%}"
        )
        code = "ASSERTION_KEPT" if ok else "ASSERTION_VIOLATED"
        reasons.append(Reason(ok=ok, code=code, message=message, subject=name, observed=share, expected=bound))
    if not reasons:
        reasons = [Reason(ok=True, code="NO_ASSERTIONS", message="the model declares no assertions")]
    return Verdict.of(gate, reasons)


def _answers(predictions: Predictions) -> dict[str, npt.NDArray[Any]]:
    if predictions.classes is None:
        return {ANSWER: predictions.scores, SCORE: predictions.scores}
    chosen = predictions.chosen
    return {ANSWER: predictions.labels, SCORE: predictions.scores[np.arange(len(predictions)), chosen]}


def _obeyed(cutoff: Cutoff | None, rows: Bools) -> Cutoff | None:
    """A cutoff by which a class that was put in place of another, of probability 1, is the answer."""
    if cutoff is None or np.all((np.asarray(cutoff.at) > 0.0) & (np.asarray(cutoff.at) <= 1.0)):
        return cutoff
    return Cutoff(cutoff.positive, np.where(rows, 0.5, cutoff.at))


def _overridden(
    scores: npt.NDArray[np.float64], rows: Bools, answer: str | float | None, classes: tuple[str, ...] | None
) -> npt.NDArray[np.float64]:
    changed = scores.copy()
    if classes is None:
        changed[rows] = float(answer or 0.0)
    else:
        changed[rows] = np.arange(len(classes)) == classes.index(str(answer))
    return changed
