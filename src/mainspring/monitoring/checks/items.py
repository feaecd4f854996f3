"""What streaming detectors watch in a window: a figure for each row that has it, in the order of events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.evaluation.reference import OUTPUT, TRUTH
from mainspring.monitoring.quality.answers import Answers, read_answers, truth_codes
from mainspring.monitoring.windows.window import FEEDBACK

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MISTAKES: Final = "mistakes"
ERRORS: Final = "errors"
OUTCOMES: Final = "outcomes"
REWARD: Final = "reward"

_REWARD = f"{FEEDBACK}{REWARD}"
_OF_TRUTH = (MISTAKES, ERRORS, OUTCOMES, REWARD)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Items:
    """The items of a window, all ``[items]``, in the order of events.

    Attributes:
        values: What is watched.
        times: When the requests came, in seconds since the epoch.
        places: Rows of the table.
        unknown: How many rows have no such value, or none yet.
    """

    values: Floats
    times: Floats
    places: Ints
    unknown: int


def needs_truth(on: str) -> bool:
    """Whether what is watched becomes known only later."""
    return on in _OF_TRUTH or on.startswith(FEEDBACK)


def of_answers(on: str) -> bool:
    """Whether what is watched depends on the version that answers."""
    return needs_truth(on) or on.startswith(OUTPUT)


def items_of(table: Table, on: str, *, positive: str = "", since: float = 0.0) -> Items:
    """Read the items of a window.

    Args:
        table: Its rows.
        on: ``mistakes``: 1 where the label is not the truth; ``errors``: how far a prediction is from it;
            ``outcomes``: *2 truth + prediction* of two classes; ``reward``; or a column of numbers.
        positive: The class that outcomes are about; the last in sorted order without it.
        since: The time of rows that have none.

    Raises:
        InputError: If the table does not have it, or not yet.
    """
    values = _values(table, on, positive)
    known = np.isfinite(values)
    order, times = event_order(table, since)
    order = order[known[order]]
    return Items(values=values[order], times=times[order], places=order, unknown=int((~known).sum()))


def _values(table: Table, on: str, positive: str) -> Floats:
    if on == REWARD:
        return _numbers(table, _REWARD)
    if on not in _OF_TRUTH:
        return _numbers(table, on)
    if TRUTH not in table.names:
        raise InputError("no truth is known of any row yet")
    answers = read_answers(table, positive=positive or None)
    if answers is None:
        raise InputError("the rows have no answers")
    if on == ERRORS:
        if answers.classes is not None:
            raise InputError("the answers are classes", expected="numbers", fix=f"on: {MISTAKES}")
        return np.abs(answers.scores - _numbers(table, TRUTH))
    if answers.classes is None:
        raise InputError("the answers are numbers", expected="classes", fix=f"on: {ERRORS}")
    return _outcomes(table, answers) if on == OUTCOMES else _mistakes(table, answers)


def _mistakes(table: Table, answers: Answers) -> Floats:
    """A truth that is no class of the model is a mistake, too."""
    wrong = (answers.chosen != truth_codes(answers, table)).astype(np.float64)
    return np.where(answers.known & _there(table), wrong, np.nan)


def _outcomes(table: Table, answers: Answers) -> Floats:
    if answers.positive is None or answers.classes is None:
        raise InputError("the answers are of more than two classes", expected="two", fix=f"on: {MISTAKES}")
    truth, place = truth_codes(answers, table), answers.classes.index(answers.positive)
    outcome = 2.0 * (truth == place) + (answers.chosen == place)
    return np.where(answers.known & (truth >= 0), outcome, np.nan)


def _there(table: Table) -> npt.NDArray[np.bool_]:
    return np.array([value is not None and value == value for value in table.column(TRUTH).tolist()], dtype=bool)


def _numbers(table: Table, name: str) -> Floats:
    if name not in table.names:
        raise InputError(f"there is no column {name!r}")
    values = table.column(name)
    if values.dtype == object:
        raise InputError(f"column {name!r} holds no numbers")
    return values


def event_order(table: Table, since: float = 0.0) -> tuple[Ints, Floats]:
    """The rows by time, then by request, then by row, so that it is the same however they came; and their times.

    Args:
        table: The rows.
        since: The time of rows that have none.
    """
    times = table.column("request.time") if "request.time" in table.names else np.full(table.num_rows, np.nan)
    times = np.where(np.isfinite(times), times, since)
    keys: list[npt.NDArray[Any]] = [times]
    for name in ("request.id", "request.row"):
        if name in table.names:
            cells = table.column(name)
            keys.append(np.unique(cells.astype(str), return_inverse=True)[1] if cells.dtype == object else cells)
    return np.lexsort(keys[::-1]).astype(np.int64), times
