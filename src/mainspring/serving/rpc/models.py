"""What the server tells of itself and of its models."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from importlib.metadata import version as installed_version

from mainspring.core.errors import MainspringError, NotFoundError
from mainspring.models.signature import Field
from mainspring.serving.caller import Scope
from mainspring.serving.problems import LoadingError
from mainspring.serving.repository import Repository
from mainspring.serving.rpc.admission import Admission
from mainspring.serving.rpc.messages import INFERENCE, Message, numbers, response_of
from mainspring.serving.rpc.metadata import Context
from mainspring.serving.served import Served

EXTENSIONS = ("binary_tensor_data", "model_configuration", "model_repository", "parameters", "statistics")
"""What is spoken besides the core of the protocol, as Triton names it."""

_response = functools.partial(response_of, INFERENCE)


class Models:
    """Answers what is asked of the server and of its models.

    Args:
        repository: What is served.
        admission: Who may ask. Whether the server lives and is ready, everybody may.
        ready: Whether the server takes requests.
    """

    def __init__(self, repository: Repository, admission: Admission, ready: Callable[[], bool]) -> None:
        self._repository, self._admission, self._ready = repository, admission, ready

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
        response = _response("ModelConfig")()
        config, model = response.config, served.model
        config.name, config.platform, config.backend = served.name, f"mainspring_{model.runtime}", "mainspring"
        for tensors, fields in ((config.input, model.inputs), (config.output, model.outputs)):
            _describe(tensors, fields)
        config.instance_group.add(name=served.name, count=1, kind=_kinds()["KIND_CPU"])
        for label, version in self._repository.labels(served.name).items():
            config.parameters[f"label.{label}"].string_value = version
        _version_policy(config.version_policy, self._repository, served.name)
        return response

    def model_statistics(self, request: Message, context: Context) -> Message:
        """``ModelStatistics``: of one model, or of all."""
        if request.name:
            served = [self._found(request, context)]
            if not request.version:
                served = [one for one in self._repository if one.name == request.name]
        else:
            caller = self._admission.admit(Scope.INFERENCE, context)
            served = [one for one in self._repository if caller.may_ask(one.name)]
        response = _response("ModelStatistics")()
        for one in served:
            _count(response.model_stats.add(name=one.name, version=one.version), one)
        return response

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


def _describe(tensors: Message, fields: Sequence[Field]) -> None:
    kinds = _datatypes()
    for field in fields:
        name = "TYPE_STRING" if field.datatype == "BYTES" else f"TYPE_{field.datatype}"
        tensor = tensors.add(name=field.name, data_type=kinds.get(name, 0), dims=field.shape)
        if hasattr(tensor, "optional"):
            tensor.optional = not field.required


def _version_policy(policy: Message, repository: Repository, name: str) -> None:
    wanted = repository.options(name).versions
    if wanted.all:
        policy.all.SetInParent()
    elif wanted.specific:
        policy.specific.versions.extend(int(one) for one in wanted.specific if one.isdecimal())
    elif wanted.latest:
        policy.latest.num_versions = wanted.latest


def _count(told: Message, served: Served) -> None:
    """What is told of one version, in the words of Triton: times in nanoseconds, rows as inferences."""
    counts = served.statistics
    told.last_inference = int(counts.last * 1000)
    told.inference_count, told.execution_count = counts.rows, counts.computed
    figures = told.inference_stats
    for duration, count, seconds in (
        (figures.success, counts.succeeded, counts.total),
        (figures.fail, counts.failed, counts.wasted),
        (figures.queue, counts.succeeded, counts.queue),
        (figures.compute_infer, counts.computed, counts.compute),
        (figures.cache_hit, counts.remembered, 0.0),
    ):
        duration.count, duration.ns = count, int(seconds * 1e9)


@functools.cache
def _datatypes() -> dict[str, int]:
    return dict(numbers("inference.DataType"))


@functools.cache
def _kinds() -> dict[str, int]:
    return dict(numbers("inference.ModelInstanceGroup.Kind"))
