"""A scheduler's sign of life: who starts runs for this project, and when it was last seen doing so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from mainspring.core.clock import now
from mainspring.core.records import Context, Kind, NodeType, Value
from mainspring.store.ports import MetadataStore

SCHEDULER: Final = "mainspring.Scheduler"
EVERY: Final = 10.0
"""Seconds between two signs."""

_MISSED: Final = 4
"""So many signs may be missed before a scheduler counts as gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A scheduler that was seen.

    Attributes:
        worker: Its machine and process.
        since: When it began.
        seen: When it gave its last sign.
        alive: Whether it can be relied upon to start what is due.
    """

    worker: str
    since: float
    seen: float
    alive: bool


class SignOfLife:
    """Says every few seconds that a scheduler is at work.

    Args:
        store: Where it says so.
        project: For which project.
        worker: Its machine and process.
    """

    def __init__(self, store: MetadataStore, project: str, worker: str) -> None:
        self._store, self._worker = store, worker
        self._name = f"{project}:{worker}"
        self._since, self._last = now(), 0.0
        store.put_type(NodeType(kind=Kind.CONTEXT, name=SCHEDULER, description="A scheduler's sign of life."))

    def give(self, *, ended: bool = False) -> None:
        """Give a sign, if the last one was some seconds ago; the last one of all says that it ended."""
        moment = now()
        if not ended and moment - self._last < EVERY:
            return
        self._last = moment
        told: dict[str, Value] = {"worker": self._worker, "since": self._since, "seen": moment, "ended": ended}
        self._store.publish([Context(type=SCHEDULER, name=self._name, custom=told)])


def seen(store: MetadataStore, project: str) -> Sequence[Seen]:
    """The schedulers of a project that were seen lately, those at work first."""
    if SCHEDULER not in {one.name for one in store.types(Kind.CONTEXT)}:
        return []
    where = f"type = '{SCHEDULER}'"
    found = store.find(Kind.CONTEXT, where, order_by="updated_at", descending=True, limit=20).items
    mine = [one for one in cast("Sequence[Context]", found) if one.name.startswith(f"{project}:")]
    return sorted((_seen(one) for one in mine), key=lambda one: (not one.alive, -one.seen))


def _seen(context: Context) -> Seen:
    last = float(cast("float", context.custom["seen"]))
    fresh = now() - last < _MISSED * EVERY
    return Seen(
        worker=str(context.custom["worker"]),
        since=float(cast("float", context.custom["since"])),
        seen=last,
        alive=fresh and not context.custom["ended"],
    )
