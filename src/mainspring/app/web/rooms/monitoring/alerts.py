"""Alerts: all of them to be filtered, one with all that is known, and silences."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from mainspring.app.api.subjects.alerts import listing
from mainspring.app.api.subjects.alerts.listing import ShownAlert
from mainspring.app.api.subjects.monitoring.sight import Sight
from mainspring.app.web.visit import Visit
from mainspring.monitoring.alerts import Example
from mainspring.monitoring.alerts.suggestions import way_back
from mainspring.monitoring.viewing.cards import Canvas
from mainspring.monitoring.viewing.spans import span_of
from mainspring.monitoring.viewing.standings import standing_of

STATES: Final = ("open", "firing", "acknowledged", "silenced", "pending", "resolved", "all")
_FILTERS: Final = ("model", "check", "subject", "severity", "group", "since")
LENGTHS: Final = (
    ("1h", "an hour"),
    ("2h", "2 hours"),
    ("6h", "6 hours"),
    ("1d", "a day"),
    ("2d", "2 days"),
    ("7d", "a week"),
    ("30d", "30 days"),
)
"""For how long alerts are silenced, as pages offer it."""

_MOST: Final = 300
_EXAMPLE_COLUMNS: Final = 14
_AROUND: Final = 200
"""Windows of a figure that are drawn around an alert."""


def listed(visit: Visit) -> Response:
    """Alerts, the most pressing first."""
    state = visit.query.get("state", "open")
    asked = {name: visit.query.get(name, "") for name in _FILTERS}
    given = {name: value for name, value in asked.items() if value}
    found = visit.ask(listing.listed, state=state, **given)
    return visit.render(
        "monitoring/alerts.html.j2",
        room="monitoring",
        found=found,
        alerts=found.alerts[:_MOST],
        left=max(len(found.alerts) - _MOST, 0),
        state=state,
        states=STATES,
        asked=asked,
        narrowed=bool(given),
        lengths=LENGTHS,
        silences=visit.ask(listing.silences),
    )


def shown(visit: Visit) -> Response:
    """An alert."""
    told: ShownAlert = visit.ask(listing.show, alert=visit.path["alert"])
    alert = told.alert
    sight = Sight(visit.desk.shared)
    series = sight.seen.history(alert.model).series(alert.figure)
    card = payload = None
    if series.times.size:
        length = (series.times[-1] - series.times[0]) / max(series.times.size - 1, 1) or 3600.0
        since = max(float(series.times[0]), alert.since - _AROUND * length / 4)
        until = min(float(series.times[-1]) + length, max(alert.last_seen, alert.since) + _AROUND * length / 4)
        canvas = Canvas(span_of(since, max(until, since + length), window=length, most=160))
        near = sight.seen.history(alert.model).series(alert.figure, since=since, until=until)
        card, payload = canvas.card(standing_of(alert.figure, near)), canvas.payload
    return visit.render(
        "monitoring/alert.html.j2",
        room="monitoring",
        shown=told,
        alert=alert,
        card=card,
        payload=payload,
        suggestion=alert.suggestion.split("`"),
        way_back=way_back(alert) if alert.open else None,
        lengths=LENGTHS,
        examples=_examples(alert.examples, alert.features),
        records=alert.runbook if alert.runbook.startswith(("https://", "http://")) else "",
    )


def _examples(examples: tuple[Example, ...], features: tuple[str, ...]) -> dict[str, Any] | None:
    """Rows that show what is wrong, those columns first that have to do with it."""
    names = list(dict.fromkeys(name for one in examples for name in one.values))
    if not names:
        return None
    names.sort(key=lambda name: (name not in features, not name.startswith(("output.", "feedback."))))
    kept = names[:_EXAMPLE_COLUMNS]
    return {
        "names": kept,
        "rows": [(one, [one.values.get(name) for name in kept]) for one in examples],
        "explained": any(one.contributions for one in examples),
        "left": len(names) - len(kept),
    }
