"""One feature: its figures over time with their limits, and what it looked like then and now."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from mainspring.app.web.rooms.monitoring.model import look
from mainspring.app.web.rooms.monitoring.windows import distributions_of
from mainspring.app.web.visit import Visit
from mainspring.core.errors import NotFoundError
from mainspring.monitoring.viewing.shares import Distribution

_LAST: Final = 24
_CARDS: Final = 24


def shown(visit: Visit) -> Response:
    """A feature of a model."""
    looked, feature = look(visit), visit.path["feature"]
    mine = [
        one
        for one in looked.found
        if one.check not in ("quality", "estimated_quality", "calibration")
        and (one.subject == feature or one.subject.endswith(f".{feature}"))
    ]
    ordered = [one.subject for one in looked.of("drift") if not one.slice]
    if not mine and feature not in ordered:
        raise NotFoundError(
            f"nothing was measured of a feature {feature!r} of {looked.model}",
            fix="see the features that are looked at",
        )
    canvas = looked.canvas()
    windows = looked.watch.windows
    last = windows[-_LAST:]
    latest, shares = "", list[Distribution]()
    if last:
        latest, found = distributions_of(
            looked.sight, looked.model, last[-1].version, last[0].since, last[-1].until, [feature]
        )
        shares = list(found)
    place = ordered.index(feature) if feature in ordered else -1
    alerts = [one for one in looked.watch.alerts if feature in (one.subject, *one.features)]
    return visit.render(
        "monitoring/feature.html.j2",
        room="monitoring",
        model=looked.model,
        feature=feature,
        range=looked.range,
        cards=[
            canvas.card(one, title=one.check.replace("_", " "), part=_part(one.subject, feature, one.slice))
            for one in mine[:_CARDS]
        ],
        payload=canvas.payload,
        main=mine[0] if mine else None,
        share=shares[0] if shares else None,
        latest=latest,
        rank=place + 1,
        features=len(ordered),
        before=ordered[place - 1] if place > 0 else "",
        after=ordered[place + 1] if 0 <= place < len(ordered) - 1 else "",
        alerts=alerts,
    )


def _part(subject: str, feature: str, part: str) -> str:
    """What tells figures of one feature apart: what was measured of it, and of which rows."""
    measured = subject.removesuffix(feature).rstrip(".")
    return ", ".join(one for one in (measured, part) if one)
