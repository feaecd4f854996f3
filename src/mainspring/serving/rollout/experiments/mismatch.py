"""Whether arms got as many callers as they should: if not, something is wrong with the test, and it says nothing.

Fabijan and others, "Diagnosing sample ratio mismatch in online controlled experiments" (KDD 2019).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mainspring.core.errors import InputError
from mainspring.serving.rollout.experiments.martingales import counts_bet

LEVEL: Final = 0.001
"""The p-value below which it is no accident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """How the counts of arms fit to their weights.

    Attributes:
        counts: How many each arm got.
        expected: How many it should have got.
        chi_square: Pearson's statistic,
        p_value: and its p-value, for who looks once.
        always: The p-value for who looks again and again (Lindon and Malek, 2022).
    """

    counts: Mapping[str, float]
    expected: Mapping[str, float]
    chi_square: float
    p_value: float
    always: float

    @property
    def found(self) -> bool:
        """Whether the arms do not fit to their weights."""
        return self.always < LEVEL

    def as_dict(self) -> Mapping[str, Any]:
        """Plain values, for JSON."""
        return {
            "counts": dict(self.counts),
            "expected": dict(self.expected),
            "chi_square": self.chi_square,
            "p_value": self.p_value,
            "always": self.always,
            "found": self.found,
        }


def mismatch(counts: Mapping[str, float], weights: Mapping[str, float]) -> Mismatch:
    """Compare how many each arm got with its weight.

    Args:
        counts: By arm: of callers, if arms are dealt by caller.
        weights: By arm; arms of weight 0 should get none.

    Raises:
        InputError: If something was dealt to an arm that has no weight.
    """
    dealt = {arm: weight for arm, weight in weights.items() if weight > 0.0}
    strange = [arm for arm, count in counts.items() if count and arm not in dealt]
    if strange:
        raise InputError(f"{', '.join(strange)} got some, without a weight", expected=", ".join(dealt))
    total, weight = sum(counts.values()), sum(dealt.values())
    expected = {arm: total * each / weight for arm, each in dealt.items()}
    seen = [counts.get(arm, 0.0) for arm in dealt]
    square = sum((count - due) ** 2 / due for count, due in zip(seen, expected.values(), strict=True) if due)
    bet = counts_bet(seen, [each / weight for each in dealt.values()]) if total else 0.0
    return Mismatch(
        counts=dict(zip(dealt, seen, strict=True)),
        expected=expected,
        chi_square=square,
        p_value=chi_square_tail(square, len(dealt) - 1),
        always=min(1.0, math.exp(-max(0.0, bet))),
    )


def chi_square_tail(value: float, freedom: int) -> float:
    """The probability that a chi-square variable is larger (Abramowitz and Stegun, 26.4.4 and 26.4.5)."""
    if value <= 0.0 or freedom < 1:
        return 1.0
    half, odd = value / 2.0, freedom % 2
    tail = math.erfc(math.sqrt(half)) if odd else 0.0
    for step in range((freedom + 1) // 2 - odd):
        power = step + odd / 2.0
        tail += math.exp(power * math.log(half) - half - math.lgamma(power + 1.0))
    return tail
