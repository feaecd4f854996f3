"""The ASGI application: which path leads where.

========================================================== =====================================================
``GET /``                                                  ``{"status": "alive"}``
``GET /metrics``                                           Prometheus text
``GET /v2``, ``/v2/health/live``, ``/v2/health/ready``     the server (Open Inference Protocol)
``GET /v2/models/{m}[/versions/{v}][/ready]``              a model
``POST /v2/models/{m}[/versions/{v}]/infer``               predictions
``GET /v1/models``, ``/v1/models/{m}``                     the models (KServe V1)
``POST /v1/models/{m}[/versions/{v}]:predict``             predictions
``POST /v1/models/{m}[/versions/{v}]:explain``             sent on to the service that explains
``POST /v2/models/{m}[/versions/{v}]/explain``             likewise
========================================================== =====================================================
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Mapping, MutableMapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import version as installed_version
from typing import Any

from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from mainspring.core.errors import MainspringError, NotFoundError
from mainspring.serving.dispatch import Dispatcher
from mainspring.serving.endpoint.answers import Answer, error_answer, json_answer
from mainspring.serving.endpoint.bodies import DisconnectedError
from mainspring.serving.endpoint.forwarding import Forwarding
from mainspring.serving.endpoint.inference import Inference
from mainspring.serving.endpoint.instruments import Instruments
from mainspring.serving.endpoint.kserve import KServeV1
from mainspring.serving.endpoint.open_inference import OpenInference, metadata
from mainspring.serving.endpoint.protocol import PredictionProtocol
from mainspring.serving.metrics import CONTENT_TYPE
from mainspring.serving.ports import Control
from mainspring.serving.problems import LoadingError, MethodError
from mainspring.serving.repository import Repository
from mainspring.serving.served import Served

MAX_BODY = 32 << 20
"""The largest body that is taken, in bytes, unless the server is told otherwise."""


_V1, _V2 = KServeV1(), OpenInference()
_PLAIN, _SLASHES = "/v2/models/", 4
_ASK: tuple[tuple[str, PredictionProtocol], ...] = (
    ("/v2/models/{model}/infer", _V2),
    ("/v2/models/{model}/versions/{version}/infer", _V2),
    ("/v1/models/{model}/versions/{version}:predict", _V1),
    ("/v1/models/{model}:predict", _V1),
)


_EXPLAIN = (
    "/v2/models/{model}/explain",
    "/v2/models/{model}/versions/{version}/explain",
    "/v1/models/{model}/versions/{version}:explain",
    "/v1/models/{model}:explain",
)


class Endpoint:
    """A prediction server as an ASGI application.

    Args:
        dispatcher: Takes requests to models.
        instruments: What ``/metrics`` shows.
        control: Changes what is served.
        max_body: The largest body taken, in bytes, compressed or not.
        explainer_url: The service that requests for explanations are sent on to.
        services: What runs as long as the application does: entered in this order, left in the other.

    Attributes:
        draining: Set to true, the server says that it is not ready, and still answers.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        instruments: Instruments,
        *,
        control: Control,
        max_body: int = MAX_BODY,
        explainer_url: str | None = None,
        services: Sequence[Callable[[], AbstractAsyncContextManager[None]]] = (),
    ) -> None:
        self.models = dispatcher.repository
        self.draining = False
        self._instruments, self._control, self._services = instruments, control, services
        self._inference = Inference(dispatcher, max_body=max_body)
        self._explanations = Forwarding(explainer_url, max_body=max_body)
        self._infer = {protocol.name: _Infer(self._inference, protocol) for protocol in (_V1, _V2)}
        self._router = Router(
            self._routes(), default=_Get(_unknown), redirect_slashes=False, lifespan=self._lifespan
        )

    @property
    def ready(self) -> bool:
        """Whether every model that should be served answers, and the server is not being stopped."""
        return not self.draining and self.models.ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000, "reason": "this server speaks HTTP only"})
            return
        if self.draining and scope["type"] == "http":
            send = _parting(send)
        path = scope.get("path", "")
        # The usual request finds its way without trying one pattern after the other.
        if path.startswith(_PLAIN) and path.endswith("/infer") and path.count("/") == _SLASHES:
            scope["path_params"] = {"model": path[len(_PLAIN) : -len("/infer")]}
            await self._infer[_V2.name](scope, receive, send)
            return
        await self._router(scope, receive, send)

    def _routes(self) -> list[Route]:
        get: list[tuple[str, Callable[[Mapping[str, str]], Answer]]] = [
            ("/", lambda _: json_answer({"status": "alive"})),
            ("/metrics", lambda _: self._metrics()),
            ("/v2", lambda _: _server()),
            ("/v2/", lambda _: _server()),
            ("/v2/health/live", lambda _: json_answer({"live": True})),
            ("/v2/health/ready", lambda _: self._health()),
            ("/v2/models/{model}", self._metadata),
            ("/v2/models/{model}/ready", self._model_ready),
            ("/v2/models/{model}/versions/{version}", self._metadata),
            ("/v2/models/{model}/versions/{version}/ready", self._model_ready),
            ("/v1/models", lambda _: json_answer({"models": self.models.names})),
            ("/v1/models/{model}", self._model_ready),
        ]
        return [
            *(Route(path, self._infer[protocol.name]) for path, protocol in _ASK),
            *(Route(path, self._explanations) for path in _EXPLAIN),
            *(Route(path, _Get(answer)) for path, answer in get),
        ]

    @asynccontextmanager
    async def _lifespan(self, app: object) -> AsyncIterator[None]:
        _ = app
        async with AsyncExitStack() as stack:
            for service in self._services:
                await stack.enter_async_context(service())
            try:
                yield
            finally:
                self.draining = True
                self._explanations.close()

    def _metrics(self) -> Answer:
        text = self._instruments.exposition().encode()
        return Answer(200, text, ((b"content-type", CONTENT_TYPE.encode()),))

    def _health(self) -> Answer:
        return json_answer({"ready": self.ready}, 200 if self.ready else 503)

    def _metadata(self, path: Mapping[str, str]) -> Answer:
        served = _found(self.models, path)
        return json_answer(metadata(served.model, self.models.versions(served.name)))

    def _model_ready(self, path: Mapping[str, str]) -> Answer:
        served = _found(self.models, path)
        ready = not self.draining
        return json_answer({"name": served.name, "ready": ready}, 200 if ready else 503)


def _parting(send: Send) -> Send:
    """Sends answers that tell the caller to ask on another connection next time."""

    async def part(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await send(message)

    return part


class _Get:
    """Answers what takes no body."""

    def __init__(self, answer: Callable[[Mapping[str, str]], Answer]) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _ = receive
        try:
            path: dict[str, Any] = scope.get("path_params", {})
            answer = self._answer({**path, "": scope["path"]})
            if scope["method"] not in ("GET", "HEAD"):
                raise MethodError(f"method {scope['method']} is not known at {scope['path']}", expected="GET")
        except MainspringError as error:
            answer = error_answer(error, [(b"allow", b"GET, HEAD")] if isinstance(error, MethodError) else ())
        await answer.send(send)


class _Infer:
    """Answers prediction requests of one protocol."""

    def __init__(self, inference: Inference, protocol: PredictionProtocol) -> None:
        self._inference, self._protocol = inference, protocol

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._inference.answer(self._protocol, scope["path_params"], scope, receive)
        except DisconnectedError:
            return
        await answer.send(send)


def _found(models: Repository, path: Mapping[str, str]) -> Served:
    served = models.find(path["model"], path.get("version", ""))
    if served is None:
        raise LoadingError(f"model {path['model']!r} is loaded when it is asked for first")
    return served


@functools.cache
def _server() -> Answer:
    return json_answer({"name": "mainspring", "version": installed_version("mainspring"), "extensions": []})


def _unknown(path: Mapping[str, str]) -> Answer:
    raise NotFoundError(
        f"there is nothing at {path['']}",
        expected="/v2/models/{model}/infer, /v1/models/{model}:predict, /v2/health/ready or /metrics",
    )
