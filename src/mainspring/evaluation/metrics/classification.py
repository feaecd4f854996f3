"""Metrics of classifiers, from one pass over the rows and a state that merges.

Binary: every figure that needs a positive class is about the stated one, at the threshold of the larger
probability. Multi-class: the plain name is the mean over classes (macro), ``*_weighted`` the mean weighted
by how often each class occurs; ``auc`` and ``average_precision`` are one-vs-rest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.metrics.intervals import normal, wilson
from mainspring.evaluation.metrics.measured import Interval, Measured, Sheet
from mainspring.evaluation.metrics.ranking import Floats, Ranking

Ints = npt.NDArray[np.int64]

_SMALLEST = float(np.finfo(np.float64).eps)
_NO_ROWS = "there are no rows with a label"
_BROKEN = "the model gave no finite probabilities for {} of {} rows"
_OF_LABELS = frozenset({"count", "base_rate"})


@dataclass(frozen=True, eq=False)
class ClassificationState:
    """All that is kept of a set of rows.

    Attributes:
        classes: The model's classes, then labels that it does not know.
        known: How many of them the model knows.
        positive: Index of the positive class; ``None`` for more than two classes.
        rows: Rows, unweighted.
        weighted: Whether rows carry weights (then no intervals are given).
        broken: Rows whose scores are not all finite.
        confusion: Weight by true class (rows) and predicted class (columns).
        log_loss: Weighted sum.
        brier: Weighted sum.
        rankings: One per ranked class: the positive one, or every class that the model knows.
    """

    classes: tuple[str, ...]
    known: int
    positive: int | None
    rows: int
    weighted: bool
    broken: int
    confusion: Floats
    log_loss: float
    brier: float
    rankings: tuple[Ranking, ...]

    def merge(self, other: ClassificationState) -> ClassificationState:
        """The state over the rows of both; they must be of the same model and classes."""
        return ClassificationState(
            classes=self.classes,
            known=self.known,
            positive=self.positive,
            rows=self.rows + other.rows,
            weighted=self.weighted or other.weighted,
            broken=self.broken + other.broken,
            confusion=self.confusion + other.confusion,
            log_loss=self.log_loss + other.log_loss,
            brier=self.brier + other.brier,
            rankings=tuple(a.merge(b) for a, b in zip(self.rankings, other.rankings, strict=True)),
        )

    def measure(self) -> Measured:
        """All metrics."""
        sheet = Sheet(self.rows)
        sheet.put("count", self.rows)
        right = float(np.trace(self.confusion))
        sheet.fraction("accuracy", right, self._total, why=_NO_ROWS, interval=self._share(right, self._total))
        if self.positive is None:
            self._many(sheet)
        else:
            self._binary(sheet, self.positive)
        sheet.fraction("log_loss", self.log_loss, self._total, why=_NO_ROWS)
        sheet.fraction("brier", self.brier, self._total, why=_NO_ROWS)
        if self.broken:
            sheet.spoil(_BROKEN.format(self.broken, self.rows), keep=_OF_LABELS)
        return sheet.done()

    @cached_property
    def _total(self) -> float:
        return float(self.confusion.sum())

    def _share(self, top: float, bottom: float) -> Interval | None:
        return None if self.weighted else wilson(top, bottom)

    def _binary(self, sheet: Sheet, positive: int) -> None:
        name = self.classes[positive]
        hits = float(self.confusion[positive, positive])
        actual = float(self.confusion[positive].sum())
        chosen = float(self.confusion[:, positive].sum())
        false_alarms, others = chosen - hits, self._total - actual
        no_actual = f"no row has the label {name!r}" if self._total else _NO_ROWS
        no_chosen = f"the model predicted {name!r} for no row" if self._total else _NO_ROWS
        no_others = f"every row has the label {name!r}" if self._total else _NO_ROWS
        recall = hits / actual if actual else math.nan
        specificity = (others - false_alarms) / others if others else math.nan
        sheet.put("balanced_accuracy", (recall + specificity) / 2, why=no_others if actual else no_actual)
        sheet.fraction("precision", hits, chosen, why=no_chosen, interval=self._share(hits, chosen))
        sheet.fraction("recall", hits, actual, why=no_actual, interval=self._share(hits, actual))
        neither = f"{name!r} is neither a label nor a prediction of any row"
        sheet.fraction("f1", 2 * hits, actual + chosen, why=neither)
        self._ranked(sheet, self.rankings[0], why=no_others if actual else no_actual)
        alarms = self._share(false_alarms, others)
        sheet.fraction("false_positive_rate", false_alarms, others, why=no_others, interval=alarms)
        sheet.fraction("base_rate", actual, self._total, why=_NO_ROWS)
        sheet.fraction("positive_rate", chosen, self._total, why=_NO_ROWS)
        sheet.put("true_positives", hits)
        sheet.put("false_positives", false_alarms)
        sheet.put("false_negatives", actual - hits)
        sheet.put("true_negatives", others - false_alarms)

    def _ranked(self, sheet: Sheet, ranking: Ranking, *, why: str) -> None:
        area = ranking.auc()
        variance = math.nan if self.weighted else ranking.auc_variance()
        sheet.put("auc", area, why=why, interval=normal(area, variance, low=0.0, high=1.0))
        sheet.put("average_precision", ranking.average_precision(), why=why)

    def _many(self, sheet: Sheet) -> None:
        hits, actual = np.diagonal(self.confusion), self.confusion.sum(axis=1)
        chosen = self.confusion.sum(axis=0)
        share = actual / self._total if self._total else actual
        present = actual > 0
        recall = _ratio(hits, actual)
        alone = "fewer than two classes occur among the labels" if self._total else _NO_ROWS
        mean = float(recall[present].mean()) if present.sum() >= 2 else math.nan
        sheet.put("balanced_accuracy", mean, why=alone)
        absent, unchosen = "no row has the label {}", "the model predicted {} for no row"
        self._means(sheet, "precision", _ratio(hits, chosen), share, unchosen)
        self._means(sheet, "recall", recall, share, absent)
        self._means(sheet, "f1", _ratio(2 * hits, actual + chosen), share, absent)
        unranked = [math.nan] * (len(self.classes) - self.known)
        areas = np.array([ranking.auc() for ranking in self.rankings] + unranked)
        precisions = np.array([ranking.average_precision() for ranking in self.rankings] + unranked)
        # A class that is predicted and never right costs precision and F1; its ranking cannot be judged at all.
        self._means(sheet, "auc", areas, share, "no score ranks {} against other labels", concerned=present)
        self._means(sheet, "average_precision", precisions, share, absent, concerned=present)

    def _means(
        self,
        sheet: Sheet,
        name: str,
        by_class: Floats,
        share: Floats,
        why: str,
        *,
        concerned: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """The mean over classes and the weighted mean; a class that neither occurs nor is foreseen is left out."""
        if not self._total:
            sheet.put(name, math.nan, why=_NO_ROWS)
            sheet.put(f"{name}_weighted", math.nan, why=_NO_ROWS)
            return
        if concerned is None:
            concerned = self.confusion.sum(axis=1) + self.confusion.sum(axis=0) > 0
        for key, chosen in ((name, concerned), (f"{name}_weighted", share > 0)):
            lacking = np.flatnonzero(np.isnan(by_class) & chosen)
            if len(lacking):
                sheet.put(key, math.nan, why=why.format(repr(self.classes[int(lacking[0])])))
            elif key == name:
                sheet.put(key, float(by_class[chosen].mean()))
            else:
                sheet.put(key, float(by_class[chosen] @ share[chosen]))


def _ratio(top: Floats, bottom: Floats) -> Floats:
    out = np.full(len(top), math.nan)
    np.divide(top, bottom, out=out, where=bottom > 0)
    return out


@dataclass(frozen=True, eq=False)
class ClassifiedRows:
    """Rows with their labels and predictions, and what each adds to the metrics, worked out once for all slices.

    Attributes:
        truth: Index of the label among ``classes``.
        predicted: Index of the most probable class.
        scores: Probabilities of the classes that the model knows, shape ``[n, known]``.
    """

    classes: tuple[str, ...]
    known: int
    positive: int | None
    truth: Ints
    predicted: Ints
    scores: Floats
    weights: Floats | None
    finite: npt.NDArray[np.bool_]
    log_loss: Floats
    brier: Floats

    @classmethod
    def of(
        cls,
        truth: Ints,
        scores: Floats,
        *,
        classes: tuple[str, ...],
        positive: int | None,
        weights: Floats | None = None,
    ) -> ClassifiedRows:
        """Work out the parts of the metrics that belong to single rows.

        Args:
            truth: Index of each row's label among ``classes``, shape ``[n]``.
            scores: Probabilities of the first classes, shape ``[n, known]``.
            classes: The model's classes, then labels that it does not know.
            positive: Index of the positive class; ``None`` for more than two classes.
            weights: Row weights, shape ``[n]``.
        """
        rows, known = scores.shape
        finite: npt.NDArray[np.bool_] = np.all(np.isfinite(scores), axis=1)
        usable = np.where(finite[:, None], scores, 0.0)
        seen = truth < known
        given = np.where(seen, usable[np.arange(rows), np.minimum(truth, known - 1)], 0.0)
        log_loss = -np.log(np.clip(given, _SMALLEST, 1.0))
        if positive is None:
            brier = (usable**2).sum(axis=1) - 2 * given + 1.0
        else:
            brier = (usable[:, positive] - (truth == positive)) ** 2
        return cls(
            classes=classes,
            known=known,
            positive=positive,
            truth=truth,
            predicted=usable.argmax(axis=1).astype(np.int64),
            scores=usable,
            weights=weights,
            finite=finite,
            log_loss=log_loss,
            brier=brier,
        )

    def state(self, rows: Ints | None = None) -> ClassificationState:
        """The state of some rows, given by their indices, or of all."""
        part = slice(None) if rows is None else rows
        truth, weights = self.truth[part], None if self.weights is None else self.weights[part]
        size, count = len(self.classes), len(truth)
        pairs = np.bincount(truth * size + self.predicted[part], weights, minlength=size * size)
        weight = np.ones(count) if weights is None else weights
        ranked = range(self.known) if self.positive is None else (self.positive,)
        return ClassificationState(
            classes=self.classes,
            known=self.known,
            positive=self.positive,
            rows=count,
            weighted=weights is not None,
            broken=count - int(np.count_nonzero(self.finite[part])),
            confusion=pairs.reshape(size, size).astype(np.float64),
            log_loss=float(self.log_loss[part] @ weight),
            brier=float(self.brier[part] @ weight),
            rankings=tuple(Ranking.of(self.scores[part, c], truth == c, weights) for c in ranked),
        )
