"""Answering one prediction request that came over HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from mainspring.core.clock import now
from mainspring.serving.call import Call
from mainspring.serving.caller import Scope
from mainspring.serving.client import EXPLAINS
from mainspring.serving.dispatch import Dispatcher
from mainspring.serving.endpoint.admission import Admission
from mainspring.serving.endpoint.answers import Answer, Header
from mainspring.serving.endpoint.bodies import DisconnectedError, Receive, read_body
from mainspring.serving.endpoint.compression import LEAST, accepted, compressed
from mainspring.serving.endpoint.events import Event, event_of
from mainspring.serving.endpoint.ids import id_header
from mainspring.serving.endpoint.protocol import PredictionProtocol
from mainspring.serving.endpoint.refusals import refusal
from mainspring.serving.limits import unless_left, within
from mainspring.serving.prediction import Inputs, Prediction
from mainspring.serving.problems import CancelledError, MethodError, stopping
from mainspring.serving.question import Question
from mainspring.serving.rollout.telling import routed
from mainspring.serving.terms import given_id, hurry
from mainspring.serving.tracing.headers import answered

SMALL_BODY = 16_384
"""Larger bodies are read and answered in a thread, so that they do not hold up the others."""

_MADE_UP = EXPLAINS.encode()
_VARY: Header = (b"vary", b"accept-encoding")


class Inference:
    """Answers prediction requests.

    Args:
        dispatcher: Takes them to their models.
        admission: Who may ask.
        max_body: The largest body taken, in bytes, compressed or not.
    """

    def __init__(self, dispatcher: Dispatcher, admission: Admission, *, max_body: int) -> None:
        self._dispatcher, self._admission, self._max_body = dispatcher, admission, max_body

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
        call = _call(protocol.name, path["model"], scope, headers)
        call.version, call.label = path.get("version", ""), path.get("label", "")
        call.trace = self._dispatcher.tracer.begin(headers)
        try:
            call.caller = self._admission.admit(Scope.INFERENCE, scope, headers, call.model)
            answer = await self._answer(call, protocol, scope["method"], receive)
            call.status, call.sent = answer.status, len(answer.body)
        except DisconnectedError:
            self._dispatcher.fail(call, CancelledError("the caller went away before everything was there"))
            raise
        except asyncio.CancelledError:  # it was given all the time that there is at the end
            answer = self._refused(call, stopping())
        except Exception as error:  # noqa: BLE001  the server lives on, whatever happens to one request
            answer = self._refused(call, error)
        finally:
            call.ended = time.perf_counter()
            self._dispatcher.tell(call)
        return _marked(answer, call)

    def at_once(
        self, protocol: PredictionProtocol, model: str, scope: Mapping[str, Any], body: bytes
    ) -> Answer | None:
        """Answer one small request here and now, if its model is that quick; ``None`` if it has to be awaited.

        Args:
            protocol: What the body is written in.
            model: What the path names.
            scope: Of ASGI.
            body: All of it, as it was before it was compressed.
        """
        dispatcher = self._dispatcher
        if len(body) > self._max_body or not dispatcher.at_once(model):
            return None
        headers = dict(scope["headers"])
        call = _call(protocol.name, model, scope, headers)
        call.trace = dispatcher.tracer.begin(headers)
        call.began, call.body = call.arrived, body
        try:
            call.caller = self._admission.admit(Scope.INFERENCE, scope, headers, model)
            dispatcher.find(call)
            answer = self._now(call, protocol)
            call.status, call.sent = answer.status, len(answer.body)
        except Exception as error:  # noqa: BLE001  the server lives on, whatever happens to one request
            answer = self._refused(call, error)
        call.ended = time.perf_counter()
        dispatcher.tell(call)
        return _marked(answer, call)

    def _refused(self, call: Call, error: Exception) -> Answer:
        self._dispatcher.fail(call, error)
        held_back = b"expect" in call.headers and not call.began
        answer = refusal(error, allow=b"POST", held_back=held_back, request=call.id)
        call.sent = len(answer.body)
        return answer

    async def _answer(self, call: Call, protocol: PredictionProtocol, method: str, receive: Receive) -> Answer:
        dispatcher = self._dispatcher
        if method != "POST":
            raise MethodError(f"method {method} cannot ask for predictions", expected="POST")
        if dispatcher.find(call) is None:
            await dispatcher.demand(call)
        call.body = await read_body(receive, call.headers, self._max_body)
        call.began = time.perf_counter()
        small = len(call.body) <= SMALL_BODY
        if small and dispatcher.may_compute_now(call):
            return self._now(call, protocol)
        work = self._elsewhere(call, protocol, small=small)
        return await (work if small and dispatcher.is_quick(call) else unless_left(receive, work))

    async def _elsewhere(self, call: Call, protocol: PredictionProtocol, *, small: bool) -> Answer:
        """Answer in a thread, or with others."""
        dispatcher = self._dispatcher
        if small:
            question, event = _asked(call, protocol)
            inputs = dispatcher.read(call, question)
            return _answered(call, protocol, await dispatcher.compute(call, inputs), event)
        if dispatcher.may_compute_apart(call):
            return await within(call.deadline, call.arrived, dispatcher.at_work(call, self._now, call, protocol))
        inputs, event = await dispatcher.at_work(call, self._read, call, protocol)
        prediction = await dispatcher.compute(call, inputs)
        return await dispatcher.in_thread(_answered, call, protocol, prediction, event)

    def _read(self, call: Call, protocol: PredictionProtocol) -> tuple[Inputs, Event | None]:
        question, event = _asked(call, protocol)
        return self._dispatcher.read(call, question), event

    def _now(self, call: Call, protocol: PredictionProtocol) -> Answer:
        question, event = _asked(call, protocol)
        inputs = self._dispatcher.read(call, question)
        return _answered(call, protocol, self._dispatcher.compute_now(call, inputs), event)


def _asked(call: Call, protocol: PredictionProtocol) -> tuple[Question, Event | None]:
    """What a body asks, and the event that it came in, if it did."""
    event, body = event_of(call.headers, call.body), call.body
    if event is not None:
        body = event.data
        call.id = given_id(call.headers) or event.id
    question = protocol.read(body, call.headers)
    if call.served is not None:
        protocol.complete(question, call.served.model)
    if question.parameters:
        hurry(call, question.parameters)
    return question, event


def _marked(answer: Answer, call: Call) -> Answer:
    """An answer with the headers that every answer has: which request it was, and where it went."""
    headers = (*answer.headers, *id_header(call.id), *answered(call.trace))
    if call.decisions:
        headers += (*routed(call),)
    return Answer(answer.status, answer.body, headers)


def _answered(call: Call, protocol: PredictionProtocol, prediction: Prediction, event: Event | None) -> Answer:
    """The answer in the form of the question, compressed if that was asked for and is worth it."""
    answer = protocol.write(call, prediction)
    if event is not None:
        answer = Answer(answer.status, *event.wrap(answer.body, answer.headers, call.id, call.names[0]))
    if len(answer.body) < LEAST:
        return answer
    encoding = accepted(call.headers.get(b"accept-encoding"))
    small = None if encoding is None else compressed(answer.body, encoding)
    if encoding is None or small is None:
        return answer
    return Answer(answer.status, small, (*answer.headers, (b"content-encoding", encoding.encode()), _VARY))


def _call(protocol: str, model: str, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> Call:
    peer = scope.get("client")
    return Call(
        protocol,
        model,
        id=given_id(headers),
        time=now(),
        arrived=time.perf_counter(),
        headers=headers,
        peer=peer[0] if peer else None,
        made_up=_MADE_UP in headers,
    )
