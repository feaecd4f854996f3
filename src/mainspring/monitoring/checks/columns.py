"""Columns of a window held against a reference: past a limit, and more than chance over weeks of windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.data.comparison import METRICS, distances
from mainspring.data.comparison.sides import TIMED
from mainspring.data.statistics import FeatureStatistics
from mainspring.monitoring.correction import Counts, Tested, assess
from mainspring.monitoring.detectors.binned import Bins, bins_of_reference
from mainspring.monitoring.seen import Figure

Limits = Mapping[str, float]
Floats = npt.NDArray[np.float64]

_BINNED: Final = frozenset({"jensen_shannon", "psi", "hellinger", "total_variation", "l_infinity", "missing"})
"""Distances that the bins tell, without another look at the statistics."""
_ORDERED: Final = frozenset({"l_infinity", "jensen_shannon"})
"""Limits for all columns that are not for points in time."""
_LEAST: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the window beside that of the reference.

    Attributes:
        reference: What the reference holds.
        window: What the window holds.
        limits: How far it may move, by the name of the distance; none if it is measured only.
    """

    reference: FeatureStatistics
    window: FeatureStatistics
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was found of a column.

    Attributes:
        metric: The distance that was held against a limit.
        value: It.
        limit: The limit; ``None`` if there is none.
        at: The word or bin that differs most.
        windows: How many windows were taken together.
        adjusted_p: How likely it is by chance alone, corrected for all that was tested.
        drifted: Whether it is past the limit, also without what chance adds, and more than chance.
        figure: To be charted: the usual distance of the column, in this window alone.
    """

    metric: str
    value: float
    limit: float | None
    at: str | None
    windows: int
    adjusted_p: float
    drifted: bool
    figure: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgements:
    """What was found of all columns.

    Attributes:
        columns: By name.
        changed: Columns that hold numbers on one side and words on the other.
        few: Columns with too few rows.
        tables: What was counted, to be remembered.
        bins: In which bins.
    """

    columns: Mapping[str, Judgement]
    changed: Sequence[str]
    few: Sequence[str]
    tables: Mapping[str, Counts]
    bins: Mapping[str, Bins]

    @property
    def p_value(self) -> float:
        """That of the clearest column that drifted; 1 if none did."""
        return min((one.adjusted_p for one in self.columns.values() if one.drifted), default=1.0)

    @property
    def alone(self) -> frozenset[str]:
        """The columns that drifted in this window by itself."""
        return frozenset(name for name, one in self.columns.items() if one.drifted and one.windows == 1)


def check_limits(limits: Mapping[str, Limits]) -> None:
    """Refuse limits of distances that there are not, and such as are no numbers.

    Raises:
        InputError: With all that is wrong.
    """
    wrong = [
        f"{metric!r} of {name!r} is {limit!r}"
        for name, own in limits.items()
        for metric, limit in own.items()
        if metric not in METRICS or not _is_limit(limit)
    ]
    if wrong:
        raise InputError(
            "limits: " + ", ".join(wrong), expected="a number from 0 on, for one of " + ", ".join(METRICS)
        )


def check_windows(together: Sequence[int], least_rows: int) -> None:
    """Refuse numbers of windows and rows that make no sense.

    Raises:
        InputError: If one is below 1, or windows alone are not looked at.
    """
    if 1 not in together or min(together) < 1 or least_rows < 1:
        raise InputError(
            f"together is {list(together)}, least_rows is {least_rows}",
            expected="numbers of windows, 1 among them, such as [1, 6, 24], and at least 1 row",
        )


def _is_limit(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def limits_of(feature: FeatureStatistics, usual: Limits, own: Limits | None) -> Limits:
    """The limits of a column: its own ones, or those of all that are for its kind.

    Of those of all, ``l_infinity`` is for words and ``jensen_shannon`` for numbers, and for words only where there
    is no ``l_infinity``. Points in time move on by themselves.
    """
    if own is not None:
        return own
    left_out = _ORDERED if feature.type in TIMED else frozenset[str]()
    if feature.words is not None and "l_infinity" in usual:
        left_out |= {"jensen_shannon"}
    return {metric: limit for metric, limit in usual.items() if metric not in left_out}


def judge_columns(
    columns: Mapping[str, Column],
    before: Sequence[Mapping[str, Sequence[float]]],
    *,
    together: Sequence[int],
    least_rows: int,
    level: float,
) -> Judgements:
    """Judge columns; see :func:`mainspring.monitoring.correction.assess` for the arguments.

    Args:
        columns: By name.
        before: Counts of the windows before.
        together: How many windows to take together.
        least_rows: With fewer rows nothing is said.
        level: With which probability there may be any drift by chance alone.
    """
    bins, tables, changed = {}, {}, []
    for name, one in columns.items():
        moves = one.reference.type in TIMED and not set(one.limits) - {"missing"}
        bins[name] = bins_of_reference(one.reference, presence=moves)
        counts = bins[name].count(one.window)
        if counts is None:
            changed.append(name)
        else:
            tables[name] = Counts(reference=bins[name].counts, window=counts, ordered=bins[name].ordered)
    tests = assess(tables, before, together=together, least_rows=least_rows)
    found = {
        name: _judged(columns[name], bins[name], tables[name].window, done, level)
        for name, done in tests.items()
        if done
    }
    return Judgements(
        columns=found,
        changed=tuple(changed),
        few=tuple(name for name, done in tests.items() if not done),
        tables=tables,
        bins=bins,
    )


def _judged(column: Column, bins: Bins, counts: Floats, tests: Sequence[Tested], level: float) -> Judgement:
    alone = _alone(column, bins, counts)
    metric, limit = _usual(column, alone)
    own = alone.get(metric, (0.0, 0.0))[0]
    quiet = Judgement(
        metric=metric,
        value=own,
        limit=limit,
        at=_furthest(bins, counts),
        windows=1,
        adjusted_p=min(one.adjusted_p for one in tests),
        drifted=False,
        figure=Figure(value=own, most=limit),
    )
    for one in sorted(tests, key=lambda one: one.windows):
        if one.adjusted_p <= level:
            there = alone if one.windows == 1 else bins.distances(one.counts)
            past = _past(there, column.limits)
            if past is not None:
                return replace(
                    quiet,
                    metric=past,
                    value=there[past][0],
                    limit=column.limits[past],
                    at=_furthest(bins, one.counts),
                    windows=one.windows,
                    adjusted_p=one.adjusted_p,
                    drifted=True,
                )
    return quiet


def _alone(column: Column, bins: Bins, counts: Floats) -> dict[str, tuple[float, float]]:
    """Each distance of a window, and the same without what chance adds.

    Those that have a limit and that bins do not tell, or not exactly, are taken of the statistics.
    """
    found = bins.distances(counts)
    others = column.limits.keys() - _BINNED
    if others or (bins.presence and column.reference.type in TIMED):
        apart = distances(column.reference, column.window, judged=column.limits)
        for metric in others | {"kolmogorov_smirnov"}:
            value = None if apart is None else apart.value(metric)
            if apart is not None and value is not None:
                found[metric] = value, apart.corrected(metric) or 0.0
    return found


def _usual(column: Column, found: Mapping[str, tuple[float, float]]) -> tuple[str, float | None]:
    """The distance to show of a column, with its limit."""
    limited = [metric for metric in sorted(column.limits, key=METRICS.index) if metric in found]
    for metric in limited:
        if metric != "missing":
            return metric, column.limits[metric]
    if column.reference.type in TIMED:
        return "kolmogorov_smirnov", None
    if limited:
        return limited[0], column.limits[limited[0]]
    return ("l_infinity" if "l_infinity" in found else "jensen_shannon"), None


def _past(found: Mapping[str, tuple[float, float]], limits: Limits) -> str | None:
    """The distance that is furthest past its limit, also without what chance adds."""
    past = {
        metric: found[metric][1] / max(limit, _LEAST)
        for metric, limit in limits.items()
        if metric in found and found[metric][1] > limit
    }
    return max(past, key=lambda metric: past[metric], default=None)


def _furthest(bins: Bins, counts: Floats) -> str:
    gaps = np.abs(counts / max(counts.sum(), 1.0) - bins.counts / max(bins.counts.sum(), 1.0))
    return bins.names[int(gaps.argmax())]
