"""Sending spans to a collector, by OpenTelemetry's own exporter (OTLP over HTTP, in protobuf)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from mainspring.core.errors import UnavailableError
from mainspring.serving.trace_context import TraceContext
from mainspring.serving.tracing.headers import RANDOM, SAMPLED, clean_state
from mainspring.serving.tracing.spans import Span

_NAME = "mainspring.serving"
_TRACES = "/v1/traces"


class Sender:
    """Sends spans. For one thread.

    Args:
        endpoint: The address of the collector; that of the environment by default.
        headers: Sent along; those of the environment by default.
        service: What the server is called; by the environment, or ``mainspring``, by default.
        version: Its version.
    """

    def __init__(self, endpoint: str, headers: Mapping[str, str], service: str, version: str) -> None:
        # The environment names the collector, and leaves the path to whoever sends; an option does the same.
        self._exporter = OTLPSpanExporter(
            endpoint=endpoint.rstrip("/") + _TRACES if endpoint else None, headers=dict(headers) or None
        )
        named = {SERVICE_NAME: service} if service else {}
        found = Resource.create({SERVICE_VERSION: version, **named})
        unnamed = str(found.attributes.get(SERVICE_NAME, "")).startswith("unknown_service")
        self._resource = found.merge(Resource({SERVICE_NAME: "mainspring"})) if unnamed else found
        self._scope = InstrumentationScope(_NAME, version)

    def send(self, spans: Sequence[Span]) -> None:
        """Send some; tries several times.

        Raises:
            UnavailableError: If the collector did not take them.
        """
        made = [self._made(span) for span in spans]
        if self._exporter.export(made) is not SpanExportResult.SUCCESS:
            raise UnavailableError("the collector of traces did not take them")

    def close(self) -> None:
        """Send nothing more."""
        shutdown: Callable[[], None] = self._exporter.shutdown
        shutdown()

    def _made(self, span: Span) -> ReadableSpan:
        context = span.context
        parent = _context(context, context.parent, remote=span.server) if context.parent else None
        return ReadableSpan(
            name=span.name,
            context=_context(context, context.span, remote=False),
            parent=parent,
            resource=self._resource,
            attributes=span.attributes,
            kind=SpanKind.SERVER if span.server else SpanKind.INTERNAL,
            status=Status(StatusCode.ERROR, span.failed) if span.failed else Status(StatusCode.UNSET),
            start_time=span.start,
            end_time=span.end,
            instrumentation_scope=self._scope,
        )


def _context(trace: TraceContext, span: str, *, remote: bool) -> SpanContext:
    flags = SAMPLED | RANDOM * trace.random
    state = clean_state(trace.state)
    return SpanContext(
        int(trace.trace, 16),
        int(span, 16),
        is_remote=remote,
        trace_flags=TraceFlags(flags),
        trace_state=TraceState.from_header([state]) if state else None,
    )
