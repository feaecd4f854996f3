"""The repository of a server over HTTP: what is there, load it, unload it.

Specification: ``docs/protocol/extension_model_repository.md`` of Triton.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from mainspring.serving.caller import Caller
from mainspring.serving.endpoint.answers import Answer, json_answer
from mainspring.serving.endpoint.problems import unreadable
from mainspring.serving.ports import Control
from mainspring.serving.problems import MalformedError
from mainspring.serving.repository import Repository

EXTENSIONS = ("model_repository", "model_repository(unload_dependents)")

_Body = TypeVar("_Body")
_FILE = "file:"
_CONFIG, _DEPENDENTS, _VERSION = "config", "unload_dependents", "version"


class _Index(msgspec.Struct):
    ready: bool = False


class _Order(msgspec.Struct):
    parameters: dict[str, Any] | None = None


class Management:
    """Answers what is asked of the repository.

    Args:
        repository: What is served.
        control: Changes that, in all processes of the server.
    """

    def __init__(self, repository: Repository, control: Control) -> None:
        self._repository, self._control = repository, control

    def index(self, caller: Caller, body: bytes) -> Answer:
        """Every version that is known of and the caller's to ask, with its state.

        Raises:
            MalformedError: If the body is not what the protocol says; it may be empty.
        """
        asked = _read(body, _Index)
        states = self._repository.index(ready=asked.ready)
        return json_answer(
            [
                {"name": one.name, "version": one.version, "state": one.state.value, "reason": one.reason}
                for one in states
                if caller.may_ask(one.name)
            ]
        )

    async def load(self, name: str, body: bytes) -> Answer:
        """Load a model, or load it anew: when this is answered, it answers.

        The body may have the parameters ``config``, its options as JSON, and ``file:<path>``, the files of its
        package in base64.

        Raises:
            MalformedError: If the body is not what the protocol says; it may be empty.
            MainspringError: If the model cannot be loaded; what was served before still is.
        """
        parameters = dict(_read(body, _Order).parameters or {})
        config = parameters.pop(_CONFIG, None)
        if config is not None and not isinstance(config, str):
            raise MalformedError(f"parameter {_CONFIG!r} is {type(config).__name__}", expected="JSON as text")
        files = {_path(key): _content(key, parameters.pop(key)) for key in list(parameters) if _is_file(key)}
        _refuse_others(parameters, f"{_CONFIG} and {_FILE}<path>")
        await self._control.load(name, config=config, files=files or None)
        return json_answer({"name": name, "load": True})

    async def unload(self, name: str, body: bytes) -> Answer:
        """Stop serving a model; what is in flight is finished.

        The body may have the parameters ``version``, which unloads that version alone, and ``unload_dependents``,
        which changes nothing: no model here brings others with it.

        Raises:
            MalformedError: If the body is not what the protocol says; it may be empty.
            NotFoundError: If the model is not served.
        """
        parameters = dict(_read(body, _Order).parameters or {})
        dependents, version = parameters.pop(_DEPENDENTS, False), parameters.pop(_VERSION, None)
        if not isinstance(dependents, bool) or not isinstance(version, str | None):
            raise MalformedError(
                "a parameter has the wrong type", expected=f"{_DEPENDENTS}: true or false, {_VERSION}: text"
            )
        _refuse_others(parameters, f"{_DEPENDENTS} and {_VERSION}")
        await self._control.unload(name, version=version)
        return json_answer({"name": name, "unload": True})


def _read(body: bytes, kind: type[_Body]) -> _Body:
    if not body.strip():
        return kind()
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(body, error) from error


def _is_file(key: str) -> bool:
    return key.startswith(_FILE)


def _path(key: str) -> str:
    return key[len(_FILE) :]


def _content(key: str, value: object) -> bytes:
    try:
        if isinstance(value, str):
            return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError(f"parameter {key!r} is not base64: {error}", expected="a file in base64") from error
    raise MalformedError(f"parameter {key!r} is {type(value).__name__}", expected="a file in base64")


def _refuse_others(parameters: Mapping[str, object], known: str) -> None:
    if parameters:
        raise MalformedError("no parameter " + ", ".join(map(repr, sorted(parameters))), expected=known)
