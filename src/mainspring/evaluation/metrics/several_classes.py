"""Figures of more than two classes: means over classes, and those of all answers together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.evaluation.metrics import confusion
from mainspring.evaluation.metrics.confusion import Tally, agreement
from mainspring.evaluation.metrics.facts import Better, Fact, Facts, MetricName
from mainspring.evaluation.metrics.grouping import Floats, shares
from mainspring.evaluation.metrics.intervals import Intervals, proportion
from mainspring.evaluation.metrics.measured import Interval, Sheet
from mainspring.evaluation.metrics.one_class import DRAWN_GROUPS, OneClass, drawn_rankings
from mainspring.evaluation.metrics.ranking import Ranking, calibration_errors
from mainspring.evaluation.metrics.resampling import percentiles, poisson

FACTS: Final[Facts] = {
    "top_k_accuracy": Fact(
        better=Better.HIGHER,
        title="top-k accuracy",
        says="the share of rows whose true class is among the k most probable",
        unit=True,
    ),
    "classwise_calibration_error": Fact(
        better=Better.LOWER,
        title="classwise calibration error",
        says="the mean over classes of the calibration error of each class",
        unit=True,
    ),
}

AVERAGED: Final = (
    "precision", "recall", "f1", "specificity", "false_positive_rate", "false_negative_rate",
    "negative_predictive_value", "false_discovery_rate", "false_omission_rate", "threat_score", "fowlkes_mallows",
)  # fmt: skip
"""Metrics of one class that have a mean over classes."""

USUAL: Final = ("precision", "recall", "f1")

_NO_ROWS = "there are no rows with a label"
_ABSENT = "no row has the label {}"
_UNRANKED = "no score ranks {} against other labels"
_CELLS_AT_ONCE = 4_000_000

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, kw_only=True)
class Several:
    """What is known of the answers for several classes.

    Attributes:
        classes: The model's classes, then labels that it does not know.
        confusion: Weight by true class (rows) and predicted class (columns).
        squares: The same of squared weights; ``None`` where every row weighs 1.
        ones: The classes that the model knows, each against the rest.
        confidence: The largest probability of each row, positive where it is right.
        places: Weight by how many classes were held more probable than the true one.
        wishes: Metrics that were asked for besides the usual ones.
    """

    classes: tuple[str, ...]
    confusion: Floats
    squares: Floats | None
    ones: tuple[OneClass, ...]
    confidence: Ranking
    places: Floats
    wishes: tuple[str, ...]

    def put(self, sheet: Sheet, intervals: Intervals) -> None:
        """Write all figures."""
        answers = self._of_answers(self.confusion)
        ends: dict[str, Interval] = {}
        if intervals.method == "bootstrap":
            draws = self._drawn(intervals)
            ends = {name: percentiles(found, intervals.level) for name, found in draws.items()}
        for name, value in answers.items():
            sheet.put(name, float(value), why=self._why(name), interval=ends.get(name))
        for stem, why in (("auc", _UNRANKED), ("average_precision", _ABSENT)):
            self._put_ranked(sheet, stem, why, intervals)
        self._put_calibration(sheet, intervals)
        for wish in map(MetricName.parse, self.wishes):
            if wish.stem == "top_k_accuracy":
                self._put_top(sheet, int(float(wish.at or 1)), intervals)

    @property
    def _total(self) -> float:
        return float(self.confusion.sum())

    @property
    def _present(self) -> Mask:
        present: Mask = self.confusion.sum(axis=1) > 0
        return present

    @property
    def _concerned(self) -> Mask:
        """Classes that occur or are foreseen."""
        concerned: Mask = self._present | (self.confusion.sum(axis=0) > 0)
        return concerned

    @property
    def _share(self) -> Floats:
        share: Floats = shares(self.confusion.sum(axis=1), self._total)
        return share

    def _averages(self) -> list[str]:
        """Names of the means over classes that are wanted, the usual ones first."""
        usual = [f"{stem}{suffix}" for stem in USUAL for suffix in ("", "_weighted")]
        parsed = [(wish, MetricName.parse(wish)) for wish in self.wishes]
        wished = [wish for wish, name in parsed if name.stem in AVERAGED and name.of is None]
        return list(dict.fromkeys([*usual, *wished]))

    def _of_answers(self, table: Floats) -> dict[str, Floats]:
        """Figures of a confusion matrix, or of many, shape ``[…, classes, classes]``."""
        hits = np.diagonal(table, axis1=-2, axis2=-1)
        actual, chosen = table.sum(axis=-1), table.sum(axis=-2)
        rest = table.sum(axis=(-2, -1))[..., None] - actual - chosen + hits
        by_class = confusion.figures(Tally(hits, chosen - hits, actual - hits, rest))
        pooled = confusion.figures(
            Tally(*(part.sum(axis=-1) for part in (hits, chosen - hits, actual - hits, rest)))
        )
        found = {"balanced_accuracy": _mean(by_class["recall"], self._present)}
        if self._present.sum() < 2:
            found["balanced_accuracy"] = np.full(table.shape[:-2], np.nan)
        for name in self._averages():
            parsed = MetricName.parse(name)
            values = by_class[parsed.stem]
            if parsed.average == "micro":
                found[name] = pooled[parsed.stem]
            elif parsed.average == "weighted":
                found[name] = _mean(values, self._present, shares(actual, actual.sum(axis=-1, keepdims=True)))
            else:
                found[name] = _mean(values, self._concerned)
        return found | agreement(table)

    def _drawn(self, intervals: Intervals) -> dict[str, Floats]:
        random = np.random.default_rng(intervals.seed)
        block = max(1, _CELLS_AT_ONCE // max(1, self.confusion.size))
        parts = [
            self._of_answers(
                poisson(random, self.confusion, self.squares, min(block, intervals.resamples - start))
            )
            for start in range(0, intervals.resamples, block)
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _why(self, name: str) -> str:
        if not self._total:
            return _NO_ROWS
        parsed = MetricName.parse(name)
        if parsed.stem not in AVERAGED:
            return "fewer than two classes occur among the labels"
        chosen = self._present if parsed.average == "weighted" else self._concerned
        for place in np.flatnonzero(chosen):
            tally = Tally.of(self.confusion, int(place))
            if np.isnan(confusion.figures(tally)[parsed.stem]):
                return confusion.lacking(parsed.stem, tally, self.classes[int(place)])
        return _NO_ROWS

    def _put_ranked(self, sheet: Sheet, stem: str, why: str, intervals: Intervals) -> None:
        """The means over classes of a metric of rankings.

        Classes share their rows, so their figures do not vary independently. The interval of a mean takes them to
        vary all together, and so is rather too wide than too narrow.
        """
        # A class that never occurs cannot be ranked at all, even if it is foreseen.
        present = self._present
        values = np.full(len(self.classes), np.nan)
        offs = np.zeros(len(self.classes))
        draws = None
        for place, one in enumerate(self.ones):
            if present[place]:
                ranking = one.ranking
                values[place] = ranking.auc() if stem == "auc" else ranking.average_precision()
                offs[place] = ranking.auc_off() if stem == "auc" else ranking.average_precision_off()
        if intervals.method == "bootstrap" and not np.isnan(values[present]).any():
            draws = np.zeros((intervals.resamples, len(self.classes)))
            for found in np.flatnonzero(present):
                draws[:, found] = np.sort(self.ones[int(found)].draws([stem], intervals)[stem])
        lacking = [self.classes[int(found)] for found in np.flatnonzero(np.isnan(values) & present)]
        reason = why.format(repr(lacking[0])) if lacking else _NO_ROWS
        for name, weights in ((stem, None), (f"{stem}_weighted", np.nan_to_num(self._share))):
            ends = None if draws is None else percentiles(_mean(draws, present, weights), intervals.level)
            sheet.put(name, float(_mean(values, present, weights)), why=reason, interval=ends)
            sheet.off(name, float(np.nan_to_num(_mean(offs, present, weights))))

    def _put_calibration(self, sheet: Sheet, intervals: Intervals) -> None:
        names = ("calibration_error", "max_calibration_error")
        draws: list[Floats] = []
        if intervals.method == "bootstrap":
            few = self.confidence.coarser(DRAWN_GROUPS)
            random = np.random.default_rng(intervals.seed)
            draws = [
                calibration_errors(few.scores, drawn[:, 0], drawn[:, 1], few.bins())[0]
                for _, drawn in drawn_rankings(few, intervals, random)
            ]
        ends = percentiles(np.concatenate(draws), intervals.level) if draws else None
        mean, largest = self.confidence.calibration_errors()
        sheet.put(names[0], mean, why=_NO_ROWS, interval=ends)
        sheet.put(names[1], largest, why=_NO_ROWS)
        errors = [one.ranking.calibration_errors()[0] for one in self.ones]
        ends = None
        if intervals.method == "bootstrap":
            each = [np.sort(one.draws([names[0]], intervals)[names[0]]) for one in self.ones]
            ends = percentiles(np.mean(each, axis=0), intervals.level)
        sheet.put("classwise_calibration_error", float(np.mean(errors)), why=_NO_ROWS, interval=ends)

    def _put_top(self, sheet: Sheet, count: int, intervals: Intervals) -> None:
        inside = float(self.places[: min(count, len(self.places) - 1)].sum())
        rows = float(self.places.sum())
        interval = None if self.squares is not None else proportion(inside, rows, intervals)
        sheet.fraction(f"top_k_accuracy@{count}", inside, rows, why=_NO_ROWS, interval=interval)


def _mean(values: Floats, chosen: Mask, weights: Floats | None = None) -> Floats:
    """The mean over the chosen classes, the last axis; NaN without any, or where one has no figure."""
    if not chosen.any():
        return np.full(values.shape[:-1], np.nan)
    kept = values[..., chosen]
    if weights is None:
        return np.asarray(kept.mean(axis=-1))
    return np.asarray((kept * weights[..., chosen]).sum(axis=-1))
