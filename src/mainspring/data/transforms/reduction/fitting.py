"""Fitting reductions: principal components, truncated SVD, discriminants, independent components, random ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError
from mainspring.data.transforms.reduction.affine import AffineReduction
from mainspring.data.transforms.reduction.scatter import Scatter

if TYPE_CHECKING:
    import numpy as np

METHODS: Final = ("pca", "svd", "lda", "ica", "random")
_MOST: Final = 500
_CLOSE: Final = 1e-10
_TINY: Final = 1e-10


def fit_reduction(
    matrix: np.ndarray,
    method: str = "pca",
    *,
    components: float = 2,
    names: Sequence[str] = (),
    target: np.ndarray | None = None,
    whiten: bool = False,
    seed: int = 0,
) -> AffineReduction:
    """Fit a reduction to a matrix.

    =========== =========================================================================================
    ``pca``     the directions in which the rows vary most (Pearson, 1901), from their covariance
    ``svd``     the same without taking off the mean: for counts and other sparse columns
    ``lda``     the directions in which classes lie furthest apart (Fisher, 1936; Rao, 1948), scaled so that
                the rows of a class have unit variance
    ``ica``     independent sources (Hyvärinen and Oja, *Independent component analysis*, 2000): FastICA, log cosh
    ``random``  normal random directions, which keep distances (Johnson and Lindenstrauss, 1984)
    =========== =========================================================================================

    The sign of every direction is such that its largest weight is positive.

    Args:
        matrix: ``[n, columns]`` without missing values.
        method: One of :data:`METHODS`.
        components: How many columns to keep. A share between 0 and 1 keeps as many as explain it (``pca``,
            ``svd``).
        names: Of the columns of the matrix.
        target: Class indices, for ``lda``.
        whiten: Whether components get unit variance (``pca``).
        seed: Of the random directions, and of the start of ``ica``.

    Raises:
        InputError: If the matrix has missing values or too few rows, or there cannot be so many components.

    Example:
        >>> import numpy as np
        >>> found = fit_reduction(np.array([[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]]), components=1)
        >>> [round(share, 6) for share in found.explained]
        [1.0]
        >>> found.apply(np.array([[2.0, 2.0]])).tolist()
        [[0.0]]
    """
    import numpy as np

    rows = np.asarray(matrix, dtype=np.float64)
    _check(rows, method, components, target)
    if method == "pca":
        return pca_of(Scatter.of(rows), components=components, names=names, whiten=whiten)
    mean = np.zeros(rows.shape[1]) if method in {"svd", "random"} else rows.mean(axis=0)
    explained: np.ndarray = np.empty(0)
    if method == "svd":
        directions, explained = _svd(rows, components)
    elif method == "lda":
        if target is None:
            raise InputError("discriminants need classes", expected="the class index of every row as target")
        directions, explained = _discriminants(rows, np.asarray(target), int(components))
    elif method == "ica":
        directions = _independent(rows - mean, int(components), seed)
    else:
        random = np.random.default_rng(seed)
        directions = random.standard_normal((int(components), rows.shape[1])) / math.sqrt(int(components))
    if method != "random":
        directions = _signed(directions)
    variance = ((rows - mean) @ directions.T).var(axis=0, ddof=1)
    return _reduction(method, names, mean, directions, variance, explained)


def pca_of(
    scatter: Scatter, *, components: float = 2, names: Sequence[str] = (), whiten: bool = False
) -> AffineReduction:
    """Principal components from sums that may have been merged over parts of the data."""
    import numpy as np

    values, vectors = np.linalg.eigh(scatter.products / max(scatter.count - 1, 1))
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1].T
    total = float(values.sum())
    shares = values / total if total > 0 else values
    number = _number(shares, components)
    variance = values[:number]
    directions = _signed(vectors[:number])
    if whiten:
        directions = directions / np.sqrt(np.maximum(variance, _TINY * max(total, _TINY)))[:, None]
        variance = np.ones(number)
    return _reduction("pca", names, scatter.mean, directions, variance, shares[:number])


def enough_components(rows: int, distortion: float = 0.1) -> int:
    """How many random directions keep all distances of so many rows within this share, almost surely.

    The bound of Dasgupta and Gupta ("An elementary proof of a theorem of Johnson and Lindenstrauss", 2003).

    Example:
        >>> enough_components(1_000_000, 0.5)
        663
    """
    return int(4 * math.log(rows) / (distortion**2 / 2 - distortion**3 / 3))


def _svd(rows: np.ndarray, components: float) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    _, vectors = np.linalg.eigh(rows.T @ rows)
    directions = vectors[:, ::-1].T
    spread = (rows @ directions.T).var(axis=0)
    total = float(rows.var(axis=0).sum())
    shares = spread / total if total > 0 else spread
    number = _number(shares, components)
    return directions[:number], shares[:number]


def _discriminants(rows: np.ndarray, target: np.ndarray, components: int) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    classes, places, counts = np.unique(target, return_inverse=True, return_counts=True)
    if len(classes) < 2:
        raise InputError("discriminants of one class", expected="at least two classes")
    most = min(len(classes) - 1, rows.shape[1])
    if components > most:
        raise InputError(
            f"{components} discriminants of {len(classes)} classes and {rows.shape[1]} columns",
            expected=f"at most {most}",
        )
    means = np.stack([rows[places == place].mean(axis=0) for place in range(len(classes))])
    apart = rows - means[places]
    deviation = apart.std(axis=0)
    scale = np.where(deviation > 0, deviation, 1.0)
    within = (apart / scale).T @ (apart / scale) / len(rows)
    values, vectors = np.linalg.eigh(within)
    # Directions without any variance inside classes are left out, as noise of rounding.
    kept = values > _TINY * values[-1]
    white = (vectors[:, kept] / np.sqrt(values[kept])) / scale[:, None]
    between = ((means - rows.mean(axis=0)) * np.sqrt(counts)[:, None]) @ white
    strength, turned = np.linalg.eigh(between.T @ between)
    strength, turned = np.maximum(strength[::-1], 0.0), turned[:, ::-1]
    return (white @ turned[:, :components]).T, (strength / strength[:most].sum())[:components]


def _independent(centred: np.ndarray, components: int, seed: int) -> np.ndarray:
    """Directions of unit variance that are as far from normal as can be; those with most variance first."""
    import numpy as np

    values, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
    values, vectors = values[::-1][:components], vectors[:, ::-1][:, :components]
    if values[-1] <= _TINY * values[0]:
        raise InputError(f"the columns do not vary in {components} directions", expected="fewer components")
    white = vectors / np.sqrt(values)
    sources = centred @ white
    turn = _orthogonal(np.random.default_rng(seed).standard_normal((components, components)))
    for _ in range(_MOST):
        bent = np.tanh(sources @ turn.T)
        slope = (1 - bent**2).mean(axis=0)
        new = _orthogonal(bent.T @ sources / len(sources) - slope[:, None] * turn)
        moved = float(np.abs(np.abs((new * turn).sum(axis=1)) - 1).max())
        turn = new
        if moved < _CLOSE:
            break
    # How much variance of the columns each source carries.
    carried = ((turn * np.sqrt(values)) ** 2).sum(axis=1)
    found: np.ndarray = (turn @ white.T)[np.argsort(-carried, kind="stable")]
    return found


def _orthogonal(matrix: np.ndarray) -> np.ndarray:
    """The nearest matrix with orthogonal rows."""
    import numpy as np

    left, _, right = np.linalg.svd(matrix)
    found: np.ndarray = left @ right
    return found


def _signed(directions: np.ndarray) -> np.ndarray:
    """Every direction turned so that its largest weight is positive; of nearly equal ones the first."""
    import numpy as np

    sizes = np.abs(directions)
    largest = (sizes >= (1 - 1e-9) * sizes.max(axis=1, keepdims=True)).argmax(axis=1)
    signs = np.sign(directions[np.arange(len(directions)), largest])
    found: np.ndarray = directions * np.where(signs == 0, 1.0, signs)[:, None]
    return found


def _number(shares: np.ndarray, components: float) -> int:
    import numpy as np

    if components < 1:
        return min(int(np.searchsorted(np.cumsum(shares), components - 1e-12)) + 1, len(shares))
    return int(components)


def _reduction(
    method: str,
    names: Sequence[str],
    mean: np.ndarray,
    directions: np.ndarray,
    variance: np.ndarray,
    explained: np.ndarray,
) -> AffineReduction:
    return AffineReduction(
        method=method,
        inputs=tuple(names) or tuple(f"x{place + 1}" for place in range(len(mean))),
        names=tuple(f"{method}[{place + 1}]" for place in range(len(directions))),
        mean=tuple(mean.tolist()),
        components=tuple(map(tuple, directions.tolist())),
        variance=tuple(variance.tolist()),
        explained=tuple(explained.tolist()),
    )


def _check(rows: np.ndarray, method: str, components: float, target: np.ndarray | None) -> None:
    """An error that lists everything wrong with the arguments."""
    import numpy as np

    problems = []
    if method not in METHODS:
        problems.append(f"there is no reduction {method!r}")
    if rows.ndim != 2 or len(rows) < 2:
        problems.append(f"a matrix of the shape {list(rows.shape)}")
    elif not np.isfinite(rows).all():
        problems.append("missing or infinite values in the matrix")
    whole = float(components).is_integer() and components >= 1
    if not whole and not (0 < components < 1 and method in {"pca", "svd"}):
        problems.append(f"components is {components}")
    elif whole and method != "random" and rows.ndim == 2 and components > rows.shape[1]:
        problems.append(f"{int(components)} components of {rows.shape[1]} columns")
    if target is not None and len(target) != len(rows):
        problems.append(f"{len(target)} classes for {len(rows)} rows")
    if problems:
        raise InputError(
            "; ".join(problems),
            where="reduction",
            expected="one of "
            + ", ".join(METHODS)
            + "; at least 2 rows without missing values; components from 1 "
            "to the number of columns, or a share between 0 and 1 for pca and svd",
        )
