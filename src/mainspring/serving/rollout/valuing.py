"""What feedback says of an answer, as numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mainspring.serving.feedback.answers import Answered
from mainspring.serving.feedback.record import TRUTH, Feedback
from mainspring.serving.rollout.figures import ACCURACY, ERROR


class Value(NamedTuple):
    """One number.

    Attributes:
        value: How good an answer was, or how far from the truth.
        row: Of the request; ``None`` for all of it.
        time: When it became known, in seconds since the epoch.
        received: When the server was told.
    """

    value: float
    row: int | None
    time: float
    received: float


def values_of(figure: str, feedback: Sequence[Feedback], answered: Answered) -> Iterator[Value]:
    """What feedback about one request says of a figure. What is said of rows that it does not have is passed over.

    Args:
        figure: ``accuracy`` (1 for an answer that is the truth, 0 for another) or ``error`` (how far a number is
            from the truth, without sign), or a key of feedback whose values are numbers.
        feedback: About the request.
        answered: What was answered.
    """
    rows = _rows(answered)
    for one in feedback:
        if rows is not None and one.row is not None and not 0 <= one.row < rows:
            continue
        if figure in (ACCURACY, ERROR) and one.key == TRUTH:
            yield from _judged(figure, one, answered)
        elif one.key == figure and isinstance(one.value, int | float):
            # The only row is all of the request, whichever way it is named.
            yield Value(float(one.value), None if rows == 1 else one.row, one.time, one.received)


def _rows(answered: Answered) -> int | None:
    """How many rows the request had; ``None`` if nobody knows any more."""
    if len(answered.labels):
        return len(answered.labels)
    return next((len(values) for values in (answered.columns or {}).values()), None)


def _judged(figure: str, one: Feedback, answered: Answered) -> Iterator[Value]:
    several = len(answered.labels)
    rows = range(several) if one.row is None else [one.row] * (0 <= one.row < several)
    for row in rows:
        said = answered.labels[row]
        said = said.item() if hasattr(said, "item") else said
        place = None if several == 1 else row
        if figure == ACCURACY:
            right = said == one.value or str(said) == str(one.value)
            yield Value(float(right), place, one.time, one.received)
        elif isinstance(said, int | float) and isinstance(one.value, int | float):
            yield Value(abs(float(said) - float(one.value)), place, one.time, one.received)
