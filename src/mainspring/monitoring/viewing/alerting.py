"""Open alerts: what is wrong, since when, how much, perhaps why, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mainspring.data.viewing.wording import counted, figure
from mainspring.monitoring.alerts import Alert, Example
from mainspring.monitoring.viewing.cards import Canvas, Card, ago, clock_time, times
from mainspring.monitoring.viewing.standings import standing_of
from mainspring.monitoring.viewing.watch import Watch

_COLUMNS: Final = 9
_ROWS: Final = 5
_PAST: Final = 50
_NOT_SHOWN: Final = ("request.",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows that show what is wrong: names of columns, and the cells of each row."""

    names: Sequence[str]
    rows: Sequence[Sequence[str]]
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAlert:
    """An alert as the page shows it; every second part of the suggestion is a command."""

    id: str
    title: str
    severity: str
    state: str
    message: str
    figures: str
    since: str
    ago: str
    windows: str
    suggestion: Sequence[str]
    runbook: str
    causes: Sequence[tuple[str, str]]
    examples: Rows | None
    care: str
    card: Card | None
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAlert:
    """An alert that is over."""

    id: str
    title: str
    since: str
    until: str
    by: str
    worst: str


def past_alerts(watch: Watch) -> list[PastAlert]:
    """The alerts of the time of a page that are over, the newest first."""
    begin, end = watch.bounds
    over = [one for one in watch.alerts if one.fired_at is not None and not one.open]
    over = sorted((one for one in over if begin < one.last_seen and one.since < end), key=lambda one: -one.since)
    return [
        PastAlert(
            id=one.id,
            title=f"{one.check}: {one.subject}" if one.subject else one.check,
            since=clock_time(one.since),
            until="" if one.resolved_at is None else clock_time(one.resolved_at),
            by=one.resolved_by or "the figures",
            worst=times(one.worst),
        )
        for one in over[:_PAST]
    ]


def shown_alerts(watch: Watch, canvas: Canvas, *, charts: int) -> list[ShownAlert]:
    """The open alerts of a page, the most pressing first.

    Args:
        watch: What was seen.
        canvas: Where charts are drawn.
        charts: How many of them get a chart.
    """
    return [
        _shown(one, watch, canvas if place < charts else None, first=place == 0)
        for place, one in enumerate(watch.open_alerts)
    ]


def _shown(alert: Alert, watch: Watch, canvas: Canvas | None, *, first: bool) -> ShownAlert:
    series = watch.figures.get(alert.figure)
    card = None
    if canvas is not None and series is not None:
        card = canvas.card(standing_of(alert.figure, series))
    care = alert.acknowledged
    return ShownAlert(
        id=alert.id,
        title=f"{alert.check}: {alert.subject}" if alert.subject else alert.check,
        severity=str(alert.severity),
        state=str(alert.state),
        message=alert.message,
        figures=_figures(alert),
        since=clock_time(alert.since),
        ago=ago(alert.since, watch.moment),
        windows=counted(alert.windows, "window"),
        suggestion=alert.suggestion.split("`") if alert.suggestion else (),
        runbook=alert.runbook if alert.runbook.startswith(("https://", "http://")) else "",
        causes=[(clock_time(one.at), one.what) for one in alert.causes[:5]],
        examples=_examples(alert),
        care="" if care is None else f"{care.by} takes care" + (f": {care.note}" if care.note else ""),
        card=card,
        first=first,
    )


def _figures(alert: Alert) -> str:
    if alert.value is None:
        return ""
    told = figure(alert.value)
    if alert.limit is not None:
        told += f", limit {figure(alert.limit)} ({times(alert.effect)})"
    return told + (f", usually {figure(alert.usual)}" if alert.usual is not None else "")


def _examples(alert: Alert) -> Rows | None:
    shown = alert.examples[:_ROWS]
    if not shown:
        return None
    names = [name for name in dict.fromkeys(name for one in shown for name in one.values) if _is_shown(name)]
    part = alert.slice.partition("=")[0]
    names.sort(
        key=lambda name: (
            name not in alert.features and name != part,
            not name.startswith(("output.", "feedback.")),
        )
    )
    kept = names[:_COLUMNS]
    rows = [[str(one.row), *(_cell(one, name) for name in kept), _why(one.contributions)] for one in shown]
    explained = any(one.contributions for one in shown)
    heads = ["row", *kept, *(["why, by feature"] if explained else [])]
    return Rows(names=heads, rows=[row[: len(heads)] for row in rows], left_out=len(names) - len(kept))


def _is_shown(name: str) -> bool:
    return not name.startswith(_NOT_SHOWN)


def _cell(example: Example, name: str) -> str:
    value: Any = example.values.get(name)
    return figure(value)


def _why(contributions: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {amount:+.2g}" for name, amount in list(contributions.items())[:3])
