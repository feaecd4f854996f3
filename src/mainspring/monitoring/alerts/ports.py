"""What alerts ask of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from mainspring.monitoring.alerts.alert import Cause, Transition
from mainspring.monitoring.alerts.messages import Message

if TYPE_CHECKING:
    from mainspring.data import Table


class Causes(Protocol):
    """Knows what changed upstream. One that cannot look says nothing, and never raises."""

    def find(self, model: str, version: str, since: float, *, lookback: float, window: float) -> Sequence[Cause]:
        """Changes at about the time at which something began, the likeliest first.

        Asked once for all alerts of a window that began at the same time.

        Args:
            model: The model.
            version: The version that answered.
            since: When it began, in seconds since the epoch.
            lookback: How many seconds before that are looked at.
            window: How long the window is, in seconds: a change may lie within it.
        """
        ...


class Explainer(Protocol):
    """Says what each feature added to answers."""

    def __call__(self, rows: Table, version: str) -> Sequence[Mapping[str, float]]:
        """For each row the contributions by feature, the largest first.

        Args:
            rows: With the inputs under their names.
            version: The version of the model that answered them.
        """
        ...


class Sender(Protocol):
    """Sends a message to one address."""

    def __call__(self, url: str, message: Message, *, secret: str = "") -> None:
        """Send it; it is taken when this returns.

        Args:
            url: The address, filled in.
            message: What is told.
            secret: What it is signed with, where that is known to the address; empty for nothing.

        Raises:
            UnavailableError: If it was not taken.
        """
        ...


class Ledger(Protocol):
    """Writes what happened into the record."""

    def write(self, transition: Transition) -> bool:
        """Write it; gives whether it was new. Writing it twice does no harm."""
        ...
