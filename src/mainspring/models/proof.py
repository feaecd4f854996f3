"""Proves that a runtime answers as the trained model does."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation import Predictions
from mainspring.evaluation.margins import margins
from mainspring.models.challenges import Challenge, Columns
from mainspring.models.model import Model
from mainspring.models.parity import Parity
from mainspring.models.ports import Runtime

MOST_EXAMPLES = 10
"""A report shows this many differing rows."""

ROUNDING = 1e-9
"""A score this near the cutoff may fall on either side of it, whatever computes it."""

SINGLE_ROWS = 20
"""How many rows are also asked one by one: batches must not matter."""


def prove(
    model: Model,
    runtime: Runtime,
    found: Sequence[Challenge],
    *,
    name: str,
    tolerance: float,
    may_differ: float = 0.0,
) -> Parity:
    """Ask the model and the runtime the same rows, and report how the answers compare.

    Args:
        model: What was trained.
        runtime: What is to be believed.
        found: The rows.
        name: The runtime's name, for the report.
        tolerance: How far scores may lie apart.
        may_differ: The share of rows that may differ all the same.

    Raises:
        InputError: If the model refuses the real rows. Other challenges that it refuses are left out.
    """
    # Where scores may move far, a cutoff that they move across is what is looked for.
    strict = may_differ > 0 and model.decision is not None
    comparison = _Comparison(tolerance, closest=min(tolerance, ROUNDING) if strict else tolerance)
    for challenge in found:
        try:
            # Huge numbers overflow in some models; what comes out is compared all the same.
            with np.errstate(all="ignore"):
                expected = model.predict_columns(challenge.columns)
        except InputError:
            if challenge.kind == "real":
                raise
            continue
        with np.errstate(all="ignore"):
            answer = runtime.predict(challenge.columns)
        comparison.add(challenge.kind, challenge.columns, expected, answer)
    first = found[0]
    for row in range(min(SINGLE_ROWS, len(first))):
        columns = {column: values[row : row + 1] for column, values in first.columns.items()}
        comparison.add("single", columns, model.predict_columns(columns), runtime.predict(columns))
    return comparison.report(name, may_differ)


@dataclass(slots=True)
class _Comparison:
    tolerance: float
    closest: float
    kinds: Counter[str] = field(default_factory=Counter)
    largest: float = 0.0
    labels_different: int = 0
    ties: int = 0
    rows_different: int = 0
    examples: list[tuple[float, Mapping[str, Any]]] = field(default_factory=list)

    def add(
        self, kind: str, columns: Columns, expected: Predictions, answer: Mapping[str, npt.NDArray[Any]]
    ) -> None:
        """Compare the answers to some rows."""
        self.kinds[kind] += len(expected)
        if not len(expected):
            return
        scores = answer["prediction" if expected.classes is None else "probabilities"]
        apart = _apart(expected.scores, np.asarray(scores, dtype=np.float64), relative=expected.classes is None)
        self.largest = max(self.largest, float(apart.max()))
        wrong = apart > self.tolerance
        if expected.classes is not None:
            other = expected.labels != answer["label"]
            ties = other & (margins(expected) <= self.closest)
            self.labels_different += int(other.sum())
            self.ties += int(ties.sum())
            wrong |= other & ~ties
        self.rows_different += int(wrong.sum())
        rows = np.flatnonzero(wrong)
        for row in rows[np.argsort(-apart[rows], kind="stable")][:MOST_EXAMPLES]:
            self.examples.append((float(apart[row]), _example(kind, int(row), columns, expected, answer)))
        # The worst first; of equally bad ones those that were met first.
        self.examples = sorted(self.examples, key=lambda example: -example[0])[:MOST_EXAMPLES]

    def report(self, name: str, may_differ: float) -> Parity:
        """What came out."""
        return Parity(
            runtime=name,
            rows_compared=sum(self.kinds.values()),
            kinds=dict(self.kinds),
            tolerance=self.tolerance,
            max_abs_difference=_two_digits(self.largest),
            labels_different=self.labels_different,
            ties=self.ties,
            examples=tuple(example for _, example in self.examples),
            may_differ=may_differ,
            rows_different=self.rows_different,
        )


def _apart(
    expected: npt.NDArray[np.float64], found: npt.NDArray[np.float64], *, relative: bool
) -> npt.NDArray[np.float64]:
    """By row, how far scores lie apart; infinite where only one of the two is a number."""
    if expected.shape != found.shape:
        return np.full(len(expected), np.inf)
    with np.errstate(invalid="ignore"):
        apart = np.abs(expected - found)
        if relative:
            apart = apart / (1 + np.abs(expected))
    same = (expected == found) | (np.isnan(expected) & np.isnan(found))
    apart = np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart))
    return np.asarray(apart.reshape(len(apart), -1).max(axis=1), dtype=np.float64)


def _example(
    kind: str, row: int, columns: Columns, expected: Predictions, answer: Mapping[str, npt.NDArray[Any]]
) -> dict[str, Any]:
    return {
        "kind": kind,
        "row": {name: _plain(column[row]) for name, column in columns.items()},
        "model": _plain(expected.scores[row]),
        "exported": {name: _plain(values[row]) for name, values in answer.items()},
    }


def _plain(value: Any) -> Any:
    """A JSON value: missing and infinite numbers become ``None`` and text."""
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, float | np.floating):
        return None if math.isnan(value) else float(value) if math.isfinite(value) else str(value)
    return value


def _two_digits(value: float) -> float:
    """Rounded up to two digits, so that noise in the last bits does not change a report."""
    if value == 0.0 or not math.isfinite(value):
        return value
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.ceil(value / step) * step:.1e}")
