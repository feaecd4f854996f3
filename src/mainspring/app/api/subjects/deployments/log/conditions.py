"""Which requests are wanted."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from mainspring.core.errors import InputError
from mainspring.serving.outliers.judged import FLAG
from mainspring.serving.payloads.record import LogRecord

_TESTS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_FORM: Final = re.compile(r"^\s*([^\s<>=!~]+)\s*(>=|<=|!=|=|>|<|~)\s*(.*?)\s*$", re.DOTALL)
_USUAL: Final = 200
_STATUS: Final = re.compile(r"[1-5](\d\d|xx)")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A condition about one column.

    Attributes:
        column: An input or an output.
        sign: ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, or ``~`` for a part of a text.
        value: What it is compared with.
    """

    column: str
    sign: str
    value: str

    def holds(self, value: Any) -> bool:
        """Whether it holds for a value; a missing one fulfils ``= null`` alone, and ``!=`` anything else."""
        if self.sign == "~":
            return value is not None and self.value.lower() in str(value).lower()
        if self.sign in ("=", "!="):
            return _same(value, self.value) is (self.sign == "=")
        try:
            return value is not None and _TESTS[self.sign](float(value), float(self.value))
        except (TypeError, ValueError):
            return value is not None and _TESTS[self.sign](str(value), self.value)


def comparisons(text: str) -> tuple[Comparison, ...]:
    """Conditions about columns, with commas or ``and`` between them.

    Raises:
        InputError: If one cannot be read.

    Example:
        >>> comparisons("age > 40, sex = Female")[1]
        Comparison(column='sex', sign='=', value='Female')
    """
    found = []
    for part in re.split(r",|\s+and\s+", text):
        if not part.strip():
            continue
        match = _FORM.match(part)
        if match is None:
            raise InputError(
                f"{part.strip()!r} is no condition about a column", expected="such as age > 40, sex = Female"
            )
        found.append(Comparison(match[1], match[2], match[3].strip("'\"")))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Which requests are wanted; what is empty asks for nothing.

    Attributes:
        model: Of this model.
        since: From this time on, in seconds since the epoch.
        until: Before this time.
        version: Answered by this version.
        arm: Sent this way by a rollout.
        status: ``ok``, ``failed``, ``4xx``, ``5xx``, or a number.
        slower: That took longer, in seconds.
        text: With this text in an input, an output or the error.
        columns: With such a row.
        request: Whose id begins so,
        exact: or is just that.
        outlier: With a row that is flagged, or without one.
        hidden: Columns of which nothing may be found out.
    """

    model: str
    since: float | None = None
    until: float | None = None
    version: str = ""
    arm: str = ""
    status: str = ""
    slower: float | None = None
    text: str = ""
    columns: tuple[Comparison, ...] = ()
    request: str = ""
    exact: bool = False
    outlier: bool | None = None
    hidden: Collection[str] = ()

    def check(self) -> None:
        """See that it can be answered.

        Raises:
            InputError: If the status is none, or a column is asked about whose values are private.
        """
        if self.status and self.status not in ("ok", "failed") and not _STATUS.fullmatch(self.status):
            raise InputError(f"{self.status!r} is no status", expected="ok, failed, 4xx, 5xx, or such as 422")
        secret = sorted({one.column for one in self.columns if one.column in self.hidden})
        if secret:
            raise InputError(
                f"the values of {', '.join(secret)} are private", expected="conditions about other columns"
            )

    def statuses(self) -> tuple[int, int] | None:
        """The statuses that are wanted, from and up to; ``None`` for any."""
        if not self.status:
            return None
        if self.status == "ok":
            return 0, 399
        if self.status == "failed":
            return 400, 999
        if self.status.endswith("xx"):
            return int(self.status[0]) * 100, int(self.status[0]) * 100 + 99
        return int(self.status), int(self.status)

    def needles(self) -> tuple[bytes, ...]:
        """What a line has to hold to be worth reading."""
        found = [b'"model":' + msgspec.json.encode(self.model)]
        if self.version:
            found.append(b'"version":' + msgspec.json.encode(self.version))
        if self.request:
            encoded = msgspec.json.encode(self.request)
            found.append(b'"id":' + (encoded if self.exact else encoded[:-1]))
        if self.outlier:
            found.append(b'"outlier":[')
        span = self.statuses()
        if span is not None and not span[0] <= _USUAL <= span[1]:
            found.append(b'"status":')  # the usual one is not written
        return tuple(found)

    def holds(self, record: LogRecord) -> bool:
        """Whether a request is wanted."""
        span = self.statuses()
        return (
            record.model == self.model
            and (self.since is None or record.time >= self.since)
            and (self.until is None or record.time < self.until)
            and self.version in ("", record.version)
            and self.arm in ("", arm_of(record))
            and (span is None or span[0] <= record.status <= span[1])
            and (self.slower is None or record.latency > self.slower)
            and (record.id == self.request if self.exact else record.id.startswith(self.request))
            and (self.outlier is None or flagged(record) is self.outlier)
            and (not self.columns or any(self._fits(row) for row in rows_of(record)))
            and (not self.text or self._has_text(record))
        )

    def _fits(self, row: Mapping[str, Any]) -> bool:
        return all(one.column in row and one.holds(row[one.column]) for one in self.columns)

    def _has_text(self, record: LogRecord) -> bool:
        wanted = self.text.lower()
        shown = {**record.columns, **record.outputs}
        cells = (cell for name, cells in shown.items() if name not in self.hidden for cell in cells)
        if any(wanted in str(cell).lower() for cell in cells if cell is not None):
            return True
        error = record.error or ""
        return wanted in error.lower() and not any(name in error for name in self.hidden)


def arm_of(record: LogRecord) -> str:
    """The way that the rollout of the model sent a request; empty if there was none."""
    return next((one.arm for one in record.decisions if one.router == record.model), "")


def flagged(record: LogRecord) -> bool:
    """Whether a row of a request is unlike those that the model was trained on."""
    return any(record.outputs.get(FLAG, ()))


def rows_of(record: LogRecord) -> Iterator[dict[str, Any]]:
    """The rows of a request, what was answered beside what was asked."""
    columns: dict[str, Sequence[Any]] = {**record.outputs, **record.columns}
    if "label" in record.outputs and "answer" not in columns:
        columns["answer"] = record.outputs["label"]
    elif "prediction" in record.outputs and "answer" not in columns:
        columns["answer"] = record.outputs["prediction"]
    for place in range(record.rows):
        yield {name: cells[place] if place < len(cells) else None for name, cells in columns.items()}


def _same(value: Any, text: str) -> bool:
    if value is None:
        return text in ("null", "")
    if isinstance(value, bool):
        return str(value).lower() == text.lower()
    if isinstance(value, int | float):
        try:
            return float(value) == float(text)
        except ValueError:
            return False
    return str(value) == text
