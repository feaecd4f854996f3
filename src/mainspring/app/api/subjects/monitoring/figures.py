"""What the checks measured of a model, over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.monitoring.nouns import FigureLine, Figures, FigureSeries
from mainspring.app.api.subjects.monitoring.sight import Sight
from mainspring.app.watch_server import MOST_POINTS, MOST_SERIES
from mainspring.monitoring.seen import Series
from mainspring.monitoring.viewing.standings import Standing, standings

_FIELDS: Final = ("times", "values", "low", "high", "least", "most")


@operation(
    "monitoring.figures",
    "GET",
    "/monitoring/{model:path}/figures",
    command="mainspring monitor figures {model} {prefix}",
)
def listed(
    desk: Desk, model: str, *, prefix: str = "", within: str = "all", since: str = "", until: str = ""
) -> Figures:
    """What the checks measured of a model over time: the figures whose names begin alike.

    At most 200 of them, and 100,000 values; ``left_out`` says how many more there are.

    Args:
        prefix: How the names of the figures begin.
    """
    sight = Sight(desk.shared)
    begin, end = sight.bounds(sight.known(model), within, since, until)
    history = sight.seen.history(model)
    names = history.names(prefix)
    shown: list[FigureSeries] = []
    room = MOST_POINTS
    for name in names[:MOST_SERIES]:
        series = history.series(name, since=begin, until=end)
        room -= len(series.times)
        if room < 0 and shown:
            break
        shown.append(_plain(name, series))
    return Figures(model=model, figures=shown, left_out=len(names) - len(shown))


@operation(
    "monitoring.features",
    "GET",
    "/monitoring/{model:path}/features",
    command="mainspring monitor figures {model} drift/",
)
def features(
    desk: Desk, model: str, *, within: str = "", since: str = "", until: str = ""
) -> Sequence[FigureLine]:
    """How far each feature of a model has drifted, those furthest past their limits first."""
    sight = Sight(desk.shared)
    begin, end = sight.bounds(sight.known(model), within, since, until)
    return [line_of(one) for one in standing_figures(sight, model, begin, end) if one.check == "drift"]


def standing_figures(sight: Sight, model: str, since: float | None, until: float | None) -> Sequence[Standing]:
    """All figures of a stretch of time, those the furthest past its limit first; kept while nothing is new."""
    watch = sight.watch(model, since, until)
    stamp = (since, until, sight.stamp(model))
    return sight.remembered(("monitoring.standings", model), stamp, lambda: standings(watch.figures))


def line_of(one: Standing) -> FigureLine:
    """A figure without its windows."""
    names = [name for name in FigureLine.__slots__ if name != "bad"]
    return FigureLine(**{name: getattr(one, name) for name in names}, bad=one.bad)


def _plain(name: str, series: Series) -> FigureSeries:
    return FigureSeries(name=name, **{field: _values(getattr(series, field)) for field in _FIELDS})


def _values(values: npt.NDArray[np.float64]) -> list[float | None]:
    return [None if one != one else one for one in values.tolist()]
