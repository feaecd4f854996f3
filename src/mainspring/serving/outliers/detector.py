"""Scores how far rows lie from those of training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError, NotFoundError

Method: TypeAlias = Literal["robust", "mahalanobis"]
"""``robust``: the largest distance of a number from the median of its column, in robust standard deviations
(B. Iglewicz and D. C. Hoaglin, *How to detect and handle outliers*, 1993, with the interquartile range for the
scale). ``mahalanobis``: the distance from the mean that knows how columns vary together (P. C. Mahalanobis, *On
the generalised distance in statistics*, 1936)."""

OUTLIER: Final = "outlier"
SCORE: Final = "score"


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """What a detector has learnt.

    Attributes:
        method: How rows are scored.
        columns: The numbers that it looks at.
        centre: Where rows lie, by column.
        scale: How far they vary, by column; 1 where they do not.
        inverse: Of the correlations of the columns, ``[columns, columns]``; for ``mahalanobis``.
        threshold: From which score on a row is an outlier.
        rows: How many rows it learnt from.
    """

    method: Method
    columns: tuple[str, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    inverse: tuple[tuple[float, ...], ...] = ()
    threshold: float = 0.0
    rows: int = 0

    def save(self, file: Path) -> None:
        """Write it as JSON."""
        file.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n")


def read_fitted(file: Path) -> Fitted:
    """Read what :meth:`Fitted.save` wrote.

    Raises:
        NotFoundError: If there is no such file.
        InputError: If it is no detector.
    """
    try:
        return msgspec.json.decode(file.read_bytes(), type=Fitted)
    except FileNotFoundError as error:
        raise NotFoundError("there is no such detector", where=str(file)) from error
    except msgspec.DecodeError as error:
        raise InputError(f"it is no detector: {error}", where=str(file)) from error


class OutlierDetector:
    """Says of each row how far it is from those of training, and whether that is too far. Safe for threads.

    A missing number, and one that is not finite, counts as usual: other events tell of these.

    Args:
        file: What was fitted.
        threshold: From which score on a row is an outlier; by default what was fitted.

    Example:
        >>> fitted = Fitted(method="robust", columns=("x",), centre=(10.0,), scale=(2.0,), threshold=3.0)
        >>> OutlierDetector.of(fitted).predict({"x": np.array([11.0, 17.0])})["outlier"].tolist()
        [False, True]
    """

    batches: ClassVar[bool] = True
    calls_at_once: ClassVar[int] = 64

    def __init__(self, file: str, threshold: float | None = None) -> None:
        self._use(read_fitted(Path(file)), threshold)

    @classmethod
    def of(cls, fitted: Fitted) -> OutlierDetector:
        """A detector of what was fitted."""
        made = cls.__new__(cls)
        made._use(fitted, None)
        return made

    def predict(self, columns: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """Whether each row is an ``outlier``, and its ``score``.

        Args:
            columns: Numbers by column, each ``[rows]`` or ``[rows, 1]``.
        """
        rows = [np.asarray(columns[name], dtype=np.float64).reshape(-1) for name in self.fitted.columns]
        apart = (np.stack(rows, axis=1) - self._centre) / self._scale
        apart[~np.isfinite(apart)] = 0.0
        if self.fitted.method == "robust":
            score = np.abs(apart).max(axis=1)
        else:
            score = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", apart, self._inverse, apart), 0.0))
        return {OUTLIER: score > self._threshold, SCORE: score}

    def _use(self, fitted: Fitted, threshold: float | None) -> None:
        self.fitted = fitted
        self.inputs = [{"name": name, "datatype": "FP64", "shape": [-1]} for name in fitted.columns]
        self.outputs = [
            {"name": OUTLIER, "datatype": "BOOL", "shape": [-1]},
            {"name": SCORE, "datatype": "FP64", "shape": [-1]},
        ]
        self._centre, self._scale = np.array(fitted.centre), np.array(fitted.scale)
        self._inverse = np.array(fitted.inverse)
        self._threshold = fitted.threshold if threshold is None else threshold
