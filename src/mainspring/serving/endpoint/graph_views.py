"""What a server tells of a graph that it serves: what was declared and how its nodes stand, and a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from mainspring.core.errors import MainspringError, NotFoundError
from mainspring.serving.caller import Caller
from mainspring.serving.endpoint.answers import Answer, error_answer, json_answer
from mainspring.serving.graphs.graph import Graph, Node
from mainspring.serving.graphs.picture import Stand, kind_of, svg
from mainspring.serving.graphs.ports import Reference
from mainspring.serving.graphs.wiring import answering
from mainspring.serving.ports import Answering

HIDDEN: Final = "…"
"""What stands for a model that is not the caller's to ask."""

_PICTURE: Final = (
    (b"content-type", b"image/svg+xml; charset=utf-8"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
    (b"x-content-type-options", b"nosniff"),
)


class GraphViews:
    """Answers questions about graphs. For the thread of the event loop.

    Args:
        find: Gives a model by name, version and label.

    Raises:
        NotFoundError: By every method, if the model is no graph.
    """

    def __init__(self, find: Callable[[str, str, str], Answering | None]) -> None:
        self._find = find

    def told(self, model: Answering, caller: Caller) -> Answer:
        """What was declared, and how every node stands: its kind, its model, the version, and what troubles it."""
        graph = _shown(graph_of(model), caller)
        stands = self._stands(graph_of(model))
        nodes = [
            {
                "node": path,
                "kind": kind_of(node),
                "model": node.model,
                "version": stands[path].version if path in stands else "",
                "trouble": stands[path].trouble if path in stands else "",
            }
            for path, node in paths_of(graph)
        ]
        told = {
            "name": model.name,
            "version": model.version,
            "answers": answering(graph),
            "nodes": nodes,
            "graph": msgspec.to_builtins(graph),
        }
        return json_answer(told)

    def drawn(self, model: Answering, caller: Caller) -> Answer:
        """The picture, as SVG."""
        return Answer(200, self.picture(model, caller).encode(), _PICTURE)

    def picture(self, model: Answering, caller: Caller) -> str:
        """The picture, as markup."""
        graph = graph_of(model)
        return svg(_shown(graph, caller), title=f"{model.name} {model.version}", stands=self._stands(graph))

    def _stands(self, graph: Graph) -> dict[str, Stand]:
        return {path: self._stand(Reference.of(node.model)) for path, node in paths_of(graph) if node.model}

    def _stand(self, reference: Reference) -> Stand:
        try:
            found = self._find(*reference)
        except MainspringError as error:
            return Stand(trouble=error.found)
        return Stand() if found is None else Stand(found.version, found.trouble)


def graph_of(model: Answering) -> Graph:
    """The declaration of a model that is a graph.

    Raises:
        NotFoundError: If it is none.
    """
    found = getattr(model, "graph", None)
    if not isinstance(found, Graph):
        raise NotFoundError(f"{model.name} is no graph", expected="a model that other models answer for")
    return found


def member_of(model: Answering, node: str) -> str:
    """The model of this server that a node of a graph is.

    Raises:
        NotFoundError: If the model is no graph, or has no such node that is a model of this server.
    """
    members = {path: Reference.of(one.model).name for path, one in paths_of(graph_of(model)) if one.model}
    if node not in members:
        raise NotFoundError(f"{model.name} has no node {node!r} that is a model", expected="one of its nodes")
    return members[node]


class NodeExplanations:
    """An ASGI application that has the answers of a node explained: those of the model that it is.

    Args:
        explain: Sends requests for explanations on; it lets callers in by the model that the path names.
        member: Gives the model that the path of a node means.
    """

    def __init__(self, explain: ASGIApp, member: Callable[[Mapping[str, str]], str]) -> None:
        self._explain, self._member = explain, member

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        try:
            model = self._member(scope["path_params"])
        except MainspringError as error:
            # What else is served here is told to nobody who was not let in.
            await error_answer(NotFoundError(error.found)).send(send)
            return
        start, _, _ = scope["path"].partition("/nodes/")
        end = ":explain" if start.startswith("/v1/") else "/explain"
        path = f"{'/v1' if end == ':explain' else '/v2'}/models/{model}{end}"
        await self._explain({**scope, "path": path, "path_params": {"model": model}}, receive, send)


def paths_of(graph: Graph, prefix: str = "") -> Iterator[tuple[str, Node]]:
    """The nodes by their paths, those of graphs in the graph after their node: ``outer/node``."""
    for name, node in graph.nodes.items():
        yield prefix + name, node
        if node.graph is not None:
            yield from paths_of(node.graph, f"{prefix}{name}/")


def _shown(graph: Graph, caller: Caller) -> Graph:
    """A graph without the names of models and servers that are not the caller's to ask."""
    if caller.may_ask_all:
        return graph
    nodes = {}
    for name, node in graph.nodes.items():
        model, url, inner = node.model, node.url, node.graph
        if model and not caller.may_ask(Reference.of(model).name):
            model = HIDDEN
        nodes[name] = msgspec.structs.replace(
            node, model=model, url=url and HIDDEN, graph=None if inner is None else _shown(inner, caller)
        )
    return msgspec.structs.replace(graph, nodes=nodes)
