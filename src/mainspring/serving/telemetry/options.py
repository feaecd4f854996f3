"""What can be said of metrics in the file of a server."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

Alias: TypeAlias = Literal["triton", "mlserver", "kserve", "seldon", "tfserving"]


class MetricsOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is counted, and how it is shown.

    Attributes:
        aliases: Servers under whose names the same figures are shown, too, for dashboards that exist.
        folder: Where the processes of a server share their figures; by default in shared memory.
        refresh_seconds: How often a process says what it does not count itself: memory, queues, states.
        keep_seconds: How long figures of a version are kept after it was unloaded.
    """

    aliases: tuple[Alias, ...] = ()
    folder: str = ""
    refresh_seconds: Annotated[float, Meta(gt=0)] = 5.0
    keep_seconds: Annotated[float, Meta(ge=0)] = 3600.0
