"""Metrics of clusterings: against known groups, from a table of counts; or by themselves, from the rows' places.

Every figure is that of scikit-learn on the same rows, except that a figure without a meaning is NaN here.

References: L. Hubert and P. Arabie, *Comparing partitions* (1985) for the adjusted Rand index; N. X. Vinh,
J. Epps and J. Bailey, *Information theoretic measures for clusterings comparison* (JMLR 2010) for the adjusted
mutual information; A. Rosenberg and J. Hirschberg, *V-measure* (EMNLP 2007); E. B. Fowlkes and C. L. Mallows
(1983); P. J. Rousseeuw, *Silhouettes* (1987); D. L. Davies and D. W. Bouldin (1979); T. Caliński and
J. Harabasz (1974).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.metrics.coding import coded
from mainspring.evaluation.metrics.facts import Better, Fact, Facts
from mainspring.evaluation.metrics.intervals import CLOSED, Intervals
from mainspring.evaluation.metrics.measured import Measured, Sheet
from mainspring.evaluation.metrics.states import Floats, Ints

SAMPLE: Final = 2_000
"""Rows on which distances between rows are taken, unless told otherwise."""

_NO_ROWS = "there are no rows"
_BLOCK: Final = 500
_EXACT: Final = 16


def _fact(better: Better, title: str, says: str, *, unit: bool = False) -> Fact:
    return Fact(better=better, title=title, says=says, unit=unit)


FACTS: Facts = {
    "adjusted_rand": _fact(Better.HIGHER, "adjusted Rand", "pairs of rows put together rightly, beyond chance"),
    "mutual_information": _fact(Better.HIGHER, "mutual information", "what clusters tell of groups, in nats"),
    "normalised_mutual_information": _fact(
        Better.HIGHER, "normalised mutual information", "what clusters tell of groups, as a share", unit=True
    ),
    "adjusted_mutual_information": _fact(
        Better.HIGHER, "adjusted mutual information", "what clusters tell of groups, beyond chance"
    ),
    "homogeneity": _fact(Better.HIGHER, "homogeneity", "how far a cluster holds rows of one group", unit=True),
    "completeness": _fact(Better.HIGHER, "completeness", "how far a group lies in one cluster", unit=True),
    "v_measure": _fact(Better.HIGHER, "V-measure", "the harmonic mean of homogeneity and completeness", unit=True),
    "fowlkes_mallows": _fact(
        Better.HIGHER,
        "Fowlkes-Mallows",
        "the geometric mean of precision and recall over pairs of rows",
        unit=True,
    ),
    "groups": _fact(Better.NEITHER, "groups", "how many known groups occur"),
    "clusters": _fact(Better.NEITHER, "clusters", "how many clusters occur"),
    "silhouette": _fact(Better.HIGHER, "silhouette", "how much nearer rows are to their cluster than to the next"),
    "davies_bouldin": _fact(Better.LOWER, "Davies-Bouldin", "how wide clusters are for their distance"),
    "calinski_harabasz": _fact(Better.HIGHER, "Calinski-Harabasz", "spread between clusters by spread inside"),
    "inertia": _fact(
        Better.LOWER, "inertia", "squared distances of rows from the centres of their clusters, summed"
    ),
    "sampled": _fact(Better.NEITHER, "sampled", "rows on which distances were taken"),
}


@dataclass(frozen=True, eq=False)
class GroupedRows:
    """Rows with a known group and a cluster. Made by :meth:`of`.

    Attributes:
        groups: The names of the groups, sorted; ``clusters`` likewise.
        codes: Index of each row's group and cluster, shape ``[n, 2]``.
    """

    groups: tuple[Any, ...]
    clusters: tuple[Any, ...]
    codes: Ints

    @classmethod
    def of(cls, groups: Sequence[Any] | npt.NDArray[Any], clusters: Sequence[Any] | npt.NDArray[Any]) -> Self:
        """Line up groups and clusters; names of clusters mean nothing, and need not be those of the groups.

        Raises:
            InputError: If the lengths differ.

        Example:
            >>> rows = GroupedRows.of(["a", "a", "b"], [1, 1, 0])
            >>> rows.state().measure().values["adjusted_rand"]
            1.0
        """
        if len(groups) != len(clusters):
            raise InputError(f"{len(groups)} groups and {len(clusters)} clusters", expected="one of each per row")
        names, codes = coded(groups)
        others, places = coded(clusters)
        return cls(names, others, np.column_stack([codes, places]))

    def __len__(self) -> int:
        return len(self.codes)

    def state(self, rows: Ints | None = None) -> GroupedState:
        """The state of some rows, given by their indices, or of all."""
        codes = self.codes if rows is None else self.codes[rows]
        shape = len(self.groups), len(self.clusters)
        table = np.bincount(codes[:, 0] * shape[1] + codes[:, 1], minlength=shape[0] * shape[1]).reshape(shape)
        return GroupedState(self.groups, self.clusters, table)


@dataclass(frozen=True, eq=False)
class GroupedState:
    """How many rows are of each group and cluster.

    Attributes:
        groups: The names of the groups; ``clusters`` likewise.
        table: Rows by group and cluster, shape ``[groups, clusters]``.
    """

    groups: tuple[Any, ...]
    clusters: tuple[Any, ...]
    table: Ints

    def merge(self, other: Self) -> Self:
        """The state over the rows of both; groups and clusters are found again by their names."""
        groups, across = coded([*self.groups, *other.groups])
        clusters, down = coded([*self.clusters, *other.clusters])
        table = np.zeros((len(groups), len(clusters)), dtype=np.int64)
        table[np.ix_(across[: len(self.groups)], down[: len(self.clusters)])] += self.table
        table[np.ix_(across[len(self.groups) :], down[len(self.clusters) :])] += other.table
        return type(self)(groups, clusters, table)

    def measure(self, intervals: Intervals = CLOSED) -> Measured:
        """All figures; one group and one cluster agree perfectly, as each row by itself in both does."""
        table = self.table[self.table.sum(axis=1) > 0][:, self.table.sum(axis=0) > 0]
        rows = int(table.sum())
        sheet = Sheet(rows)
        sheet.put("count", rows)
        sheet.put("groups", table.shape[0])
        sheet.put("clusters", table.shape[1])
        figures = _agreement(table.astype(np.float64), rows) if rows else {}
        for name in _AGAINST_GROUPS:
            sheet.put(name, figures.get(name, math.nan), why=_NO_ROWS if not rows else _ONE_ROW)
        return sheet.done()


_AGAINST_GROUPS = tuple(FACTS)[:8]
_ONE_ROW = "one row makes no pair"


def _agreement(table: Floats, rows: int) -> dict[str, float]:
    across, down = table.sum(axis=1), table.sum(axis=0)
    information = max(0.0, float(_mutual_information(table, across, down, rows)))
    of_groups, of_clusters = _entropy(across / rows), _entropy(down / rows)
    homogeneity = min(1.0, information / of_groups) if of_groups else 1.0
    completeness = min(1.0, information / of_clusters) if of_clusters else 1.0
    both = homogeneity + completeness
    mean = (of_groups + of_clusters) / 2
    single = table.shape[0] == table.shape[1] == 1
    alone = table.shape[0] == table.shape[1] == rows
    expected = _expected_information(across, down, rows)
    adjusted = 1.0 if single or alone else _beyond_chance(information, expected, mean)
    return {
        "mutual_information": information,
        "normalised_mutual_information": min(1.0, information / mean) if mean else 1.0,
        "adjusted_mutual_information": adjusted,
        "homogeneity": homogeneity,
        "completeness": completeness,
        "v_measure": 2 * homogeneity * completeness / both if both else 0.0,
        **_over_pairs(table, across, down, rows),
    }


def _beyond_chance(found: float, expected: float, most: float) -> float:
    room = most - expected
    # Rounding must not turn no room for agreement into perfect agreement.
    smallest = float(np.finfo(np.float64).eps)
    return (found - expected) / (min(room, -smallest) if room < 0 else max(room, smallest))


def _mutual_information(table: Floats, across: Floats, down: Floats, rows: int) -> float:
    filled = table > 0
    share = table[filled] / rows
    return float(share @ (np.log(share) - np.log(np.outer(across, down)[filled] / rows**2)))


def _entropy(shares: Floats) -> float:
    return max(0.0, -float(shares @ np.log(shares)))


def _expected_information(across: Floats, down: Floats, rows: int) -> float:
    """The mean mutual information of two random partitions with groups and clusters of these sizes."""
    total = 0.0
    firsts, seconds = (np.unique(sizes, return_counts=True) for sizes in (across, down))
    for first, times in zip(*firsts, strict=True):
        for second, more in zip(*seconds, strict=True):
            # Further than forty standard deviations from the mean no rows are ever shared by chance.
            mean = first * second / rows
            reach = 40 * math.sqrt(mean * (1 - first / rows) * (1 - second / rows)) + 40
            least, most = max(1.0, first + second - rows, mean - reach), min(first, second, mean + reach)
            shared = np.arange(math.ceil(least), math.floor(most) + 1)
            sizes = np.array([first, second, rows - first, rows - second])
            chance = _log_factorial(sizes).sum() - _log_factorial(np.array([rows]))
            for part in (shared, first - shared, second - shared, rows - first - second + shared):
                chance = chance - _log_factorial(part)
            told = shared / rows * np.log(rows * shared / (first * second))
            total += float(times * more * (told @ np.exp(chance)))
    return total


def _log_factorial(numbers: npt.NDArray[Any]) -> Floats:
    """By Stirling's series, which needs no table of all numbers; from 16 on it is exact to rounding."""
    size = np.maximum(numbers, _EXACT) + 1.0
    series = 1 / (12 * size) - 1 / (360 * size**3) + 1 / (1260 * size**5) - 1 / (1680 * size**7)
    large = (size - 0.5) * np.log(size) - size + 0.5 * math.log(2 * math.pi) + series
    small = np.array([math.lgamma(number + 1) for number in range(_EXACT)])
    found: Floats = np.where(numbers < _EXACT, small[np.minimum(numbers, _EXACT - 1).astype(np.int64)], large)
    return found


def _over_pairs(table: Floats, across: Floats, down: Floats, rows: int) -> dict[str, float]:
    """What is asked of pairs of rows: whether they are together in the groups, and in the clusters."""
    if rows < 2:
        return {}
    both, by_group, by_cluster = (float((sizes * (sizes - 1)).sum()) / 2 for sizes in (table, across, down))
    pairs = rows * (rows - 1) / 2
    expected, most = by_group * by_cluster / pairs, (by_group + by_cluster) / 2
    root = math.sqrt(by_group) * math.sqrt(by_cluster)
    return {
        "adjusted_rand": (both - expected) / (most - expected) if most != expected else 1.0,
        "fowlkes_mallows": both / root if root else 0.0,
    }


@dataclass(frozen=True, eq=False)
class PlacedRows:
    """Rows with their place and their cluster. Made by :meth:`of`.

    Attributes:
        clusters: The names of the clusters, sorted.
        codes: Index of each row's cluster, shape ``[n]``.
        places: Features, on the scales that were clustered, shape ``[n, d]``.
        luck: A random number of each row: those with the smallest are the sample.
        sample: How many rows the sample may have.
    """

    clusters: tuple[Any, ...]
    codes: Ints
    places: Floats
    luck: Floats
    sample: int

    @classmethod
    def of(
        cls,
        places: npt.NDArray[Any] | Sequence[Sequence[float]],
        clusters: Sequence[Any] | npt.NDArray[Any],
        *,
        sample: int = SAMPLE,
        seed: int = 0,
    ) -> Self:
        """Line up rows with their clusters.

        Args:
            places: Features, on the scales that were clustered, finite, shape ``[n, d]``.
            clusters: The cluster of each row; noise that has a name of its own (``-1``) is one more cluster, so
                leave such rows out.
            sample: The most rows of which distances are taken; up to so many, every figure is exact.
            seed: Of the sample. Parts that are merged may have the same one.

        Raises:
            InputError: If the lengths differ, a feature is not finite, or the sample has fewer than two rows.
        """
        values = np.asarray(places, dtype=np.float64)
        names, codes = coded(clusters)
        if values.ndim != 2 or len(values) != len(codes):
            raise InputError(
                f"features of the shape {list(values.shape)} for {len(codes)} rows with a cluster",
                expected="one row of features per row: [n, d]",
            )
        broken = int(np.count_nonzero(~np.isfinite(values).all(axis=1)))
        if broken or sample < 2:
            raise InputError(
                f"{broken} rows with a feature that is not finite, and a sample of {sample}",
                expected="finite features as they were clustered, and at least two rows to sample",
            )
        return cls(names, codes, values, np.random.default_rng(seed).random(len(codes)), sample)

    def __len__(self) -> int:
        return len(self.codes)

    def state(self, rows: Ints | None = None) -> PlacedState:
        """The state of some rows, given by their indices, or of all."""
        part = slice(None) if rows is None else rows
        codes, places, luck = self.codes[part], self.places[part], self.luck[part]
        size = len(self.clusters)
        counts = np.bincount(codes, minlength=size).astype(np.float64)
        sums = np.zeros((size, places.shape[1]))
        np.add.at(sums, codes, places)
        centres = sums / np.maximum(counts, 1)[:, None]
        spread = np.bincount(codes, ((places - centres[codes]) ** 2).sum(axis=1), size).astype(np.float64)
        picked = np.argsort(luck, kind="stable")[: self.sample]
        return PlacedState(
            clusters=self.clusters,
            counts=counts,
            centres=centres,
            spread=spread,
            codes=codes[picked],
            places=places[picked],
            luck=luck[picked],
            sample=self.sample,
        )


@dataclass(frozen=True, eq=False)
class PlacedState:
    """Moments of every cluster, and a sample of rows.

    Attributes:
        clusters: Their names.
        counts: Rows of each; ``centres`` their means, shape ``[clusters, d]``; ``spread`` the sums of squared
            distances from them.
        codes: Cluster of each row of the sample; ``places`` and ``luck`` its features and random number.
        sample: How many rows the sample may have.
    """

    clusters: tuple[Any, ...]
    counts: Floats
    centres: Floats
    spread: Floats
    codes: Ints
    places: Floats
    luck: Floats
    sample: int

    def merge(self, other: Self) -> Self:
        """The state over the rows of both; clusters are found again by their names."""
        clusters, where = coded([*self.clusters, *other.clusters])
        mine, theirs = where[: len(self.clusters)], where[len(self.clusters) :]
        parts = [_spread_out(self, mine, len(clusters)), _spread_out(other, theirs, len(clusters))]
        (counts, centres, spread), (more, others, also) = parts
        total = counts + more
        share = (more / np.maximum(total, 1))[:, None]
        gap = others - centres
        luck = np.concatenate((self.luck, other.luck))
        picked = np.argsort(luck, kind="stable")[: self.sample]
        return type(self)(
            clusters=clusters,
            counts=total,
            centres=centres + gap * share,
            spread=spread + also + (gap**2).sum(axis=1) * counts * share[:, 0],
            codes=np.concatenate((mine[self.codes], theirs[other.codes]))[picked],
            places=np.concatenate((self.places, other.places))[picked],
            luck=luck[picked],
            sample=self.sample,
        )

    def measure(self, intervals: Intervals = CLOSED) -> Measured:
        """All figures: silhouette and Davies-Bouldin from the sample, the rest from all rows."""
        rows, used = int(self.counts.sum()), self.counts > 0
        sheet = Sheet(rows)
        sheet.put("count", rows)
        sheet.put("clusters", int(used.sum()))
        sheet.put("sampled", len(self.codes))
        why = self._fault(rows, int(used.sum()))
        inside = float(self.spread.sum())
        sheet.put("inertia", inside if rows else math.nan, why=_NO_ROWS)
        for name, made in (
            ("calinski_harabasz", self._calinski_harabasz),
            ("davies_bouldin", self._davies_bouldin),
            ("silhouette", self._silhouette),
        ):
            value, reason = (math.nan, why) if why else made()
            sheet.put(name, value, why=reason)
        return sheet.done()

    def _fault(self, rows: int, clusters: int) -> str:
        if not rows:
            return _NO_ROWS
        if clusters < 2:
            return "all rows are in one cluster"
        return "every row is a cluster by itself" if clusters == rows else ""

    def _calinski_harabasz(self) -> tuple[float, str]:
        rows, clusters = self.counts.sum(), np.count_nonzero(self.counts)
        between = float(self.counts @ ((self.centres - self.counts @ self.centres / rows) ** 2).sum(axis=1))
        inside = float(self.spread.sum())
        if not inside > 0:
            return math.nan, "every row lies on the centre of its cluster"
        return between / (clusters - 1) * (rows - clusters) / inside, ""

    def _davies_bouldin(self) -> tuple[float, str]:
        used = np.flatnonzero(self.counts)
        away = np.sqrt(((self.places - self.centres[self.codes]) ** 2).sum(axis=1))
        drawn = np.bincount(self.codes, minlength=len(self.counts))
        if (drawn[used] == 0).any():
            return math.nan, "a cluster has no row in the sample; take a larger one"
        width = np.bincount(self.codes, away, len(self.counts))[used] / drawn[used]
        apart = _distances(self.centres[used], self.centres[used])
        np.fill_diagonal(apart, np.inf)
        if not apart.min() > 0:
            return math.nan, "two clusters have the same centre"
        return float(((width[:, None] + width) / apart).max(axis=1).mean()), ""

    def _silhouette(self) -> tuple[float, str]:
        size = len(self.counts)
        drawn = np.bincount(self.codes, minlength=size).astype(np.float64)
        if np.count_nonzero(drawn) < 2:
            return math.nan, "the sample has rows of one cluster only; take a larger one"
        members = np.eye(size)[self.codes]
        total = 0.0
        for start in range(0, len(self.codes), _BLOCK):
            own = self.codes[start : start + _BLOCK]
            sums = _distances(self.places[start : start + _BLOCK], self.places) @ members
            here = np.arange(len(own))
            inner = sums[here, own] / np.maximum(drawn[own] - 1, 1)
            means = np.divide(sums, drawn, out=np.full(sums.shape, np.inf), where=drawn > 0)
            means[here, own] = np.inf
            outer = means.min(axis=1)
            largest = np.maximum(inner, outer)
            known = (drawn[own] > 1) & (largest > 0)
            total += float(((outer - inner)[known] / largest[known]).sum())
        return total / len(self.codes), ""


def _spread_out(state: PlacedState, where: Ints, size: int) -> tuple[Floats, Floats, Floats]:
    """The moments of a state's clusters at their places among more clusters."""
    counts, spread = np.zeros(size), np.zeros(size)
    centres = np.zeros((size, state.centres.shape[1]))
    counts[where], spread[where], centres[where] = state.counts, state.spread, state.centres
    return counts, centres, spread


def _distances(first: Floats, second: Floats) -> Floats:
    """Euclidean distances, shape ``[first, second]``, from differences: products would cancel digits."""
    squares = np.zeros((len(first), len(second)))
    for one, other in zip(first.T, second.T, strict=True):
        squares += (one[:, None] - other) ** 2
    found: Floats = np.sqrt(squares)
    return found
