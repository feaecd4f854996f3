"""More rows of rare classes: copies, or new ones between neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mainspring.core.errors import InputError
from mainspring.data.transforms.augmentation.rows import Made, Rows

if TYPE_CHECKING:
    import numpy as np

NEIGHBOURS: Final = 5
_BLOCK: Final = 1 << 22


def wanted(rows: Rows, ratio: float | Mapping[str, int]) -> dict[int, int]:
    """How many rows to make of each class.

    Args:
        rows: What there is.
        ratio: What each class is to have, as a share of the most frequent one; or rows by class.

    Raises:
        InputError: If there is no label, a class does not exist, or has more rows already than asked for.
    """
    if rows.label is None:
        raise InputError("rows of rare classes are asked for, but no label", expected="label=…")
    counts = rows.counts.tolist()
    if not isinstance(ratio, Mapping):
        if not 0 < ratio <= 1:
            raise InputError(f"a ratio of {ratio}", expected="above 0, at most 1: the share of the largest class")
        goal = round(ratio * max(counts))
        return {place: goal - count for place, count in enumerate(counts) if count < goal}
    names = {str(name): place for place, name in enumerate(rows.found)}
    unknown = [name for name in ratio if str(name) not in names]
    if unknown:
        raise InputError(f"there is no class {unknown[0]!r}", expected="one of " + ", ".join(names))
    few = [name for name, number in ratio.items() if number < counts[names[str(name)]]]
    if few:
        raise InputError(f"class {few[0]!r} has more than {ratio[few[0]]} rows", expected="as many or more")
    return {names[str(name)]: number - counts[names[str(name)]] for name, number in ratio.items()}


def copies(rows: Rows, random: np.random.Generator, ratio: float | Mapping[str, int]) -> Made:
    """Rows of rare classes drawn again, with equal chance."""
    import numpy as np

    parts = [
        random.choice(np.flatnonzero(rows.classes == place), number)
        for place, number in wanted(rows, ratio).items()
    ]
    return Made(np.concatenate([np.empty(0, dtype=np.int64), *parts]), {})


def smote(
    rows: Rows,
    random: np.random.Generator,
    ratio: float | Mapping[str, int],
    *,
    neighbours: int = NEIGHBOURS,
    adaptive: bool = False,
) -> Made:
    """New rows of rare classes between a row and one of its nearest neighbours of the same class.

    Chawla, Bowyer, Hall and Kegelmeyer ("SMOTE: synthetic minority over-sampling technique", JAIR 16, 2002).
    Numbers lie at a random place between both. With words it is their SMOTE-NC: a difference in a word counts as
    the median deviation of the numbers within rare classes, and a new row has the word that most of the neighbours
    have. Missing numbers count as the mean, and stay missing where the row lacks them.

    Args:
        rows: What there is.
        random: Where chance comes from.
        ratio: See :func:`wanted`.
        neighbours: How many are looked at.
        adaptive: More rows where neighbours are of other classes (He and others, *ADASYN*, 2008).
    """
    import numpy as np

    if not rows.numbers:
        raise InputError("no column of numbers to lie between", expected="numbers", fix="use method='copies'")
    goals = wanted(rows, ratio)
    points = _points(rows, goals)
    parents: list[np.ndarray] = []
    values: list[np.ndarray] = []
    words: dict[str, list[Any]] = {name: [] for name in rows.words}
    for place, number in goals.items():
        members = np.flatnonzero(rows.classes == place)
        if len(members) < 2:
            raise InputError(
                f"class {rows.found[place]!r} has a single row",
                expected="two rows to lie between",
                fix="use method='copies', or leave the class out of ratio",
            )
        near = _nearest(points[members], points[members], min(neighbours, len(members) - 1))
        chance = _difficulty(rows, points, members, neighbours) if adaptive else None
        first = random.choice(len(members), number, p=chance)
        other = near[first, random.integers(0, near.shape[1], number)]
        part = random.random(number)[:, None]
        start, end = rows.matrix[members[first]], rows.matrix[members[other]]
        # Where the neighbour lacks a number, the row's own stands.
        values.append(start + part * (np.where(np.isnan(end), start, end) - start))
        parents.append(members[first])
        for name in rows.words:
            column = rows.values[name]
            words[name] += [_most([column[members[one]] for one in near[row]]) for row in first]
    matrix = np.concatenate([np.empty((0, len(rows.numbers))), *values])
    changed: dict[str, Any] = {name: matrix[:, place] for place, name in enumerate(rows.numbers)}
    return Made(np.concatenate([np.empty(0, dtype=np.int64), *parents]), {**changed, **words})


def fewer(rows: Rows, random: np.random.Generator, ratio: float) -> np.ndarray:
    """The rows to keep, in order, so that no class has more than so many times the rarest."""
    import numpy as np

    if rows.label is None or ratio < 1:
        raise InputError(
            f"a ratio of {ratio}", expected="a label, and 1 or more: times the rows of the rarest class"
        )
    most = round(ratio * int(rows.counts.min()))
    kept = []
    for place in range(len(rows.found)):
        members = np.flatnonzero(rows.classes == place)
        kept.append(random.permutation(members)[:most])
    return np.sort(np.concatenate(kept))


def _points(rows: Rows, goals: Mapping[int, int]) -> np.ndarray:
    """Rows as points: numbers at unit deviation, words as indicators as far apart as the deviation of numbers."""
    import numpy as np

    with np.errstate(invalid="ignore"):
        there = np.where(np.isfinite(rows.matrix), rows.matrix, np.nan)
        count = np.maximum((~np.isnan(there)).sum(axis=0), 1)
        mean = np.nansum(there, axis=0) / count
        filled = np.where(np.isnan(there), mean, there)
        deviation = filled.std(axis=0)
    scaled = (filled - mean) / np.where(deviation > 0, deviation, 1.0)
    rare = np.isin(rows.classes, list(goals))
    apart = float(np.median(scaled[rare].std(axis=0))) if rare.any() else 1.0
    parts = [scaled]
    for name in rows.words:
        column = [str(value) for value in rows.values[name]]
        _, places = np.unique(column, return_inverse=True)
        # Two indicators differ where two words do.
        parts.append(np.eye(int(places.max(initial=0)) + 1)[places] * (apart / np.sqrt(2.0)))
    return np.concatenate(parts, axis=1)


def _nearest(points: np.ndarray, among: np.ndarray, number: int, *, itself: bool = True) -> np.ndarray:
    """The nearest points, without the point itself, nearest first; of equally near ones the earlier."""
    import numpy as np

    found = np.empty((len(points), number), dtype=np.int64)
    lengths = (among**2).sum(axis=1)
    step = max(1, _BLOCK // max(len(among), 1))
    for start in range(0, len(points), step):
        block = points[start : start + step]
        apart = (block**2).sum(axis=1)[:, None] + lengths - 2 * block @ among.T
        if itself:
            apart[np.arange(len(block)), np.arange(start, start + len(block))] = np.inf
        found[start : start + step] = np.argsort(np.round(apart, 9), axis=1, kind="stable")[:, :number]
    return found


def _difficulty(rows: Rows, points: np.ndarray, members: np.ndarray, neighbours: int) -> np.ndarray | None:
    """Chances by the share of neighbours that are of other classes; ``None`` if no row has any."""
    import numpy as np

    number = min(neighbours + 1, len(points))
    near = _nearest(points[members], points, number, itself=False)
    other = (rows.classes[near] != rows.classes[members][:, None]).sum(axis=1).astype(np.float64)
    total = float(other.sum())
    return other / total if total > 0 else None


def _most(words: list[Any]) -> Any:
    """The word that comes most often; of equally frequent ones the first."""
    return max(words, key=words.count)
