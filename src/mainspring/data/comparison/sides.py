"""What of two columns is compared: their values in the same bins, and numbers as points on one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from mainspring.data.celltypes import ColumnType
from mainspring.data.comparison.ordered import Line, Points
from mainspring.data.sketches import POINTS, Frequencies, Quantiles

if TYPE_CHECKING:
    import numpy as np

    from mainspring.data.statistics import FeatureStatistics, Numbers, Words

BINS: Final = 10
MISSING: Final = "missing"
Bins: TypeAlias = Mapping[str, tuple[float, float]]
_ERROR: Final = 1.5 / POINTS
"""How far a rank of a summary may be off: 0.1 % of the rows, and 0.2 % more if it was merged of parts."""
TIMED: Final = frozenset({ColumnType.DATE, ColumnType.TIMESTAMP})


@dataclass(frozen=True, slots=True)
class Side:
    """One column of one side, as far as comparing needs it.

    Attributes:
        rows: All rows.
        missing: Those without a value.
        points: Finite numbers; ``None`` for words.
        nan: How many are "not a number".
        infinite: How many are infinite.
        words: Words with their counts; ``None`` for numbers.
        lengths: Of lists or texts, where they are known.
        listed: Whether rows hold lists, so that values are not rows.
        timed: Whether the numbers are points in time, as seconds.
        type: Of the column; all that is known of structures, beside who has one.
    """

    rows: float
    missing: float
    points: Points | None = None
    nan: float = 0.0
    infinite: float = 0.0
    words: Frequencies | None = None
    lengths: Points | None = None
    listed: bool = False
    timed: bool = False
    type: ColumnType = ColumnType.OTHER


def side_of(feature: FeatureStatistics) -> Side:
    """From the statistics of a column."""
    timed = feature.type in TIMED
    numbers = feature.times if timed else feature.numbers
    words = None if timed or feature.words is None else feature.words
    return Side(
        rows=float(feature.num_examples),
        missing=float(feature.num_missing),
        points=_points_of(numbers) if numbers is not None else None,
        nan=float(numbers.num_nan) if numbers is not None else 0.0,
        infinite=float(numbers.num_inf) if numbers is not None else 0.0,
        words=words.frequencies if words is not None else None,
        lengths=points(feature.levels[0].lengths) if feature.levels else _lengths(feature.type, words),
        listed=bool(feature.levels),
        timed=timed,
        type=feature.type,
    )


def points(quantiles: Quantiles) -> Points:
    """The points of a summary of a distribution."""
    import numpy as np

    values = np.array(quantiles.values, dtype=np.float64)
    weights = np.array(quantiles.weights, dtype=np.float64)
    total = quantiles.total
    error = 0.0 if quantiles.exact or not total else _ERROR
    return Points(values, weights, total, error)


def points_of_rows(values: np.ndarray) -> Points:
    """Finite numbers, one row each, in any order."""
    import numpy as np

    ordered = np.sort(values.astype(np.float64, copy=False))
    return Points(ordered, None, float(len(ordered)))


def comparable(one: Side, other: Side) -> bool:
    """Whether both are numbers, both words, both points in time, or else both of one type; lists with lists."""
    kinds = [(side.points is not None, side.words is not None, side.timed, side.listed) for side in (one, other)]
    return kinds[0] == kinds[1] and (any(kinds[0][:2]) or one.type is other.type)


def aligned(one: Side, other: Side) -> tuple[Side, Side]:
    """Both sides, one without any value as the kind of the other: nothing was seen of its type.

    Text files have no type for a column without values, and a column that lost them all must not go uncompared.
    """
    if not comparable(one, other):
        if other.missing >= other.rows:
            return one, _without_values(other, one)
        if one.missing >= one.rows:
            return _without_values(one, other), other
    return one, other


def bins_of_rows(one: Side, other: Side) -> dict[str, tuple[float, float]]:
    """Rows with a value and without: all that is known of structures."""
    return {"present": (one.rows - one.missing, other.rows - other.missing), **_missing(one, other)}


def bins_of(one: Side, other: Side, line: Line | None) -> dict[str, tuple[float, float]]:
    """The rows of both in the same bins, whatever they hold."""
    if line is not None:
        return bins_of_numbers(one, other, line)
    return bins_of_words(one, other) if one.words is not None else bins_of_rows(one, other)


def line_of(one: Points | None, other: Points | None) -> Line | None:
    """Both on one line, if both are numbers."""
    return Line.of(one, other) if one is not None and other is not None else None


def bins_of_numbers(one: Side, other: Side, line: Line) -> dict[str, tuple[float, float]]:
    """Rows between the pooled deciles, the outer bins open; NaN, infinite and missing rows apart."""
    edges = tuple(dict.fromkeys(line.quantiles([share / BINS for share in range(1, BINS)])))
    return {
        **_cut(line, edges),
        "NaN": (one.nan, other.nan),
        "infinite": (one.infinite, other.infinite),
        **_missing(one, other),
    }


def bins_of_words(one: Side, other: Side) -> dict[str, tuple[float, float]]:
    """Rows per word. What one side lists and the other, incomplete, does not is counted with the unlisted."""
    ours, theirs = one.words or Frequencies({}), other.words or Frequencies({})
    found: dict[str, tuple[float, float]] = {}
    unlisted = [float(ours.rest), float(theirs.rest)]
    for word in {**ours.counts, **theirs.counts}:
        here, there = ours.counts.get(word), theirs.counts.get(word)
        if (here is None and not ours.complete) or (there is None and not theirs.complete):
            unlisted[0] += here or 0
            unlisted[1] += there or 0
        else:
            found[f"={word}"] = float(here or 0), float(there or 0)
    if any(unlisted):
        found["other words"] = unlisted[0], unlisted[1]
    return {**found, **_missing(one, other)}


def shares_of(bins: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Counts as shares of their side. A side without rows looks like the other: nothing is known about it."""
    totals = sum(a for a, _ in bins), sum(b for _, b in bins)
    if not any(totals):
        return []
    return [
        (
            a / totals[0] if totals[0] else b / totals[1],
            b / totals[1] if totals[1] else a / totals[0],
        )
        for a, b in bins
    ]


def _without_values(side: Side, like: Side) -> Side:
    import numpy as np

    none = points_of_rows(np.empty(0))
    return replace(
        side,
        points=None if like.points is None else none,
        words=None if like.words is None else Frequencies({}),
        lengths=None if like.lengths is None else none,
        listed=like.listed,
        timed=like.timed,
        type=like.type,
    )


def _missing(one: Side, other: Side) -> dict[str, tuple[float, float]]:
    # Rows without a list and the values in lists are not of one kind; presence is compared apart.
    return {} if one.listed else {MISSING: (one.missing, other.missing)}


def _cut(line: Line, edges: Sequence[float]) -> dict[str, tuple[float, float]]:
    """Rows in (-inf, e1), [e1, e2) … [en, inf)."""
    totals = line.sides[0].total, line.sides[1].total
    reached = line.counts_below(edges).T.tolist() if len(line.values) else []
    found = {}
    before = [0.0, 0.0]
    lower = "(-inf"
    for edge, counts in zip(edges, reached, strict=False):
        found[f"{lower}, {edge:g})"] = counts[0] - before[0], counts[1] - before[1]
        before, lower = counts, f"[{edge:g}"
    found[f"{lower}, inf)"] = max(totals[0] - before[0], 0.0), max(totals[1] - before[1], 0.0)
    return found


def _points_of(numbers: Numbers) -> Points:
    return points(numbers.quantiles)


def _lengths(type_: ColumnType, words: Words | None) -> Points | None:
    """How long texts are, where every text is known."""
    if words is None or type_ is not ColumnType.STRING or not words.frequencies.complete:
        return None
    counts: dict[int, int] = {}
    for word, count in words.frequencies.counts.items():
        counts[len(word)] = counts.get(len(word), 0) + count
    ordered = sorted(counts)
    return points(Quantiles(tuple(ordered), tuple(counts[length] for length in ordered)))
