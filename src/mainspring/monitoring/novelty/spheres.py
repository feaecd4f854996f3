"""Micro-clusters: rows that lie close together, kept as a sphere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.records import Value

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FEW = 10
"""Rows that a sphere is made of at least, on average."""

_ROUNDS = 50
_CELLS = 4_000_000
"""Differences that are held at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Spheres:
    """Clusters of rows.

    Attributes:
        centres: ``[spheres, features]``: the means of their rows.
        counts: ``[spheres]``: how many rows.
        moments: ``[spheres]``: sums of the squared distances of the rows from the centre.
        reaches: ``[spheres]``: the distance of the farthest row.
        codes: ``[spheres]``: what they are; see :class:`~mainspring.monitoring.novelty.ports.Recognised`.
        last: ``[spheres]``: the number of the last row that one took in.
    """

    centres: Floats
    counts: Ints
    moments: Floats
    reaches: Floats
    codes: Ints
    last: Ints

    @classmethod
    def none(cls, features: int) -> Self:
        """No spheres."""
        empty, whole = np.zeros(0), np.zeros(0, dtype=np.int64)
        return cls(np.zeros((0, features)), whole, empty, empty, whole, whole)

    @property
    def spreads(self) -> Floats:
        """``[spheres]``: root mean square of the distances from the centre."""
        return np.sqrt(self.moments / self.counts)

    def __len__(self) -> int:
        return len(self.counts)

    def distances(self, rows: Floats) -> Floats:
        """``[rows, spheres]``: from the centres."""
        return distances(rows, self.centres)

    def pick(self, which: npt.NDArray[np.bool_] | Ints) -> Spheres:
        """Some of them."""
        return Spheres(*(getattr(self, one.name)[which] for one in fields(self)))

    def joined(self, other: Spheres) -> Spheres:
        """These and others."""
        return Spheres(
            *(np.concatenate([getattr(self, one.name), getattr(other, one.name)]) for one in fields(self))
        )

    def coded(self, code: int, last: int) -> Spheres:
        """All of them with one meaning."""
        size = len(self)
        return Spheres(
            self.centres, self.counts, self.moments, self.reaches, np.full(size, code), np.full(size, last)
        )

    def as_dict(self) -> dict[str, Value]:
        """Plain values."""
        return {one.name: getattr(self, one.name).tolist() for one in fields(self)} | {
            "features": self.centres.shape[1]
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        shape = len(value["counts"]), value["features"]
        centres = np.array(value["centres"], dtype=np.float64).reshape(shape)
        whole = {name: np.array(value[name], dtype=np.int64) for name in ("counts", "codes", "last")}
        real = {name: np.array(value[name], dtype=np.float64) for name in ("moments", "reaches")}
        return cls(centres, whole["counts"], real["moments"], real["reaches"], whole["codes"], whole["last"])


def gather(rows: Floats, most: int, seed: list[int]) -> tuple[Spheres, Ints]:
    """Divide rows into at most so many spheres, all with the code 0.

    Args:
        rows: ``[rows, features]``, at least one.
        most: At most so many spheres.
        seed: What the first centres are drawn from.

    Returns:
        The spheres, and for each row the place of its own among them.
    """
    places = k_means(rows, min(most, len(rows)), np.random.default_rng(seed))
    _, places = np.unique(places, return_inverse=True)
    counts = np.bincount(places).astype(np.int64)
    centres = _means(rows, places, counts)
    squared = ((rows - centres[places]) ** 2).sum(axis=1)
    reaches = np.zeros(len(counts))
    np.maximum.at(reaches, places, np.sqrt(squared))
    nothing = np.zeros(len(counts), dtype=np.int64)
    moments = np.bincount(places, weights=squared).astype(np.float64)
    return Spheres(centres, counts, moments, reaches, nothing, nothing), places.astype(np.int64)


def k_means(rows: Floats, clusters: int, random: np.random.Generator) -> Ints:
    """The cluster of each row.

    S. Lloyd, "Least squares quantization in PCM", IEEE Transactions on Information Theory 28 (1982), begun with
    the centres of D. Arthur, S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007.
    """
    centres = _begun(rows, clusters, random)
    places = _nearest(rows, centres)
    for _ in range(_ROUNDS):
        counts = np.bincount(places, minlength=clusters)
        centres = np.where(counts[:, None] > 0, _means(rows, places, np.maximum(counts, 1)), centres)
        moved = _nearest(rows, centres)
        if np.array_equal(moved, places):
            break
        places = moved
    return places


def distances(rows: Floats, centres: Floats) -> Floats:
    """``[rows, centres]``: Euclidean. Of a row it does not depend on what other rows there are."""
    found = np.empty((len(rows), len(centres)))
    size = max(1, _CELLS // max(1, centres.size))
    for begin in range(0, len(rows), size):
        off = rows[begin : begin + size, None, :] - centres
        found[begin : begin + size] = np.sqrt(np.einsum("ijk,ijk->ij", off, off))
    return found


def _nearest(rows: Floats, centres: Floats) -> Ints:
    """The place of the nearest centre."""
    found: Ints = distances(rows, centres).argmin(axis=1)
    return found


def _begun(rows: Floats, clusters: int, random: np.random.Generator) -> Floats:
    """First centres: of several that are drawn each time, the one that leaves the least distance."""
    chosen = [int(random.integers(len(rows)))]
    left = ((rows - rows[chosen[0]]) ** 2).sum(axis=1)
    tries = 2 + int(np.log(clusters))
    while len(chosen) < clusters and left.sum() > 0:
        drawn = np.searchsorted(np.cumsum(left), random.random(tries) * left.sum())
        drawn = np.minimum(drawn, len(rows) - 1)
        after = np.minimum(left[:, None], distances(rows, rows[drawn]) ** 2)
        best = int(after.sum(axis=0).argmin())
        chosen.append(int(drawn[best]))
        left = after[:, best]
    centres = rows[chosen]
    # Fewer different rows than clusters: the rest of the centres stay empty.
    return np.concatenate([centres, np.repeat(centres[:1], clusters - len(chosen), axis=0)])


def _means(rows: Floats, places: Ints, counts: Ints) -> Floats:
    sums = [np.bincount(places, weights=column, minlength=len(counts)) for column in rows.T]
    means: Floats = np.stack(sums, axis=1) / counts[:, None]
    return means
