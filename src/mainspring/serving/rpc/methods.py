"""Which call leads where, and how what goes wrong on the way is told."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeAlias, cast

import grpc

from mainspring.serving.problems import UnsupportedError
from mainspring.serving.rpc.messages import Message, MessageClass, parsed
from mainspring.serving.rpc.metadata import Context
from mainspring.serving.rpc.statuses import code_of, details_of, trailers_of
from mainspring.serving.tracing.server_log import complain

One: TypeAlias = Callable[[bytes, Context], Awaitable[bytes]]
"""Answers a message with a message."""

Following: TypeAlias = Callable[[bytes, Context], AsyncIterator[bytes]]
"""Answers a message with a stream of them."""

Both: TypeAlias = Callable[[AsyncIterator[bytes], Context], AsyncIterator[bytes]]
"""Answers a stream of messages with a stream of them."""

Answer: TypeAlias = Callable[[Message, Context], Message | Awaitable[Message]]
"""The same as :data:`One`, of messages that are read already."""


@dataclass(frozen=True)
class Method:
    """What answers the calls of one method, one of three ways. Messages go in and out as bytes.

    To gRPC it is an :class:`grpc.RpcMethodHandler`, whose types know nothing of asyncio.
    """

    unary_unary: One | None = None
    unary_stream: Following | None = None
    stream_stream: Both | None = None
    stream_unary: None = None
    request_deserializer: None = None
    response_serializer: None = None

    @property
    def request_streaming(self) -> bool:
        """Whether it takes a stream."""
        return self.stream_stream is not None

    @property
    def response_streaming(self) -> bool:
        """Whether it gives one."""
        return self.unary_unary is None


def answering(kind: MessageClass, answer: Answer) -> Method:
    """A method that reads a message, has it answered, and tells what goes wrong."""

    async def respond(data: bytes, context: Context) -> bytes:
        try:
            response = answer(parsed(kind, data), context)
            if inspect.isawaitable(response):
                response = await response
            written: bytes = response.SerializeToString()
        except Exception as error:  # noqa: BLE001  the server lives on, whatever happens to one request
            if code_of(error) is grpc.StatusCode.INTERNAL:
                complain(error)
            await refuse(context, error)
        return written

    return Method(unary_unary=respond)


async def refuse(context: Context, error: Exception, request: str = "") -> NoReturn:
    """End a call with an error.

    Args:
        context: Of the call.
        error: What is wrong.
        request: The id of the request.
    """
    await context.abort(code_of(error), details_of(error, request), trailers_of(error, request))


class Switchboard(grpc.GenericRpcHandler):
    """Finds what answers a call by its path, and says so if nothing does.

    Args:
        methods: By path, such as ``/inference.GRPCInferenceService/ModelInfer``.
    """

    def __init__(self, methods: Mapping[str, Method]) -> None:
        self._methods = methods

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        """What answers."""
        path = handler_call_details.method
        method = self._methods.get(path) or Method(stream_stream=_unknown(path))
        return cast("grpc.RpcMethodHandler[bytes, bytes]", method)


def _unknown(path: str) -> Both:
    """Refuses whatever is asked."""

    async def refusal(requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        _ = requests
        for nothing in list[bytes]():
            yield nothing  # what may be a stream is asked for as one
        shared = "SharedMemory" in path
        error = UnsupportedError(
            f"{path} is not offered here",
            expected="tensors in raw_input_contents" if shared else None,
            fix=None if shared else "ask for what there is with grpcurl HOST:PORT list",
        )
        await refuse(context, error)

    return refusal
