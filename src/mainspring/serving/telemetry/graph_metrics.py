"""What is counted of the nodes of graphs."""

from __future__ import annotations

from mainspring.serving.call import Call
from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.metrics import Spread, count_together
from mainspring.serving.telemetry.registry import Registry


class GraphMetrics:
    """Counts the nodes that finished requests were at. Safe for threads.

    Args:
        registry: Where it counts.
    """

    def __init__(self, registry: Registry) -> None:
        self._lock = registry.lock
        self._seconds = registry.histogram(schema.GRAPH_NODE_SECONDS)
        self._errors = registry.counter(schema.GRAPH_NODE_ERRORS)

    def __call__(self, call: Call) -> None:
        """Count a request that was at nodes."""
        graph = call.names[0]
        found: list[tuple[Spread, float]] = []
        for visit in call.visits:
            labels = (graph, visit.node, visit.model, visit.version)
            found.append((self._seconds.labels(*labels), visit.seconds))
            if visit.error:
                self._errors.labels(*labels).add()
        count_together(self._lock, (), found)
