"""Models held against each other on the same rows: the simplest that is not surely worse than the best."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.evaluation import Better, Evaluation, Intervals, Predictor, better, evaluate, paired_differences
from mainspring.evaluation.evaluation import ALL_ROWS
from mainspring.evaluation.predictions import Predictions
from mainspring.evaluation.viewing.figures import main_metric

Fit: TypeAlias = Callable[[Table], Predictor]
"""Trains: given rows, with their label, it gives what answers rows."""

FineTune: TypeAlias = Callable[[Table, Predictor], Predictor]
"""Goes on training: given rows and what was trained before."""

FEW: Final = 400
"""Up to so many rows differences are drawn again and again; of more rows, parts are left out in turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A model among others.

    Attributes:
        name: What it is called.
        value: Its figure on the rows; NaN if it could not be judged.
        low: Where the figure lies at least, with the confidence of the ranking's intervals; NaN if unknown.
        high: Where it lies at most.
        gap: How much worse it is than the best, in the figure's unit, 0 or more.
        gap_low: How much worse it is at least; above 0 it is surely worse.
        gap_high: How much worse it is at most.
        rows: Rows that it was trained on; 0 if unknown.
        note: Why it could not be judged.
    """

    name: str
    value: float
    low: float = math.nan
    high: float = math.nan
    gap: float = math.nan
    gap_low: float = math.nan
    gap_high: float = math.nan
    rows: int = 0
    note: str = ""

    @property
    def surely_worse(self) -> bool:
        """Whether it is worse than the best beyond chance, or could not be judged."""
        return math.isnan(self.value) or self.gap_low > 0

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        figures = ("value", "low", "high", "gap", "gap_low", "gap_high")
        told = {name: getattr(self, name) for name in figures}
        plain = {name: None if math.isnan(value) else value for name, value in told.items()}
        return {"name": self.name, **plain, "rows": self.rows, "note": self.note}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Models on the same rows.

    Attributes:
        metric: What they are compared by.
        rows: Rows that they were judged on.
        contenders: In the order in which they are preferred, the simplest first.
        best: The one with the best figure.
        chosen: The first that is not surely worse than the best.
    """

    metric: str
    rows: int
    contenders: tuple[Contender, ...]
    best: str
    chosen: str

    def __getitem__(self, name: str) -> Contender:
        return next(one for one in self.contenders if one.name == name)

    @property
    def because(self) -> str:
        """One sentence for people."""
        best, chosen = self[self.best], self[self.chosen]
        told = f"{best.name} has the best {self.metric}, {best.value:.4g}, on the newest {self.rows} labelled rows"
        if best is chosen:
            return told
        return (
            f"{told}; {chosen.name} has {chosen.value:.4g}, which is not surely worse "
            f"(by {chosen.gap_low:.2g} to {chosen.gap_high:.2g}), and is simpler"
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "metric": self.metric,
            "rows": self.rows,
            "best": self.best,
            "chosen": self.chosen,
            "because": self.because,
            "contenders": [one.as_dict() for one in self.contenders],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """How models are judged.

    Attributes:
        label: The column of the truth.
        metric: What counts; a usual one without it.
        positive: The class that a binary task is about.
        level: The confidence of intervals.
        seed: Of what is drawn.
    """

    label: str
    metric: str = ""
    positive: str | None = None
    level: float = 0.95
    seed: int = 0

    def intervals(self, rows: int) -> Intervals:
        """How intervals of differences over so many rows are made, and of figures that have no closed form."""
        method: Any = "bootstrap" if rows <= FEW else "jackknife"
        return Intervals(method=method, level=self.level, seed=self.seed)

    def evaluation(self, predictions: Predictions, rows: Table) -> Evaluation:
        """The figures of one model."""
        found = self._evaluation(predictions, rows, Intervals(level=self.level, seed=self.seed))
        main = main_metric(found, [self.metric] if self.metric else [])
        if main in found.measured[ALL_ROWS].intervals:
            return found
        return self._evaluation(predictions, rows, self.intervals(rows.num_rows))

    def _evaluation(self, predictions: Predictions, rows: Table, intervals: Intervals) -> Evaluation:
        return evaluate(
            predictions,
            rows,
            label=self.label,
            positive=self.positive,
            intervals=intervals,
            metrics=[self.metric] if "@" in self.metric or "[" in self.metric else (),
        )

    def differences(self, one: Predictions, other: Predictions, rows: Table) -> Evaluation:
        """The figures of one model minus those of another, on the same rows."""
        return paired_differences(
            one,
            other,
            rows,
            label=self.label,
            positive=self.positive,
            intervals=self.intervals(rows.num_rows),
        )

    def main(self, evaluation: Evaluation) -> str:
        """The metric that counts.

        Raises:
            InputError: If it does not exist on these rows, or is no measure of quality.
        """
        found = main_metric(evaluation, [self.metric] if self.metric else [])
        if self.metric not in ("", found) or better(found) is Better.NEITHER:
            known = [name for name in evaluation.overall if better(name) is not Better.NEITHER]
            why = evaluation.measured[ALL_ROWS].reasons.get(self.metric, "")
            raise InputError(
                f"there is no {self.metric or found!r} to compare by{': ' + why if why else ''}",
                expected="one of " + ", ".join(known),
            )
        return found


def rank(models: Mapping[str, Predictor], rows: Table, judge: Judge) -> Ranking:
    """Compare models on the same rows, and choose the first that is not surely worse than the best.

    Differences from the best are made from pairs: what is hard for both cancels out (see
    :func:`mainspring.evaluation.paired_differences`).

    Args:
        models: Name to model, the one that is preferred, all being equal, first.
        rows: Labelled rows that none of them was trained on.
        judge: By what.

    Raises:
        InputError: If no model can be judged on these rows.
    """
    answers: dict[str, Predictions] = {}
    notes: dict[str, str] = {}
    for name, model in models.items():
        try:
            answers[name] = model.predict(rows)
        except InputError as error:
            notes[name] = error.found
    if not answers:
        raise InputError(
            "no model can answer the rows: " + "; ".join(f"{name}: {why}" for name, why in notes.items()),
            expected="at least one model",
        )
    evaluations = {name: judge.evaluation(one, rows) for name, one in answers.items()}
    metric = judge.main(next(iter(evaluations.values())))
    sign = -1.0 if better(metric) is Better.LOWER else 1.0
    values = {name: one.overall.get(metric, math.nan) for name, one in evaluations.items()}
    finite = {name: value for name, value in values.items() if not math.isnan(value)}
    if not finite:
        raise InputError(f"no model has a {metric} on these {rows.num_rows} rows", expected="rows of every class")
    best = max(finite, key=lambda name: sign * finite[name])
    contenders = []
    for name in models:
        if name not in finite:
            note = notes.get(name) or f"it has no {metric} on these rows"
            contenders.append(Contender(name=name, value=math.nan, note=note))
            continue
        whole = evaluations[name].measured[ALL_ROWS]
        low, high = whole.intervals.get(metric, (math.nan, math.nan))
        gap, worse = 0.0, (0.0, 0.0)
        if name != best:
            paired = judge.differences(answers[best], answers[name], rows).measured[ALL_ROWS]
            ends = paired.intervals.get(metric, (math.nan, math.nan))
            gap, worse = sign * paired.values[metric], (min(sign * x for x in ends), max(sign * x for x in ends))
        contenders.append(
            Contender(
                name=name,
                value=values[name],
                low=low,
                high=high,
                gap=gap,
                gap_low=worse[0],
                gap_high=worse[1],
            )
        )
    chosen = next(one.name for one in contenders if not one.surely_worse)
    return Ranking(metric=metric, rows=rows.num_rows, contenders=tuple(contenders), best=best, chosen=chosen)
