"""Pages about all models, and about one with its versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from starlette.responses import Response

from mainspring.app.api.subjects.models import hooks, listing, remarking
from mainspring.app.api.subjects.models.nouns import ListedModel
from mainspring.app.api.subjects.models.shelf import Shelf, shelf
from mainspring.app.web.rooms.models import drawing
from mainspring.app.web.rooms.models.elsewhere import elsewhere
from mainspring.app.web.visit import Visit
from mainspring.core.errors import InputError

_TABS: Final = {
    "versions": "Versions",
    "aliases": "Aliases",
    "environments": "Environments",
    "history": "History",
    "retention": "Retention",
}
_MOST: Final = 4


def listed(visit: Visit) -> Response:
    """All models, or the versions that satisfy a question."""
    where, problem, found = visit.query.get("where", "").strip(), None, None
    if where:
        try:
            found = visit.ask(listing.search, where=where)
        except InputError as error:
            problem = error
    models = visit.ask(listing.listed)
    return visit.render(
        "models/list.html.j2",
        room="models",
        models=models,
        sparklines={one.name: _sparkline(one) for one in models},
        where=where,
        found=found,
        problem=problem,
    )


def shown(visit: Visit) -> Response:
    """One model."""
    name = visit.path["model"]
    found = visit.ask(listing.shown, model=name)
    its = shelf(visit.desk.shared, name)
    tab = visit.query.get("tab", "versions")
    tab = tab if tab in _TABS else "versions"
    return visit.render(
        "models/model.html.j2",
        room="models",
        found=found,
        tab=tab,
        tabs=[(key, title, visit.renderer.url("/models", name, tab=key)) for key, title in _TABS.items()],
        **elsewhere(visit, name),
        **_PARTS[tab](visit, its),
    )


def webhooks(visit: Visit) -> Response:
    """Who is told of what happens to models."""
    from mainspring.models.registry.webhooks.events import EVENTS

    return visit.render(
        "models/webhooks.html.j2",
        room="models",
        hooks=visit.ask(hooks.listed),
        deliveries=visit.ask(hooks.deliveries, limit=40),
        events=EVENTS,
    )


def _sparkline(model: ListedModel) -> str:
    line = model.headline
    return drawing.small_line(
        line.values, f"{line.title} of the latest {len(line.values)} versions of {model.name}"
    )


def _versions(visit: Visit, its: Shelf) -> Mapping[str, Any]:
    known = sorted({name for one in its.versions for name in one.metrics})
    asked = [one for one in visit.many("metric") if one in known]
    columns = asked or listing.shown_metrics(its, _MOST)
    return {
        "columns": [(one, listing.title_of(one), listing.is_lower_better(one)) for one in columns],
        "known": [(one, listing.title_of(one)) for one in known],
        "charts": drawing.metric_charts(its, columns[:3]),
        "best": drawing.best_of(its, columns),
    }


def _aliases(visit: Visit, its: Shelf) -> Mapping[str, Any]:
    # Imported here: the registry brings NumPy along, which a console that shows no model does without.
    from mainspring.models.registry.decisions import held

    moves = visit.ask(listing.aliases, model=its.name)
    lines = {alias: held([one for one in its.moves if one.alias == alias]) for alias in its.aliases}
    return {
        "moves": moves,
        "timeline": drawing.timeline(moves),
        # The newest first, each once: the second one is where a rollback goes.
        "held": {alias: list(dict.fromkeys(map(str, reversed(line)))) for alias, line in lines.items()},
    }


def _environments(visit: Visit, its: Shelf) -> Mapping[str, Any]:
    return {"policies": visit.desk.platform.settings.promotion}


def _history(visit: Visit, its: Shelf) -> Mapping[str, Any]:
    return {"history": visit.ask(listing.history, model=its.name)}


def _retention(visit: Visit, its: Shelf) -> Mapping[str, Any]:
    keep = visit.query.get("keep", "10")
    try:
        planned = visit.ask(remarking.retention, model=its.name, keep=keep)
    except InputError as error:
        return {"planned": None, "keep": keep, "problem": error}
    return {"planned": planned, "keep": keep, "problem": None}


_PARTS: Final[Mapping[str, Callable[[Visit, Shelf], Mapping[str, Any]]]] = {
    "versions": _versions,
    "aliases": _aliases,
    "environments": _environments,
    "history": _history,
    "retention": _retention,
}
