"""The ASGI application of a service that explains.

========================================================== =====================================================
``GET /``, ``/metrics``                                    ``{"status": "alive"}``; Prometheus text
``GET /v2/health/live``, ``/v2/health/ready``              the service
``GET /v2/models/{m}``, ``/v1/models``, ``/v1/models/{m}`` what it explains, and by which methods
``POST /v1/models/{m}[/versions/{v}]:explain``             explanations (KServe V1)
``POST /v2/models/{m}[/versions/{v}]/explain``             explanations, asked for as predictions are
========================================================== =====================================================
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from mainspring.core.clock import now
from mainspring.core.errors import MainspringError, NotFoundError
from mainspring.evaluation.explanation.answers import Answer as Explanation
from mainspring.evaluation.explanation.answers import canonical
from mainspring.evaluation.explanation.budgets import BudgetError
from mainspring.models.signature import DATATYPES, Signature
from mainspring.serving.endpoint.answers import JSON, Answer, Header, Send, error_answer, json_answer
from mainspring.serving.endpoint.bodies import DisconnectedError, Receive, read_body
from mainspring.serving.endpoint.ids import id_header
from mainspring.serving.explaining.asking import Explaining
from mainspring.serving.explaining.instruments import Instruments
from mainspring.serving.explaining.questions import ExplainQuestion, read, write
from mainspring.serving.payloads import LogRecord, PredictionLog, request_id
from mainspring.serving.prediction import plain_values
from mainspring.serving.problems import BusyError, MethodError
from mainspring.serving.terms import LONGEST_ID, given_id
from mainspring.serving.trace_context import TraceContext
from mainspring.serving.tracing.current import belonging_to
from mainspring.serving.tracing.tracer import Tracer

_ASK = {
    "v1": re.compile(r"/v1/models/(?P<model>[^/]+?)(?:/versions/(?P<version>[^/:]+))?:explain"),
    "v2": re.compile(r"/v2/models/(?P<model>[^/]+)(?:/versions/(?P<version>[^/]+))?/explain"),
}
_LOGGED_BODY = 2_000
"""How much of a request that could not be answered is logged, in bytes."""

_MODEL = re.compile(r"/v[12]/models/(?P<model>[^/:]+)(?:/ready)?")


_NONE = json_answer({"error": "there is no answer"}, 500)


@dataclass(slots=True)
class _Exchange:
    """A request on its way: filled in step by step, and logged however far it got."""

    time: float
    id: str
    protocol: str
    model: str
    version: str = ""
    method: str = ""
    known: bool = False
    body: bytes = b""
    began: float = 0.0
    signature: Signature | None = None
    question: ExplainQuestion | None = None
    explanations: list[Explanation] = field(default_factory=list)
    answer: Answer = _NONE
    error: str | None = None
    kind: str = ""


class ExplainerService:
    """Explanations over HTTP, a few at a time.

    Args:
        explaining: What explains.
        log: Where every request is written; closed by whoever opened it.
        max_body: The largest body taken, in bytes.

    Attributes:
        draining: Set to true, the service says that it is not ready, and still answers.
    """

    def __init__(self, explaining: Explaining, *, log: PredictionLog | None = None, max_body: int) -> None:
        self.draining = False
        self._explaining, self._log, self._max_body = explaining, log, max_body
        self._running = 0
        self._tracer = Tracer()
        self._instruments = Instruments(running=lambda: self._running, ready=lambda: not self.draining, log=log)
        self._pool = ThreadPoolExecutor(max_workers=explaining.limits.concurrency, thread_name_prefix="explain")

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000, "reason": "this server speaks HTTP only"})
            return
        for protocol, pattern in _ASK.items():
            found = pattern.fullmatch(scope["path"])
            if found:
                try:
                    answer = await self._answer(protocol, found["model"], found["version"], scope, receive)
                except DisconnectedError:
                    return
                break
        else:
            answer = self._get(scope)
        await answer.send(send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                self.draining = True
                self._pool.shutdown()
                return

    def _get(self, scope: Mapping[str, Any]) -> Answer:
        path = scope["path"]
        try:
            answer = self._told(path)
            if scope["method"] not in ("GET", "HEAD"):
                raise MethodError(f"method {scope['method']} is not known at {path}", expected="GET")
        except MainspringError as error:
            return error_answer(error, [(b"allow", b"GET, HEAD")] if isinstance(error, MethodError) else ())
        return answer

    def _told(self, path: str) -> Answer:
        ready, explaining = not self.draining, self._explaining
        if path == "/metrics":
            shown = self._instruments.exposition()
            return Answer(200, shown.body, ((b"content-type", shown.content_type.encode()),))
        plain: dict[str, tuple[object, int]] = {
            "/": ({"status": "alive"}, 200),
            "/v2/health/live": ({"live": True}, 200),
            "/v2/health/ready": ({"ready": ready}, 200 if ready else 503),
            "/v1/models": ({"models": [explaining.model]}, 200),
        }
        if path in plain:
            return json_answer(*plain[path])
        found = _MODEL.fullmatch(path)
        if found is None:
            raise NotFoundError(
                f"there is nothing at {path}",
                expected="/v1/models/{model}:explain, /v2/models/{model}/explain, /v2/health/ready or /metrics",
            )
        if found["model"] != explaining.model:
            explaining.find(found["model"], None)  # says what is explained here
        told = {
            "name": explaining.model,
            "ready": ready,
            "platform": "mainspring_explainer",
            "inputs": [
                {"name": one.name, "datatype": DATATYPES.get(str(one.type), "BYTES"), "shape": [-1]}
                for one in explaining.explainer.background.columns
            ],
            "methods": list(explaining.explainer.methods),
            "explainer": explaining.explainer.digest,
        }
        return json_answer(told, 200 if ready else 503)

    async def _answer(
        self, protocol: str, model: str, version: str | None, scope: Mapping[str, Any], receive: Receive
    ) -> Answer:
        headers = dict(scope["headers"])
        arrived = now()
        exchange = _Exchange(arrived, given_id(headers) or request_id(arrived), protocol, model, version or "")
        taken = False
        try:
            if scope["method"] != "POST":
                raise MethodError(f"method {scope['method']} cannot ask for explanations", expected="POST")
            exchange.body = await read_body(receive, headers, self._max_body)
            exchange.began = time.perf_counter()
            if self._running >= self._explaining.limits.concurrency:
                raise BusyError(f"{self._running} explanations are under way", fix="ask again in a second")
            self._running, taken = self._running + 1, True
            await asyncio.get_running_loop().run_in_executor(
                self._pool, self._traced, self._tracer.begin(headers), exchange, model, version
            )
        except MainspringError as error:
            self._fail(exchange, error)
        finally:
            self._running -= taken
        return self._finish(exchange)

    def _traced(self, trace: TraceContext, exchange: _Exchange, model: str, version: str | None) -> None:
        with belonging_to(trace):
            self._work(exchange, model, version)

    def _work(self, exchange: _Exchange, model: str, version: str | None) -> None:
        try:
            remote = self._explaining.find(model, version)
            exchange.version, exchange.known, exchange.signature = remote.version, True, remote.signature
            question = exchange.question = read(exchange.protocol, exchange.body, remote.signature)
            exchange.id = question.id or exchange.id
            methods = self._explaining.explainer.methods
            exchange.method = next(iter(methods))
            if question.method in methods:
                exchange.method = str(question.method)
            exchange.explanations = self._explaining.explain(remote, question)
            body = write(
                exchange.protocol, exchange.explanations, model=model, version=remote.version, request=exchange.id
            )
            exchange.answer = Answer(200, body, (JSON, *id_header(exchange.id)))
        except MainspringError as error:
            self._fail(exchange, error)
        except Exception as error:  # noqa: BLE001  the service lives on, whatever happens to one request
            traceback.print_exc(file=sys.stderr)
            exchange.error, exchange.kind = f"{type(error).__name__}: {error}", "INTERNAL"
            text = f"the service failed on this request; its log has more (request {exchange.id})"
            exchange.answer = json_answer({"error": text}, 500, id_header(exchange.id))

    def _fail(self, exchange: _Exchange, error: MainspringError) -> None:
        exchange.error, exchange.kind = str(error), error.code
        more: list[Header] = [*id_header(exchange.id)]
        if isinstance(error, MethodError):
            more.append((b"allow", b"POST"))
        if isinstance(error, BusyError):
            more.append((b"retry-after", b"1"))
        if isinstance(error, BusyError | BudgetError):
            self._instruments.refusals.labels(error.code.lower()).add()
        exchange.answer = error_answer(error, more)
        if exchange.answer.status >= 500:
            traceback.print_exception(error, file=sys.stderr)

    def _finish(self, exchange: _Exchange) -> Answer:
        answer = exchange.answer
        latency = time.perf_counter() - exchange.began if exchange.began else 0.0
        # A name that is not explained would make a new series for every typing error.
        names = (exchange.model, exchange.version, exchange.method) if exchange.known else ("", "", "")
        counts = self._instruments
        counts.requests.labels(*names, exchange.protocol, str(answer.status)).add()
        if exchange.began:
            counts.latency.labels(*names).observe(latency)
        if exchange.error is not None:
            counts.errors.labels(*names, exchange.kind).add()
        fresh = [one.found.spent for one in exchange.explanations if not one.remembered]
        if exchange.explanations:
            counts.rows.labels(*names).add(len(exchange.explanations))
            counts.remembered.labels(*names).add(len(exchange.explanations) - len(fresh))
            counts.calls.labels(*names).add(sum(spent.calls for spent in fresh))
            counts.asked.labels(*names).add(sum(spent.rows for spent in fresh))
        if self._log is not None:
            exchange.body = exchange.body[:_LOGGED_BODY] if exchange.error is not None else b""
            self._log.write(lambda: _record(exchange, answer.status, latency))
        return answer


def _record(exchange: _Exchange, status: int, latency: float) -> LogRecord:
    question, signature = exchange.question, exchange.signature
    columns = {}
    if question is not None and signature is not None:
        columns = {one.name: plain_values(one, question.columns[one.name]) for one in signature.inputs}
    return LogRecord(
        id=exchange.id[:LONGEST_ID],
        time=exchange.time,
        model=exchange.model,
        version=exchange.version,
        protocol=exchange.protocol,
        status=status,
        columns=columns,
        outputs={
            "method": [one.method for one in exchange.explanations],
            "explanation": [canonical(one.found.as_dict()) for one in exchange.explanations],
        },
        latency=latency,
        error=exchange.error,
        body=None if exchange.error is None else exchange.body.decode("utf-8", "replace"),
    )
