"""What a model says about rows: class probabilities, or values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """The answers of a model, row by row, as plain arrays.

    Attributes:
        classes: The classes in the order of the columns of ``scores``; ``None`` for regression.
        scores: Float64. Classification: probabilities, shape ``[n, len(classes)]``. Regression: values,
            shape ``[n]``.

    Raises:
        InputError: If the shape of the scores does not fit the classes.

    Example:
        >>> Predictions(("no", "yes"), np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]])).labels.tolist()
        ['no', 'no', 'yes']
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Predictions"

    classes: tuple[str, ...] | None
    scores: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        scores = np.ascontiguousarray(self.scores, dtype=np.float64)
        object.__setattr__(self, "scores", scores)
        if self.classes is not None:
            object.__setattr__(self, "classes", tuple(self.classes))
        fits = scores.ndim == 1 if self.classes is None else scores.shape[1:] == (len(self.classes),)
        if not fits:
            wanted = "[n] values" if self.classes is None else f"[n, {len(self.classes)}] probabilities"
            raise InputError(f"the scores have the shape {list(scores.shape)}", expected=wanted)

    def __len__(self) -> int:
        return int(self.scores.shape[0])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Predictions):
            return NotImplemented
        return self.classes == other.classes and np.array_equal(self.scores, other.scores, equal_nan=True)

    __hash__ = None  # type: ignore[assignment]  # arrays have no hash

    @property
    def labels(self) -> npt.NDArray[Any]:
        """The most probable class of each row (object array of str; on a tie the earlier class), or the values."""
        if self.classes is None:
            return self.scores
        names = np.empty(len(self.classes), dtype=object)
        names[:] = self.classes
        winners: npt.NDArray[Any] = names[self.scores.argmax(axis=1)]
        return winners

    def properties(self) -> dict[str, int]:
        """What the record keeps beside the file."""
        return {"num_rows": len(self)}

    def save(self, folder: Path) -> None:
        """Write ``predictions.json`` and ``scores.npy`` into the folder."""
        head = {"classes": None if self.classes is None else list(self.classes)}
        (folder / "predictions.json").write_text(json.dumps(head, ensure_ascii=False), encoding="utf-8")
        np.save(folder / "scores.npy", self.scores, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        head = json.loads((folder / "predictions.json").read_text(encoding="utf-8"))
        classes = None if head["classes"] is None else tuple(head["classes"])
        return cls(classes, np.load(folder / "scores.npy", allow_pickle=False))
