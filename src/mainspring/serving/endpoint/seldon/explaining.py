"""Explanations asked for in Seldon's messages: passed on as KServe's, to the same service."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from mainspring.core.errors import MainspringError
from mainspring.serving.caller import Scope as Right
from mainspring.serving.endpoint.admission import Admission
from mainspring.serving.endpoint.bodies import DisconnectedError, read_body
from mainspring.serving.endpoint.seldon.messages import decoded, message_of
from mainspring.serving.endpoint.seldon.protocol import question_of
from mainspring.serving.endpoint.seldon.refusing import refused


class Explaining:
    """An ASGI application that asks another one with the rows of a message.

    Args:
        inner: Answers ``/v1/models/{m}:explain``.
        admission: Who may ask.
        max_body: The largest body taken, in bytes.
    """

    def __init__(self, inner: ASGIApp, admission: Admission, *, max_body: int) -> None:
        self._inner, self._admission, self._max_body = inner, admission, max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        headers, model = dict(scope["headers"]), scope["path_params"]["model"]
        try:
            self._admission.admit(Right.INFERENCE, scope, headers, model)
            body = _instances(await read_body(receive, headers, self._max_body))
        except DisconnectedError:
            return
        except MainspringError as error:
            await refused(error).send(send)
            return
        kept = [one for one in scope["headers"] if one[0] not in (b"content-length", b"content-encoding")]

        async def given() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        path = f"/v1/models/{model}:explain"
        await self._inner({**scope, "path": path, "headers": kept}, given, send)


def _instances(body: bytes) -> bytes:
    """The body in KServe's form: rows by name where they have names."""
    value = decoded(body)
    if isinstance(value, dict) and ("instances" in value or "inputs" in value):
        return body
    message = message_of(value)
    rows: list[Any] = list(question_of(message).rows or ())
    if message.names and all(isinstance(row, list) and len(row) == len(message.names) for row in rows):
        rows = [dict(zip(message.names, row, strict=True)) for row in rows]
    return msgspec.json.encode({"instances": rows})
