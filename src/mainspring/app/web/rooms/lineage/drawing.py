"""Lineage as a picture: SVG for what people can take in, columns of numbers for a canvas beyond that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from mainspring.app.api.subjects.lineage.nouns import Arrow, Box, Graph
from mainspring.app.web.rooms.lineage.layering import HEIGHT, WIDTH, placed
from mainspring.evaluation.drawing.colours import STATES
from mainspring.evaluation.drawing.graphs import Edge, Node, draw, reduced
from mainspring.evaluation.drawing.lettering import escaped

SMALL: Final = 150
"""Up to so many boxes are drawn on the server, so that the picture is there without a script."""

_ARROWS: Final = 700
FAMILIES: Final = ("data", "checks", "model", "product", "step", "group", "other")
_MARKS: Final = {"data": "f1", "checks": "f6", "model": "f2", "product": "f3", "group": "f5"}
_QUIET: Final = frozenset({"live", "reference", "complete", "cached", ""})


def is_small(graph: Graph) -> bool:
    """Whether it can be taken in at a glance, and drawn on the server."""
    return len(graph.boxes) <= SMALL and len(graph.arrows) <= _ARROWS


def arrows_of(graph: Graph, *, fewer: bool) -> Sequence[Arrow]:
    """The arrows that are drawn: all, or only those that no longer way implies."""
    if not fewer:
        return graph.arrows
    kept = {
        (edge.source, edge.target)
        for edge in reduced([_node(box) for box in graph.boxes], [_edge(arrow) for arrow in graph.arrows])
    }
    return [arrow for arrow in graph.arrows if (arrow.source, arrow.target) in kept]


def svg_of(
    graph: Graph,
    arrows: Sequence[Arrow],
    title: str,
    href: Callable[[str], str] | None = None,
    pick: str = "",
    *,
    alone: bool = False,
) -> str:
    """A picture of a few boxes.

    Args:
        graph: It.
        arrows: The arrows to draw.
        title: What it shows.
        href: Where a box leads.
        pick: The box that is looked at.
        alone: Whether it is to be a file of its own.
    """
    nodes = [_node(box, href(box.id) if href else None) for box in graph.boxes]
    svg = draw(nodes, [_edge(arrow) for arrow in arrows], title=title, alone=alone)
    if href is not None:
        for box in dict.fromkeys((graph.subject, pick)):
            words = [word for word, one in (("subject", graph.subject), ("chosen", pick)) if one == box]
            opening = f'<a href="{escaped(href(box))}"'
            svg = svg.replace(f"{opening}>", f'{opening} class="{" ".join(words)}">', 1)
    return svg


def columns_of(graph: Graph) -> Mapping[str, Any]:
    """Many boxes as columns: places, words by their numbers in a list, arrows by the numbers of their ends."""
    at = {box.id: place for place, box in enumerate(graph.boxes)}
    pairs = [(at[arrow.source], at[arrow.target]) for arrow in graph.arrows]
    layout = placed(len(at), pairs)
    words: dict[str, int] = {}
    states = ("", *STATES)

    def word(text: str) -> int:
        return words.setdefault(text, len(words))

    return {
        "box": [WIDTH, HEIGHT],
        "size": [layout.width, layout.height],
        "subject": at[graph.subject],
        "families": FAMILIES,
        "states": states,
        "x": layout.x,
        "y": layout.y,
        "id": [box.id for box in graph.boxes],
        "label": [word(box.label) for box in graph.boxes],
        "detail": [word(box.detail) for box in graph.boxes],
        "family": [FAMILIES.index(box.family) for box in graph.boxes],
        "state": [states.index(box.state) if _tells(box) else 0 for box in graph.boxes],
        "erased": [place for place, box in enumerate(graph.boxes) if box.erased],
        "good": [place for place, box in enumerate(graph.boxes) if box.good],
        "bad": [place for place, box in enumerate(graph.boxes) if box.good is False],
        "from": [source for source, _ in pairs],
        "to": [target for _, target in pairs],
        "through": [place for place, arrow in enumerate(graph.arrows) if arrow.through],
        "words": list(words),
    }


def _tells(box: Box) -> bool:
    """Whether the state of a box is worth a sign: what went well without more is the rule."""
    return box.state in STATES and (box.family == "step" or box.state not in _QUIET)


def _node(box: Box, href: str | None = None) -> Node:
    kind = "perhaps" if box.erased else "artifact" if box.family == "step" else "step"  # a pill, and a box
    mark = _MARKS.get(box.family, "")
    if box.good is not None:
        mark = "good" if box.good else "bad"
    state = box.state if _tells(box) else ""
    return Node(id=box.id, label=box.label, kind=kind, state=state, detail=box.detail, href=href, mark=mark)


def _edge(arrow: Arrow) -> Edge:
    return Edge(arrow.source, arrow.target, label=arrow.label, dashed=arrow.through)
