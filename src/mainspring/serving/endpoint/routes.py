"""What a path leads to: an answer without a body, with one, or a prediction. Each is a small ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import parse_qsl

import starlette.types as asgi

from mainspring.core.errors import NotFoundError
from mainspring.serving.caller import Caller, Scope
from mainspring.serving.endpoint.admission import Admission
from mainspring.serving.endpoint.answers import Answer, error_answer
from mainspring.serving.endpoint.bodies import DisconnectedError, read_body
from mainspring.serving.endpoint.inference import Inference
from mainspring.serving.endpoint.protocol import PredictionProtocol
from mainspring.serving.endpoint.refusals import refusal, status_of_any
from mainspring.serving.problems import MethodError
from mainspring.serving.tracing.server_log import complain

_NOBODY = Caller()


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks of a server.

    Attributes:
        path: The parts of the path that vary, by name.
        caller: Who asks.
        body: What was sent.
        accept: The forms that the answer may have, as the header ``Accept`` says.
        query: The parameters behind the path, by name; of several of a name the last.
        headers: By name in lower case.
    """

    path: Mapping[str, str]
    caller: Caller
    body: bytes = b""
    accept: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[bytes, bytes] = field(default_factory=dict)


Telling: TypeAlias = Callable[[Asked], Answer | Awaitable[Answer]]
Doing: TypeAlias = Callable[[Asked], Awaitable[Answer]]


class Get:
    """Answers what takes no body.

    Args:
        tell: Gives the answer.
        admission: Who may ask.
        scope: For what; ``None`` where everybody may.
    """

    def __init__(self, tell: Telling, admission: Admission, scope: Scope | None = None) -> None:
        self._tell, self._admission, self._scope = tell, admission, scope

    async def __call__(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        """Answer."""
        _ = receive
        path: Mapping[str, str] = scope.get("path_params", {})
        caller = _NOBODY
        try:
            if scope["method"] not in ("GET", "HEAD"):
                raise MethodError(f"method {scope['method']} is not known at {scope['path']}", expected="GET")
            headers = dict(scope["headers"])
            if self._scope is not None:
                caller = self._admission.admit(self._scope, scope, headers, path.get("model", ""))
            accept = headers.get(b"accept", b"").decode("latin-1")
            query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))
            told = self._tell(Asked(path, caller, accept=accept, query=query))
            answer = told if isinstance(told, Answer) else await told
        except Exception as error:  # noqa: BLE001  the server lives on, and says so in the one form of errors
            answer = _told(error, caller, allow=b"GET, HEAD")
        await answer.send(send)


class Post:
    """Answers what takes a body.

    Args:
        do: Does what is asked.
        admission: Who may ask.
        scope: For what.
        max_body: The largest body taken, in bytes, compressed or not.
    """

    def __init__(self, do: Doing, admission: Admission, scope: Scope, *, max_body: int) -> None:
        self._do, self._admission, self._scope, self._max_body = do, admission, scope, max_body

    async def __call__(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        """Answer."""
        path: Mapping[str, str] = scope.get("path_params", {})
        headers = dict(scope["headers"])
        read, caller = False, _NOBODY
        try:
            if scope["method"] != "POST":
                raise MethodError(f"method {scope['method']} is not known at {scope['path']}", expected="POST")
            caller = self._admission.admit(self._scope, scope, headers, path.get("model", ""))
            body = await read_body(receive, headers, self._max_body)
            read = True
            answer = await self._do(Asked(path, caller, body, headers=headers))
        except DisconnectedError:
            return
        except Exception as error:  # noqa: BLE001  the server lives on, and says so in the one form of errors
            answer = _told(error, caller, allow=b"POST", held_back=b"expect" in headers and not read)
        await answer.send(send)


class Predict:
    """Answers requests for predictions in one protocol."""

    def __init__(self, inference: Inference, protocol: PredictionProtocol) -> None:
        self._inference, self._protocol = inference, protocol

    async def __call__(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        """Answer."""
        try:
            answer = await self._inference.answer(self._protocol, scope["path_params"], scope, receive)
        except DisconnectedError:
            return
        await answer.send(send)


class Unknown:
    """Answers where there is nothing."""

    async def __call__(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        """Answer."""
        _ = receive
        error = NotFoundError(
            f"there is nothing at {scope['path']}",
            expected="/v2/models/{model}/infer, /v1/models/{model}:predict, /v2/health/ready, /openapi.json …",
        )
        await error_answer(error).send(send)


def _told(error: Exception, caller: Caller, *, allow: bytes, held_back: bool = False) -> Answer:
    if isinstance(error, NotFoundError) and not caller.may_ask_all:
        # What else is served here is not for somebody who may only ask for some of it.
        error = NotFoundError(error.found)
    if status_of_any(error) == 500:
        complain(error)
    return refusal(error, allow=allow, held_back=held_back)
