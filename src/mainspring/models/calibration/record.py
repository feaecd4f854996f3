"""What is kept of a calibration: the calibrator, and how reliable the model was before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from mainspring.models.calibration.ports import Calibrator
from mainspring.models.calibration.registry import read_calibrator


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """How well probabilities are kept.

    Attributes:
        calibration_error: The mean distance between what was said and what happened, over bins of equally many
            rows (ECE); of more than two classes, the mean over classes.
        brier: The mean squared error of the probabilities.
        log_loss: The mean negative logarithm of the probability of what happened.
        curves: Class to its bins: mean probability, share of rows of the class, weight. Of two classes, one.
    """

    calibration_error: float
    brier: float
    log_loss: float
    curves: Mapping[str, tuple[tuple[float, float, float], ...]]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "calibration_error": self.calibration_error,
            "brier": self.brier,
            "log_loss": self.log_loss,
            "curves": {name: [list(point) for point in points] for name, points in self.curves.items()},
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        curves = {name: tuple(tuple(point) for point in points) for name, points in value["curves"].items()}
        return cls(**{**value, "curves": curves})


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How a model was calibrated.

    Attributes:
        method: ``"platt"``, ``"isotonic"`` or ``"temperature"``; ``"none"`` if there was nothing to gain.
        calibrator: What turns its probabilities into calibrated ones; ``None`` for ``"none"``.
        rows: How many rows it was fitted on.
        split: Their name.
        base_rate: The share of the positive class that it was fitted for, if that was not the rows' own.
        before: The model as it was trained.
        after: With the calibrator, each row judged by one that was not fitted on it.
        losses: Method to its loss on unseen rows, :attr:`by` which the method was chosen.
        by: ``"log_loss"`` or ``"brier"``.
        notes: What a reader should know, in sentences.
    """

    method: str
    calibrator: Calibrator | None
    rows: int
    split: str
    before: Reliability
    after: Reliability
    base_rate: float | None = None
    losses: Mapping[str, float] = field(default_factory=dict)
    by: str = "log_loss"
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        change = f"{self.before.calibration_error:.3g} to {self.after.calibration_error:.3g}"
        told = "not calibrated" if self.calibrator is None else f"calibrated by {self.method}"
        where = f" of {self.split}" if self.split else ""
        return f"{told} on {self.rows} rows{where}: calibration error {change}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "method": self.method,
            "calibrator": None if self.calibrator is None else self.calibrator.as_dict(),
            "rows": self.rows,
            "split": self.split,
            "base_rate": self.base_rate,
            "before": self.before.as_dict(),
            "after": self.after.as_dict(),
            "losses": dict(self.losses),
            "by": self.by,
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`.

        Raises:
            InputError: If the method is unknown, as of a newer version.
        """
        calibrator = value["calibrator"]
        return cls(
            **{
                **value,
                "calibrator": None if calibrator is None else read_calibrator(calibrator),
                "before": Reliability.from_dict(value["before"]),
                "after": Reliability.from_dict(value["after"]),
                "notes": tuple(value["notes"]),
            }
        )
