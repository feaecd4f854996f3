"""Reading the figures of one process, while it writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

import msgspec

from mainspring.serving.telemetry import records
from mainspring.serving.telemetry.families import EXEMPLAR_WORDS, Family, LabelValues
from mainspring.serving.telemetry.records import Record
from mainspring.serving.telemetry.snapshot import Exemplar, Series, Snapshot

_TRIES: Final = 5


class Memory(Protocol):
    """Where records lie: memory of this process, or a file."""

    @property
    def head(self) -> memoryview:
        """The first chunk; empty if there is none."""
        ...

    def chunk(self, number: int) -> memoryview:
        """A chunk; empty behind the end."""
        ...


class _Found(NamedTuple):
    """A series in a memory."""

    family: Family
    values: LabelValues
    record: Record


class Reader:
    """Reads one memory again and again; where its series lie is found anew only after it changed.

    Attributes:
        memory: What is read.
    """

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self._changes = -1
        self._series: list[_Found] = []
        self._notes: list[bytes] = []

    def read(self, into: Snapshot) -> None:
        """Add all its series."""
        for found, series in self._consistent():
            into.table(found.family).add(found.values, series)

    @property
    def notes(self) -> Sequence[bytes]:
        """The notes that were in it when it was last read."""
        return self._notes

    def _consistent(self) -> list[tuple[_Found, Series]]:
        """All series, read again if one was added or taken away meanwhile."""
        result: list[tuple[_Found, Series]] = []
        for _ in range(_TRIES):
            head = self.memory.head
            if not head:
                return []
            changes = records.count_at(head, records.CHANGES_AT)
            if changes != self._changes:
                self._find(records.count_at(head, records.USED_AT))
                self._changes = changes
            views: dict[int, tuple[memoryview[float], memoryview]] = {}
            result = [(found, self._figures(found, views)) for found in self._series]
            if changes == records.count_at(head, records.CHANGES_AT):
                break
        return result

    def _find(self, used: int) -> None:
        families: list[Family | None] = []
        self._series, self._notes = [], []
        for record in records.records(self.memory.chunk, used):
            if record.kind in (records.FAMILY, records.NOTHING):
                families.append(_family(record.key) if record.key else None)
            elif record.kind == records.NOTE:
                self._notes.append(record.key)
            elif record.family < len(families):
                family = families[record.family]
                if family is not None and family.words == record.words:
                    self._series.append(_Found(family, _values(record.key), record))

    def _figures(self, found: _Found, views: dict[int, tuple[memoryview[float], memoryview]]) -> Series:
        family, _, record = found
        if record.chunk not in views:
            chunk = self.memory.chunk(record.chunk)
            views[record.chunk] = chunk.cast("d"), chunk
        numbers, chunk = views[record.chunk]
        behind = record.word + family.figures
        series = Series(list(numbers[record.word : behind]), record.born)
        if family.exemplars:
            series.exemplars.update(_exemplars(numbers, chunk, behind, len(family.bounds) + 1))
        return series


def _exemplars(
    numbers: memoryview[float], chunk: memoryview, word: int, buckets: int
) -> Iterator[tuple[int, Exemplar]]:
    for bucket in range(buckets):
        at = word + EXEMPLAR_WORDS * bucket
        time, value = numbers[at], numbers[at + 1]
        trace = bytes(chunk[8 * at + 16 : 8 * at + 32])
        if time and time == numbers[at]:  # it is 0 while the exemplar is being written
            yield bucket, Exemplar(time, value, trace.hex())


@lru_cache(maxsize=4096)
def _family(key: bytes) -> Family | None:
    try:
        return msgspec.json.decode(key, type=Family)
    except msgspec.MsgspecError:
        return None  # written by another release


@lru_cache(maxsize=65_536)
def _values(key: bytes) -> LabelValues:
    return tuple(msgspec.json.decode(key, type=list[str]))
