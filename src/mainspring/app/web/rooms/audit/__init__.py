"""Pages: the audit list, and what can be taken out of it."""

from __future__ import annotations

from starlette.responses import Response

from mainspring.app.api.subjects.audit import chain, listing
from mainspring.app.web.room import Page, Room
from mainspring.app.web.visit import Visit

_FILTERS = ("who", "operation", "outcome", "since", "until", "text", "sort")
_KINDS = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}


def listed(visit: Visit) -> Response:
    """The list, filtered."""
    given = {name: visit.query[name].strip() for name in _FILTERS if visit.query.get(name, "").strip()}
    found = visit.ask(listing.listed, **given, before=visit.query.get("before", ""), limit=50)
    return visit.render(
        "audit/list.html.j2",
        room="audit",
        lines=found.lines,
        earlier=found.earlier,
        choices=visit.ask(listing.choices),
        given={name: given.get(name, "") for name in _FILTERS},
        filtered=bool(given),
        later="before" in visit.query,
    )


def exported(visit: Visit) -> Response:
    """The list, or what a filter leaves of it, as a file."""
    given = {name: visit.query[name].strip() for name in _FILTERS if visit.query.get(name, "").strip()}
    layout = "csv" if visit.query.get("layout") == "csv" else "jsonl"
    text = visit.ask(listing.export, layout=layout, **given)
    named = {"content-disposition": f'attachment; filename="audit.{layout}"'}
    return Response(text, media_type=_KINDS[layout], headers=named)


def verified(visit: Visit) -> Response:
    """Whether the trail is what was written."""
    head = visit.query.get("head", "").strip()
    given = {"head": head} if head else {}
    return visit.render("audit/chain.html.j2", room="audit", head=head, found=visit.ask(chain.verify, **given))


ROOM = Room(
    name="audit",
    title="Audit",
    icon="audit",
    key="a",
    admin=True,
    pages=[
        Page(path="/audit", show=listed),
        Page(path="/audit/export", show=exported),
        Page(path="/audit/chain", show=verified),
    ],
)

__all__ = ["ROOM"]
