"""A journal: lines that are safe as soon as they are handed over, and on the disk a moment later."""

from __future__ import annotations

import atexit
import contextlib
import sys
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias, TypedDict

from mainspring.core.clock import Clock, now
from mainspring.serving.payloads.recovery import recover
from mainspring.serving.payloads.segments import SegmentWriter
from mainspring.serving.payloads.spools import new_ring, remove

_PIECE = 1 << 20
_RETRY_SECONDS = 1.0
_AT_ONCE = 16
_REST_SECONDS = 0.0005

MakeLine: TypeAlias = Callable[[], bytes]
"""Makes a line, with its line feed."""


class JournalOptions(TypedDict, total=False):
    """The options of a :class:`Journal`."""

    max_requests: int
    queue_bytes: int
    flush_seconds: float
    segment_bytes: int
    segment_seconds: float
    clock: Clock


class Journal:
    """Writes lines to the segments of a folder from a thread of its own. Safe for threads; a context manager.

    A line is copied into a ring of shared memory (:mod:`mainspring.serving.payloads.ring`); nobody waits for the
    disk. If the process is killed, :func:`mainspring.serving.payloads.recovery.recover` brings what was in the
    ring to the disk, each line once: every journal does so for its folder when it is opened.

    Args:
        folder: Where the segments go.
        max_requests: How many lines may wait.
        queue_bytes: How many bytes may wait.
        flush_seconds: How long lines are gathered before they are written.
        segment_bytes: See :class:`mainspring.serving.payloads.segments.SegmentWriter`.
        segment_seconds: Likewise.

    Attributes:
        folder: Where the segments go.
        capacity: How many bytes may wait.
        written: Lines in the files.
        dropped: Lines refused because there was no room for them.
        failed: Things that could not be turned into a line.
        trouble: Why lines cannot be written at the moment; empty as soon as they can.
        recovered: Segments of killed processes that were finished at the start.
    """

    _called = "journal"

    def __init__(
        self,
        folder: Path,
        *,
        max_requests: int = 10_000,
        queue_bytes: int = 8 << 20,
        flush_seconds: float = 0.1,
        segment_bytes: int = 64 << 20,
        segment_seconds: float = 3600.0,
        clock: Clock = now,
    ) -> None:
        self.folder, self.capacity = folder, queue_bytes
        self._max_requests, self._flush_seconds = max_requests, flush_seconds
        self._lock, self._closed = threading.Lock(), False
        self._deferred: deque[tuple[MakeLine, int]] = deque()
        self._deferred_bytes = 0
        self.trouble = ""
        self._accepted = self.written = self.dropped = self.failed = 0
        self._wake, self._stop, self._idle = threading.Event(), threading.Event(), threading.Event()
        self._idle.set()
        folder.mkdir(parents=True, exist_ok=True)
        self.recovered = recover(folder)
        self._ring = new_ring(folder, queue_bytes)
        self._segments = SegmentWriter(folder, max_bytes=segment_bytes, max_seconds=segment_seconds, clock=clock)
        self._thread = threading.Thread(target=self._run, name=self._called, daemon=True)
        self._thread.start()
        atexit.register(self.close)  # whoever forgets it leaves nothing in memory

    def append(self, line: bytes) -> bool:
        """Hand over a line, without ever waiting.

        Args:
            line: With a line feed at its end, and none before.

        Returns:
            Whether it was taken; ``False`` if there is no room, or the journal is closed.
        """
        with self._lock:
            waiting = self._accepted - self.written
            if waiting >= self._max_requests or self._closed or not self._ring.put(line):
                self.dropped += 1
                return False
            self._accepted += 1
            if waiting:
                return True
            self._idle.clear()
        self._wake.set()
        return True

    def defer(self, make: MakeLine, size: int = 0) -> bool:
        """Have a line made by the journal's thread. It costs even less, and if the process is killed before it was
        made, in the next tenth of a second or so, it is lost.

        Args:
            make: Makes the line.
            size: About how many bytes are held until it has: as many may wait as in the ring, one of them of any
                size.

        Returns:
            Whether it was taken; ``False`` if there is no room, or the journal is closed.
        """
        with self._lock:
            waiting = self._accepted - self.written
            full = bool(self._deferred) and self._deferred_bytes + size > self.capacity
            if waiting >= self._max_requests or full or self._closed:
                self.dropped += 1
                return False
            self._deferred.append((make, size))
            self._deferred_bytes += size
            self._accepted += 1
            if waiting:
                return True
            self._idle.clear()
        self._wake.set()
        return True

    def fail(self, error: Exception) -> None:
        """Count and tell that something could not be turned into a line."""
        self.failed += 1
        self._say(f"a record could not be written: {error!r}")

    @property
    def depth(self) -> int:
        """Lines accepted and not yet written."""
        return self._accepted - self.written

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything accepted so far is in the files; ``False`` if the time ran out first."""
        return self._idle.wait(timeout)

    def close(self, timeout: float = 10.0) -> None:
        """Refuse further lines, write what waits, and close the segment. Calling it again does nothing."""
        atexit.unregister(self.close)
        with self._lock:
            self._closed = True
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
                self._make_deferred()
                self._move()
                if self._segments.full or stopping:
                    self._close_segment()
                self.trouble = ""
                if stopping:
                    remove(self._ring)
                    return
            except OSError as error:
                self.trouble = str(error)
                self._say(f"{error}; trying again")
                if stopping:
                    self._ring.close()  # what is in it is for whoever comes next
                    return
                self._wake.set()  # the disk may come back; meanwhile the ring fills, and drops are counted
                self._stop.wait(_RETRY_SECONDS)

    def _say(self, text: str) -> None:
        with contextlib.suppress(OSError):  # what it is said to may lie on the same disk
            print(f"{self._called}: {text}", file=sys.stderr)

    def _make_deferred(self) -> None:
        made = 0
        while self._deferred:
            make, size = self._deferred[0]
            try:
                line = make()
            except Exception as error:  # noqa: BLE001  one that cannot be made must not stop the others
                self.fail(error)
                line = b""
            self._add(line)
            with self._lock:
                self._deferred.popleft()  # not before: if the disk fails it is made again
                self._deferred_bytes -= size
            made += 1
            if made % _AT_ONCE == 0 and len(self._deferred) < self._max_requests // 2:
                # Without a rest, the interpreter lets this thread run on while requests wait.
                self._stop.wait(_REST_SECONDS)

    def _add(self, line: bytes) -> None:
        """Put a line that was deferred into the ring, in which there is room in the end."""
        while True:
            with self._lock:
                if line and self._ring.put(line):
                    return
                if len(line) > self.capacity or not line:
                    self.dropped += bool(line)
                    self._accepted -= 1
                    if self.written == self._accepted:
                        self._idle.set()
                    return
            self._move()

    def _move(self) -> None:
        """Move everything that was put up to now from the ring to segments."""
        end = self._ring.head
        if self._ring.tail < end:
            self._prepare()
        while self._ring.tail < end:
            if self._segments.full:
                self._close_segment()
            if not self._segments.name:
                self._segments.begin()
                self._ring.point(self._segments.name)
            lines = self._lines()
            self._segments.append(lines)
            self._ring.release(len(lines))
            self._count(lines.count(b"\n"))

    def _prepare(self) -> None:
        """What has to be done before lines are written."""

    def _lines(self) -> bytes:
        """Whole lines from the ring: as many as fit into the segment, at least one, and no more than a piece."""
        start = self._ring.tail
        piece = self._ring.peek(start, min(self._segments.room, _PIECE))
        end = piece.rfind(b"\n") + 1
        while not end:
            piece = self._ring.peek(start, len(piece) + _PIECE)
            end = piece.find(b"\n") + 1
        return piece[:end]

    def _count(self, lines: int) -> None:
        with self._lock:
            self.written += lines
            if self.written == self._accepted:
                self._idle.set()
            else:
                self._wake.set()

    def _close_segment(self) -> None:
        # In this order: a segment that has its final name is never added to.
        self._ring.point("")
        self._segments.close()
