"""What becomes of spans and lines, as metrics."""

from __future__ import annotations

from mainspring.serving.telemetry.families import Family
from mainspring.serving.telemetry.registry import Figures, Registry
from mainspring.serving.tracing.telling import Telling

SPANS = Family(
    name="mainspring_spans_total",
    kind="counter",
    text="Spans of traces: sent, dropped because too many waited, or failed because no collector took them.",
    labels=("outcome",),
)
LINES = Family(
    name="mainspring_log_lines_total",
    kind="counter",
    text="Lines of logs: written, dropped because there were too many, or failed to be written.",
    labels=("outcome",),
)


def watch_telling(registry: Registry, telling: Telling) -> None:
    """Show how many spans and lines arrived, and how many did not."""
    spans = telling.spans
    if spans is not None:
        registry.watch(SPANS, lambda: spans.outbox.figures("sent"))

    def lines() -> Figures:
        found = telling.lines.outbox.figures("written")
        return {**found, ("dropped",): found["dropped",] + telling.access_log.dropped}

    registry.watch(LINES, lines)
