"""Files: the lineage for other tools."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.api.subjects.lineage.exporting import exported
from mainspring.app.web.rooms.lineage import drawing
from mainspring.app.web.rooms.lineage.asked import Asked
from mainspring.app.web.visit import Visit
from mainspring.core.errors import InputError


def download(visit: Visit) -> Response:
    """What is shown, as a file of the form that is asked for."""
    asked = Asked(visit, visit.query.get("at", ""))
    form = visit.query.get("form", "json")
    if form == "svg":
        name, media_type, text = f"lineage-{asked.at.replace(':', '-')}.svg", "image/svg+xml", _svg(asked)
    else:
        made = visit.ask(exported, at=asked.at, form=form, **asked.given())
        name, media_type, text = made.name, made.media_type, made.text
    headers = {"content-disposition": f'attachment; filename="{name}"', "x-content-type-options": "nosniff"}
    return Response(text, media_type=media_type, headers=headers)


def _svg(asked: Asked) -> str:
    graph = asked.graph()
    if not drawing.is_small(graph):
        raise InputError(
            f"a picture of {len(graph.boxes):,} boxes",
            expected=f"at most {drawing.SMALL}",
            fix="save what is seen with the buttons below the picture, or narrow it by filters",
        )
    return drawing.svg_of(graph, graph.arrows, f"Lineage of {asked.at}", alone=True)
