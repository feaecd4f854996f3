"""A floor under the size of slices: nothing is said, and nothing can be worked out, about fewer rows than that.

Leaving out small slices is not enough: what is said of a whole and of all its parts but one says everything about
that one (complementary disclosure). Slices are therefore hidden until none of these is about fewer rows than the
floor, and not empty:

- a slice, or all rows;
- what is left of a slice (or of all rows) without another that lies in it;
- what is left of it without all those of one column or cross that lie in it;
- a slice that was hidden and is a sum or difference of any number of shown ones: its rows, as a vector of zeros
  and ones, lie in the span of theirs.

Of the slices that give something away the smallest is hidden. What is hidden of a column is shown together as
``(rare)`` and counts as shown. Figures of a slice may still rest on few of its rows (three false alarms), and two
evaluations of nearly the same rows differ by few: the floor is about the slices of one evaluation.

Reference: L. Sweeney, *k-anonymity* (2002); A. Hundepool et al., *Statistical Disclosure Control* (2012), ch. 4.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from mainspring.core import Slice

Ints = npt.NDArray[np.int64]

CHUNK_ROWS: Final = 16_384
"""Rows whose slices are laid beside each other at once."""
_ROUNDING: Final = 1e-6


def shared_rows(chunks: Iterable[tuple[int, Mapping[Slice, Ints]]], keys: Sequence[Slice]) -> Ints:
    """How many rows every two slices have in common, shape ``[1 + k, 1 + k]``; the first stands for all rows.

    Args:
        chunks: The rows of each chunk and the indices of those in each slice.
        keys: The slices.
    """
    shared = np.zeros((len(keys) + 1, len(keys) + 1), dtype=np.int64)
    for rows, found in chunks:
        inside = np.zeros((rows, len(keys) + 1), dtype=np.float32)
        inside[:, 0] = 1
        for place, key in enumerate(keys):
            inside[found.get(key, ()), place + 1] = 1
        shared += (inside.T @ inside).astype(np.int64)
    return shared


def shown_slices(
    shared: Ints, groups: Sequence[int], disjoint: Sequence[bool], *, smallest: int, floor: int
) -> list[list[int]]:
    """Which slices may be shown.

    Args:
        shared: How many rows every two slices have in common; see :func:`shared_rows`.
        groups: How many slices each spec has; they stand one spec after the other.
        disjoint: For each spec whether no row is in two of its slices.
        smallest: The fewest rows that a slice may have; at least the floor.
        floor: The fewest rows that anything may be said about.

    Returns:
        For each spec the places of its slices that are shown, counted from 0.

    Example:
        Of 100 rows two have ``race=c``. Hiding them alone would give them away; so does all rows but ``race=b``.

        >>> shared = np.array([[100, 80, 18, 2], [80, 80, 0, 0], [18, 0, 18, 0], [2, 0, 0, 2]])
        >>> shown_slices(shared, [3], [True], smallest=10, floor=10)
        [[0]]
    """
    sizes = np.diag(shared)
    spec_of = np.repeat(np.arange(len(groups)), groups)
    shown = sizes >= smallest
    shown[0] = True
    while (given_away := _gives_away(shared, shown, spec_of, disjoint, floor)) is not None:
        shown[given_away] = False
    starts = np.cumsum([0, *groups])
    return [np.flatnonzero(shown[1 + a : 1 + b]).tolist() for a, b in itertools.pairwise(starts)]


def _gives_away(
    shared: Ints, shown: npt.NDArray[np.bool_], spec_of: Ints, disjoint: Sequence[bool], floor: int
) -> int | None:
    """A shown slice without which less is given away; ``None`` if nothing is."""
    wide, spec_of = _with_rests(shared, shown, spec_of, disjoint)
    sizes = np.diag(wide)
    seen = np.flatnonzero(np.append(shown, np.ones(len(wide) - len(shown), dtype=bool)))
    for whole in seen.tolist():
        parts = seen[(wide[whole, seen] == sizes[seen]) & (seen != whole) & (seen != 0)]
        for some in _sums(parts, spec_of, disjoint):
            if 0 < sizes[whole] - sizes[some].sum() < floor:
                return _smallest([whole, *some.tolist()], shown, shared, spec_of)
    hidden = np.flatnonzero(~shown)
    small = hidden[(sizes[hidden] > 0) & (sizes[hidden] < floor)]
    return _spanned(shared, np.flatnonzero(shown), small)


def _with_rests(
    shared: Ints, shown: npt.NDArray[np.bool_], spec_of: Ints, disjoint: Sequence[bool]
) -> tuple[Ints, Ints]:
    """The matrix with what is hidden of each spec added as a slice, and the spec of every slice."""
    sums = [np.eye(len(shared), dtype=np.int64)]
    specs = [spec_of]
    for spec in np.unique(spec_of).tolist():
        cells = 1 + np.flatnonzero(spec_of == spec)
        if disjoint[spec] and not shown[cells].all():
            rest = np.zeros((1, len(shared)), dtype=np.int64)
            rest[0, 0] = 1
            rest[0, cells[shown[cells]]] = -1
            if (rest @ shared @ rest.T).item():
                sums.append(rest)
                specs.append(np.array([spec]))
    stacked = np.concatenate(sums)
    return stacked @ shared @ stacked.T, np.concatenate(specs)


def _smallest(places: Sequence[int], shown: npt.NDArray[np.bool_], shared: Ints, spec_of: Ints) -> int | None:
    """The smallest shown slice among some; a rest can only be changed by hiding a slice of its spec."""
    sizes = np.diag(shared)
    real = [place for place in places if 0 < place < len(shown)]
    if not real:
        specs = [spec_of[place - 1] for place in places if place]
        real = [place for place in np.flatnonzero(shown).tolist() if place and spec_of[place - 1] in specs]
    return min(real, key=lambda place: (sizes[place], place)) if real else None


def _sums(parts: Ints, spec_of: Ints, disjoint: Sequence[bool]) -> Iterator[Ints]:
    """The slices one by one, and those of each spec together where their rows add up."""
    yield from parts.reshape(-1, 1)
    for spec in np.unique(spec_of[parts - 1]).tolist():
        if disjoint[spec]:
            yield parts[spec_of[parts - 1] == spec]


def _spanned(shared: Ints, shown: Ints, hidden: Ints) -> int | None:
    """The smallest slice among those of which a hidden one is a sum or difference."""
    if not len(hidden) or len(shown) < 2:
        return None
    # The scalar products of their vectors of zeros and ones are the numbers of rows that they share.
    sizes = np.diag(shared).astype(np.float64)
    scale = np.sqrt(sizes)
    gram = shared[np.ix_(shown, shown)] / np.outer(scale[shown], scale[shown])
    wanted = shared[np.ix_(shown, hidden)] / np.outer(scale[shown], scale[hidden])
    factors = np.linalg.lstsq(gram, wanted, rcond=1e-10)[0]
    missed = 1.0 - np.einsum("ij,ij->j", wanted, factors)
    # One row of the largest hidden slice that is not explained leaves far more than rounding.
    for place in np.flatnonzero(missed < _ROUNDING).tolist():
        used = shown[(np.abs(factors[:, place]) > _ROUNDING) & (shown != 0)]
        if len(used):
            return int(used[np.argmin(sizes[used])])
    return None


def private_note(subject: str, floor: int) -> str:
    """What is said of a spec some of whose slices are not shown: nothing that could be counted."""
    return (
        f"{subject}: slices are left out or folded, so that nothing can be worked out for fewer than {floor} rows"
    )
