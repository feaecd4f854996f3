"""What the server tells of itself and of its models."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib.metadata import version as installed_version

from google.protobuf.json_format import ParseDict

from mainspring.core.errors import MainspringError, NotFoundError
from mainspring.serving.caller import Scope
from mainspring.serving.endpoint.about import EXTENSIONS
from mainspring.serving.endpoint.model_config import config
from mainspring.serving.endpoint.statistics import model_stats
from mainspring.serving.problems import LoadingError
from mainspring.serving.repository import Repository
from mainspring.serving.rpc.admission import Admission
from mainspring.serving.rpc.messages import INFERENCE, Message, response_of
from mainspring.serving.rpc.metadata import Context
from mainspring.serving.served import Served
from mainspring.serving.telemetry.snapshot import Snapshot

_response = functools.partial(response_of, INFERENCE)


class Models:
    """Answers what is asked of the server and of its models.

    Args:
        repository: What is served.
        admission: Who may ask. Whether the server lives and is ready, everybody may.
        ready: Whether the server takes requests.
        figures: What all processes of the server have counted; without it, statistics are those of this process.
    """

    def __init__(
        self,
        repository: Repository,
        admission: Admission,
        ready: Callable[[], bool],
        figures: Callable[[], Snapshot] | None = None,
    ) -> None:
        self._repository, self._admission, self._ready = repository, admission, ready
        self._figures = figures

    def server_live(self, request: Message, context: Context) -> Message:
        """``ServerLive``: it answers, so it lives."""
        _ = request, context
        return _response("ServerLive")(live=True)

    def server_ready(self, request: Message, context: Context) -> Message:
        """``ServerReady``: whether all that should be served answers, and the server is not being stopped."""
        _ = request, context
        return _response("ServerReady")(ready=self._ready())

    def server_metadata(self, request: Message, context: Context) -> Message:
        """``ServerMetadata``."""
        _ = request
        self._admission.admit(Scope.INFERENCE, context)
        return _response("ServerMetadata")(
            name="mainspring", version=installed_version("mainspring"), extensions=EXTENSIONS
        )

    def model_ready(self, request: Message, context: Context) -> Message:
        """``ModelReady``: whether a model that is known here answers."""
        self._admission.admit(Scope.INFERENCE, context, model=request.name)
        try:
            served = self._repository.find(request.name, request.version)
        except LoadingError:
            served = None
        except NotFoundError:
            if not self._known(request.name, request.version):
                raise
            served = None
        return _response("ModelReady")(ready=served is not None and self._ready())

    def model_metadata(self, request: Message, context: Context) -> Message:
        """``ModelMetadata``."""
        served = self._found(request, context)
        response = _response("ModelMetadata")(
            name=served.name,
            versions=self._repository.versions(served.name),
            platform=f"mainspring_{served.model.runtime}",
        )
        for tensors, fields in ((response.inputs, served.model.inputs), (response.outputs, served.model.outputs)):
            for field in fields:
                tensors.add(name=field.name, datatype=field.datatype, shape=field.shape)
        return response

    def model_config(self, request: Message, context: Context) -> Message:
        """``ModelConfig``: what there is of a configuration, in Triton's words."""
        served = self._found(request, context)
        told = config(served.model, self._repository.options(served.name))
        chosen = told["version_policy"].get("specific", {})
        if "versions" in chosen:  # numbers here; versions like 1.0.0 are told among the parameters
            chosen["versions"] = [version for version in chosen["versions"] if version.isdecimal()]
        return ParseDict({"config": told}, _response("ModelConfig")())

    def model_statistics(self, request: Message, context: Context) -> Message:
        """``ModelStatistics``: of one model, or of all."""
        if request.name:
            served = [self._found(request, context)]
            if not request.version:
                served = [one for one in self._repository if one.name == request.name]
        else:
            caller = self._admission.admit(Scope.INFERENCE, context)
            served = [one for one in self._repository if caller.may_ask(one.name)]
        counted = None if self._figures is None else self._figures()
        return ParseDict(model_stats(served, counted), _response("ModelStatistics")())

    def _found(self, request: Message, context: Context) -> Served:
        self._admission.admit(Scope.INFERENCE, context, model=request.name)
        served = self._repository.find(request.name, request.version)
        if served is None:
            raise LoadingError(f"model {request.name!r} is loaded when it is asked for first")
        return served

    def _known(self, name: str, version: str) -> bool:
        try:
            states = self._repository.index()
        except MainspringError:
            return False
        return any(one.name == name and version in ("", one.version) for one in states)
