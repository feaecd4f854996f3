r"""The form in which figures lie in memory: records, one behind the other, that a crash cannot tear.

A memory is a list of chunks of 64 KiB. It begins with a head of 64 bytes and goes on with records, each of them
within one chunk and a multiple of 64 bytes long:

========= ======== ==========================================================================
offset    type     head of the memory
========= ======== ==========================================================================
0         8 bytes  ``MSMETR01``
8         uint64   bytes used: records behind that are not there yet
16        uint64   how often records were added or taken away
24        uint64   process id of the writer
========= ======== ==========================================================================

========= ======== ==========================================================================
offset    type     record
========= ======== ==========================================================================
0         uint32   its length in bytes
4         uint16   what it is: 1 family, 2 series, 3 nothing (the rest of a chunk), 4 note
6         uint16   whether it is in force: 1, or 0 for one that was taken away
8         uint32   length of its key in bytes
12        uint32   CRC-32 of its key
16        uint32   how many words follow the key
20        uint32   of a series: its family, counted from 0 in the order of the memory
24        float64  when it was made, in seconds since the epoch
32        bytes    its key (JSON), filled up with zeros to a multiple of 8
\         float64  the words
========= ======== ==========================================================================

Numbers are in the machine's own order of bytes. Every word lies on a multiple of 8, so that the processor writes
it whole: a process that is killed leaves the figure before or after, never half of one. A record is there once
``bytes used`` has passed it, and a record whose key does not have its checksum is passed over.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

CHUNK: Final = 1 << 16
MAGIC: Final = b"MSMETR01"
HEAD: Final = 64
GRAIN: Final = 64

FAMILY, SERIES, NOTHING, NOTE = 1, 2, 3, 4

_RECORD = struct.Struct("=IHHIIIId")
_COUNT, _STATE = struct.Struct("=Q"), struct.Struct("=H")
USED_AT, CHANGES_AT, PROCESS_AT, STATE_AT = 8, 16, 24, 6

LONGEST_KEY: Final = 4096
"""The longest key, in bytes."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record that was read.

    Attributes:
        kind: ``FAMILY``, ``SERIES`` or ``NOTE``.
        key: Its key.
        family: Of a series: the number of its family.
        born: When it was made, in seconds since the epoch.
        chunk: The chunk that it lies in.
        word: Where its words begin, in words from the beginning of the chunk.
        words: How many there are.
    """

    kind: int
    key: bytes
    family: int
    born: float
    chunk: int
    word: int
    words: int


def size_of(key: bytes, words: int) -> int:
    """The length of a record in bytes."""
    length = _RECORD.size + _padded(len(key)) + 8 * words
    return -(-length // GRAIN) * GRAIN


def write(
    chunk: memoryview, at: int, kind: int, key: bytes, *, words: int = 0, family: int = 0, born: float, length: int
) -> int:
    """Write a record that is in force, with words of 0; gives where its words begin, in words.

    The state comes last: a reader that looks meanwhile sees what was not in force before.
    """
    head = _RECORD.pack(length, kind, 0, len(key), zlib.crc32(key), words, family, born)
    start = at + _RECORD.size
    behind = start + _padded(len(key))
    chunk[start:behind] = key.ljust(behind - start, b"\0")
    chunk[behind : behind + 8 * words] = bytes(8 * words)
    chunk[at : at + _RECORD.size] = head
    set_state(chunk, at, 1)
    return behind // 8


def set_state(chunk: memoryview, at: int, state: int) -> None:
    """Put the record at this place in force (1), or take it away (0)."""
    _STATE.pack_into(chunk, at + STATE_AT, state)


def count_at(chunk: memoryview, at: int) -> int:
    """A number of the head."""
    found: int = _COUNT.unpack_from(chunk, at)[0]
    return found


def records(chunk_at: Callable[[int], memoryview], used: int) -> Iterator[Record]:
    """The records in force, as far as they are whole.

    Args:
        chunk_at: Gives a chunk.
        used: How many bytes are used.
    """
    at = HEAD
    while at < used:
        number, within = divmod(at, CHUNK)
        chunk = chunk_at(number)
        if not chunk:
            return
        length, kind, state, key_length, checksum, words, family, born = _RECORD.unpack_from(chunk, within)
        start = within + _RECORD.size
        behind = start + _padded(key_length)
        if length <= 0 or length % GRAIN or behind + 8 * words > within + length or within + length > CHUNK:
            return  # what follows cannot be found
        key = bytes(chunk[start : start + key_length])
        if state == 1 and kind != NOTHING and zlib.crc32(key) == checksum:
            yield Record(kind, key, family, born, number, behind // 8, words)
        elif kind == FAMILY:
            yield Record(NOTHING, b"", 0, born, number, 0, 0)  # families are counted
        at += length


def _padded(length: int) -> int:
    return -(-length // 8) * 8
