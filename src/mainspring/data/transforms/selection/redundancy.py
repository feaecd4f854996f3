"""Of columns that say nearly the same, one is enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np

LIMIT: Final = 0.95


@dataclass(frozen=True, slots=True)
class Redundant:
    """A column that another one can stand for.

    Attributes:
        feature: The column that was dropped.
        instead: The column that stays.
        correlation: How closely they go together, from -1 to 1.
    """

    feature: str
    instead: str
    correlation: float


def find_redundant(
    correlations: np.ndarray,
    names: Sequence[str],
    *,
    strength: Mapping[str, float] | None = None,
    limit: float = LIMIT,
) -> tuple[Redundant, ...]:
    """The columns to drop so that no pair is left with a coefficient beyond the limit, whatever its sign.

    Columns are looked at from the strongest on: each stays unless one that stays already goes with it. So of every
    pair the one that tells more about the label is kept.

    Args:
        correlations: Coefficients of all pairs, ``[columns, columns]``, of any kind.
        names: The columns.
        strength: How much each tells about the label; without it the earlier column stays.
        limit: Between 0 and 1.

    Raises:
        InputError: If the limit is not between 0 and 1.

    Example:
        >>> import numpy as np
        >>> matrix = np.array([[1.0, 0.99, 0.2], [0.99, 1.0, 0.3], [0.2, 0.3, 1.0]])
        >>> [(one.feature, one.instead) for one in find_redundant(matrix, ["cm", "inch", "age"])]
        [('inch', 'cm')]
    """
    if not 0 < limit <= 1:
        raise InputError(f"a limit of {limit} for correlations", expected="a number above 0, at most 1")
    order = sorted(range(len(names)), key=lambda place: -(strength or {}).get(names[place], 0.0))
    kept: list[int] = []
    dropped: dict[int, Redundant] = {}
    for place in order:
        near = [(abs(float(correlations[place, other])), -rank) for rank, other in enumerate(kept)]
        closest, rank = max(near, default=(0.0, 0))
        if closest > limit:
            other = kept[-rank]
            dropped[place] = Redundant(names[place], names[other], float(correlations[place, other]))
        else:
            kept.append(place)
    return tuple(dropped[place] for place in sorted(dropped))
