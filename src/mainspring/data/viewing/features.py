"""One feature as compact data for the script of the page: short keys, few digits, no sketches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from mainspring.data.celltypes import ColumnType
from mainspring.data.viewing.curves import curve, non_uniformity
from mainspring.data.viewing.forms import plain, top_values
from mainspring.data.viewing.themes import span, theme_lines
from mainspring.data.viewing.wording import figure, percent, shortened

if TYPE_CHECKING:
    from mainspring.data.statistics import FeatureStatistics, Numbers, Words

KINDS: Final = ("numeric", "categorical", "text", "time", "list", "other")
_LONG, _VARIED = 20.0, 0.5
_SHARES: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
_WORD: Final = 120
_FEW: Final = 12


def kind_of(feature: FeatureStatistics) -> str:
    """The group that a feature is shown in: one of ``KINDS``."""
    if feature.levels:
        return "list"
    if feature.type in {ColumnType.DATE, ColumnType.TIMESTAMP}:
        return "time"
    if feature.numbers is not None:
        return "numeric"
    words = feature.words
    if words is None or feature.type not in {ColumnType.STRING, ColumnType.BOOL}:
        return "other"
    total = words.frequencies.total
    free = total > 50 and words.unique > _VARIED * total and words.avg_length >= _LONG
    return "text" if feature.text is not None or free else "categorical"


def type_words(feature: FeatureStatistics) -> str:
    """The type in words, with its lists."""
    return "list of " * len(feature.levels) + str(feature.type.value).lower()


def compact(feature: FeatureStatistics, *, points: int, words: int) -> dict[str, Any]:
    """What the page draws of one feature in one data set.

    Args:
        points: About how many points a distribution may have.
        words: How many of the most frequent values to keep.
    """
    found: dict[str, Any] = {
        "c": feature.num_non_missing,
        "m": feature.num_missing,
        "u": feature.unique,
        "nu": round(_unevenness(feature), 4),
    }
    numbers = feature.numbers or feature.times
    if numbers is not None:
        found |= _numbers(numbers, points)
    if feature.words is not None and feature.times is None:
        found |= _words(feature.words, words)
    elif feature.numbers is not None:
        top = [pair for pair in top_values(feature, min(words, 10)) if pair[1] > 1]
        found |= {"tv": [value for value, _ in top], "tn": [count for _, count in top], "tt": feature.num_values}
    if feature.levels:
        last = feature.levels[-1]
        found["lv"] = [
            sum(level.num_empty for level in feature.levels),
            last.min_values,
            last.avg_values,
            last.max_values,
        ]
    more = _more(feature)
    if more:
        found["f"] = more
    return found


def _unevenness(feature: FeatureStatistics) -> float:
    if feature.words is not None and feature.times is None:
        return non_uniformity([count for _, count in feature.words.frequencies.top(50)])
    numbers = feature.numbers or feature.times
    return non_uniformity(numbers.histogram.counts) if numbers is not None else 0.0


def _numbers(numbers: Numbers, points: int) -> dict[str, Any]:
    drawn = curve(numbers, points=points)
    found: dict[str, Any] = {
        "n": numbers.count,
        "mean": _digits(numbers.mean),
        "sd": _digits(numbers.std_dev),
        "z": numbers.zeros,
        "min": numbers.min,
        "med": _digits(numbers.median),
        "max": numbers.max,
        "x": plain(drawn.values),
        "y": plain(drawn.rows),
    }
    if drawn.discrete:
        found["d"] = 1
    if numbers.count:
        found["q"] = [_digits(numbers.quantiles.at(share)) for share in _SHARES]
        found["dc"] = [_digits(edge) for edge in numbers.deciles()]
    if numbers.num_nan:
        found["nan"] = numbers.num_nan
    if numbers.num_inf:
        found["inf"] = numbers.num_inf
    return found


def _words(words: Words, most: int) -> dict[str, Any]:
    top = words.frequencies.top(most)
    return {
        "tv": [shortened(word, _WORD) for word, _ in top],
        "tn": [count for _, count in top],
        "tt": words.frequencies.total,
        "al": _digits(words.avg_length),
    }


def _more(feature: FeatureStatistics) -> list[tuple[str, str]]:
    """Figures that only the open row shows."""
    found: list[tuple[str, str]] = []
    words = feature.words
    if words is not None and feature.times is None:
        if words.min_length is not None:
            found.append(("length", f"{figure(words.min_length)} to {figure(words.max_length)} characters"))
        found += [("empty texts", figure(words.num_empty))] * bool(words.num_empty)
        found += [("invalid UTF-8", figure(words.num_invalid_utf8))] * bool(words.num_invalid_utf8)
        found += [("texts that are numbers", figure(words.num_numbers))] * bool(words.num_numbers)
        for offender in words.offenders[:3]:
            found.append(("no number", f"{shortened(offender.value, 40)!r} from row {offender.row:,} on"))
    if feature.sizes is not None and feature.sizes.count:
        found.append(("bytes", span(feature.sizes.min, feature.sizes.max, feature.sizes.avg)))
    for place, level in enumerate(feature.levels, 1):
        depth = f"lists, level {place}" if len(feature.levels) > 1 else "lists"
        told = f"{figure(level.num_lists)}, {figure(level.num_empty)} empty, {figure(level.num_missing)} missing"
        found += [(depth, told), ("values per list", span(level.min_values, level.max_values, level.avg_values))]
    return found + theme_lines(feature)


def share_of(part: float, whole: float) -> str:
    """A share in words; nothing of nothing is nothing."""
    return percent(part / whole) if whole else percent(0.0)


def bars(feature: FeatureStatistics, *, most: int = 10) -> Sequence[float]:
    """The heights of a small picture: the histogram of numbers, or the most frequent words.

    A few whole numbers, such as months, have a bar each.
    """
    numbers = feature.numbers or feature.times
    if numbers is not None and numbers.quantiles.exact and 1 < numbers.unique <= _FEW:
        points = dict(zip(numbers.quantiles.values, numbers.quantiles.weights, strict=True))
        low, high = min(points), max(points)
        if numbers.whole == numbers.count and high - low <= _FEW:
            return [points.get(value, 0) for value in range(int(low), int(high) + 1)]
    if numbers is not None:
        return numbers.histogram.counts
    return [count for _, count in feature.words.frequencies.top(most)] if feature.words is not None else ()


def _digits(value: float | None) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return value if isinstance(value, int) else float(f"{value:.7g}")
