"""A graph as a picture: SVG, or text in Mermaid's language.

Data flows from top to bottom. Boxes have a strip in the colour of their kind, those that the graph can do without
have a broken line, and arrows say which tensors go along them, or how a router chooses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mainspring.evaluation.drawing.graphs import Edge, draw
from mainspring.evaluation.drawing.graphs import Node as Box
from mainspring.serving.graphs.checking import kinds_of
from mainspring.serving.graphs.graph import REQUEST, Graph, Node
from mainspring.serving.graphs.wiring import Source, answering, branches_of, sources_of

ANSWER: Final = "answer"
TAGS: Final = "tags"

_METHODS: Final = {
    "predict": "model",
    "transform_input": "transformer",
    "transform_output": "output transformer",
    "route": "router",
    "aggregate": "combiner",
}
_KINDS: Final = {
    "url": "other server",
    "combine": "combiner",
    "split": "splitter",
    "switch": "switch",
    "bandit": "bandit",
    "graph": "graph",
}
_MARKS: Final = {
    "model": "f1",
    "other server": "f6",
    "transformer": "f2",
    "output transformer": "f2",
    "router": "f3",
    "splitter": "f3",
    "switch": "f3",
    "bandit": "f3",
    "combiner": "f4",
}
_LONGEST = 30


@dataclass(frozen=True, slots=True)
class Stand:
    """How a node stands at the moment.

    Attributes:
        version: The version of its model that answers.
        trouble: Why it cannot answer; empty if it can.
    """

    version: str = ""
    trouble: str = ""


def kind_of(node: Node) -> str:
    """What a node is, in words: ``model``, ``router``, ``combiner`` and so on."""
    kinds = kinds_of(node)
    return _METHODS[node.method] if not kinds or kinds[0] == "model" else _KINDS[kinds[0]]


def svg(graph: Graph, *, title: str, stands: Mapping[str, Stand] | None = None, alone: bool = True) -> str:
    """A graph as SVG markup; the same for the same graph.

    Args:
        graph: The graph; nothing of it need be right.
        title: What the picture is called.
        stands: How nodes stand, by their paths.
        alone: Put the style sheet into the picture.
    """
    boxes, edges = _drawn(graph, stands or {})
    return draw(boxes, edges, title=title, alone=alone)


def mermaid(graph: Graph) -> str:
    """A graph as a flowchart in Mermaid's language, for a README (https://mermaid.js.org)."""
    boxes, edges = _drawn(graph, {})
    ids = {box.id: f"n{place}" for place, box in enumerate(boxes)}
    lines = ["flowchart TD"]
    for box in boxes:
        text = _quoted(" <br/>".join(part for part in (box.label, box.detail) if part))
        opening, closing = _SHAPES.get(box.mark, ("[", "]")) if box.kind != "artifact" else ("([", "])")
        lines.append(f"    {ids[box.id]}{opening}{text}{closing}")
    for edge in edges:
        if edge.source not in ids or edge.target not in ids:
            continue
        arrow = "-.->" if edge.dashed else "-->"
        words = f"|{_quoted(edge.shown)}|" if edge.shown else ""
        lines.append(f"    {ids[edge.source]} {arrow}{words} {ids[edge.target]}")
    return "\n".join(lines) + "\n"


_SHAPES: Final = {"f3": ("{", "}"), "f4": ("[[", "]]"), "f2": ("[/", "/]")}


def _quoted(text: str) -> str:
    return '"' + re.sub(r'["#]', lambda found: f"#{ord(found[0])};", text) + '"'


def _drawn(graph: Graph, stands: Mapping[str, Stand]) -> tuple[list[Box], list[Edge]]:
    drawing = _Drawing(stands)
    drawing.boxes.append(Box(REQUEST, REQUEST, "artifact"))
    ends = drawing.add(graph, "", [(REQUEST, "")])
    drawing.boxes.append(Box(ANSWER, ANSWER, "artifact"))
    drawing.edges += [Edge(end, ANSWER) for end in ends]
    if drawing.told:
        drawing.boxes.append(Box(TAGS, TAGS, "artifact"))
        drawing.edges += [Edge(end, TAGS) for end in drawing.told]
    return drawing.boxes, list(dict.fromkeys(drawing.edges))


class _Drawing:
    """Boxes and arrows of a graph and of those in it."""

    def __init__(self, stands: Mapping[str, Stand]) -> None:
        self.boxes: list[Box] = []
        self.edges: list[Edge] = []
        self.told: list[str] = []
        self._stands = stands

    def add(self, graph: Graph, prefix: str, asked: list[tuple[str, str]]) -> list[str]:
        """Draw the nodes of a graph.

        Args:
            graph: The graph.
            prefix: What its nodes are called before their names.
            asked: Where what is asked of it comes from, with what is written beside those arrows.

        Returns:
            The boxes whose answer is that of the graph.
        """
        ends: dict[str, list[str]] = {}
        for name in _inner_first(graph):
            node, path = graph.nodes[name], prefix + name
            if node.graph is not None:
                froms = [
                    one for source in sources_of(node.reads) for one in self._froms(source, asked, prefix, graph)
                ]
                ends[name] = self.add(node.graph, f"{path}/", froms or asked)
            else:
                self.boxes.append(self._box(path, node))
                ends[name] = [path]
        for name in graph.nodes:
            ends[name] = _ends(name, graph, ends, set())
        for name, node in graph.nodes.items():
            self._arrows(name, node, graph, prefix, asked, ends)
        self.told += [end for name in graph.also for end in ends.get(name, [])]
        return ends.get(answering(graph), [])

    def _arrows(
        self,
        name: str,
        node: Node,
        graph: Graph,
        prefix: str,
        asked: list[tuple[str, str]],
        ends: Mapping[str, list[str]],
    ) -> None:
        path = prefix + name
        if node.graph is None:
            for source in sources_of(node.reads):
                label = _label(source)
                if source.node == REQUEST:
                    self.edges += [Edge(one, path, shown=label or words) for one, words in asked]
                else:
                    self.edges += [Edge(end, path, shown=label) for end in ends.get(source.node, [])]
        first = path if node.graph is None else None
        for branch, words in _ways(node):
            target = prefix + branch
            if first is not None and branch in graph.nodes:
                self.edges += [Edge(first, one, shown=words) for one in self._begins(target)]
        for other in node.after:
            self.edges += [Edge(end, path, "before", dashed=True) for end in ends.get(other, [])]

    def _begins(self, path: str) -> list[str]:
        """The box of a node, or the first one of a graph."""
        ids = [box.id for box in self.boxes]
        return [path] if path in ids else [one for one in ids if one.startswith(f"{path}/")][:1]

    def _froms(
        self, source: Source, asked: list[tuple[str, str]], prefix: str, graph: Graph
    ) -> Iterator[tuple[str, str]]:
        if source.node == REQUEST:
            yield from ((one, _label(source) or words) for one, words in asked)
        elif source.node in graph.nodes:
            yield prefix + source.node, _label(source)

    def _box(self, path: str, node: Node) -> Box:
        kind, stand = kind_of(node), self._stands.get(path, Stand())
        said = [kind if not node.combine else f"{node.combine}"]
        said += [text for text in (node.model, node.url.partition("//")[2]) if text and text != path]
        said += [stand.version] if stand.version and ":" not in node.model else []
        said += [f"if {node.when}"] if node.when else []
        said += [f"{node.timeout:g} s"] if node.timeout is not None else []
        return Box(
            path,
            path,
            "perhaps" if node.soft else "step",
            state="failed" if stand.trouble else "",
            detail=" · ".join(said),
            mark=_MARKS.get(kind, ""),
        )


def _ends(name: str, graph: Graph, ends: Mapping[str, list[str]], seen: set[str]) -> list[str]:
    """The boxes that the answer of a node comes from: of a router those of its branches."""
    branches = branches_of(graph.nodes[name]) if name in graph.nodes and name not in seen else ()
    if not branches:
        return ends.get(name, [])
    found = [end for branch in branches for end in _ends(branch, graph, ends, seen | {name})]
    return list(dict.fromkeys(found))


def _inner_first(graph: Graph) -> list[str]:
    """The nodes in their order, those that are graphs after what they read."""
    return sorted(graph.nodes, key=lambda name: graph.nodes[name].graph is not None)


def _label(source: Source) -> str:
    if not source.output:
        return source.name
    if source.name and source.name != source.output:
        return f"{source.output} → {source.name}"
    return source.output


def _ways(node: Node) -> Iterator[tuple[str, str]]:
    """The branches of a router, with how each is chosen."""
    if node.split is not None:
        total = sum(node.split.values()) or 1.0
        yield from ((branch, f"{100 * share / total:.3g} %") for branch, share in node.split.items())
    elif node.switch:
        for case in node.switch:
            words = case.when or "else"
            yield case.to, words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
    else:
        yield from ((branch, str(place)) for place, branch in enumerate(branches_of(node)))
