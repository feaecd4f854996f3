"""Cutoffs by group: from which probability on the answer is yes, for each group of people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError, Slice
from mainspring.core.records import Value
from mainspring.evaluation.predictions import Cutoff, Predictions
from mainspring.evaluation.slicing import MISSING
from mainspring.evaluation.stored import StoredAsJson

if TYPE_CHECKING:
    from mainspring.data import Table

Floats = npt.NDArray[np.float64]

_TRUTHS: Final = {"true": 1.0, "false": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCutoffs(StoredAsJson):
    """From which probability on the positive class is the answer, by the group of a row.

    Numbers and booleans are found by value (``"1"`` is 1.0, ``"true"`` is 1.0), everything else by its text.

    Attributes:
        positive: The class.
        columns: The raw columns whose values together make the group.
        cutoffs: Group to the least probability; a missing value is the text ``(missing)``.
        default: For every row whose group has none: a value that was not seen, or too rarely.

    Raises:
        InputError: If a group is not told by exactly these columns, or a cutoff is not a number.

    Example:
        >>> from mainspring.data import Table
        >>> cutoffs = GroupCutoffs(
        ...     positive="yes",
        ...     columns=("sex",),
        ...     cutoffs={Slice.of(sex="Female"): 0.3, Slice.of(sex="Male"): 0.6},
        ...     default=0.5,
        ... )
        >>> cutoffs.at(Table.from_columns({"sex": ["Male", "Female", None]})).tolist()
        [0.6, 0.3, 0.5]
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.GroupCutoffs"
    FILE: ClassVar[str] = "group_cutoffs.json"

    positive: str
    columns: tuple[str, ...]
    cutoffs: Mapping[Slice, float]
    default: float = 0.5

    def __post_init__(self) -> None:
        wanted = sorted(self.columns)
        wrong = [str(key) for key in self.cutoffs if [name for name, _ in key.values] != wanted]
        if wrong or not self.columns:
            raise InputError(
                f"groups {', '.join(wrong) or 'without a column'}",
                expected="a value of each of " + (", ".join(map(repr, self.columns)) or "some columns"),
            )
        odd = {str(key): at for key, at in [*self.cutoffs.items(), ("default", self.default)] if math.isnan(at)}
        if odd:
            raise InputError(f"no number as the cutoff of {', '.join(odd)}", expected="a probability")

    def at(self, table: Table) -> Floats:
        """The cutoff of each row of a table, shape ``[n]``.

        Raises:
            InputError: If a column is missing.
        """
        return self.at_columns({name: _column(table, name) for name in self.columns})

    def at_columns(self, columns: Mapping[str, npt.NDArray[Any]]) -> Floats:
        """The cutoff of each row, from raw columns in the form of ``Table.column``.

        Raises:
            InputError: If a column is missing.
        """
        absent = [name for name in self.columns if name not in columns]
        if absent:
            raise InputError(
                f"no column {', '.join(map(repr, absent))} to tell the group by",
                expected="one of " + ", ".join(columns),
                fix="send it with the rows, or answer with one cutoff for all",
            )
        matches = {
            name: {
                text: _matches(columns[name], text) for text in {dict(key.values)[name] for key in self.cutoffs}
            }
            for name in self.columns
        }
        found = np.full(len(columns[self.columns[0]]), float(self.default))
        for key, cutoff in self.cutoffs.items():
            found[np.logical_and.reduce([matches[name][text] for name, text in key.values])] = cutoff
        return found

    def apply(self, predictions: Predictions, table: Table) -> Predictions:
        """The same probabilities, answered by these cutoffs.

        Raises:
            InputError: If a column is missing, or the predictions do not have the class.
        """
        return Predictions(predictions.classes, predictions.scores, Cutoff(self.positive, self.at(table)))

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        told: dict[str, Value] = {"positive": self.positive, "columns": ", ".join(self.columns)}
        return told | {f"cutoff {key}": at for key, at in self.cutoffs.items()} | {"cutoff default": self.default}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "positive": self.positive,
            "columns": list(self.columns),
            "cutoffs": [{"group": dict(key.values), "at": at} for key, at in self.cutoffs.items()],
            "default": self.default,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(
            positive=value["positive"],
            columns=tuple(value["columns"]),
            cutoffs={Slice.of(one["group"]): float(one["at"]) for one in value["cutoffs"]},
            default=float(value["default"]),
        )

    def __str__(self) -> str:
        told = [f"{key}: {at:.4g}" for key, at in self.cutoffs.items()]
        return f"{self.positive!r} from " + "; ".join([*told, f"every other row: {self.default:.4g}"])


def _column(table: Table, name: str) -> npt.NDArray[Any]:
    if name not in table.names:
        raise InputError(
            f"no column {name!r} to tell the group by",
            expected="one of " + ", ".join(table.names),
            fix="keep the protected column in the rows; models that do not know it leave it unused",
        )
    return table.column(name)


def _matches(values: npt.NDArray[Any], text: str) -> npt.NDArray[np.bool_]:
    if values.dtype == object:
        found: npt.NDArray[np.bool_] = values == (None if text == MISSING else text)
        return found
    numbers = np.asarray(values, dtype=np.float64)
    if text == MISSING:
        return np.isnan(numbers)
    try:
        number = _TRUTHS[text.lower()] if text.lower() in _TRUTHS else float(text)
    except ValueError:
        return np.zeros(len(numbers), dtype=np.bool_)
    return np.equal(numbers, number)
