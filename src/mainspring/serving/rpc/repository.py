"""What is served, and changes to it."""

from __future__ import annotations

from mainspring.core.errors import InputError
from mainspring.serving.caller import Scope
from mainspring.serving.ports import Control
from mainspring.serving.problems import UnsupportedError
from mainspring.serving.repository import Repository
from mainspring.serving.rpc.admission import Admission
from mainspring.serving.rpc.messages import INFERENCE, Message, response_of
from mainspring.serving.rpc.metadata import Context
from mainspring.serving.rpc.parameters import parameters_of

_FILE = "file:"


class ModelRepository:
    """Answers the calls of the model repository.

    Args:
        repository: What is served.
        control: Changes it; ``None`` if nothing can be changed.
        admission: Who may ask.
    """

    def __init__(self, repository: Repository, control: Control | None, admission: Admission) -> None:
        self._repository, self._control, self._admission = repository, control, admission

    def index(self, request: Message, context: Context) -> Message:
        """``RepositoryIndex``: the state of every version that is known of."""
        caller = self._admission.admit(Scope.INFERENCE, context)
        response = response_of(INFERENCE, "RepositoryIndex")()
        for one in self._repository.index(ready=request.ready):
            if caller.may_ask(one.name):
                response.models.add(name=one.name, version=one.version, state=one.state.value, reason=one.reason)
        return response

    async def load(self, request: Message, context: Context) -> Message:
        """``RepositoryModelLoad``: answered once the model is loaded and warmed up."""
        name, control = self._admitted(request, context)
        parameters = parameters_of(request.parameters)
        config = parameters.pop("config", None)
        files = {
            path.removeprefix(_FILE): parameters.pop(path) for path in list(parameters) if path.startswith(_FILE)
        }
        wrong = [path for path, content in files.items() if not isinstance(content, bytes)]
        if parameters or wrong or not isinstance(config, str | None):
            raise InputError(
                "the parameters of the request are wrong: " + (", ".join([*parameters, *wrong]) or "config"),
                expected="config, a text, and file:PATH, bytes",
            )
        await control.load(name, config=config, files=files or None)
        return response_of(INFERENCE, "RepositoryModelLoad")(model_name=name, isLoaded=True)

    async def unload(self, request: Message, context: Context) -> Message:
        """``RepositoryModelUnload``: what is in flight is finished.

        With the parameter ``version``, that version alone. ``unload_dependents`` changes nothing: no model here
        brings others with it.
        """
        name, control = self._admitted(request, context)
        parameters = parameters_of(request.parameters)
        dependents, version = parameters.pop("unload_dependents", False), parameters.pop("version", None)
        if parameters or not isinstance(dependents, bool) or not isinstance(version, str | None):
            raise InputError(
                "the parameters of the request are wrong: "
                + (", ".join(parameters) or "unload_dependents or version"),
                expected="unload_dependents, true or false, and version, a text",
            )
        await control.unload(name, version=version)
        return response_of(INFERENCE, "RepositoryModelUnload")(model_name=name, isUnloaded=True)

    def _admitted(self, request: Message, context: Context) -> tuple[str, Control]:
        """The model that is meant, and what changes it."""
        # KServe's first field is Triton's second.
        name: str = request.model_name or request.repository_name
        self._admission.admit(Scope.MANAGEMENT, context, model=name)
        if self._control is None:
            raise UnsupportedError("models can neither be loaded nor unloaded here")
        if not name:
            raise InputError("the request names no model", expected="model_name")
        return name, self._control
