"""Adding up the figures of all processes of a server, the dead ones included.

Every process has a file; whichever is asked reads them all. The files of dead processes are folded into one,
``retired-<generation>``, whose notes name what it contains: so a fold that is itself killed half-way counts
nothing twice, and a reader that meets one sees the generation change and reads again. No reader ever waits.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from mainspring.core.clock import Clock, now
from mainspring.serving.telemetry.arena import Arena
from mainspring.serving.telemetry.families import EXEMPLAR_WORDS, OVERFLOW, LabelValues
from mainspring.serving.telemetry.files import SUFFIX, ProcessFile, Reading, is_dead
from mainspring.serving.telemetry.reading import Reader
from mainspring.serving.telemetry.snapshot import Series, Snapshot, Table

KEEP_SECONDS: Final = 3600.0
"""How long the figures of dead processes are kept for a model version that no living one serves."""

_TRIES: Final = 8
_LOOK_SECONDS: Final = 60.0
_RETIRED: Final = "retired-"
_LOCK: Final = "fold.lock"


class _Note(msgspec.Struct, omit_defaults=True):
    """A note in a retired file: a file that it contains, or a version that is gone."""

    file: str = ""
    gone: tuple[str, str] = ("", "")
    since: float = 0.0


class _Listing(NamedTuple):
    """What lies in the folder."""

    generation: int
    files: list[Path]
    old: list[Path]


class Gathering:
    """The figures of all processes of a server. Not safe for threads.

    Args:
        own: The file of this process.
        keep: How long figures of dead processes are kept for a model version that no living one serves, in
            seconds.
    """

    def __init__(self, own: ProcessFile, *, keep: float = KEEP_SECONDS, clock: Clock = now) -> None:
        self._own, self._keep, self._clock = own, keep, clock
        self._folder = own.path.parent
        self._mine = Reader(own.arena)
        self._readers: dict[Path, Reader] = {}
        self._readings: dict[Path, Reading] = {}
        self._looked = clock()

    def snapshot(self) -> Snapshot:
        """The figures of all processes."""
        result = Snapshot()
        for _ in range(_TRIES):
            listing = self._list()
            result = Snapshot()
            try:
                folded = self._read_retired(listing.generation, result)
                for path in listing.files:
                    if path.name not in folded:
                        self._reader(path).read(result)
            except FileNotFoundError:
                continue  # folded since it was listed
            if self._list().generation == listing.generation:
                self._forget_readers({*listing.files, self._retired(listing.generation)})
                break
        result.limit()
        return result

    def alive(self) -> int:
        """How many processes are alive."""
        return 1 + sum(not is_dead(path) for path in self._list().files if path != self._own.path)

    def fold(self) -> int:
        """Fold the files of dead processes; gives how many. Does nothing while another process folds."""
        lock = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return self._fold()
        except BlockingIOError:
            return 0
        finally:
            os.close(lock)

    def _fold(self) -> int:
        listing = self._list()
        kept = Snapshot()
        folded = self._read_retired(listing.generation, kept)
        left = [path for path in listing.files if path.name in folded]
        for path in (*left, *listing.old):  # of a fold that was killed
            path.unlink(missing_ok=True)
        files = [path for path in listing.files if path not in left]
        dead = [path for path in files if path != self._own.path and is_dead(path)]
        if not dead and not (listing.generation and self._is_due()):
            return 0
        living = Snapshot()
        for path in files:
            self._reader(path).read(kept if path in dead else living)
        before = self._gone(listing.generation)
        gone = self._drop(kept, before, _versions(living))
        if not dead and gone.keys() == before.keys():
            return 0
        kept.limit()
        notes = [
            *(_Note(file=path.name) for path in dead),
            *(_Note(gone=version, since=since) for version, since in gone.items()),
        ]
        self._write(listing.generation + 1, kept, notes)
        for path in (*dead, self._retired(listing.generation)):
            path.unlink(missing_ok=True)
        return len(dead)

    def _is_due(self) -> bool:
        """Whether it is time to look again which versions nobody serves any more."""
        due = self._clock() - self._looked >= min(self._keep, _LOOK_SECONDS)
        if due:
            self._looked = self._clock()
        return due

    def _drop(
        self, kept: Snapshot, gone: dict[tuple[str, str], float], living: set[tuple[str, str]]
    ) -> dict[tuple[str, str], float]:
        """Drop gauges, and what belongs to versions that are long gone; gives which are gone since when."""
        moment = self._clock()
        missing = {version: gone.get(version, moment) for version in _versions(kept) - living}
        expired = {version for version, since in missing.items() if moment - since > self._keep}
        for table in kept:
            for values in list(table.series):
                if table.family.kind == "gauge" or _version(table, values) in expired:
                    del table.series[values]
        return {version: since for version, since in missing.items() if version not in expired}

    def _write(self, generation: int, kept: Snapshot, notes: Iterable[_Note]) -> None:
        arena = Arena(clock=self._clock)
        for table in kept:
            for values, series in table.series.items():
                _copy(arena, table, values, series)
        for note in notes:
            arena.note(msgspec.json.encode(note))
        final = self._retired(generation)
        hidden = final.with_suffix(".new")
        hidden.write_bytes(arena.whole())
        hidden.rename(final)

    def _list(self) -> _Listing:
        files: list[Path] = []
        retired: list[Path] = []
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            (retired if path.name.startswith(_RETIRED) else files).append(path)
        generation = int(retired[-1].stem.removeprefix(_RETIRED)) if retired else 0
        return _Listing(generation, files, retired[:-1])

    def _retired(self, generation: int) -> Path:
        return self._folder / f"{_RETIRED}{generation:012d}{SUFFIX}"

    def _read_retired(self, generation: int, into: Snapshot) -> set[str]:
        """Add what the retired file holds; gives the names of the files that it contains."""
        if generation == 0:
            return set()
        self._reader(self._retired(generation)).read(into)
        return {note.file for note in self._notes(generation) if note.file}

    def _gone(self, generation: int) -> dict[tuple[str, str], float]:
        return {note.gone: note.since for note in self._notes(generation) if note.since}

    def _notes(self, generation: int) -> list[_Note]:
        if generation == 0:
            return []
        return [msgspec.json.decode(text, type=_Note) for text in self._reader(self._retired(generation)).notes]

    def _reader(self, path: Path) -> Reader:
        if path == self._own.path:
            return self._mine
        found = self._readers.get(path)
        if found is None:
            self._readings[path] = Reading(path)
            found = self._readers[path] = Reader(self._readings[path])
        return found

    def _forget_readers(self, needed: set[Path]) -> None:
        for path in self._readers.keys() - needed:
            del self._readers[path]
            self._readings.pop(path).close()


def _copy(arena: Arena, table: Table, values: LabelValues, series: Series) -> None:
    place = arena.add(table.family, values, born=series.born)
    for offset, figure in enumerate(series.figures):
        place.numbers[place.at + offset] = figure
    for bucket, exemplar in series.exemplars.items():
        at = place.at + table.family.figures + EXEMPLAR_WORDS * bucket
        place.numbers[at], place.numbers[at + 1] = exemplar.time, exemplar.value
        place.chunk[8 * at + 16 : 8 * at + 32] = bytes.fromhex(exemplar.trace)


def _version(table: Table, values: LabelValues) -> tuple[str, str] | None:
    labels = table.family.labels
    if "model" not in labels or "version" not in labels:
        return None
    return values[labels.index("model")], values[labels.index("version")]


def _versions(snapshot: Snapshot) -> set[tuple[str, str]]:
    """The versions that have figures; the overflow and what belongs to no model stay."""
    found = {_version(table, values) for table in snapshot for values in table.series}
    return {
        version
        for version in found
        if version is not None and version[0] and version[1] and version[0] != OVERFLOW
    }
