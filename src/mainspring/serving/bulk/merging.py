"""Puts the files of parts together into one, without looking into their rows.

Text files follow one another. Of Parquet files the groups of rows are copied as they are, and one end is written
that knows where each of them lies now: nothing is decoded, and no more than a buffer is held.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from mainspring.core.errors import IntegrityError
from mainspring.serving.bulk.formats import Format
from mainspring.serving.bulk.thrift import BINARY, I16, I64, LIST, STRUCT, Items, Struct, decode, encode

_MAGIC: Final = b"PAR1"
_BUFFER: Final = 1 << 20
_TAIL: Final = 8

# Numbers of fields, from https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
_SCHEMA, _ROWS, _GROUPS, _TOLD = 2, 3, 4, 5
_CHUNKS, _GROUP_ROWS, _GROUP_OFFSET, _ORDINAL = 1, 3, 5, 7
_CHUNK_OFFSET, _CHUNK_TOLD = 2, 3
_INDEXES: Final = (4, 5, 6, 7)
"""Of a chunk: where its page indexes lie, which hold places themselves and may be left out."""
_PLACES: Final = (9, 10, 11, 14)
"""Of what is told of a chunk: places of data, index and dictionary pages, and of its Bloom filter."""
_MOST_ORDINAL: Final = 0x7FFF


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...


def join(
    parts: Sequence[Path],
    target: Path,
    form: Format,
    *,
    stamp: Mapping[str, str] | None = None,
    seen: Callable[[int], None] = lambda _: None,
) -> str:
    """Write the rows of all parts, in this order, into one file; gives its SHA-256 in hexadecimal digits.

    Args:
        parts: Files that were written alike, at least one.
        target: The new file.
        form: The form of all of them.
        stamp: Texts by name, kept in a Parquet file beside its rows.
        seen: Called with the number of parts that are in it.

    Raises:
        IntegrityError: If a part is not whole, or has other columns than the first.
    """
    digest = hashlib.sha256()
    with target.open("wb") as out:
        if form.kind == "parquet":
            _join_parquet(parts, out, digest, stamp or {}, seen)
        else:
            for number, part in enumerate(parts, 1):
                with part.open("rb") as file:
                    _copy(file, part.stat().st_size, out, digest)
                seen(number)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


def _join_parquet(
    parts: Iterable[Path], out: BinaryIO, digest: _Hash, stamp: Mapping[str, str], seen: Callable[[int], None]
) -> None:
    whole: Struct | None = None
    groups: list[Struct] = []
    _put(out, digest, _MAGIC)
    for number, part in enumerate(parts, 1):
        with part.open("rb") as file:
            end, size = _end(file, str(part))
            if whole is None:
                whole = end
            elif end.fields[_SCHEMA] != whole.fields[_SCHEMA]:
                raise IntegrityError("a part has other columns than the first one", where=str(part))
            moved = out.tell() - len(_MAGIC)
            for group in end.structs(_GROUPS):
                _move(group, moved)
                groups.append(group)
            file.seek(len(_MAGIC))
            _copy(file, size - len(_MAGIC), out, digest)
        seen(number)
    if whole is None:
        raise IntegrityError("there is no part to put together")
    for ordinal, group in enumerate(groups):
        if _ORDINAL in group.fields:
            if ordinal <= _MOST_ORDINAL:
                group.put(_ORDINAL, I16, ordinal)
            else:
                del group.fields[_ORDINAL]
    whole.put(_GROUPS, LIST, Items(STRUCT, [*groups]))
    whole.put(_ROWS, I64, sum(group.integer(_GROUP_ROWS) or 0 for group in groups))
    _stamp(whole, stamp)
    told = encode(whole)
    _put(out, digest, told + len(told).to_bytes(4, "little") + _MAGIC)


def _end(file: BinaryIO, where: str) -> tuple[Struct, int]:
    """What the end of a Parquet file tells, and where it begins."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != _MAGIC or length > size - _TAIL - len(_MAGIC):
        raise IntegrityError("a part is not a whole Parquet file", where=where, fix="start again with --restart")
    file.seek(size - _TAIL - length)
    return decode(file.read(length)), size - _TAIL - length


def _move(group: Struct, by: int) -> None:
    """Add to all places that a group of rows and its chunks tell of."""
    _add(group, _GROUP_OFFSET, by)
    for chunk in group.structs(_CHUNKS):
        _add(chunk, _CHUNK_OFFSET, by)
        for number in _INDEXES:
            chunk.fields.pop(number, None)
        told = chunk.fields[_CHUNK_TOLD][1]
        if isinstance(told, Struct):
            for number in _PLACES:
                _add(told, number, by)


def _add(struct: Struct, number: int, by: int) -> None:
    value = struct.integer(number)
    if value:  # 0 says that nobody knows
        struct.put(number, struct.fields[number][0], value + by)


def _stamp(whole: Struct, stamp: Mapping[str, str]) -> None:
    kept = [one for one in whole.structs(_TOLD) if one.fields[1][1] not in {name.encode() for name in stamp}]
    added = [
        Struct({1: (BINARY, name.encode("utf-8")), 2: (BINARY, text.encode("utf-8"))})
        for name, text in stamp.items()
    ]
    if kept or added:
        whole.put(_TOLD, LIST, Items(STRUCT, [*kept, *added]))


def _copy(file: BinaryIO, size: int, out: BinaryIO, digest: _Hash) -> None:
    left = size
    while left:
        block = file.read(min(left, _BUFFER))
        if not block:
            raise IntegrityError("a part ends before its time", where=file.name)
        _put(out, digest, block)
        left -= len(block)


def _put(out: BinaryIO, digest: _Hash, data: bytes) -> None:
    out.write(data)
    digest.update(data)
