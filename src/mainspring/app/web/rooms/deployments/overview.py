"""What is served, and what deployment files ask for."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.api.subjects.deployments import declaring, listing
from mainspring.app.web.rooms.deployments import pictures, words
from mainspring.app.web.visit import Visit
from mainspring.evaluation.drawing import sparkline


def shown(visit: Visit) -> Response:
    """What is served; what is declared; a revision; a file to be checked."""
    tab = visit.query.get("tab", "served")
    if tab == "declared":
        return _declared(visit)
    if tab == "check":
        return visit.render("deployments/check.html.j2", room="deployments", tab=tab)
    return visit.render(
        "deployments/overview.html.j2",
        room="deployments",
        tab="served",
        found=visit.ask(listing.listed),
        split_bar=pictures.split_bar,
        shares_of=pictures.shares_of,
        spark=spark,
        phases=words.PHASES,
        story=words.told,
    )


def _declared(visit: Visit) -> Response:
    number = visit.query.get("revision", "")
    if number:
        shown = visit.ask(declaring.revision, number=number)
        return visit.render(
            "deployments/revision.html.j2", room="deployments", tab="declared", shown=shown, found=None
        )
    return visit.render(
        "deployments/declared.html.j2",
        room="deployments",
        tab="declared",
        found=visit.ask(declaring.declared),
        events=visit.ask(declaring.events, limit=40),
    )


def spark(values: list[float | None], title: str) -> str:
    """The shape of a series; what is not known leaves a gap."""
    return sparkline([float("nan") if one is None else one for one in values], title=title)
