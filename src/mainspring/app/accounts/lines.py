"""How an entry of the audit trail is written: as one line of JSON, which its digest is made of."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any, Final

from mainspring.app.accounts.caller import Way
from mainspring.app.accounts.trail import Entry, Outcome

_LONGEST: Final = 1000
_MANY: Final = 50
_DEEPEST: Final = 5
_MOST: Final = 20_000


def line_of(entry: Entry) -> str:
    """An entry as a line, with what is too long for a trail cut short.

    Raises:
        TypeError: Never: what JSON does not have is written as its text.
    """
    given = plain(entry.given)
    if len(json.dumps(given, ensure_ascii=False)) > _MOST:
        given = dict.fromkeys(given, "…")
    told = {
        "at": round(entry.at, 6),
        "who": plain(entry.who),
        "way": entry.way.value,
        "address": plain(entry.address),
        "operation": plain(entry.operation),
        "given": given,
        "outcome": entry.outcome.value,
        "why": plain(entry.why),
    }
    return json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def entry_of(line: str) -> Entry:
    """The entry of a line.

    Raises:
        ValueError: If it is none.
        KeyError: If it is none.
    """
    told = json.loads(line)
    return Entry(
        at=told["at"],
        who=told["who"],
        way=Way(told["way"]),
        address=told["address"],
        operation=told["operation"],
        given=told["given"],
        outcome=Outcome(told["outcome"]),
        why=told["why"],
    )


def linked(before: str, line: str) -> str:
    """The digest of a line that follows an entry.

    Example:
        >>> linked("", "{}")[:8]
        'f4cea137'
    """
    return hashlib.sha256(f"{before}\n{line}".encode()).hexdigest()


def plain(value: Any, depth: int = 0) -> Any:
    """A value as every database can keep it, and short enough for somebody to read.

    Example:
        >>> plain({"a": "x" * 2000, "b": float("nan"), "c": 2**70})["b"] is None
        True
    """
    match value:
        case None | bool():
            return value
        case int():
            return value if abs(value) < 2**63 else str(value)[:_LONGEST]
        case float():
            return value if math.isfinite(value) else None
        case str():
            text = value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
            return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"
        case Mapping() if depth < _DEEPEST:
            items = list(value.items())
            held = {str(plain(str(name))): plain(one, depth + 1) for name, one in items[:_MANY]}
            return {**held, "…": f"{len(items) - _MANY} more"} if len(items) > _MANY else held
        case list() | tuple() | set() | frozenset() if depth < _DEEPEST:
            several = list(value)
            kept = [plain(one, depth + 1) for one in several[:_MANY]]
            return [*kept, f"… {len(several) - _MANY} more"] if len(several) > _MANY else kept
        case _:
            return plain(str(value), depth)
