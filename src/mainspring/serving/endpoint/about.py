"""What a server tells of itself and of its models."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version as installed_version

from mainspring.core.errors import NotFoundError
from mainspring.serving.caller import Caller
from mainspring.serving.endpoint import management, openapi, tensorflow_serving
from mainspring.serving.endpoint.answers import Answer, json_answer
from mainspring.serving.endpoint.binary import NAME as BINARY
from mainspring.serving.endpoint.graph_views import GraphViews, member_of
from mainspring.serving.endpoint.model_config import config
from mainspring.serving.endpoint.open_inference import CLASSIFICATION, metadata
from mainspring.serving.endpoint.page import page
from mainspring.serving.endpoint.statistics import model_stats
from mainspring.serving.ports import Answering
from mainspring.serving.problems import LoadingError
from mainspring.serving.repository import Repository, State
from mainspring.serving.served import Served
from mainspring.serving.telemetry.snapshot import Snapshot

EXTENSIONS = (
    BINARY,
    CLASSIFICATION,
    "model_configuration",
    *management.EXTENSIONS,
    "parameters",
    "schedule_policy",
    "statistics",
)
"""What is spoken besides the core of the Open Inference Protocol, as Triton names it."""


class About:
    """Answers questions about a server. For the thread of its event loop.

    Args:
        repository: What it serves.
        ready: Whether every model that should be served answers, and it is not being stopped.
        draining: Whether it is being stopped.
        figures: What all of its processes have counted.
    """

    def __init__(
        self,
        repository: Repository,
        *,
        ready: Callable[[], bool],
        draining: Callable[[], bool],
        figures: Callable[[], Snapshot],
    ) -> None:
        self._repository, self._ready, self._draining, self._figures = repository, ready, draining, figures
        self._graphs = GraphViews(self._model)

    def alive(self) -> Answer:
        """That it lives, as KServe V1 says it."""
        return json_answer({"status": "alive"})

    def live(self) -> Answer:
        """That it lives."""
        return json_answer({"live": True})

    def ready(self) -> Answer:
        """Whether every model that should be served answers, and the server is not being stopped."""
        ready = self._ready()
        return json_answer({"ready": ready}, 200 if ready else 503)

    def server(self) -> Answer:
        """Its name, version and extensions."""
        return _server()

    def names(self, caller: Caller) -> Answer:
        """The models that the caller may ask."""
        return json_answer({"models": [name for name in self._repository.names if caller.may_ask(name)]})

    def openapi(self, caller: Caller) -> Answer:
        """The document of the whole server, with the models that the caller may ask."""
        models = [served.model for served in self._repository if caller.may_ask(served.name)]
        return json_answer(openapi.server_document(models))

    def all_stats(self, caller: Caller) -> Answer:
        """How the requests for every version have fared."""
        return self._stats(served for served in self._repository if caller.may_ask(served.name))

    def metadata(self, path: Mapping[str, str]) -> Answer:
        """Inputs and outputs of a model."""
        served = self._found(path)
        return json_answer(metadata(served.model, self._repository.versions(served.name)))

    def model_ready(self, path: Mapping[str, str]) -> Answer:
        """Whether a model answers."""
        served, ready = self._found(path), not self._draining()
        return json_answer({"name": served.name, "ready": ready}, 200 if ready else 503)

    def status(self, path: Mapping[str, str]) -> Answer:
        """The states of a model's versions: KServe's and TensorFlow Serving's answer in one.

        Raises:
            NotFoundError: If there is no such model, version or label.
        """
        name, version = path["model"], path.get("version", "")
        if "label" in path:
            version = self._found(path).version
        states = [one for one in self._repository.index() if one.name == name and version in ("", one.version)]
        if not states:
            self._found(path)
            raise NotFoundError(f"nothing is known of model {name!r}")
        ready = any(one.state is State.READY for one in states) and not self._draining()
        told = {"name": name, "ready": ready, **tensorflow_serving.status(states)}
        return json_answer(told, 200 if ready else 503)

    def signature(self, path: Mapping[str, str]) -> Answer:
        """Inputs and outputs of a model, as TensorFlow Serving tells them."""
        return json_answer(tensorflow_serving.metadata(self._found(path).model))

    def stats(self, path: Mapping[str, str]) -> Answer:
        """How the requests for a model's versions have fared."""
        self._found(path)
        name, version = path["model"], path.get("version", "")
        return self._stats(one for one in self._repository if one.name == name and version in ("", one.version))

    def config(self, path: Mapping[str, str]) -> Answer:
        """How a model is served."""
        served = self._found(path)
        return json_answer(config(served.model, self._repository.options(served.name)))

    def model_openapi(self, path: Mapping[str, str]) -> Answer:
        """The document of one model."""
        return json_answer(openapi.model_document(self._found(path).model))

    def page(self, path: Mapping[str, str], caller: Caller) -> Answer:
        """The page of one model."""
        served = self._found(path)
        picture = self._graphs.picture(served.model, caller) if served.walks else ""
        return page(served.model, self._repository.versions(served.name), picture=picture)

    def graph(self, path: Mapping[str, str], caller: Caller) -> Answer:
        """What a graph consists of, and how its nodes stand."""
        return self._graphs.told(self._found(path).model, caller)

    def graph_picture(self, path: Mapping[str, str], caller: Caller) -> Answer:
        """A graph as a picture."""
        return self._graphs.drawn(self._found(path).model, caller)

    def member(self, path: Mapping[str, str]) -> str:
        """The model that a node of a graph is.

        Raises:
            NotFoundError: If the model is no graph, or has no such node that is a model of this server.
        """
        return member_of(self._found(path).model, path["node"])

    def _model(self, name: str, version: str, label: str) -> Answering | None:
        served = self._repository.find(name, version, label)
        return None if served is None else served.model

    def _found(self, path: Mapping[str, str]) -> Served:
        served = self._repository.find(path["model"], path.get("version", ""), path.get("label", ""))
        if served is None:
            raise LoadingError(f"model {path['model']!r} is loaded when it is asked for first")
        return served

    def _stats(self, models: Iterable[Served]) -> Answer:
        return json_answer(model_stats(models, self._figures()))


@functools.cache
def _server() -> Answer:
    told = {"name": "mainspring", "version": installed_version("mainspring"), "extensions": EXTENSIONS}
    return json_answer(told)
