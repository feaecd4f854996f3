"""The models that the nodes of a graph are."""

from __future__ import annotations

from mainspring.serving.graphs.graph import Graph


def member_of(graph: Graph | None, node: str) -> str:
    """The model that a node is, without version and label; empty for what is no model of the server."""
    if graph is None or node not in graph.nodes:
        return ""
    return graph.nodes[node].model.partition(":")[0].partition("@")[0]
