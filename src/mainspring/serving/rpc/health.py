"""The health protocol of gRPC: whether the server takes requests, asked once or followed.

Specification: https://github.com/grpc/grpc/blob/master/doc/health-checking.md.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from mainspring.core.errors import MainspringError, NotFoundError
from mainspring.serving.repository import Repository
from mainspring.serving.rpc.messages import HEALTH, INFERENCE, Message, numbers, parsed, request_of, response_of
from mainspring.serving.rpc.metadata import Context
from mainspring.serving.rpc.methods import refuse

_LOOK_SECONDS = 0.25

_STATUS = numbers("grpc.health.v1.HealthCheckResponse.ServingStatus")


class Health:
    """Answers ``Check``, ``List`` and ``Watch``.

    A service is ``""`` (the server), ``inference.GRPCInferenceService``, or a model by its name.

    Args:
        repository: What is served.
        ready: Whether the server takes requests.
    """

    def __init__(self, repository: Repository, ready: Callable[[], bool]) -> None:
        self._repository, self._ready = repository, ready
        self._stopping = asyncio.Event()

    def check(self, request: Message, context: Context) -> Message:
        """``Check``: the status now.

        Raises:
            NotFoundError: If there is no such service.
        """
        _ = context
        status = self._status(request.service)
        if status == "SERVICE_UNKNOWN":
            raise NotFoundError(
                f"there is no service {request.service!r}", expected=f"'', {INFERENCE!r} or the name of a model"
            )
        return _response(status)

    def list_all(self, request: Message, context: Context) -> Message:
        """``List``: the status of every service."""
        _ = request, context
        response = response_of(HEALTH, "List")()
        for name in ("", INFERENCE, *self._repository.names):
            response.statuses[name].CopyFrom(_response(self._status(name)))
        return response

    async def watch(self, data: bytes, context: Context) -> AsyncIterator[bytes]:
        """``Watch``: the status now, and again whenever it changes."""
        try:
            service = parsed(request_of(HEALTH, "Watch"), data).service
        except MainspringError as error:
            await refuse(context, error)
        told = ""
        while True:
            status = "NOT_SERVING" if self._stopping.is_set() else self._status(service)
            if status != told:
                told = status
                yield _response(status).SerializeToString()
            if self._stopping.is_set():
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _LOOK_SECONDS)

    def stop(self) -> None:
        """Tell those who watch that it is over."""
        self._stopping.set()

    def _status(self, service: str) -> str:
        if service in ("", INFERENCE):
            return "SERVING" if self._ready() else "NOT_SERVING"
        try:
            known = self._repository.find(service) is not None
        except NotFoundError:
            return "SERVICE_UNKNOWN"
        except MainspringError:
            known = False
        return "SERVING" if known and self._ready() else "NOT_SERVING"


def _response(status: str) -> Message:
    return response_of(HEALTH, "Check")(status=_STATUS[status])
