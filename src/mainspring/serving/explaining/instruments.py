"""What a service that explains counts."""

from __future__ import annotations

from collections.abc import Callable

from mainspring.serving.endpoint.instruments import of_log, of_process
from mainspring.serving.metrics import Counter, Gauge, Histogram, Metric, exposition
from mainspring.serving.prediction_log import PredictionLog

_MODEL = ("model", "version", "method")

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class Instruments:
    """The metrics of one service. Safe for threads.

    Args:
        running: How many explanations are under way.
        ready: Whether it takes requests.
        log: Its log, if it has one.
    """

    def __init__(
        self, *, running: Callable[[], int], ready: Callable[[], bool], log: PredictionLog | None = None
    ) -> None:
        prefix = "mainspring_explanation"
        self.requests = Counter(
            f"{prefix}_requests_total", "Requests for explanations answered.", (*_MODEL, "protocol", "code")
        )
        self.errors = Counter(f"{prefix}_errors_total", "Requests that failed, by kind.", (*_MODEL, "kind"))
        self.rows = Counter(f"{prefix}_rows_total", "Rows explained.", _MODEL)
        self.remembered = Counter(f"{prefix}_remembered_total", "Rows whose explanation was known.", _MODEL)
        self.calls = Counter(f"{prefix}_model_calls_total", "Calls of the model that was explained.", _MODEL)
        self.asked = Counter(f"{prefix}_model_rows_total", "Rows that it was asked.", _MODEL)
        self.refusals = Counter(
            f"{prefix}_refusals_total", "Requests refused for what they would cost.", ("reason",)
        )
        self.latency = Histogram(
            f"{prefix}_request_seconds", "From the last byte of a request to its answer.", _MODEL, SECONDS
        )
        self._metrics: list[Metric] = [
            self.requests,
            self.errors,
            self.rows,
            self.remembered,
            self.calls,
            self.asked,
            self.refusals,
            self.latency,
            Gauge(f"{prefix}_running", "Explanations under way.", (), lambda: {(): running()}),
            *of_process(ready),
            *([] if log is None else of_log(log)),
        ]

    def exposition(self) -> str:
        """All of them, in the Prometheus text format."""
        return exposition(self._metrics)
