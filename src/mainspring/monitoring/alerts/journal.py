"""Where a book of alerts lies: a snapshot, and a journal of what was changed since.

======================  ===================================================================================
``book.json``           all that was known after a transaction
``journal.jsonl``       the transactions since, a line each: its checksum in hexadecimal digits, and JSON
``journal-120.jsonl``   older transactions, the last of them number 120: the history
``lock``                held by who writes, and shared by those who read
======================  ===================================================================================

A transaction is one line, written by one call and safe on the disk before anybody acts on it. A line that was cut
short by a crash does not count, and the next writer begins a new one. A snapshot is replaced by a rename; what of
the journal is older than it is passed over by number, so that a crash between the two does no harm.
"""

from __future__ import annotations

import fcntl
import io
import os
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from mainspring.core.durable import kept_in, replace_file, sync_folder
from mainspring.core.errors import StateError
from mainspring.monitoring.alerts.alert import Alert
from mainspring.monitoring.alerts.contents import Change, Contents

_JOURNAL, _BOOK, _LOCK = "journal.jsonl", "book.json", "lock"
_TOLD: Final = b'"transitions":[{'
"""Where a line begins to tell what happened, if anything did."""

_FOLDED: Final = 200
_OLD: Final = 100
"""How many older journals are kept: 20,000 transactions."""


@dataclass(slots=True)
class _Known:
    """What was read already: of which files, how far, and what it comes to."""

    book: tuple[int, ...]
    journal: int
    offset: int
    lines: int
    contents: Contents


class Journal:
    """The folder. Safe for many processes on one file system, and for threads.

    What was read once is remembered: a transaction costs what was written since, not what was ever written.

    Args:
        folder: Where; it is made when something is first written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: _Known | None = None
        self._guard = threading.Lock()

    def read(self) -> Contents:
        """All that is known now; the caller's own, to be changed as it likes.

        Raises:
            StateError: If the snapshot cannot be read.
            UnavailableError: If the folder cannot be read.
        """
        if not self.folder.is_dir():
            return Contents()
        with self._guard, self._locked(fcntl.LOCK_SH):
            return self._read().contents.copy()

    def change(self, decide: Callable[[Contents], Change]) -> Change:
        """One transaction: nobody else writes between what is read and what is written.

        Args:
            decide: Gives the change, of the number that follows; one that is empty is not written.

        Raises:
            UnavailableError: If the folder cannot be written.
        """
        with kept_in(self.folder, "alerts"):
            self.folder.mkdir(parents=True, exist_ok=True)
        with self._guard, self._locked(fcntl.LOCK_EX):
            known = self._read()
            change = decide(known.contents.copy())
            if change.empty:
                return change
            self._append(change)
            if known.lines + 1 >= _FOLDED:
                contents = known.contents.copy()
                contents.apply(change)
                self._fold(contents)
            return change

    def changes(self, *, told: str | None = None) -> Iterator[Change]:
        """All transactions that are still kept, oldest first, each once.

        Args:
            told: Only those in which something happened to what is named so, such as the id of an alert; an empty
                text for those in which anything happened. The others are not even read.
        """
        if not self.folder.is_dir():
            return
        with self._locked(fcntl.LOCK_SH):
            files = [*self._old(), self.folder / _JOURNAL]
            found = {one.number: one for path in files for one in _lines(path, told)}
        yield from (found[number] for number in sorted(found))

    def rewrite(self, change: Callable[[Alert], Alert]) -> None:
        """Write all alerts anew that are kept, those of the history among them, for what must not be kept.

        Whoever is killed meanwhile leaves some files as they were, and does it again.

        Args:
            change: Gives an alert as it is to be kept; itself if nothing is to be changed.

        Raises:
            UnavailableError: If the folder cannot be written.
        """
        if not self.folder.is_dir():
            return
        with self._guard, self._locked(fcntl.LOCK_EX), kept_in(self.folder, "alerts"):
            self._known = None
            for path in [*self._old(), self.folder / _JOURNAL]:
                made = [_line(one.mapped(change)) for one in _lines(path)]
                if made:
                    replace_file(path, b"".join(made))
            if (self.folder / _BOOK).exists():
                replace_file(self.folder / _BOOK, _ENCODER.encode(self._snapshot().mapped(change)))

    def _read(self) -> _Known:
        """What was known before with what came since; all of it where other files lie there now."""
        book, journal = _identity(self.folder / _BOOK), _identity(self.folder / _JOURNAL)
        known = self._known
        if known is None or known.book != book or known.journal != journal[0] or known.offset > journal[1]:
            contents = self._snapshot()
            known = _Known(book=book, journal=journal[0], offset=0, lines=0, contents=contents)
            # Without its snapshot, a book is what all journals come to.
            for older in (each for path in ([] if contents.number else self._old()) for each in _lines(path)):
                contents.apply(older)
        with (self.folder / _JOURNAL).open("rb") if journal[1] else io.BytesIO() as file:
            file.seek(known.offset)
            rest = file.read()
        start = 0
        for line in rest.splitlines(keepends=True):
            change = _change(line.removesuffix(b"\n"))
            if change is not None:
                known.contents.apply(change)
                known.lines += 1
            elif not line.endswith(b"\n"):
                break  # cut short: whoever writes next ends it
            start += len(line)
        known.offset += start
        self._known = known
        return known

    def _snapshot(self) -> Contents:
        path = self.folder / _BOOK
        try:
            return _BOOK_DECODER.decode(path.read_bytes())
        except FileNotFoundError:
            return Contents()
        except msgspec.DecodeError as error:
            raise StateError(
                f"the book of alerts cannot be read: {error}",
                where=str(path),
                fix="put back the file, or remove it: what the journals hold is read anew",
            ) from error

    def _append(self, change: Change) -> None:
        line = _line(change)
        with kept_in(self.folder, "alerts"):
            file = os.open(self.folder / _JOURNAL, os.O_CREAT | os.O_APPEND | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                end = os.lseek(file, 0, os.SEEK_END)
                if end and os.pread(file, 1, end - 1) != b"\n":
                    line = b"\n" + line  # whoever wrote last was stopped half-way
                if os.write(file, line) != len(line):
                    raise OSError("there was no room for all of it")
                os.fsync(file)
            finally:
                os.close(file)

    def _fold(self, contents: Contents) -> None:
        with kept_in(self.folder, "alerts"):
            replace_file(self.folder / _BOOK, _ENCODER.encode(contents))
            (self.folder / _JOURNAL).replace(self.folder / f"journal-{contents.number}.jsonl")
            sync_folder(self.folder)
            for one in self._old()[:-_OLD]:
                one.unlink(missing_ok=True)

    def _old(self) -> list[Path]:
        found = [one for one in self.folder.glob("journal-*.jsonl") if one.stem[8:].isdecimal()]
        return sorted(found, key=lambda one: int(one.stem[8:]))

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        with kept_in(self.folder, "alerts"):
            file = os.open(self.folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, how)
            yield
        finally:
            os.close(file)


def _identity(path: Path) -> tuple[int, int, int]:
    """What tells a file from one that took its place, and how long it is; zeros without one."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0, 0)
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _lines(path: Path, told: str | None = None) -> Iterator[Change]:
    """The transactions in a file, or those that tell of something; what is cut short or spoilt is passed over."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    if told is not None:
        name = told.encode()
        lines = [one for one in lines if (place := one.rfind(_TOLD)) >= 0 and one.find(name, place) >= 0]
    yield from (change for change in map(_change, lines) if change is not None)


def _line(change: Change) -> bytes:
    body = _ENCODER.encode(change)
    return b"%08x %b\n" % (zlib.crc32(body), body)


def _change(line: bytes) -> Change | None:
    """The transaction of a line; ``None`` if it is not what was written."""
    try:
        if line[8:9] == b" " and int(line[:8], 16) == zlib.crc32(line[9:]):
            return _CHANGE_DECODER.decode(line[9:])
    except (ValueError, msgspec.DecodeError):
        pass
    return None


_ENCODER = msgspec.json.Encoder()
_CHANGE_DECODER: msgspec.json.Decoder[Change] = msgspec.json.Decoder(Change)
_BOOK_DECODER: msgspec.json.Decoder[Contents] = msgspec.json.Decoder(Contents)
