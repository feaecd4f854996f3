"""Erasing what a log holds about somebody (the right to be forgotten)."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from mainspring.core.clock import iso, now
from mainspring.core.errors import InputError, UnavailableError
from mainspring.serving.payloads import parquet
from mainspring.serving.payloads.blobs import Blobs
from mainspring.serving.payloads.exclusive import alone
from mainspring.serving.payloads.garbage import collect
from mainspring.serving.payloads.packing import decoded
from mainspring.serving.payloads.record import LogRecord
from mainspring.serving.payloads.recovery import recover
from mainspring.serving.payloads.redaction import Redaction
from mainspring.serving.payloads.rewriting import FRESH, change_lines, keep_times
from mainspring.serving.payloads.ring import Ring
from mainspring.serving.payloads.segments import COMPACT, segments
from mainspring.serving.payloads.spools import ring_files

AUDIT = "erasures.log"
FEEDBACK = "feedback"
"""The folder, in that of a log, with what was said of its answers."""

_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased.

    Attributes:
        time: When, in seconds since the epoch.
        subject: A hash of the name, so that it can be shown that it was erased, and not who it was.
        requests: Requests that are gone.
        rows: Rows that are gone from requests that were about others, too.
        feedback: Lines of feedback that are gone.
        segments: Files that were changed.
        blobs: Large values that are gone.
        by: Who asked for it.
        reason: Why.
    """

    time: float
    subject: str
    requests: int
    rows: int
    feedback: int
    segments: int
    blobs: int
    by: str = ""
    reason: str = ""


@dataclass(slots=True)
class _Eraser:
    """Takes the rows of a subject out of records, and remembers which."""

    names: Collection[str]
    gone: dict[str, Collection[int] | None] = field(default_factory=dict)
    requests: int = 0
    rows: int = 0
    segments: int = 0

    def of(self, record: LogRecord) -> LogRecord | None:
        """What is left of a record; the record itself if it is not about them, ``None`` if nothing is."""
        subject = record.subject
        if isinstance(subject, str):
            mine: set[int] | None = None if subject in self.names else set()
        else:
            mine = {row for row, name in enumerate(subject) if name in self.names}
        if mine is not None and not mine:
            return record
        if mine is None or len(mine | set(record.erased)) >= record.rows:
            self.requests += 1
            self.gone[record.id] = None
            return None
        self.rows += len(mine)
        self.gone[record.id] = mine
        return _without(record, mine)


def erase(
    folder: Path, subject: str, *, redaction: Redaction | None = None, by: str = "", reason: str = ""
) -> Erasure:
    """Erase what a log holds about a subject: in all its segments, in what is still on its way to them, in the
    large values beside them, and in the feedback.

    Servers may go on writing meanwhile. A request that was about several keeps the rows of the others, under their
    numbers. A line in ``erasures.log`` says what was done, with a hash of the name. Doing it again does no harm.

    Args:
        folder: The log.
        subject: Whom to forget, as the server was told.
        redaction: With the key with which subjects are hashed in this log, if they are.
        by: Who asked for it.
        reason: Why, or a number under which it is known.

    Raises:
        InputError: If the subject is empty.
        UnavailableError: If a server does not write what it has accepted.
        IntegrityError: If a line is not a record.
    """
    if not subject:
        raise InputError("nobody is to be erased", expected="the name of a subject")
    keyed = redaction is not None and redaction.keyed
    hashed = redaction.hashed(subject) if redaction is not None and keyed else ""
    eraser = _Eraser({subject, hashed} - {""})
    recover(folder)
    _wait_for_rings(folder)
    with alone(folder):
        for segment in segments(folder):
            eraser.segments += _erase_from(segment, eraser)
        feedback = _erase_feedback(folder / FEEDBACK, eraser.gone)
        blobs = collect(folder, at_once=True) if eraser.gone else 0
        erasure = Erasure(
            time=now(),
            subject=hashed or hashlib.sha256(subject.encode()).hexdigest(),
            requests=eraser.requests,
            rows=eraser.rows,
            feedback=feedback,
            segments=eraser.segments,
            blobs=blobs,
            by=by,
            reason=reason,
        )
        _audit(folder, erasure)
    return erasure


def _erase_from(segment: Path, eraser: _Eraser) -> bool:
    fetch = Blobs(segment.parent).read
    needles = [msgspec.json.encode(name)[1:-1] for name in eraser.names]
    encode = msgspec.json.Encoder().encode

    def change(line: bytes) -> bytes | None:
        if line.isspace() or not any(needle in line for needle in needles):
            return None
        record = decoded(line, fetch)
        left = eraser.of(record)
        return None if left is record else b"" if left is None else encode(left) + b"\n"

    if not segment.name.endswith(COMPACT):
        try:
            return change_lines(segment, change) > 0
        except FileNotFoundError:
            return False  # it was empty, and its writer has removed it
    return _erase_from_parquet(segment, eraser)


def _erase_from_parquet(segment: Path, eraser: _Eraser) -> bool:
    if not parquet.mentions(segment, eraser.names):
        return False
    fresh = segment.with_name(segment.name + FRESH)
    changed = False

    def left() -> Iterator[tuple[int, LogRecord]]:
        nonlocal changed
        for number, record in parquet.read(segment):
            kept = eraser.of(record)
            changed = changed or kept is not record
            if kept is not None:
                yield number, kept

    parquet.write(left(), fresh)
    keep_times(segment, fresh)
    fresh.rename(segment) if changed else fresh.unlink()
    return changed


def _without(record: LogRecord, rows: set[int]) -> LogRecord:
    """A record without the values of some rows."""
    count = record.rows

    def blank(lists: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
        # What is not one value per row cannot be told apart, and goes as a whole.
        return {
            name: [None if row in rows else value for row, value in enumerate(values)]
            if len(values) == count
            else []
            for name, values in lists.items()
        }

    return msgspec.structs.replace(
        record,
        columns=blank(record.columns),
        outputs=blank(record.outputs),
        subject=tuple(None if row in rows else name for row, name in enumerate(record.subject)),
        erased=tuple(sorted(rows | set(record.erased))),
        error=None if record.error is None else "erased",
        body=None,
    )


def _erase_feedback(folder: Path, gone: Mapping[str, Collection[int] | None]) -> int:
    """Erase the feedback about requests and rows that are gone."""

    def change(line: bytes) -> bytes | None:
        if line.isspace():
            return None
        found = _FEEDBACK.decode(line)
        if found.id not in gone:
            return None
        rows = gone[found.id]
        return b"" if rows is None or found.row in rows else None

    if not gone or not folder.is_dir():
        return 0
    recover(folder)
    _wait_for_rings(folder)
    with alone(folder):
        return sum(change_lines(segment, change) for segment in segments(folder))


class _Feedback(msgspec.Struct):
    id: str
    row: int | None = None


_FEEDBACK = msgspec.json.Decoder(_Feedback)


def _wait_for_rings(folder: Path) -> None:
    """Wait until everything that was accepted up to now is in segments."""
    until = time.monotonic() + _PATIENCE_SECONDS
    for path in ring_files(folder):
        ring = Ring.open(path, lock=False)
        if ring is None:
            continue
        with ring:
            end = ring.head
            while ring.tail < end and path.exists():
                if time.monotonic() > until:
                    raise UnavailableError(
                        "a server does not write what it has logged",
                        where=str(folder),
                        fix="look at its disk, or stop it",
                    )
                time.sleep(_LOOK_SECONDS)


def _audit(folder: Path, erasure: Erasure) -> None:
    line = {**{name: getattr(erasure, name) for name in erasure.__slots__}, "time": iso(erasure.time)}
    with (folder / AUDIT).open("ab") as file:
        file.write(msgspec.json.encode(line) + b"\n")
        file.flush()
        os.fsync(file.fileno())
