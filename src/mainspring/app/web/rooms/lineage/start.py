"""The first page: what can be asked, and what there is to ask about."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from mainspring.app.api.subjects.lineage import finding
from mainspring.app.api.subjects.lineage.looking import listed
from mainspring.app.web.rooms.lineage.asked import centred
from mainspring.app.web.rooms.lineage.explorer import of_execution
from mainspring.app.web.visit import Visit

_PAGE = 50


def first(visit: Visit) -> Response:
    """Search, types and the newest artifacts; or the explorer around an execution."""
    number = visit.query.get("execution", "")
    if number:
        return of_execution(visit, number)
    text, kind = visit.query.get("text", "").strip(), visit.query.get("type", "")
    before = visit.query.get("before", "")
    box = finding.meant(visit.desk, text) if text and not kind else None
    if text:
        boxes = finding.matching(visit.desk, text, _PAGE, kind)
    else:
        boxes = visit.ask(listed, limit=_PAGE, **({"type_name": kind} if kind else {}), **_before(before))
    if box is not None and len(boxes) <= 1:
        return RedirectResponse(visit.renderer.url(centred(box.id)), status_code=303)
    last = boxes[-1].id.partition(":")[2] if len(boxes) == _PAGE and not text else ""
    return visit.render(
        "lineage/first.html.j2",
        room="lineage",
        text=text,
        kind=kind,
        before=before,
        meant=box,
        boxes=boxes,
        types=finding.types(visit.desk),
        older=last,
        centred=centred,
    )


def _before(text: str) -> dict[str, str]:
    return {"before": text} if text else {}
