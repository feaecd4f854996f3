"""Sessions: that somebody signed in, for how long it counts, and that they signed out."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from mainspring.app.accounts.directory import Directory, Held
from mainspring.core.clock import Clock, now
from mainspring.core.records import Context, Kind, NodeType, PropertyType, Value
from mainspring.store.ports import MetadataStore

SESSION: Final = "mainspring.Session"
"""The type of the contexts that are sessions."""

_TYPE: Final = NodeType(
    kind=Kind.CONTEXT,
    name=SESSION,
    properties={"user": PropertyType.STRING},
    description="Somebody signed in with a browser.",
)
_COARSE: Final = 60.0
_SWEPT: Final = 200
_MANY: Final = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """That somebody signed in.

    Attributes:
        id: What the record and seals know it by; no secret, and of no use to get in.
        user: Who.
        made: When, in seconds since the epoch.
        seen: When they last asked for something, to the minute.
        until: When it ends at the latest.
        address: Where from.
        agent: With what.
    """

    id: str
    user: str
    made: float
    seen: float
    until: float
    address: str = ""
    agent: str = ""


class Sessions:
    """Opens and ends sessions. They are in the record, so that every console over it knows that one has ended.

    Args:
        record: The record.
        directory: The accounts.
        idle: Seconds without a request after which one ends.
        longest: Seconds after which one ends at the latest.
        clock: Gives the time.
    """

    def __init__(
        self,
        record: MetadataStore,
        directory: Directory,
        *,
        idle: float = 8 * 3600.0,
        longest: float = 7 * 86400.0,
        clock: Clock = now,
    ) -> None:
        self._record, self._directory, self._clock = record, directory, clock
        self._idle, self.longest = idle, longest
        self._declared = False

    def open(self, held: Held, *, address: str = "", agent: str = "") -> str:
        """Begin a session; gives the secret that proves it, which is kept nowhere."""
        self._declare()
        secret, moment = secrets.token_urlsafe(32), self._clock()
        told: dict[str, Value] = {
            "made": moment,
            "seen": moment,
            "until": moment + self.longest,
            "version": held.version,
            "account": held.made,
            "address": address[:64],
            "agent": agent[:200],
        }
        fresh = Context(type=SESSION, name=_id(secret), properties={"user": held.account.name}, custom=told)
        self._record.publish([fresh])
        self._sweep(moment)
        return secret

    def find(self, secret: str, *, seen: bool = True) -> tuple[Session, Held] | None:
        """The session that a secret proves, and whose it is; ``None`` if it does not count, or not any more.

        Args:
            secret: It.
            seen: Whether somebody asked for something just now; a page that is merely open is nobody.
        """
        self._declare()
        where, values = "type = :type AND name = :name", {"type": SESSION, "name": _id(secret)}
        items = self._record.find(Kind.CONTEXT, where, values, limit=1).items
        if not items:
            return None
        context = cast("Context", items[0])
        told: Any = context.custom
        moment = self._clock()
        held = self._directory.find(str(context.properties["user"]))
        if not _counts(told, held, moment, self._idle) or held is None:
            return None
        if seen and moment - told["seen"] > _COARSE:
            self._record.publish([Context(type=SESSION, name=context.name, custom={"seen": moment})])
        return _session(context), held

    def end(self, session: str) -> None:
        """End a session, by its id."""
        self._declare()
        self._record.publish([Context(type=SESSION, name=session, custom={"ended": self._clock()})])

    def of(self, user: str) -> Sequence[Session]:
        """The sessions of somebody that count, the latest first."""
        self._declare()
        held, moment = self._directory.find(user), self._clock()
        where, values = "type = :type AND properties.user = :user", {"type": SESSION, "user": user}
        found = self._record.find(Kind.CONTEXT, where, values, descending=True, limit=_SWEPT).items
        counting = [one for one in found if _counts(one.custom, held, moment, self._idle)]
        return [_session(cast("Context", one)) for one in counting]

    def counting(self) -> Mapping[str, Sequence[Session]]:
        """All sessions that count, by who signed in."""
        self._declare()
        moment = self._clock()
        found: dict[str, list[Session]] = {}
        known_users: dict[str, Held | None] = {}
        where, values = "type = :type AND custom.until > :now", _values(type=SESSION, now=moment)
        for one in self._record.find(Kind.CONTEXT, where, values, descending=True, limit=_MANY).items:
            user = str(one.properties["user"])
            if user not in known_users:
                known_users[user] = self._directory.find(user)
            if _counts(one.custom, known_users[user], moment, self._idle):
                known = _session(cast("Context", one))
                found.setdefault(known.user, []).append(known)
        return found

    def _sweep(self, moment: float) -> None:
        """Sessions that ended a day ago are of no use to anybody."""
        values: dict[str, Value] = {"type": SESSION, "past": moment - 86400}
        old = self._record.find(Kind.CONTEXT, "type = :type AND custom.until < :past", values, limit=_SWEPT).items
        if old:
            self._record.delete(Kind.CONTEXT, [cast("int", one.id) for one in old])

    def _declare(self) -> None:
        if not self._declared:
            self._record.put_type(_TYPE)
            self._declared = True


def _values(**values: Value) -> Mapping[str, Value]:
    return values


def _counts(told: Any, held: Held | None, moment: float, idle: float) -> bool:
    """Whether a session still counts: not ended, not run out, of an account as it was when it began."""
    if held is None or held.account.disabled or told.get("ended") or "until" not in told:
        return False
    same = told["version"] == held.version and told["account"] == held.made
    return bool(same and moment < told["until"] and moment - told["seen"] < idle)


def _id(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()[:48]


def _session(context: Context) -> Session:
    told: Any = context.custom
    return Session(
        id=context.name,
        user=str(context.properties["user"]),
        made=told["made"],
        seen=told["seen"],
        until=told["until"],
        address=told["address"],
        agent=told["agent"],
    )
