"""Thrift's compact protocol, as far as the ends of Parquet files need it: structures of any fields, both ways.

Nothing is known of the meaning of fields, so whatever a writer puts there is kept
(https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from mainspring.core.errors import IntegrityError

TRUE: Final = 1
FALSE: Final = 2
BYTE: Final = 3
I16: Final = 4
I32: Final = 5
I64: Final = 6
DOUBLE: Final = 7
BINARY: Final = 8
LIST: Final = 9
SET: Final = 10
STRUCT: Final = 12

_INTEGERS: Final = frozenset({I16, I32, I64})
_SHORT: Final = 15


@dataclass(frozen=True, slots=True)
class Items:
    """A list or set: the kind of its elements, and these."""

    kind: int
    values: list[Value]


@dataclass(slots=True)
class Struct:
    """Fields by their numbers: the kind and the value of each."""

    fields: dict[int, tuple[int, Value]] = field(default_factory=dict)

    def integer(self, number: int) -> int | None:
        """A whole number, ``None`` if it is not there."""
        value = self.fields.get(number, (0, None))[1]
        return value if isinstance(value, int) else None

    def structs(self, number: int) -> list[Struct]:
        """A list of structures, empty if it is not there."""
        value = self.fields.get(number, (0, None))[1]
        return [one for one in value.values if isinstance(one, Struct)] if isinstance(value, Items) else []

    def put(self, number: int, kind: int, value: Value) -> None:
        """Set a field."""
        self.fields[number] = (kind, value)


Value: TypeAlias = "bool | int | bytes | Items | Struct | None"


def decode(data: bytes) -> Struct:
    """Read a structure; doubles are kept as their eight bytes.

    Raises:
        IntegrityError: If the bytes are something else.
    """
    try:
        return _Reader(data).struct()
    except (IndexError, RecursionError) as error:
        raise IntegrityError("the bytes are no structure", expected="the end of a Parquet file") from error


def encode(struct: Struct) -> bytes:
    """Write a structure."""
    out = bytearray()
    _write_struct(out, struct)
    return bytes(out)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._place = data, 0

    def struct(self) -> Struct:
        found, number = Struct(), 0
        while True:
            head = self._byte()
            kind = head & 0x0F
            if not head:
                return found
            number = number + (head >> 4) if head >> 4 else self._zigzag()
            found.fields[number] = (kind, kind == TRUE if kind in (TRUE, FALSE) else self._value(kind))

    def _value(self, kind: int) -> Value:
        if kind in (TRUE, FALSE, BYTE):
            return self._byte()
        if kind in _INTEGERS:
            return self._zigzag()
        if kind == DOUBLE:
            return self._bytes(8)
        if kind == BINARY:
            return self._bytes(self._varint())
        if kind in (LIST, SET):
            head = self._byte()
            size = head >> 4 if head >> 4 != _SHORT else self._varint()
            return Items(head & 0x0F, [self._value(head & 0x0F) for _ in range(size)])
        if kind == STRUCT:
            return self.struct()
        raise IntegrityError(f"a field of kind {kind}", expected="the end of a Parquet file")

    def _byte(self) -> int:
        value = self._data[self._place]
        self._place += 1
        return value

    def _bytes(self, size: int) -> bytes:
        value = self._data[self._place : self._place + size]
        if len(value) != size:
            raise IndexError
        self._place += size
        return value

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)


def _write_struct(out: bytearray, struct: Struct) -> None:
    before = 0
    for number, (given, value) in sorted(struct.fields.items()):
        kind = given if given not in (TRUE, FALSE) else TRUE if value else FALSE
        if 0 < number - before < 16:
            out.append((number - before) << 4 | kind)
        else:
            out.append(kind)
            _varint(out, _zigzag(number))
        before = number
        if kind not in (TRUE, FALSE):
            _write(out, kind, value)
    out.append(0)


def _write(out: bytearray, kind: int, value: Value) -> None:
    match value:
        case Struct():
            _write_struct(out, value)
        case Items():
            _write_items(out, value.kind, value.values)
        case bytes():
            if kind == BINARY:
                _varint(out, len(value))
            out += value
        case int():
            if kind in (TRUE, FALSE, BYTE):
                out.append(value)
            else:
                _varint(out, _zigzag(value))
        case None:
            raise IntegrityError(f"a field of kind {kind} without a value")


def _write_items(out: bytearray, kind: int, values: Iterable[Value]) -> None:
    listed = list(values)
    if len(listed) < _SHORT:
        out.append(len(listed) << 4 | kind)
    else:
        out.append(_SHORT << 4 | kind)
        _varint(out, len(listed))
    for value in listed:
        _write(out, kind, value)


def _varint(out: bytearray, value: int) -> None:
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else -(value << 1) - 1
