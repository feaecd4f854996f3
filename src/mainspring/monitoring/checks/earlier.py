"""What a window is held against: the training, the window before, or the same stretch of other days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from mainspring.core.errors import InputError
from mainspring.data import TableStatistics
from mainspring.data.comparison import Reference, reference_days
from mainspring.data.statistics import merge_all
from mainspring.monitoring.seen import Seen

AGAINST: Final = ("training", "previous", "weekday", "season")
_DAYS: Final = {"weekday": 28, "season": 4 * 366}
_WINDOW: Final = 3


def held_against(seen: Seen, against: str) -> TableStatistics | str:
    """The statistics to hold a window against, or why there are none.

    Args:
        seen: The window.
        against: ``training``; ``previous``: the window before; ``weekday``: the same hours of that weekday in the
            last four weeks; ``season``: the same hours of the days around that date in the last four years; see
            :func:`mainspring.data.comparison.reference_days`.
    """
    if against == "training":
        return seen.reference.statistics
    if against == "previous":
        return seen.previous or "there is no window before to compare with"
    if seen.earlier is None:
        return "no profiles of windows are kept to compare with"
    since, until = seen.window.since, seen.window.until
    day = datetime.fromtimestamp(since, UTC).date()
    known = [day - timedelta(days=back) for back in range(1, _DAYS[against] + 1)]
    days = reference_days(day, known, by=Reference(against.upper()), window=_WINDOW)
    shifts = [(day - other).days * 86_400.0 for other in days]
    parts = [seen.earlier(since - shift, until - shift) for shift in shifts]
    there = [part for part in parts if part is not None and part.num_examples]
    if not there:
        return f"there are no windows of the same {against} to compare with"
    try:
        return merge_all(there)
    except InputError as error:
        return f"the windows of the same {against} do not fit together: {error.found}"
