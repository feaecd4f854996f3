"""Counting what feedback says, for metrics and for objectives of quality."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.registry import Registry
from mainspring.serving.telemetry.slo.objective import Measure, Objective


class FeedbackMetrics:
    """Counts feedback. Safe for threads.

    Args:
        registry: Where it is counted.
        objectives: What is asked of the server.
    """

    def __init__(self, registry: Registry, objectives: Sequence[Objective] = ()) -> None:
        self._feedback = registry.counter(schema.FEEDBACK)
        self._reward = registry.histogram(schema.REWARD)
        self._judge = Judge(registry, objectives)

    def rewarded(self, model: str, version: str, rewards: Iterable[float]) -> None:
        """Rewards came for rows that a version answered."""
        spread, given = self._reward.labels(model, version), list(rewards)
        for reward in given:
            spread.observe(reward)
        self._feedback.labels(model, version, "rewarded").add(len(given))
        self._judge(model, version, "reward", given, lambda reward, least: reward >= least)

    def known(self, model: str, version: str, *, right: int = 0, wrong: int = 0) -> None:
        """The truth became known of rows whose class a version had answered right or wrong."""
        if right:
            self._feedback.labels(model, version, "right").add(right)
        if wrong:
            self._feedback.labels(model, version, "wrong").add(wrong)

    def differed(self, model: str, version: str, errors: Iterable[float]) -> None:
        """The truth became known of rows with a number: how far the answers were from it, without sign."""
        given = list(errors)
        self._feedback.labels(model, version, "measured").add(len(given))
        self._judge(model, version, "error", given, lambda error, most: error <= most)


class Judge:
    """Judges figures one by one, for objectives that ask for a threshold. Safe for threads.

    Args:
        registry: Where it is counted.
        objectives: What is asked of the server.
    """

    def __init__(self, registry: Registry, objectives: Sequence[Objective]) -> None:
        self._counter = registry.counter(schema.SLO_JUDGED)
        self._objectives = [one for one in objectives if one.measure and one.threshold is not None]
        for one in self._objectives:
            for result in ("good", "bad"):
                self._counter.labels(one.name, result)

    def wants(self, measure: Measure) -> bool:
        """Whether any objective asks for a measure."""
        return any(one.measure == measure for one in self._objectives)

    def __call__(
        self,
        model: str,
        version: str,
        measure: Measure,
        figures: Sequence[float],
        is_good: Callable[[float, float], bool],
    ) -> None:
        """Judge figures of a version by the thresholds of all objectives that ask for them."""
        for one in self._objectives:
            if one.measure != measure or one.model not in ("", model) or one.version not in ("", version):
                continue
            threshold = one.threshold or 0.0
            good = sum(is_good(figure, threshold) for figure in figures)
            self._counter.labels(one.name, "good").add(good)
            self._counter.labels(one.name, "bad").add(len(figures) - good)
