"""A map of the rows for people to look at: UMAP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.errors import InputError, UnavailableError

if TYPE_CHECKING:
    import numpy as np


def fit_map(
    matrix: np.ndarray, *, components: int = 2, neighbours: int = 15, least_distance: float = 0.1, seed: int = 0
) -> np.ndarray:
    """Places in few dimensions that keep neighbours together (McInnes, Healy and Melville, 2018; UMAP).

    For looking at rows, not for models: a place has no formula that a graph could compute for a new row, so
    that it is no part of a transform. Needs ``pip install 'mainspring[umap]'``.

    Args:
        matrix: ``[n, columns]``, no missing values; best scaled first.
        components: How many dimensions.
        neighbours: How many rows count as near; more show the whole, fewer the details.
        least_distance: How close together places may lie, from 0 to 1.
        seed: Of the random start; the same seed gives the same map on one machine.

    Returns:
        ``[n, components]``, float64.

    Raises:
        InputError: If there are missing values or too few rows.
        UnavailableError: If umap-learn is not installed.
    """
    import numpy as np

    if len(matrix) <= components + 1 or not np.isfinite(matrix).all():
        raise InputError(
            f"{len(matrix)} rows" + ("" if np.isfinite(matrix).all() else " with missing or infinite values"),
            expected=f"more than {components + 1} rows of finite numbers",
            fix="impute and scale the columns first, as a transform does",
        )
    try:
        from umap import UMAP
    except ImportError:
        raise UnavailableError(
            "umap-learn is not installed", fix="pip install 'mainspring[umap]'", expected="the library of UMAP"
        ) from None
    learner = UMAP(
        n_components=components,
        n_neighbors=min(neighbours, len(matrix) - 1),
        min_dist=least_distance,
        random_state=seed,
        n_jobs=1,
    )
    return np.asarray(learner.fit_transform(matrix), dtype=np.float64)
