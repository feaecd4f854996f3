"""Feedback about requests that are not in the log yet: another process answered them a moment ago."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from mainspring.serving.feedback.record import Feedback
from mainspring.serving.payloads.blobs import Blobs
from mainspring.serving.payloads.packing import decoded
from mainspring.serving.payloads.record import LogRecord
from mainspring.serving.payloads.segments import COMPACT, segments, stem

MOST = 100_000
"""Requests that are waited for at most; those that have waited longest are given up."""

LONGEST_SECONDS = 600.0

_ID = re.compile(rb'"id":("(?:[^"\\]|\\.)*"),')
_PIECE = 4 << 20


class Waiting:
    """Feedback that waits for its requests. Safe for threads.

    Args:
        log: The folder of the payload log; ``None`` if there is none.
    """

    def __init__(self, log: Path | None) -> None:
        self._log, self._lock = log, threading.Lock()
        self._waiting: OrderedDict[str, tuple[float, list[Feedback]]] = OrderedDict()
        self._places: dict[str, int] = {}
        self._look()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, request: str, feedback: Sequence[Feedback]) -> None:
        """Wait for a request."""
        with self._lock:
            _, known = self._waiting.setdefault(request, (time.monotonic(), []))
            known.extend(feedback)
            while len(self._waiting) > MOST:
                self._waiting.popitem(last=False)

    def found(self) -> Iterator[tuple[Sequence[Feedback], LogRecord]]:
        """The feedback whose requests were logged since the last look, with what was logged; once each.

        Only what is new in the log is looked through, and only lines that are waited for are read.
        """
        if self._log is None:
            return
        wanted = self._wanted()
        for path, start, end in self._look():
            if not wanted:
                continue
            for line in _lines(path, start, end, wanted, self._unfinished):
                record = decoded(line, Blobs(self._log).read)
                with self._lock:
                    _, mine = self._waiting.pop(record.id, (0.0, []))
                if mine:
                    yield mine, record

    def _wanted(self) -> set[bytes]:
        """What is waited for, as it is written; what has waited too long is given up."""
        before = time.monotonic() - LONGEST_SECONDS
        with self._lock:
            for request in [name for name, (since, _) in self._waiting.items() if since < before]:
                del self._waiting[request]
            return {msgspec.json.encode(name) for name in self._waiting}

    def _unfinished(self, path: Path, size: int) -> None:
        """The last line of a segment is only half there: look at it again."""
        self._places[stem(path)] -= size

    def _look(self) -> list[tuple[Path, int, int]]:
        """The parts of segments that were written since the last look."""
        new = []
        for path in [] if self._log is None else segments(self._log):
            if path.name.endswith(COMPACT):
                continue
            name = stem(path)
            try:
                size = path.stat().st_size
            except FileNotFoundError:
                continue  # it was closed, and has another name now
            start = self._places.get(name, 0)
            if size > start:
                new.append((path, start, size))
                self._places[name] = size
        return new


def _lines(
    path: Path, start: int, end: int, wanted: set[bytes], unfinished: Callable[[Path, int], None]
) -> Iterator[bytes]:
    """The lines of a part of a segment that hold one of these ids."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            rest = b""
            while start < end:
                data = file.read(min(_PIECE, end - start))
                if not data:
                    return
                start += len(data)
                whole, found, rest = (rest + data).rpartition(b"\n")
                if found:
                    for match in _ID.finditer(whole):
                        if match[1] in wanted:
                            stop = whole.find(b"\n", match.end())
                            yield whole[whole.rfind(b"\n", 0, match.start()) + 1 : stop if stop >= 0 else None]
            if rest:
                unfinished(path, len(rest))
    except FileNotFoundError:
        return  # it was closed meanwhile; its new name is looked at next time
