"""What a feature looked like in training, and in the last windows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mainspring.data import TableStatistics
from mainspring.data.comparison import compare
from mainspring.data.comparison.compared import FeatureComparison
from mainspring.data.profiling.paths import escaped
from mainspring.data.viewing.wording import counted, figure, moment, percent
from mainspring.monitoring.profiles import WindowProfile

MOST_FEATURES: Final = 24
_MOST_BINS: Final = 14
_NAMES: Final = {
    "jensen_shannon": "Jensen-Shannon divergence",
    "l_infinity": "largest difference of a share",
    "psi": "PSI",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """A value or a stretch of numbers: its shares on both sides, as words and in percent of the largest."""

    name: str
    before: str
    now: str
    before_wide: float
    now_wide: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A feature in training and in the last windows."""

    feature: str
    told: str
    bins: Sequence[Bin]
    left_out: int = 0


def distributions(
    reference: TableStatistics | None, latest: WindowProfile | None, features: Sequence[str]
) -> list[Distribution]:
    """How features are distributed in training and in the last windows, in the order asked for.

    Args:
        reference: Of training.
        latest: The last windows together.
        features: Names of features; those of which nothing is known are left out, and from the 25th on all.
    """
    if reference is None or latest is None:
        return []
    keys = [escaped(name) for name in features]
    known = [key for key in keys if key in reference.features and key in latest.statistics.features][
        :MOST_FEATURES
    ]
    if not known:
        return []
    one, other = _only(reference, known), _only(latest.statistics, known)
    found = compare(one, other, methods=("distances",), intervals=False)
    by_name = {each.name: each for each in found.features}
    return [_shown(by_name[name]) for name in known if name in by_name and by_name[name].masses]


def told_of(latest: WindowProfile) -> str:
    """Which windows the last ones are."""
    rows = counted(latest.rows, "row")
    return f"{counted(latest.windows, 'window')} from {moment(latest.since)} to {moment(latest.until)}, {rows}"


def _only(statistics: TableStatistics, names: Sequence[str]) -> TableStatistics:
    features = {name: statistics.features[name] for name in names}
    return TableStatistics(statistics.num_examples, features)


def _shown(one: FeatureComparison) -> Distribution:
    masses = one.masses[:_MOST_BINS]
    largest = max((max(each.one, each.other) for each in masses), default=0.0) or 1.0
    distance = one.distances[one.main]
    return Distribution(
        feature=one.name.replace("\\.", "."),
        told=f"{_NAMES.get(one.main, one.main.replace('_', ' '))} {distance.value:.3g}",
        bins=[
            Bin(
                name=named(each.name),
                before=share_in_words(each.one),
                now=share_in_words(each.other),
                before_wide=round(100 * each.one / largest, 1),
                now_wide=round(100 * each.other / largest, 1),
            )
            for each in masses
        ],
        left_out=len(one.masses) - len(masses),
    )


_INTERVAL: Final = re.compile(r"([\[(])(\S+), (\S+)([\])])")


def named(name: str) -> str:
    """A bin as people write it: an interval of numbers with its thousands parted.

    Example:
        >>> named("[5927, inf)"), named("red")
        ('[5,927, ∞)', 'red')
    """
    found = _INTERVAL.fullmatch(name)
    try:
        return f"{found[1]}{figure(float(found[2]))}, {figure(float(found[3]))}{found[4]}" if found else name
    except ValueError:
        return name


def share_in_words(share: float) -> str:
    """A share with its decimal, as those above and below it have theirs.

    Example:
        >>> share_in_words(0.98), share_in_words(0.0), share_in_words(0.0001)
        ('98.0 %', '0.0 %', '< 0.1 %')
    """
    return re.sub(r"^(\d+) %$", r"\1.0 %", percent(share))
