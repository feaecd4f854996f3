"""Rows right beside the cutoff of a model: where a small error makes another answer."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.margins import margins
from mainspring.models.challenges import Challenge, Columns
from mainspring.models.model import Model
from mainspring.models.signature import Signature

KIND: Final = "cutoff"
"""The kind of these rows in a proof."""

PAIRS: Final = 60
"""How many pairs of real rows on either side of the cutoff are walked between."""

HALVINGS: Final = 52
"""Enough to come to neighbouring numbers."""


def crossings(model: Model, columns: Columns, signature: Signature) -> list[Challenge]:
    """The rows at which the answer changes between two real rows, and the last row before.

    Of each pair, one on either side of the cutoff, the numbers are moved from one row towards the other,
    everything else as it is there, until the answer changes. No rows come of a model without a cutoff.

    Args:
        model: What answers.
        columns: Real rows.
        signature: Says which columns hold numbers that may lie between others.
    """
    if model.decision is None:
        return []
    found = model.predict_columns(columns)
    if found.classes is None or found.cutoff is None:
        return []
    apart = found.scores[:, found.classes.index(found.cutoff.positive)] - found.cutoff.at
    order = np.argsort(np.abs(apart), kind="stable")
    below, above = order[apart[order] < 0], order[apart[order] >= 0]
    pairs = min(PAIRS, max(len(below), len(above))) if len(below) and len(above) else 0
    low, high = np.resize(below, pairs), np.resize(above, pairs)
    moving = [field.name for field in signature.inputs if field.datatype == "FP64"]
    if not pairs or not moving:
        return []
    ends = [{name: column[rows] for name, column in columns.items()} for rows in (low, high)]
    share, answers = _where_it_changes(model, ends, moving)
    if not answers.any():
        return []
    chosen = [{name: column[answers] for name, column in end.items()} for end in ends]
    near = [_between(chosen, share_of[answers], moving) for share_of in share]
    return [Challenge(KIND, {name: np.concatenate([one[name] for one in near]) for name in columns})]


def near_cutoff(model: Model, columns: Columns, distance: float) -> Challenge:
    """The real rows that lie so near the cutoff of a model; none for one without."""
    if model.decision is None:
        return Challenge(KIND, {name: column[:0] for name, column in columns.items()})
    near = margins(model.predict_columns(columns)) <= distance
    return Challenge(KIND, {name: column[near] for name, column in columns.items()})


def _where_it_changes(
    model: Model, ends: list[dict[str, npt.NDArray[Any]]], moving: list[str]
) -> tuple[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]], npt.NDArray[np.bool_]]:
    """By pair: the last share of the way with the first answer, and the next; and whether the answer changes."""
    rows = len(next(iter(ends[0].values())))
    low, high = np.zeros(rows), np.ones(rows)
    first, last = (model.predict_columns(_between(ends, share, moving)).chosen for share in (low, high))
    for _ in range(HALVINGS):
        middle = low + (high - low) / 2
        as_first = model.predict_columns(_between(ends, middle, moving)).chosen == first
        low, high = np.where(as_first, middle, low), np.where(as_first, high, middle)
    return (low, high), first != last


def _between(
    ends: list[dict[str, npt.NDArray[Any]]], share: npt.NDArray[np.float64], moving: list[str]
) -> dict[str, npt.NDArray[Any]]:
    """Rows on the way from one to the other; a number that is missing at one end is that of the other end."""
    made = dict(ends[1])
    for name in moving:
        start, end = ends[0][name], ends[1][name]
        way = start + (end - start) * share
        made[name] = np.where(np.isnan(start), end, np.where(np.isnan(end), start, way))
    return made
