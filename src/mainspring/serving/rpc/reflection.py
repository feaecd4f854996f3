"""Server reflection of gRPC: what the server speaks, for tools that have no definitions.

Specification: https://github.com/grpc/grpc/blob/master/doc/server-reflection.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from grpc import StatusCode

from mainspring.core.errors import MainspringError
from mainspring.serving.rpc.messages import (
    FILES,
    HEALTH,
    INFERENCE,
    POOL,
    REFLECTION,
    REFLECTION_ALPHA,
    Message,
    parsed,
    request_of,
    response_of,
)
from mainspring.serving.rpc.metadata import Context
from mainspring.serving.rpc.methods import refuse

_METHOD = "ServerReflectionInfo"


class Reflection:
    """Answers ``ServerReflectionInfo`` of one version of the service.

    Args:
        service: The full name of the service.
    """

    def __init__(self, service: str) -> None:
        self._request, self._response = request_of(service, _METHOD), response_of(service, _METHOD)

    async def answer(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        """Answer each question in its turn."""
        async for data in requests:
            try:
                request = parsed(self._request, data)
            except MainspringError as error:
                await refuse(context, error)
            yield self._told(request).SerializeToString()

    def _told(self, request: Message) -> Message:
        response = self._response(valid_host=request.host, original_request=request)
        kind = request.WhichOneof("message_request")
        if kind == "list_services":
            for name in (INFERENCE, HEALTH, REFLECTION, REFLECTION_ALPHA):
                response.list_services_response.service.add(name=name)
            return response
        try:
            if kind == "file_by_filename":
                name = request.file_by_filename
            elif kind == "file_containing_symbol":
                name = POOL.FindFileContainingSymbol(request.file_containing_symbol).name
            else:
                _fail(response, StatusCode.UNIMPLEMENTED, f"{kind} is not answered here: nothing has extensions")
                return response
            response.file_descriptor_response.file_descriptor_proto.extend(_with_imports(name))
        except KeyError:
            _fail(response, StatusCode.NOT_FOUND, "there is nothing of this name here")
        return response


def _with_imports(name: str) -> list[bytes]:
    """A file and those that it needs, each after those that need it.

    Raises:
        KeyError: If there is no such file.
    """
    file = FILES[name]
    return [file.SerializeToString(), *(part for one in file.dependency for part in _with_imports(one))]


def _fail(response: Message, code: StatusCode, text: str) -> None:
    response.error_response.error_code, response.error_response.error_message = code.value[0], text
