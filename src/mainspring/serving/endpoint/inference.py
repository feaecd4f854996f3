"""Answering one prediction request that came over HTTP."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping
from typing import Any

from mainspring.core.clock import now
from mainspring.core.errors import MainspringError
from mainspring.serving.call import Call
from mainspring.serving.client import EXPLAINS
from mainspring.serving.dispatch import Dispatcher
from mainspring.serving.endpoint.answers import Answer, Header, error_answer, json_answer
from mainspring.serving.endpoint.bodies import DisconnectedError, Receive, read_body
from mainspring.serving.endpoint.ids import given_id, id_header
from mainspring.serving.endpoint.protocol import PredictionProtocol
from mainspring.serving.prediction_log import request_id
from mainspring.serving.problems import CancelledError, MethodError, retry_after

SMALL_BODY = 16_384
"""Larger bodies are read and answered in a thread, so that they do not hold up the others."""

_MADE_UP = EXPLAINS.encode()


class Inference:
    """Answers prediction requests.

    Args:
        dispatcher: Takes them to their models.
        max_body: The largest body taken, in bytes, compressed or not.
    """

    def __init__(self, dispatcher: Dispatcher, *, max_body: int) -> None:
        self._dispatcher, self._max_body = dispatcher, max_body

    async def answer(
        self, protocol: PredictionProtocol, path: Mapping[str, str], scope: Mapping[str, Any], receive: Receive
    ) -> Answer:
        """Answer one request; whatever is wrong with it is in the answer.

        Args:
            protocol: What the body is written in.
            path: The ``model``, and perhaps the ``version`` or the ``label``, that the path names.
            scope: Of ASGI.
            receive: Of ASGI.

        Raises:
            DisconnectedError: If the caller went away before everything was there.
        """
        headers = dict(scope["headers"])
        call = _call(protocol.name, path, scope, headers)
        try:
            answer = await self._answer(call, protocol, scope["method"], receive)
            call.status = answer.status
        except DisconnectedError:
            self._dispatcher.fail(call, CancelledError("the caller went away before everything was there"))
            raise
        except asyncio.CancelledError as error:
            self._dispatcher.fail(call, error)
            raise
        except Exception as error:  # noqa: BLE001  the server lives on, whatever happens to one request
            self._dispatcher.fail(call, error)
            answer = _refusal(call, error)
        finally:
            call.ended = time.perf_counter()
            self._dispatcher.tell(call)
        return Answer(answer.status, answer.body, (*answer.headers, *id_header(call.id)))

    async def _answer(self, call: Call, protocol: PredictionProtocol, method: str, receive: Receive) -> Answer:
        dispatcher = self._dispatcher
        if dispatcher.find(call) is None:
            await dispatcher.demand(call)
        if method != "POST":
            raise MethodError(f"method {method} cannot ask for predictions", expected="POST")
        call.body = await read_body(receive, call.headers, self._max_body)
        call.began = time.perf_counter()
        small = len(call.body) <= SMALL_BODY
        if small and dispatcher.may_compute_now(call):
            return self._now(call, protocol)
        if not small:
            return await dispatcher.in_thread(self._now, call, protocol)
        inputs = dispatcher.read(call, protocol.read(call.body, call.headers))
        return protocol.write(call, await dispatcher.compute(call, inputs))

    def _now(self, call: Call, protocol: PredictionProtocol) -> Answer:
        inputs = self._dispatcher.read(call, protocol.read(call.body, call.headers))
        return protocol.write(call, self._dispatcher.compute_now(call, inputs))


def _call(
    protocol: str, path: Mapping[str, str], scope: Mapping[str, Any], headers: Mapping[bytes, bytes]
) -> Call:
    arrived, peer = now(), scope.get("client")
    return Call(
        protocol,
        path["model"],
        path.get("version", ""),
        path.get("label", ""),
        given_id(headers) or request_id(arrived),
        time=arrived,
        arrived=time.perf_counter(),
        headers=headers,
        peer=peer[0] if peer else None,
        made_up=_MADE_UP in headers,
    )


def _refusal(call: Call, error: Exception) -> Answer:
    if not isinstance(error, MainspringError):
        text = f"the server failed on this request; its log has more (request {call.id})"
        return json_answer({"error": text}, call.status)
    more: list[Header] = []
    if isinstance(error, MethodError):
        more.append((b"allow", b"POST"))
    wait = retry_after(error)
    if wait is not None:
        more.append((b"retry-after", b"%d" % math.ceil(wait)))
    if b"expect" in call.headers and not call.began:
        more.append((b"connection", b"close"))  # the body that was held back must not follow
    return error_answer(error, more)
