"""The REST door: operations over HTTP, as JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from mainspring.app.accounts import Caller, ForbiddenError, UnauthenticatedError
from mainspring.app.accounts.attempts import TooManyError
from mainspring.app.api.desk import Desk
from mainspring.app.api.feed import Feed
from mainspring.app.api.openapi import arguments_in, document
from mainspring.app.api.operation import Operation
from mainspring.app.api.performing import perform
from mainspring.app.api.shared import Shared
from mainspring.app.api.subject import Subject
from mainspring.core.errors import (
    ConflictError,
    InputError,
    MainspringError,
    NotFoundError,
    StateError,
    UnavailableError,
)

MOST: Final = 32 * 1024 * 1024
"""Bytes that a request may have."""
PATIENCE: Final = 30.0
"""Seconds without a byte after which a request is given up."""


class MethodError(MainspringError):
    """There is something at an address, and it is not asked for in this way."""

    code: ClassVar[str] = "METHOD_NOT_ALLOWED"


_STAMPS: Final = 0.25
"""Seconds that a page waits for the stamps of what it follows."""

_STATUS: Final[Sequence[tuple[type[MainspringError], int]]] = (
    (UnauthenticatedError, 401),
    (TooManyError, 429),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (MethodError, 405),
    (ConflictError, 409),
    (StateError, 409),
    (UnavailableError, 503),
    (InputError, 400),
)
_HEADERS: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def status_of(error: MainspringError) -> int:
    """The HTTP status that tells of an error."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


class Door:
    """The routes of an API.

    Args:
        shared: What all requests share.
        subjects: What it is about.
        caller: Tells who sent a request.
        still: Whether whoever sent a request that is still open may go on with it.
        root: The prefix under which a proxy shows it.

    Raises:
        UnauthenticatedError: From ``caller``, if nobody is signed in.
    """

    def __init__(
        self,
        shared: Shared,
        subjects: Sequence[Subject],
        *,
        caller: Callable[[Request], Caller],
        still: Callable[[Request], bool],
        root: str = "",
    ) -> None:
        self._shared, self._caller, self._still, self._root = shared, caller, still, root
        self.operations = {name: one for subject in subjects for name, one in subject.operations.items()}
        topics = {name: stamp for subject in subjects for name, stamp in subject.topics.items()}
        self._feed = Feed(shared, topics)

    def close(self) -> None:
        """End live updates; from any thread."""
        self._feed.close()

    def seen(self, topics: Sequence[str]) -> Mapping[str, str]:
        """Stamps of topics as they are now, for a page that will listen to them; without those that are slow."""
        return self._feed.seen(topics, seconds=_STAMPS)

    def routes(self) -> list[BaseRoute]:
        """Below ``/api``."""
        listed = sorted(self.operations.values(), key=lambda one: _place(one.path))
        made: list[BaseRoute] = [
            Route("/openapi.json", self._openapi),
            Route("/events", self._events),
        ]
        return made + [Route(one.path, self._endpoint(one), methods=[one.method]) for one in listed]

    def _endpoint(self, one: Operation) -> Callable[[Request], Any]:
        within = arguments_in(one.path)

        async def answer(request: Request) -> Response:
            caller = await run_in_threadpool(self._caller, request)  # before anything of theirs is read
            if one.changes:
                given = await sent(request)
                caller = await run_in_threadpool(self._caller, request)  # it may have taken longer than they may
            else:
                given = queried(request, one)
            given = {**given, **{name: request.path_params[name] for name in within}}
            made = await run_in_threadpool(perform, Desk(self._shared, caller), one, given)
            return Response(encoded(made), media_type="application/json", headers=_HEADERS)

        return answer

    async def _openapi(self, request: Request) -> Response:
        self._caller(request)
        made = await run_in_threadpool(document, self.operations.values(), root=self._root)
        return Response(encoded(made), media_type="application/json", headers=_HEADERS)

    async def _events(self, request: Request) -> Response:
        await run_in_threadpool(self._caller, request)
        wanted = list(dict.fromkeys(request.query_params.getlist("on")))
        self._feed.check(wanted)
        seen = dict(one.rpartition("=")[::2] for one in request.query_params.getlist("seen"))
        headers = {**_HEADERS, "x-accel-buffering": "no"}
        told = self._feed.listen(wanted, still=lambda: self._still(request), seen=seen)
        return StreamingResponse(told, media_type="text/event-stream", headers=headers)


def _place(path: str) -> tuple[list[int], int, int]:
    """Where a path is tried: a fixed word before a name, a name before one with slashes, and of those that have
    one the path with the most behind it, so that no path is swallowed by a wider one.

    Example:
        >>> sorted(["/models/{model:path}", "/models/{model:path}/card", "/models/all"], key=_place)
        ['/models/all', '/models/{model:path}/card', '/models/{model:path}']
    """
    parts = path.split("/")
    kinds = [2 if ":path}" in part else int("{" in part) for part in parts]
    wide = kinds.index(2) + 1 if 2 in kinds else len(kinds)
    return kinds[:wide], -kinds[wide:].count(0), -len(parts)


def queried(request: Request, one: Operation) -> dict[str, Any]:
    """The arguments in the address of a request; a name that is there more than once is a list.

    Raises:
        InputError: If one that is no list is there more than once.
    """
    lists = {field.name for field in msgspec.structs.fields(one.inputs) if _takes_many(field.type)}
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in lists:
            given.setdefault(name, []).append(value)
        elif name in given:
            raise InputError(f"{name} is given more than once", where=one.name, expected="one")
        else:
            given[name] = value
    return given


def _takes_many(kind: Any) -> bool:
    made = msgspec.inspect.type_info(kind)
    if isinstance(made, msgspec.inspect.Metadata):
        made = made.type
    return isinstance(made, (msgspec.inspect.ListType, msgspec.inspect.VarTupleType, msgspec.inspect.SetType))


async def received(request: Request) -> bytes:
    """What a request brings.

    Raises:
        InputError: If it is too large, or its sender went away or fell silent.
    """
    raw = bytearray()
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(PATIENCE) as limit:
            async for piece in request.stream():
                raw += piece
                if len(raw) > MOST:
                    raise InputError("the request is too large", expected=f"at most {MOST} bytes")
                limit.reschedule(loop.time() + PATIENCE)
    except TimeoutError as error:
        silence = f"more of it within {PATIENCE:.0f} s"
        raise InputError("the rest of the request did not come", expected=silence) from error
    except ClientDisconnect as error:
        raise InputError("the sender went away before all of the request came") from error
    return bytes(raw)


async def sent(request: Request) -> dict[str, Any]:
    """The arguments of something that changes: all of them in the body.

    Raises:
        InputError: If some are in the address, where they would be overlooked.
    """
    if request.query_params:
        raise InputError(
            f"arguments of {request.method} stand behind the question mark: {', '.join(request.query_params)}",
            expected="them in the body, as a JSON object",
        )
    return await body_of(request)


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that a request brings.

    Raises:
        InputError: If it is none, or too large.
    """
    raw = await received(request)
    if not raw:
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise InputError(
            f"the body is {request.headers.get('content-type', 'of no type')!r}", expected="application/json"
        )
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"the body is no JSON object: {error}", expected='an object such as {"reason": "…"}'
        ) from error


def encoded(value: Any) -> bytes:
    """An answer as JSON; numbers that are not finite become ``null``."""
    return msgspec.json.encode(value, enc_hook=_plain)


def _plain(value: Any) -> Any:
    if hasattr(value, "as_dict"):
        return value.as_dict()
    if hasattr(value, "item"):
        return value.item()
    if hasattr(value, "items"):
        return dict(value.items())
    return str(value)


def failed(error: MainspringError) -> Response:
    """The answer that tells of an error."""
    headers = {**_HEADERS, **({"www-authenticate": "Bearer"} if isinstance(error, UnauthenticatedError) else {})}
    return JSONResponse({"error": dict(error.as_dict())}, status_code=status_of(error), headers=headers)
