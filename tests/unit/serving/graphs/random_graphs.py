"""Random graphs of small members, with requests to them and divisions among processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st

from mainspring.serving.components.opening import open_component
from mainspring.serving.components.options import Component, TensorSpec
from mainspring.serving.graphs.graph import Case, Graph, Node
from mainspring.serving.graphs.model import GraphModel
from mainspring.serving.graphs.wiring import asked_by
from mainspring.serving.opening import ServerMembers
from mainspring.serving.repository import Repository

CLASSES = Path(__file__).parent / "classes.py"
NUMBER, SINGLE, WHOLE, TEXT, MATRIX = "FP64", "FP32", "INT64", "BYTES", "matrix"
REQUEST = {"a": NUMBER, "b": NUMBER, "w": TEXT}

FORMULAS: dict[str, tuple[dict[str, str], tuple[str, str]]] = {
    "inc": ({"x": NUMBER}, ("y", NUMBER)),
    "dbl": ({"x": NUMBER}, ("y", NUMBER)),
    "neg": ({"x": NUMBER}, ("y", NUMBER)),
    "add": ({"a": NUMBER, "b": NUMBER}, ("y", NUMBER)),
    "mul": ({"a": NUMBER, "b": NUMBER}, ("y", NUMBER)),
    "pair": ({"a": NUMBER, "b": NUMBER}, ("m", MATRIX)),
    "flat": ({"m": MATRIX}, ("y", NUMBER)),
    "whole": ({"x": NUMBER}, ("n", WHOLE)),
    "word": ({"x": NUMBER}, ("w", TEXT)),
    "size": ({"w": TEXT}, ("n", WHOLE)),
    "join": ({"w": TEXT, "v": TEXT}, ("w", TEXT)),
    "single": ({"x": NUMBER}, ("s", SINGLE)),
    "broken": ({"x": NUMBER}, ("y", NUMBER)),
}
FITS = {NUMBER: {NUMBER, WHOLE, SINGLE}, SINGLE: {SINGLE}, WHOLE: {WHOLE}, TEXT: {TEXT}, MATRIX: {MATRIX}}


@dataclass(frozen=True)
class Drawn:
    """A graph, what is asked of it, and the nodes that go elsewhere."""

    graph: Graph
    rows: dict[str, list[Any]]
    elsewhere: tuple[str, ...]


def component(name: str) -> Component:
    inputs, output = FORMULAS[name]
    return Component(
        entry=f"{CLASSES}:Formula",
        arguments={"kind": name},
        takes="columns",
        inline=True,
        inputs=tuple(_spec(*one) for one in inputs.items()),
        outputs=(_spec(*output),),
    )


def options() -> dict[str, Any]:
    """The members, as the file of a server has them."""
    return {name: {"component": msgspec.to_builtins(component(name))} for name in FORMULAS}


def members() -> ServerMembers:
    """The members, in this process."""
    models = [open_component(component(name), name=name) for name in FORMULAS]
    return ServerMembers(Repository.of(models))


def graph_model(graph: Graph, among: ServerMembers, name: str = "g") -> GraphModel:
    return GraphModel(graph, among, name=name)


@st.composite
def drawn(draw: st.DrawFn) -> Drawn:
    graph = draw(graphs(least=6))
    count = draw(st.integers(1, 4))
    numbers = st.floats(-50, 50, width=32)
    rows = {
        "a": draw(st.lists(numbers, min_size=count, max_size=count)),
        "b": draw(st.lists(numbers, min_size=count, max_size=count)),
        "w": draw(st.lists(st.text("aé ", max_size=4), min_size=count, max_size=count)),
    }
    movable = [name for name, node in graph.nodes.items() if node.model or node.graph is not None]
    return Drawn(graph, rows, tuple(draw(st.lists(st.sampled_from(movable), min_size=1, unique=True))))


@st.composite
def graphs(draw: st.DrawFn, *, depth: int = 1, least: int = 1) -> Graph:
    """A graph; the answering node is the last, and all others are of use to it."""
    nodes: dict[str, Node] = {}
    outputs: dict[str, dict[str, str]] = {}
    for number in range(draw(st.integers(least, least + 5))):
        name = f"n{number}"
        kinds = ["model"] * 4 + (["combine", "switch", "split"] if nodes else []) + (["graph"] if depth else [])
        kind = draw(st.sampled_from(kinds))
        node, given = None, {}
        if kind == "model":
            node, given = draw(_models(outputs))
        elif kind == "combine":
            node, given = draw(_combiners(outputs))
        elif kind == "graph":
            node, given = draw(_inner(depth))
        elif kind in ("switch", "split"):
            node, given = draw(_routers(outputs, kind))
        if node is not None:
            nodes[name], outputs[name] = node, given
    also = draw(st.lists(st.sampled_from(list(nodes)), max_size=1)) if depth else []
    return _useful(nodes, also)


def _spec(name: str, kind: str) -> TensorSpec:
    return (
        TensorSpec(name=name, datatype="FP64", shape=(-1, 2))
        if kind == MATRIX
        else TensorSpec(name=name, datatype=kind)
    )  # type: ignore[arg-type]


def _offers(outputs: dict[str, dict[str, str]], wanted: str) -> list[str]:
    """What can be read for an input."""
    found = [f"request.{name}" for name, kind in REQUEST.items() if kind in FITS[wanted]]
    of_nodes = [
        f"{node}.{name}" for node, given in outputs.items() for name, kind in given.items() if kind in FITS[wanted]
    ]
    return [*of_nodes[::-1] * 3, *found]  # what comes late is read most, so that little is left out in the end


@st.composite
def _models(draw: st.DrawFn, outputs: dict[str, dict[str, str]]) -> tuple[Node, dict[str, str]]:
    fitting = [
        name for name, (inputs, _) in FORMULAS.items() if all(_offers(outputs, one) for one in inputs.values())
    ]
    name = draw(st.sampled_from(fitting))
    inputs, (output, kind) = FORMULAS[name]
    reads = {one: draw(st.sampled_from(_offers(outputs, wanted))) for one, wanted in inputs.items()}
    broken = name == "broken"
    when = ""
    numbers = [one for one, wanted in inputs.items() if wanted == NUMBER]
    if numbers and draw(st.integers(0, 7)) == 7:
        when = f"{numbers[0]} {draw(st.sampled_from(['<', '>=']))} {draw(st.integers(-20, 20))}"
    soft = draw(st.booleans()) or (broken and draw(st.booleans()))
    return Node(model=name, reads=reads, soft=soft, when=when), {output: kind}


@st.composite
def _combiners(draw: st.DrawFn, outputs: dict[str, dict[str, str]]) -> tuple[Node | None, dict[str, str]]:
    how = draw(st.sampled_from(["average", "vote", "first", "merge"]))
    first = draw(st.sampled_from(list(outputs)))
    if how == "merge":
        several = draw(st.lists(st.sampled_from(list(outputs)), min_size=1, max_size=3, unique=True))
        return Node(combine="merge", reads=tuple(several)), {
            f"{node}.{name}": kind for node in several for name, kind in outputs[node].items()
        }
    like = [name for name, given in outputs.items() if given == outputs[first] and len(given) == 1]
    kind = next(iter(outputs[first].values()))
    if not like or (how == "average" and kind == TEXT) or (how == "vote" and kind == MATRIX):
        return None, {}
    several = draw(st.lists(st.sampled_from(like), min_size=1, max_size=3, unique=True))
    weights: tuple[float, ...] = ()
    if how in ("average", "vote") and draw(st.booleans()):
        weights = tuple(
            draw(st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=len(several), max_size=len(several)))
        )
    name = next(iter(outputs[first]))
    given = {name: NUMBER if how == "average" and kind == WHOLE else kind}
    return Node(combine=how, reads=tuple(several), weights=weights), given  # type: ignore[arg-type]


@st.composite
def _routers(draw: st.DrawFn, outputs: dict[str, dict[str, str]], kind: str) -> tuple[Node, dict[str, str]]:
    first = draw(st.sampled_from(list(outputs)))
    like = [name for name, given in outputs.items() if given == outputs[first]]
    branches = draw(st.lists(st.sampled_from(like), min_size=1, max_size=3, unique=True))
    if kind == "split":
        chosen = draw(st.sampled_from(branches))  # chance would not be the same in every process
        return Node(split={name: float(name == chosen) for name in branches}), outputs[first]
    numbers = [one for one in _offers(outputs, NUMBER) if one.split(".", 1)[1].isidentifier()]
    source = draw(st.sampled_from(numbers))
    cases = [
        Case(to=name, when="" if last and draw(st.integers(0, 3)) else f"v > {draw(st.integers(-30, 30))}")
        for name, last in zip(branches, [False] * (len(branches) - 1) + [True], strict=True)
    ]
    return Node(switch=tuple(cases), reads={"v": source}), outputs[first]


@st.composite
def _inner(draw: st.DrawFn, depth: int) -> tuple[Node, dict[str, str]]:
    graph = draw(graphs(depth=depth - 1))
    return Node(graph=graph, soft=draw(st.booleans())), _kinds(graph)


def _kinds(graph: Graph) -> dict[str, str]:
    """What a graph answers."""

    def of(name: str) -> dict[str, str]:
        node = graph.nodes[name]
        if node.model:
            output, kind = FORMULAS[node.model][1]
            return {output: kind}
        if node.combine == "merge":
            return {f"{one}.{key}": kind for one in node.reads for key, kind in of(one).items()}
        if node.combine:
            given = of(node.reads[0])  # type: ignore[index]
            return {
                key: NUMBER if node.combine == "average" and kind == WHOLE else kind for key, kind in given.items()
            }
        if node.graph is not None:
            return _kinds(node.graph)
        return of(next(iter(node.split or [case.to for case in node.switch])))

    return of(graph.answers)


def _useful(nodes: dict[str, Node], also: Sequence[str]) -> Graph:
    answers = list(nodes)[-1]
    reached: set[str] = set()
    waiting = [answers, *also]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += asked_by(nodes[name])
    return Graph(
        nodes={name: node for name, node in nodes.items() if name in reached}, answers=answers, also=tuple(also)
    )
