"""How a model bears up when data goes wrong: the noun."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Self

from mainspring.core import Reason, Verdict
from mainspring.core.records import Value
from mainspring.evaluation.metrics.directions import better
from mainspring.evaluation.metrics.facts import Better
from mainspring.evaluation.stored import StoredAsJson


@dataclass(frozen=True, slots=True, kw_only=True)
class Perturbed:
    """The model on rows that went wrong in one way.

    Attributes:
        perturbation: Its name.
        severity: Between 0 and 1; what it means the perturbation says.
        feature: The one column that went wrong; ``None`` for all that it applies to.
        figure: The metric on these rows; NaN where the model refused them.
        loss: How much worse that is than on the rows as they are; below 0 where it is better.
        flipped: The share of rows that are answered otherwise; of a regression those that move by more than a
            tenth of the standard deviation of its answers.
        moved: The mean change of the probability of the answer given before, or of the value.
        cells: Cells that were changed.
        refused: What the model said, where it could not take the rows at all.
    """

    perturbation: str
    severity: float
    feature: str | None
    figure: float
    loss: float
    flipped: float
    moved: float
    cells: int
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness(StoredAsJson):
    """How a model bears up.

    Attributes:
        metric: What was looked at.
        baseline: Its figure on the rows as they are.
        rows: How many rows.
        found: One entry for each perturbation, severity and, if so wished, column.
        parameters: Everything else that the figures depend on.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Robustness"
    FILE: ClassVar[str] = "robustness.json"

    metric: str
    baseline: float
    rows: int
    found: tuple[Perturbed, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def worst(self, count: int = 5) -> tuple[Perturbed, ...]:
        """The largest losses; what the model refused comes first."""
        ranked = sorted(self.found, key=lambda one: (not one.refused, -_or(one.loss, math.inf), one.perturbation))
        return tuple(ranked[:count])

    def judge(
        self,
        *,
        loss_at_most: float | Mapping[str, float] | None = None,
        flips_at_most: float | Mapping[str, float] | None = None,
        up_to: float = 1.0,
    ) -> Verdict:
        """Whether it bears up well enough.

        Args:
            loss_at_most: The most that the metric may lose; by perturbation, or for all.
            flips_at_most: The largest share of answers that may flip.
            up_to: Severities above this are not judged.

        Returns:
            A verdict with one reason for each entry that a bound is about. Refused rows fail, and so does a
            verdict without any bound.
        """
        reasons = [
            reason
            for one in self.found
            if one.severity <= up_to
            for reason in (
                _judged(one, "loss", one.loss, _bound(loss_at_most, one.perturbation), self.metric),
                _judged(one, "flips", one.flipped, _bound(flips_at_most, one.perturbation), self.metric),
            )
            if reason is not None
        ]
        if not reasons:
            missing = "no bound was given for what was tried, so nothing was judged"
            reasons = [Reason(ok=False, code="NO_THRESHOLDS", message=missing)]
        return Verdict.of("robustness", reasons, {"metric": self.metric, "rows": self.rows})

    def __str__(self) -> str:
        lines = [f"{self.metric} {self.baseline:.4g} on {self.rows} rows"]
        for one in self.worst(len(self.found)):
            told = one.refused or f"loses {one.loss:.4g}, {one.flipped:.1%} of answers flip"
            lines.append(f"  {_named(one)}: {told}")
        return "\n".join(lines)

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        largest = max((one.loss for one in self.found if math.isfinite(one.loss)), default=0.0)
        return {"metric": self.metric, "rows": self.rows, "largest_loss": largest}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        return {
            "metric": self.metric,
            "baseline": _plain(self.baseline),
            "rows": self.rows,
            "found": [
                {name: _plain(value) if isinstance(value, float) else value for name, value in asdict(one).items()}
                for one in self.found
            ],
            "parameters": dict(self.parameters),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        figures = ("figure", "loss", "flipped", "moved")
        return cls(
            metric=value["metric"],
            baseline=_or(value["baseline"], math.nan),
            rows=value["rows"],
            found=tuple(
                Perturbed(**{**one, **{name: _or(one[name], math.nan) for name in figures}})
                for one in value["found"]
            ),
            parameters=dict(value["parameters"]),
        )


def loss_of(metric: str, baseline: float, figure: float) -> float:
    """How much worse a figure is than the baseline, whichever way the metric goes."""
    return figure - baseline if better(metric) is Better.LOWER else baseline - figure


def _judged(one: Perturbed, kind: str, seen: float, bound: float | None, metric: str) -> Reason | None:
    if bound is None:
        return None
    subject = f"{metric} | {_named(one)}" if kind == "loss" else f"flips | {_named(one)}"
    if one.refused:
        return Reason(
            ok=False,
            code="REFUSED",
            message=f"{_named(one)}: the model refuses the rows: {one.refused}",
            subject=subject,
        )
    if math.isnan(seen):
        message = f"{_named(one)}: the metric has no figure on these rows"
        return Reason(ok=False, code="METRIC_NAN", message=message, subject=subject)
    ok = seen <= bound + 1e-12
    what = f"{metric} loses {seen:.4g}" if kind == "loss" else f"{seen:.2%} of answers flip"
    most = f"{bound:.4g}" if kind == "loss" else f"{bound:.2%}"
    return Reason(
        ok=ok,
        code="ROBUST" if ok else "NOT_ROBUST",
        message=f"{_named(one)}: {what}, {'at most' if ok else 'more than'} {most}",
        subject=subject,
        observed=seen,
        expected=bound,
    )


def _named(one: Perturbed) -> str:
    return f"{one.perturbation} {one.severity:g}" + (f" in {one.feature}" if one.feature is not None else "")


def _bound(bounds: float | Mapping[str, float] | None, name: str) -> float | None:
    return bounds.get(name) if isinstance(bounds, Mapping) else bounds


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _or(value: float | None, other: float) -> float:
    return other if value is None or math.isnan(value) else value
