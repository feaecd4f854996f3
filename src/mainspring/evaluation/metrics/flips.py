"""Metrics of two models on the same rows: where the candidate answers otherwise than the baseline, and if rightly.

Two models of equal accuracy may disagree on many rows. Each row that was right and is now wrong is a regression
that somebody may notice, however good the mean is.

Reference: S. Yan et al., *Positive-congruent training: towards regression-free model updates*, CVPR (2021), for
the negative flip rate, here ``right_to_wrong``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.data.transforms.selection.tails import f_tail
from mainspring.evaluation.metrics.facts import Better, Fact, Facts
from mainspring.evaluation.metrics.intervals import CLOSED, Intervals, proportion
from mainspring.evaluation.metrics.measured import Measured, Sheet
from mainspring.evaluation.metrics.states import Floats, Ints

_NO_ROWS = "there are no rows"
_UNLIKE = "neither model's answer ever differs in being right, so there is nothing to test"
_BROKEN = "a model gave no finite number for {} of {} rows"
_WEIGHTED = "rows carry weights, and an exact test counts rows"


def _fact(better: Better, title: str, says: str, *, unit: bool = True) -> Fact:
    return Fact(better=better, title=title, says=says, unit=unit)


FACTS: Facts = {
    "agreement": _fact(Better.NEITHER, "agreement", "the share of rows that both models answer alike"),
    "flip_rate": _fact(Better.NEITHER, "flip rate", "the share of rows that the candidate answers otherwise"),
    "positive_to_negative": _fact(
        Better.NEITHER, "positive to negative", "of the baseline's positives, the share that are no longer"
    ),
    "negative_to_positive": _fact(
        Better.NEITHER, "negative to positive", "of the baseline's negatives, the share that are positive now"
    ),
    "right_to_wrong": _fact(Better.LOWER, "negative flip rate", "the share of rows that were right and are wrong"),
    "wrong_to_right": _fact(
        Better.HIGHER, "positive flip rate", "the share of rows that were wrong and are right"
    ),
    "net_gain": _fact(
        Better.HIGHER, "net gain", "the rows put right less those put wrong, as a share", unit=False
    ),
    "mcnemar_p": _fact(
        Better.NEITHER, "McNemar's p", "how likely so uneven flips are if both models are right equally often"
    ),
    "closer": _fact(Better.HIGHER, "closer", "the share of rows on which the candidate's error is smaller"),
    "farther": _fact(Better.LOWER, "farther", "the share of rows on which the candidate's error is larger"),
    "sign_p": _fact(Better.NEITHER, "sign test's p", "how likely so uneven shares are if neither model is closer"),
    "mean_change": _fact(Better.NEITHER, "mean change", "by how much the candidate answers more", unit=False),
    "mean_absolute_change": _fact(
        Better.NEITHER, "mean absolute change", "how far the two models' answers are apart", unit=False
    ),
    "symmetric_difference": _fact(
        Better.NEITHER,
        "symmetric prediction difference",
        "how far apart, as a share of their mean size",
        unit=False,
    ),
    "cosine_similarity": _fact(
        Better.NEITHER, "cosine similarity", "how far the two models' answers point the same way", unit=False
    ),
}


def exact_sign_test(fewer: int, more: int) -> float:
    """The two-sided chance of a split at least so uneven where both sides are equally likely; 1 for an even one.

    Over the rows on which exactly one of two models is right, this is McNemar's exact test.

    Reference: Q. McNemar, *Note on the sampling error of the difference between correlated proportions or
    percentages*, Psychometrika 12 (1947).

    Example:
        >>> round(exact_sign_test(1, 7), 6)
        0.070312
    """
    low, high = min(fewer, more), max(fewer, more)
    if not high:
        return math.nan
    # The binomial tail by Fisher's F: M. Abramowitz and I. A. Stegun, Handbook (1964), 26.5.24 and 26.6.2.
    return min(1.0, 2.0 * f_tail(high / (low + 1), 2.0 * (low + 1), 2.0 * high))


@dataclass(frozen=True, slots=True)
class Closeness:
    """Sums that tell how far apart two models' numbers are.

    Attributes:
        rows: Rows, unweighted.
        broken: Rows on which a model's number is not finite.
        weight: Sum of the weights.
        change: Weighted sum of candidate minus baseline; ``absolute`` of its size.
        relative: Weighted sum of the size of the change over the mean size of the two numbers, 0 for two zeros.
        products: Weighted sum of candidate times baseline; ``squares`` of each model's squares.
    """

    rows: int
    broken: int
    weight: float
    change: float
    absolute: float
    relative: float
    products: float
    squares: tuple[float, float]

    @classmethod
    def of(cls, before: Floats, after: Floats, weights: Floats) -> Self:
        """Sum up rows."""
        finite = np.isfinite(before) & np.isfinite(after)
        before, after = np.where(finite, before, 0.0), np.where(finite, after, 0.0)
        change = after - before
        size = (np.abs(after) + np.abs(before)) / 2
        relative = np.divide(np.abs(change), size, out=np.zeros(len(size)), where=size > 0)
        return cls(
            rows=len(before),
            broken=len(before) - int(np.count_nonzero(finite)),
            weight=float(weights.sum()),
            change=float(change @ weights),
            absolute=float(np.abs(change) @ weights),
            relative=float(relative @ weights),
            products=float((before * after) @ weights),
            squares=(float(before**2 @ weights), float(after**2 @ weights)),
        )

    def merge(self, other: Self) -> Self:
        """The sums over the rows of both."""
        return type(self)(
            rows=self.rows + other.rows,
            broken=self.broken + other.broken,
            weight=self.weight + other.weight,
            change=self.change + other.change,
            absolute=self.absolute + other.absolute,
            relative=self.relative + other.relative,
            products=self.products + other.products,
            squares=(self.squares[0] + other.squares[0], self.squares[1] + other.squares[1]),
        )

    def put(self, sheet: Sheet) -> None:
        """Write the figures."""
        if self.broken:
            for name in ("mean_change", "mean_absolute_change", "symmetric_difference", "cosine_similarity"):
                sheet.put(name, math.nan, why=_BROKEN.format(self.broken, self.rows))
            return
        sheet.fraction("mean_change", self.change, self.weight, why=_NO_ROWS)
        sheet.fraction("mean_absolute_change", self.absolute, self.weight, why=_NO_ROWS)
        sheet.fraction("symmetric_difference", self.relative, self.weight, why=_NO_ROWS)
        zero = "one of the models answers 0 on every row" if self.weight else _NO_ROWS
        lengths = math.sqrt(self.squares[0]) * math.sqrt(self.squares[1])
        sheet.fraction("cosine_similarity", self.products, lengths, why=zero)


@dataclass(frozen=True, eq=False)
class FlipRows:
    """The classes that two models answer rows with. Made by :meth:`of`.

    Attributes:
        before: Which rows the baseline answers with the positive class; ``None`` without such a class.
        after: The same of the candidate.
        alike: Which rows both answer alike.
        right: Which rows each model has right, shape ``[n, 2]``, baseline first; ``None`` without labels.
        scores: Probabilities of each model, shape ``[n, 2]``; ``None`` without them.
        weights: Row weights; ``None`` weighs every row 1.
    """

    alike: npt.NDArray[np.bool_]
    before: npt.NDArray[np.bool_] | None = None
    after: npt.NDArray[np.bool_] | None = None
    right: npt.NDArray[np.bool_] | None = None
    scores: Floats | None = None
    weights: Floats | None = None

    @classmethod
    def of(
        cls,
        baseline: Sequence[Any] | npt.NDArray[Any],
        candidate: Sequence[Any] | npt.NDArray[Any],
        *,
        truth: Sequence[Any] | npt.NDArray[Any] | None = None,
        positive: Any = None,
        scores: tuple[Sequence[float] | npt.NDArray[Any], Sequence[float] | npt.NDArray[Any]] | None = None,
        weights: Sequence[float] | npt.NDArray[Any] | None = None,
    ) -> Self:
        """Line up the answers of two models.

        Args:
            baseline: The class that the old model answers each row with, shape ``[n]``.
            candidate: The same of the new model.
            truth: The labels; without them nothing is said of right and wrong.
            positive: The class that a binary task is about; without it nothing is said of positive and negative.
            scores: Probabilities of the positive class by baseline and candidate.
            weights: Row weights.

        Raises:
            InputError: If lengths differ, or a label is missing.

        Example:
            >>> rows = FlipRows.of(["a", "a", "b"], ["a", "b", "b"], truth=["a", "a", "a"])
            >>> found = rows.state().measure().values
            >>> found["agreement"], found["right_to_wrong"], found["wrong_to_right"]
            (0.6666666666666666, 0.3333333333333333, 0.0)
        """
        old, new = np.asarray(baseline, dtype=object), np.asarray(candidate, dtype=object)
        given = {"baseline": old, "candidate": new}
        labels = None if truth is None else np.asarray(truth, dtype=object)
        both = None if scores is None else [np.asarray(one, dtype=np.float64) for one in scores]
        weight = None if weights is None else np.asarray(weights, dtype=np.float64)
        if labels is not None:
            given["truth"] = labels
        if both is not None:
            given |= {"scores of the baseline": both[0], "scores of the candidate": both[1]}
        if weight is not None:
            given["weights"] = weight
        _check_lengths(given)
        if labels is not None and any(one is None for one in labels):
            raise InputError(
                f"{sum(one is None for one in labels)} rows without a label", expected="a label in every row"
            )
        return cls(
            alike=np.asarray(old == new, dtype=np.bool_),
            before=None if positive is None else np.asarray(old == positive, dtype=np.bool_),
            after=None if positive is None else np.asarray(new == positive, dtype=np.bool_),
            right=None if labels is None else np.column_stack([old == labels, new == labels]).astype(np.bool_),
            scores=None if both is None else np.column_stack(both),
            weights=weight,
        )

    def __len__(self) -> int:
        return len(self.alike)

    def state(self, rows: Ints | None = None) -> FlipState:
        """The state of some rows, given by their indices, or of all."""
        part = slice(None) if rows is None else rows
        count = len(self.alike[part])
        weights = np.ones(count) if self.weights is None else self.weights[part]
        moves = None
        if self.before is not None and self.after is not None:
            moves = _pairs(self.before[part], self.after[part], weights)
        rights = None if self.right is None else _pairs(self.right[part, 0], self.right[part, 1], weights)
        closeness = None
        if self.scores is not None:
            closeness = Closeness.of(self.scores[part, 0], self.scores[part, 1], weights)
        return FlipState(
            rows=count,
            weighted=self.weights is not None,
            weight=float(weights.sum()),
            alike=float(weights[self.alike[part]].sum()),
            moves=moves,
            rights=rights,
            closeness=closeness,
        )


@dataclass(frozen=True, eq=False)
class FlipState:
    """Weight by what the two models did.

    Attributes:
        rows: Rows, unweighted.
        weighted: Whether rows carry weights (then there are no intervals and no test).
        weight: Sum of the weights.
        alike: Weight of the rows that both answer alike.
        moves: By whether the baseline's answer is positive (rows) and the candidate's is (columns).
        rights: By whether the baseline is right (rows) and the candidate is (columns).
        closeness: Of the scores.
    """

    rows: int
    weighted: bool
    weight: float
    alike: float
    moves: Floats | None
    rights: Floats | None
    closeness: Closeness | None

    def merge(self, other: Self) -> Self:
        """The state over the rows of both; both must know labels, a positive class and scores, or neither."""
        return type(self)(
            rows=self.rows + other.rows,
            weighted=self.weighted or other.weighted,
            weight=self.weight + other.weight,
            alike=self.alike + other.alike,
            moves=None if self.moves is None or other.moves is None else self.moves + other.moves,
            rights=None if self.rights is None or other.rights is None else self.rights + other.rights,
            closeness=None
            if self.closeness is None or other.closeness is None
            else self.closeness.merge(other.closeness),
        )

    def measure(self, intervals: Intervals = CLOSED) -> Measured:
        """All figures; shares of unweighted rows have the interval of a proportion."""
        sheet = Sheet(self.rows)
        self.put(sheet, intervals)
        return sheet.done()

    def put(self, sheet: Sheet, intervals: Intervals) -> None:
        """Write all figures."""
        sheet.put("count", self.rows)
        parts = {
            "agreement": (self.alike, self.weight, _NO_ROWS),
            "flip_rate": (self.weight - self.alike, self.weight, _NO_ROWS),
        }
        if self.moves is not None:
            negatives, positives = self.moves.sum(axis=1).tolist()
            never = "the baseline answers no row with the {} class"
            parts["positive_to_negative"] = float(self.moves[1, 0]), positives, never.format("positive")
            parts["negative_to_positive"] = float(self.moves[0, 1]), negatives, never.format("negative")
        if self.rights is not None:
            parts["right_to_wrong"] = float(self.rights[1, 0]), self.weight, _NO_ROWS
            parts["wrong_to_right"] = float(self.rights[0, 1]), self.weight, _NO_ROWS
        for name, (top, bottom, why) in parts.items():
            _put_share(sheet, name, top, bottom, why, None if self.weighted else intervals)
        if self.rights is not None:
            lost, won = parts["right_to_wrong"][0], parts["wrong_to_right"][0]
            sheet.fraction("net_gain", won - lost, self.weight, why=_NO_ROWS)
            _put_test(sheet, "mcnemar_p", lost, won, weighted=self.weighted)
        if self.closeness is not None:
            self.closeness.put(sheet)


@dataclass(frozen=True, eq=False)
class ShiftRows:
    """The values that two models answer rows with. Made by :meth:`of`.

    Attributes:
        before: The baseline's, shape ``[n]``.
        after: The candidate's.
        truth: The labels; ``None`` without them.
        tolerance: From the label to the answer, up to which an answer is right; between two answers, alike.
        weights: Row weights; ``None`` weighs every row 1.
    """

    before: Floats
    after: Floats
    truth: Floats | None
    tolerance: float
    weights: Floats | None

    @classmethod
    def of(
        cls,
        baseline: Sequence[float] | npt.NDArray[Any],
        candidate: Sequence[float] | npt.NDArray[Any],
        *,
        truth: Sequence[float] | npt.NDArray[Any] | None = None,
        tolerance: float = 0.0,
        weights: Sequence[float] | npt.NDArray[Any] | None = None,
    ) -> Self:
        """Line up the answers of two models.

        Args:
            baseline: The old model's values, shape ``[n]``.
            candidate: The new model's.
            truth: The labels; without them nothing is said of right and wrong.
            tolerance: Two values no further apart are alike, and an answer no further from its label is right.
            weights: Row weights.

        Raises:
            InputError: If lengths differ, or a label is missing.

        Example:
            >>> rows = ShiftRows.of([1.0, 2.0], [1.5, 2.0], truth=[2.0, 2.0])
            >>> rows.state().measure().values["closer"]
            0.5
        """
        given = {"baseline": baseline, "candidate": candidate}
        given |= {name: one for name, one in (("truth", truth), ("weights", weights)) if one is not None}
        arrays = {name: np.asarray(values, dtype=np.float64) for name, values in given.items()}
        _check_lengths(arrays)
        missing = int(np.count_nonzero(~np.isfinite(arrays["truth"]))) if "truth" in arrays else 0
        if missing:
            raise InputError(f"{missing} rows without a label", expected="a label in every row")
        return cls(
            arrays["baseline"], arrays["candidate"], arrays.get("truth"), float(tolerance), arrays.get("weights")
        )

    def __len__(self) -> int:
        return len(self.before)

    def state(self, rows: Ints | None = None) -> ShiftState:
        """The state of some rows, given by their indices, or of all."""
        part = slice(None) if rows is None else rows
        before, after = self.before[part], self.after[part]
        weights = np.ones(len(before)) if self.weights is None else self.weights[part]
        closer = farther = 0.0
        rights = None
        if self.truth is not None:
            old, new = np.abs(before - self.truth[part]), np.abs(after - self.truth[part])
            closer, farther = float(weights[new < old].sum()), float(weights[new > old].sum())
            rights = _pairs(old <= self.tolerance, new <= self.tolerance, weights)
        with np.errstate(invalid="ignore"):  # what is not finite is told when it is measured
            alike = np.abs(after - before) <= self.tolerance
        flips = FlipState(
            rows=len(before),
            weighted=self.weights is not None,
            weight=float(weights.sum()),
            alike=float(weights[alike].sum()),
            moves=None,
            rights=rights,
            closeness=Closeness.of(before, after, weights),
        )
        return ShiftState(flips, closer, farther)


@dataclass(frozen=True, eq=False)
class ShiftState:
    """Flips by a tolerance, and which model is nearer to the label.

    Attributes:
        flips: With answers within the tolerance as right.
        closer: Weight of the rows on which the candidate's error is smaller.
        farther: Weight of those on which it is larger.
    """

    flips: FlipState
    closer: float
    farther: float

    def merge(self, other: Self) -> Self:
        """The state over the rows of both."""
        return type(self)(self.flips.merge(other.flips), self.closer + other.closer, self.farther + other.farther)

    def measure(self, intervals: Intervals = CLOSED) -> Measured:
        """All figures of :class:`FlipState`, and with labels who is closer."""
        sheet, flips = Sheet(self.flips.rows), self.flips
        flips.put(sheet, intervals)
        if flips.rights is not None:
            for name, part in (("closer", self.closer), ("farther", self.farther)):
                _put_share(sheet, name, part, flips.weight, _NO_ROWS, None if flips.weighted else intervals)
            _put_test(sheet, "sign_p", self.farther, self.closer, weighted=flips.weighted)
        if flips.closeness is not None and flips.closeness.broken:
            sheet.spoil(_BROKEN.format(flips.closeness.broken, flips.rows), keep=frozenset({"count"}))
        return sheet.done()


def _put_share(sheet: Sheet, name: str, top: float, bottom: float, why: str, intervals: Intervals | None) -> None:
    interval = None if intervals is None else proportion(top, bottom, intervals)
    sheet.fraction(name, top, bottom, why=why, interval=interval)


def _put_test(sheet: Sheet, name: str, lost: float, won: float, *, weighted: bool) -> None:
    chance = math.nan if weighted else exact_sign_test(round(lost), round(won))
    sheet.put(name, chance, why=_WEIGHTED if weighted else _UNLIKE)


def _pairs(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_], weights: Floats) -> Floats:
    codes = 2 * first.astype(np.int64) + second
    return np.bincount(codes, weights, minlength=4).reshape(2, 2).astype(np.float64)


def _check_lengths(given: dict[str, npt.NDArray[Any]]) -> None:
    lengths = {name: len(values) for name, values in given.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(
            "columns of different lengths: " + ", ".join(f"{name} {count}" for name, count in lengths.items()),
            expected="one value per row in each",
        )
