"""When rows happened: when their request arrived, or what they say themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mainspring.monitoring.windows.window import REQUEST
from mainspring.serving.payloads import LogRecord
from mainspring.serving.payloads.cells import Cells, plain

PARAMETERS: Final = "parameters."
"""Before the name of a parameter of the requests that holds their time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTime:
    """Where the time of rows is found.

    Attributes:
        name: A column, or ``parameters.`` and the name of a parameter of the requests; empty for their arrival.
    """

    name: str = ""

    @property
    def is_arrival(self) -> bool:
        """Whether it is the arrival of the request."""
        return not self.name

    def of(self, record: LogRecord) -> Iterable[float]:
        """When the rows of a request happened, each time once; of a request without rows, its arrival."""
        if self.name.startswith(PARAMETERS):
            return (happened(record.parameters.get(self.name.removeprefix(PARAMETERS)), record.time),)
        values = record.columns.get(self.name) if self.name else None
        if not values:
            return (record.time,)
        return {happened(value, record.time) for value in values}

    def of_rows(self, columns: Mapping[str, Cells]) -> list[float] | None:
        """When rows happened, by their columns; ``None`` if those of a request all happened at one time."""
        if not self.name or self.name.startswith(PARAMETERS):
            return None
        arrived = plain(columns[f"{REQUEST}time"])
        if self.name not in columns:
            return arrived
        values = plain(columns[self.name])
        return [happened(value, time) for value, time in zip(values, arrived, strict=True)]


def happened(value: Any, arrived: float) -> float:
    """When something happened, in seconds since the epoch.

    Args:
        value: Seconds since the epoch, or a text of ISO 8601, in UTC if it does not say.
        arrived: What counts where the value cannot be read, or lies later than this: nothing is told before it
            happens.

    Example:
        >>> [happened(value, 100.0) for value in ("1970-01-01T00:01:00", 70, "soon", 200)]
        [60.0, 70.0, 100.0, 100.0]
    """
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return arrived
        value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float) or not value <= arrived:
        return arrived
    return float(value)
