"""What an A/B test says, whenever it is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from mainspring.core.errors import InputError
from mainspring.serving.rollout.experiments.comparing import compare_means, compare_shares
from mainspring.serving.rollout.experiments.mismatch import Mismatch, mismatch
from mainspring.serving.rollout.experiments.planning import plan_means, plan_shares
from mainspring.serving.rollout.experiments.sample import Comparison, Summed, mean_of, variance_of

Kind: TypeAlias = Literal["share", "mean"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readout:
    """What an A/B test says so far.

    Attributes:
        primary: The arm that others are compared with.
        comparisons: Each other arm, compared with it; the intervals of all arms hold together.
        mismatch: How the counts of arms fit to their weights.
        best: The arm that is surely better than the first, the best of them if several are; empty if none is.
        needed: How many more values of each arm it takes to find an effect of the size that matters; ``None`` if
            no size was told, or too little is known. An estimate: it is made from the variance seen so far.
    """

    primary: str
    comparisons: Mapping[str, Comparison]
    mismatch: Mismatch
    best: str
    needed: Mapping[str, int] | None

    @property
    def sound(self) -> bool:
        """Whether arms got as many as they should: otherwise nothing is to be concluded."""
        return not self.mismatch.found

    def as_dict(self) -> Mapping[str, Any]:
        """Plain values, for JSON."""
        return {
            "primary": self.primary,
            "comparisons": {arm: one.as_dict() for arm, one in self.comparisons.items()},
            "mismatch": self.mismatch.as_dict(),
            "sound": self.sound,
            "best": self.best,
            "needed": None if self.needed is None else dict(self.needed),
        }


def read(
    arms: Mapping[str, Summed],
    weights: Mapping[str, float],
    *,
    kind: Kind = "mean",
    confidence: float = 0.95,
    effect: float | None = None,
    less_is_better: bool = False,
    dealt: Mapping[str, float] | None = None,
) -> Readout:
    """Read an A/B test. It may be read as often as one likes, and ended whenever it says enough: that a difference
    is found at any time where there is none has a probability of ``1 - confidence``, for all arms together.

    Args:
        arms: The values of each arm; the first is the one that others are compared with. If arms are dealt by
            caller, see :func:`mainspring.serving.rollout.experiments.per_key`.
        weights: How often each is dealt.
        kind: ``share`` for values that are 0 or 1, which is exact; ``mean`` for any.
        confidence: Of all intervals together.
        effect: The smallest difference that matters, in the unit of the values.
        less_is_better: Whether small values are good.
        dealt: How many callers or requests each arm got; by default as many as it has values.
    """
    if len(arms) < 2:
        raise InputError(f"the test has {len(arms)} arm", expected="two or more")
    primary, *others = arms
    each = 1.0 - (1.0 - confidence) / len(others)
    comparisons = {arm: _compared(arms[primary], arms[arm], kind, each) for arm in others}
    sign = -1.0 if less_is_better else 1.0
    better = {
        arm: sign * one.difference
        for arm, one in comparisons.items()
        if one.significant and sign * one.difference > 0.0
    }
    counts = dealt if dealt is not None else {arm: values.count for arm, values in arms.items()}
    return Readout(
        primary=primary,
        comparisons=comparisons,
        mismatch=mismatch(counts, weights),
        best=max(better, key=better.__getitem__) if better else "",
        needed=None if not effect else _needed(arms, weights, kind, confidence, effect),
    )


def _compared(primary: Summed, candidate: Summed, kind: Kind, confidence: float) -> Comparison:
    if kind == "mean":
        return compare_means(primary, candidate, confidence=confidence)
    return compare_shares((primary.sum, primary.count), (candidate.sum, candidate.count), confidence=confidence)


def _needed(
    arms: Mapping[str, Summed], weights: Mapping[str, float], kind: Kind, confidence: float, effect: float
) -> Mapping[str, int] | None:
    dealt = {arm: weights.get(arm, 0.0) for arm in arms}
    first = next(iter(arms.values()))
    if min(dealt.values()) <= 0.0 or first.count < 2:
        return None
    shares = tuple(dealt.values())
    mean = mean_of(first)
    if kind == "share" and 0.0 < mean < 1.0 and 0.0 < mean + effect < 1.0:
        plan = plan_shares(mean, effect, weights=shares, confidence=confidence)
    else:
        variance = max(variance_of(values) for values in arms.values())
        if not variance > 0.0:
            return None
        plan = plan_means(math.sqrt(variance), effect, weights=shares, confidence=confidence)
    return {
        arm: max(0, size - int(values.count)) for (arm, values), size in zip(arms.items(), plan.sizes, strict=True)
    }
