"""What is known of the arms of a rollout: read from what was counted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mainspring.serving.rollout import tally
from mainspring.serving.rollout.options import Rollout
from mainspring.serving.rollout.policies.knowledge import Knowledge

ERROR_RATE = "error_rate"
LATENCY = "latency_"
COUNTED = (ERROR_RATE, "latency_p50", "latency_p95", "latency_p99")
"""Figures that requests alone give; all others come as feedback."""

ACCURACY, ERROR, REWARD = "accuracy", "error", "reward"


@dataclass(frozen=True, slots=True)
class Sample:
    """Values of one figure, added up.

    Attributes:
        count: How many.
        sum: Their sum.
        squares: The sum of their squares.
    """

    count: float = 0.0
    sum: float = 0.0
    squares: float = 0.0

    @property
    def mean(self) -> float | None:
        """Their mean; ``None`` without any."""
        return self.sum / self.count if self.count > 0 else None

    @property
    def variance(self) -> float:
        """Their variance, with one degree of freedom taken off; 0 for fewer than two."""
        if self.count < 2:
            return 0.0
        return max(0.0, (self.squares - self.sum * self.sum / self.count) / (self.count - 1))


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """What is known of one arm.

    Attributes:
        arm: Its name.
        version: The version that it stands for.
        requests: How many it was sent.
        errors: How many of them failed through the server's fault.
        seconds: How long they took together.
        times: How many took how long: see :func:`mainspring.serving.rollout.tally.bound`.
        samples: What feedback says, by figure.
    """

    arm: str
    version: str
    requests: float
    errors: float
    seconds: float
    times: tuple[float, ...]
    samples: dict[str, Sample]

    def quantile(self, share: float) -> float | None:
        """The time in seconds within which a share of the requests was answered, to ten percent; ``None`` without
        any.
        """
        total, wanted, seen = sum(self.times), 0.0, 0.0
        if not total:
            return None
        wanted = share * total
        for bucket, count in enumerate(self.times):
            seen += count
            if seen >= wanted - 1e-9:
                return tally.bound(bucket)
        return tally.bound(len(self.times) - 1)

    def longer(self, seconds: float) -> float:
        """How many requests took longer than a time, of which whole buckets are counted."""
        first = math.ceil(math.log(seconds / tally.SMALLEST) / math.log(tally.GROWTH) - 1e-9) + 1
        return sum(self.times[max(0, first) :])

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "arm": self.arm,
            "version": self.version,
            "requests": int(self.requests),
            "errors": int(self.errors),
            "error_rate": self.errors / self.requests if self.requests else None,
            "mean_seconds": self.seconds / self.requests if self.requests else None,
            **{f"latency_p{round(100 * share)}": self.quantile(share) for share in (0.5, 0.95, 0.99)},
            "feedback": {
                name: {"count": int(one.count), "mean": one.mean, "deviation": math.sqrt(one.variance)}
                for name, one in self.samples.items()
            },
        }


def figures_of(rollout: Rollout) -> list[str]:
    """The figures that a rollout asks of feedback."""
    asked: list[str] = []
    if rollout.canary is not None:
        asked = [guard.figure for guard in rollout.canary.guards if guard.figure not in COUNTED]
    elif rollout.experiment is not None:
        asked = [] if rollout.experiment.figure in COUNTED else [rollout.experiment.figure]
    elif rollout.bandit is not None:
        asked = [rollout.bandit.reward]
    return list(dict.fromkeys(asked))


def named(figure: str, arm: str) -> str:
    """The name under which is added up what feedback says of one figure of one arm."""
    return f"{figure}\0{arm}"


def samples_of(known: Knowledge, figures: Sequence[str], arm: str) -> dict[str, Sample]:
    """What feedback says of an arm, by figure.

    Args:
        known: What was added up, under the names that :func:`named` gives.
        figures: Which figures.
        arm: Of which arm.
    """
    found = {}
    for figure in figures:
        name = named(figure, arm)
        place = known.arms.index(name) if name in known.arms else -1
        found[figure] = sample_of(known, place) if place >= 0 else Sample()
    return found


def sample_of(known: Knowledge, place: int) -> Sample:
    """The values of one arm."""
    count, mean = float(known.count[place]), float(known.mean[place])
    return Sample(count, count * mean, float(known.squares[place]) + count * mean * mean)


def read_row(row: Sequence[float], arm: str, version: str, samples: Mapping[str, Sample]) -> ArmFigures:
    """What is known of one arm.

    Args:
        row: Of a tally, as :func:`mainspring.serving.rollout.tally.total` gives it.
        arm: Its name.
        version: The version that it stands for.
        samples: What feedback says.
    """
    return ArmFigures(
        arm,
        version,
        row[tally.REQUESTS],
        row[tally.ERRORS],
        row[tally.SECONDS],
        tuple(row[tally.TIMES : tally.UNDER_WAY]),
        dict(samples),
    )
