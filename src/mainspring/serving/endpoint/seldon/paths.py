"""The paths of Seldon's protocol: of a whole deployment, and of a single node.

====================================================================== ==========================================
``POST /api/v1.0/predictions``, ``/predict``                            predictions
``POST /api/v1.0/feedback``, ``/send-feedback``                         what became known of answers
``POST /api/v1.0/explain``                                              sent on to the service that explains
``GET /api/v1.0/metadata[/{node}]``, ``/metadata``                      the model or graph, or a node of it
``GET /api/v1.0/status[/{node}]``                                       whether it answers
``GET /api/v1.0/health/status``, ``/ready``, ``/live``                  whether the server does
``GET /health/status``, ``/health/ping``                                the same, of a node
``POST /route``, ``/aggregate``, ``/combine``, ``/transform-input``,    other methods of a class
``/transform-output``
====================================================================== ==========================================

Version 0.1 of the first half is the same. All of them are about the model called ``default``, or the only graph,
or the only model; behind ``/seldon/{namespace}/{model}`` they are about any. The executor's other paths,
``/v1/models/{m}:route``, ``/v2/models/{m}/route`` and so on, are here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, Final

from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mainspring.serving.caller import Scope as Right
from mainspring.serving.dispatch import Dispatcher
from mainspring.serving.endpoint.admission import Admission
from mainspring.serving.endpoint.answers import Answer
from mainspring.serving.endpoint.routes import Doing, Get, Post, Telling
from mainspring.serving.endpoint.seldon.explaining import Explaining
from mainspring.serving.endpoint.seldon.nodes import Methods
from mainspring.serving.endpoint.seldon.refusing import as_seldon
from mainspring.serving.endpoint.seldon.telling import About
from mainspring.serving.repository import Repository

NAMED: Final = "/seldon/{namespace}/{model}"
DEFAULT: Final = "default"

_WHOLE: Final = ("/api/v1.0", "/api/v0.1")
_METHODS: Final = {
    "route": "route",
    "aggregate": "aggregate",
    "combine": "aggregate",
    "transform-input": "transform_input",
    "transform-output": "transform_output",
}
_WHICH: Final = "several models are served here; name one: /seldon/{namespace}/{model}/…"


def default_of(models: Repository) -> str:
    """The model that is meant where none is named; empty if that cannot be told."""
    names = models.names
    if DEFAULT in names:
        return DEFAULT
    if len(names) == 1:
        return names[0]
    graphs = [name for name in names if models.options(name).graph is not None]
    return graphs[0] if len(graphs) == 1 else ""


def routes(
    dispatcher: Dispatcher,
    admission: Admission,
    *,
    predict: ASGIApp,
    feedback: Doing,
    explain: ASGIApp,
    ready: Callable[[], bool],
    max_body: int,
) -> Iterator[Route]:
    """Every path of the protocol.

    Args:
        dispatcher: Takes requests to models.
        admission: Who may ask for what.
        predict: Answers a message of Seldon's with predictions.
        feedback: Takes feedback.
        explain: Answers an explanation of KServe's protocol.
        ready: Whether every model that should be served answers.
        max_body: The largest body taken, in bytes.
    """
    models = dispatcher.repository
    methods, about = Methods(dispatcher, feedback), About(models, ready=ready)

    def said(inner: ASGIApp) -> ASGIApp:
        return InWords(inner, lambda: default_of(models))

    def told(tell: Telling, scope: Right | None = Right.INFERENCE) -> ASGIApp:
        return said(Get(tell, admission, scope))

    explaining = said(Explaining(explain, admission, max_body=max_body))
    takes = said(Post(feedback, admission, Right.INFERENCE, max_body=max_body))
    feedback_of_nodes = Post(methods.send_feedback, admission, Right.INFERENCE, max_body=max_body)
    for start in ("", NAMED):
        for whole in _WHOLE:
            yield Route(f"{start}{whole}/predictions", said(predict))
            yield Route(f"{start}{whole}/explain", explaining)
            yield Route(f"{start}{whole}/feedback", takes)
            yield Route(f"{start}{whole}/metadata", told(about.whole))
            yield Route(f"{start}{whole}/metadata/{{node:path}}", told(about.node))
            yield Route(f"{start}{whole}/status", told(about.status))
            yield Route(f"{start}{whole}/status/{{node:path}}", told(about.status))
            yield Route(f"{start}{whole}/health/status", told(about.health))
            yield Route(f"{start}{whole}/health/ready", told(about.ready, None))
            yield Route(f"{start}{whole}/health/live", told(about.live, None))
        yield Route(f"{start}/predict", said(predict))
        yield Route(f"{start}/send-feedback", said(feedback_of_nodes))
        yield Route(f"{start}/metadata", told(about.metadata))
        yield Route(f"{start}/health/status", told(about.health))
        yield Route(f"{start}/health/ping", told(about.ping, None))
    for path, method in _METHODS.items():
        door = said(Post(methods.of(method), admission, Right.INFERENCE, max_body=max_body))
        for start in ("", NAMED, "/v2/models/{model}"):
            yield Route(f"{start}/{path}", door)
        yield Route(f"/v1/models/{{model}}:{path}", door)


class InWords:
    """Lets an application answer about the model that is meant, and says its errors in Seldon's words.

    Args:
        inner: The application: it sends an answer in one piece.
        default: The model that is meant where none is named.
    """

    def __init__(self, inner: ASGIApp, default: Callable[[], str]) -> None:
        self._inner, self._default = inner, default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        path = dict(scope["path_params"])
        path.setdefault("model", self._default())
        begun: list[MutableMapping[str, Any]] = []

        async def translate(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            start = begun[0]
            headers = tuple(one for one in start["headers"] if one[0] != b"content-length")
            answer = as_seldon(Answer(start["status"], message.get("body", b""), headers))
            if not path["model"] and answer.status == 404:
                answer = as_seldon(Answer(400, b'{"error":"%b"}' % _WHICH.encode(), headers))
            await answer.send(send)

        await self._inner({**scope, "path_params": path}, receive, translate)
