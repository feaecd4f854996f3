"""Where answers are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy.typing as npt

Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]


@dataclass(slots=True)
class StoreCounts:
    """How a store has fared; the first two are as they are now, the others only grow.

    Attributes:
        entries: Answers kept in this process.
        bytes: Memory that they take.
        evicted: Answers that made room for others.
        expired: Answers that were found to be too old.
        refused: Answers that were not kept: too large, or of a kind that cannot be written down.
        unreachable: Times that the store did not answer in time, or not at all, or was not even asked because of
            that.
        unreadable: Answers that were found and could not be read.
    """

    entries: int = 0
    bytes: int = 0
    evicted: int = 0
    expired: int = 0
    refused: int = 0
    unreachable: int = 0
    unreadable: int = 0


class ResponseCache(Protocol):
    """Keeps outputs of models by key.

    Promises:
        - It gives what was put under a key, bit for bit and not writable, or nothing. It may forget at any time.
        - It never raises, and never makes anybody wait for long: what cannot be had is not there.
        - It is for the thread of one event loop.
    """

    counts: StoreCounts

    async def get(self, key: bytes) -> Arrays | None:
        """The outputs kept under a key; ``None`` if there are none."""
        ...

    def put(self, key: bytes, outputs: Arrays, ttl: float) -> None:
        """Keep outputs, without making anybody wait.

        Args:
            key: Where.
            outputs: They may be changed afterwards.
            ttl: Seconds for which they are given; 0 for as long as there is room.
        """
        ...

    async def clear(self) -> None:
        """Forget everything."""
        ...

    async def close(self) -> None:
        """Finish what is being put, and let go of connections."""
        ...
