"""What may have happened to a column between two sets of rows: another unit, a default, a dropped source.

A distance says how far; these detectors say in what way, where the way is a familiar one. They work on statistics
alone and say how sure they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainspring.data.comparison.apart import moved_share
from mainspring.data.comparison.ordered import Line, Points, kolmogorov_smirnov, kolmogorov_smirnov_p
from mainspring.data.comparison.sides import TIMED, comparable, points, side_of
from mainspring.data.comparison.significance import two_shares

if TYPE_CHECKING:
    from mainspring.data.statistics import FeatureStatistics, TableStatistics

FACTORS: Final[Mapping[str, float]] = {
    "seconds to hours": 1 / 3600,
    "grams to kilograms, metres to kilometres, milli to whole": 1e-3,
    "percent to fractions, cents to whole, centimetres to metres": 1e-2,
    "seconds to minutes, minutes to hours": 1 / 60,
    "centimetres to inches": 1 / 2.54,
    "pounds to kilograms": 0.45359237,
    "kilometres to miles": 1 / 1.609344,
    "feet to metres": 0.3048,
    "litres to gallons": 1 / 3.785411784,
    "the sign turned": -1.0,
    "metres to feet": 1 / 0.3048,
    "miles to kilometres": 1.609344,
    "kilograms to pounds": 1 / 0.45359237,
    "inches to centimetres": 2.54,
    "gallons to litres": 3.785411784,
    "minutes to seconds, hours to minutes": 60.0,
    "fractions to percent, whole to cents, metres to centimetres": 100.0,
    "kilograms to grams, kilometres to metres, whole to milli": 1000.0,
    "hours to seconds": 3600.0,
    "whole to micro": 1e6,
    "micro to whole": 1e-6,
    "whole to nano": 1e9,
    "nano to whole": 1e-9,
}
"""Factors between units that get mixed up."""
_MOVED: Final = 0.15
_ALIKE: Final = 0.08
_NEAR: Final = 0.04
_FAR: Final = 0.15
_SHARES: Final = (0.1, 0.25, 0.5, 0.75, 0.9)
_LIKELY: Final = 0.05
_MOST_COLUMNS: Final = 200
_CHANCE: Final = 1e-4
"""Nothing is said of shares that differ by chance more often than this."""
_SURELY: Final = 1e-6
"""No other unit is looked for where numbers differ by chance more often than this."""
_NEW: Final = 0.05
_NEW_WORD: Final = 0.02
_MOST_WORDS: Final = 200
_MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A familiar change of one column, or two.

    Attributes:
        kind: ``unit``, ``offset``, ``swapped``, ``renamed``, ``dropped``, ``new``, ``emptied``, ``sparser``,
            ``holes``, ``constant``, ``filled``, ``type``, ``letters``, ``words`` (new ones), ``vanished``,
            ``rounded`` or ``later``.
        columns: The columns it is about.
        message: One sentence for people.
        confidence: From 0 to 1: how much of the difference it explains.
        factor: What numbers were multiplied by, for ``unit``.
        offset: What was added afterwards, for ``offset``.
    """

    kind: str
    columns: tuple[str, ...]
    message: str
    confidence: float
    factor: float | None = None
    offset: float | None = None

    def __str__(self) -> str:
        return self.message


def explain_change(one: FeatureStatistics, other: FeatureStatistics) -> tuple[Change, ...]:
    """What familiar changes one column went through, the surest first; none for most columns.

    Example:
        >>> from mainspring.data import Table, summarize
        >>> metres = Table.from_columns({"height": [1.5 + place / 200 for place in range(100)]})
        >>> feet = metres.sql("SELECT height / 0.3048 AS height FROM this")
        >>> sides = (summarize(table).split("train").feature("height") for table in (metres, feet))
        >>> found = explain_change(*sides)[0]
        >>> found.kind, round(found.factor, 4)
        ('unit', 3.2808)
    """
    if not one.num_examples or not other.num_examples:
        return ()
    found = [*_missing(one, other), *_single(one, other), *_types(one, other), *_later(one, other)]
    if one.numbers is not None and other.numbers is not None and one.type not in TIMED:
        found += [*_units(one, other), *_rounded(one, other)]
    if one.words is not None and other.words is not None:
        known = {change.kind for change in found} & {"constant", "filled", "emptied"}
        found += list(_letters(one, other)) or (() if known else _words(one, other))
    return tuple(sorted(found, key=lambda change: -change.confidence))


def explain_changes(one: TableStatistics, other: TableStatistics) -> tuple[Change, ...]:
    """What familiar changes a table went through: in each column, and columns gone, new, renamed, swapped."""
    both = [name for name in one.features if name in other.features]
    gone = [name for name in one.features if name not in other.features]
    new = [name for name in other.features if name not in one.features]
    renamed = list(_renamed(one, other, gone, new))
    known = {name for change in renamed for name in change.columns}
    swapped = list(_swapped(one, other, both))
    exchanged = {name for change in swapped for name in change.columns}
    found = [*swapped, *renamed]
    found += [_gone(name) for name in gone if name not in known]
    found += [_new(name) for name in new if name not in known]
    for name in both:
        if name not in exchanged:
            found += explain_change(one.features[name], other.features[name])
    return tuple(sorted(found, key=lambda change: -change.confidence))


def _gone(name: str) -> Change:
    return Change(kind="dropped", columns=(name,), message=f"column {name!r} is gone", confidence=1.0)


def _new(name: str) -> Change:
    return Change(kind="new", columns=(name,), message=f"column {name!r} is new", confidence=1.0)


def _later(one: FeatureStatistics, other: FeatureStatistics) -> Iterator[Change]:
    """A key that is counted on, or time that went by."""
    timed = one.type in TIMED and other.type in TIMED
    ours, theirs = (one.times, other.times) if timed else (one.numbers, other.numbers)
    if ours is None or theirs is None or ours.max is None or theirs.min is None or ours.min == ours.max:
        return
    counted = all(side.whole == side.count and side.unique > 0.9 * side.count for side in (ours, theirs))
    if theirs.min >= ours.max and (timed or (counted and ours.count > 10)):
        message = f"{one.name!r} goes on where it was: it counts time or rows, and tells nothing else"
        yield Change(kind="later", columns=(one.name,), message=message, confidence=0.9)


# ---------------------------------------------------------------- missing values


def _missing(one: FeatureStatistics, other: FeatureStatistics) -> Iterator[Change]:
    lost = one.presence - other.presence
    shares = f"{one.presence:.0%} of the rows had a value, {other.presence:.0%} do"
    if not _beyond_chance((one.num_missing, other.num_missing), (one.num_examples, other.num_examples)):
        pass
    elif one.num_non_missing and not other.num_non_missing:
        message = f"{one.name!r} has no values any more: its source was dropped"
        yield Change(kind="emptied", columns=(one.name,), message=message, confidence=1.0)
    elif lost >= 0.4 and one.presence >= 0.5:
        message = f"{one.name!r} has become sparse: {shares}"
        yield Change(kind="sparser", columns=(one.name,), message=message, confidence=min(2 * lost, 1.0))
    elif lost >= _NEW:
        message = f"{one.name!r} is missing more often: {shares}"
        yield Change(kind="holes", columns=(one.name,), message=message, confidence=0.8)
    what = "empty lists" if one.levels else "zeros"
    empty = [_empty(side) for side in (one, other)]
    before, after = (hits / size if size else 0.0 for hits, size in empty)
    if before <= 0.5 and after - before >= 0.4 and _beyond_chance(*zip(*empty, strict=True)):
        message = f"{one.name!r} has become sparse: {before:.0%} were {what}, {after:.0%} are"
        yield Change(
            kind="sparser", columns=(one.name,), message=message, confidence=min(2 * (after - before), 1.0)
        )
    yield from _not_finite(one, other)


def _not_finite(one: FeatureStatistics, other: FeatureStatistics) -> Iterator[Change]:
    """NaN and infinities where there were fewer."""
    if one.numbers is None or other.numbers is None:
        return
    for what, hits in (
        ("NaN", (one.numbers.num_nan, other.numbers.num_nan)),
        ("infinite", (one.numbers.num_inf, other.numbers.num_inf)),
    ):
        sizes = one.num_values, other.num_values
        before, after = (hit / size if size else 0.0 for hit, size in zip(hits, sizes, strict=True))
        if after - before >= _NEW and _beyond_chance(hits, sizes):
            message = f"{one.name!r} is {what} more often: {before:.0%} of the values were, {after:.0%} are"
            yield Change(kind="holes", columns=(one.name,), message=message, confidence=0.9)


def _beyond_chance(hits: tuple[float, ...], sizes: tuple[float, ...]) -> bool:
    """Whether two shares differ by more than chance."""
    return two_shares((hits[0], hits[1]), (sizes[0], sizes[1])) < _CHANCE


def _empty(side: FeatureStatistics) -> tuple[float, float]:
    """How many are empty lists, or zeros, of how many."""
    if side.levels:
        return float(side.levels[0].num_empty), float(side.levels[0].num_lists)
    return (float(side.numbers.zeros), float(side.numbers.count)) if side.numbers is not None else (0.0, 0.0)


def _single(one: FeatureStatistics, other: FeatureStatistics) -> Iterator[Change]:
    """One value for all, or one value where there was none."""
    if one.unique > 1 and other.unique == 1 and other.num_non_missing > 10:
        value = next(iter(_counts(other)), None)
        had = _counts(one).get(value, 0.0) if value is not None else 0.0
        rows = one.num_non_missing, other.num_non_missing
        if not _beyond_chance((had, float(other.num_non_missing)), rows):
            return
        message = f"{one.name!r} is {value} everywhere: it had {one.unique:,} different values"
        yield Change(kind="constant", columns=(one.name,), message=message, confidence=0.95)
        return
    filled = other.presence - one.presence
    gaps = one.num_missing, other.num_missing
    if filled < 0.03 or not _beyond_chance(gaps, (one.num_examples, other.num_examples)):
        return
    before, after = _counts(one), _counts(other)
    rises = {
        value: after.get(value, 0) / other.num_examples - before.get(value, 0) / one.num_examples
        for value in {**before, **after}
    }
    (value, rise), *rest = sorted(rises.items(), key=lambda item: (-item[1], str(item[0]))) or [("", 0.0)]
    # The others must be as they were: else the column has changed, and not only its holes.
    stir = max((abs(other_rise) for _, other_rise in rest), default=0.0)
    if abs(rise - filled) <= 0.2 * filled and stir <= 0.3 * filled:
        message = f"{one.name!r} says {value} where it was missing: {filled:.0%} of the rows"
        confidence = 1.0 - (abs(rise - filled) + stir) / filled / 2
        yield Change(kind="filled", columns=(one.name,), message=message, confidence=confidence)


def _counts(side: FeatureStatistics) -> Mapping[str | float, float]:
    """The values that are known one by one, with their rows."""
    if side.words is not None:
        return {word: float(count) for word, count in side.words.frequencies.counts.items()}
    if side.numbers is None:
        return {}
    quantiles = side.numbers.quantiles
    if quantiles.exact:
        return {value: float(weight) for value, weight in zip(quantiles.values, quantiles.weights, strict=True)}
    return {0.0: float(side.numbers.zeros)}


# ------------------------------------------------------------- types and letters


def _types(one: FeatureStatistics, other: FeatureStatistics) -> Iterator[Change]:
    if comparable(side_of(one), side_of(other)) or not one.num_non_missing or not other.num_non_missing:
        return
    message = f"{one.name!r} was {one.type} and is {other.type}"
    if bool(one.levels) != bool(other.levels):
        message += ", in lists" if other.levels else ", no longer in lists"
    text = other.words if one.numbers is not None else one.words
    if text is not None and text.num_numbers:
        message += f"; {text.num_numbers / text.frequencies.total:.0%} of the texts are numbers"
    yield Change(kind="type", columns=(one.name,), message=message, confidence=1.0)


def _letters(one: FeatureStatistics, other: FeatureStatistics) -> Iterator[Change]:
    """The same words in other letters: upper case, spaces around them."""
    sides = [dict(side.words.frequencies.counts) if side.words is not None else {} for side in (one, other)]
    plain = [{word.strip().casefold() for word in side} for side in sides]
    new = {word for word in sides[1] if word not in sides[0]}
    if not new or not plain[0]:
        return
    known = {word for word in new if word.strip().casefold() in plain[0]}
    rows = sum(sides[1][word] for word in new)
    share = sum(sides[1][word] for word in known) / rows
    if share >= 0.5 and rows >= 0.05 * sum(sides[1].values()):
        example = max(known, key=lambda word: (sides[1][word], word))
        message = f"{one.name!r} is written otherwise: {example!r} is new only in its letters or spaces"
        yield Change(kind="letters", columns=(one.name,), message=message, confidence=share)


def _words(one: FeatureStatistics, other: FeatureStatistics) -> Iterator[Change]:
    """Frequent words that one side never has."""
    if one.words is None or other.words is None:
        return
    ours, theirs = one.words.frequencies, other.words.frequencies
    whole = ours.complete and theirs.complete and ours.total and theirs.total
    if not whole or max(one.unique, other.unique) > _MOST_WORDS or min(one.unique, other.unique) < 1:
        return
    sides = ((theirs, ours, "words", "is new"), (ours, theirs, "vanished", "does not come any more"))
    for side, there, kind, told in sides:
        alone = {
            word: count
            for word, count in side.counts.items()
            if word not in there.counts and count >= _NEW_WORD * side.total
        }
        sure = [word for word, count in alone.items() if _beyond_chance((count, 0), (side.total, there.total))]
        for word in sorted(sure, key=lambda word: (-alone[word], word))[:_MOST_NAMED]:
            message = f"{one.name!r}: {word!r} {told} ({alone[word] / side.total:.0%} of the values)"
            yield Change(kind=kind, columns=(one.name,), message=message, confidence=0.7)


# ------------------------------------------------------------------------ units


def _units(one: FeatureStatistics, other: FeatureStatistics) -> Iterator[Change]:
    ours, theirs = _points(one), _points(other)
    if one.unique < 5 or other.unique < 5 or not ours.total or not theirs.total:
        return
    both = Line.of(ours, theirs)
    before = kolmogorov_smirnov(both)
    if before < _MOVED or kolmogorov_smirnov_p(both, before) > _SURELY:
        return
    best: tuple[float, str, float, float] | None = None
    for name, factor, offset in _candidates(ours, theirs):
        after = kolmogorov_smirnov(Line.of(_scaled(ours, factor, offset), theirs))
        if best is None or after < best[0]:
            best = after, name, factor, offset
    if best is None or best[0] > _ALIKE or best[0] > before / 2:
        return
    after, name, factor, offset = best
    if not offset and not _fits_whole(one, other, factor):
        line = Line.of(_scaled(ours, factor, 0.0), theirs)
        if kolmogorov_smirnov_p(line, after) < _LIKELY:
            return
    plus = f" and {offset:+g}" if offset else ""
    yield Change(
        kind="offset" if offset else "unit",
        columns=(one.name,),
        message=f"{one.name!r} looks like the same numbers times {factor:.6g}{plus} ({name})",
        confidence=1.0 - after / before,
        factor=factor,
        offset=offset or None,
    )


def _fits_whole(one: FeatureStatistics, other: FeatureStatistics, factor: float) -> bool:
    """Whether whole numbers stay whole: counts that have grown by a half are no miles that became kilometres."""
    sides = one.numbers, other.numbers
    counted = all(side is not None and side.whole == side.count for side in sides)
    return not counted or any(math.isclose(size, round(size), abs_tol=1e-9) for size in (factor, 1 / factor))


def _candidates(one: Points, other: Points) -> Iterator[tuple[str, float, float]]:
    """Known factors near the one that quantiles show, and the scales of temperature."""
    nothing = Points(one.values[:0], None, 0.0)
    ours, theirs = (Line.of(side, nothing).quantiles(_SHARES) for side in (one, other))
    # Quantiles of few rows are not so near.
    near = min(max(_NEAR, 3.0 / math.sqrt(min(one.total, other.total))), _FAR)
    for name, factor in FACTORS.items():
        # A factor below zero turns the order round.
        pairs = zip(ours, theirs if factor > 0 else theirs[::-1], strict=True)
        ratios = sorted(b / a for a, b in pairs if a and b)
        if ratios and abs(ratios[len(ratios) // 2] / factor - 1) <= near:
            yield name, factor, 0.0
    yield "Celsius to Fahrenheit", 1.8, 32.0
    yield "Fahrenheit to Celsius", 1 / 1.8, -32 / 1.8
    yield "Celsius to Kelvin", 1.0, 273.15
    yield "Kelvin to Celsius", 1.0, -273.15


def _points(side: FeatureStatistics) -> Points:
    if side.numbers is None:
        raise ValueError("a column of words has no points")
    return points(side.numbers.quantiles)


def _scaled(side: Points, factor: float, offset: float) -> Points:
    values = side.values * factor + offset
    if factor >= 0:
        return Points(values, side.weights, side.total, side.error)
    return Points(values[::-1], None if side.weights is None else side.weights[::-1], side.total, side.error)


def _rounded(one: FeatureStatistics, other: FeatureStatistics) -> Iterator[Change]:
    ours, theirs = one.numbers, other.numbers
    if ours is None or theirs is None or not ours.count or theirs.count < 30 or theirs.unique < 5:
        return
    if ours.whole / ours.count < 0.5 and theirs.whole == theirs.count:
        message = f"{one.name!r} holds whole numbers only: digits after the point were cut or rounded"
        yield Change(kind="rounded", columns=(one.name,), message=message, confidence=0.9)


# ----------------------------------------------------------- columns among others


def _apart(one: FeatureStatistics, other: FeatureStatistics) -> float:
    """The share of rows that would have to change; 1 for what cannot be compared."""
    found = moved_share(side_of(one), side_of(other))
    return 1.0 if found is None else found


def _renamed(one: TableStatistics, other: TableStatistics, gone: list[str], new: list[str]) -> Iterator[Change]:
    left = list(new)
    for name in gone[:_MOST_COLUMNS]:
        told = one.features[name].unique > 2
        gaps = {each: _apart(one.features[name], other.features[each]) for each in left if told}
        each = min(gaps, key=lambda key: (gaps[key], key), default=None)
        if each is not None and gaps[each] <= _ALIKE:
            left.remove(each)
            message = f"column {name!r} is gone and {each!r} looks like it: renamed"
            yield Change(kind="renamed", columns=(name, each), message=message, confidence=1.0 - gaps[each])


def _swapped(one: TableStatistics, other: TableStatistics, both: list[str]) -> Iterator[Change]:
    moved = [
        name
        for name in both[:_MOST_COLUMNS]
        if one.features[name].unique > 1 and _apart(one.features[name], other.features[name]) >= 0.3
    ]
    taken: set[str] = set()
    for place, first in enumerate(moved):
        for second in moved[place + 1 :]:
            few = one.features[first].unique <= 2 and one.features[second].unique <= 2
            if few or {first, second} & taken:
                continue
            gap = max(
                _apart(one.features[first], other.features[second]),
                _apart(one.features[second], other.features[first]),
            )
            if gap <= _ALIKE and not math.isnan(gap):
                taken |= {first, second}
                message = f"columns {first!r} and {second!r} look swapped"
                yield Change(kind="swapped", columns=(first, second), message=message, confidence=1.0 - gap)
