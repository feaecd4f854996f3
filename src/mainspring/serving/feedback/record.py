"""What became known about an answer after it was given."""

from __future__ import annotations

from typing import Any, Final

import msgspec

TRUTH: Final = "truth"
"""What would have been right."""

REWARD: Final = "reward"
"""How good the answer was, as a number."""


class Feedback(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that became known about one row of a request, or about all of them.

    Of several with the same ``id``, ``key`` and ``row``, the one with the latest ``time`` counts.

    Attributes:
        id: Of the request.
        key: What became known: ``truth``, ``reward``, or a name of your own.
        value: It.
        row: About which row, from 0; ``None`` for all rows of the request.
        time: When it became known, in seconds since the epoch.
        received: When the server was told.
        model: The model that was asked.
        version: The version that answered, as far as the teller knows.
        caller: Who told, as far as the server knows.
    """

    id: str
    key: str
    value: Any
    row: int | None = None
    time: float
    received: float = 0.0
    model: str = ""
    version: str = ""
    caller: str = ""
