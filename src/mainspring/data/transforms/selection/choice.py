"""The choice of features: one row per method, what each chose and how well a model does with it."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from mainspring.core.errors import NotFoundError
from mainspring.core.records import Value

_FILE: Final = "selection.json"
_LOWER: Final = frozenset({"rmse", "mse", "mae", "mape", "median_error", "log_loss", "brier"})
_SHOWN: Final = {
    "classification": ("accuracy", "auc", "precision", "recall", "f1"),
    "regression": ("rmse", "r2", "mae"),
}
_WORDS: Final = {"auc": "ROC AUC", "f1": "F1", "rmse": "RMSE", "r2": "R²", "mae": "MAE"}


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric: the mean over folds, and the standard error of that mean."""

    mean: float
    error: float = 0.0

    def __str__(self) -> str:
        size = abs(self.mean)
        digits = 3 if size < 10 else 2 if size < 1000 else 1
        return f"{self.mean:.{digits}f} ± {self.error:.{digits}f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionRow:
    """What one method chose, and what a model is worth with it.

    Attributes:
        method: Its name.
        features: The columns chosen on all training rows, in the order of the table.
        metrics: Metric to figure, on rows that neither the choice nor the model has seen. A metric that does not
            exist is not there.
        stability: For every column, the share of the folds in which it was chosen.
        fits: Models that were trained for the choice and the figures.
        complete: Whether the search ended by itself, not by its budget.
        note: How the choice came about.
    """

    method: str
    features: tuple[str, ...]
    metrics: Mapping[str, Figure] = field(default_factory=dict)
    stability: Mapping[str, float] = field(default_factory=dict)
    fits: int = 0
    complete: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSelection:
    """Methods of choosing features side by side, and the choice that was made.

    Attributes:
        label: The column that is predicted.
        task: ``"classification"`` or ``"regression"``.
        positive: The class that a binary task is about.
        estimator: What was trained to compare.
        metric: What searches improve, and what decided.
        judged: How the figures came about, in words.
        candidates: All columns to choose from.
        rows: One per method.
        chosen: The method whose columns are used.
        trials: What searches tried and how it scored: what a later run need not train again.
        fingerprint: Of the data and the settings that the trials belong to.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.FeatureSelection"

    label: str
    task: str
    positive: str | None = None
    estimator: str
    metric: str
    judged: str
    candidates: tuple[str, ...]
    rows: tuple[SelectionRow, ...]
    chosen: str
    trials: Mapping[str, Figure] = field(default_factory=dict)
    fingerprint: str = ""

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that were chosen."""
        return self.row(self.chosen).features

    @property
    def excluded(self) -> tuple[str, ...]:
        """The columns that were not."""
        kept = set(self.features)
        return tuple(name for name in self.candidates if name not in kept)

    def row(self, method: str) -> SelectionRow:
        """What a method chose.

        Raises:
            NotFoundError: If it was not asked for.
        """
        for row in self.rows:
            if row.method == method:
                return row
        raise NotFoundError(
            f"no method {method!r}", expected="one of " + ", ".join(row.method for row in self.rows)
        )

    def best(self, metric: str | None = None, *, within: float = 1.0) -> SelectionRow:
        """The row with the fewest features of those that are as good as the best.

        As good means: within so many standard errors of the best (the rule of Breiman, Friedman, Olshen and
        Stone, *Classification and regression trees*, 1984). Of equally few features the better row.

        Args:
            metric: What decides; the one of the searches if not given.
            within: Standard errors; 0 for the best row alone.

        Raises:
            NotFoundError: If no row has the metric.
        """
        name = metric or self.metric
        told = [row for row in self.rows if name in row.metrics]
        if not told:
            known = sorted({key for row in self.rows for key in row.metrics})
            raise NotFoundError(f"no row has the metric {name!r}", expected="one of " + ", ".join(known))
        sign = -1.0 if lower_is_better(name) else 1.0
        top = max(told, key=lambda row: (sign * row.metrics[name].mean, -len(row.features))).metrics[name]
        least = sign * top.mean - within * top.error
        good = [row for row in told if sign * row.metrics[name].mean >= least]
        return min(good, key=lambda row: (len(row.features), -sign * row.metrics[name].mean))

    def with_choice(self, method: str) -> Self:
        """The same table, with another method's columns to be used."""
        from dataclasses import replace

        self.row(method)
        return replace(self, chosen=method)

    def describe(self) -> str:
        """The table, for people."""
        lines = self._cells()
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        about = f"{self.judged}; {self.estimator}" + (f"; positive: {self.positive}" if self.positive else "")
        chosen = f"chosen: {self.chosen}, {len(self.features)} of {len(self.candidates)} columns: "
        return "\n".join([about, *(_aligned(line, widths) for line in lines), chosen + ", ".join(self.features)])

    def __str__(self) -> str:
        return self.describe()

    def _repr_html_(self) -> str:
        head, *lines = self._cells()
        rows = []
        for row, line in zip(self.rows, lines, strict=True):
            cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in line)
            every, few = html.escape(", ".join(row.features)), html.escape(_few(row.features))
            rows.append(f'<tr>{cells}<td title="{every}">{few}</td></tr>')
        titles = "".join(f"<th>{html.escape(cell)}</th>" for cell in [*head, "columns"])
        caption = html.escape(f"{self.judged}; {self.estimator}; chosen: {self.chosen}")
        body = f"<thead><tr>{titles}</tr></thead><tbody>{''.join(rows)}</tbody>"
        return f"<table><caption>{caption}</caption>{body}</table>"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; without the trials."""
        import msgspec

        found: dict[str, Any] = msgspec.to_builtins(self)
        del found["trials"]
        return {**found, "features": list(self.features), "excluded": list(self.excluded)}

    def save(self, folder: Path) -> None:
        """Write ``selection.json`` into the folder."""
        import msgspec

        (folder / _FILE).write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        import msgspec

        return msgspec.json.decode((folder / _FILE).read_bytes(), type=cls)

    def properties(self) -> Mapping[str, Value]:
        """The method that was chosen, how many columns it keeps, and its figures."""
        row = self.row(self.chosen)
        return {
            "label": self.label,
            "estimator": self.estimator,
            "method": self.chosen,
            "candidates": len(self.candidates),
            "features": len(row.features),
            **{name: figure.mean for name, figure in row.metrics.items()},
        }

    def _cells(self) -> list[list[str]]:
        names = [name for name in _SHOWN[self.task] if any(name in row.metrics for row in self.rows)]
        names += [self.metric] if self.metric not in names else []
        lines = [["method", "features", *(_WORDS.get(name, name) for name in names)]]
        for row in self.rows:
            told = [str(row.metrics[name]) if name in row.metrics else "—" for name in names]
            lines.append([row.method + ("" if row.complete else " (stopped)"), str(len(row.features)), *told])
        return lines


def lower_is_better(metric: str) -> bool:
    """Whether a metric improves by falling."""
    return metric in _LOWER


def _aligned(line: list[str], widths: list[int]) -> str:
    first, *rest = [cell.rjust(width) for cell, width in zip(line, widths, strict=True)]
    return "  ".join([line[0].ljust(len(first)), *rest]).rstrip()


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
