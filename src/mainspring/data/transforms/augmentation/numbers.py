"""New rows of numbers: a little noise, and mixtures of two rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring.core.errors import InputError
from mainspring.data.transforms.augmentation.rows import Made, Rows

if TYPE_CHECKING:
    import numpy as np


def noise(rows: Rows, random: np.random.Generator, *, share: float = 1.0, size: float = 0.05) -> Made:
    """Rows drawn at random whose numbers are moved by normal noise.

    Args:
        rows: What there is.
        random: Where chance comes from.
        share: How many rows to make, as a share of those there are.
        size: Of the noise, in standard deviations of each column.
    """
    import numpy as np

    _check(rows)
    drawn = random.integers(0, len(rows.matrix), round(share * len(rows.matrix)))
    deviation = np.nan_to_num(np.nanstd(rows.matrix, axis=0))
    moved = rows.matrix[drawn] + random.standard_normal((len(drawn), len(rows.numbers))) * (size * deviation)
    return Made(drawn, {name: moved[:, place] for place, name in enumerate(rows.numbers)})


def mixup(rows: Rows, random: np.random.Generator, *, share: float = 1.0, alpha: float = 0.2) -> Made:
    """Rows that are mixtures of two (Zhang, Cisse, Dauphin and Lopez-Paz, *mixup*, ICLR 2018).

    The weight is drawn from a Beta distribution. Words, and a label with classes, are those of the row with the
    larger weight, whose class is not mixed; a label of numbers is mixed as the columns are.

    Args:
        rows: What there is.
        random: Where chance comes from.
        share: How many rows to make, as a share of those there are.
        alpha: Of the Beta distribution: the larger, the more even the mixtures.
    """
    import numpy as np

    _check(rows)
    number = round(share * len(rows.matrix))
    one, other = (random.integers(0, len(rows.matrix), number) for _ in range(2))
    weight = random.beta(alpha, alpha, number)
    weight = np.maximum(weight, 1 - weight)
    with np.errstate(invalid="ignore"):
        mixed = weight[:, None] * rows.matrix[one] + (1 - weight[:, None]) * rows.matrix[other]
    # Where one of them lacks a number, the heavier row's stands.
    mixed = np.where(np.isnan(mixed), rows.matrix[one], mixed)
    changed: dict[str, Any] = {name: mixed[:, place] for place, name in enumerate(rows.numbers)}
    if rows.label is not None and rows.types[rows.label].value == "FLOAT":
        label = np.array(rows.values[rows.label], dtype=np.float64)
        changed[rows.label] = weight * label[one] + (1 - weight) * label[other]
    return Made(one, changed)


def _check(rows: Rows) -> None:
    if not rows.numbers or not len(rows.matrix):
        raise InputError("no column of numbers to change", expected="rows with numbers")
