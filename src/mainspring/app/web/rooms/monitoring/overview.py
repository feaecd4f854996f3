"""All models that are watched, and those that nobody watches."""

from __future__ import annotations

import math
from collections.abc import Sequence

from starlette.responses import Response

from mainspring.app.api.subjects.monitoring import declaring, listing
from mainspring.app.api.subjects.monitoring.nouns import WatchedModel
from mainspring.app.web.visit import Visit
from mainspring.evaluation.drawing import sparkline


def listed(visit: Visit) -> Response:
    """How all models stand."""
    found = visit.ask(listing.listed)
    return visit.render(
        "monitoring/list.html.j2",
        room="monitoring",
        found=found,
        lines=[(one, _sparklines(one)) for one in found.models],
        failing=sum(one.health == "failing" for one in found.models),
    )


def declaration(visit: Visit) -> Response:
    """The monitoring file."""
    return visit.render(
        "monitoring/declaration.html.j2", room="monitoring", found=visit.ask(declaring.declaration)
    )


def _sparklines(one: WatchedModel) -> Sequence[tuple[str, str, float | None]]:
    """What a sparkline is of, it, and the last value."""
    drawn = []
    for name in ("quality", "drift", "rows"):
        values = one.figures.get(name)
        if not values:
            continue
        plain = [math.nan if value is None else value for value in values]
        last = next((value for value in reversed(plain) if not math.isnan(value)), None)
        title = one.names[name]
        drawn.append((title, sparkline(plain, title=f"{title} of {one.model}", size=(150.0, 30.0)), last))
    return drawn
