"""Answering requests for predictions: one by one, and over streams."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from mainspring.core.errors import MainspringError
from mainspring.serving.call import Call
from mainspring.serving.caller import Caller, Scope
from mainspring.serving.dispatch import Dispatcher
from mainspring.serving.payloads.record import request_id
from mainspring.serving.ports import Inputs
from mainspring.serving.problems import stopping
from mainspring.serving.rollout.telling import routed
from mainspring.serving.rpc.admission import Admission
from mainspring.serving.rpc.messages import InferResponse, Message, StreamResponse
from mainspring.serving.rpc.metadata import Context, call_of
from mainspring.serving.rpc.methods import refuse
from mainspring.serving.rpc.reading import infer_request, question_of
from mainspring.serving.rpc.statuses import details_of
from mainspring.serving.rpc.writing import fill_response
from mainspring.serving.security.gatekeeper import check
from mainspring.serving.terms import hurry
from mainspring.serving.tracing.headers import answered
from mainspring.serving.tracing.tracer import Tracer

SMALL_MESSAGE = 32_768
"""Larger messages are read and written in a thread, so that they do not hold up the others."""

FAILS_THE_STREAM = b"triton_grpc_error"
"""With this metadata ``true``, the first error ends a stream, with its status."""


class Inference:
    """Answers requests for predictions.

    Args:
        dispatcher: Takes them to their models.
        admission: Who may ask.
        window: The most requests of one stream that are under way at once.
        tracer: Gives every request its place in a trace.
    """

    def __init__(
        self, dispatcher: Dispatcher, admission: Admission, *, window: int, tracer: Tracer | None = None
    ) -> None:
        self._dispatcher, self._admission, self._window = dispatcher, admission, window
        self._tracer = tracer
        self._streams: set[_Stream] = set()
        self._stopping = False

    async def infer(self, data: bytes, context: Context) -> bytes:
        """``ModelInfer``: answer one request."""
        call, response = call_of(context, self._tracer), InferResponse()
        try:
            self._admit(call, context)
            body = await self._respond(call, data, response, response)
            told = [*answered(call.trace), *routed(call)]
            if told:
                context.set_trailing_metadata(tuple((name.decode(), value) for name, value in told))
            return body
        except Exception as error:  # noqa: BLE001  the server lives on, whatever happens to one request
            await refuse(context, error, call.id)

    async def infer_stream(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        """``ModelStreamInfer``: answer requests in their order, several at once. An error is told in its place."""
        first = call_of(context, self._tracer)
        try:
            caller = self._admit(first, context)
            if self._stopping:
                raise stopping()
        except Exception as error:  # noqa: BLE001  the server lives on, whatever happens to one request
            await refuse(context, error, first.id)
        strict = first.headers.get(FAILS_THE_STREAM) == b"true"
        stream = _Stream(self, requests, context, caller, window=self._window)
        self._streams.add(stream)
        try:
            async for body, problem in stream.answers():
                if problem is not None and strict:
                    await refuse(context, problem)
                yield body
            if stream.cut:
                await refuse(context, stopping())
        finally:
            self._streams.discard(stream)
            stream.close()

    def stop(self) -> None:
        """Take no further request from streams; what was taken is answered."""
        self._stopping = True
        for stream in self._streams:
            stream.cut_off()

    async def one_of_stream(self, data: bytes, context: Context, caller: Caller) -> tuple[bytes, Exception | None]:
        """Answer one request of a stream; gives the message that tells of it, and the error if there is one."""
        call = call_of(context, self._tracer)
        call.caller = caller
        whole = StreamResponse()
        try:
            response = whole.infer_response
            response.parameters["triton_final_response"].bool_param = True
            return await self._respond(call, data, whole, response), None
        except Exception as error:  # noqa: BLE001  the others of the stream shall be answered
            told = StreamResponse(error_message=details_of(error, call.id))
            told.infer_response.id = call.id
            told.infer_response.model_name = call.model
            return told.SerializeToString(), error

    def _admit(self, call: Call, context: Context) -> Caller:
        """Let a call in; one that is not let in is told of."""
        try:
            call.caller = self._admission.admit(Scope.INFERENCE, context, call.headers, call.peer)
        except MainspringError as error:
            call.id = call.id or request_id(call.time)
            self._dispatcher.fail(call, error)
            self._dispatcher.tell(call)
            raise
        return call.caller

    async def _respond(self, call: Call, data: bytes, whole: Message, response: Message) -> bytes:
        """The bytes of a message, with the response in it; whatever happens, it is told.

        Raises:
            MainspringError: If the request cannot be answered.
        """
        try:
            body = await self._answer(call, data, whole, response)
            call.status, call.sent = 200, len(body)
        except BaseException as error:
            call.id = call.id or request_id(call.time)
            self._dispatcher.fail(call, error)
            raise
        finally:
            call.ended = time.perf_counter()
            self._dispatcher.tell(call)
        return body

    async def _answer(self, call: Call, data: bytes, whole: Message, response: Message) -> bytes:
        dispatcher, large = self._dispatcher, len(data) > SMALL_MESSAGE
        call.body = data
        request = await dispatcher.in_thread(infer_request, data) if large else infer_request(data)
        call.model, call.version = request.model_name, request.model_version
        call.id = request.id or call.id or request_id(call.time)
        if call.caller is not None:
            check(call.caller, call.model)
        if dispatcher.find(call) is None:
            await dispatcher.demand(call)
        inputs: Inputs = (
            await dispatcher.at_work(call, self._read, call, request) if large else self._read(call, request)
        )
        prediction = await dispatcher.compute(call, inputs)
        fill_response(response, call, prediction)
        body: bytes = await dispatcher.in_thread(whole.SerializeToString) if large else whole.SerializeToString()
        return body

    def _read(self, call: Call, request: Message) -> Inputs:
        question = question_of(request)
        if question.parameters:
            hurry(call, question.parameters)
        return self._dispatcher.read(call, question)


class _Stream:
    """One stream of requests: read ahead as far as the window goes, and answered in order."""

    def __init__(
        self,
        inference: Inference,
        requests: AsyncIterator[bytes],
        context: Context,
        caller: Caller,
        *,
        window: int,
    ) -> None:
        self._inference, self._requests = inference, requests
        self._context, self._caller = context, caller
        self._waiting: asyncio.Queue[asyncio.Task[tuple[bytes, Exception | None]] | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(window)
        self._under_way: set[asyncio.Task[tuple[bytes, Exception | None]]] = set()
        self._reader = asyncio.create_task(self._read())
        self.cut = False

    async def answers(self) -> AsyncIterator[tuple[bytes, Exception | None]]:
        """What answers the requests, in their order."""
        while (task := await self._waiting.get()) is not None:
            answer = await task
            self._room.release()
            yield answer

    def cut_off(self) -> None:
        """Read no further request."""
        self.cut = True
        self._reader.cancel()

    def close(self) -> None:
        """Give up what is under way: nobody waits for it any more."""
        self._reader.cancel()
        for task in self._under_way:
            task.cancel()

    async def _read(self) -> None:
        try:
            await self._room.acquire()
            async for data in self._requests:
                task = asyncio.create_task(self._inference.one_of_stream(data, self._context, self._caller))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
                self._waiting.put_nowait(task)
                await self._room.acquire()
        finally:
            self._waiting.put_nowait(None)
