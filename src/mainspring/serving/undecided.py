"""A request of which its question decides what answers it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from mainspring.serving.prediction import Inputs
from mainspring.serving.served import Served


class Undecided(msgspec.Struct, frozen=True, eq=False):
    """What a request may be answered by, until its question is read.

    Attributes:
        arms: All that may answer; none of them is let go of before the request is finished.
        choose: Chooses, once the question is read; any thread may call it.
    """

    arms: tuple[Served, ...]
    choose: Callable[[Inputs], Served]
