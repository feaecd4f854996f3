"""Finding one request in the newest part of a log, without an index."""

from __future__ import annotations

import mmap
from pathlib import Path

import msgspec

from mainspring.serving.payloads.blobs import Blobs
from mainspring.serving.payloads.packing import decoded
from mainspring.serving.payloads.record import LogRecord
from mainspring.serving.payloads.segments import COMPACT, opened, segments


def find(folder: Path, request: str, *, most_bytes: int = 64 << 20) -> LogRecord | None:
    """The latest request with an id, if it is in the newest part of a log.

    Looking through 64 MiB takes some 20 milliseconds. Requests that are not in a segment yet, or in one that has
    become a Parquet file, are not found.

    Args:
        folder: The log.
        request: The id.
        most_bytes: How much of the log is looked at.
    """
    needle = b'"id":%b,' % msgspec.json.encode(request)
    left = most_bytes
    for segment in reversed(segments(folder)):
        if left <= 0:
            return None
        if segment.name.endswith(COMPACT):
            continue
        try:
            with opened(segment) as file:
                size = file.seek(0, 2)
                left -= size
                if not size:
                    continue
                with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as data:
                    found = _last(data, needle, max(0, -left))
        except FileNotFoundError:
            continue  # it became a Parquet file
        if found is not None:
            record = decoded(found, Blobs(folder).read)
            if record.id == request:
                return record
    return None


def _last(data: mmap.mmap, needle: bytes, start: int) -> bytes | None:
    """The last whole line that holds something."""
    place = data.rfind(needle, start)
    if place < 0:
        return None
    end = data.find(b"\n", place)
    return None if end < 0 else data[data.rfind(b"\n", 0, place) + 1 : end]
