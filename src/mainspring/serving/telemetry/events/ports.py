"""What events of models need: somewhere to go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class EventSink(Protocol):
    """Where events of models go besides the server's own memory, such as the sinks of the payload log.

    Promises:
        - ``emit`` is called from one thread, which is not that of the event loop, and never waits.
        - What it cannot take it drops and counts; it does not raise.
    """

    def emit(self, event: Mapping[str, Any]) -> bool:
        """Take a CloudEvent in its structured JSON form; ``False`` if it was dropped."""
        ...
