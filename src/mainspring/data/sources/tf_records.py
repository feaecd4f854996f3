"""The records of a TFRecord file: their lengths, bytes and checksums.

A record is its length (8 bytes, little-endian), the masked CRC-32C of the length (4), the bytes, and their masked
CRC-32C (4); records follow one another (tensorflow/core/lib/io/record_writer.h).
"""

from __future__ import annotations

import gzip
import itertools
import struct
from collections.abc import Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Final

from mainspring.core.errors import InputError
from mainspring.data.dialects import is_gzip
from mainspring.data.sources.crc32c import crc32c, crc32c_of_many, masked

_BATCH_BYTES: Final = 32 << 20
_BATCH_RECORDS: Final = 20_000
_WRITTEN: Final = 1000
_LENGTH: Final = struct.Struct("<Q")
_CHECKSUM: Final = struct.Struct("<I")


def read_batches(path: Path) -> Iterator[list[bytes]]:
    """The records of a file, plain or gzipped, in batches.

    Raises:
        InputError: If a checksum is wrong or the file ends inside a record: with the byte where the record begins
            (in the unpacked file).
    """
    with gzip.open(path) if is_gzip(path) else path.open("rb") as file:
        number = start = 0
        while True:
            places: list[tuple[int, int]] = []
            records: list[bytes] = []
            checksums: list[int] = []
            size = 0
            while size < _BATCH_BYTES and len(records) < _BATCH_RECORDS:
                found = _read(path, file, number + 1, start)
                if found is None:
                    break
                places.append((number + 1, start))
                records.append(found[0])
                checksums.append(found[1])
                number += 1
                start += len(found[0]) + 16
                size += len(found[0])
            if not records:
                return
            for place, given, true in zip(places, checksums, crc32c_of_many(records), strict=True):
                if given != masked(true):
                    raise _broken(path, *place, "its bytes do not have the checksum that is written after them")
            yield records


def _read(path: Path, file: gzip.GzipFile | BufferedReader, number: int, start: int) -> tuple[bytes, int] | None:
    try:
        head = file.read(12)
        if not head:
            return None
        if len(head) == 12 and _CHECKSUM.unpack_from(head, 8)[0] != masked(crc32c(head[:8])):
            raise _broken(path, number, start, "its length does not have the checksum that is written after it")
        length = _LENGTH.unpack_from(head)[0] if len(head) == 12 else 0
        rest = file.read(length + 4)
    except (EOFError, OSError, gzip.BadGzipFile) as error:
        raise _broken(path, number, start, f"the file cannot be unpacked ({error})") from None
    if len(head) < 12 or len(rest) < length + 4:
        raise _broken(path, number, start, "the file ends inside it")
    return rest[:length], _CHECKSUM.unpack_from(rest, length)[0]


def _broken(path: Path, number: int, start: int, what: str) -> InputError:
    return InputError(
        f"record {number}, which begins at byte {start}, is damaged: {what}",
        where=str(path),
        expected="a TFRecord file",
        fix="copy or write the file again",
    )


def write_records(path: Path, records: Iterable[bytes]) -> None:
    """Write a TFRecord file, gzipped if its name ends in ``.gz``."""
    with gzip.open(path, "wb") if path.suffix == ".gz" else path.open("wb") as file:
        waiting = iter(records)
        while some := list(itertools.islice(waiting, _WRITTEN)):
            for record, checksum in zip(some, crc32c_of_many(some), strict=True):
                length = _LENGTH.pack(len(record))
                file.write(length + _CHECKSUM.pack(masked(crc32c(length))))
                file.write(record + _CHECKSUM.pack(masked(checksum)))
