"""An event of a model: what was odd about one row."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from urllib.parse import quote

import msgspec

from mainspring.core.clock import iso

TYPE = "io.mainspring.model.event"
"""The type of the CloudEvent that tells of it."""


class EventKind(StrEnum):
    """What may be odd."""

    UNSEEN_CATEGORY = "unseen_category"
    OUT_OF_RANGE = "out_of_range"
    LOW_CONFIDENCE = "low_confidence"
    MISSING_REQUIRED = "missing_required"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_COLUMN = "unknown_column"
    FLAGGED = "flagged"
    OVERRIDDEN = "overridden"
    BLOCKED = "blocked"
    OUTLIER = "outlier"


class ModelEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was odd about one row.

    Attributes:
        id: Its own id.
        time: When the request arrived, in seconds since the epoch.
        model: The model that was asked.
        version: Its version.
        kind: What was odd.
        request: The id of the request.
        row: The row of the request, from 0; -1 if it lies in none.
        column: The column; empty if it lies in none.
        expected: What would not have been odd.
        value: What was found, if values are told.
        trace: The trace of the request, 32 hexadecimal digits, if it has one.
    """

    id: str
    time: float
    model: str
    version: str
    kind: EventKind
    request: str = ""
    row: int = -1
    column: str = ""
    expected: str = ""
    value: str = ""
    trace: str = ""

    def cloud_event(self) -> dict[str, Any]:
        """The event in the structured form of CloudEvents 1.0 (https://github.com/cloudevents/spec)."""
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": self.id,
            "source": f"/v2/models/{quote(self.model, safe='')}/versions/{quote(self.version, safe='')}",
            "type": TYPE,
            "time": iso(self.time),
            "datacontenttype": "application/json",
            "data": msgspec.to_builtins(self),
        }
        return event | ({"subject": self.request} if self.request else {})
