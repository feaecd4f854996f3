"""How often assertions left rows without an answer: the price of figures over those that were answered."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Final, TypeVar

from mainspring.evaluation.metrics.facts import Better, Fact, Facts
from mainspring.evaluation.metrics.intervals import Intervals, proportion
from mainspring.evaluation.metrics.measured import Measured, Sheet

BLOCKED_SHARE: Final = "blocked_share"

FACTS: Facts = {
    BLOCKED_SHARE: Fact(
        better=Better.LOWER,
        title="blocked share",
        says="the share of rows that assertions left without an answer; all other figures are about the others",
        unit=True,
    )
}

Key = TypeVar("Key", bound=Hashable)


def with_shares(
    found: Mapping[Key, Measured], blocked: Mapping[Key, int], intervals: Intervals
) -> dict[Key, Measured]:
    """The figures of slices, with the share of their rows that was blocked.

    Args:
        found: Slice to the figures of its answered rows.
        blocked: Slice to the number of its blocked rows. A slice that is in here alone has no other figure.
        intervals: How the interval is made.
    """
    more = {key: Measured(0, {"count": 0.0}) for key, count in blocked.items() if count and key not in found}
    return {
        key: measured.joined(_share(measured.count, blocked.get(key, 0), intervals))
        for key, measured in {**found, **more}.items()
    }


def _share(answered: int, blocked: int, intervals: Intervals) -> Measured:
    sheet, rows = Sheet(answered), answered + blocked
    sheet.fraction(
        BLOCKED_SHARE,
        blocked,
        rows,
        why="there are no rows",
        interval=proportion(blocked, rows, intervals) if rows else None,
    )
    return sheet.done()
