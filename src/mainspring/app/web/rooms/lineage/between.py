"""The way between two things."""

from __future__ import annotations

import itertools

from starlette.responses import Response

from mainspring.app.api.subjects.lineage import finding, ways
from mainspring.app.api.subjects.lineage.nouns import Arrow, Box, Graph, Ways
from mainspring.app.web.rooms.lineage import drawing
from mainspring.app.web.rooms.lineage.asked import centred
from mainspring.app.web.visit import Visit


def between(visit: Visit) -> Response:
    """Two things to choose, and how they hang together."""
    texts = [visit.query.get(name, "").strip() for name in ("from", "to")]
    boxes = [finding.meant(visit.desk, text) if text else None for text in texts]
    found: Ways | None = None
    if boxes[0] is not None and boxes[1] is not None:
        found = visit.ask(ways.between, source=boxes[0].id, target=boxes[1].id)
    offered = finding.matching(visit.desk, "", 100)
    return visit.render(
        "lineage/between.html.j2",
        room="lineage",
        texts=texts,
        unknown=[text for text, box in zip(texts, boxes, strict=True) if text and box is None],
        found=found,
        offered=offered,
        centred=centred,
        svg=_picture(visit, found) if found is not None and found.ways else "",
    )


def _picture(visit: Visit, found: Ways) -> str:
    """All ways in one picture."""
    boxes: dict[str, Box] = {}
    arrows: dict[tuple[str, str], Arrow] = {}
    for way in found.ways[:20]:
        boxes.update((box.id, box) for box in way)
        for one, other in itertools.pairwise(way):
            arrows.setdefault((one.id, other.id), Arrow(one.id, other.id))
    graph = Graph(
        subject=found.target.id, boxes=list(boxes.values()), arrows=list(arrows.values()), total=len(boxes)
    )
    title = f"From {found.source.label} to {found.target.label}"
    return drawing.svg_of(graph, graph.arrows, title, lambda at: visit.renderer.url(centred(at)))
