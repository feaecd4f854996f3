"""The windows of a model that were judged, and one of them with all that was said of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.monitoring.figures import line_of
from mainspring.app.api.subjects.monitoring.nouns import Told, WindowLine
from mainspring.app.api.subjects.monitoring.sight import Sight, moment
from mainspring.core.errors import NotFoundError
from mainspring.monitoring.viewing import SeenWindow
from mainspring.monitoring.viewing.standings import standings

_CLOSE: Final = 2e-3


@operation(
    "monitoring.windows", "GET", "/monitoring/{model:path}/windows", command="mainspring monitor windows {model}"
)
def listed(
    desk: Desk, model: str, *, within: str = "", since: str = "", until: str = "", failed: bool = False
) -> Sequence[WindowLine]:
    """The windows of a model that were judged, oldest first, each as it was judged last.

    ``within`` is ``day``, ``week``, ``month``, ``year`` or ``all``, up to the last window; ``since`` and ``until``
    are days, moments (ISO 8601) or seconds since the epoch. ``failed`` leaves out those that are in order.

    Args:
        failed: Only those in which a check failed.
    """
    sight = Sight(desk.shared)
    found = between(sight, sight.known(model), within, since, until)
    return [WindowLine.of(one) for one in found if not (failed and one.ok)]


@operation(
    "monitoring.window",
    "GET",
    "/monitoring/{model:path}/windows/{window}",
    command="mainspring monitor windows {model} --all",
)
def shown(desk: Desk, model: str, window: str) -> Told:
    """A window, what the checks said of it, and what they measured.

    ``window`` is where it begins, or any moment within it: seconds since the epoch, or ISO 8601.

    Args:
        window: The id of the window.
    """
    sight = Sight(desk.shared)
    windows = sight.windows(sight.known(model))
    begin = moment(window)
    found = None if begin is None else windows.told(_nearest(windows.all(), begin))
    if found is None or found.verdict is None:
        raise NotFoundError(
            f"no window of {model} that was judged begins at {window}",
            fix=f"see which there are: mainspring monitor windows {model}",
        )
    everything = windows.all()
    place = next(place for place, one in enumerate(everything) if one.since == found.since)
    reasons = sorted(found.verdict.reasons, key=lambda one: one.ok)
    history = sight.seen.history(model)
    measured = standings(history.all_series(since=found.since, until=found.since + 1e-3))
    return Told(
        model=model,
        window=WindowLine.of(found),
        reasons=reasons,
        figures=[line_of(one) for one in measured if one.last == one.last],
        before=everything[place - 1].since if place else None,
        after=everything[place + 1].since if place + 1 < len(everything) else None,
    )


def between(sight: Sight, model: str, within: str, since: str, until: str) -> Sequence[SeenWindow]:
    """The windows of a stretch of time."""
    begin, end = sight.bounds(model, within, since, until)
    return [
        one
        for one in sight.windows(model).all()
        if (begin is None or one.since >= begin) and (end is None or one.since < end)
    ]


def _nearest(windows: Sequence[SeenWindow], at: float) -> float:
    """Where the window begins that is meant: the one that begins then, to the millisecond, as addresses have it;
    else the one that the moment is in, or next to.
    """
    place = bisect_left(windows, at - _CLOSE, key=lambda one: one.since)
    if place < len(windows) and abs(windows[place].since - at) <= _CLOSE:
        return windows[place].since
    if not place or at > windows[-1].until:
        return at
    around = windows[place - 1 : place + 1]
    return min(around, key=lambda one: max(one.since - at, at - one.until, 0.0)).since
