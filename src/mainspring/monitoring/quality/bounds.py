"""Holding figures against bounds: an alarm is a figure whose interval leaves its bound out, after correction."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Final, TypeAlias

from mainspring.core.errors import InputError
from mainspring.core.slices import Slice
from mainspring.core.verdicts import Reason
from mainspring.data.comparison import benjamini_hochberg
from mainspring.evaluation.metrics import Better, Measured, better
from mainspring.evaluation.metrics.directions import fact_of
from mainspring.monitoring.quality.measuring import standard_error
from mainspring.monitoring.seen import Figure

ALL_ROWS: Final = Slice()
LEVEL: Final = 0.025
"""How unlikely by chance an alarm must be, after correction: what a 95 % interval leaves out on one side."""

Key: TypeAlias = tuple[Slice, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a figure is held against.

    Attributes:
        least: It must not be below this.
        most: It must not be above this.
        error: The standard error of the bound itself, where it comes from a reference.
        sharp: Whether being past it is alarm enough, because it leaves room for chance itself.
        told: Where the bound comes from, in words.
    """

    least: float | None = None
    most: float | None = None
    error: float = 0.0
    sharp: bool = False
    told: str = "asked for"

    def tighter(self, other: Bound) -> Bound:
        """Both at once: each side is that of the tighter one, and what is told is of the side that moved."""
        least = _larger(self.least, other.least)
        most = None if (top := _larger(_minus(self.most), _minus(other.most))) is None else -top
        moved = (least, most) != (self.least, self.most)
        return Bound(
            least=least,
            most=most,
            error=other.error if moved else self.error,
            told=other.told if moved else self.told,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What people ask of figures; metrics by name.

    Attributes:
        at_least: Smallest values.
        at_most: Largest values.
        worse: How much worse than in the reference they may be, in their own units.
        tolerance: How much worse those may be of which nothing is said, as a share of the reference's figure.
        headlines: Which those are.
    """

    at_least: Mapping[str, float] = field(default_factory=dict)
    at_most: Mapping[str, float] = field(default_factory=dict)
    worse: Mapping[str, float] = field(default_factory=dict)
    tolerance: float = 0.05
    headlines: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """The metrics of which something is said."""
        return tuple(dict.fromkeys([*self.at_least, *self.at_most, *self.worse]))

    def bound(self, metric: str, reference: Measured | None) -> Bound | None:
        """What a metric is held against; ``None`` if it only is charted.

        Args:
            metric: Its name.
            reference: The figures of the reference, of the same slice; ``None`` if there are none.
        """
        found: list[Bound] = []
        if metric in self.at_least or metric in self.at_most:
            found.append(Bound(least=self.at_least.get(metric), most=self.at_most.get(metric)))
        before = math.nan if reference is None else reference.values.get(metric, math.nan)
        if reference is not None and math.isfinite(before):
            if metric in self.worse:
                found.append(_relative(metric, reference, self.worse[metric]))
            elif metric in self.headlines and not found:
                found.append(_relative(metric, reference, self.tolerance * abs(before)))
        return None if not found else found[0] if len(found) == 1 else found[0].tighter(found[1])


def check_wanted(metrics: Iterable[str], wanted: Wanted, *, where: str, level: float = LEVEL) -> None:
    """Refuse what cannot be meant.

    Args:
        metrics: Names of metrics.
        wanted: What is asked of them.
        where: The check, for the message.
        level: The level of alarms.

    Raises:
        InputError: With all that is wrong: metrics that nobody knows, declines below 0, a level that is no share.
    """
    problems = [
        f"there is no metric {name!r}"
        for name in dict.fromkeys([*metrics, *wanted.named])
        if fact_of(name) is None
    ]
    problems += [f"{name} may be worse by {value:g}" for name, value in wanted.worse.items() if not value >= 0]
    if not wanted.tolerance >= 0:
        problems.append(f"the tolerance is {wanted.tolerance}")
    if not 0 < level < 1:
        problems.append(f"the level is {level}")
    if problems:
        raise InputError(
            "; ".join(problems),
            expected="metrics such as accuracy or mae; declines and a tolerance from 0 on; a level such as 0.025",
            where=where,
        )


def judge_figures(
    found: Mapping[Slice, Measured], bounds: Mapping[Key, Bound], *, level: float = LEVEL
) -> tuple[list[Reason], dict[str, Figure]]:
    """Hold figures against their bounds.

    How likely a figure is as bad by chance follows from its interval. These p-values are corrected for how many
    figures were looked at (Benjamini and Hochberg, 1995), those of slices apart from those of all rows.

    Args:
        found: Slice to figures.
        bounds: Slice and metric to what they are held against; others are charted only.
        level: How unlikely by chance an alarm must be, after correction.

    Returns:
        A reason for each figure that has a bound, the worst first, and all figures by name.
    """
    keys = [key for key in bounds if key[0] in found and key[1] in found[key[0]].values]
    families = ([key for key in keys if key[0] == ALL_ROWS], [key for key in keys if key[0] != ALL_ROWS])
    adjusted: dict[Key, float] = {}
    for family in families:
        chances = [_chance(found[part], metric, bounds[part, metric]) for part, metric in family]
        adjusted |= dict(zip(family, benjamini_hochberg(chances), strict=True))
    reasons = [
        _reason(key, found[key[0]], bounds[key], adjusted[key], level)
        for key in sorted(keys, key=lambda key: (adjusted[key], key[0].values))
    ]
    figures = {
        figure_name(part, metric): _figure(measured, metric, bounds.get((part, metric)))
        for part, measured in found.items()
        for metric in measured.values
    }
    return reasons, figures


def figure_name(part: Slice, metric: str) -> str:
    """``accuracy``, or ``accuracy|sex=Female`` of a slice."""
    return metric if part == ALL_ROWS else f"{metric}|{part}"


def _relative(metric: str, reference: Measured, allowed: float) -> Bound:
    before = reference.values[metric]
    direction = better(metric)
    told = f"{allowed:.3g} worse than in the reference, {before:.4g}"
    below = direction in (Better.HIGHER, Better.NEITHER)
    above = direction in (Better.LOWER, Better.NEITHER)
    errors = [standard_error(reference, metric, above=side) for side in (True, False)]
    return Bound(
        least=before - allowed if below else None,
        most=before + allowed if above else None,
        error=max([one for one in errors if math.isfinite(one)], default=0.0),
        told=told,
    )


def _chance(measured: Measured, metric: str, bound: Bound) -> float:
    """How likely a figure as bad is by chance if the truth is at the bound; 1 where it is within."""
    value = measured.values[metric]
    chances = [1.0]
    for edge, sign in ((bound.least, 1.0), (bound.most, -1.0)):
        if edge is None or not sign * (edge - value) > 0:
            continue
        error = 0.0 if bound.sharp else standard_error(measured, metric, above=sign > 0)
        spread = math.hypot(0.0 if math.isnan(error) else error, bound.error)
        chances.append(NormalDist().cdf(-abs(edge - value) / spread) if spread > 0 else 0.0)
    return min(chances)


def _reason(key: Key, measured: Measured, bound: Bound, chance: float, level: float) -> Reason:
    part, metric = key
    value = measured.values[metric]
    subject = metric if part == ALL_ROWS else f"{metric} | {part}"
    whose = "" if part == ALL_ROWS else f" where {part}"
    if math.isnan(value):
        why = measured.reasons.get(metric, "it is not a number")
        return Reason(ok=True, code="NO_FIGURE", message=f"{metric}{whose} does not exist: {why}", subject=subject)
    low = bound.least is not None and value < bound.least
    high = bound.most is not None and value > bound.most
    edge = bound.least if low or bound.most is None else bound.most
    ends = measured.intervals.get(metric)
    sure = "" if ends is None else f" (95 %: {ends.low:.4g} to {ends.high:.4g})"
    ok = chance > level
    side = "below" if low else "above" if high else "within"
    held = f"{side} {edge:.4g}, {bound.told}" if edge is not None else "not held against anything"
    unsure = ", but chance may explain it" if ok and (low or high) else ""
    return Reason(
        ok=ok,
        code="QUALITY_OK" if ok else "QUALITY_LOW" if low else "QUALITY_HIGH",
        message=f"{metric}{whose} is {value:.4g}{sure} over {measured.count} rows: {held}{unsure}",
        subject=subject,
        observed=value,
        expected=edge,
    )


def _figure(measured: Measured, metric: str, bound: Bound | None) -> Figure:
    ends = measured.intervals.get(metric)
    return Figure(
        value=measured.values[metric],
        low=None if ends is None else ends.low,
        high=None if ends is None else ends.high,
        least=None if bound is None else bound.least,
        most=None if bound is None else bound.most,
    )


def _larger(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else max(one, other)


def _minus(value: float | None) -> float | None:
    return None if value is None else -value
