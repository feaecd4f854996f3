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
class Cutoff:
    """From which probability on the positive class of a binary task is the answer.

    Attributes:
        positive: The class.
        at: The least probability of it: one for all rows, or float64 of each row, shape ``[n]``.

    Example:
        >>> Cutoff("yes", 0.3).chosen(np.array([0.1, 0.3, 0.9])).tolist()
        [False, True, True]
    """

    positive: str
    at: float | npt.NDArray[np.float64]

    def chosen(self, scores: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Which rows are answered with the positive class, from their probabilities of it, shape ``[n]``."""
        chosen: npt.NDArray[np.bool_] = scores >= self.at
        return chosen

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Cutoff):
            return NotImplemented
        return self.positive == other.positive and np.array_equal(self.at, other.at)


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """The answers of a model, row by row, as plain arrays.

    Attributes:
        classes: The classes in the order of the columns of ``scores``; ``None`` for regression.
        scores: Float64. Classification: probabilities, shape ``[n, len(classes)]``. Regression: values,
            shape ``[n]``.
        cutoff: When a binary task is answered with the positive class; the more probable class without it.
        blocked: The rows that assertions left without an answer, shape ``[n]``; their scores are NaN, and so is
            their label or ``None``. ``None`` if nothing can be blocked.

    Raises:
        InputError: If the scores, the cutoff, or the blocked rows do not fit, or a class is named twice.

    Example:
        >>> Predictions(("no", "yes"), np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]])).labels.tolist()
        ['no', 'no', 'yes']
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Predictions"

    classes: tuple[str, ...] | None
    scores: npt.NDArray[np.float64]
    cutoff: Cutoff | None = None
    blocked: npt.NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        scores = np.ascontiguousarray(self.scores, dtype=np.float64)
        object.__setattr__(self, "scores", scores)
        if self.classes is not None:
            object.__setattr__(self, "classes", tuple(self.classes))
        fits = scores.ndim == 1 if self.classes is None else scores.shape[1:] == (len(self.classes),)
        if not fits:
            wanted = "[n] values" if self.classes is None else f"[n, {len(self.classes)}] probabilities"
            raise InputError(f"the scores have the shape {list(scores.shape)}", expected=wanted)
        if self.classes is not None and len(set(self.classes)) < len(self.classes):
            raise InputError(f"the classes {self.classes} hold one twice", expected="every class once")
        if self.cutoff is not None:
            self._check_cutoff(self.cutoff)
        if self.blocked is not None and self.blocked.shape != scores.shape[:1]:
            raise InputError(
                f"blocked rows of the shape {list(self.blocked.shape)} for {len(self)} rows",
                expected="a truth of each row",
            )

    def __len__(self) -> int:
        return int(self.scores.shape[0])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Predictions):
            return NotImplemented
        alike = self.classes == other.classes and self.cutoff == other.cutoff
        alike = alike and np.array_equal(self.unanswered, other.unanswered)
        return alike and np.array_equal(self.scores, other.scores, equal_nan=True)

    @property
    def labels(self) -> npt.NDArray[Any]:
        """The answer of each row: a class (object array of str; on a tie the earlier class), or a value."""
        if self.classes is None:
            return self.scores
        names = np.empty(len(self.classes), dtype=object)
        names[:] = self.classes
        winners: npt.NDArray[Any] = names[self.chosen]
        if self.blocked is not None:
            winners[self.blocked] = None
        return winners

    @property
    def unanswered(self) -> npt.NDArray[np.bool_]:
        """The rows that were blocked, shape ``[n]``; none where nothing can be."""
        return np.zeros(len(self), dtype=np.bool_) if self.blocked is None else self.blocked

    @property
    def chosen(self) -> npt.NDArray[np.int64]:
        """The index of the class that each row is answered with, shape ``[n]``; for classification only."""
        if self.cutoff is None or self.classes is None:
            best: npt.NDArray[np.int64] = self.scores.argmax(axis=1).astype(np.int64)
            return best
        place = self.classes.index(self.cutoff.positive)
        yes: npt.NDArray[np.bool_] = self.cutoff.chosen(self.scores[:, place])
        return np.where(yes, np.int64(place), np.int64(1 - place))

    def rows(self, start: int, stop: int) -> Predictions:
        """The predictions of some rows."""
        return self._part(slice(start, stop))

    def where(self, kept: npt.NDArray[np.bool_]) -> Predictions:
        """The predictions of the rows that are marked, shape ``[n]``."""
        return self._part(kept)

    def properties(self) -> dict[str, int]:
        """What the record keeps beside the file."""
        return {"num_rows": len(self)}

    def save(self, folder: Path) -> None:
        """Write ``predictions.json`` and ``scores.npy``, ``cutoffs.npy`` where rows have their own cutoffs, and
        ``blocked.npy`` where rows may be blocked.
        """
        head: dict[str, Any] = {"classes": None if self.classes is None else list(self.classes)}
        if self.cutoff is not None:
            single = isinstance(self.cutoff.at, float)
            head["cutoff"] = {"positive": self.cutoff.positive, "at": self.cutoff.at if single else None}
            if not single:
                np.save(folder / "cutoffs.npy", self.cutoff.at, allow_pickle=False)
        (folder / "predictions.json").write_text(json.dumps(head, ensure_ascii=False), encoding="utf-8")
        np.save(folder / "scores.npy", self.scores, allow_pickle=False)
        if self.blocked is not None:
            np.save(folder / "blocked.npy", self.blocked, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        head = json.loads((folder / "predictions.json").read_text(encoding="utf-8"))
        classes = None if head["classes"] is None else tuple(head["classes"])
        told, cutoff = head.get("cutoff"), None
        if told is not None:
            at = told["at"]
            cutoff = Cutoff(
                told["positive"], np.load(folder / "cutoffs.npy", allow_pickle=False) if at is None else float(at)
            )
        blocked = folder / "blocked.npy"
        return cls(
            classes,
            np.load(folder / "scores.npy", allow_pickle=False),
            cutoff,
            np.load(blocked, allow_pickle=False) if blocked.is_file() else None,
        )

    def _part(self, rows: slice | npt.NDArray[np.bool_]) -> Predictions:
        cutoff = self.cutoff
        if cutoff is not None and not isinstance(cutoff.at, float):
            cutoff = Cutoff(cutoff.positive, cutoff.at[rows])
        blocked = None if self.blocked is None else self.blocked[rows]
        return Predictions(self.classes, self.scores[rows], cutoff, blocked)

    def _check_cutoff(self, cutoff: Cutoff) -> None:
        if self.classes is None or len(self.classes) != 2 or cutoff.positive not in self.classes:
            raise InputError(
                f"a cutoff for {cutoff.positive!r}, but the classes are {self.classes}",
                expected="two classes, and one of them as positive",
            )
        if isinstance(cutoff.at, np.ndarray) and cutoff.at.shape != (len(self),):
            raise InputError(
                f"cutoffs of the shape {list(cutoff.at.shape)} for {len(self)} rows",
                expected="one number, or one of each row",
            )
