"""What takes events elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mainspring.core.errors import MainspringError
from mainspring.serving.payloads.events import Event


class RefusedError(MainspringError):
    """A receiver answers, and does not want what it is sent: it will not want it later, either."""

    code = "REFUSED"


class Sink(Protocol):
    """Takes events somewhere. Used by one thread.

    Promises:
        - When ``send`` comes back, every event has been taken over by the receiver: at least once.
        - If it raises, any number of them may have been; all of them will be sent again.
        - A connection that broke is opened again by the next ``send``.
    """

    def send(self, events: Sequence[Event]) -> None:
        """Send events, in their order.

        Raises:
            UnavailableError: If the receiver does not answer, or is too busy: try again later.
            RefusedError: If it answers, and does not want them.
        """
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...
