"""Whether a candidate is good enough, as far as is known: what a canary is moved by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, TypeAlias

from mainspring.core.verdicts import Reason
from mainspring.serving.rollout.experiments.comparing import compare_means, compare_quantiles, compare_shares
from mainspring.serving.rollout.experiments.sample import Comparison, Summed
from mainspring.serving.rollout.options import Guard

Answer: TypeAlias = Literal["good", "bad", "unknown"]

SHARES: Final = ("error_rate", "accuracy")
"""Figures that are shares: how much worse they may be is said in points."""

_LESS_IS_BETTER: Final = ("error_rate", "error")
_LATENCY: Final = "latency_p"


class Seen(Protocol):
    """What was seen of an arm."""

    @property
    def requests(self) -> float:
        """How many requests it was sent."""
        ...

    @property
    def errors(self) -> float:
        """How many of them failed."""
        ...

    @property
    def times(self) -> Sequence[float]:
        """How many took how long, by bucket."""
        ...

    @property
    def samples(self) -> Mapping[str, Summed]:
        """What feedback says, by figure."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one guard says.

    Attributes:
        figure: What was compared.
        answer: ``good``: the candidate is not worse by more than it may be; ``bad``: it is; ``unknown``: it takes
            more values to say.
        worse: By how much it may be worse.
        lower: It is worse by no less,
        upper: and by no more, with the confidence asked for; negative if it is better. In points for shares, and
            relative to the primary for others.
        comparison: The figures of both.
    """

    figure: str
    answer: Answer
    worse: float
    lower: float
    upper: float
    comparison: Comparison

    def as_dict(self) -> Mapping[str, Any]:
        """Plain values, for JSON: ``None`` for what is not known yet."""
        bounds = {"lower": self.lower, "upper": self.upper}
        return {
            "figure": self.figure,
            "answer": self.answer,
            "worse": self.worse,
            **{name: value if abs(value) < float("inf") else None for name, value in bounds.items()},
            "comparison": self.comparison.as_dict(),
        }

    def reason(self) -> Reason:
        """The judgement as a reason of a verdict: ok unless the candidate is bad."""
        one = self.comparison
        unit = "points" if self.figure in SHARES else "relative"
        message = (
            f"{self.figure} is {one.candidate:.6g} against {one.primary:.6g}: worse by {self.lower:.3g} to "
            f"{self.upper:.3g} ({unit}) with confidence {one.confidence:g}, and may be by {self.worse:g}; "
            f"{one.counts[1]} and {one.counts[0]} values"
        )
        code = {"good": "NO_WORSE", "bad": "WORSE", "unknown": "NOT_KNOWN_YET"}[self.answer]
        return Reason(
            ok=self.answer != "bad",
            code=code,
            message=message,
            subject=self.figure,
            observed=None if one.candidate != one.candidate else one.candidate,
            expected=self.worse,
        )


def judge(
    guard: Guard, primary: Seen, candidate: Seen, confidence: float, *, edges: Sequence[float] = ()
) -> Judgement:
    """What a guard says of a candidate. However often it is asked, a candidate that is no worse than it may be is
    called bad, or one that is worse called good, with a probability of at most ``1 - confidence``.

    Args:
        guard: The guard.
        primary: What was seen of the arm that it would replace, in the same time.
        candidate: What was seen of the candidate.
        confidence: How sure the judgement must be.
        edges: Where the buckets of times begin and end, in seconds: one more than there are.

    Raises:
        InputError: If a quantile is asked for that is none.
    """
    figure = guard.figure
    less = figure in _LESS_IS_BETTER or figure.startswith(_LATENCY)
    if figure == "error_rate":
        found = compare_shares(
            (primary.errors, primary.requests), (candidate.errors, candidate.requests), confidence=confidence
        )
    elif figure.startswith(_LATENCY):
        found = compare_quantiles(
            primary.times, candidate.times, _quantile(figure), edges=edges, confidence=confidence
        )
    elif figure in SHARES:
        old, new = (each.samples.get(figure) for each in (primary, candidate))
        found = compare_shares(_hits(old), _hits(new), confidence=confidence)
    else:
        return _means(guard, primary.samples.get(figure), candidate.samples.get(figure), confidence, less=less)
    bounds = (found.lower, found.upper) if less else (-found.upper, -found.lower)
    return _answered(guard, found, bounds)


def judge_all(
    guards: Sequence[Guard], primary: Seen, candidate: Seen, confidence: float, *, edges: Sequence[float] = ()
) -> list[Judgement]:
    """What each of several guards says: none of them is wrong with the confidence asked for.

    Args:
        guards: The guards: each gets an equal part of the probability to be wrong (Bonferroni).
        primary: See :func:`judge`.
        candidate: Likewise.
        confidence: How sure all judgements together must be.
        edges: See :func:`judge`.
    """
    each = 1.0 - (1.0 - confidence) / max(1, len(guards))
    return [judge(guard, primary, candidate, each, edges=edges) for guard in guards]


def _means(
    guard: Guard, primary: Summed | None, candidate: Summed | None, confidence: float, *, less: bool
) -> Judgement:
    """How much worse a mean is, relative to the primary's: from comparisons with multiples of it."""
    found = compare_means(primary or _NONE, candidate or _NONE, confidence=confidence)
    size = abs(found.primary)
    if not size > 0.0:
        # Relative to nothing, any difference is too much; nothing is known where there are no values.
        bounds = (found.lower, found.upper) if less else (-found.upper, -found.lower)
        return _answered(guard, found, bounds)
    sign = 1.0 if found.primary > 0.0 else -1.0
    direction = 1.0 if less else -1.0
    # At the bound that decides, the primary's own uncertainty counts too: compare with what it may come to.
    times = 1.0 + direction * sign * guard.worse
    shifted = compare_means(primary or _NONE, candidate or _NONE, confidence=confidence, times=times)
    low, high = (shifted.lower, shifted.upper) if less else (-shifted.upper, -shifted.lower)
    return _answered(guard, found, (low / size + guard.worse, high / size + guard.worse))


def _answered(guard: Guard, found: Comparison, bounds: tuple[float, float]) -> Judgement:
    lower, upper = bounds
    answer: Answer = "unknown"
    if min(found.counts) >= guard.least:
        if upper <= guard.worse:
            answer = "good"
        elif lower > guard.worse:
            answer = "bad"
    return Judgement(
        figure=guard.figure, answer=answer, worse=guard.worse, lower=lower, upper=upper, comparison=found
    )


def _hits(values: Summed | None) -> tuple[float, float]:
    return (0.0, 0.0) if values is None else (min(max(values.sum, 0.0), values.count), values.count)


def _quantile(figure: str) -> float:
    return float(f"0.{figure.removeprefix(_LATENCY)}")


@dataclass(frozen=True, slots=True)
class _Nothing:
    count: float = 0.0
    sum: float = 0.0
    squares: float = 0.0


_NONE = _Nothing()
