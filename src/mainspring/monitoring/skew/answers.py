"""Predictions that are all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mainspring.core.verdicts import Reason
from mainspring.data import Table
from mainspring.data.comparison.significance import two_shares
from mainspring.monitoring.skew.codes import CONSTANT
from mainspring.monitoring.skew.material import Material, answer_of, scores_of

_CHANCE: Final = 1e-6
_JUMP: Final = 0.4


def same_answers(material: Material) -> Iterator[Reason]:
    """Whether one answer took the place of many: one number in all rows, or a class that is far more frequent.

    Against the rows that the model answered when it was made; without them only scores that are one and the same
    number in all rows can be told.
    """
    rows = material.rows
    scores, answer = scores_of(rows), answer_of(rows)
    for name in dict.fromkeys([*scores, *([answer] if answer else [])]):
        found = _constant(material, name, score=name in scores)
        if found is not None:
            yield found
            return
    if answer is None and not scores:
        yield Reason(ok=True, code="NO_ANSWERS", message="the window has no answers to look at")


def _constant(material: Material, name: str, *, score: bool) -> Reason | None:
    size = material.rows.num_rows
    share, value = _most(material.rows.column(name))
    before = _share_before(material.answered, name, value)
    if share == 1.0 and score and (before is None or before[0] < before[1]):
        message = f"all {size:,} answers have the same {name!r}: {_shown(value)}"
        return Reason(ok=False, code=CONSTANT, message=message, subject=name, observed=1.0)
    if before is None:
        return None
    usual = before[0] / before[1]
    if share - usual < _JUMP or two_shares((before[0], share * size), (before[1], float(size))) >= _CHANCE:
        return None
    message = f"{share:.0%} of the answers have the same {name!r}, {_shown(value)}: it was {usual:.0%}"
    return Reason(ok=False, code=CONSTANT, message=message, subject=name, observed=share, expected=usual + _JUMP)


def _most(values: npt.NDArray[Any]) -> tuple[float, Any]:
    """The share of the most frequent value, and the value; missing ones count as one."""
    if not len(values):
        return 0.0, None
    if values.dtype == object:
        values = np.array(["" if value is None else str(value) for value in values])
    found, counts = np.unique(values, return_counts=True)
    place = int(counts.argmax())
    return float(counts[place] / len(values)), found[place].item()


def _share_before(answered: Table | None, name: str, value: Any) -> tuple[float, float] | None:
    """How many rows of the reference had this answer, of how many."""
    if answered is None or name not in answered.names:
        return None
    values = answered.column(name)
    same = values == value if values.dtype != object else np.array([str(one) == value for one in values])
    return float(np.count_nonzero(same)), float(len(values))


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else repr(value)
