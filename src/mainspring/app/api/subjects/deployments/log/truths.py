"""What became known of some requests, from the log of feedback."""

from __future__ import annotations

import mmap
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from mainspring.serving.feedback.log import FOLDER
from mainspring.serving.feedback.record import Feedback
from mainspring.serving.payloads.segments import opened, segments

MOST_BYTES: Final = 256 << 20
"""So much of the log of feedback is looked through at most, the newest part of it."""

_MARGIN: Final = 60.0
_HEAD: Final = b'{"id":"'
_DECODER: Final = msgspec.json.Decoder(Feedback)


def told(log: Path, ids: Collection[str], *, since: float = 0.0) -> Mapping[str, tuple[Feedback, ...]]:
    """What became known of requests, by id; of several values for one key and row the one that counts.

    Args:
        log: The folder of the payload log.
        ids: Of the requests.
        since: When the first of them came: what was told before is not about them.
    """
    wanted = {one.encode() for one in ids}
    if not wanted:
        return {}
    latest: dict[str, dict[tuple[str, int | None], Feedback]] = {}
    for one in _about(log / FOLDER, wanted, since - _MARGIN):
        said = latest.setdefault(one.id, {})
        before = said.get((one.key, one.row))
        if before is None or (one.time, one.received) >= (before.time, before.received):
            said[one.key, one.row] = one
    return {name: tuple(said.values()) for name, said in latest.items()}


def stamp(log: Path) -> tuple[tuple[str, int], ...]:
    """Another value whenever something new became known."""
    return tuple((one.name, _size(one)) for one in segments(log / FOLDER)[-2:])


def _about(folder: Path, wanted: Collection[bytes], since: float) -> Iterator[Feedback]:
    left = MOST_BYTES
    for segment in reversed(segments(folder)):
        if left <= 0 or _changed(segment) < since:
            return
        try:
            with opened(segment) as file:
                size = file.seek(0, 2)
                if not size:
                    continue
                with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as data:
                    yield from _lines(data, max(0, size - left), wanted)
                left -= size
        except FileNotFoundError:
            continue


def _lines(data: mmap.mmap, start: int, wanted: Collection[bytes]) -> Iterator[Feedback]:
    data.seek(data.find(b"\n", start) + 1 if start else 0)
    for line in iter(data.readline, b""):
        # Every line begins with the id: most are told from the wanted ones without reading the rest.
        if line.startswith(_HEAD) and line[len(_HEAD) : line.find(b'"', len(_HEAD))] not in wanted:
            continue
        try:
            found = _DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if found.id.encode() in wanted:
            yield found


def _changed(segment: Path) -> float:
    try:
        return segment.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _size(segment: Path) -> int:
    try:
        return segment.stat().st_size
    except FileNotFoundError:
        return 0
