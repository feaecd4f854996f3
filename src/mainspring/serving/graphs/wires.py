"""Bringing what nodes answered into the form that a node asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.models.problems import BadInputError, Problem
from mainspring.models.signature import Field, empty_column
from mainspring.serving.graphs.parting import Answer
from mainspring.serving.graphs.plan import Way
from mainspring.serving.prediction import Inputs
from mainspring.serving.predictor import ModelError
from mainspring.serving.question import Question
from mainspring.serving.raw_tensors import DTYPES

Array: TypeAlias = npt.NDArray[Any]
Convert: TypeAlias = Callable[[Array], Array]

_FLOAT = np.dtype(np.float64)
_OBJECT = np.dtype(object)


@dataclass(frozen=True, slots=True)
class Wire:
    """One output that becomes one input.

    Attributes:
        place: The node that it comes from; -1 for the request.
        output: The output; empty for the only one.
        target: The input.
        convert: Brings it into the form of the input; ``None`` if it has that already.
    """

    place: int
    output: str
    target: str
    convert: Convert | None = None


@dataclass(frozen=True, slots=True)
class Fixed:
    """What goes into a node, where all of it is known before anybody asks.

    Attributes:
        wires: What is read.
        lacking: Inputs that are read of nothing, and may be missing.
        soft: Whether an input may stay empty because its node has no answer.
        targets: What the node asks for, by name.
        by_row: Whether all inputs have one entry per row.
    """

    wires: tuple[Wire, ...]
    lacking: tuple[Field, ...]
    soft: bool
    targets: Mapping[str, Field]
    by_row: bool

    def inputs(self, way: Way) -> Inputs | None:
        """What the node is asked; ``None`` if a node that it reads has no answer."""
        columns: dict[str, Array] = {}
        values, rows, missing = way.values, -1, self.lacking
        for wire in self.wires:
            answer = values[wire.place]
            if not isinstance(answer, Answer):
                if not (self.soft and self.targets[wire.target].nullable):
                    return None
                missing = (*missing, self.targets[wire.target])
                continue
            array = answer.columns.get(wire.output)
            if array is None:
                array = _lacking(answer, wire)
            if wire.convert is not None:
                array = wire.convert(array)
            columns[wire.target] = array
            if self.by_row:
                size = len(array)
                if size != rows and rows != -1:
                    raise _uneven(wire.target, size, rows)
                rows = size
        if missing:
            if rows < 0:
                return None
            for field in missing:
                columns[field.name] = _nothing(field, rows)
        return Inputs(columns, rows if self.by_row else 1)


@dataclass(frozen=True, slots=True)
class Loose:
    """What goes into a node, where some of it is known only once it is there.

    Attributes:
        sources: The node, its output (empty for all) and the name it is read by (empty for its own), in order.
        targets: What the node asks for; empty if it takes anything.
        soft: Whether a node that has no answer is left out.
        read: Checks a question and brings it into the form of the node; ``None`` if it takes anything.
    """

    sources: tuple[tuple[int, str, str], ...]
    targets: tuple[Field, ...]
    soft: bool
    read: Callable[[Question], Inputs] | None

    def inputs(self, way: Way) -> Inputs | None:
        """What the node is asked; ``None`` if a node that it reads has no answer."""
        found = self.gathered(way)
        if found is None:
            return None
        if self.read is None:
            return Inputs(found.columns, found.rows)
        columns = dict(found.columns)
        if found.how == "rows":
            return self.read(Question(rows=_rows_in(found)))
        if len(columns) == 1 and len(self.targets) == 1:
            columns = {self.targets[0].name: next(iter(columns.values()))}
        elif self.targets:
            names = {field.name for field in self.targets}
            columns = {name: values for name, values in columns.items() if name in names}
        return self.read(Question(lists=columns))

    def gathered(self, way: Way) -> Answer | None:
        """Everything that the node reads, by name; what comes first is taken where two have the same name."""
        columns: dict[str, Array] = {}
        rows, how = -1, "tensors"
        for place, output, name in self.sources:
            answer = way.known(place)
            if answer is None:
                if self.soft:
                    continue
                return None
            if answer.how == "rows" and not output:
                if len(self.sources) == 1:
                    return answer
                answer = by_name(answer)
            elif answer.how == "rows":
                answer = by_name(answer)
            rows = answer.rows if rows < 0 else rows
            if not output:
                if name and len(answer.columns) == 1:
                    columns.setdefault(name, next(iter(answer.columns.values())))
                else:
                    columns = {**answer.columns, **columns}
                continue
            array = answer.columns.get(output)
            columns.setdefault(
                name or output, _lacking(answer, Wire(place, output, name)) if array is None else array
            )
        return Answer(columns, rows, how) if columns else None


def converter(target: Field, *, column: bool) -> Convert:
    """What brings arrays into the form of an input.

    Args:
        target: The input.
        column: Whether it is a column: numbers as float64 with NaN for missing, text as objects with ``None``.
    """
    if column:
        return _text if target.datatype == "BYTES" else _number
    wanted, shape = DTYPES[target.datatype], target.shape
    dimensions = len(shape)

    def convert(array: Array) -> Array:
        if array.ndim != dimensions:
            array = _reshaped(array, target)
        if array.dtype is not wanted and array.dtype != wanted:
            array = _cast(array, wanted, target)
        return array

    return convert


def plain_column(array: Array) -> Array:
    """An array as conditions read it: numbers as float64, anything else as objects.

    Raises:
        ModelError: If it has more than one value per row.
    """
    if array.ndim != 1:
        array = _flat(array)
    if array.dtype == _OBJECT or array.dtype == _FLOAT:
        return array
    return array.astype(_FLOAT) if array.dtype.kind in "biuf" else array.astype(_OBJECT)


def by_name(answer: Answer) -> Answer:
    """Rows as columns, if they have names.

    Raises:
        BadInputError: If they have none.
    """
    rows = _rows_in(answer)
    names = list(dict.fromkeys(name for row in rows if isinstance(row, Mapping) for name in row))
    if not all(isinstance(row, Mapping) for row in rows):
        raise BadInputError(
            [Problem("WRONG_ROW", "an object with a value per column", row=0, value="no names of columns")]
        )
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        if all(type(one) in (int, float, bool, type(None)) for one in values):
            columns[name] = np.array([np.nan if one is None else one for one in values], dtype=np.float64)
        else:
            columns[name] = np.empty(len(rows), dtype=object)
            columns[name][:] = values
    return Answer(columns, answer.rows)


def _rows_in(answer: Answer) -> list[Any]:
    rows: list[Any] = next(iter(answer.columns.values())).tolist()
    return rows


def _nothing(field: Field, rows: int) -> Array:
    """So many missing values."""
    column = empty_column(field, rows)
    if len(field.shape) > 1:
        shape = (rows, *(max(size, 0) for size in field.shape[1:]))
        column = np.full(shape, column[0] if rows else None, dtype=column.dtype)
    return column.astype(DTYPES[field.datatype]) if field.datatype in ("FP32", "FP16", "BF16") else column


def _number(array: Array) -> Array:
    if array.ndim != 1:
        array = _flat(array)
    if array.dtype is _FLOAT:
        return array
    if array.dtype.kind in "biuf":
        return array.astype(_FLOAT)
    try:
        return np.array([np.nan if one is None else one for one in array.tolist()], dtype=_FLOAT)
    except (TypeError, ValueError):
        raise ModelError("a number was promised, and something else came", expected="numbers") from None


def _text(array: Array) -> Array:
    if array.ndim != 1:
        array = _flat(array)
    if array.dtype is not _OBJECT:
        array = array.astype(_OBJECT)
    values = array.tolist()
    if set(map(type, values)) <= _TEXTS:
        return array
    found = np.empty(len(values), dtype=object)
    try:
        found[:] = [one.decode() if isinstance(one, bytes) else one for one in values]
    except UnicodeDecodeError as error:
        raise ModelError(f"text was promised, and bytes came that are none: {error}", expected="UTF-8") from None
    if not set(map(type, found.tolist())) <= _TEXTS:
        raise ModelError("text was promised, and something else came", expected="text")
    return found


_TEXTS = {str, type(None)}


def _cast(array: Array, wanted: np.dtype[Any], target: Field) -> Array:
    if wanted.kind in "biu" and array.dtype.kind == "f" and not np.isfinite(array).all():
        raise BadInputError([Problem("MISSING_VALUE", f"{target.datatype}", column=target.name)])
    if wanted == _OBJECT:
        return _text(array) if array.ndim == 1 else array.astype(_OBJECT)
    return array.astype(wanted)


def _reshaped(array: Array, target: Field) -> Array:
    if array.ndim == 1 and len(target.shape) == 2:
        return array.reshape(-1, 1)
    if array.ndim == 2 and array.shape[1] == 1 and len(target.shape) == 1:
        return array.reshape(-1)
    raise ModelError(f"what input {target.name!r} reads has shape {list(array.shape)}", expected=str(target.shape))


def _flat(array: Array) -> Array:
    if array.ndim == 2 and array.shape[1] == 1:
        return array.reshape(-1)
    raise ModelError(f"a column was promised, and an array of shape {list(array.shape)} came", expected="[rows]")


def _lacking(answer: Answer, wire: Wire) -> Array:
    """The only output, if that is meant.

    Raises:
        ModelError: If there is no such output.
    """
    if not wire.output and len(answer.columns) == 1:
        return next(iter(answer.columns.values()))
    if wire.place == -1:
        raise BadInputError([Problem("MISSING_COLUMN", "a value in every row", column=wire.output)])
    raise ModelError(
        f"there is no output {wire.output!r} to read; there are {', '.join(answer.columns)}",
        expected="the outputs that were promised",
    )


def _uneven(name: str, found: int, rows: int) -> ModelError:
    return ModelError(f"input {name!r} would have {found} rows and others {rows}", expected="as many of each")
