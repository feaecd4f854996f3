"""The methods of a class, asked one by one as Seldon's executor does."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
import numpy as np

from mainspring.core.clock import now
from mainspring.core.errors import InputError
from mainspring.serving.call import Call
from mainspring.serving.components.answers import array_of
from mainspring.serving.components.node import Node, Reply
from mainspring.serving.dispatch import Dispatcher
from mainspring.serving.endpoint.answers import Answer, json_answer
from mainspring.serving.endpoint.routes import Asked, Doing
from mainspring.serving.endpoint.seldon.messages import (
    FORM,
    Message,
    decoded,
    finite,
    message_of,
    payload,
    routing_of,
)
from mainspring.serving.endpoint.seldon.protocol import PUID, puid_header
from mainspring.serving.payloads.record import request_id
from mainspring.serving.problems import MalformedError, UnsupportedError

PROTOCOL: Final = "seldon"

_TABLES: Final = frozenset({"ndarray", "tensor", "tftensor"})


class Methods:
    """Asks classes for what is no prediction: branches, other data, data put together; and tells them rewards.

    Args:
        dispatcher: Finds them, and has threads to wait for them.
        feedback: Takes feedback about whatever is no class that wants it.
    """

    def __init__(self, dispatcher: Dispatcher, feedback: Doing) -> None:
        self._dispatcher, self._feedback = dispatcher, feedback

    def of(self, method: str) -> Doing:
        """What answers requests for a method."""

        async def do(asked: Asked) -> Answer:
            return await self._do(method, asked)

        return do

    async def send_feedback(self, asked: Asked) -> Answer:
        """Tell a class how good an answer was; what is about any other model is feedback like other feedback.

        Raises:
            MalformedError: If the body is no feedback.
        """
        name = asked.path["model"]
        if not self._has(name, "send_feedback"):
            return await self._feedback(asked)
        value = decoded(asked.body)
        if not isinstance(value, dict):
            raise MalformedError("the feedback is no JSON object", expected='{"request": …, "reward": …}')
        reward = value.get("reward")
        if reward is not None and (isinstance(reward, bool) or not isinstance(reward, int | float)):
            raise MalformedError(f"the reward is {reward!r}", expected="a number")
        request = message_of(value["request"], "the request") if value.get("request") else None
        truth = message_of(value["truth"], "the truth") if value.get("truth") else None
        response = value.get("response")
        routing = routing_of(response)
        branch = routing.get(name, next(iter(routing.values())) if len(routing) == 1 else None)

        def tell(node: Node) -> Reply:
            return node.send_feedback(
                None if request is None else _given(request),
                None if request is None else list(request.names),
                reward=None if reward is None else float(reward),
                truth=None if truth is None else _given(truth),
                routing=branch,
            )

        reply = await self._ask(asked, "send_feedback", tell)
        kind = "ndarray" if request is None else request.kind
        return _answer(Message(kind, None), reply, _puid(asked, request))

    async def _do(self, method: str, asked: Asked) -> Answer:
        value = decoded(asked.body)
        if method == "aggregate":
            parts = _parts(value)
            first = parts[0]
            reply = await self._ask(
                asked,
                method,
                lambda node: node.aggregate([_given(one) for one in parts], [list(one.names) for one in parts]),
            )
            return _answer(first, reply, _puid(asked, first))
        message = message_of(value)
        data, names, meta = _given(message), list(message.names) or None, _meta(message)
        if method == "route":
            branch = await self._ask(asked, method, lambda node: Reply(node.route(data, names, meta)))
            kind = message.kind if message.kind in _TABLES else "ndarray"
            return _answer(Message(kind, None), Reply([[branch.value]]), _puid(asked, message))
        ask: Callable[[Node], Reply] = (
            (lambda node: node.transform_input(data, names, meta))
            if method == "transform_input"
            else (lambda node: node.transform_output(data, names, meta))
        )
        return _answer(message, await self._ask(asked, method, ask), _puid(asked, message))

    def _has(self, name: str, method: str) -> bool:
        served = self._dispatcher.repository.newest(name)
        node = None if served is None else getattr(served.model, "node", None)
        return isinstance(node, Node) and method in node.described.methods

    async def _ask(self, asked: Asked, method: str, ask: Callable[[Node], Reply]) -> Reply:
        name, dispatcher = asked.path["model"], self._dispatcher
        call = Call(PROTOCOL, name, time=now(), arrived=time.perf_counter(), headers=asked.headers)
        call.caller, call.began = asked.caller, call.arrived
        try:
            served = dispatcher.find(call) or await dispatcher.demand(call)
            node = getattr(served.model, "node", None)
            if not isinstance(node, Node) or method not in node.described.methods:
                raise UnsupportedError(
                    f"{name} has no {method}", expected="a model that is a class with this method", where=name
                )
            reply = await dispatcher.at_work(call, ask, node)
            call.status = 200
        except Exception as error:
            dispatcher.fail(call, error)
            raise
        else:
            return reply
        finally:
            call.id = call.id or request_id(call.time)
            dispatcher.tell(call)


def _parts(value: Any) -> list[Message]:
    given = value.get("seldonMessages") if isinstance(value, dict) else None
    if not isinstance(given, list) or not given:
        raise MalformedError("there are no messages to put together", expected='{"seldonMessages": [{…}, …]}')
    return [message_of(one, f"message {place}") for place, one in enumerate(given)]


def _given(message: Message) -> Any:
    """The payload as a class is given it: an array, text, bytes or any JSON value."""
    if message.kind not in _TABLES:
        return message.value
    array = array_of(message.value)
    if array.dtype == object and any(isinstance(one, list) for one in array.reshape(-1).tolist()):
        raise InputError("the rows of the data have different lengths", expected=FORM)
    return array


def _meta(message: Message) -> Mapping[str, Any]:
    return {"puid": message.puid, "tags": dict(message.tags), "routing": dict(message.routing)}


def _puid(asked: Asked, message: Message | None) -> str:
    given = asked.headers.get(PUID, b"").decode("latin-1").strip()
    return given or (message.puid if message is not None else "") or request_id(now())


def _answer(message: Message, reply: Reply, puid: str) -> Answer:
    meta: dict[str, Any] = {"puid": puid, "tags": finite({**message.tags, **reply.tags})}
    if message.routing:
        meta["routing"] = dict(message.routing)
    if reply.metrics:
        meta["metrics"] = finite(list(reply.metrics))
    if reply.value is None:
        return json_answer({"meta": meta}, headers=puid_header(puid))
    value, kind = reply.value, message.kind
    if kind in _TABLES and isinstance(value, str | bytes | Mapping):
        # A class that gives something else than a table is believed.
        kind = "strData" if isinstance(value, str) else "binData" if isinstance(value, bytes) else "jsonData"
    if kind in _TABLES and not isinstance(value, np.ndarray):
        value = array_of(value)
    names = message.names if getattr(value, "ndim", 0) == 2 and value.shape[1] == len(message.names) else ()
    body = msgspec.json.encode({**payload(kind, value, names), "meta": meta})
    return Answer(200, body, (*Answer(200, b"").headers, *puid_header(puid)))
