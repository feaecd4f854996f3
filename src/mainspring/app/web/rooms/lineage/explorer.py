"""The explorer: a picture of the lineage around something, lists of it, and the facts beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from starlette.responses import Response

from mainspring.app import origins
from mainspring.app.api.door import encoded
from mainspring.app.api.subjects.lineage.collecting import without_collecting
from mainspring.app.api.subjects.lineage.looking import artifact, execution
from mainspring.app.api.subjects.lineage.nouns import ArtifactFacts, Box, ExecutionFacts, Graph
from mainspring.app.api.subjects.lineage.walking import stamp
from mainspring.app.web.rooms.lineage import drawing
from mainspring.app.web.rooms.lineage.asked import LISTED, VIEWS, WAYS, Asked, centred
from mainspring.app.web.visit import Visit
from mainspring.core.errors import NotFoundError
from mainspring.core.records import Artifact, Kind

_LISTED = 200


def of_artifact(visit: Visit) -> Response:
    """The explorer around an artifact."""
    return _explored(Asked(visit, f"artifact:{visit.path['id']}"))


def of_execution(visit: Visit, number: str) -> Response:
    """The explorer around an execution."""
    return _explored(Asked(visit, f"execution:{number}"))


def drawn(visit: Visit) -> Response:
    """The columns of a large picture."""
    asked = Asked(visit, visit.query.get("at", ""))
    key = ("lineage.drawn", hash((asked.at, visit.request.url.query)) % 4)
    made = visit.desk.shared.remembered(
        key,
        (stamp(visit.desk.shared), visit.request.url.query),
        lambda: _columns(asked),
    )
    return Response(made, media_type="application/json", headers={"cache-control": "no-store"})


def _columns(asked: Asked) -> bytes:
    with without_collecting():
        return encoded(drawing.columns_of(asked.graph()))


def facts(visit: Visit) -> Response:
    """What is known of a box, to be put beside the picture."""
    asked = Asked(visit, visit.query.get("at", ""))
    pick = visit.query.get("pick") or asked.at
    return visit.render("lineage/facts.html.j2", room="lineage", asked=asked, **known(visit, pick))


def known(visit: Visit, pick: str) -> dict[str, Any]:
    """What the panel shows of a box."""
    kind, _, name = pick.partition(":")
    found: dict[str, Any] = {"pick": pick, "thing": None, "event": None, "group": None, "centred": centred}
    if kind == "artifact" and name.isdecimal():
        found["thing"] = visit.ask(artifact, artifact=name)
    elif kind == "execution" and name.isdecimal():
        found["event"] = visit.ask(execution, execution=name)
    elif kind in ("run", "type", "step"):
        found["group"] = (kind, name)
    else:
        raise NotFoundError(f"there is no box {pick!r}", fix="choose one in the picture")
    return found


def _explored(asked: Asked) -> Response:
    visit = asked.visit
    tab = asked.value("tab")
    tab = tab if tab in (*LISTED, "answers", "list") else "picture"
    graph = asked.graph()
    pick = asked.value("pick", asked.at)
    shown: dict[str, Any] = {
        "asked": asked,
        "graph": graph,
        "tab": tab,
        "views": VIEWS,
        "ways": WAYS,
        "pick": pick,
    }
    subject = _subject(graph, asked)
    named = subject.label if subject.family == "step" else f"{subject.label} {subject.detail}".strip()
    shown |= {"subject": subject, "named": named, **known(visit, pick)}
    if tab in LISTED:
        shown["found"] = visit.ask(LISTED[tab], at=asked.at)
        shown["graph"] = graph
    elif tab == "answers":
        shown |= _answered(asked)
    elif tab == "list":
        shown |= _listed(asked, graph)
    else:
        shown |= _pictured(asked, graph, pick)
    return visit.render("lineage/explorer.html.j2", room="lineage", **shown)


def _subject(graph: Graph, asked: Asked) -> Box:
    """What is asked about; in a picture of groups, what the record knows of it."""
    found = next((box for box in graph.boxes if box.id == asked.at), None)
    if found is not None:
        return found
    told = known(asked.visit, asked.at)
    whole: ArtifactFacts | ExecutionFacts = told["thing"] or told["event"]
    return whole.box


def _pictured(asked: Asked, graph: Graph, pick: str) -> dict[str, Any]:
    small = drawing.is_small(graph)
    if not small:
        return {"small": False, "svg": "", "wires": None, "source": asked.beside("drawn", pick=None)}
    fewer = asked.value("arrows") == "fewer"
    arrows = drawing.arrows_of(graph, fewer=fewer)
    at = {box.id: place for place, box in enumerate(graph.boxes)}
    return {
        "small": True,
        "svg": drawing.svg_of(graph, arrows, "Lineage", lambda box: asked.url(pick=box), pick),
        "wires": {
            "ids": list(at),
            "subject": at[graph.subject],
            "from": [at[one.source] for one in arrows],
            "to": [at[one.target] for one in arrows],
        },
        "source": "",
    }


def _listed(asked: Asked, graph: Graph) -> dict[str, Any]:
    """A part of the boxes, and how many arrows lead to and from each."""
    start = asked.visit.whole("from")
    into: dict[str, int] = {}
    out: dict[str, int] = {}
    for arrow in graph.arrows:
        out[arrow.source] = out.get(arrow.source, 0) + 1
        into[arrow.target] = into.get(arrow.target, 0) + 1
    rows: Sequence[Box] = graph.boxes[start : start + _LISTED]
    return {"rows": rows, "into": into, "out": out, "start": start, "step": _LISTED, "centred": centred}


def _answered(asked: Asked) -> dict[str, Any]:
    """What ``mainspring lineage`` tells: rows, schema, code, metrics, gates, signatures."""
    desk = asked.visit.desk
    kind, _, number = asked.at.partition(":")
    if kind != "artifact":
        return {"answers": None}
    subject = cast("Artifact", desk.platform.store.record.get(Kind.ARTIFACT, [int(number)])[0])

    def make() -> dict[str, Any]:
        origin = origins.trace(desk.platform, subject)
        found = origins.answers(origin, desk.platform.store.blobs)
        found["signed"] += origins.promotions(desk.platform, subject)
        found["because"] = origins.reasons(desk.platform, origin)
        return found

    key = ("lineage.answers", int(number) % 4)
    return {"answers": desk.shared.remembered(key, (stamp(desk.shared), number), make)}
