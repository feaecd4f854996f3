"""The wire format of ``tf.Example``, read and written without protocol buffers.

An Example holds Features (field 1), those a map (field 1) of entries: a name (field 1) and a Feature (field 2). A
Feature is one of a list of bytes (field 1), of 32-bit floats (field 2) and of 64-bit whole numbers (field 3), the
values in field 1 of the list, packed or not (tensorflow/core/example/{example,feature}.proto).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

BYTES, FLOATS, INTS = 1, 2, 3
"""The kinds of features, by their fields."""

Feature = tuple[int, list[Any]]
"""The kind of a feature, 0 if it has none, and its values."""

_VARINT, _EIGHT, _TEXT, _FOUR = 0, 1, 2, 5
_SIGN: Final = 1 << 63


class WireError(ValueError):
    """Bytes that are no ``tf.Example``."""


def parse(data: bytes) -> dict[str, Feature]:
    """The features of an example. One without any kind of list is of kind 0; of equal names the last one counts.

    Raises:
        WireError: If the bytes are something else.

    Example:
        >>> parse(serialize({"age": [39], "job": [b"clerk"]}))
        {'age': (3, [39]), 'job': (1, [b'clerk'])}
    """
    found: dict[str, Feature] = {}
    try:
        for field, features in _fields(data, 0, len(data)):
            for inner, entry in _fields(data, *features) if field == 1 else ():
                if inner == 1 and not _short_entry(data, entry[0], entry[1], found):
                    _entry(data, entry, found)
    except (IndexError, struct.error, TypeError, UnicodeDecodeError) as error:
        raise WireError(f"not a tf.Example ({error})") from None
    return found


def _short_entry(data: bytes, start: int, stop: int, found: dict[str, Feature]) -> bool:
    """Read an entry in its usual form, which is faster; whether it has that form.

    All lengths are below 128, and there is one list in the usual order of fields.
    """
    middle = start + 2 + data[start + 1]
    first = middle + 4
    if data[start] != 0x0A or data[start + 1] > 127 or first > stop or data[middle] != 0x12:
        return False
    kind = data[middle + 2] >> 3
    if data[middle + 1] != stop - middle - 2 or data[middle + 3] != stop - first or stop - middle > 129:
        return False
    if data[middle + 2] & 7 != _TEXT or kind not in _READERS or first == stop:
        return False
    if kind == BYTES:
        if data[first] != 0x0A or data[first + 1] != stop - first - 2:
            return False
        values: list[Any] = [data[first + 2 : stop]]
    elif data[first] != 0x0A or data[first + 1] != stop - first - 2:
        return False
    elif kind == FLOATS:
        if (stop - first - 2) % 4:
            return False
        values = list(struct.unpack_from(f"<{(stop - first) // 4}f", data, first + 2))
    else:
        values, place = [], first + 2
        while place < stop:
            value = data[place]
            if value > 127:
                value, place = _varint(data, place)
                values.append(value - 2 * _SIGN if value >= _SIGN else value)
            else:
                values.append(value)
                place += 1
    found[data[start + 2 : middle].decode()] = kind, values
    return True


def _entry(data: bytes, place: tuple[int, int], found: dict[str, Feature]) -> None:
    name, feature = "", (0, 0)
    for field, value in _fields(data, *place):
        if field == 1:
            name = data[value[0] : value[1]].decode()
        elif field == 2:
            feature = value
    found[name] = 0, []
    for kind, values in _fields(data, *feature):
        if kind in _READERS:
            found[name] = kind, _READERS[kind](data, values)


def _fields(data: bytes, start: int, stop: int) -> Iterator[tuple[int, Any]]:
    """The fields of a message: number, and the first and last byte of a text, or the value of a number."""
    while start < stop:
        key, start = _varint(data, start)
        form = key & 7
        if form == _TEXT:
            length, start = _varint(data, start)
            if start + length > stop:
                raise WireError("a field is longer than the message it is in")
            yield key >> 3, (start, start + length)
            start += length
        elif form == _VARINT:
            value, start = _varint(data, start)
            yield key >> 3, value
        elif form in (_EIGHT, _FOUR):
            size = 8 if form == _EIGHT else 4
            yield key >> 3, data[start : start + size]
            start += size
        else:
            raise WireError(f"there is no wire type {form}")


def _varint(data: bytes, start: int) -> tuple[int, int]:
    byte = data[start]
    if byte < 128:
        return byte, start + 1
    value, shift = byte & 127, 7
    while byte >= 128:
        start += 1
        byte = data[start]
        value |= (byte & 127) << shift
        shift += 7
        if shift > 70:
            raise WireError("a number is longer than 64 bits")
    return value, start + 1


def _bytes(data: bytes, place: tuple[int, int]) -> list[Any]:
    return [data[value[0] : value[1]] for field, value in _fields(data, *place) if field == 1]


def _floats(data: bytes, place: tuple[int, int]) -> list[Any]:
    found: list[float] = []
    for field, value in _fields(data, *place):
        if field == 1:
            packed = value if isinstance(value, bytes) else data[value[0] : value[1]]
            found += struct.unpack(f"<{len(packed) // 4}f", packed)
    return found


def _ints(data: bytes, place: tuple[int, int]) -> list[Any]:
    found: list[int] = []
    for field, value in _fields(data, *place):
        if field != 1:
            continue
        if isinstance(value, int):
            found.append(value)
            continue
        start, stop = value
        while start < stop:
            one, start = _varint(data, start)
            found.append(one)
    return [value - 2 * _SIGN if value >= _SIGN else value for value in found]


_READERS: Final = {BYTES: _bytes, FLOATS: _floats, INTS: _ints}


def serialize(features: Mapping[str, Sequence[bytes | float | int] | None]) -> bytes:
    """An example of lists of bytes, floats or whole numbers; ``None`` is a feature without a list."""
    entries = b"".join(
        _text(1, _text(1, name.encode()) + _text(2, _feature(values))) for name, values in features.items()
    )
    return _text(1, entries)


def _feature(values: Sequence[bytes | float | int] | None) -> bytes:
    if values is None:
        return b""
    if all(isinstance(value, bytes) for value in values) and values:
        return _text(BYTES, b"".join(_text(1, value) for value in values if isinstance(value, bytes)))
    if any(isinstance(value, float) for value in values):
        return _text(FLOATS, _text(1, struct.pack(f"<{len(values)}f", *values)))
    return _text(INTS, _text(1, b"".join(_number(int(value) % (2 * _SIGN)) for value in values)))


def _text(field: int, data: bytes) -> bytes:
    return _number(field << 3 | _TEXT) + _number(len(data)) + data


def _number(value: int) -> bytes:
    found = bytearray()
    while value >= 128:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)
