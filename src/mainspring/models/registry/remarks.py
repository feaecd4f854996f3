"""Tags, descriptions and notes, and finding versions by them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mainspring.core.clock import iso
from mainspring.core.errors import InputError
from mainspring.core.records import Execution, Value
from mainspring.models.registry.facts import Facts, question
from mainspring.models.registry.ledger import FACTS, MODEL, NOTE, Ledger, event_of
from mainspring.models.versions import Version

_TAG = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that somebody remarked about a model or one of its versions.

    Attributes:
        name: Name of the model.
        version: The version; ``None`` for the model itself.
        text: In their words.
        by: Who.
        at: When, in seconds since the epoch.
    """

    name: str
    version: Version | None
    text: str
    by: str
    at: float = 0.0

    def __str__(self) -> str:
        about = f"{self.version} " if self.version is not None else ""
        return f"{iso(self.at)} {about}note by {self.by}: {self.text}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        version = None if self.version is None else str(self.version)
        return {"model": self.name, "version": version, "text": self.text, "by": self.by, "at": self.at}


def tag_facts(tags: Mapping[str, str | None]) -> dict[str, Value]:
    """Tags as free properties of the record.

    Raises:
        InputError: For a name that is none.
    """
    wrong = [name for name in tags if not _TAG.fullmatch(name)]
    if wrong:
        raise InputError(
            f"{', '.join(map(repr, wrong))} cannot name a tag", expected="letters, digits, dash and underscore"
        )
    return {f"tag.{name}": None if value is None else str(value) for name, value in tags.items()}


def facts(ledger: Ledger, name: str, version: Version | str | None) -> Facts:
    """What people said of a version, or of the model."""
    kind, wanted = (MODEL, name) if version is None else (FACTS, f"{name}:{version}")
    for context in ledger.contexts("type = :type AND name = :name", {"type": kind, "name": wanted}):
        return Facts.read(context)
    return Facts()


def write(
    ledger: Ledger, name: str, version: Version | None, told: Mapping[str, Value], *, by: str, text: str
) -> Note:
    """Write a remark, and what it changes."""
    if not text.strip():
        raise InputError("a remark needs words")
    event = event_of(NOTE, None, {"model": name, "version": str(version or ""), "by": by, "text": text})
    if version is None:
        stored = ledger.write(name, [(event, ())], about=told)
    else:
        stored = ledger.write(name, [(event, ())], facts={version: told})
    return _note(stored[0])


def notes(ledger: Ledger, name: str, version: Version | str | None) -> tuple[Note, ...]:
    """What was remarked, oldest first."""
    equal = {} if version is None else {"version": str(version)}
    return tuple(_note(event) for event in ledger.events(NOTE, name, **equal))


def search(
    ledger: Ledger,
    where: str,
    parameters: Mapping[str, Value],
    backfill: Callable[[str], Mapping[Version, Mapping[str, Value]]],
) -> set[tuple[str, str]]:
    """Models and versions that satisfy a question.

    Args:
        ledger: The record.
        where: The question.
        parameters: Values for ``:names`` in it.
        backfill: Gives what is searched for, of a model that was registered before it was kept.
    """
    asked = question(where) if where.strip() else ""
    for context in list(ledger.contexts("type = :type AND custom.facts IS NULL", {"type": MODEL})):
        ledger.write(context.name, facts=backfill(context.name), about={"facts": True})
    condition = "type = :facts_type" + (f" AND ({asked})" if asked else "")
    found = ledger.contexts(condition, {**parameters, "facts_type": FACTS})
    return {(str(one.properties["model"]), str(one.properties["version"])) for one in found}


def _note(event: Execution) -> Note:
    told = event.properties
    return Note(
        name=str(told["model"]),
        version=Version.parse(str(told["version"])) if told["version"] else None,
        text=str(told["text"]),
        by=str(told["by"]),
        at=event.created_at,
    )
