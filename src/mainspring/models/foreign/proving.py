"""Tries a model made elsewhere: it can be held against itself, and against what its maker says it answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.models.foreign.request import Columns, without
from mainspring.models.parity import Parity
from mainspring.models.ports import Runtime
from mainspring.models.signature import Signature

SINGLES = 20
"""How many rows are also asked one by one."""

TOLERANCE = 1e-5
"""Sums in float32 may differ with the size of the batch; nothing else may."""


def prove_foreign(
    runtime: Runtime,
    signature: Signature,
    columns: Columns,
    *,
    name: str,
    rows: int,
    expected: Sequence[Any] | None = None,
) -> Parity:
    """Ask a model rows in a batch and one by one, and hold it against itself and what is expected.

    Args:
        runtime: The model, opened as it will be served.
        signature: What it has to answer.
        columns: The rows.
        name: The runtime's name, for the report.
        rows: How many of the rows are real; 0 if one was made up.
        expected: The label or number that each row should get.

    Raises:
        InputError: If the answers are not those of the signature, or differ.
    """
    answer = runtime.predict(columns)
    count = len(next(iter(columns.values())))
    _check_form(answer, signature, count)
    scores = _scores(answer, signature)
    largest = 0.0
    singles = min(SINGLES, rows)
    for row in range(singles):
        alone = runtime.predict({column: values[row : row + 1] for column, values in columns.items()})
        apart = np.abs(_scores(alone, signature)[0] - scores[row]) / _scale(scores[row], signature)
        largest = max(largest, float(np.max(apart)))
    if largest > TOLERANCE:
        raise InputError(
            f"the model answers a row by {largest:.2g} differently in a batch than alone",
            expected="rows that do not influence each other",
        )
    if expected is not None:
        _check_expected(answer, signature, expected)
    kinds = {"real": rows, "single": singles}
    return Parity(
        runtime=name,
        rows_compared=rows + singles,
        kinds=kinds,
        tolerance=TOLERANCE,
        max_abs_difference=float(f"{largest:.1e}"),
    )


def refused_columns(runtime: Runtime, signature: Signature, columns: Columns) -> tuple[str, ...]:
    """The columns in which the model takes no missing value: it refuses the row, or answers no number."""
    found = []
    for item in signature.inputs:
        try:
            answer = runtime.predict(without(columns, item))
            fine = bool(np.isfinite(_scores(answer, signature)).all())
        except Exception:  # noqa: BLE001 - a foreign model may refuse in any way it likes
            fine = False
        if not fine:
            found.append(item.name)
    return tuple(found)


def _scores(answer: Any, signature: Signature) -> npt.NDArray[np.float64]:
    return np.asarray(answer["prediction" if signature.classes is None else "probabilities"], dtype=np.float64)


def _scale(scores: npt.NDArray[np.float64], signature: Signature) -> Any:
    return 1.0 if signature.classes is not None else 1 + np.abs(scores)


def _check_form(answer: Any, signature: Signature, rows: int) -> None:
    scores = _scores(answer, signature)
    shape = (rows,) if signature.classes is None else (rows, len(signature.classes))
    if scores.shape != shape:
        raise InputError(f"the model answers an array of shape {scores.shape}", expected=f"shape {shape}")
    if not np.isfinite(scores).all():
        raise InputError("the model answers numbers that are not finite to rows of the example")
    if signature.classes is None:
        return
    strange = sorted({str(label) for label in answer["label"]} - set(signature.classes))
    if strange:
        raise InputError(
            f"the model answers labels that are no classes: {', '.join(strange[:5])}",
            expected="one of " + ", ".join(signature.classes),
            fix="name all classes, in the order of the probabilities",
        )
    if (scores < -1e-6).any() or (np.abs(scores.sum(axis=1) - 1) > 1e-3).any():
        raise InputError(
            "the scores of the classes are no probabilities: they do not sum to 1",
            fix="if they are logits, say logits=True (--logits)",
        )


def _check_expected(answer: Any, signature: Signature, expected: Sequence[Any]) -> None:
    if signature.classes is None:
        apart = np.abs(np.asarray(expected, dtype=np.float64) - answer["prediction"])
        wrong = np.flatnonzero(apart > 1e-4 * (1 + np.abs(answer["prediction"])))
        found = answer["prediction"]
    else:
        found = answer["label"]
        wrong = np.flatnonzero([str(one) != str(two) for one, two in zip(expected, found, strict=True)])
    if len(wrong):
        shown = "; ".join(f"row {row}: {found[row]}, expected {expected[row]}" for row in wrong[:5].tolist())
        raise InputError(f"the model answers {len(wrong)} rows of the example otherwise than expected: {shown}")
