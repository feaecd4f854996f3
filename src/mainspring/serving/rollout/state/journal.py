"""The journal of rewards: what is in it has been learned, whoever is killed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from mainspring.core.errors import IntegrityError, UnavailableError
from mainspring.serving.rollout.state.entries import Entry, as_line, read_line

_NAME = re.compile(r"journal-(\d{6,})")
_PIECE = 1 << 20


class Journal:
    """A file to which lines are added. One process at a time adds; see
    :class:`mainspring.serving.rollout.state.shared.SharedState`.

    Attributes:
        path: The file.
        number: Of the file: the journal with the highest number counts, and takes in what those before it held.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self.path, self.number = path_of(folder, number), number
        self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return os.fstat(self._file).st_size

    def append(self, entries: Iterable[Entry]) -> int:
        """Add entries, all or none of them. They outlive the process; a failing machine, after :meth:`sync`.

        Returns:
            How many bytes it has now.

        Raises:
            UnavailableError: If there is no room for them.
        """
        data = b"".join(as_line(entry) for entry in entries)
        before = self.size
        try:
            written = os.write(self._file, data)
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError as error:
            os.ftruncate(self._file, before)
            raise UnavailableError(
                f"rewards cannot be written down: {error.strerror}",
                where=str(self.path),
                fix="make room on the disk",
            ) from error
        return before + len(data)

    def read(self, start: int = 0) -> Iterator[tuple[int, Entry]]:
        """The entries from a position on, each with its own position. A line without an end is left out.

        Raises:
            IntegrityError: If a line is not what was written, and others come after it.
        """
        bad = -1
        for position, line in self._lines(start):
            entry = read_line(line)
            if entry is None:
                bad = position if bad < 0 else bad
            elif bad >= 0:
                raise IntegrityError(
                    f"the line at byte {bad} is not what was written",
                    where=str(self.path),
                    fix="remove that line; or mainspring rollout state --restore from an export",
                )
            else:
                yield position, entry

    def at(self, position: int) -> Entry | None:
        """The entry at a position."""
        size = 4096
        while True:
            data = os.pread(self._file, size, position)
            line, end, _ = data.partition(b"\n")
            if end or len(data) < size:
                return read_line(line)
            size *= 16

    def mend(self, start: int) -> None:
        """Cut off what follows the last whole line: whoever wrote it was not told that it was learned."""
        end = start
        for position, line in self._lines(start):
            if read_line(line) is not None:
                end = position + len(line) + 1
        if end < self.size:
            os.ftruncate(self._file, end)

    def sync(self) -> None:
        """Wait until everything is on the disk."""
        os.fdatasync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _lines(self, start: int) -> Iterator[tuple[int, bytes]]:
        rest, position = b"", start
        while data := os.pread(self._file, _PIECE, position + len(rest)):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                yield position, line
                position += len(line) + 1


def newest(folder: Path, known: int = 0) -> int:
    """The number of the journal that counts; 1 if there is none.

    Args:
        folder: Where journals lie.
        known: A number that one had, from which it is quickly told whether there is another.
    """
    if known and path_of(folder, known).exists():
        while path_of(folder, known + 1).exists():
            known += 1
        return known
    numbers = [int(found[1]) for each in folder.iterdir() if (found := _NAME.fullmatch(each.name))]
    return max(numbers, default=1)


def write(folder: Path, number: int, entries: Iterable[Entry]) -> None:
    """Write a whole journal: it is there at once, or not at all."""
    path = path_of(folder, number)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        for entry in entries:
            file.write(as_line(entry))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def remove_before(folder: Path, number: int) -> None:
    """Remove journals that a later one took in."""
    for each in folder.iterdir():
        found = _NAME.fullmatch(each.name)
        if found and int(found[1]) < number:
            each.unlink(missing_ok=True)


def path_of(folder: Path, number: int) -> Path:
    """The file of a journal."""
    return folder / f"journal-{number:06d}"
