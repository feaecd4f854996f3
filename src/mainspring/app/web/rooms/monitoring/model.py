"""The pages of one model that is watched, one for each view of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from starlette.responses import Response

from mainspring.app.api.subjects.monitoring import decisions, figures, listing, windows
from mainspring.app.api.subjects.monitoring.sight import Sight
from mainspring.app.web.embedding import embedded
from mainspring.app.web.rooms.monitoring import timeline
from mainspring.app.web.rooms.monitoring.detectors import detectors_of
from mainspring.app.web.rooms.monitoring.heat import COLUMNS as HEAT
from mainspring.app.web.rooms.monitoring.heat import heat_rows
from mainspring.app.web.rooms.monitoring.ranges import Range, range_of
from mainspring.app.web.visit import Visit
from mainspring.monitoring.viewing import Watch, view
from mainspring.monitoring.viewing.cards import Canvas, Card
from mainspring.monitoring.viewing.quality import (
    CALIBRATION,
    ESTIMATED,
    QUALITY,
    calibration_picture,
    estimated_cards,
    slice_cards,
    slice_table,
)
from mainspring.monitoring.viewing.showing import COLUMNS, GROUPS, ORDER
from mainspring.monitoring.viewing.spans import span_of
from mainspring.monitoring.viewing.standings import Standing, most_unusual

VIEWS: Final = {
    "": "Overview",
    "features": "Features",
    "quality": "Quality",
    "checks": "All checks",
    "windows": "Windows",
    "alerts": "Alerts",
    "retraining": "Retraining",
    "declaration": "Declaration",
    "page": "Whole page",
}
_FIRST: Final = 12
_CARDS: Final = 6
_WINDOWS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What all views of a model are made from.

    Attributes:
        visit: The request.
        sight: What the watch saw.
        model: The model.
        range: The stretch of time.
        watch: What was seen in it.
        found: Its figures, those furthest past their limits first.
    """

    visit: Visit
    sight: Sight
    model: str
    range: Range
    watch: Watch
    found: Sequence[Standing]

    def canvas(self, prefix: str = "p") -> Canvas:
        """Where charts over the stretch of time are drawn."""
        since, until = self.watch.bounds
        return Canvas(span_of(since, until, window=self.watch.window, most=COLUMNS), prefix=prefix)

    def of(self, check: str) -> list[Standing]:
        """The figures of a check."""
        return [one for one in self.found if one.check == check]

    def url(self, *path: object, **query: Any) -> str:
        """An address below the model's."""
        return self.visit.renderer.url("/monitoring", self.model, *path, **query)


def shown(visit: Visit) -> Response:
    """A view of a model."""
    name = visit.query.get("view", "")
    view_name = name if name in VIEWS else ""
    looked = look(visit)
    standing = visit.ask(listing.shown, model=looked.model)
    tabs = [(key, title, looked.url(view=key, **looked.range.query)) for key, title in VIEWS.items()]
    make: Callable[[Looked], Mapping[str, Any]] = _MAKERS[view_name]
    return visit.render(
        "monitoring/model.html.j2",
        room="monitoring",
        model=looked.model,
        standing=standing,
        tabs=tabs,
        view=view_name,
        range=looked.range,
        watch=looked.watch,
        **make(looked),
    )


def whole(visit: Visit) -> Response:
    """The whole page of a model, for a frame."""
    sight = Sight(visit.desk.shared)
    model = sight.known(visit.path["model"])
    asked = range_of(visit, "/monitoring", model)
    since, until = sight.bounds(model, **asked.given)
    key = ("monitoring.page", model)
    html = sight.remembered(
        key,
        (since, until, sight.stamp(model)),
        lambda: view(sight.seen.watch(model, since=since, until=until)).html,
    )
    return embedded(visit, html)


def look(visit: Visit) -> Looked:
    """What was seen of the model of the address, in its stretch of time."""
    sight = Sight(visit.desk.shared)
    model = sight.known(visit.path["model"])
    asked = range_of(visit, "/monitoring", model)
    since, until = sight.bounds(model, **asked.given)
    return Looked(
        visit=visit,
        sight=sight,
        model=model,
        range=asked,
        watch=sight.watch(model, since, until),
        found=figures.standing_figures(sight, model, since, until),
    )


def _overview(looked: Looked) -> Mapping[str, Any]:
    canvas = looked.canvas()
    main = [one for one in looked.of(QUALITY) if not one.slice and one.limited][:1]
    rest = [one for one in looked.found if one.limited and not one.slice and one not in main]
    firsts = {one.check: one for one in reversed(rest) if not (main and one.check == QUALITY)}
    worst = sorted(firsts.values(), key=lambda one: (-one.effect, -one.worst, one.name))
    traffic = [one for one in looked.of("traffic") if one not in worst][:2]
    cards = [
        (canvas.card(one, title=f"{one.check.replace('_', ' ')}: {one.subject}"), _leads(looked, one))
        for one in [*main, *worst[:_CARDS], *traffic]
    ]
    drift = looked.of("drift")
    return {
        "drawn": _timeline(looked),
        "cards": cards,
        "payload": canvas.payload,
        "heat": heat_rows(drift[:_FIRST], _heat_span(looked)),
        "features": len(drift),
        "open_alerts": looked.watch.open_alerts[:_CARDS],
        "alerts_left": max(len(looked.watch.open_alerts) - _CARDS, 0),
    }


def _timeline(looked: Looked) -> timeline.Drawn:
    """The timeline, with what changed upstream; remembered while nothing is new."""
    watch, sight = looked.watch, looked.sight

    def column(since: float, until: float, many: int) -> str:
        if many == 1:
            return looked.url("windows", f"{since:.3f}")
        return looked.url(since=f"{since:.0f}", until=f"{until:.0f}")

    def made() -> timeline.Drawn:
        changed = replace(watch, changes=sight.seen.changes(looked.model, watch.windows))
        return timeline.drawn(
            changed, column, lambda one: looked.visit.renderer.url("/monitoring/alerts", one) if one else ""
        )

    stamp = (watch.since, watch.until, sight.stamp(looked.model))
    return sight.remembered(("monitoring.timeline", looked.model), stamp, made)


def _features(looked: Looked) -> Mapping[str, Any]:
    return {"heat": heat_rows(looked.of("drift"), _heat_span(looked)), "features": len(looked.of("drift"))}


def _heat_span(looked: Looked) -> Any:
    since, until = looked.watch.bounds
    return span_of(since, until, window=looked.watch.window, most=HEAT)


def _quality(looked: Looked) -> Mapping[str, Any]:
    canvas = looked.canvas()
    found = looked.found
    return {
        "slices": slice_table(found),
        "metrics": slice_cards(found, canvas),
        "estimated": estimated_cards(found, looked.watch.figures, canvas)
        or [canvas.card(one) for one in looked.of(ESTIMATED)],
        "calibration": calibration_picture(looked.watch.figures),
        "calibration_cards": [canvas.card(one) for one in looked.of(CALIBRATION) if not one.slice],
        "payload": canvas.payload,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The figures of a check: the worst as charts, all in a table."""

    check: str
    title: str
    lead: str
    cards: Sequence[Card]
    figures: Sequence[Standing]


def _checks(looked: Looked) -> Mapping[str, Any]:
    canvas = looked.canvas()
    known = dict.fromkeys(one.check for one in looked.found if one.check not in (QUALITY, ESTIMATED, CALIBRATION))
    ordered = sorted(known, key=lambda one: ORDER.index(one) if one in ORDER else len(ORDER))
    groups = []
    for check in ordered:
        mine = looked.of(check)
        title, lead = GROUPS.get(check, (check.replace("_", " ").capitalize(), ""))
        shown_ = [one for one in mine if one.limited][:_CARDS] or most_unusual(mine)[:_CARDS]
        groups.append(
            Group(
                check=check,
                title=title,
                lead=lead,
                cards=[canvas.card(one) for one in shown_],
                figures=mine if len(mine) > len(shown_) else (),
            )
        )
    return {
        "groups": groups,
        "payload": canvas.payload,
        "detectors": detectors_of(looked.sight, looked.model, looked.watch.figures),
    }


def _windows(looked: Looked) -> Mapping[str, Any]:
    failed = looked.visit.query.get("failed", "") == "yes"
    shown_ = looked.visit.ask(windows.listed, model=looked.model, failed=failed, **looked.range.given)
    newest = list(reversed(shown_))
    page = looked.visit.whole("skip")
    return {
        "drawn": _timeline(looked),
        "lines": newest[page : page + _WINDOWS],
        "total": len(newest),
        "skip": page,
        "step": _WINDOWS,
        "failed": failed,
    }


def _alerts(looked: Looked) -> Mapping[str, Any]:
    return {"alerts": looked.watch.alerts}


def _retraining(looked: Looked) -> Mapping[str, Any]:
    return {"retraining": looked.visit.ask(decisions.decisions, model=looked.model)}


def _declaration(looked: Looked) -> Mapping[str, Any]:
    from mainspring.app.api.subjects.monitoring import declaring

    found = looked.visit.ask(declaring.declaration)
    mine = next((one for one in found.models if one.model == looked.model), None)
    return {"declaration": found, "mine": mine}


def _page(looked: Looked) -> Mapping[str, Any]:
    return {"address": looked.url("page", **looked.range.query)}


def _leads(looked: Looked, one: Standing) -> str:
    """The page behind a figure: of its feature, or of its check."""
    if one.check == "drift":
        return looked.url("features", one.subject, **looked.range.query)
    name = "quality" if one.check in (QUALITY, ESTIMATED, CALIBRATION) else "checks"
    return looked.url(view=name, **looked.range.query)


_MAKERS: Final[Mapping[str, Callable[[Looked], Mapping[str, Any]]]] = {
    "": _overview,
    "features": _features,
    "quality": _quality,
    "checks": _checks,
    "windows": _windows,
    "alerts": _alerts,
    "retraining": _retraining,
    "declaration": _declaration,
    "page": _page,
}
