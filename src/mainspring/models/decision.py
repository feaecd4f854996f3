"""The decision: from which probability on a model answers with the positive class, and why from there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation import Cutoff
from mainspring.models.signature import Datatype, Field

_TRUTHS = {"true": 1.0, "false": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How a binary model turns probabilities into answers.

    Attributes:
        positive: The class that is answered from the cutoff on.
        at: The cutoff: the least probability of it. With groups, for values that have none, and missing ones.
        column: The raw column that groups are told by; ``None`` for one cutoff.
        datatype: How the column holds its values, as the signature says it.
        groups: Value of the column, as text, to its cutoff.
        rule: What the cutoff was chosen by: ``"costs false_positive=1, false_negative=5"``, ``"most f1"``,
            ``"most recall at precision >= 0.9"``; ``"given"`` if it was.
        figures: What it comes to on the rows it was chosen on: precision, recall and so on, and the expected cost.
        interval: Where the cutoff lies in 95 of 100 bootstrap samples of these rows.
        curve: Cutoff to the figure that the rule is about, at most 50 points.
        split: Name of the rows; ``""`` if there were none.
        rows: How many.
        base_rate: The share of the positive class that it was chosen for, if that was not the rows' own.
        notes: What a reader should know, in sentences.
    """

    positive: str
    at: float
    column: str | None = None
    datatype: Datatype = "BYTES"
    groups: Mapping[str, float] = field(default_factory=dict)
    rule: str = "given"
    figures: Mapping[str, float] = field(default_factory=dict)
    interval: tuple[float, float] | None = None
    curve: tuple[tuple[float, float], ...] = ()
    split: str = ""
    rows: int = 0
    base_rate: float | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unfit = [f"{name} {at!r}" for name, at in (("", self.at), *self.groups.items()) if not at >= 0.0]
        if unfit:
            raise InputError(f"the cutoff of {', '.join(unfit)}", expected="a probability, 0 or more")
        if self.groups and self.column is None:
            raise InputError("cutoffs of groups without a column", fix="say which column the groups are told by")
        if self.datatype != "BYTES":
            self.keys()
        # In one order, so that the same cutoffs give the same bytes.
        object.__setattr__(self, "groups", dict(sorted(self.groups.items())))

    def __str__(self) -> str:
        groups = f", {len(self.groups)} groups of {self.column} have their own" if self.column else ""
        return f"{self.positive!r} from {self.at:.6g} on ({self.rule}){groups}"

    def cutoff(self, values: Callable[[str], npt.NDArray[Any]]) -> Cutoff:
        """The cutoff of rows.

        Args:
            values: Gives a raw column by its name, in the form of ``Table.column``; asked only with groups.

        Raises:
            InputError: If the column holds text instead of numbers.
        """
        if self.column is None:
            return Cutoff(self.positive, float(self.at))
        return Cutoff(self.positive, self._cutoffs(values(self.column)))

    def field(self) -> Field | None:
        """The column that it reads, for a signature."""
        return None if self.column is None else Field(self.column, self.datatype)

    def keys(self) -> tuple[float, ...]:
        """The groups of a column of numbers or booleans.

        Raises:
            InputError: If a group is no number.
        """
        try:
            return tuple(_TRUTHS[one] if one in _TRUTHS else float(one) for one in self.groups)
        except ValueError as error:
            raise InputError(
                f"a group of {self.column!r}, which holds numbers, is none: {error}", expected="numbers, as text"
            ) from error

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "groups": dict(self.groups), "figures": dict(self.figures)}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        interval = value["interval"]
        return cls(
            **{
                **value,
                "interval": None if interval is None else tuple(interval),
                "curve": tuple(tuple(point) for point in value["curve"]),
                "notes": tuple(value["notes"]),
            }
        )

    def _cutoffs(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        # Imported here: a server never needs it.
        from mainspring.data.transforms.kinds import as_numbers, as_words

        if self.datatype == "BYTES":
            words = as_words(values)
            known: dict[str | None, float] = {None: self.at}
            known.update(self.groups)
            return np.fromiter((known.get(word, self.at) for word in words), np.float64, len(words))
        numbers = as_numbers(values, str(self.column))
        found = np.full(len(numbers), float(self.at))
        for key, at in zip(self.keys(), self.groups.values(), strict=True):
            found[numbers == key] = at
        return found
