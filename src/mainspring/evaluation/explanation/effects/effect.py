"""How the answer changes along a feature: the noun of partial dependence and accumulated local effects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.records import Value
from mainspring.evaluation.explanation.attributions import Cell
from mainspring.evaluation.explanation.budgets import NOTHING, Spent
from mainspring.evaluation.explanation.showing import shown
from mainspring.evaluation.stored import StoredWithoutTime

Floats = npt.NDArray[np.float64]

PARTIAL_DEPENDENCE = "partial_dependence"
ALE = "accumulated_local_effects"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Effect(StoredWithoutTime):
    """The effect of one feature, or of two together.

    Attributes:
        method: ``"partial_dependence"`` or ``"accumulated_local_effects"``.
        features: One raw column, or two.
        grid: For each feature the points: numbers or words; ``None`` stands for a missing value.
        values: The effect at each point, shape ``[g]`` or ``[g1, g2]``; NaN where there are no rows.
        counts: Rows near each point, of the same shape.
        individual: The curve of each row (ICE), shape ``[rows, g]``, if it was kept.
        output: The class; ``None`` for a regression's value.
        scale: ``"probability"``, ``"logit"`` or ``"value"``.
        parameters: Everything else that the figures depend on.
        spent: What the model was asked; no part of equality.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Effect"
    FILE: ClassVar[str] = "effect.json"

    method: str
    features: tuple[str, ...]
    grid: tuple[tuple[Cell, ...], ...]
    values: Floats
    counts: Floats
    output: str | None
    scale: str
    individual: Floats | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    spent: Spent = NOTHING

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Effect):
            return NotImplemented
        return self.as_dict() | {"spent": None} == other.as_dict() | {"spent": None}

    @property
    def size(self) -> float:
        """How much the answer moves: the largest less the smallest value; NaN without any."""
        known = self.values[np.isfinite(self.values)]
        return float(known.max() - known.min()) if len(known) else float("nan")

    def _repr_html_(self) -> str:
        return shown(self)

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        return {"method": self.method, "features": " \N{MULTIPLICATION SIGN} ".join(self.features)}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "method": self.method,
            "features": list(self.features),
            "grid": [list(points) for points in self.grid],
            "values": _plain(self.values),
            "counts": self.counts.tolist(),
            "individual": None if self.individual is None else _plain(self.individual),
            "output": self.output,
            "scale": self.scale,
            "parameters": dict(self.parameters),
            "spent": self.spent.as_dict(),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        lines = value["individual"]
        return cls(
            method=value["method"],
            features=tuple(value["features"]),
            grid=tuple(tuple(points) for points in value["grid"]),
            values=np.array(value["values"], dtype=np.float64),
            counts=np.array(value["counts"], dtype=np.float64),
            individual=None if lines is None else np.array(lines, dtype=np.float64),
            output=value["output"],
            scale=value["scale"],
            parameters=dict(value["parameters"]),
            spent=Spent(**value["spent"]),
        )


def _plain(values: Floats) -> Any:
    """Nested lists, ``None`` for NaN."""
    holed = values.astype(object)
    holed[np.isnan(values)] = None
    return holed.tolist()
