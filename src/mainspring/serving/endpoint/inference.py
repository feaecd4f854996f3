"""Answering one prediction request: read, ask, write, count and log."""

from __future__ import annotations

import asyncio
import sys
import time
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from mainspring.core.clock import now
from mainspring.core.errors import MainspringError
from mainspring.serving.asserting import refuse
from mainspring.serving.blocked import BlockedError
from mainspring.serving.client import EXPLAINS
from mainspring.serving.endpoint.answers import JSON, Answer, Header, error_answer, json_answer
from mainspring.serving.endpoint.bodies import Receive, read_body
from mainspring.serving.endpoint.instruments import Instruments
from mainspring.serving.endpoint.problems import EncodingError, MethodError
from mainspring.serving.endpoint.protocol import PredictionProtocol
from mainspring.serving.model_set import ModelSet
from mainspring.serving.prediction_log import LogRecord, PredictionLog, request_id
from mainspring.serving.predictor import Prediction, Predictor

SMALL_BODY = 16_384
"""Larger bodies are read and answered in a thread, so that they do not hold up the others."""

LOGGED_BODY = 2_000
"""How much of a request that could not be answered is logged, in bytes."""

LONGEST_ID = 200

_MADE_UP = EXPLAINS.encode()


@dataclass(slots=True)
class _Exchange:
    """A request on its way: filled in step by step, and logged however far it got."""

    time: float
    id: str
    model: str
    version: str = ""
    predictor: Predictor | None = None
    body: bytes = b""
    began: float = 0.0
    prediction: Prediction | None = None
    answer: Answer | None = None
    error: str | None = None
    kind: str = ""
    made_up: bool = False


class Inference:
    """Answers prediction requests for a set of models.

    Args:
        models: What is served.
        instruments: What counts.
        log: Where every request is written; ``None`` for nowhere.
        max_body: The largest body taken, in bytes, compressed or not.
        threads: How many large or slow requests are answered at once.
    """

    def __init__(
        self,
        models: ModelSet,
        instruments: Instruments,
        log: PredictionLog | None,
        *,
        max_body: int,
        threads: int,
    ) -> None:
        self._models, self._instruments, self._log = models, instruments, log
        self._max_body = max_body
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="predict")

    async def answer(
        self,
        protocol: PredictionProtocol,
        model: str,
        version: str | None,
        scope: Mapping[str, Any],
        receive: Receive,
    ) -> Answer:
        """Answer one request; whatever is wrong with it is in the answer.

        Raises:
            DisconnectedError: If the caller went away before everything was there.
        """
        headers = dict(scope["headers"])
        arrived = now()
        exchange = _Exchange(arrived, given_id(headers) or request_id(arrived), model, version or "")
        exchange.made_up = _MADE_UP in headers
        try:
            predictor = exchange.predictor = self._models.find(model, version)
            exchange.version = predictor.version
            if scope["method"] != "POST":
                raise MethodError(f"method {scope['method']} cannot ask for predictions", expected="POST")
            if b"inference-header-content-length" in headers:
                raise EncodingError("binary tensor data is not supported here", expected="tensors as JSON")
            exchange.body = await read_body(receive, headers, self._max_body)
            exchange.began = time.perf_counter()
            if predictor.quick and len(exchange.body) <= SMALL_BODY:
                self._work(exchange, protocol, predictor)
            else:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._pool, self._work, exchange, protocol, predictor)
        except MainspringError as error:
            self._fail(exchange, error, headers)
        return self._finish(exchange, protocol)

    def close(self) -> None:
        """Wait for what is running in threads."""
        self._pool.shutdown()

    def _work(self, exchange: _Exchange, protocol: PredictionProtocol, predictor: Predictor) -> None:
        try:
            question = protocol.read(exchange.body, predictor.served)
            exchange.id = question.id or exchange.id
            prediction = exchange.prediction = question.ask(predictor)
            if prediction.answered is not None:
                refuse(prediction.answered)
            body = protocol.write(question, predictor, prediction, exchange.id)
            exchange.answer = Answer(200, body, (JSON, *id_header(exchange.id)))
        except MainspringError as error:
            self._fail(exchange, error, {})
        except Exception as error:  # noqa: BLE001  the server lives on, whatever happens to one request
            traceback.print_exc(file=sys.stderr)
            exchange.error, exchange.kind = f"{type(error).__name__}: {error}", "INTERNAL"
            text = f"the server failed on this request; its log has more (request {exchange.id})"
            exchange.answer = json_answer({"error": text}, 500, id_header(exchange.id))

    def _fail(self, exchange: _Exchange, error: MainspringError, headers: Mapping[bytes, bytes]) -> None:
        exchange.error, exchange.kind = str(error), error.code
        more = id_header(exchange.id)
        if isinstance(error, MethodError):
            more.append((b"allow", b"POST"))
        if b"expect" in headers:
            more.append((b"connection", b"close"))  # the body that was held back must not follow
        exchange.answer = error_answer(error, more)
        if exchange.answer.status >= 500:
            traceback.print_exception(error, file=sys.stderr)

    def _finish(self, exchange: _Exchange, protocol: PredictionProtocol) -> Answer:
        answer, predictor, prediction = exchange.answer, exchange.predictor, exchange.prediction
        assert answer is not None  # noqa: S101  every path above sets it
        latency = time.perf_counter() - exchange.began if exchange.began else 0.0
        # A name that is not served would make a new series for every typing error.
        names = ("", "") if predictor is None else (predictor.name, predictor.version)
        counts = self._instruments
        counts.requests.add(*names, protocol.name, str(answer.status))
        if exchange.began:
            counts.latency.observe(latency, *names)
        if exchange.error is not None:
            counts.errors.add(*names, exchange.kind)
        if prediction is not None and exchange.kind in ("", BlockedError.code):
            counts.rows.add(*names, by=prediction.rows)
            counts.model.observe(prediction.seconds, *names)
            if not exchange.made_up:  # rows that explain others would sound an alarm
                for assertion, rows in prediction.violations.items():
                    counts.assertions.add(*names, assertion.name, assertion.action, by=rows)
        if self._log is not None:
            # What waits for the log is kept small: arrays, or the beginning of what could not be answered.
            exchange.body = exchange.body[:LOGGED_BODY] if exchange.error is not None else b""
            rows = prediction.rows if prediction is not None else 1
            self._log.write(lambda: _record(exchange, protocol.name, answer.status, latency), rows=rows)
        return answer


def _record(exchange: _Exchange, protocol: str, status: int, latency: float) -> LogRecord:
    # Rows made up by an explainer would look like drift, and fill the disk.
    prediction = None if exchange.made_up else exchange.prediction
    return LogRecord(
        id=exchange.id[:LONGEST_ID],
        time=exchange.time,
        model=exchange.model,
        version=exchange.version,
        protocol=protocol,
        status=status,
        columns={} if prediction is None else prediction.plain_columns(),
        outputs={} if prediction is None else prediction.plain_outputs(),
        latency=latency,
        error=exchange.error,
        body=None if exchange.error is None else exchange.body.decode("utf-8", "replace"),
    )


def given_id(headers: Mapping[bytes, bytes]) -> str | None:
    """The id that a caller gave a request in its headers."""
    given = headers.get(b"x-request-id")
    if given is None or not given.strip() or len(given) > LONGEST_ID:
        return None
    return given.strip().decode("latin-1")


def id_header(text: str) -> list[Header]:
    """The header with the id of a request."""
    # An id from a body may hold anything; what cannot stand in a header is left out of it.
    fits = text.isascii() and text.isprintable() and 0 < len(text) <= LONGEST_ID
    return [(b"x-request-id", text.strip().encode("ascii"))] if fits else []
