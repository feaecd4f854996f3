"""Figures of groups of rows: moments per key, and sums of the label per word and fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from mainspring.data.transforms.analysis.summaries import Moments

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class KeyedMoments:
    """The moments of numbers by the key of their row, and of all of them.

    Attributes:
        keys: Key to its moments, in order of the keys. Rows without a key count in ``whole`` alone.
        whole: Of all rows.
    """

    keys: Mapping[str, Moments] = field(default_factory=dict)
    whole: Moments = field(default_factory=Moments)

    @classmethod
    def of(cls, *values: np.ndarray) -> Self:
        """Of numbers and keys."""
        numbers, words = values
        names, places = codes_of(words)
        found = {name: Moments.of(numbers[places == place]) for place, name in enumerate(names)}
        return cls(dict(sorted(found.items())), Moments.of(numbers))

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> Self:
        """Key by key."""
        names = sorted({name for part in parts for name in part.keys})
        keys = {name: Moments.merged([part.keys[name] for part in parts if name in part.keys]) for name in names}
        return cls(keys, Moments.merged([part.whole for part in parts]))


@dataclass(frozen=True, slots=True)
class TargetSums:
    """Rows and sums of the label per word, by fold.

    Attributes:
        rows: For each fold, word to rows.
        sums: For each fold, word to the sum of the label.
        all_rows: For each fold, its rows, those without a word among them.
        all_sums: For each fold, the sum of the label.
    """

    rows: tuple[Mapping[str, int], ...] = ()
    sums: tuple[Mapping[str, float], ...] = ()
    all_rows: tuple[int, ...] = ()
    all_sums: tuple[float, ...] = ()

    @classmethod
    def of(cls, *values: np.ndarray) -> Self:
        """Of words, the label and the fold of each row."""
        import numpy as np

        words, label, folds = values
        names, places = codes_of(words)
        rows, sums, all_rows, all_sums = [], [], [], []
        for fold in range(int(folds.max()) + 1 if len(folds) else 0):
            inside = folds == fold
            known = inside & (places >= 0)
            count = np.bincount(places[known], minlength=len(names))
            total = np.bincount(places[known], weights=label[known], minlength=len(names))
            held = np.flatnonzero(count).tolist()
            rows.append({names[place]: int(count[place]) for place in held})
            sums.append({names[place]: float(total[place]) for place in held})
            all_rows.append(int(inside.sum()))
            all_sums.append(float(label[inside].sum()))
        return cls(tuple(rows), tuple(sums), tuple(all_rows), tuple(all_sums))

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> Self:
        """Fold by fold and word by word."""
        size = max((len(part.all_rows) for part in parts), default=0)
        rows: list[dict[str, int]] = [{} for _ in range(size)]
        sums: list[dict[str, float]] = [{} for _ in range(size)]
        all_rows, all_sums = [0] * size, [0.0] * size
        for part in parts:
            for fold, counted in enumerate(part.rows):
                for word, count in counted.items():
                    rows[fold][word] = rows[fold].get(word, 0) + count
                    sums[fold][word] = sums[fold].get(word, 0.0) + part.sums[fold][word]
                all_rows[fold] += part.all_rows[fold]
                all_sums[fold] += part.all_sums[fold]
        return cls(tuple(rows), tuple(sums), tuple(all_rows), tuple(all_sums))


def codes_of(words: np.ndarray) -> tuple[list[str], np.ndarray]:
    """The different words in order of their first row, and the place of each row's among them; -1 for missing."""
    import numpy as np

    places: dict[str | None, int] = {}
    found = np.empty(len(words), dtype=np.int64)
    for row, word in enumerate(words):
        found[row] = -1 if word is None else places.setdefault(word, len(places))
    return [str(word) for word in places], found
