"""What the watch saw as metrics for Prometheus: one list of families, and their figures from plain values.

Figures are those of the last window that measured them. The number of series has a cap: figures with limits come
first, and how many were left out is a metric, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, product
from typing import Final

import numpy as np

from mainspring.monitoring.alerts import Alert, Severity, State
from mainspring.monitoring.monitor.decisions import OUTCOMES
from mainspring.monitoring.seen import Series
from mainspring.serving.telemetry.exposition import Format, exposition, shown
from mainspring.serving.telemetry.families import Family
from mainspring.serving.telemetry.snapshot import Series as Sampled
from mainspring.serving.telemetry.snapshot import Snapshot

MOST_FIGURES: Final = 2_000
"""Of all models together; each has up to two limits."""

FIGURE: Final = ("model", "check", "figure", "slice")

WINDOWS = Family(
    name="mainspring_watch_windows_total",
    kind="counter",
    text="Windows judged, by what came of it; one that is judged again because labels came counts again.",
    labels=("model", "outcome"),
)
WINDOW_TIME = Family(
    name="mainspring_watch_window_timestamp_seconds",
    kind="gauge",
    text="The end of the newest window that was judged, since the epoch.",
    labels=("model",),
)
WINDOW_SECONDS = Family(
    name="mainspring_watch_window_seconds", kind="gauge", text="The length of that window.", labels=("model",)
)
WINDOW_ROWS = Family(
    name="mainspring_watch_window_rows", kind="gauge", text="The rows of that window.", labels=("model",)
)
WINDOW_OK = Family(
    name="mainspring_watch_window_ok",
    kind="gauge",
    text="Whether every check says that it is in order.",
    labels=("model",),
)
LAG = Family(
    name="mainspring_watch_lag_seconds",
    kind="gauge",
    text="How long ago the newest window that was judged ended.",
    labels=("model",),
)
VALUE = Family(
    name="mainspring_watch_figure",
    kind="gauge",
    text="What a check measured in the last window in which it could.",
    labels=FIGURE,
    cap=MOST_FIGURES,
)
LIMIT = Family(
    name="mainspring_watch_figure_limit",
    kind="gauge",
    text="Its limit: it must be at least so much, or at most.",
    labels=(*FIGURE, "side"),
    cap=2 * MOST_FIGURES,
)
MEASURED = Family(
    name="mainspring_watch_check_timestamp_seconds",
    kind="gauge",
    text="The beginning of the last window in which a check measured anything, since the epoch.",
    labels=("model", "check"),
)
LEFT_OUT = Family(
    name="mainspring_watch_figures_left_out",
    kind="gauge",
    text="Figures that are not shown because there would be too many series.",
    labels=("model",),
)
ALERTS = Family(
    name="mainspring_watch_alerts",
    kind="gauge",
    text="Alerts that are not over, by how severe they are and by their state.",
    labels=("model", "severity", "state"),
)
DECISIONS = Family(
    name="mainspring_watch_retraining_decisions_total",
    kind="counter",
    text="Times that the retraining policy came to say something else, by what it said.",
    labels=("model", "outcome"),
)

SCHEMA: Final[tuple[Family, ...]] = tuple(value for value in dict(globals()).values() if isinstance(value, Family))
"""All of them, in the order in which they stand here."""

_STATES: Final = (State.PENDING, State.FIRING, State.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedModel:
    """What metrics of a model are made from.

    Attributes:
        model: The model.
        judged: How often a window was judged to be in order, and not to be.
        since: Where the newest window begins, in seconds since the epoch; ``None`` if none was judged.
        until: Where it ends.
        rows: Its rows.
        ok: Whether every check says that it is in order.
        figures: What checks measured, by name, such as ``drift/age``.
        alerts: Its alerts.
        decisions: How often the retraining policy said what.
    """

    model: str
    judged: tuple[int, int] = (0, 0)
    since: float | None = None
    until: float | None = None
    rows: int = 0
    ok: bool = True
    figures: Mapping[str, Series] = field(default_factory=dict)
    alerts: Sequence[Alert] = ()
    decisions: Mapping[str, int] = field(default_factory=dict)


def watch_snapshot(models: Iterable[WatchedModel], *, now: float, most: int = MOST_FIGURES) -> Snapshot:
    """The metrics of models at a moment.

    Args:
        models: What was seen of them.
        now: What time it is, in seconds since the epoch.
        most: How many figures are shown, of all models together, each model having the same share at least.

    Example:
        >>> series = Series(
        ...     times=np.array([0.0]), values=np.array([0.3]), low=np.array([np.nan]), high=np.array([np.nan]),
        ...     least=np.array([np.nan]), most=np.array([0.2]),
        ... )
        >>> snapshot = watch_snapshot([WatchedModel(model="census", figures={"drift/age": series})], now=60.0)
        >>> snapshot.total("mainspring_watch_figure", model="census", figure="age")
        0.3
    """
    found = Snapshot()
    many = list(models)
    for one in many:
        for family, values, value in (*_window(one, now), *_counts(one)):
            _put(found, family, values, value)
    for one, names in zip(many, _shared_out(many, most), strict=True):
        _put(found, LEFT_OUT, (one.model,), float(len(one.figures) - len(names)))
        for family, values, value in _figures(one, names):
            _put(found, family, values, value)
    return found


def watch_exposition(models: Iterable[WatchedModel], *, now: float, form: Format = "text") -> bytes:
    """The metrics of models as Prometheus reads them.

    Args:
        models: What was seen of them.
        now: What time it is, in seconds since the epoch.
        form: ``text`` or ``openmetrics``.
    """
    return exposition(shown(watch_snapshot(models, now=now)), form)


_Sample = tuple[Family, tuple[str, ...], float]


def _put(found: Snapshot, family: Family, values: tuple[str, ...], value: float) -> None:
    found.table(family).add(values, Sampled([value]))


def _window(one: WatchedModel, now: float) -> Iterator[_Sample]:
    if one.until is None or one.since is None:
        return
    name = (one.model,)
    yield WINDOW_TIME, name, one.until
    yield WINDOW_SECONDS, name, one.until - one.since
    yield WINDOW_ROWS, name, float(one.rows)
    yield WINDOW_OK, name, float(one.ok)
    yield LAG, name, max(now - one.until, 0.0)


def _counts(one: WatchedModel) -> Iterator[_Sample]:
    """What is counted; what did not happen yet is 0, so that the first time is seen as a rise."""
    for outcome, number in zip(("ok", "failed"), one.judged, strict=True):
        yield WINDOWS, (one.model, outcome), float(number)
    for severity, state in product(Severity, _STATES):
        number = sum(each.severity is severity and each.state is state for each in one.alerts)
        yield ALERTS, (one.model, str(severity), str(state)), float(number)
    for outcome in OUTCOMES:
        yield DECISIONS, (one.model, outcome), float(one.decisions.get(outcome, 0))


def _figures(one: WatchedModel, names: Sequence[str]) -> Iterator[_Sample]:
    measured: dict[str, float] = {}
    for name, series in one.figures.items():
        known = np.flatnonzero(np.isfinite(series.values))
        if known.size:
            check = name.partition("/")[0]
            measured[check] = max(measured.get(check, -math.inf), float(series.times[known[-1]]))
    for check, at in measured.items():
        yield MEASURED, (one.model, check), at
    for name in names:
        series = one.figures[name]
        known = np.flatnonzero(np.isfinite(series.values))
        check, _, rest = name.partition("/")
        subject, _, part = rest.partition("|")
        labels = (one.model, check, subject, part)
        last = int(known[-1])
        yield VALUE, labels, float(series.values[last])
        for side, limits in (("least", series.least), ("most", series.most)):
            if math.isfinite(limits[last]):
                yield LIMIT, (*labels, side), float(limits[last])


def _shared_out(many: Sequence[WatchedModel], most: int) -> list[list[str]]:
    """The names of figures to show of each model: those with limits first, then by name."""
    wanted = []
    for one in many:
        names = sorted(name for name in one.figures if _known(one, name))
        wanted.append(sorted(names, key=partial(_without_limits, one)))
    room = dict.fromkeys(range(len(many)), 0)
    left = most
    while left > 0 and (short := [place for place in room if room[place] < len(wanted[place])]):
        share = max(left // len(short), 1)
        for place in short:
            given = min(share, len(wanted[place]) - room[place], left)
            room[place] += given
            left -= given
    return [list(islice(names, room[place])) for place, names in enumerate(wanted)]


def _known(one: WatchedModel, name: str) -> bool:
    return bool(np.isfinite(one.figures[name].values).any())


def _without_limits(one: WatchedModel, name: str) -> bool:
    series = one.figures[name]
    return not (np.isfinite(series.least).any() or np.isfinite(series.most).any())
