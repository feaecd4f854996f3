"""What goes into a node, as a list: which outputs of which nodes, and under which names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mainspring.serving.graphs.graph import REQUEST, Graph, Node, Reads


class Source(NamedTuple):
    """Something that a node reads.

    Attributes:
        node: The node that it comes from; :data:`mainspring.serving.graphs.graph.REQUEST` for what was asked.
        output: The output of that node; empty for all of them.
        name: The name under which it is read; empty for its own.
    """

    node: str
    output: str = ""
    name: str = ""

    @property
    def text(self) -> str:
        """As it is written in ``reads``."""
        return f"{self.node}.{self.output}" if self.output else self.node


def sources_of(reads: Reads) -> tuple[Source, ...]:
    """What a node reads, in order.

    Example:
        >>> sources_of(["clean", "request.age"])
        (Source(node='clean', output='', name=''), Source(node='request', output='age', name=''))
    """
    if isinstance(reads, str):
        return (_source(reads),)
    if isinstance(reads, Mapping):
        return tuple(_source(text, name) for name, text in reads.items())
    return tuple(_source(text) for text in reads)


def branches_of(node: Node) -> tuple[str, ...]:
    """The nodes that a router chooses from, in the order of their numbers; none for what is no router."""
    if node.split is not None:
        return tuple(node.split)
    if node.switch:
        return tuple(case.to for case in node.switch)
    if node.bandit is not None:
        return node.bandit.arms
    return node.branches


def asked_by(node: Node) -> tuple[str, ...]:
    """The nodes that may be run because this one is, each once."""
    read = [source.node for source in sources_of(node.reads) if source.node != REQUEST]
    return tuple(dict.fromkeys([*read, *node.after, *branches_of(node)]))


def answering(graph: Graph) -> str:
    """The node whose answer is that of the graph."""
    return graph.answers or next(reversed(list(graph.nodes)))


def _source(text: str, name: str = "") -> Source:
    node, _, output = text.partition(".")
    return Source(node, output, name)
