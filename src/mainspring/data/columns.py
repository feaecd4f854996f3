"""Columns: names and types, and how their values go between the engine, Python and NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from mainspring.core.errors import InputError
from mainspring.data import engine
from mainspring.data.celltypes import ENGINE_TYPES, ColumnType, engine_type, from_engine, joined_engine_type
from mainspring.data.nested import pick_nested, shape_of, texts_of
from mainspring.data.scalars import scalar_type, text_of

if TYPE_CHECKING:
    import numpy as np

_KINDS = {
    "b": ColumnType.BOOL,
    "i": ColumnType.INT,
    "u": ColumnType.INT,
    "f": ColumnType.FLOAT,
    "M": ColumnType.TIMESTAMP,
    "U": ColumnType.STRING,
    "S": ColumnType.BYTES,
}


_PLAIN: Mapping[type, ColumnType] = {str: ColumnType.STRING, int: ColumnType.INT, float: ColumnType.FLOAT}


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name and type.

    Attributes:
        nested: For LIST and STRUCT the engine's name of the whole type, such as ``BIGINT[]``; else empty.
    """

    name: str
    type: ColumnType
    nested: str = ""

    @classmethod
    def of_engine(cls, name: str, kind: str) -> Column:
        """The column that one of an engine type is read as."""
        type_ = from_engine(kind)
        return cls(name, type_, engine_type(kind) if type_.is_nested else "")

    @property
    def engine_type(self) -> str:
        """The engine type that holds the values; empty for OTHER, which is held as it is."""
        return self.nested or ENGINE_TYPES.get(self.type, "")

    def __repr__(self) -> str:
        nested = f", nested={self.nested!r}" if self.nested else ""
        return f"Column(name={self.name!r}, type={self.type.value}{nested})"


def held(columns: Mapping[str, Sequence[Any] | np.ndarray], types: Mapping[str, ColumnType]) -> engine.Relation:
    """Give columns of values to the engine.

    Raises:
        InputError: If there are no columns, they differ in length, or mix types.
    """
    if not columns:
        raise InputError("a table without columns", expected="at least one column")
    names = [name.lower() for name in columns]
    repeated = [name for name in columns if names.count(name.lower()) > 1]
    if repeated:
        raise InputError(
            f"columns have the same name (upper and lower case are one): {', '.join(repeated)}",
            expected="different names",
        )
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(
            "columns differ in length: " + ", ".join(f"{name} {length}" for name, length in lengths.items()),
            expected="one length",
        )
    arrays: dict[str, Any] = {}
    picks = []
    for place, (name, values) in enumerate(columns.items()):
        type_ = types.get(name) or _type_of(name, values)
        if type_.is_nested:
            arrays[f"c{place}"], cell = _nested(name, values, type_, f"c{place}")
        else:
            arrays[f"c{place}"], cell = _as_array(name, values, type_), pick(f"c{place}", type_)
        picks.append(f"{cell} AS {engine.quote(name)}")
    return engine.Relation.of_object(arrays, ", ".join(picks))


def array(query: str, column: Column) -> np.ndarray:
    """The values of one column: float64 with NaN for numbers and bools, else text and ``None``."""
    return arrays(query, [column])[column.name]


def arrays(query: str, columns: Sequence[Column]) -> dict[str, np.ndarray]:
    """The values of several columns by name, each as in :func:`array`, read at once."""
    import numpy as np

    cells = ", ".join(f"{_cell(column)} AS v{place}" for place, column in enumerate(columns))
    with engine.cursor() as found:
        values = found.execute(" ".join(("SELECT", cells, "FROM (", query, ")"))).fetchnumpy()
    return {
        column.name: _plain_array(values[f"v{place}"], np.float64 if _is_number(column) else object)
        for place, column in enumerate(columns)
    }


def _is_number(column: Column) -> bool:
    return column.type.is_numeric or column.type is ColumnType.BOOL


def _cell(column: Column) -> str:
    """SQL: the value of a column as an array takes it."""
    if not _is_number(column):
        return as_text(column)
    return f"coalesce(CAST({engine.quote(column.name)} AS DOUBLE), 'nan'::DOUBLE)"


def _plain_array(values: np.ndarray, dtype: type) -> np.ndarray:
    import numpy as np

    if isinstance(values, np.ma.MaskedArray):
        missing = np.ma.getmaskarray(values)
        values = np.array(values.data, dtype=dtype)
        values[missing] = None if dtype is object else np.nan
    return np.asarray(values, dtype=dtype)


def as_text(column: Column) -> str:
    """SQL: the value of a column as text, ISO 8601 for dates and timestamps; NULL stays NULL."""
    name = engine.quote(column.name)
    match column.type:
        case ColumnType.STRING:
            return name
        case ColumnType.TIMESTAMP:
            return f"replace(CAST({name} AS VARCHAR), ' ', 'T')"
        case ColumnType.BYTES:
            return f"lower(hex({name}))"
        case _:
            return f"CAST({name} AS VARCHAR)"


def joined_type(one: ColumnType, other: ColumnType) -> ColumnType | None:
    """The type that holds the values of both, ``None`` if there is none."""
    if one is other:
        return one
    if one.is_numeric and other.is_numeric:
        return ColumnType.FLOAT
    return None


def joined_column(columns: Sequence[Column]) -> Column:
    """The column that holds the values of all, whose types can be joined."""
    return reduce(lambda one, other: _joined(one, other) or one, columns)


def check_joinable(ours: Sequence[Column], theirs: Sequence[Column], *, where: str = "") -> None:
    """Raise an error that lists every difference which keeps two tables from being joined, row after row."""
    one = {column.name: column for column in ours}
    other = {column.name: column for column in theirs}
    problems = [f"{name!r} is only in the first" for name in one if name not in other]
    problems += [f"{name!r} is only in the second" for name in other if name not in one]
    problems += [
        f"{name!r} is {_kind(one[name])} in the first and {_kind(other[name])} in the second"
        for name in one
        if name in other and _joined(one[name], other[name]) is None
    ]
    if problems:
        raise InputError(
            "the tables do not fit: " + "; ".join(problems), where=where, expected="the same columns in both"
        )


def _joined(one: Column, other: Column) -> Column | None:
    """The column that holds the values of both, ``None`` if there is none."""
    if one.type is other.type and one.nested == other.nested:
        return one
    if one.nested and other.nested:
        nested = joined_engine_type(one.nested, other.nested)
        return Column(one.name, one.type, nested) if nested else None
    type_ = joined_type(one.type, other.type)
    return Column(one.name, type_) if type_ else None


def _kind(column: Column) -> str:
    return column.nested or str(column.type)


def _type_of(name: str, values: Sequence[Any] | np.ndarray) -> ColumnType:
    dtype = getattr(values, "dtype", None)
    if dtype is not None and dtype.kind in _KINDS:
        return _KINDS[dtype.kind]
    kinds = set(map(type, values)) - {type(None)}
    if len(kinds) == 1 and (plain := _PLAIN.get(*kinds)) is not None:
        return plain
    found = {_value_type(name, value) for value in values if not _is_missing(value)}
    # NaN alone is a column of floats without a value.
    if any(isinstance(value, float) for value in values) and found <= {ColumnType.INT, ColumnType.FLOAT}:
        found.add(ColumnType.FLOAT)
    if found <= {ColumnType.INT, ColumnType.FLOAT} and ColumnType.FLOAT in found:
        return ColumnType.FLOAT
    if found <= {ColumnType.DATE, ColumnType.TIMESTAMP} and ColumnType.TIMESTAMP in found:
        return ColumnType.TIMESTAMP
    if len(found) > 1:
        raise InputError(
            f"column {name!r} mixes " + " and ".join(sorted(found)),
            expected="values of one type",
            fix="convert the values, for example all to text",
        )
    return found.pop() if found else ColumnType.STRING


def _value_type(name: str, value: Any) -> ColumnType:
    if isinstance(value, Mapping):
        return ColumnType.STRUCT
    if isinstance(value, list | tuple) or getattr(value, "ndim", 0) > 0:
        return ColumnType.LIST
    return scalar_type(name, value)


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)


def _nested(name: str, values: Sequence[Any] | np.ndarray, type_: ColumnType, cell: str) -> tuple[Any, str]:
    """The texts of lists or mappings, and the SQL that reads them."""
    import numpy as np

    plain = [None if _is_missing(value) else value for value in values]
    shape = shape_of(name, plain)
    if shape is None and type_ is ColumnType.LIST:
        shape = [None]
    if not isinstance(shape, list if type_ is ColumnType.LIST else dict):
        raise InputError(f"column {name!r} does not hold {type_} values", expected="lists, or mappings with names")
    return np.array(texts_of(plain), dtype=object), pick_nested(cell, shape)


def _as_array(name: str, values: Sequence[Any] | np.ndarray, type_: ColumnType) -> Any:
    import numpy as np

    if getattr(values, "dtype", None) is not None and np.asarray(values).dtype.kind in _KINDS:
        found = np.asarray(values)
        # The engine takes arrays only as they lie in memory: one after the other, in the machine's byte order.
        return np.ascontiguousarray(found, dtype=found.dtype.newbyteorder("="))
    if type_ is ColumnType.STRING and set(map(type, values)) <= {str, type(None)}:
        return np.array(values, dtype=object)
    plain = [None if _is_missing(value) else value for value in values]
    try:
        if type_ is ColumnType.FLOAT:
            return np.array([np.nan if value is None else float(value) for value in plain], dtype=np.float64)
        if type_ is ColumnType.BYTES:
            return np.array([None if value is None else value.hex() for value in plain], dtype=object)
        # As text: the engine casts it, and tells missing from zero.
        return np.array([None if value is None else text_of(value, type_) for value in plain], dtype=object)
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(f"column {name!r} does not hold {type_} values: {error}") from None


def pick(cell: str, type_: ColumnType) -> str:
    """SQL: the value of a text cell; bytes are written in hexadecimal digits."""
    if type_ is ColumnType.BYTES:
        return f"from_hex(CAST({cell} AS VARCHAR))"
    return f"CAST({cell} AS {ENGINE_TYPES.get(type_, 'VARCHAR')})"
