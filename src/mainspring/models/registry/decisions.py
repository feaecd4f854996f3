"""What people and pipelines decided about versions: where an alias points, and what is blessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeAlias

from mainspring.core.clock import iso
from mainspring.core.records import Value
from mainspring.models.versions import Version

Action: TypeAlias = Literal["move", "rollback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasMove:
    """A line in the history of an alias.

    Attributes:
        name: Name of the model.
        alias: Name of the alias, such as ``production``.
        before: The version that held it before, if one did.
        after: The version that has held it since.
        action: A move forward, or a rollback.
        by: Who.
        reason: Why.
        evidence: What it rests on: ``artifact:ID``, digests, addresses.
        number: The place in the history of the alias, from 1.
        at: When, in seconds since the epoch.
    """

    name: str
    alias: str
    before: Version | None
    after: Version
    action: Action
    by: str
    reason: str
    evidence: tuple[str, ...] = ()
    number: int = 1
    at: float = 0.0

    @property
    def title(self) -> str:
        """Its name in the record, which has every name once: a move that came second is refused."""
        return f"{self.name}@{self.alias}#{self.number}"

    def __str__(self) -> str:
        before = "" if self.before is None else f"{self.before} → "
        by = f" by {self.by}" if self.by else ""
        reason = f": {self.reason}" if self.reason else ""
        return f"{iso(self.at)} {self.alias} {self.action} {before}{self.after}{by}{reason}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**self.told(), "at": self.at}

    def told(self) -> dict[str, Value]:
        """What is written into the record; it knows the time itself."""
        return {
            "model": self.name,
            "alias": self.alias,
            "before": "" if self.before is None else str(self.before),
            "after": str(self.after),
            "action": self.action,
            "by": self.by,
            "reason": self.reason,
            "evidence": list(self.evidence),
        }

    @classmethod
    def read(cls, told: Mapping[str, Any], title: str | None, at: float) -> Self:
        """Read what the record has."""
        return cls(
            number=int((title or "").rpartition("#")[2] or 1),
            name=told["model"],
            alias=told["alias"],
            before=Version.parse(told["before"]) if told["before"] else None,
            after=Version.parse(told["after"]),
            action=told["action"],
            by=told["by"],
            reason=told["reason"],
            evidence=tuple(told.get("evidence") or ()),
            at=at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Blessing:
    """That a version may be used, or may not any more.

    Attributes:
        name: Name of the model.
        version: Its version.
        ok: Whether it is blessed.
        by: Who said so.
        reason: Why.
        at: When, in seconds since the epoch.
    """

    name: str
    version: Version
    ok: bool
    by: str
    reason: str
    at: float = 0.0

    def __str__(self) -> str:
        by = f" by {self.by}" if self.by else ""
        return (
            f"{iso(self.at)} {self.version} {'blessed' if self.ok else 'not blessed any more'}{by}: {self.reason}"
        )

    def told(self) -> dict[str, str | bool]:
        """What is written into the record; it knows the time itself."""
        return {
            "model": self.name,
            "version": str(self.version),
            "ok": self.ok,
            "by": self.by,
            "reason": self.reason,
        }

    @classmethod
    def read(cls, told: Mapping[str, Any], at: float) -> Self:
        """Read what the record has."""
        version = Version.parse(told["version"])
        return cls(name=told["model"], version=version, ok=told["ok"], by=told["by"], reason=told["reason"], at=at)


def standing(history: Sequence[AliasMove]) -> tuple[Version, ...]:
    """The versions that may serve as a baseline: the one that holds the alias, then those it had before, newest
    first. A version that it was taken back from, by a rollback or a move to an older version, is not among them.

    Example:
        After moves to 1.0.0, 1.1.0, 1.2.0 and one rollback: ``(1.1.0, 1.0.0)``.
    """
    stack: list[Version] = []
    for move in history:
        if move.after in stack:
            del stack[stack.index(move.after) :]
        stack.append(move.after)
    return tuple(reversed(stack))


def held(history: Sequence[AliasMove]) -> list[Version]:
    """The versions that a rollback can go back through: the last one holds the alias now.

    Example:
        After moves to 1.0.0, 1.1.0, 1.2.0 and one rollback: ``[1.0.0, 1.1.0]``.
    """
    stack: list[Version] = []
    for move in history:
        if move.action == "rollback" and stack:
            stack.pop()
        elif not stack or stack[-1] != move.after:
            stack.append(move.after)
    return stack
