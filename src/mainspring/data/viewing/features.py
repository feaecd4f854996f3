"""One feature as compact data for the script of the page: short keys, few digits, no sketches."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
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
WORD: Final = 120
_FEW_NUMBERS: Final = 10
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


def vocabulary(parts: Sequence[FeatureStatistics], *, most: int) -> list[Any]:
    """The values whose rows the page shows: the most frequent of every data set, those of the largest share first.

    Numbers are among them only where all were counted, and some come more than once.
    """
    shares: dict[Any, float] = {}
    for part in parts:
        counts, total = _counts(part)
        least = 1 if part.words is None else 0
        for value, count in itertools.islice(counts.items(), most if part.words is not None else _FEW_NUMBERS):
            if count > least:
                shares[value] = max(shares.get(value, 0.0), count / total)
    return sorted(shares, key=lambda value: -shares[value])[:most]


def compact(feature: FeatureStatistics, *, points: int, words: Sequence[Any]) -> dict[str, Any]:
    """What the page draws of one feature in one data set.

    Args:
        points: About how many points a distribution may have.
        words: The values whose rows are counted.
    """
    found: dict[str, Any] = {
        "c": feature.num_non_missing,
        "m": feature.num_missing,
        "u": feature.unique,
        "nu": round(_unevenness(feature), 4),
    }
    numbers = feature.numbers or feature.times
    if numbers is not None:
        found |= _numbers(numbers, points, whole=feature.times is not None)
    if feature.words is not None and feature.times is None:
        found |= _words(feature.words)
    if words:
        counts, total = _counts(feature)
        whole = feature.words is None or feature.words.frequencies.complete
        if total:
            found |= {"tn": [counts.get(word, 0 if whole else None) for word in words], "tt": total}
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


def _numbers(numbers: Numbers, points: int, *, whole: bool) -> dict[str, Any]:
    """Of numbers, or of times, which are told to the second."""
    drawn = curve(numbers, points=points)
    told = _seconds if whole else _digits
    found: dict[str, Any] = {
        "n": numbers.count,
        "mean": told(numbers.mean),
        "sd": told(numbers.std_dev),
        "z": numbers.zeros,
        "min": numbers.min,
        "med": told(numbers.median),
        "max": numbers.max,
        "x": plain(drawn.values),
        "y": plain(drawn.rows),
    }
    if drawn.discrete:
        found["d"] = 1
    if numbers.count:
        found["q"] = [told(numbers.quantiles.at(share)) for share in _SHARES]
        found["dc"] = [told(edge) for edge in numbers.deciles()]
    if numbers.num_nan:
        found["nan"] = numbers.num_nan
    if numbers.num_inf:
        found["inf"] = numbers.num_inf
    return found


def _words(words: Words) -> dict[str, Any]:
    found: dict[str, Any] = {"al": _digits(words.avg_length)}
    for word, count in words.frequencies.top(1):
        found |= {"tp": shortened(word, WORD), "tc": count, "tt": words.frequencies.total}
    return found


def _counts(feature: FeatureStatistics) -> tuple[Mapping[Any, float], float]:
    """Rows by value, the most frequent first, and rows with a value; empty where they were not counted."""
    if feature.words is not None and feature.times is None:
        return feature.words.frequencies.counts, feature.words.frequencies.total
    if feature.numbers is not None and feature.words is None and feature.numbers.quantiles.exact:
        top = top_values(feature, len(feature.numbers.quantiles.values))
        return dict(top), feature.numbers.count
    return {}, 0


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


def _seconds(value: float | None) -> int | None:
    return None if value is None or not math.isfinite(value) else round(value)


def _digits(value: float | None) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return value if isinstance(value, int) else float(f"{value:.7g}")
