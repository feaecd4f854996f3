"""The same graph in several processes: which of them serves what, and what asks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from mainspring.core.errors import InputError
from mainspring.serving.graphs.checking import kinds_of
from mainspring.serving.graphs.findings import Findings
from mainspring.serving.graphs.graph import REQUEST, Graph, Node
from mainspring.serving.graphs.ports import Reference, models_of
from mainspring.serving.graphs.wiring import answering, sources_of

SEPARATOR = "--"
"""Between the names of a graph and of one of its nodes, in the name of what another process serves for it."""

_MOVED = ("model", "graph")


@dataclass(frozen=True, slots=True)
class Share:
    """What one process serves of a graph.

    Attributes:
        models: The models that it has to serve.
        graphs: The graphs of one node that it serves besides, by the name under which they are asked.
    """

    models: frozenset[str] = frozenset()
    graphs: Mapping[str, Graph] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Division:
    """A graph, divided.

    Attributes:
        graph: What asks the processes: the same graph, whose nodes elsewhere have URLs.
        models: The models that the process has to serve that the graph is in.
        shares: What the other processes serve, by name.
    """

    graph: Graph
    models: frozenset[str]
    shares: Mapping[str, Share]


def split(graph: Graph, parts: Mapping[str, str], *, name: str, urls: Mapping[str, str]) -> Division:
    """Divide a graph among processes. It answers the same, wherever its nodes are.

    A node that is a model becomes one of another server; a graph within the graph, or another method of a class
    than ``predict``, is served there as a graph of its own. Combiners and routers stay: they take microseconds.

    Args:
        graph: The graph.
        parts: The process that each node is in; those that are not named stay with the graph.
        name: The name under which the graph is served.
        urls: Where each process answers, such as ``http://127.0.0.1:8081``.

    Raises:
        InputError: If a node cannot be elsewhere, or a process has no URL.
    """
    findings = Findings()
    nodes, shares = dict(graph.nodes), {process: Share() for process in urls}
    for node_name, process in parts.items():
        node = graph.nodes.get(node_name)
        if node is None:
            findings.unknown("", "the division names node", node_name, list(graph.nodes))
        elif process not in urls:
            findings.unknown(node_name, "it is in process", process, list(urls))
        elif not set(kinds_of(node)) <= set(_MOVED) or node.method in ("route", "aggregate"):
            findings.add(node_name, "it decides or combines", expected="a model or a graph", fix="let it stay")
        else:
            nodes[node_name], shares[process] = _moved(
                f"{name}{SEPARATOR}{node_name}", node, shares[process], urls[process]
            )
    findings.raise_if_any("the division of a graph")
    divided = replace(graph, nodes=nodes, answers=answering(graph))
    left = frozenset(reference.name for reference in models_of(divided).values())
    return Division(divided, left, shares)


def _moved(name: str, node: Node, share: Share, url: str) -> tuple[Node, Share]:
    """The node that asks another process, and what that process serves then."""
    place = f"{url.rstrip('/')}/v2/models/"
    if node.model and node.method == "predict":
        reference = Reference.of(node.model)
        if reference.label:
            raise InputError(
                f"model {node.model!r} is named by a label, which the protocol between servers does not know",
                expected="a version, or none",
            )
        version = f"/versions/{reference.version}" if reference.version else ""
        asked = f"{place}{reference.name}{version}"
        kept = Share(share.models | {reference.name}, share.graphs)
        return replace(node, model="", url=asked), kept
    inner = node.graph if node.graph is not None else _alone(node)
    models = frozenset(reference.name for reference in models_of(inner).values())
    kept = Share(share.models | models, {**share.graphs, name: inner})
    return replace(node, model="", method="predict", graph=None, url=f"{place}{name}"), kept


def _alone(node: Node) -> Graph:
    """A graph of one node, which reads what it is asked."""
    whole = all(source.node == REQUEST for source in sources_of(node.reads))
    return Graph(
        nodes={"node": Node(model=node.model, method=node.method, reads=node.reads if whole else REQUEST)}
    )
