"""Sending a request on to the service that explains: in threads of its own, and not too many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from starlette.types import Receive, Scope, Send

from mainspring.core.errors import MainspringError
from mainspring.serving.caller import Scope as Right
from mainspring.serving.client import Client
from mainspring.serving.endpoint.admission import Admission
from mainspring.serving.endpoint.answers import Answer
from mainspring.serving.endpoint.bodies import DisconnectedError, read_body
from mainspring.serving.endpoint.refusals import refusal
from mainspring.serving.problems import BusyError, MethodError, NoExplainerError
from mainspring.serving.tracing.headers import passed_on
from mainspring.serving.tracing.tracer import Tracer

AT_ONCE = 4
"""Explanations that are waited for at the same time; predictions have threads of their own."""

_SECONDS = 120.0
_KEPT = ("content-type", "content-encoding", "x-request-id")
_GIVEN_BACK = ("content-type", "retry-after", "x-request-id", "allow", "traceresponse")


class Forwarding:
    """An ASGI application that asks another server and gives its answer.

    Args:
        url: The other server; without it every request is refused, with what to do.
        admission: Who may ask.
        max_body: The largest body taken, in bytes.
        tracer: Gives requests their place in a trace, which the other server is told.
        own: The other server for a model that has one of its own.
    """

    def __init__(
        self,
        url: str | None,
        admission: Admission,
        *,
        max_body: int,
        tracer: Tracer | None = None,
        own: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._url, self._admission, self._max_body, self._own = url, admission, max_body, own
        self._tracer = tracer or Tracer()
        self._pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="explain")
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        headers = dict(scope["headers"])
        try:
            self._admission.admit(Right.INFERENCE, scope, headers, scope["path_params"]["model"])
            answer = await self._answer(scope, receive, headers)
        except DisconnectedError:
            return
        except MainspringError as error:
            answer = refusal(error, allow=b"POST")
        await answer.send(send)

    def close(self) -> None:
        """Wait for what is under way."""
        self._pool.shutdown()

    async def _answer(self, scope: Scope, receive: Receive, headers: Mapping[bytes, bytes]) -> Answer:
        url = self._own(scope["path_params"]["model"]) or self._url
        if url is None:
            raise NoExplainerError(
                "this server predicts, and was not told who explains",
                expected="a service that explains, beside it",
                fix="mainspring explain-serve NAME --model-url URL-OF-THIS-SERVER; ask it, or start this server "
                "with --explainer-url",
            )
        if scope["method"] != "POST":
            raise MethodError(f"method {scope['method']} cannot ask for explanations", expected="POST")
        if self._waiting >= AT_ONCE:
            raise BusyError(f"{AT_ONCE} explanations are under way", fix="ask again in a second")
        self._waiting += 1
        try:
            body = await read_body(receive, {**headers, b"content-encoding": b""}, self._max_body)
            kept = {name: headers[name.encode()].decode("latin-1") for name in _KEPT if name.encode() in headers}
            kept |= passed_on(self._tracer.begin(headers))
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, self._ask, url, quote(scope["path"], "/:"), body, kept)
        finally:
            self._waiting -= 1

    @staticmethod
    def _ask(url: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        with Client(url, timeout=_SECONDS, key="") as client:  # the explainer has a key of its own
            status, told, answer = client.exchange("POST", path, body, headers)
        kept = [(name.encode(), told[name].encode("latin-1")) for name in _GIVEN_BACK if name in told]
        return Answer(status, answer, kept)
