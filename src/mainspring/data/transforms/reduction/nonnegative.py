"""Parts that only add up: non-negative matrix factorisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np

_TINY: Final = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Rows as sums of parts: ``matrix ≈ amounts @ parts``, nothing below 0.

    Attributes:
        parts: ``[components, columns]``, the part with most in it first.
        error: Of the rows it was fitted on, the share of the sum of squares that is not explained.
    """

    parts: np.ndarray
    error: float

    def apply(self, matrix: np.ndarray, *, rounds: int = 200) -> np.ndarray:
        """How much of each part there is in each row, ``[n, components]``: least squares without negative amounts.

        It is no affine map, so it cannot be part of a transform.
        """
        import numpy as np

        rows = _checked(matrix)
        amounts = np.full((len(rows), len(self.parts)), float(np.sqrt(max(rows.mean(), _TINY) / len(self.parts))))
        gram, right = self.parts @ self.parts.T, rows @ self.parts.T
        for _ in range(rounds):
            _sweep(amounts, gram, right)
        return amounts


def fit_parts(matrix: np.ndarray, components: int, *, rounds: int = 400, seed: int = 0) -> Parts:
    """Fit by hierarchical alternating least squares (Cichocki and Phan, 2009), started from the SVD.

    The start is that of Boutsidis and Gallopoulos ("SVD based initialization: a head start for nonnegative matrix
    factorization", 2008), zeros filled with the mean; so equal data gives equal parts.

    Args:
        matrix: ``[n, columns]``, nothing missing or below 0.
        components: How many parts.
        rounds: Sweeps over all parts.
        seed: Not needed by this start; kept for parts beyond the rank, which start at random.

    Raises:
        InputError: If values are missing or negative, or there are too many components.

    Example:
        >>> import numpy as np
        >>> found = fit_parts(np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0]]), 2)
        >>> found.error < 1e-9
        True
    """
    import numpy as np

    rows = _checked(matrix)
    if not 1 <= components <= min(rows.shape):
        raise InputError(f"{components} parts of a matrix {list(rows.shape)}", expected="1 to its smaller side")
    amounts, parts = _start(rows, components, np.random.default_rng(seed))
    for _ in range(rounds):
        _sweep(amounts, parts @ parts.T, rows @ parts.T)
        turned = np.ascontiguousarray(parts.T)
        _sweep(turned, amounts.T @ amounts, rows.T @ amounts)
        parts = np.ascontiguousarray(turned.T)
    order = np.argsort(-(amounts.sum(axis=0) * parts.sum(axis=1)), kind="stable")
    total = float((rows**2).sum())
    error = float(((rows - amounts @ parts) ** 2).sum()) / total if total > 0 else 0.0
    return Parts(parts[order], error)


def _sweep(amounts: np.ndarray, gram: np.ndarray, right: np.ndarray) -> None:
    """One exact step per part, in place."""
    import numpy as np

    for place in range(amounts.shape[1]):
        if gram[place, place] > 0:
            step = (right[:, place] - amounts @ gram[:, place]) / gram[place, place]
            amounts[:, place] = np.maximum(amounts[:, place] + step, 0.0)


def _start(rows: np.ndarray, components: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    left, sizes, right = np.linalg.svd(rows, full_matrices=False)
    filling = float(rows.mean())
    amounts, parts = np.empty((len(rows), components)), np.empty((components, rows.shape[1]))
    for place in range(components):
        u, v, size = left[:, place], right[place], float(sizes[place])
        up, vp = np.maximum(u, 0), np.maximum(v, 0)
        un, vn = np.maximum(-u, 0), np.maximum(-v, 0)
        if np.linalg.norm(un) * np.linalg.norm(vn) > np.linalg.norm(up) * np.linalg.norm(vp):
            up, vp = un, vn
        lengths = float(np.linalg.norm(up)), float(np.linalg.norm(vp))
        if min(lengths) * size <= _TINY:
            amounts[:, place] = filling * random.random(len(rows))
            parts[place] = filling * random.random(rows.shape[1])
            continue
        weight = np.sqrt(size * lengths[0] * lengths[1])
        amounts[:, place], parts[place] = weight * up / lengths[0], weight * vp / lengths[1]
    return np.where(amounts > 0, amounts, filling * 0.01), np.where(parts > 0, parts, filling * 0.01)


def _checked(matrix: np.ndarray) -> np.ndarray:
    import numpy as np

    rows = np.asarray(matrix, dtype=np.float64)
    if rows.ndim != 2 or not len(rows) or not (np.isfinite(rows).all() and (rows >= 0).all()):
        raise InputError("missing or negative values in the matrix", expected="finite numbers from 0 on")
    return rows
