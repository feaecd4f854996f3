"""How far a log was read."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """How far a log was read.

    Attributes:
        before: All segments up to this one are finished.
        lines: The number of the next line, by segment.
        finished: Segments behind ``before`` that are finished, too.
    """

    before: str = ""
    lines: Mapping[str, int] = {}
    finished: tuple[str, ...] = ()
