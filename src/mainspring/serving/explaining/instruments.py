"""What a service that explains counts."""

from __future__ import annotations

from collections.abc import Callable

from mainspring.serving.telemetry.families import Family, Kind
from mainspring.serving.telemetry.registry import Exposition, Registry
from mainspring.serving.telemetry.watching import Log, watch_log, watch_process

_MODEL = ("model", "version", "method")

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class Instruments:
    """The metrics of one service. Safe for threads.

    Args:
        running: How many explanations are under way.
        ready: Whether it takes requests.
        log: Its log, if it has one.
    """

    def __init__(self, *, running: Callable[[], int], ready: Callable[[], bool], log: Log | None = None) -> None:
        registry = self._registry = Registry()
        counter, histogram = registry.counter, registry.histogram
        self.requests = counter(
            _family("requests_total", "Requests for explanations answered.", (*_MODEL, "protocol", "code"))
        )
        self.errors = counter(_family("errors_total", "Requests that failed, by kind.", (*_MODEL, "kind")))
        self.rows = counter(_family("rows_total", "Rows explained."))
        self.remembered = counter(_family("remembered_total", "Rows whose explanation was known."))
        self.calls = counter(_family("model_calls_total", "Calls of the model that was explained."))
        self.asked = counter(_family("model_rows_total", "Rows that it was asked."))
        self.refusals = counter(
            _family("refusals_total", "Requests refused for what they would cost.", ("reason",))
        )
        self.latency = histogram(
            _family("request_seconds", "From the last byte of a request to its answer.", kind="histogram")
        )
        registry.watch(
            _family("running", "Explanations under way.", (), kind="gauge"), lambda: {(): float(running())}
        )
        watch_process(registry, ready=ready)
        if log is not None:
            watch_log(registry, log)

    def exposition(self, accept: str | None = None) -> Exposition:
        """All of them, as ``/metrics`` answers; see :meth:`Registry.exposition`."""
        return self._registry.exposition(accept)


def _family(name: str, text: str, labels: tuple[str, ...] = _MODEL, *, kind: Kind = "counter") -> Family:
    return Family(
        name=f"mainspring_explanation_{name}",
        kind=kind,
        text=text,
        labels=labels,
        bounds=SECONDS if kind == "histogram" else (),
    )
