"""What a server counts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from mainspring.serving.blocked import BlockedError
from mainspring.serving.call import Call
from mainspring.serving.metrics import Counter, Gauge, Histogram, Metric, exposition
from mainspring.serving.prediction_log import PredictionLog
from mainspring.serving.repository import Repository

_MODEL = ("model", "version")


class Instruments:
    """The metrics of one server, and an observer that counts. Safe for threads.

    Args:
        models: What it serves.
        log: Its prediction log, if it has one.
        ready: Whether it takes requests.
    """

    def __init__(self, models: Repository, log: PredictionLog | None, ready: Callable[[], bool]) -> None:
        self.requests = Counter(
            "mainspring_requests_total", "Prediction requests answered.", (*_MODEL, "protocol", "code")
        )
        self.errors = Counter(
            "mainspring_errors_total", "Prediction requests that failed, by kind.", (*_MODEL, "kind")
        )
        self.rows = Counter("mainspring_rows_total", "Rows predicted.", _MODEL)
        self.assertions = Counter(
            "mainspring_assertions_total",
            "Rows whose answer an assertion flagged, overrode or blocked.",
            (*_MODEL, "assertion", "action"),
        )
        self.latency = Histogram(
            "mainspring_request_seconds", "From the last byte of a request to its answer.", _MODEL
        )
        self.model = Histogram("mainspring_model_seconds", "The model alone.", _MODEL)
        self._metrics: list[Metric] = [
            self.requests,
            self.errors,
            self.rows,
            self.assertions,
            self.latency,
            self.model,
            Gauge(
                "mainspring_model_info",
                "The models served, as labels.",
                (*_MODEL, "runtime", "task"),
                lambda: {(one.name, one.version, one.model.runtime, one.model.task): 1 for one in models},
            ),
            *of_process(ready),
        ]
        if log is not None:
            self._metrics += of_log(log)

        self._models = models

    def __call__(self, call: Call) -> None:
        """Count a finished call."""
        names, prediction = call.names, call.prediction
        self.requests.add(*names, call.protocol, str(call.status))
        if call.began:
            self.latency.observe(call.latency, *names)
        if call.error is not None:
            self.errors.add(*names, call.kind)
        if prediction is not None and call.kind in ("", BlockedError.code):
            self.rows.add(*names, by=prediction.rows)
            self.model.observe(prediction.seconds, *names)
            if not call.made_up:  # rows that explain others would sound an alarm
                for assertion, rows in prediction.violations.items():
                    self.assertions.add(*names, assertion.name, assertion.action, by=rows)

    def exposition(self) -> str:
        """All of them, in the Prometheus text format."""
        for served in self._models:
            for one in served.model.assertions:
                # Whoever waits for the first violation needs a 0 before it.
                self.assertions.add(served.name, served.version, one.name, one.action, by=0)
        return exposition(self._metrics)


def of_process(ready: Callable[[], bool]) -> list[Metric]:
    """The metrics of a server's process, which starts about now."""
    started = time.time()
    return [
        Gauge("mainspring_ready", "Whether the server takes requests.", (), lambda: {(): int(ready())}),
        Gauge(
            "process_start_time_seconds", "When the server started, since the epoch.", (), lambda: {(): started}
        ),
        Gauge(
            "process_cpu_seconds_total",
            "Processor time used by the server.",
            (),
            lambda: {(): time.process_time()},
            kind="counter",
        ),
    ]


def of_log(log: PredictionLog) -> list[Metric]:
    """The metrics of a log."""

    def figure(read: Callable[[], int]) -> Callable[[], Mapping[tuple[str, ...], float]]:
        return lambda: {(): read()}

    prefix = "mainspring_prediction_log"
    return [
        Gauge(f"{prefix}_queue", "Records accepted and not yet written.", (), figure(lambda: log.depth)),
        Gauge(f"{prefix}_written_total", "Records written.", (), figure(lambda: log.written), kind="counter"),
        Gauge(
            f"{prefix}_dropped_total",
            "Records dropped because the queue was full.",
            (),
            figure(lambda: log.dropped),
            kind="counter",
        ),
        Gauge(
            f"{prefix}_failed_total",
            "Records that could not be written.",
            (),
            figure(lambda: log.failed),
            kind="counter",
        ),
    ]
