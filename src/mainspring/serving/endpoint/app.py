"""The ASGI application: which path leads where. ``{m}`` stands for a model, and perhaps for a version of it.

================================================================== ==============================================
``GET /``, ``/v2/health/live``                                     that the server lives
``GET /v2/health/ready``                                           whether it answers
``GET /v2``                                                        its name, version and extensions
``GET /metrics``                                                   Prometheus text
``GET /v2/slo``, ``/v2/slo/{objective}``                           how objectives stand
``GET /v2/models/{m}/events``                                      what was odd about rows of the model lately
``GET /openapi.json``, ``/v2/models/{m}/openapi.json``             OpenAPI documents
``GET /v2/models/{m}/docs``                                        a page about the model
``GET /v2/models/{m}/graph``, ``…/graph.svg``                      what a graph consists of, and its picture
``GET /v2/models/{m}[/ready|/config|/stats]``                      the model
``POST /v2/models/{m}/infer``                                      predictions (Open Inference Protocol)
``GET, POST /v2/models/{m}/rollout``                               how its rollout stands; orders to it
``GET /v2/models/{m}/rollout/history``                             what was decided about it
``POST /v2/repository/index``                                      what is there, and in which state
``POST /v2/repository/models/{m}/load``, ``…/unload``              changes it
``GET /v1/models``, ``/v2/models``, ``/v2/models/stats``           the models
``GET /v1/models/{m}[/metadata]``                                  the model (KServe V1, TensorFlow Serving)
``POST /v1/models/{m}:predict``                                    predictions (KServe V1, TensorFlow Serving)
``POST /v1/models/{m}:classify``, ``:regress``                     predictions (TensorFlow Serving)
``POST /v1/models/{m}:explain``, ``/v2/models/{m}/explain``        sent on to the service that explains; of a node
                                                                   of a graph ``{m}/nodes/{node}``
``POST /v1/models/{m}:feedback``, ``/v2/models/{m}/feedback``      what became known of answers
``/api/v1.0/…``, ``/seldon/{namespace}/{m}/api/v1.0/…``            Seldon's protocol: see
                                                                   :mod:`mainspring.serving.endpoint.seldon`
================================================================== ==============================================
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import lru_cache
from typing import Any

from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from mainspring.core.errors import InputError
from mainspring.serving.caller import Scope as Right
from mainspring.serving.dispatch import Dispatcher
from mainspring.serving.endpoint.about import About
from mainspring.serving.endpoint.admission import Admission
from mainspring.serving.endpoint.answers import Answer, json_answer
from mainspring.serving.endpoint.forwarding import Forwarding
from mainspring.serving.endpoint.graph_views import NodeExplanations
from mainspring.serving.endpoint.inference import Inference
from mainspring.serving.endpoint.kserve import KServeV1
from mainspring.serving.endpoint.management import Management
from mainspring.serving.endpoint.open_inference import OpenInference
from mainspring.serving.endpoint.protocol import PredictionProtocol
from mainspring.serving.endpoint.rollouts import Both, RolloutOrders
from mainspring.serving.endpoint.routes import Asked, Get, Post, Predict, Telling, Unknown
from mainspring.serving.endpoint.seldon import Seldon
from mainspring.serving.endpoint.seldon import routes as seldon_routes
from mainspring.serving.endpoint.tensorflow_serving import Classify, Regress
from mainspring.serving.feedback import FeedbackDoor
from mainspring.serving.ports import Control
from mainspring.serving.rollout.desk import Desk
from mainspring.serving.security.gatekeeper import Gatekeeper
from mainspring.serving.telemetry.server_telemetry import Telemetry

MAX_BODY = 32 << 20
"""The largest body that is taken, in bytes, unless the server is told otherwise."""

_V1, _V2 = "/v1/models/", "/v2/models/"
_INFER, _PREDICT = "/infer", ":predict"
_V1_SLASHES, _V2_SLASHES = 3, 4
_PATHS = 1_024
_DIGITS = 9
_VERSIONED = ("{model}", "{model}/versions/{version}")
_LABELLED = (*_VERSIONED, "{model}/labels/{label}")


class Endpoint:
    """A prediction server as an ASGI application.

    Args:
        dispatcher: Takes requests to models.
        telemetry: What ``/metrics``, ``/v2/slo`` and ``/v2/models/{m}/events`` tell.
        control: Changes what is served.
        gatekeeper: Who may ask for what; by default everybody for predictions, and programs on the same machine
            for changes.
        feedback: Takes what becomes known of answers; without it, that is refused.
        max_body: The largest body taken, in bytes, compressed or not.
        explainer_url: The service that requests for explanations are sent on to.
        rollouts: How rollouts stand.
        able: Whether what the server cannot do without is there, besides its models.
        services: What runs as long as the application does: entered in this order, left in the other.

    Attributes:
        draining: Set to true, the server says that it is not ready, and still answers.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        telemetry: Telemetry,
        *,
        control: Control,
        gatekeeper: Gatekeeper | None = None,
        feedback: FeedbackDoor | None = None,
        max_body: int = MAX_BODY,
        explainer_url: str | None = None,
        rollouts: Desk | None = None,
        able: Callable[[], bool] = lambda: True,
        services: Sequence[Callable[[], AbstractAsyncContextManager[None]]] = (),
    ) -> None:
        self.models, self._dispatcher = dispatcher.repository, dispatcher
        self.draining, self._able = False, able
        self._telemetry, self._services, self._max_body = telemetry, services, max_body
        self._admission = Admission(gatekeeper or Gatekeeper())
        self._inference = Inference(dispatcher, self._admission, max_body=max_body)
        self._explanations = Forwarding(
            explainer_url,
            self._admission,
            max_body=max_body,
            tracer=dispatcher.tracer,
            own=lambda name: self.models.options(name).explainer_url,
        )
        self._about = About(
            self.models,
            ready=lambda: self.ready,
            draining=lambda: self.draining,
            figures=telemetry.registry.snapshot,
        )
        self._management = Management(self.models, control)
        self._rollouts = RolloutOrders(rollouts, control, labels=self.models.labels)
        self._feedback = feedback or FeedbackDoor(None)
        self._open_inference = OpenInference()
        self._infer, self._predict = self._asks(self._open_inference), self._asks(KServeV1())
        self._router = Router(
            list(self._routes()), default=Unknown(), redirect_slashes=False, lifespan=self._lifespan
        )

    @property
    def ready(self) -> bool:
        """Whether every model that should be served answers, nothing is missing, and the server is to go on."""
        return not self.draining and self.models.ready and self._able()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000, "reason": "this server speaks HTTP only"})
            return
        if self.draining and scope["type"] == "http":
            send = _parting(send)
        await self._way(scope)(scope, receive, send)

    def at_once(self, scope: Scope, body: bytes) -> Answer | None:
        """Answer the usual small request here and now; ``None`` if it is another, and has to be awaited."""
        model = _model_of(scope["path"])
        if not model or self.draining:
            return None
        return self._inference.at_once(self._open_inference, model, scope, body)

    def _way(self, scope: Scope) -> ASGIApp:
        """What answers: the usual request finds its way without trying one pattern after the other."""
        path: str = scope.get("path", "")
        if path.startswith(_V2) and path.endswith(_INFER) and path.count("/") == _V2_SLASHES:
            scope["path_params"] = {"model": path[len(_V2) : -len(_INFER)]}
            return self._infer
        if path.startswith(_V1) and path.endswith(_PREDICT) and path.count("/") == _V1_SLASHES:
            scope["path_params"] = {"model": path[len(_V1) : -len(_PREDICT)]}
            return self._predict
        return self._router

    def _asks(self, protocol: PredictionProtocol) -> ASGIApp:
        return Predict(self._inference, protocol)

    def _routes(self) -> Iterator[Route]:
        of_node = NodeExplanations(self._explanations, self._about.member)
        classify, regress = self._asks(Classify()), self._asks(Regress())
        feedback = Post(self._take_feedback, self._admission, Right.INFERENCE, max_body=self._max_body)
        for model in _LABELLED:
            yield Route(f"{_V1}{model}:predict", self._predict)
            yield Route(f"{_V1}{model}:classify", classify)
            yield Route(f"{_V1}{model}:regress", regress)
        for model in _VERSIONED:
            yield Route(f"{_V2}{model}/infer", self._infer)
            yield Route(f"{_V2}{model}/explain", self._explanations)
            yield Route(f"{_V1}{model}:explain", self._explanations)
            yield Route(f"{_V2}{model}/nodes/{{node:path}}/explain", of_node)
            yield Route(f"{_V1}{model}/nodes/{{node:path}}:explain", of_node)
            yield Route(f"{_V1}{model}:feedback", feedback)
            yield Route(f"{_V2}{model}/feedback", feedback)
        yield from seldon_routes(
            self._dispatcher,
            self._admission,
            predict=self._asks(Seldon()),
            feedback=self._take_feedback,
            explain=self._explanations,
            ready=lambda: self.ready,
            max_body=self._max_body,
        )
        for path, do in (
            ("/v2/repository/index", self._index),
            # A name with a slash is told of as such.
            ("/v2/repository/models/{model:path}/load", self._load),
            ("/v2/repository/models/{model:path}/unload", self._unload),
        ):
            right = Right.INFERENCE if do == self._index else Right.MANAGEMENT
            yield Route(path, Post(do, self._admission, right, max_body=self._max_body))
        look = Get(self._rollouts.told, self._admission, Right.METRICS)
        order = Post(self._rollouts.order, self._admission, Right.MANAGEMENT, max_body=self._max_body)
        yield Route(f"{_V2}{{model}}/rollout", Both(look, order))
        for path, tell, scope in self._told():
            yield Route(path, Get(tell, self._admission, scope))

    def _told(self) -> Iterator[tuple[str, Telling, Right | None]]:
        """What is answered without a body, and for whom."""
        about = self._about
        yield "/", lambda _: about.alive(), None
        yield "/v2/health/live", lambda _: about.live(), None
        yield "/v2/health/ready", lambda _: about.ready(), None
        yield "/metrics", self._metrics, Right.METRICS
        yield "/v2/slo", lambda _: json_answer(self._telemetry.slo()), Right.METRICS
        one = "/v2/slo/{objective}"
        yield one, lambda asked: json_answer(self._telemetry.slo(asked.path["objective"])), Right.METRICS
        for path in ("/v2", "/v2/"):
            yield path, lambda _: about.server(), Right.INFERENCE
        yield "/openapi.json", lambda asked: about.openapi(asked.caller), Right.INFERENCE
        for path in ("/v1/models", "/v2/models"):
            yield path, lambda asked: about.names(asked.caller), Right.INFERENCE
        yield f"{_V2}stats", lambda asked: about.all_stats(asked.caller), Right.INFERENCE
        yield f"{_V2}{{model}}/rollout/history", lambda asked: self._rollouts.history(asked.path), Right.METRICS
        for model in _LABELLED:
            yield f"{_V1}{model}", lambda asked: about.status(asked.path), Right.INFERENCE
            yield f"{_V1}{model}/metadata", lambda asked: about.signature(asked.path), Right.INFERENCE
        for model in _VERSIONED:
            yield f"{_V2}{model}", lambda asked: about.metadata(asked.path), Right.INFERENCE
            yield f"{_V2}{model}/events", self._events, Right.METRICS
            yield f"{_V2}{model}/ready", lambda asked: about.model_ready(asked.path), Right.INFERENCE
            yield f"{_V2}{model}/stats", lambda asked: about.stats(asked.path), Right.INFERENCE
            yield f"{_V2}{model}/config", lambda asked: about.config(asked.path), Right.INFERENCE
            yield f"{_V2}{model}/docs", lambda asked: about.page(asked.path, asked.caller), Right.INFERENCE
            yield f"{_V2}{model}/graph", lambda asked: about.graph(asked.path, asked.caller), Right.INFERENCE
            yield f"{_V2}{model}/graph.svg", self._picture, Right.INFERENCE
            yield f"{_V2}{model}/openapi.json", lambda asked: about.model_openapi(asked.path), Right.INFERENCE

    def _picture(self, asked: Asked) -> Answer:
        return self._about.graph_picture(asked.path, asked.caller)

    async def _take_feedback(self, asked: Asked) -> Answer:
        # The log may have to be searched, which takes milliseconds.
        taken = await asyncio.to_thread(
            self._feedback.answer, asked.path, asked.body, headers=asked.headers, caller=asked.caller.name
        )
        return json_answer(taken)

    async def _index(self, asked: Asked) -> Answer:
        return self._management.index(asked.caller, asked.body)

    async def _load(self, asked: Asked) -> Answer:
        return await self._management.load(asked.path["model"], asked.body)

    async def _unload(self, asked: Asked) -> Answer:
        return await self._management.unload(asked.path["model"], asked.body)

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

    def _metrics(self, asked: Asked) -> Answer:
        shown = self._telemetry.exposition(asked.accept)
        return Answer(200, shown.body, ((b"content-type", shown.content_type.encode()),))

    def _events(self, asked: Asked) -> Answer:
        last = asked.query.get("last", "100")
        if not last.isdecimal() or len(last) > _DIGITS:
            raise InputError(f"the parameter last is {last[:_DIGITS]!r}", expected="a number below a billion")
        told = self._telemetry.events(asked.path["model"], asked.path.get("version", ""), int(last))
        return json_answer(told)


@lru_cache(maxsize=_PATHS)
def _model_of(path: str) -> str:
    """The model that the usual request asks, by its path as it was sent; empty if it is another request."""
    if "%" in path or "?" in path or not (path.startswith(_V2) and path.endswith(_INFER)):
        return ""
    return path[len(_V2) : -len(_INFER)] if path.count("/") == _V2_SLASHES else ""


def _parting(send: Send) -> Send:
    """Sends answers that tell the caller to ask on another connection next time."""

    async def part(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await send(message)

    return part
