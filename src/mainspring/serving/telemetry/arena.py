"""A memory that one process writes: places for figures, in a file that others read or in memory of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from mainspring.core.clock import Clock, now
from mainspring.serving.telemetry import records
from mainspring.serving.telemetry.families import Family, LabelValues
from mainspring.serving.telemetry.records import CHUNK, HEAD, LONGEST_KEY

Grow: TypeAlias = Callable[[], memoryview]
"""Gives another chunk of zeros that stays where it is."""


class _Chunk:
    """A chunk as bytes and as float64."""

    __slots__ = ("bytes", "numbers")

    def __init__(self, whole: memoryview) -> None:
        self.bytes = whole
        self.numbers: memoryview[float] = whole.cast("d")


class Place:
    """Where the figures of a series lie. Whoever writes there holds the arena's lock.

    Attributes:
        numbers: The chunk as float64.
        chunk: The same chunk as bytes.
        at: Where the figures begin, in words.
        record: Where the record lies in the arena, in bytes.
        length: How long the record is.
    """

    __slots__ = ("at", "chunk", "length", "numbers", "record")

    def __init__(self, chunk: _Chunk, at: int, record: int, length: int) -> None:
        self.numbers, self.chunk, self.at = chunk.numbers, chunk.bytes, at
        self.record, self.length = record, length


class Arena:
    """Hands out places for figures. Safe for threads.

    Args:
        grow: Gives chunks; by default memory of this process.

    Attributes:
        lock: Held by whoever changes a figure.
    """

    def __init__(self, grow: Grow | None = None, *, clock: Clock = now) -> None:
        self.lock = threading.Lock()
        self._grow, self._clock = grow or _memory, clock
        self._chunks = [_Chunk(self._grow())]
        self._families: dict[Family, int] = {}
        self._free: dict[int, list[int]] = {}
        self._used = HEAD
        self._head: memoryview[int] = self._chunks[0].bytes.cast("Q")
        self._head[records.PROCESS_AT // 8] = os.getpid()
        self._head[records.USED_AT // 8] = HEAD
        self._chunks[0].bytes[: len(records.MAGIC)] = records.MAGIC  # last: it is a memory from here on

    @property
    def head(self) -> memoryview:
        """The first chunk, to be read."""
        return self._chunks[0].bytes

    def chunk(self, number: int) -> memoryview:
        """A chunk, to be read."""
        return self._chunks[number].bytes

    def add(self, family: Family, values: LabelValues, *, born: float | None = None) -> Place:
        """A place for a new series, whose figures are 0.

        Raises:
            ValueError: If the label values are too long.
        """
        key = msgspec.json.encode(values)
        if len(key) > LONGEST_KEY:
            raise ValueError(f"label values of {len(key)} bytes; at most {LONGEST_KEY} fit")
        stamp = self._clock() if born is None else born
        with self.lock:
            number = self._family(family, stamp)
            return self._write(records.SERIES, key, words=family.words, family=number, born=stamp)

    def remove(self, place: Place) -> None:
        """Take a series away, so that its room can be used again. What still counts there counts for nobody."""
        with self.lock:
            number, within = divmod(place.record, CHUNK)
            records.set_state(self._chunks[number].bytes, within, 0)
            self._changed()
            self._free.setdefault(place.length, []).append(place.record)
            nowhere = _Chunk(memoryview(bytearray(place.length)))
            place.numbers, place.chunk, place.at = nowhere.numbers, nowhere.bytes, 0

    def note(self, text: bytes) -> None:
        """Write a note of at most 4096 bytes, such as which memory is contained in this one."""
        with self.lock:
            self._write(records.NOTE, text, words=0, family=0, born=self._clock())

    def whole(self) -> bytes:
        """All that was written, to be kept in a file."""
        with self.lock:
            return b"".join(chunk.bytes for chunk in self._chunks)

    def _family(self, family: Family, born: float) -> int:
        number = self._families.get(family)
        if number is None:
            number = self._families[family] = len(self._families)
            self._write(records.FAMILY, msgspec.json.encode(family), words=0, family=number, born=born)
        return number

    def _write(self, kind: int, key: bytes, *, words: int, family: int, born: float) -> Place:
        length = records.size_of(key, words)
        free = self._free.get(length) if kind == records.SERIES else None
        at = free.pop() if free else self._room(length)
        number, within = divmod(at, CHUNK)
        chunk = self._chunks[number]
        word = records.write(chunk.bytes, within, kind, key, words=words, family=family, born=born, length=length)
        if at == self._used:
            self._used += length
            self._head[records.USED_AT // 8] = self._used
        self._changed()
        return Place(chunk, word, at, length)

    def _room(self, length: int) -> int:
        """Where a record of this length goes: behind the last one, in a new chunk if this one is full."""
        left = CHUNK * len(self._chunks) - self._used
        if length > left:
            if left:
                records.write(
                    self._chunks[-1].bytes, self._used % CHUNK, records.NOTHING, b"", born=0.0, length=left
                )
                self._used += left
            self._chunks.append(_Chunk(self._grow()))
        return self._used

    def _changed(self) -> None:
        self._head[records.CHANGES_AT // 8] += 1


def _memory() -> memoryview:
    return memoryview(bytearray(CHUNK))
