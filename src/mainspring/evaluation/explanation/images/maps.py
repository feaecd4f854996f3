"""What each region of an image adds to an answer: the noun."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.records import Value
from mainspring.evaluation.explanation.budgets import NOTHING, Spent
from mainspring.evaluation.explanation.images.pixels import Bytes, as_address, as_bytes
from mainspring.evaluation.explanation.images.regions import Regions
from mainspring.evaluation.stored import StoredWithoutTime

Floats = npt.NDArray[np.float64]

_FOR, _AGAINST = np.array([255.0, 130.0, 0.0]), np.array([30.0, 100.0, 255.0])
_SHADE = 0.85
_DARK, _LIGHT = 25.0, 200.0
"""The shades of grey below colours, which neither black nor white would let be seen."""
_WIDE = 224


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RegionAttributions(StoredWithoutTime):
    """What each region of an image adds to an answer, in units of the output or, of maps of slopes, of no unit.

    Attributes:
        method: The function that made it: ``"shapley"``, ``"occlusion"``, ``"grad_cam"``.
        image: Grey ``[h, w]`` or colours ``[h, w, c]``.
        regions: The number of the region of each pixel, shape ``[h, w]``.
        weights: What each region adds, shape ``[r]``.
        answer: The answer to the image.
        base: The answer to an image without any region; ``None`` of maps that start from nowhere.
        output: The class; ``None`` for a value.
        scale: ``"probability"``, ``"logit"`` or ``"value"``.
        parameters: Everything else that the figures depend on.
        spent: What the model was asked; no part of equality.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.RegionAttributions"
    FILE: ClassVar[str] = "regions.json"

    method: str
    image: Floats
    regions: Regions
    weights: Floats
    answer: float
    base: float | None
    output: str | None = None
    scale: str = "value"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    spent: Spent = NOTHING

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RegionAttributions):
            return NotImplemented
        return self.as_dict() | {"spent": None} == other.as_dict() | {"spent": None}

    @property
    def heat(self) -> Floats:
        """The weight of each pixel's region, shape ``[h, w]``."""
        return self.weights[self.regions]

    @property
    def residual(self) -> float:
        """How far the answer is from the base and all weights together: near 0 for Shapley values and integrated
        gradients; NaN without a base.
        """
        return math.nan if self.base is None else abs(self.base + float(self.weights.sum()) - self.answer)

    def overlay(self) -> Bytes:
        """The image in grey with its regions shaded, ``[h, w, 3]``: orange for the answer, blue against it."""
        plain = self._plain().astype(np.float64)
        grey = _DARK + (_LIGHT - _DARK) * plain.mean(axis=2, keepdims=True) / 255
        heat = self.heat
        most = float(np.abs(heat).max(initial=0.0)) or 1.0
        strong = (np.abs(heat) / most * _SHADE)[:, :, None]
        hue = np.where(heat[:, :, None] > 0, _FOR, _AGAINST)
        shaded: Bytes = np.clip(grey * (1 - strong) + hue * strong, 0, 255).round().astype(np.uint8)
        return shaded

    def _plain(self) -> Bytes:
        low, high = float(np.nanmin(self.image)), float(np.nanmax(self.image))
        return as_bytes(self.image, min(low, 0.0), high)

    def _repr_html_(self) -> str:
        """The image beside itself with its regions shaded."""
        high, wide = self.regions.shape
        shown = (
            f"width:{_WIDE}px;height:{round(_WIDE * high / wide)}px;image-rendering:pixelated;border-radius:4px"
        )
        about = "value" if self.output is None else f"{self.scale} of {html.escape(self.output)}"
        told = html.escape(self.method)
        without = "" if self.base is None else f", {self.base:.4g} without any region"
        return (
            '<figure style="margin:0"><div style="display:flex;flex-wrap:wrap;gap:12px">'
            f'<img alt="the image" style="{shown}" src="{as_address(self._plain())}">'
            f'<img alt="{told}: orange speaks for the answer, blue against it" style="{shown}"'
            f' src="{as_address(self.overlay())}"></div>'
            f"<figcaption>{told}: {about} {self.answer:.4g}{without}. "
            "Orange speaks for it, blue against it.</figcaption></figure>"
        )

    def __str__(self) -> str:
        order = np.argsort(-np.abs(self.weights), kind="stable")[:5]
        told = ", ".join(f"{place}: {self.weights[place]:+.3g}" for place in order.tolist())
        return f"{self.method}: {len(self.weights)} regions, {told}"

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        return {"method": self.method, "regions": len(self.weights), "answer": self.answer}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "method": self.method,
            "image": self.image.tolist(),
            "regions": self.regions.tolist(),
            "weights": self.weights.tolist(),
            "answer": self.answer,
            "base": self.base,
            "output": self.output,
            "scale": self.scale,
            "parameters": dict(self.parameters),
            "spent": self.spent.as_dict(),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(
            **{
                **value,
                "image": np.array(value["image"], dtype=np.float64),
                "regions": np.array(value["regions"], dtype=np.int64),
                "weights": np.array(value["weights"], dtype=np.float64),
                "spent": Spent(**value["spent"]),
            }
        )


def pixel_map(
    image: Floats,
    heat: Floats,
    *,
    method: str,
    answer: float,
    base: float | None = None,
    output: str | None = None,
    scale: str = "value",
) -> RegionAttributions:
    """A map of single pixels, such as integrated gradients or Grad-CAM, as regions of one pixel each.

    Args:
        image: Grey ``[h, w]`` or colours ``[h, w, c]``.
        heat: A figure for each pixel ``[h, w]``, or for each of its colours, which are added up.
        method: What made it.
        answer: The answer to the image.
        base: The answer to the baseline, of maps that have one.
        output: The class.
        scale: ``"probability"``, ``"logit"`` or ``"value"``.
    """
    flat = heat.sum(axis=2) if heat.ndim == 3 else heat
    return RegionAttributions(
        method=method,
        image=np.asarray(image, dtype=np.float64),
        regions=np.arange(flat.size).reshape(flat.shape),
        weights=np.asarray(flat, dtype=np.float64).ravel(),
        answer=answer,
        base=base,
        output=output,
        scale=scale,
    )
