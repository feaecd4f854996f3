"""Making spans of requests that are traced, after their answers have left."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from mainspring.core.errors import UnavailableError
from mainspring.serving.call import Call
from mainspring.serving.tracing.options import TracingOptions
from mainspring.serving.tracing.outbox import Outbox
from mainspring.serving.tracing.spans import Span, spans_of

if TYPE_CHECKING:
    from mainspring.serving.tracing.exporting import Sender

_LOG = logging.getLogger(__name__)

SAMPLE = 0.01
"""The share of traces that begin here and are kept, where spans are sent and nothing else is said."""

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_SPOKEN = "http/protobuf"


class SpanObserver:
    """Is told of every finished request, and has the spans of those that are traced sent by a thread.

    A request that is not traced pays for one look at that. Nothing waits for the collector: if it is slow or gone,
    spans are dropped.

    Args:
        options: Where they go.

    Attributes:
        outbox: What is on its way, with the counts of what was sent, dropped, and not taken.

    Raises:
        UnavailableError: If the library that sends them is not installed.
    """

    def __init__(self, options: TracingOptions) -> None:
        if find_spec("opentelemetry") is None or find_spec("opentelemetry.exporter") is None:
            raise UnavailableError(
                "traces cannot be sent: OpenTelemetry is not installed", fix="pip install 'mainspring[otlp]'"
            )
        self._options = options
        self._sender: Sender | None = None
        self.outbox = Outbox[Span]("spans", self._send, most=options.queue, every=options.every)

    def __call__(self, call: Call) -> None:
        """Note a finished request."""
        trace = call.trace
        if trace is None or not trace.sampled:
            return
        for span in spans_of(call):
            self.outbox.put(span)

    def close(self) -> None:
        """Have what waits sent."""
        self.outbox.close()
        if self._sender is not None:
            self._sender.close()

    def _send(self, spans: Sequence[Span]) -> None:
        if self._sender is None:
            # Imported in the thread that needs it: a server starts without it.
            from mainspring.serving.tracing.exporting import Sender

            options = self._options
            self._sender = Sender(options.endpoint, options.headers, options.service, version("mainspring"))
        self._sender.send(spans)


def are_sent(options: TracingOptions, environment: Mapping[str, str] | None = None) -> bool:
    """Whether spans are sent anywhere, by the options or the environment."""
    told = os.environ if environment is None else environment
    if told.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if options.endpoint:
        return True
    if told.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() not in ("otlp", ""):
        return False
    if not any(told.get(name) for name in _ENDPOINTS):
        return False
    spoken = next((told[name] for name in _PROTOCOLS if told.get(name)), _SPOKEN)
    if spoken != _SPOKEN:
        _LOG.warning("traces are not sent: the environment asks for OTLP over %s, and this is %s", spoken, _SPOKEN)
        return False
    return True


def share_of(options: TracingOptions, environment: Mapping[str, str] | None = None) -> float:
    """The share of traces that begin here and are kept: of the options, the environment, or :data:`SAMPLE`."""
    if options.sample is not None:
        return options.sample
    told = os.environ if environment is None else environment
    sampler = told.get("OTEL_TRACES_SAMPLER", "").strip().lower().removeprefix("parentbased_")
    if sampler in ("always_on", "always_off"):
        return 1.0 if sampler == "always_on" else 0.0
    if sampler == "traceidratio":
        try:
            return min(1.0, max(0.0, float(told.get("OTEL_TRACES_SAMPLER_ARG", "1"))))
        except ValueError:
            _LOG.warning("OTEL_TRACES_SAMPLER_ARG is no number; every trace is kept")
            return 1.0
    if sampler:
        _LOG.warning("OTEL_TRACES_SAMPLER %r is not known here; it is left aside", sampler)
    return SAMPLE
