"""Metrics of rankings: documents ordered by score within queries, each query one unit.

Where documents of a query have equal scores, every figure is its mean over all orders of the tied documents,
so that no figure depends on the order of the rows.

Reference: F. McSherry and M. Najork, *Computing information retrieval performance measures efficiently in the
presence of tied scores*, ECIR (2008).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.metrics.coding import coded
from mainspring.evaluation.metrics.facts import Better, Fact, Facts
from mainspring.evaluation.metrics.grouping import shares
from mainspring.evaluation.metrics.intervals import CLOSED, Intervals, normal
from mainspring.evaluation.metrics.measured import Interval, Measured, Sheet
from mainspring.evaluation.metrics.resampling import bootstrap_means
from mainspring.evaluation.metrics.states import Floats, Ints

DEFAULT_TOPS: Final = (1, 5, 10)

_NO_ROWS = "there are no rows with a label"
_NONE_RELEVANT = "no query has a relevant document"
_BROKEN = "the model gave no finite score for {} of {} rows"
_OF_LABELS = frozenset({"count", "queries", "queries_without_relevant"})


def _fact(title: str, says: str) -> Fact:
    return Fact(better=Better.HIGHER, title=title, says=says, unit=True)


FACTS: Facts = {
    "ndcg": _fact("NDCG", "how near the order is to the best one, with the relevance itself as gain"),
    "ndcg_exponential": _fact("NDCG (exponential)", "how near the order is to the best one, gain 2^relevance - 1"),
    "map": _fact("MAP", "the precision at each relevant document, averaged by query"),
    "mrr": _fact("MRR", "one divided by the place of the first relevant document, averaged"),
    "precision": _fact("precision", "the share of the first places that hold a relevant document"),
    "recall": _fact("recall", "the share of the relevant documents that stand in the first places"),
    "hit_rate": _fact("hit rate", "the share of queries with a relevant document in the first places"),
    "queries": Fact(better=Better.NEITHER, title="queries", says="how many queries were asked"),
    "queries_without_relevant": Fact(
        better=Better.NEITHER, title="queries without relevant", says="how many could not be judged"
    ),
}

ONLY_TOP: Final = frozenset({"precision", "recall", "hit_rate"})
"""Figures that are always about the first places."""
TOP: Final = ONLY_TOP | {"ndcg", "ndcg_exponential"}
"""Figures that may be about the first places: ``ndcg@10``."""


@dataclass(frozen=True, eq=False)
class QueryRows:
    """Documents with their query, relevance and score. Made by :meth:`of`.

    Attributes:
        names: The queries, sorted.
        codes: Index of each row's query among them, shape ``[n]``.
        relevance: 0 for a document that is not relevant, more for a more relevant one, shape ``[n]``.
        scores: What the documents of a query are ordered by, the highest first, shape ``[n]``.
        weights: Row weights, shape ``[n]``; a query weighs the mean of its rows. ``None`` weighs every query 1.
        tops: The numbers of places for the figures ``…@k``.
    """

    names: tuple[Any, ...]
    codes: Ints
    relevance: Floats
    scores: Floats
    weights: Floats | None = None
    tops: tuple[int, ...] = DEFAULT_TOPS

    @classmethod
    def of(
        cls,
        queries: Sequence[Any] | npt.NDArray[Any],
        relevance: Sequence[float] | npt.NDArray[Any],
        scores: Sequence[float] | npt.NDArray[Any],
        *,
        weights: Sequence[float] | npt.NDArray[Any] | None = None,
        tops: Sequence[int] = DEFAULT_TOPS,
    ) -> Self:
        """Line up documents.

        Args:
            queries: The query of each row: texts or whole numbers, shape ``[n]``.
            relevance: How relevant the document is, 0 or more, shape ``[n]``; above 0 is relevant.
            scores: Shape ``[n]``.
            weights: Row weights, shape ``[n]``.
            tops: The numbers of places for the figures ``…@k``.

        Raises:
            InputError: If lengths differ, a relevance is negative or missing, a query is missing, or a number
                of places is below 1.

        Example:
            >>> rows = QueryRows.of(["a", "a", "b", "b"], [1, 0, 0, 1], [0.9, 0.1, 0.8, 0.3])
            >>> rows.state().measure().values["mrr"]
            0.75
        """
        asked = queries.tolist() if isinstance(queries, np.ndarray) else list(queries)
        gains, ranks = np.asarray(relevance, dtype=np.float64), np.asarray(scores, dtype=np.float64)
        weight = None if weights is None else np.asarray(weights, dtype=np.float64)
        told = [len(asked), len(gains), len(ranks), *([] if weight is None else [len(weight)])]
        faults = [f"columns of {', '.join(map(str, told))} rows"] if len(set(told)) > 1 else []
        missing = sum(one is None or one != one for one in asked)
        if missing:
            faults.append(f"{missing} rows without a query")
        bad = int(np.count_nonzero(~(gains >= 0) | np.isinf(gains)))
        if bad:
            faults.append(f"{bad} rows with a relevance that is negative or missing")
        if any(top < 1 for top in tops):
            faults.append(f"the first {min(tops)} places")
        if faults:
            raise InputError(
                "; ".join(faults),
                expected="a query, a relevance of 0 or more, and a score in every row; places from 1",
            )
        names, codes = coded(queries)
        return cls(names, codes, gains, ranks, weight, tuple(tops))

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def units(self) -> Ints:
        """A number for each row, the same for all rows of a query in any part, so that none is cut in two."""
        numbers = np.array([zlib.crc32(str(name).encode()) for name in self.names], dtype=np.int64)
        return numbers[self.codes]

    def state(self, rows: Ints | None = None) -> QueryState:
        """The state of some rows, given by their indices, or of all.

        A slice that cuts through queries judges each on its documents inside the slice.
        """
        part = slice(None) if rows is None else rows
        present, codes = np.unique(self.codes[part], return_inverse=True)
        return QueryState(
            names=tuple(self.names[place] for place in present.tolist()),
            codes=codes.astype(np.int64),
            relevance=self.relevance[part],
            scores=self.scores[part],
            weights=None if self.weights is None else self.weights[part],
            tops=self.tops,
        )


@dataclass(frozen=True, eq=False)
class QueryState:
    """The documents themselves: a query may go on in the next part of the rows, so this state grows with them.

    The attributes are those of :class:`QueryRows`.
    """

    names: tuple[Any, ...]
    codes: Ints
    relevance: Floats
    scores: Floats
    weights: Floats | None
    tops: tuple[int, ...]

    def merge(self, other: Self) -> Self:
        """The state over the rows of both; a query that is in both is one query."""
        names, codes = coded([*self.names, *other.names])
        mine, theirs = codes[: len(self.names)], codes[len(self.names) :]
        both, weights = (self, other), None
        if any(one.weights is not None for one in both):
            weights = np.concatenate(
                [np.ones(len(one.codes)) if one.weights is None else one.weights for one in both]
            )
        return type(self)(
            names=names,
            codes=np.concatenate((mine[self.codes], theirs[other.codes])),
            relevance=np.concatenate((self.relevance, other.relevance)),
            scores=np.concatenate((self.scores, other.scores)),
            weights=weights,
            tops=self.tops,
        )

    @cached_property
    def by_query(self) -> Mapping[str, Floats]:
        """Metric to its figure for each of ``names``; NaN for a query without a relevant document."""
        return dict(self._by_query())

    def measure(self, intervals: Intervals = CLOSED) -> Measured:
        """The (weighted) mean of every figure over the queries that have a relevant document.

        Intervals take queries as units: from the spread of their figures, or by drawing queries again.
        """
        sheet = Sheet(len(self.codes))
        size = len(self.names)
        judged = np.bincount(self.codes, self.relevance > 0, size) > 0
        sheet.put("count", len(self.codes))
        sheet.put("queries", size)
        sheet.put("queries_without_relevant", size - int(judged.sum()))
        why = _NONE_RELEVANT if size else _NO_ROWS
        finite = np.isfinite(self.scores)
        weights = self._weights()[judged]
        figures = np.array([known[judged] for known in self.by_query.values()]).T
        means = shares(weights @ figures, weights.sum())
        ends = self._intervals(figures, means, weights, intervals)
        for name, mean, interval in zip(self.by_query, means.tolist(), ends, strict=True):
            sheet.put(name, mean, why=why, interval=interval)
        if not finite.all():
            sheet.spoil(_BROKEN.format(np.count_nonzero(~finite), len(finite)), keep=_OF_LABELS)
        return sheet.done()

    def _weights(self) -> Floats:
        size = len(self.names)
        if self.weights is None:
            return np.ones(size)
        return np.bincount(self.codes, self.weights, size) / np.bincount(self.codes, minlength=size)

    def _intervals(
        self, figures: Floats, means: Floats, weights: Floats, intervals: Intervals
    ) -> Sequence[Interval | None]:
        """One for each figure: by the central limit theorem, which the jackknife finds again, or by drawing."""
        if len(figures) < 2:
            return [None] * len(means)
        if intervals.method == "bootstrap":
            return bootstrap_means(figures, intervals, weights)
        if self.weights is not None:
            return [None] * len(means)
        variances = figures.var(axis=0, ddof=1) / len(figures)
        ends = zip(means.tolist(), variances.tolist(), strict=True)
        return [normal(mean, variance, low=0.0, high=1.0, level=intervals.level) for mean, variance in ends]

    def _by_query(self) -> Iterator[tuple[str, Floats]]:
        order = _Order.of(self.codes, self.relevance, np.nan_to_num(self.scores), len(self.names))
        best = _Order.of(self.codes, self.relevance, self.relevance, len(self.names))
        for name, gain in (("ndcg", order.gain), ("ndcg_exponential", order.exponential)):
            ideal = best.gain if name == "ndcg" else best.exponential
            for top in (None, *self.tops):
                key = name if top is None else f"{name}@{top}"
                yield key, shares(order.discounted(gain, top), best.discounted(ideal, top))
        yield "map", shares(order.precisions(), order.relevant)
        yield "mrr", shares(order.reciprocal_rank(), np.sign(order.relevant))
        for top in self.tops:
            found = order.found(top)
            yield f"precision@{top}", shares(found, top * np.sign(order.relevant))
            yield f"recall@{top}", shares(found, order.relevant)
            yield f"hit_rate@{top}", shares(order.hit(top), np.sign(order.relevant))


@dataclass(frozen=True, eq=False)
class _Order:
    """The places of all queries, each with what stands there on average over the orders of tied documents.

    Attributes:
        codes: Query of each place, ascending.
        place: Its number within the query, from 1.
        gain: Mean relevance of the tied documents that may stand there.
        exponential: The same of 2^relevance - 1.
        tied: How many documents are tied there.
        hits: How many of them are relevant.
        before: Places of the query above the tied ones.
        earlier: Relevant documents above them.
        relevant: Relevant documents by query.
    """

    codes: Ints
    place: Floats
    gain: Floats
    exponential: Floats
    tied: Floats
    hits: Floats
    before: Floats
    earlier: Floats
    relevant: Floats

    @classmethod
    def of(cls, codes: Ints, relevance: Floats, scores: Floats, size: int) -> Self:
        order = np.lexsort((-scores, codes))
        query, ranked, gains = codes[order], scores[order], relevance[order]
        count = len(order)
        starts = np.ones(count, dtype=bool)
        starts[1:] = (query[1:] != query[:-1]) | (ranked[1:] != ranked[:-1])
        group = np.cumsum(starts) - 1
        first = np.flatnonzero(starts)
        tied = np.bincount(group, minlength=len(first)).astype(np.float64)
        hits = np.bincount(group, gains > 0, len(first))
        head = np.concatenate(([0], np.cumsum(np.bincount(query, minlength=size))))[query]
        relevant = np.bincount(query, gains > 0, size).astype(np.float64)
        above = np.concatenate(([0.0], np.cumsum(relevant)))[query]
        earlier = (np.cumsum(hits) - hits)[group] - above
        return cls(
            codes=query,
            place=(np.arange(count) - head + 1).astype(np.float64),
            gain=(np.bincount(group, gains, len(first)) / tied)[group],
            exponential=(np.bincount(group, np.exp2(gains) - 1, len(first)) / tied)[group],
            tied=tied[group],
            hits=hits[group],
            before=first[group] - head.astype(np.float64),
            earlier=earlier,
            relevant=relevant,
        )

    def _sum(self, values: Floats) -> Floats:
        return np.bincount(self.codes, values, len(self.relevant)).astype(np.float64)

    def discounted(self, gain: Floats, top: int | None) -> Floats:
        """Discounted cumulative gain of each query over its first places."""
        seen = np.ones(len(gain), dtype=bool) if top is None else self.place <= top
        return self._sum(np.where(seen, gain / np.log2(self.place + 1), 0.0))

    def found(self, top: int) -> Floats:
        """Relevant documents of each query in its first places."""
        return self._sum(np.where(self.place <= top, self.hits / self.tied, 0.0))

    def precisions(self) -> Floats:
        """Sum over the relevant documents of the precision at their places."""
        inside = self.place - self.before
        others = np.maximum(self.tied - 1, 1)
        above = self.earlier + (inside - 1) * np.maximum(self.hits - 1, 0) / others
        return self._sum(self.hits / self.tied * (above + 1) / self.place)

    def reciprocal_rank(self) -> Floats:
        """One divided by the place of the first relevant document; 0 without one."""
        found = np.zeros(len(self.relevant))
        for query, before, tied, hits in self._first_hits():
            inside = np.arange(tied)
            # The first relevant of the tied documents stands at a place if all above miss, and it hits.
            left = tied - inside
            missed = np.concatenate(([1.0], np.cumprod(np.maximum(left - hits, 0) / left)[:-1]))
            found[query] = float((missed * np.minimum(hits / left, 1.0) / (before + inside + 1)).sum())
        return found

    def hit(self, top: int) -> Floats:
        """The chance that a relevant document stands in the first places: 0 or 1 without ties."""
        found = np.zeros(len(self.relevant))
        for query, before, tied, hits in self._first_hits():
            drawn = np.arange(min(max(top - before, 0), tied))
            found[query] = 1.0 - float(np.prod(np.maximum(tied - hits - drawn, 0) / (tied - drawn)))
        return found

    def _first_hits(self) -> Iterator[tuple[int, int, int, int]]:
        """For each query: the first tied documents with a relevant one among them (before, tied, relevant)."""
        first = np.flatnonzero((self.earlier == 0) & (self.hits > 0) & (self.place == self.before + 1))
        columns = (self.codes, self.before, self.tied, self.hits)
        yield from zip(*(values[first].astype(np.int64).tolist() for values in columns), strict=True)
