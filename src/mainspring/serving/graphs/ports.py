"""What a graph needs of the server that it is in."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from mainspring.core.errors import InputError
from mainspring.serving.graphs.graph import Graph
from mainspring.serving.served import Served


class Reference(NamedTuple):
    """A model of this server, as a node names it: ``name``, ``name:version`` or ``name@label``.

    Attributes:
        name: The model.
        version: Its version; empty for the newest, or for that of the label.
        label: The label.
    """

    name: str
    version: str = ""
    label: str = ""

    @classmethod
    def of(cls, text: str) -> Reference:
        """Read it.

        Example:
            >>> Reference.of("spam@production")
            Reference(name='spam', version='', label='production')
        """
        name, at, label = text.partition("@")
        if at:
            return cls(name, "", label)
        name, _, version = text.partition(":")
        return cls(name, version)


class Members(Protocol):
    """The models of the server. For the thread of its event loop; ``find`` costs next to nothing."""

    def find(self, name: str, version: str = "", label: str = "") -> Served | None:
        """What answers for a model; ``None`` if it is loaded when somebody asks for it.

        Raises:
            NotFoundError: If it is not served here.
            LoadingError: If it is being loaded, or cannot answer at the moment.
        """
        ...

    async def demand(self, name: str, version: str = "", label: str = "") -> Served:
        """The same, loaded now.

        Raises:
            MainspringError: If it cannot be loaded.
        """
        ...

    def is_managed(self, name: str) -> bool:
        """Whether a model has limits of its own, or a rollout that chooses among its versions."""
        ...


def models_of(graph: Graph) -> dict[str, Reference]:
    """The models of this server that a graph names, by the text that names them; those of graphs in it, too."""
    found: dict[str, Reference] = {}
    for node in graph.nodes.values():
        if node.model:
            found[node.model] = Reference.of(node.model)
        elif node.graph is not None:
            found |= models_of(node.graph)
    return found


def refuse_new_urls(graph: Graph, before: Graph | None) -> None:
    """Refuse a graph that came with an order and names places that nobody named when the server was started.

    Args:
        graph: The graph.
        before: The graph that is served in its place.

    Raises:
        InputError: If it does.
    """
    known = set() if before is None else set(urls_of(before))
    new = [url for url in urls_of(graph) if url not in known]
    if new:
        raise InputError(
            f"the graph asks other servers: {', '.join(new)}",
            expected="models of this server, and urls that the graph had when the server was started",
            fix="name other servers where the server is started",
        )


def urls_of(graph: Graph) -> list[str]:
    """The models of other servers that a graph names."""
    found = [node.url for node in graph.nodes.values() if node.url]
    return found + [url for node in graph.nodes.values() if node.graph is not None for url in urls_of(node.graph)]
