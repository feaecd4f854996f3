"""In which order models are loaded, some of which are graphs of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mainspring.core.errors import InputError
from mainspring.serving.graphs.graph import Graph
from mainspring.serving.graphs.ports import models_of


def asked_of(graphs: Iterable[Graph | None]) -> set[str]:
    """The models that graphs ask: they are loaded before these, whoever else asks for them."""
    return {one.name for graph in graphs if graph is not None for one in models_of(graph).values()}


def members_first(graphs: Mapping[str, Graph | None]) -> list[str]:
    """The models in their order, but graphs after the models that they ask.

    Args:
        graphs: The graph that each model is; ``None`` for any other model.

    Raises:
        InputError: If a graph asks itself, through whichever others.
    """
    found: dict[str, None] = {}

    def visit(name: str, way: list[str]) -> None:
        if name in way:
            told = " -> ".join([*way[way.index(name) :], name])
            raise InputError(f"graphs ask each other in a circle: {told}", expected="no graph that asks itself")
        if name in found or name not in graphs:
            return
        graph = graphs[name]
        for member in () if graph is None else models_of(graph).values():
            visit(member.name, [*way, name])
        found[name] = None

    for name, graph in graphs.items():
        if graph is None:
            visit(name, [])
    for name in graphs:
        visit(name, [])
    return list(found)
