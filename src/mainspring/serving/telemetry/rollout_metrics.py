"""Counting what rollouts do with requests."""

from __future__ import annotations

from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.metrics import Count
from mainspring.serving.telemetry.registry import Registry


class RolloutMetrics:
    """Counts requests by arm, those that fell back, and what became of shadows. Safe for threads.

    Args:
        registry: Where it counts.
    """

    def __init__(self, registry: Registry) -> None:
        self._requests = registry.counter(schema.ROLLOUT_REQUESTS)
        self._fallbacks = registry.counter(schema.ROLLOUT_FALLBACKS)
        self._compared = registry.counter(schema.ROLLOUT_COMPARED)
        self._known: dict[tuple[str, str, str], Count] = {}

    def routed(self, model: str, arm: str, policy: str) -> None:
        """A request was sent to an arm."""
        key = (model, arm, policy)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._requests.labels(*key)
        found.add()

    def fell_back(self, model: str, arm: str) -> None:
        """An arm could not answer, and the primary one did in its place."""
        self._fallbacks.labels(model, arm).add()

    def compared(self, model: str, arm: str, outcome: str, count: int) -> None:
        """So many of a shadow's answers are ``equal`` or ``different``, or it ``failed``, or was not asked:
        ``shed``.
        """
        self._compared.labels(model, arm, outcome).add(count)
