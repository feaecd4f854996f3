"""The prediction log: every request, what came in, what went out, how long it took, or why it failed.

Requests hand their record to a bounded queue and go on; one thread writes it to JSON-lines segments
(:mod:`mainspring.serving.log_segments`) within a tenth of a second or so. When the queue is full a record is
dropped and counted: logging never slows a prediction and never eats the memory. Nothing that was accepted is
lost on a clean stop, and a killed server loses at most what was accepted in its last tenth of a second.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import msgspec

from mainspring.core.clock import Clock, now
from mainspring.core.errors import IntegrityError
from mainspring.serving import log_segments

if TYPE_CHECKING:
    from mainspring.data import ColumnType, Table

_AT_ONCE = 16
_REST_SECONDS = 0.0005

BLOCKED = 422
"""The HTTP status of an answer that an assertion of the model forbids."""

OUTPUT = "output."
REQUEST = "request."


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord:
    """One request.

    Attributes:
        id: The caller's id, or a time-ordered one made for it.
        time: When it arrived, in seconds since the epoch.
        model: The model asked for, with ``version`` the one that answered; empty if there was none.
        protocol: ``"v1"`` or ``"v2"``.
        status: The HTTP status of the answer.
        columns: The rows that were answered, column by column, as plain values with ``None`` for missing.
        outputs: What went out: ``label`` and ``probability.<class>``, or ``prediction``. With assertions
            also ``assertions``, the names of those that each row violates, and the model's own answers as
            ``own.label`` and so on, where it was not these that went out.
        latency: Seconds from the last byte read to the answer being ready.
        error: Why it failed; ``None`` for an answer.
        body: The beginning of a request that could not be answered.
    """

    id: str
    time: float
    model: str
    version: str
    protocol: str = ""
    status: int = 200
    columns: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    outputs: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    latency: float = 0.0
    error: str | None = None
    body: str | None = None

    @property
    def blocked(self) -> bool:
        """Whether the model answered, and an assertion forbade the answer to the only row."""
        return self.error is not None and self.status == BLOCKED and any(self.outputs.get("assertions", ()))

    @property
    def rows(self) -> int:
        """How many rows were asked for, as far as they could be read."""
        return max((len(values) for values in self.columns.values() if isinstance(values, list)), default=0)


MakeRecord: TypeAlias = Callable[[], LogRecord]


class PredictionLog:
    """Writes records to a folder from a thread of its own. Safe for threads; a context manager.

    Args:
        folder: Where the segments go. Segments left by a killed server are closed first.
        max_requests: How many records may wait.
        max_rows: How many rows may wait, over all waiting records; one record is always taken.
        flush_seconds: How long records are gathered before they are written.
        segment_bytes: See :class:`mainspring.serving.log_segments.SegmentWriter`.
        segment_seconds: Likewise.

    Attributes:
        written: Records in the files.
        dropped: Records refused because the queue was full.
        failed: Records that could not be turned into JSON.
        recovered: Segments of a killed server that were closed at the start.
    """

    def __init__(
        self,
        folder: Path,
        *,
        max_requests: int = 10_000,
        max_rows: int = 200_000,
        flush_seconds: float = 0.1,
        segment_bytes: int = 64 << 20,
        segment_seconds: float = 3600.0,
        clock: Clock = now,
    ) -> None:
        self.folder = folder
        self._max_requests, self._max_rows, self._flush_seconds = max_requests, max_rows, flush_seconds
        self._lock = threading.Lock()
        self._pending: list[tuple[MakeRecord, int]] = []
        self._taken = 0  # records that the writer has taken out and not yet written
        self._waiting_rows = 0
        self.written = self.dropped = self.failed = 0
        self._wake, self._stop, self._idle = threading.Event(), threading.Event(), threading.Event()
        self._idle.set()
        folder.mkdir(parents=True, exist_ok=True)
        self.recovered = log_segments.recover(folder)
        self._segments = log_segments.SegmentWriter(
            folder, max_bytes=segment_bytes, max_seconds=segment_seconds, clock=clock
        )
        self._encoder = msgspec.json.Encoder()
        self._thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)
        self._thread.start()

    def write(self, make: MakeRecord, *, rows: int = 1) -> bool:
        """Queue a record, without ever waiting.

        Args:
            make: Makes the record; called in the writer's thread, so that the request does not pay for it.
            rows: How many rows it holds.

        Returns:
            Whether it was taken; ``False`` if the queue is full or the log is closed.
        """
        with self._lock:
            waiting = self.depth
            full = waiting >= self._max_requests or (waiting > 0 and self._waiting_rows + rows > self._max_rows)
            if full or self._stop.is_set():
                self.dropped += 1
                return False
            self._pending.append((make, rows))
            self._waiting_rows += rows
            first = len(self._pending) == 1
            if first:
                self._idle.clear()
        if first:
            self._wake.set()
        return True

    @property
    def depth(self) -> int:
        """Records accepted and not yet written."""
        return len(self._pending) + self._taken

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything accepted so far is in the files; ``False`` if the time ran out first."""
        return self._idle.wait(timeout)

    def close(self, timeout: float = 10.0) -> None:
        """Refuse further records, write what waits, and close the segment. Calling it again does nothing."""
        with self._lock:
            self._stop.set()
        self._wake.set()
        self._thread.join(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        while True:
            self._wake.wait(min(self._segments.due_in(), threading.TIMEOUT_MAX))
            self._wake.clear()
            self._stop.wait(self._flush_seconds)
            stopping = self._stop.is_set()
            try:
                self._drain()
                if stopping:
                    self._segments.close()
                    return
                self._segments.rotate()
            except OSError as error:
                print(f"prediction log: {error}; trying again", file=sys.stderr)
                if stopping:
                    self.failed += self.depth
                    return
                self._wake.set()  # the disk may come back; meanwhile the queue fills and counts its drops
                self._stop.wait(1.0)

    def _drain(self) -> None:
        with self._lock:
            batch, self._pending = self._pending, []
            self._taken = len(batch)
        try:
            while batch:
                part = batch[:_AT_ONCE]
                data = b"".join(self._line(make) for make, _ in part)
                if data:
                    self._segments.append(data)
                self.written += data.count(b"\n")
                del batch[:_AT_ONCE]
                with self._lock:
                    self._taken = len(batch)
                    self._waiting_rows -= sum(rows for _, rows in part)
                if batch and len(batch) < self._max_requests // 2:
                    # Without a rest, the interpreter lets this thread run on while requests wait.
                    self._stop.wait(_REST_SECONDS)
        finally:
            with self._lock:
                self._pending[:0] = batch
                self._taken = 0
                if not self._pending:
                    self._idle.set()

    def _line(self, make: MakeRecord) -> bytes:
        try:
            return self._encoder.encode(make()) + b"\n"
        except Exception as error:  # noqa: BLE001  one record that cannot be written must not stop the others
            self.failed += 1
            print(f"prediction log: a record could not be written: {error!r}", file=sys.stderr)
            return b""


def read(
    folder: Path, *, since: float | None = None, until: float | None = None, model: str | None = None
) -> Iterator[LogRecord]:
    """The records of a log, while it may still be written.

    They come in the order in which they were written, segment by segment; if several servers share the folder
    their segments may overlap in time.

    Args:
        since: Only records from this time on, in seconds since the epoch.
        until: Only records before this time.
        model: Only records of this model.

    Raises:
        IntegrityError: If a complete line is not a record; the message names the file and the line.
    """
    decoder = msgspec.json.Decoder(LogRecord)
    for segment in log_segments.segments(folder):
        if since is not None and _last_change(segment) < since:
            continue
        for number, line in enumerate(log_segments.lines(segment), start=1):
            try:
                record = decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise IntegrityError(
                    f"a line is not a log record: {error}",
                    expected="one JSON object per line, as the server wrote it",
                    where=f"{segment}:{number}",
                    fix="restore the file, or move it out of the folder",
                ) from error
            if since is not None and record.time < since:
                continue
            if until is not None and record.time >= until:
                continue
            if model is None or record.model == model:
                yield record


def table(records: Iterable[LogRecord], types: Mapping[str, ColumnType] | None = None) -> Table:
    """The logged rows as a table: one row per row asked for, for every request that was answered, or that
    was refused because an assertion blocks its only row: the model answered that, too.

    The input columns keep their names; outputs are called ``output.label``, ``output.probability.<class>`` or
    ``output.prediction``; and ``request.id``, ``request.time`` (seconds), ``request.model``, ``request.version``
    and ``request.row`` say where a row came from. A column that a request did not have is missing in its rows.

    Args:
        records: Of one model.
        types: Types of input columns, such as those of the training data; others follow from the values, and a
            column without any value is text.
    """
    from mainspring.data import Table  # needs DuckDB, which a server does not

    columns: dict[str, list[Any]] = {f"{REQUEST}{name}": [] for name in ("id", "time", "model", "version", "row")}
    total = 0
    for record in records:
        if (record.error is not None and not record.blocked) or record.rows == 0:
            continue
        count = record.rows
        values = _row_values(record, count)
        for name in values.keys() - columns.keys():
            columns[name] = [None] * total
        for name, kept in columns.items():
            kept.extend(values.get(name, [None] * count))
        total += count
    known = {name: kind for name, kind in (types or {}).items() if name in columns}
    return Table.from_columns(columns, {**_types(columns), **known})


def request_id(seconds: float) -> str:
    """A new id that sorts by time: UUID version 7 (RFC 9562, section 5.7).

    Example:
        >>> request_id(0)[:15]
        '00000000-0000-7'
    """
    chance = int.from_bytes(os.urandom(10), "big")
    value = (int(seconds * 1000) & (2**48 - 1)) << 80 | 0x7 << 76 | (chance >> 68 & 0xFFF) << 64
    text = f"{value | 0b10 << 62 | chance & (2**62 - 1):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _types(columns: Mapping[str, list[Any]]) -> dict[str, ColumnType]:
    """Types of the columns that this module makes, so that they are the same in a table without rows."""
    from mainspring.data import ColumnType

    made = {"id": "STRING", "time": "FLOAT", "model": "STRING", "version": "STRING", "row": "INT"}
    types = {f"{REQUEST}{name}": ColumnType(kind) for name, kind in made.items()}
    numbers = tuple(f"{OUTPUT}{own}{name}" for own in ("", "own.") for name in ("probability.", "prediction"))
    return types | {name: ColumnType.FLOAT for name in columns if name.startswith(numbers)}


def _row_values(record: LogRecord, count: int) -> dict[str, list[Any]]:
    return {
        **{name: list(values) for name, values in record.columns.items()},
        **{f"{OUTPUT}{name}": list(values) for name, values in record.outputs.items()},
        f"{REQUEST}id": [record.id] * count,
        f"{REQUEST}time": [record.time] * count,
        f"{REQUEST}model": [record.model] * count,
        f"{REQUEST}version": [record.version] * count,
        f"{REQUEST}row": list(range(count)),
    }


def _last_change(segment: Path) -> float:
    try:
        return segment.stat().st_mtime
    except FileNotFoundError:
        return time.time()  # renamed since it was listed
