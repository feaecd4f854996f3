"""What can be said of events in the file of a server."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class EventOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is looked for, and how much of it is told.

    Attributes:
        enabled: Whether anything is looked for.
        rows_per_second: How many rows a process looks at. Of more rows it looks at some, and the share of odd ones
            among them is right all the same.
        confidence: An answer whose best class has a smaller probability is a guess.
        margin: How far beyond the numbers of training a number may lie, as a share of their range.
        events_per_second: How many events a process tells of one by one; all of them are counted.
        keep: How many of the last events every process keeps to be asked for.
        values: Whether events tell the values that they are about. They may be personal data.
    """

    enabled: bool = True
    rows_per_second: Annotated[float, Meta(ge=0)] = 100.0
    confidence: Annotated[float, Meta(ge=0, le=1)] = 0.6
    margin: Annotated[float, Meta(ge=0)] = 0.0
    events_per_second: Annotated[float, Meta(ge=0)] = 20.0
    keep: Annotated[int, Meta(ge=1, le=10_000)] = 256
    values: bool = False
