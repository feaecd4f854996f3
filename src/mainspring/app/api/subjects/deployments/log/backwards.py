"""One segment of a log, from its end to its beginning."""

from __future__ import annotations

import mmap
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec

from mainspring.app.api.subjects.deployments.log.conditions import Conditions
from mainspring.core.errors import IntegrityError
from mainspring.data import engine
from mainspring.serving.payloads.blobs import Blobs
from mainspring.serving.payloads.packing import decoded
from mainspring.serving.payloads.record import LogRecord
from mainspring.serving.payloads.segments import COMPACT, opened, stem

_STAMP: Final = "%Y%m%dT%H%M%S.%fZ"
_SLACK: Final = 30.0
"""Lines of a segment are in the order of their times, but for so many seconds."""

_OFTEN: Final = 256
_PACKED: Final = b'"packed_'
_AT_ONCE: Final = 200
_RARE: Final = (b'"id":', b'"status":')
_FIELDS: Final = frozenset(LogRecord.__struct_fields__)
_JSON: Final = frozenset({"columns", "outputs", "subject", "tags", "parameters", "erased", "decisions", "path"})


class Patience:
    """How long somebody waits.

    Args:
        seconds: So long.

    Attributes:
        looked: How many requests were looked at.
        over: Whether it took longer.
    """

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self.looked, self.over = 0, False

    def spent(self) -> bool:
        """Whether the time is over."""
        self.over = self.over or time.monotonic() > self._until
        return self.over


class _Moment(msgspec.Struct):
    time: float


_MOMENT: Final = msgspec.json.Decoder(_Moment)


class Backwards:
    """The wanted requests of a segment, the newest first, as an iterator.

    Args:
        segment: It.
        wanted: Which.
        before: Only requests of this time or earlier.
        patience: When to stop.

    Attributes:
        at: The time down to which it was read.
    """

    def __init__(self, segment: Path, wanted: Conditions, before: float, patience: Patience) -> None:
        self.at = before
        self._segment, self._wanted, self._before, self._patience = segment, wanted, before, patience

    def __iter__(self) -> Iterator[LogRecord]:
        if not self._segment.name.endswith(COMPACT):
            try:
                yield from self._lines()
            except FileNotFoundError:
                pass  # it became a Parquet file since it was listed
            else:
                return
        compact = self._segment.with_name(stem(self._segment) + COMPACT)
        if compact.exists():
            yield from self._compact(compact)

    def _lines(self) -> Iterator[LogRecord]:
        with opened(self._segment) as file:
            size = file.seek(0, 2)
            if not size:
                return
            with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as data:
                yield from self._within(data)

    def _within(self, data: mmap.mmap) -> Iterator[LogRecord]:
        needles, fetch = self._wanted.needles(), Blobs(self._segment.parent).read
        text = escaped(self._wanted.text).lower().encode()
        rare = next((one for one in needles if one.startswith(_RARE)), b"")
        often, lines = 16 if rare else _OFTEN, 0
        end = _place(data, self._before + _SLACK)
        while end > 0:
            if rare:  # few lines have it: those between are passed over at once
                found = data.rfind(rare, 0, end)
                if found < 0:
                    return
                end = data.find(b"\n", found, end) + 1 or end
            start = data.rfind(b"\n", 0, end - 1) + 1
            line, end = data[start:end], start
            self._patience.looked += 1
            lines += 1
            if lines % often == 0 and line.strip():
                self.at = min(self.at, _MOMENT.decode(line).time)
                if self._patience.spent() or (self._wanted.since or 0.0) > self.at + _SLACK:
                    return
            if not all(needle in line for needle in needles):
                continue
            if text and text not in line.lower() and _PACKED not in line:
                continue
            try:
                record = decoded(line, fetch)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue  # half a line, or somebody else's
            if record.time <= self._before and self._wanted.holds(record):
                self.at = min(self.at, record.time)
                yield record

    def _compact(self, path: Path) -> Iterator[LogRecord]:
        before: tuple[float, int] = (self._before, 1 << 62)
        while rows := _found(path, self._wanted, before):
            for row in rows:
                self._patience.looked += 1
                record = _record(row)
                self.at = min(self.at, record.time)
                if self._wanted.holds(record):
                    yield record
            if len(rows) < _AT_ONCE or self._patience.spent():
                return
            before = (float(rows[-1]["time"]), int(rows[-1]["line"]))


def began(segment: Path) -> float:
    """When a segment was begun, in seconds since the epoch; 0 if its name does not say."""
    try:
        text = stem(segment).partition("-")[0]
        return datetime.strptime(text, _STAMP).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def escaped(text: str) -> str:
    """A text as it stands within JSON."""
    return msgspec.json.encode(text).decode()[1:-1]


def _place(data: mmap.mmap, moment: float) -> int:
    """The end of the last line that is not later than a moment, in bytes: by halves."""
    low, high = 0, len(data)
    last = data.rfind(b"\n") + 1
    if not last or _time_at(data, data.rfind(b"\n", 0, last - 1) + 1, last) <= moment:
        return last
    high = last
    while high - low > 4096:
        middle = data.find(b"\n", (low + high) // 2, high) + 1
        end = data.find(b"\n", middle, high) + 1 if middle else 0
        if not end:
            break
        if _time_at(data, middle, end) <= moment:
            low = middle
        else:
            high = middle
    return high


def _time_at(data: mmap.mmap, start: int, end: int) -> float:
    try:
        return _MOMENT.decode(data[start:end]).time
    except msgspec.DecodeError:
        return 0.0


def _found(path: Path, wanted: Conditions, before: tuple[float, int]) -> Sequence[Mapping[str, Any]]:
    """The next requests of a Parquet file that may be wanted."""
    tests = ["model = $model", "(time < $time OR (time = $time AND line < $line))"]
    given: dict[str, Any] = {"model": wanted.model, "time": before[0], "line": before[1]}
    span = wanted.statuses()
    for name, value, test in (
        ("since", wanted.since, "time >= $since"),
        ("until", wanted.until, "time < $until"),
        ("version", wanted.version or None, "version = $version"),
        ("low", span and span[0], "coalesce(status, 200) >= $low"),
        ("high", span and span[1], "coalesce(status, 200) <= $high"),
        ("slower", wanted.slower, "latency > $slower"),
        ("request", wanted.request or None, "id = $request" if wanted.exact else "starts_with(id, $request)"),
        (
            "text",
            escaped(wanted.text).lower() or None,
            "contains(lower(concat_ws(' ', columns::VARCHAR, outputs::VARCHAR, error)), $text)",
        ),
    ):
        if value is not None:
            given[name] = value
            tests.append(test)
    if wanted.outlier:
        tests.append("contains(outputs::VARCHAR, '\"outlier\":[')")
    # First the lines that fit, which takes few columns; then these alone, which are in few groups of rows.
    order = f"ORDER BY time DESC, line DESC LIMIT {_AT_ONCE}"
    lines = [int(row["line"]) for row in _asked(path, ("SELECT line", "WHERE", " AND ".join(tests), order), given)]
    if not lines:
        return []
    held = f"line BETWEEN {min(lines)} AND {max(lines)} AND line IN ({', '.join(map(str, lines))})"
    return _asked(path, ("SELECT *", "WHERE", held, order), {})


def last_moment(path: Path) -> float:
    """The time of the last request of a Parquet file."""
    return _last_moment(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4096)
def _last_moment(path: Path, _: int) -> float:
    (row,) = _asked(path, ("SELECT max(time) AS last", ""), {})
    return float(row["last"] or 0.0)


def _asked(path: Path, query: Sequence[str], given: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Rows of a Parquet file; the query is what is selected, and what follows the file."""
    select, *rest = query
    source = f"FROM read_parquet({engine.literal(engine.plain_path(path))})"
    try:
        with engine.cursor() as cursor:
            cursor.execute(" ".join((select, source, *rest)), given)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    except engine.error() as error:
        raise IntegrityError(
            f"this is no segment of a log: {error}", where=str(path), fix="restore the file, or move it away"
        ) from error


def _record(row: Mapping[str, Any]) -> LogRecord:
    """A request as a Parquet file has it."""
    fields = {name: value for name, value in row.items() if value is not None and name in _FIELDS}
    for name in _JSON & fields.keys():
        fields[name] = msgspec.json.decode(fields[name])
    return msgspec.convert(fields, LogRecord)
