"""What a webhook may be told of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mainspring.core.clock import iso, now
from mainspring.core.errors import InputError
from mainspring.core.records import Value

EVENTS: Final[Mapping[str, str]] = {
    "version.registered": "a package was given a version",
    "version.archived": "a version was archived",
    "alias.moved": "an alias points at another version",
    "promotion.requested": "a promotion waits for signatures",
    "promotion.approved": "a version was promoted",
    "rollout.promoted": "a server made a version the primary one of a rollout",
    "rollout.rolled_back": "a server took a candidate of a rollout back",
    "promotion.refused": "a promotion was rejected, or tried while something was missing",
}
"""The events by name, with what they mean."""

TEST: Final = "webhook.test"
"""The event of ``mainspring webhooks test``; every webhook is told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that happened, to be told to whoever asked.

    Attributes:
        event: One of :data:`EVENTS`.
        key: What happened, with a name that no other event of this kind has.
        data: The particulars, as JSON.
        at: When.
    """

    event: str
    key: str
    data: Mapping[str, Value] = field(default_factory=dict)
    at: float = field(default_factory=now)

    def body(self) -> str:
        """The JSON text that is sent: ``type``, ``timestamp`` and ``data``."""
        told = {"type": self.event, "timestamp": iso(self.at), "data": dict(self.data)}
        return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def check_events(events: Sequence[str]) -> tuple[str, ...]:
    """The events, without repetition; all of them for none or ``*``.

    Raises:
        InputError: With every name that is no event.
    """
    unknown = [one for one in events if one not in EVENTS and one != "*"]
    if unknown:
        raise InputError(
            f"there is no event {', '.join(map(repr, unknown))}", expected="* or one of " + ", ".join(EVENTS)
        )
    return tuple(EVENTS) if not events or "*" in events else tuple(dict.fromkeys(events))
