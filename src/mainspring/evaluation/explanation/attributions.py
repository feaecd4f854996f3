"""What each feature adds to each answer: the noun that all additive explanations share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.evaluation.explanation.budgets import NOTHING, Spent
from mainspring.evaluation.explanation.showing import shown
from mainspring.evaluation.stored import StoredWithoutTime

Floats = npt.NDArray[np.float64]
Cell = float | str | bool | None


def told(cell: Cell) -> str:
    """A cell in words.

    Example:
        >>> told(0.123456789), told(40.0), told(True), told(None)
        ('0.123457', '40', 'true', 'missing')
    """
    if cell is None:
        return "missing"
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return f"{cell:.6g}" if isinstance(cell, float) else str(cell)


class ResidualError(InputError):
    """Contributions do not add up to the answer that they are to explain."""

    code = "NOT_ADDITIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one feature adds to one answer.

    Attributes:
        feature: The raw column.
        value: The row's cell.
        amount: In the units of the output.
        error: Standard error of a sampled amount; NaN if it is exact.
    """

    feature: str
    value: Cell
    amount: float
    error: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attributions(StoredWithoutTime):
    """Contributions of features to answers, row by row.

    ``base + contributions.sum(axis=1)`` is ``outputs`` for every method that promises it; ``residual`` is how far
    off the worst row is.

    Attributes:
        method: The function that made them: ``"kernel_shap"``.
        features: Raw columns, shape ``[f]``.
        base: What the answer is where nothing is known of a row, shape ``[n]``.
        contributions: Shape ``[n, f]``, in the units of the output.
        outputs: The answers explained, shape ``[n]``.
        values: The cells of each row, ``n`` times ``f``.
        output: The class, or ``None`` for a regression's value.
        scale: ``"probability"``, ``"logit"`` or ``"value"``.
        standard_errors: Of sampled contributions, shape ``[n, f]``; ``None`` where they are exact.
        parameters: Everything that the figures depend on, the digest of the background among it.
        spent: What the model was asked; no part of equality.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Attributions"
    FILE: ClassVar[str] = "attributions.json"

    method: str
    features: tuple[str, ...]
    base: Floats
    contributions: Floats
    outputs: Floats
    values: tuple[tuple[Cell, ...], ...]
    output: str | None
    scale: str
    standard_errors: Floats | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    spent: Spent = NOTHING

    def __len__(self) -> int:
        return len(self.outputs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Attributions):
            return NotImplemented
        mine, theirs = self.as_dict(), other.as_dict()
        return mine | {"spent": None} == theirs | {"spent": None}

    @property
    def residual(self) -> float:
        """The largest distance of a row's answer from the sum of its parts."""
        if not len(self):
            return 0.0
        return float(np.abs(self.base + self.contributions.sum(axis=1) - self.outputs).max())

    def checked(self, tolerance: float) -> Self:
        """Themselves, if they add up.

        Raises:
            ResidualError: If an answer is further from its parts than the tolerance, as a share of one plus the
                size of the largest answer.
        """
        limit = tolerance * (1 + float(np.abs(self.outputs).max(initial=0.0)))
        if not self.residual <= limit:
            raise ResidualError(
                f"the parts found by {self.method} miss an answer by {self.residual:.3g}",
                expected=f"at most {limit:.3g}",
                fix="the model may answer equal rows differently; report it if it does not",
            )
        return self

    def row(self, place: int) -> tuple[Contribution, ...]:
        """The contributions to one answer, the largest first."""
        amounts = self.contributions[place]
        errors = np.full(len(amounts), math.nan) if self.standard_errors is None else self.standard_errors[place]
        found = [
            Contribution(feature=name, value=cell, amount=float(amount), error=float(error))
            for name, cell, amount, error in zip(self.features, self.values[place], amounts, errors, strict=True)
        ]
        return tuple(sorted(found, key=lambda one: (-abs(one.amount), one.feature)))

    def importance(self) -> dict[str, float]:
        """Feature to its mean absolute contribution, the largest first; NaN without rows."""
        if not len(self):
            return dict.fromkeys(self.features, math.nan)
        means = np.abs(self.contributions).mean(axis=0)
        order = sorted(range(len(self.features)), key=lambda place: (-means[place], self.features[place]))
        return {self.features[place]: float(means[place]) for place in order}

    def grouped(self, groups: Mapping[str, Sequence[str]]) -> Attributions:
        """The same with some features added up under one name, such as the parts of an address.

        Standard errors are left out: they do not add. A group has no cell of its own.

        Raises:
            InputError: If a feature does not exist or is in two groups.
        """
        named = [name for names in groups.values() for name in names]
        strange = sorted({name for name in named if name not in self.features or named.count(name) > 1})
        if strange:
            raise InputError(
                f"cannot group {', '.join(map(repr, strange))}",
                expected="each of these in one group at most: " + ", ".join(self.features),
            )
        alone = [name for name in self.features if name not in named]
        parts = {**{name: [name] for name in alone}, **{name: list(names) for name, names in groups.items()}}
        places = {name: place for place, name in enumerate(self.features)}
        sums = [self.contributions[:, [places[name] for name in names]].sum(axis=1) for names in parts.values()]
        cells = tuple(
            tuple(row[places[names[0]]] if names == [key] else None for key, names in parts.items())
            for row in self.values
        )
        return Attributions(
            method=self.method,
            features=tuple(parts),
            base=self.base,
            contributions=np.column_stack(sums) if sums else np.empty((len(self), 0)),
            outputs=self.outputs,
            values=cells,
            output=self.output,
            scale=self.scale,
            parameters={**self.parameters, "groups": {name: list(names) for name, names in groups.items()}},
            spent=self.spent,
        )

    def __str__(self) -> str:
        about = "the value" if self.output is None else f"the {self.scale} of {self.output}"
        lines = [f"{self.method} of {about}, {len(self)} rows"]
        width = max(map(len, self.features), default=0)
        for name, mean in self.importance().items():
            lines.append(f"  {name:<{width}}  {mean:.6g}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return shown(self)

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        told: dict[str, Value] = {"method": self.method, "rows": len(self), "scale": self.scale}
        if self.output is not None:
            told["output"] = self.output
        return told

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        errors = self.standard_errors
        return {
            "method": self.method,
            "output": self.output,
            "scale": self.scale,
            "features": list(self.features),
            "base": self.base.tolist(),
            "outputs": self.outputs.tolist(),
            "contributions": self.contributions.tolist(),
            "standard_errors": None if errors is None else _plain(errors),
            "values": [[_cell(cell) for cell in row] for row in self.values],
            "parameters": dict(self.parameters),
            "residual": self.residual,
            "spent": self.spent.as_dict(),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        shape = (len(value["outputs"]), len(value["features"]))
        errors = value["standard_errors"]
        return cls(
            method=value["method"],
            features=tuple(value["features"]),
            base=np.array(value["base"], dtype=np.float64),
            contributions=np.array(value["contributions"], dtype=np.float64).reshape(shape),
            outputs=np.array(value["outputs"], dtype=np.float64),
            values=tuple(tuple(row) for row in value["values"]),
            output=value["output"],
            scale=value["scale"],
            standard_errors=None if errors is None else np.array(errors, dtype=np.float64).reshape(shape),
            parameters=dict(value["parameters"]),
            spent=Spent(**value["spent"]),
        )


def _plain(errors: Floats) -> list[list[float | None]]:
    return [[None if value != value else value for value in row] for row in errors.tolist()]


def _cell(cell: Cell) -> Cell:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell
