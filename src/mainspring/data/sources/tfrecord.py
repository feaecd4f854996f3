"""TFRecord files of ``tf.Example``, plain or gzipped, without TensorFlow and protocol buffers.

Columns are in the alphabetical order of features:

1. A feature whose examples have one value each becomes a column of single values; where one has none (an empty
   list) or several it becomes LIST. An example without the feature, or with a feature of no kind, has a missing
   value.
2. Whole numbers are INT, floats FLOAT. Bytes are STRING if all of the column are UTF-8, else BYTES.
3. A feature that is of no kind anywhere is STRING, always missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import engine
from mainspring.data.sources.tf_examples import BYTES, FLOATS, INTS, WireError, parse, serialize
from mainspring.data.sources.tf_records import read_batches, write_records
from mainspring.data.spool import Spool
from mainspring.data.tables import Table

_KINDS: Final = {BYTES: "bytes", FLOATS: "floats", INTS: "whole numbers"}


def read_tfrecord(locations: Sequence[str], /) -> Table:
    """The examples of TFRecord files as rows.

    Raises:
        NotFoundError: If a file does not exist.
        InputError: If a file is damaged (with the record and byte), a record is no ``tf.Example``, a feature is of
            several kinds, or there is none at all.
    """
    paths = [Path(location) for location in locations]
    absent = [str(path) for path in paths if not path.is_file()]
    if absent:
        raise NotFoundError("there is no such file", where=", ".join(absent), fix="check the path")
    columns: dict[str, _Column] = {}
    spool, rows = Spool(), 0
    for path in paths:
        first = 1
        for records in read_batches(path):
            cells: dict[str, list[str | None]] = {name: [None] * len(records) for name in columns}
            for place, record in enumerate(records):
                try:
                    features = parse(record)
                except WireError as error:
                    raise _wrong(path, first + place, str(error)) from None
                for name, (kind, values) in features.items():
                    column = columns.get(name) or columns.setdefault(name, _Column(name))
                    if name not in cells:
                        cells[name] = [None] * len(records)
                    cells[name][place] = column.text(kind, values, path, first + place)
            spool.add(cells or {"nothing": [None] * len(records)})
            first += len(records)
        rows += first - 1
    return _table(spool, columns, rows, ", ".join(locations))


def _table(spool: Spool, columns: Mapping[str, _Column], rows: int, where: str) -> Table:
    lower = [name.lower() for name in columns]
    repeated = sorted(name for name in columns if lower.count(name.lower()) > 1)
    if repeated:
        listed = ", ".join(repeated)
        raise InputError(f"names differ in upper and lower case alone: {listed}", where=where)
    if not columns:
        found = f"{rows} examples without a feature" if rows else "there is no example"
        raise InputError(found, where=where, expected="at least one example with a feature")
    return Table.of_lying(spool.finish({name: columns[name].cell() for name in sorted(columns)}))


class _Column:
    """What is known of a feature so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._kind = 0
        self._is_single = True
        self._is_text = True

    def text(self, kind: int, values: Sequence[Any], path: Path, number: int) -> str | None:
        """The text of a list that the engine reads as one."""
        if not kind:
            return None
        # A list without values says nothing: who writes one has to choose a kind.
        if values and kind != self._kind:
            if self._kind:
                raise _wrong(path, number, f"{self.name!r} is {_KINDS[kind]}, and {_KINDS[self._kind]} before")
            self._kind = kind
        if len(values) != 1:
            self._is_single = False
        if kind != BYTES:
            return str(values)
        if self._is_text:
            self._is_text = all(map(_is_utf8, values))
        # A letter before the digits, so that no bytes are something, too.
        return "[" + ", ".join("x" + value.hex() for value in values) + "]"

    def cell(self) -> str:
        """SQL: the value of a text cell."""
        name = engine.quote(self.name)
        if not self._kind:
            return name if self._is_single else f"CAST({name} AS VARCHAR[])"
        if self._kind == BYTES:
            way = "decode(from_hex(v[2:]))" if self._is_text else "from_hex(v[2:])"
            values = f"[{way} FOR v IN CAST({name} AS VARCHAR[])]"
            values = f"CASE WHEN {name} IS NOT NULL THEN {values} END"
        else:
            values = f"CAST({name} AS {'BIGINT' if self._kind == INTS else 'DOUBLE'}[])"
        return f"list_extract({values}, 1)" if self._is_single else values


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _wrong(path: Path, number: int, what: str) -> InputError:
    return InputError(f"record {number}: {what}", where=str(path), expected="a TFRecord file of tf.Example")


def write_tfrecord(path: str | Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as examples: numbers, text, bytes, and lists of them; ``None`` is a feature of no kind.

    The file is gzipped if its name ends in ``.gz``. A number that is a float makes the feature one of floats, of
    32 bits each.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "people.tfrecord"
        >>> write_tfrecord(path, [{"age": 39, "jobs": ["clerk", "smith"]}, {"age": None, "jobs": []}])
        >>> read_tfrecord([str(path)]).to_columns()
        {'age': [39, None], 'jobs': [['clerk', 'smith'], []]}
    """
    write_records(Path(path), (serialize({name: _listed(value) for name, value in row.items()}) for row in rows))


def _listed(value: Any) -> list[Any] | None:
    if value is None:
        return None
    values = value if isinstance(value, list | tuple) else [value]
    return [one.encode() if isinstance(one, str) else one for one in values]
