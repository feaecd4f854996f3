"""Attribute inference: whether a model gives away a hidden column of somebody of whom all else is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError, Reason, Verdict
from mainspring.core.records import Value
from mainspring.evaluation.metrics.intervals import wilson
from mainspring.evaluation.metrics.measured import Interval
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.robustness.attacks.target import Target
from mainspring.evaluation.stored import StoredAsJson

if TYPE_CHECKING:
    from mainspring.data import Table

Known = Literal["label", "answer", "scores"]
"""What the attacker knows besides the other columns: the true label, the model's answer, or all of its scores."""

MOST_VALUES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Inversion(StoredAsJson):
    """How well a hidden column is guessed with the help of a model.

    Attributes:
        sensitive: The column.
        known: What the attacker knows besides the other columns.
        accuracy: The share of right guesses.
        interval: 95 % interval of it.
        base_rate: The share of the commonest value: what is guessed for nothing.
        without_model: The share of right guesses from the true label alone: what the world gives away, and not
            the model.
        caught: By value, the share of its rows that are found.
        rows: Rows with a known value and label.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Inversion"
    FILE: ClassVar[str] = "inversion.json"

    sensitive: str
    known: str
    accuracy: float
    interval: Interval
    base_rate: float
    without_model: float
    caught: Mapping[str, float]
    rows: int

    @property
    def advantage(self) -> float:
        """What the model adds to the guess."""
        return self.accuracy - max(self.base_rate, self.without_model)

    def judge(self, *, advantage_at_most: float = 0.05, gate: str = "attribute inference") -> Verdict:
        """Whether the model gives little away: refused where the lower end is above what is guessed without it."""
        bound = max(self.base_rate, self.without_model) + advantage_at_most
        low, high = self.interval
        ok = not low > bound
        relation = "is not surely above" if ok else "is above"
        message = (
            f"{self.sensitive} is guessed rightly for {self.accuracy:.3f} ({low:.3f} to {high:.3f}) of the rows, "
            f"which {relation} {bound:.3f}: {bound - advantage_at_most:.3f} without the model, and "
            f"{advantage_at_most:g} more"
        )
        code = "ATTRIBUTE_HIDDEN" if ok else "ATTRIBUTE_LEAKS"
        reason = Reason(
            ok=ok, code=code, message=message, subject=self.sensitive, observed=self.accuracy, expected=bound
        )
        return Verdict.of(gate, [reason], {"rows": self.rows, "known": self.known})

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"{self.sensitive} guessed rightly, knowing {self.known}: {self.accuracy:.1%} "
            f"({low:.1%} to {high:.1%}); without the model {max(self.base_rate, self.without_model):.1%}"
        )

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        return {"sensitive": self.sensitive, "accuracy": self.accuracy, "advantage": self.advantage}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "interval": list(self.interval), "caught": dict(self.caught)}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(**{**value, "interval": Interval(*value["interval"])})


def invert_attribute(
    predictor: Predictor, table: Table, *, sensitive: str, label: str, known: Known = "label"
) -> Inversion:
    """Guess a hidden column of every row from all others, what is known, and the model's answers to each value.

    The guess is the value that makes what is known most probable, times how common the value is. Who knows the
    scores takes the value that gives them.

    Args:
        predictor: The model: a classifier that is given the column.
        table: Rows with the true values; those without one are left out.
        sensitive: The column: words, truth values, or a few numbers.
        label: The label column.
        known: What the attacker knows: ``"label"``, ``"answer"`` or ``"scores"``.

    Raises:
        InputError: If the column does not exist, has one value or more than twenty, or the model is no classifier.

    Reference: M. Fredrikson and others, *Privacy in pharmacogenetics: an end-to-end case study of personalized
    warfarin dosing*, USENIX Security 2014.
    """
    if sensitive not in table.names or sensitive == label:
        raise InputError(f"there is no column {sensitive!r} to guess", expected="one of " + ", ".join(table.names))
    if known not in ("label", "answer", "scores"):
        raise InputError(f"the attacker knows {known!r}", expected="label, answer or scores")
    target = Target.of(predictor, table, label=label)
    column = target.columns[sensitive]
    there = np.array([value is not None and value == value for value in column.tolist()], dtype=np.bool_)
    target = target.where(there)
    truth = target.columns[sensitive]
    values, places = np.unique(truth.astype(str), return_inverse=True)
    if not 2 <= len(values) <= MOST_VALUES:
        raise InputError(
            f"{sensitive!r} has {len(values)} values", expected=f"2 to {MOST_VALUES} that can be told apart"
        )
    prior = np.bincount(places) / len(places)
    real = target.answers(target.columns)
    closeness = np.empty((len(target), len(values)))
    for which in range(len(values)):
        guess = np.full(len(target), truth[int(np.argmax(places == which))], dtype=truth.dtype)
        found = target.answers({**target.columns, sensitive: guess})
        closeness[:, which] = _fits(known, found.scores, found.chosen, real.scores, real.chosen, target.truth)
    guessed = _best(known, closeness, prior)
    right = guessed == places
    return Inversion(
        sensitive=sensitive,
        known=known,
        accuracy=float(right.mean()),
        interval=wilson(int(right.sum()), len(right)),
        base_rate=float(prior.max()),
        without_model=_commonest_by(target.truth, places) / len(places),
        caught={str(name): float(right[places == which].mean()) for which, name in enumerate(values)},
        rows=len(right),
    )


def _fits(known: Known, scores: Any, chosen: Any, real_scores: Any, real_chosen: Any, truth: Any) -> Any:
    """How well the answers to a value fit what is known, ``[n]``."""
    if known == "label":
        return scores[np.arange(len(scores)), truth]
    if known == "answer":
        return (chosen == real_chosen).astype(np.float64)
    return -np.abs(scores - real_scores).sum(axis=1)


def _best(
    known: Known, closeness: npt.NDArray[np.float64], prior: npt.NDArray[np.float64]
) -> npt.NDArray[np.intp]:
    if known == "scores":
        # Of values that fit equally well, up to rounding, the commonest.
        closeness = (closeness >= closeness.max(axis=1, keepdims=True) - 1e-9).astype(np.float64)
    best: npt.NDArray[np.intp] = np.argmax(closeness * prior, axis=1)
    return best


def _commonest_by(given: npt.NDArray[np.int64], places: npt.NDArray[np.intp]) -> int:
    """Rows that have the commonest value among those with the same label."""
    return sum(int(np.bincount(places[given == one]).max()) for one in np.unique(given))
