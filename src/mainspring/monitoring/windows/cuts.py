"""Which window a request belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mainspring.core.errors import InputError
from mainspring.monitoring.windows.outlines import Outline
from mainspring.monitoring.windows.times import EventTime
from mainspring.serving.payloads.cells import Cells, picked
from mainspring.serving.payloads.glancing import GLANCES
from mainspring.serving.payloads.journal_reading import Form
from mainspring.serving.payloads.reading import RECORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where one window ends and the next begins.

    Attributes:
        seconds: The length of a window; ``None`` for windows by count.
        rows: The rows of a window; ``None`` for windows by time.
        model: Only requests to this model.
        event_time: Where the time of rows is found.

    Raises:
        InputError: If not one of length and rows is given, it is not positive, or windows by count have a time.
    """

    seconds: float | None
    rows: int | None
    model: str | None
    event_time: EventTime

    def __post_init__(self) -> None:
        if (self.seconds is None) is (self.rows is None):
            raise InputError(
                "windows by time and by count at once" if self.rows else "windows of no size",
                expected="either seconds or rows",
            )
        if (self.seconds or self.rows or 0) <= 0:
            size = f"{self.rows} rows" if self.seconds is None else f"{self.seconds} seconds"
            raise InputError(f"a window of {size}", expected="a positive size")
        if self.rows is not None and not self.event_time.is_arrival:
            raise InputError("windows by count with a time of their rows", expected="seconds, or no event time")

    @property
    def form(self) -> Form[Any]:
        """How much of the log must be read to know."""
        return GLANCES if self.seconds is not None and self.event_time.is_arrival else RECORDS

    @property
    def settings(self) -> Mapping[str, Any]:
        """All of it as plain values."""
        return {
            "seconds": self.seconds,
            "rows": self.rows,
            "model": self.model,
            "event_time": self.event_time.name,
        }

    def wants(self, model: str) -> bool:
        """Whether requests to a model are wanted; of feedback that names none it is not known yet."""
        return self.model is None or model in {self.model, ""}

    def numbers(self, record: Any) -> set[int]:
        """The windows by time that a record belongs to."""
        if self.seconds is None:
            return set()
        times: Iterable[float] = (record.time,) if self.event_time.is_arrival else self.event_time.of(record)
        return {int(time // self.seconds) for time in times}

    def begun(self, number: int, time: float) -> Outline:
        """The outline of a window that begins; one by count begins with the time of its first request."""
        if self.seconds is None:
            return Outline(number=number, since=time, until=time)
        return Outline(number=number, since=number * self.seconds, until=(number + 1) * self.seconds)

    def kept(self, number: int, columns: dict[str, Cells]) -> dict[str, Cells]:
        """The rows of some requests that belong to a window."""
        times = self.event_time.of_rows(columns)
        if times is None or self.seconds is None:
            return columns
        places = [place for place, time in enumerate(times) if int(time // self.seconds) == number]
        if len(places) == len(times):
            return columns
        return {name: picked(values, places) for name, values in columns.items()}
