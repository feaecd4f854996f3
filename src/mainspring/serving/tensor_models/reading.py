"""Reading a question into arrays of the datatypes and shapes that a model asks for."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from mainspring.models.problems import Problems
from mainspring.models.signature import Datatype, Field
from mainspring.serving.prediction import Inputs
from mainspring.serving.question import Question, Tensor
from mainspring.serving.raw_tensors import DTYPES
from mainspring.serving.tensor_models.glance import TensorGlance
from mainspring.serving.tensors import unknown_outputs

BASE64 = "b64"
"""``{"b64": "…"}`` stands for bytes in the JSON of TensorFlow Serving."""

CONTENT = "content_type"
"""The parameter of a tensor that says ``base64`` of its elements."""

_NUMBERS = "biuf"


class UnfitError(Exception):
    """Why values do not fit: code, what was expected, and what was found."""


class TensorReader:
    """Reads questions for one model. Safe for threads.

    Args:
        fields: What the model asks for.
        batches: Whether the first dimension of every input counts rows.
        binary: Names of the inputs of ``BYTES`` that are not text.
    """

    def __init__(self, fields: Sequence[Field], *, batches: bool, binary: Collection[str] = ()) -> None:
        self.fields = {field.name: field for field in fields}
        self.batches = batches
        self._binary = frozenset(binary)
        self._glance = TensorGlance(fields) if batches else None

    def read(self, question: Question, outputs: Sequence[Field]) -> Inputs:
        """The arrays that a question holds.

        Raises:
            BadInputError: With every problem of the question.
        """
        if question.outputs is None and question.tensors is not None and self._glance is not None:
            found = self._glance.read(question.tensors)
            if found is not None:
                return found
        problems = Problems()
        if question.outputs is not None and outputs:
            problems.found = unknown_outputs(question.outputs, outputs)
            problems.total = len(problems.found)
        if question.tensors is not None:
            columns = self._of_tensors(question.tensors, problems)
        else:
            lists = question.lists if question.rows is None else self._by_input(question.rows, problems)
            columns = self._of_lists(lists or {}, problems)
        rows = self._rows(columns, problems)
        problems.raise_if_any()
        return Inputs(columns, rows)

    def _of_tensors(self, tensors: Sequence[Tensor], problems: Problems) -> dict[str, npt.NDArray[Any]]:
        columns: dict[str, npt.NDArray[Any]] = {}
        seen: set[str] = set()
        for tensor in tensors:
            if tensor.name in seen:
                problems.add("DUPLICATE_COLUMN", "each input once", column=tensor.name, value="two tensors")
            seen.add(tensor.name)
            field = self._field(tensor.name, problems)
            if field is None:
                continue
            try:
                _same_kind(tensor.datatype, field.datatype)
                encoded = tensor.parameters.get(CONTENT) == "base64"
                array = self._array(field, tensor.data, tensor.shape, encoded=encoded)
                columns[tensor.name] = array
            except UnfitError as error:
                code, expected, value = error.args
                problems.add(code, expected, column=tensor.name, value=value)
        self._lacking(seen, problems)
        return columns

    def _of_lists(self, lists: Mapping[str, Any], problems: Problems) -> dict[str, npt.NDArray[Any]]:
        columns: dict[str, npt.NDArray[Any]] = {}
        for name, values in lists.items():
            field = self._field(name, problems)
            if field is None:
                continue
            try:
                columns[name] = self._array(field, values, None)
            except UnfitError as error:
                code, expected, value = error.args
                problems.add(code, expected, column=name, value=value)
        self._lacking(lists, problems)
        return columns

    def _by_input(self, rows: Sequence[Any], problems: Problems) -> dict[str, list[Any]]:
        """Rows as a list per input: a row is an object by input, a list in their order, or the only input."""
        names = [name for name, field in self.fields.items() if field.required]
        if not rows:
            return {name: [] for name in names}
        if all(isinstance(row, Mapping) and BASE64 not in row for row in rows):
            named = dict.fromkeys(name for row in rows for name in row)
            for index, row in enumerate(rows):
                for name in named:
                    if name not in row:
                        problems.add("MISSING_COLUMN", "a value in every row", column=name, row=index)
            return {name: [row.get(name) for row in rows] for name in named}
        if len(names) == 1:
            return {names[0]: list(rows)}
        for index, row in enumerate(rows):
            if not isinstance(row, list) or len(row) != len(names):
                problems.add("WRONG_ROW", f"an object with {', '.join(names)}", row=index, value=_shown(row))
        problems.raise_if_any()
        return {name: [row[place] for row in rows] for place, name in enumerate(names)}

    def _array(
        self, field: Field, data: Any, shape: Sequence[int] | None, *, encoded: bool = False
    ) -> npt.NDArray[Any]:
        if field.datatype == "BYTES":
            array = _elements(data, binary=field.name in self._binary, encoded=encoded)
            if not field.nullable and None in array.reshape(-1).tolist():
                raise UnfitError("WRONG_TYPE", "text", "null")
        else:
            array = _numbers(data, field.datatype, gaps=field.nullable)
        if shape is not None:
            if array.size != math.prod(shape) or min(shape, default=0) < 0:
                raise UnfitError("WRONG_LENGTH", f"values for shape {list(shape)}", f"{array.size} values")
            try:
                array = array.reshape(shape)
            except ValueError as error:  # nothing, of a size beyond all bounds
                raise UnfitError("WRONG_SHAPE", f"shape {list(field.shape)}", f"shape {list(shape)}") from error
        elif array.shape == (0,):
            array = array.reshape([0, *(max(size, 0) for size in field.shape[1:])])
        if array.shape[1:] == (1,) and len(field.shape) == 1:
            array = array.reshape(-1)
        if not fits(field.shape, array.shape):
            raise UnfitError("WRONG_SHAPE", f"shape {list(field.shape)}", f"shape {list(array.shape)}")
        return array

    def _field(self, name: str, problems: Problems) -> Field | None:
        field = self.fields.get(name)
        if field is None:
            problems.add("UNKNOWN_COLUMN", "one of the inputs " + ", ".join(self.fields), column=name)
        return field

    def _lacking(self, given: Collection[str], problems: Problems) -> None:
        for name, field in self.fields.items():
            if name not in given and field.required:
                problems.add("MISSING_COLUMN", f"{field.datatype} of shape {list(field.shape)}", column=name)

    def _rows(self, columns: Mapping[str, npt.NDArray[Any]], problems: Problems) -> int:
        if not self.batches:
            return 1
        sizes = {name: array.shape[0] for name, array in columns.items()}
        rows = next(iter(sizes.values()), 0)
        for name, size in sizes.items():
            if size != rows:
                problems.add(
                    "WRONG_LENGTH", f"{rows} rows, as other inputs have", column=name, value=f"{size} rows"
                )
        return rows


def fits(expected: Sequence[int], found: Sequence[int]) -> bool:
    """Whether a shape is what was expected, in which -1 stands for any number."""
    return len(expected) == len(found) and all(
        want in (-1, size) for want, size in zip(expected, found, strict=True)
    )


def datatype_of(dtype: np.dtype[Any]) -> str:
    """The datatype of the Open Inference Protocol for arrays of numpy."""
    if dtype.kind == "b":
        return "BOOL"
    if dtype.kind in "iuf" and dtype.itemsize <= 8:
        return {"i": "INT", "u": "UINT", "f": "FP"}[dtype.kind] + str(8 * dtype.itemsize)
    return "BYTES"


def fields_of(outputs: Mapping[str, npt.NDArray[Any]]) -> tuple[Field, ...]:
    """What arrays are, told from them."""
    return tuple(
        Field(name, cast("Datatype", datatype_of(one.dtype)), nullable=False, shape=one.shape)
        for name, one in outputs.items()
    )


def _same_kind(given: str, wanted: str) -> None:
    """Numbers may come as numbers of another width; texts and booleans only as such."""
    for kind in ("BYTES", "BOOL"):
        if (given == kind) != (wanted == kind):
            raise UnfitError("WRONG_DATATYPE", f"datatype {wanted}", f"datatype {given}")
    if given not in DTYPES:
        raise UnfitError("WRONG_DATATYPE", f"datatype {wanted}", f"datatype {given}")


def _numbers(data: Any, datatype: str, *, gaps: bool) -> npt.NDArray[Any]:
    """An array of numbers or booleans, none of which was changed on the way; NaN for null where gaps may be."""
    wanted = DTYPES[datatype]
    try:
        array = np.asarray(data)
    except ValueError:
        raise UnfitError("WRONG_SHAPE", "lists of equal lengths", "lists of unequal lengths") from None
    if gaps and array.dtype == object and wanted.kind == "f":
        array = _with_gaps(array)
    if wanted == np.uint64 and array.dtype.kind == "f" and isinstance(data, list):
        # What numpy makes of numbers on both sides of 2**63 is not exact.
        array = _exact(np.array(data, dtype=object))
    if array.size == 0 and array.dtype.kind in _NUMBERS:
        return array.astype(wanted)
    if array.dtype.kind not in _NUMBERS or (array.dtype.kind == "b") != (wanted.kind == "b"):
        raise UnfitError("WRONG_TYPE", "true or false" if wanted.kind == "b" else "numbers", _strange(array))
    if array.dtype == wanted:
        return array
    if wanted.kind in "iu":
        return _whole(array, wanted, datatype)
    if array.dtype.itemsize <= wanted.itemsize and array.dtype.kind == "f":
        return array.astype(wanted)
    try:
        with np.errstate(over="raise"):
            return array.astype(wanted)
    except FloatingPointError:
        raise UnfitError("WRONG_TYPE", f"numbers that fit {datatype}", "a number too large for it") from None


def _whole(array: npt.NDArray[Any], wanted: np.dtype[Any], datatype: str) -> npt.NDArray[Any]:
    if array.dtype.kind == "f" and not (np.isfinite(array) & (array == np.floor(array))).all():
        raise UnfitError("WRONG_TYPE", "whole numbers", "a number that is not whole")
    bounds = np.iinfo(wanted)
    # As Python's own numbers, which have no bounds.
    if int(array.min()) < bounds.min or int(array.max()) > bounds.max:
        raise UnfitError("WRONG_TYPE", f"numbers from {bounds.min} to {bounds.max} ({datatype})", _extreme(array))
    return array.astype(wanted)


def _exact(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Whole numbers as such, if they all are and fit; else what numpy makes of them."""
    plain = array.reshape(-1).tolist()
    fit = all(isinstance(one, int) and 0 <= one < 2**64 for one in plain)
    return np.array(plain, dtype=np.uint64 if fit else np.float64).reshape(array.shape)


def _extreme(array: npt.NDArray[Any]) -> str:
    return f"numbers from {array.min()} to {array.max()}"


def _with_gaps(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Numbers among which some are missing (``null``), with NaN for these; other objects as they are."""
    plain = array.reshape(-1).tolist()
    if all(one is None or (isinstance(one, int | float) and not isinstance(one, bool)) for one in plain):
        return np.array([math.nan if one is None else one for one in plain]).reshape(array.shape)
    return array


def _strange(array: npt.NDArray[Any]) -> str:
    values = array.reshape(-1).tolist()
    strange = (one for one in values if isinstance(one, bool) or not isinstance(one, int | float))
    found = next(strange, values[0] if values else None)
    return "null" if found is None else _shown(found)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _elements(data: Any, *, binary: bool, encoded: bool) -> npt.NDArray[Any]:
    """Texts, or bytes; bytes are looked for in base64 where that is said."""
    values = data if isinstance(data, np.ndarray) else _nest(data)
    plain = [_element(one, binary=binary, encoded=encoded) for one in values.reshape(-1).tolist()]
    array = np.empty(len(plain), dtype=object)
    array[:] = plain
    return array.reshape(values.shape)


def _nest(data: Any) -> npt.NDArray[Any]:
    """Nested lists of elements as an array of objects."""
    shape, first = [], data
    while isinstance(first, list):
        shape.append(len(first))
        first = first[0] if first else None
    flat = [data]
    for size in shape:
        if not all(isinstance(one, list) and len(one) == size for one in flat):
            raise UnfitError("WRONG_SHAPE", "lists of equal lengths", "lists of unequal lengths")
        flat = [one for part in flat for one in part]
    array = np.empty(len(flat), dtype=object)
    array[:] = flat
    return array.reshape(shape)


def _element(value: Any, *, binary: bool, encoded: bool) -> str | bytes | None:
    if isinstance(value, Mapping) and list(value) == [BASE64]:
        value, encoded = value[BASE64], True
    if encoded and isinstance(value, str | bytes):
        try:
            value = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise UnfitError("WRONG_TYPE", "base64", _shown(value)) from None
    if value is None or (isinstance(value, bytes) and binary):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise UnfitError("WRONG_TYPE", "text in UTF-8", _shown(value)) from None
    if not isinstance(value, str):
        raise UnfitError("WRONG_TYPE", "text", _shown(value))
    return value.encode() if binary else value
