"""Pages about data sets: all of them, one with its versions, drift, anomalies, and two versions side by side."""

from __future__ import annotations

from typing import Final

from starlette.responses import RedirectResponse, Response

from mainspring.app.api.subjects import data
from mainspring.app.api.subjects.data.listing import Listed
from mainspring.app.web.rooms.data import pictures
from mainspring.app.web.visit import Visit
from mainspring.core.errors import NotFoundError
from mainspring.evaluation.drawing import sparkline

_SHAPES: Final = 300
"""Data sets with more cells than this in their last versions show no drift on the page of all data sets."""
_DRAWN: Final = 6


def listed(visit: Visit) -> Response:
    """All data sets."""
    sets = visit.ask(data.listed)
    return visit.render(
        "data/list.html.j2",
        room="data",
        sets=sets,
        schemas=visit.ask(data.schemas),
        drift={one.name: _spark(visit, one) if place < _DRAWN else "" for place, one in enumerate(sets)},
    )


def one_set(visit: Visit) -> Response:
    """A data set with its versions."""
    found = visit.ask(data.versions, name=visit.path["name"])
    address = {one.number: visit.renderer.url("/data", found.name, one.number) for one in found.versions}
    return visit.render(
        "data/set.html.j2",
        room="data",
        data=found,
        timeline=pictures.timeline(found, address) if found.spanned else "",
        schemas=[one for one in visit.ask(data.schemas) if found.name in one.data],
    )


def drift(visit: Visit) -> Response:
    """How far every column is from the version before."""
    name = visit.path["name"]
    against = visit.query.get("against", "previous")
    return visit.render(
        "data/drift.html.j2",
        room="data",
        data=visit.ask(data.versions, name=name),
        drift=visit.ask(data.drift, name=name, against=against, last=visit.query.get("last", "12")),
        against=against,
    )


def compare(visit: Visit) -> Response:
    """Two versions side by side."""
    name = visit.path["name"]
    found = visit.ask(data.versions, name=name)
    a, b = visit.query.get("a", ""), visit.query.get("b", str(found.latest.number))
    others = [one.number for one in found.versions if str(one.number) != b]
    a = a or (str(others[0]) if others else "")
    made = visit.ask(data.differences, name=name, a=a, b=b) if a else None
    return visit.render("data/compare.html.j2", room="data", data=found, a=a, b=b, found=made)


def anomalies(visit: Visit) -> Response:
    """What validations found, in all data sets or in one."""
    name, severity = visit.path.get("name", ""), visit.query.get("severity", "")
    found = visit.ask(data.anomalies, name=name, severity=severity, column=visit.query.get("column", ""))
    files = {each: one.file for one in reversed(visit.ask(data.schemas)) for each in one.data}
    of = visit.ask(data.versions, name=name) if name else None
    newest = [of.latest] if of else [one.latest for one in visit.ask(data.listed)]
    return visit.render(
        "data/anomalies.html.j2",
        room="data",
        data=of,
        validated=any(one.check for one in newest),
        anomalies=found,
        severity=severity,
        files=files,
    )


def artifact(visit: Visit) -> Response:
    """The page of what an artifact of the record is, or describes; that of its lineage if it is no data."""
    try:
        found = visit.ask(data.of_artifact, artifact=visit.path["artifact"])
    except NotFoundError:
        return RedirectResponse(visit.renderer.url("/lineage", visit.path["artifact"]), status_code=303)
    return RedirectResponse(visit.renderer.url("/data", found.data, found.number), status_code=303)


def _spark(visit: Visit, one: Listed) -> str:
    """The largest change of a column from version to version, while that is quick to measure."""
    if one.versions < 3 or (one.latest.columns or 0) * min(one.versions, 8) > _SHAPES:
        return ""
    pairs = visit.ask(data.drift, name=one.name, last=8).pairs
    if len(pairs) < 2:
        return ""
    return sparkline(
        [pair.worst for pair in pairs], title=f"How far columns of {one.name} moved, version by version"
    )
