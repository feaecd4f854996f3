"""A recorded log in the order of time, with the moment at which each truth became known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, Table
from mainspring.data.engine import quote
from mainspring.data.sketches import Quantiles
from mainspring.monitoring.windows import Window
from mainspring.monitoring.windows.window import FEEDBACK, REWARD, TRUTH
from mainspring.serving.feedback import Feedback
from mainspring.serving.feedback import read as read_feedback
from mainspring.serving.feedback.log import FOLDER
from mainspring.serving.payloads import LogRecord, read
from mainspring.serving.payloads.tables import REQUEST, columns_of, made_of

KNOWN: Final = "known."
"""Before the names of columns that say when what is in the column ``feedback.…`` became known."""

_VERSION: Final = f"{REQUEST}version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where a window lies in a recording.

    Attributes:
        number: Of the window, in order.
        since: Its beginning, in seconds since the epoch.
        until: Its end.
        first: Its first row.
        last: The row after its last.
        requests: Its requests.
        errors: Those that failed.
    """

    number: int
    since: float
    until: float
    first: int
    last: int
    requests: int
    errors: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recording:
    """What a model was asked and answered, and what became known of it when.

    Attributes:
        model: The model.
        rows: All rows, oldest first, as the windows of a log have them; beside each column ``feedback.…`` one
            ``known.feedback.…`` says when its value became known, in seconds since the epoch.
        times: When each row was asked, shape ``[rows]``.
        known: When the truth of each row became known; infinite where it never did, shape ``[rows]``.
        requests: When each request came and whether it failed, shape ``[requests, 2]``.
    """

    model: str
    rows: Table
    times: npt.NDArray[np.float64]
    known: npt.NDArray[np.float64]
    requests: npt.NDArray[np.float64]
    _versions: npt.NDArray[np.object_] = field(repr=False)

    @classmethod
    def read(
        cls,
        log: Path,
        *,
        model: str,
        since: float | None = None,
        until: float | None = None,
        types: Mapping[str, ColumnType] | None = None,
    ) -> Self:
        """The log of a model and its feedback.

        Args:
            log: The folder of the prediction log.
            model: The model.
            since: Only requests from this time on, in seconds since the epoch.
            until: Only requests before this time.
            types: Types of columns, best those of the training data.

        Raises:
            InputError: If there is no row.
        """
        records = list(read(log, since=since, until=until, model=model))
        told = read_feedback(log, since=since) if (log / FOLDER).is_dir() else iter(())
        return cls.of(records, told, model=model, types=types)

    @classmethod
    def of(
        cls,
        records: Sequence[LogRecord],
        feedback: Iterable[Feedback] = (),
        *,
        model: str,
        types: Mapping[str, ColumnType] | None = None,
    ) -> Self:
        """The same from records and feedback that are at hand.

        Of several values for the same row, the one with the latest ``time`` counts from when it was told; before
        that, nothing is known of the row.

        Raises:
            InputError: If there is no row.
        """
        ordered = sorted(records, key=lambda one: one.time)
        columns = columns_of(ordered)
        ids, places = columns[f"{REQUEST}id"], columns[f"{REQUEST}row"]
        if not ids:
            raise InputError(f"the log has no row of {model!r}", expected="requests that were answered")
        columns |= _told(feedback, ids, places)
        rows = made_of(columns, {REWARD: ColumnType.FLOAT, **(types or {})})
        never = np.full(len(ids), np.inf)
        name = f"{KNOWN}{TRUTH}"
        known = np.nan_to_num(rows.column(name), nan=np.inf) if name in rows.names else never
        return cls(
            model=model,
            rows=rows,
            times=rows.column(f"{REQUEST}time"),
            known=known,
            requests=np.array([(one.time, one.error is not None) for one in ordered], dtype=np.float64),
            _versions=rows.column(_VERSION),
        )

    def __len__(self) -> int:
        return len(self.times)

    def by_time(self, seconds: float) -> Iterator[Cut]:
        """Windows of equal length, beginning at whole multiples of it, as the monitor has them."""
        numbers = np.floor(self.requests[:, 0] / seconds).astype(np.int64)
        for number in np.unique(numbers).tolist():
            since, until = number * seconds, (number + 1) * seconds
            first, last = np.searchsorted(self.times, [since, until]).tolist()
            yield self._cut(number, since, until, first, last)

    def by_count(self, rows: int) -> Iterator[Cut]:
        """Windows of at least so many rows; requests are not torn apart."""
        first, number = 0, 0
        while first + rows <= len(self):
            time = self.times[first + rows - 1]
            last = int(np.searchsorted(self.times, time, side="right"))
            yield self._cut(number, float(self.times[first]), float(time), first, last, closed=True)
            first, number = last, number + 1

    def window(self, cut: Cut, at: float, *, revision: int = 0) -> Window:
        """A window as it looked at a moment: what became known later is not in it.

        Args:
            cut: Where it lies.
            at: The moment, in seconds since the epoch.
            revision: How often it was looked at before.
        """
        versions = Counter(self._versions[cut.first : cut.last].tolist())
        return Window(
            since=cut.since,
            until=cut.until,
            table=self.seen(cut.first, cut.last, at),
            requests=cut.requests,
            errors=cut.errors,
            complete=True,
            versions=dict(versions.most_common()),
            latency=Quantiles(),
            revision=revision,
            number=cut.number,
        )

    def seen(self, first: int, last: int, at: float) -> Table:
        """Some rows as they looked at a moment; columns of what became known are there if anything was."""
        part = self.rows.rows(first, last)
        wanted = [quote(name) for name in part.names if not name.startswith((FEEDBACK, KNOWN))]
        moment = f"'{at!r}'::DOUBLE"
        for name in part.names:
            if not name.startswith(FEEDBACK):
                continue
            known = part.column(f"{KNOWN}{name}")
            if (known <= at).any():
                then = f"CASE WHEN {quote(KNOWN + name)} <= {moment} THEN {quote(name)} END AS {quote(name)}"
                wanted.append(then)
        return part.sql(" ".join(("SELECT", ", ".join(wanted), "FROM this")))

    def _cut(self, number: int, since: float, until: float, first: int, last: int, *, closed: bool = False) -> Cut:
        begin = int(np.searchsorted(self.requests[:, 0], since))
        end = int(np.searchsorted(self.requests[:, 0], until, side="right" if closed else "left"))
        return Cut(
            number=number,
            since=since,
            until=until,
            first=first,
            last=last,
            requests=end - begin,
            errors=int(self.requests[begin:end, 1].sum()),
        )


def _told(feedback: Iterable[Feedback], ids: Sequence[str], places: Sequence[int]) -> dict[str, list[Any]]:
    """Columns of what became known, and of when."""
    of_request: dict[str, list[int]] = {}
    for row, name in enumerate(ids):
        of_request.setdefault(name, []).append(row)
    newest: dict[str, dict[int, Feedback]] = {}
    for one in feedback:
        for row in of_request.get(one.id, ()):
            if one.row is not None and places[row] != one.row:
                continue
            before = newest.setdefault(one.key, {}).get(row)
            if before is None or _rank(one) >= _rank(before):
                newest[one.key][row] = one
    columns: dict[str, list[Any]] = {}
    for key in sorted(newest):
        values: list[Any] = [None] * len(ids)
        known: list[Any] = [None] * len(ids)
        for row, one in newest[key].items():
            values[row] = one.value
            known[row] = one.received or one.time
        columns[f"{FEEDBACK}{key}"], columns[f"{KNOWN}{FEEDBACK}{key}"] = values, known
    return columns


def _rank(one: Feedback) -> tuple[bool, float, float]:
    """What is said of a row counts more than what is said of its whole request; then what came later."""
    return one.row is not None, one.time, one.received
