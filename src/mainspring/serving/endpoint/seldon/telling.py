"""What is told of models and graphs in Seldon's protocol. For the thread of the event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mainspring.core.errors import NotFoundError
from mainspring.serving.caller import Caller
from mainspring.serving.components.node import Node
from mainspring.serving.endpoint.answers import Answer, json_answer
from mainspring.serving.endpoint.graph_views import paths_of
from mainspring.serving.endpoint.open_inference import metadata
from mainspring.serving.endpoint.routes import Asked
from mainspring.serving.graphs.graph import Graph
from mainspring.serving.graphs.ports import Reference
from mainspring.serving.problems import LoadingError
from mainspring.serving.repository import Repository
from mainspring.serving.served import Served


class About:
    """Answers questions about models, graphs and their nodes.

    Args:
        models: What is served.
        ready: Whether every model that should be served answers.
    """

    def __init__(self, models: Repository, *, ready: Callable[[], bool]) -> None:
        self._models, self._ready = models, ready

    def whole(self, asked: Asked) -> Answer:
        """A graph with all of its nodes, or a model as a graph of one."""
        served = self._found(asked.path["model"])
        own = self._metadata(served)
        nodes = {name: self._node(served, name, asked.caller) for name in self._names(served)}
        told = {"name": served.name, "models": nodes or {served.name: own}}
        return json_answer({**told, "graphinputs": own["inputs"], "graphoutputs": own["outputs"]})

    def node(self, asked: Asked) -> Answer:
        """A node of a graph, or the model itself."""
        served = self._found(asked.path["model"])
        if asked.path["node"] == served.name:
            return json_answer(self._metadata(served))
        return json_answer(self._node(served, asked.path["node"], asked.caller))

    def metadata(self, asked: Asked) -> Answer:
        """A model, as a node tells of itself."""
        return json_answer(self._metadata(self._found(asked.path["model"])))

    def status(self, asked: Asked) -> Answer:
        """Whether a model, or a node of a graph, answers."""
        served = self._found(asked.path["model"])
        name = asked.path.get("node", served.name)
        trouble = served.model.trouble
        if name != served.name:
            self._node(served, name, asked.caller)
            member = _member(self._models.options(served.name).graph, name)
            trouble = self._found(member).model.trouble if member else ""
        return json_answer({"name": name, "ready": not trouble}, 503 if trouble else 200)

    def health(self, asked: Asked) -> Answer:
        """How a model is."""
        trouble = self._found(asked.path["model"]).model.trouble
        return json_answer({"jsonData": {"status": trouble or "ok"}}, 503 if trouble else 200)

    def ready(self, asked: Asked) -> Answer:
        """Whether every model that should be served answers."""
        _ = asked
        ready = self._ready()
        return json_answer({"ready": ready}, 200 if ready else 503)

    def live(self, asked: Asked) -> Answer:
        """That the server lives."""
        _ = asked
        return json_answer({"live": True})

    def ping(self, asked: Asked) -> Answer:
        """The word that it lives."""
        _ = asked
        return Answer(200, b"pong", ((b"content-type", b"text/plain"),))

    def _names(self, served: Served) -> list[str]:
        graph = self._models.options(served.name).graph
        return [] if graph is None else [path for path, _ in paths_of(graph)]

    def _node(self, served: Served, name: str, caller: Caller) -> dict[str, Any]:
        if name not in self._names(served):
            raise NotFoundError(f"{served.name} has no node {name!r}")
        member = _member(self._models.options(served.name).graph, name)
        if not member:
            return {"name": name, "platform": "mainspring_graph", "versions": [], "inputs": [], "outputs": []}
        if not caller.may_ask(member):
            return {"name": name, "platform": "", "versions": [], "inputs": [], "outputs": []}
        return {**self._metadata(self._found(member)), "name": name}

    def _metadata(self, served: Served) -> dict[str, Any]:
        told = dict(metadata(served.model, self._models.versions(served.name)))
        node = getattr(served.model, "node", None)
        if isinstance(node, Node) and node.described.metadata:
            told["custom"] = node.described.metadata.get("custom", {})
        return told

    def _found(self, name: str) -> Served:
        served = self._models.find(name)
        if served is None:
            raise LoadingError(f"model {name!r} is loaded when it is asked for first")
        return served


def _member(graph: Graph | None, node: str) -> str:
    """The model that a node is; empty for what is no model of this server."""
    found = {} if graph is None else dict(paths_of(graph))
    return Reference.of(found[node].model).name if node in found else ""
