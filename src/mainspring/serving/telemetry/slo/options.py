"""What can be said of objectives in the file of a server."""

from __future__ import annotations

import msgspec

from mainspring.serving.telemetry.slo.objective import Objective


class SloOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked of a server.

    Attributes:
        objectives: What share has to be good.
        folder: Where it is kept how the objectives stood, beyond a restart; by default it is forgotten.
    """

    objectives: tuple[Objective, ...] = ()
    folder: str = ""

    @property
    def seconds(self) -> tuple[float, ...]:
        """The times that objectives of latency ask for."""
        return tuple(one.threshold for one in self.objectives if one.kind == "latency" and one.threshold)
