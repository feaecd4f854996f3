"""What went into a model and came out of it, as it is logged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.models.signature import Field
from mainspring.serving.outliers.judged import FLAG, SCORE, Outliers
from mainspring.serving.payloads.arrays import ArrayWriter
from mainspring.serving.payloads.packing import Packed, present
from mainspring.serving.payloads.redaction import Change, Redaction, drop
from mainspring.serving.payloads.tables import OUTPUT
from mainspring.serving.prediction import Prediction

Lists: TypeAlias = dict[str, Sequence[Any]]

_KEPT = 256


class Column(NamedTuple):
    """How a column is logged.

    Attributes:
        name: Its name.
        datatype: What it holds.
        simple: Whether its array is written as it is, and nothing is done to it.
        change: What is done to its values before they are written.
        write: Brings a few rows into plain values.
    """

    name: str
    datatype: str
    simple: bool
    change: Change | None
    write: Callable[[npt.NDArray[Any]], list[Any]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How the columns of a model are logged.

    Attributes:
        columns: One after the other.
        simple: Whether each of them is.
        outputs: Those whose arrays are written as they are, too; ``None`` if one of them is not.
    """

    columns: tuple[Column, ...]
    simple: bool
    outputs: Sequence[Field] | None


@dataclass(slots=True)
class Shown:
    """Columns and outputs as they are logged.

    Attributes:
        columns: Lists of plain values; empty ones where the values are packed.
        outputs: Likewise.
        packed_columns: The packed ones.
        packed_outputs: Likewise.
    """

    columns: Lists = field(default_factory=dict)
    outputs: Lists = field(default_factory=dict)
    packed_columns: dict[str, Packed] = field(default_factory=dict)
    packed_outputs: dict[str, Packed] = field(default_factory=dict)


class PredictionWriter:
    """Brings predictions into the form in which they are logged. For one thread.

    Args:
        arrays: Writes what is not a few plain numbers.
        redaction: What must not be written as it is.
    """

    def __init__(self, arrays: ArrayWriter, redaction: Redaction) -> None:
        self._arrays, self._redaction = arrays, redaction
        self._plans: dict[int, tuple[Sequence[Field], Plan]] = {}
        self._words: dict[int, tuple[Sequence[str], list[str]]] = {}

    def few(self, prediction: Prediction) -> tuple[Lists, Lists]:
        """Columns and outputs of a few rows, by name."""
        columns = prediction.columns
        plan = self.plan(prediction)
        if prediction.outliers is not None:
            shown = self.few(msgspec.structs.replace(prediction, outliers=None))
            return shown[0], {**shown[1], **_told(prediction.outliers)}
        if plan.simple:
            # Missing numbers are NaN, for which JSON has null.
            lists: Lists = {name: array.tolist() for name, array in columns.items()}
            if plan.outputs is prediction.fields and prediction.answered is None:
                return lists, {name: array.tolist() for name, array in prediction.outputs.items()}
            return lists, self._outputs(prediction)
        if not self._redaction.active:
            return {name: write(columns[name]) for name, _, _, _, write in plan.columns}, self._outputs(prediction)
        found: Lists = {}
        for name, datatype, _, change, write in plan.columns:
            if change is None:
                found[name] = write(columns[name])
            elif change is not drop:
                found[name] = changed(columns[name], datatype, change)
        return found, self._outputs(prediction)

    def _outputs(self, prediction: Prediction) -> Lists:
        if prediction.answered is not None:
            return self._redaction.values(prediction.plain_outputs(), OUTPUT)
        found: Lists = {}
        for name, values in prediction.outputs.items():
            if values.ndim == 1:
                found[name] = values.tolist()
            elif name == "probabilities" and prediction.classes is not None:
                found.update(zip(self._names(prediction.classes), values.T.tolist(), strict=True))
            else:
                found[name] = self._arrays.values(values)
        return self._redaction.values(found, OUTPUT) if self._redaction.active else found

    def many(self, prediction: Prediction, *, apart: bool = False) -> Shown:
        """Columns and outputs of many rows, by name.

        Args:
            prediction: What the model was asked, and answered.
            apart: Whether what is no number is stored apart, too, because there is so much of it.
        """
        shown = Shown()
        columns = [(column, prediction.columns[column.name]) for column in self.plan(prediction).columns]
        shown.columns, shown.packed_columns = self._pack(columns, apart)
        if prediction.answered is not None:
            shown.outputs = self._redaction.values(prediction.plain_outputs(), OUTPUT) | _told(prediction.outliers)
            return shown
        outputs = []
        for name, values in prediction.outputs.items():
            parts = {name: values}
            if name == "probabilities" and prediction.classes is not None:
                parts = dict(zip(self._names(prediction.classes), values.T, strict=True))
            outputs += [(self._column(part, None, OUTPUT), array) for part, array in parts.items()]
        shown.outputs, shown.packed_outputs = self._pack(outputs, apart)
        shown.outputs |= _told(prediction.outliers)
        return shown

    def _pack(
        self, columns: Iterable[tuple[Column, npt.NDArray[Any]]], apart: bool
    ) -> tuple[Lists, dict[str, Packed]]:
        lists: Lists = {}
        arrays: dict[str, tuple[npt.NDArray[Any], str]] = {}
        packed: dict[str, Packed] = {}
        for column, array in columns:
            if column.change is drop:
                continue
            if column.change is not None:
                found: list[Any] | npt.NDArray[Any] = changed(array, column.datatype, column.change)
            else:
                found = self._arrays.many(array, column.datatype)
            if isinstance(found, np.ndarray):
                lists[column.name], arrays[column.name] = [], (found, column.datatype)
                continue
            listed = self._arrays.listed(found) if apart else None
            if listed is None:
                lists[column.name] = found
            else:
                lists[column.name], packed[column.name] = [], listed
        return lists, packed | self._arrays.packed(arrays)

    def plan(self, prediction: Prediction) -> Plan:
        """How the columns of a model are logged."""
        fields, columns = prediction.inputs, prediction.columns
        known = self._plans.get(id(fields))
        if known is not None and known[0] is fields and len(known[1].columns) == len(columns):
            return known[1]
        given = {item.name: item for item in fields}
        how = tuple(self._column(name, given.get(name)) for name in columns)
        plan = Plan(how, all(column.simple for column in how), self._simple_outputs(prediction))
        if len(self._plans) >= _KEPT:
            self._plans.clear()
        if len(how) == len(fields):  # a model may leave inputs out, or take anything
            self._plans[id(fields)] = (fields, plan)
        return plan

    def _simple_outputs(self, prediction: Prediction) -> Sequence[Field] | None:
        outputs = prediction.fields
        if self._redaction.active or prediction.classes is not None or not outputs:
            return None
        simple = all(len(item.shape) == 1 or self._arrays.is_simple(item) for item in outputs)
        return outputs if simple else None

    def _column(self, name: str, item: Field | None, prefix: str = "") -> Column:
        change = self._redaction.change(prefix + name)
        datatype, dimensions = ("", 0) if item is None else (item.datatype, len(item.shape))
        simple = item is not None and not change and self._arrays.is_simple(item)
        return Column(name, datatype, simple, change, self._arrays.writer(datatype, dimensions))

    def _names(self, classes: Sequence[str]) -> list[str]:
        """The names of the probabilities."""
        known = self._words.get(id(classes))
        if known is not None and known[0] is classes:
            return known[1]
        names = [f"probability.{word}" for word in classes]
        if len(self._words) >= _KEPT:
            self._words.clear()
        self._words[id(classes)] = (classes, names)
        return names


def changed(array: npt.NDArray[Any], datatype: str, change: Change) -> list[Any]:
    """Values of an array, each of them changed."""
    values = present(array, datatype) if array.dtype.kind == "f" else array.tolist()
    return [change(value) for value in values]


def _told(outliers: Outliers | None) -> Lists:
    """What is said of outliers, as further outputs."""
    return {} if outliers is None else {FLAG: outliers.flags, SCORE: outliers.scores}
