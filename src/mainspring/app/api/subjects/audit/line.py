"""A line of the audit list, and what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import quote

from mainspring.app.accounts.book import Written
from mainspring.app.accounts.decisions import Decided

Sort = Literal["request", "decision"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the audit list.

    Attributes:
        id: To tell it from others: ``12`` is the twelfth entry of the trail; ``e7`` and ``a7`` are an execution
            and an artifact of the record.
        sort: ``request``: somebody asked the console, the API or a command for it, and who they are was known.
            ``decision``: the record has it as it was told, from a terminal, a pipeline, or a server.
        at: When, in seconds since the epoch.
        who: Who; empty for a program.
        way: How they came in; empty for a decision.
        address: Where from; empty for a decision.
        operation: What was asked for or decided.
        outcome: ``done``, ``refused`` or ``failed``.
        about: What it is about; empty where nothing tells.
        path: The page of that; empty where there is none.
        words: What was said about it: the reason, or why not.
        given: With what.
        digest: The digest of the entry in the trail; empty for a decision.
    """

    id: str
    sort: Sort
    at: float
    who: str
    way: str
    address: str
    operation: str
    outcome: str
    about: str
    path: str
    words: str
    given: Mapping[str, Any]
    digest: str


_PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "runs": ("run", "/runs/{}"),
    "models": ("model", "/models/{}"),
    "deployments": ("model", "/deployments/{}"),
    "rollouts": ("model", "/deployments/{}"),
    "monitoring": ("model", "/monitoring/{}"),
    "alerts": ("alert", "/monitoring/alerts/{}"),
    "reviews": ("name", "/reviews/{}"),
    "data": ("name", "/data/{}"),
    "jobs": ("job", "/jobs/{}"),
    "users": ("user", "/users"),
    "tokens": ("token", "/users/tokens"),
}
"""By the subject of an operation: the argument that says what it is about, and the page of that."""


def of_entry(written: Written) -> Line:
    """The line of an entry of the trail."""
    entry = written.entry
    about, path = _about(entry.operation, entry.given)
    said = [str(entry.given[name]) for name in ("reason", "comment", "why", "note") if entry.given.get(name)]
    return Line(
        id=str(written.number),
        sort="request",
        at=entry.at,
        who=entry.who,
        way=entry.way.value,
        address=entry.address,
        operation=entry.operation,
        outcome=entry.outcome.value,
        about=about,
        path=path,
        words=entry.why or ". ".join(said),
        given={name: value for name, value in entry.given.items() if name != "account"},
        digest=written.digest,
    )


def of_decision(one: Decided) -> Line:
    """The line of a decision that the record has."""
    return Line(
        id=f"{one.source[0]}{one.id}",
        sort="decision",
        at=one.at,
        who=one.by,
        way="",
        address="",
        operation=one.what,
        outcome="refused" if one.what in ("version.refuse", "approval.no", "version.reject") else "done",
        about=one.about,
        path="/".join(quote(part, safe="@:") for part in one.path.split("/")),
        words=one.words,
        given=one.given,
        digest="",
    )


def _about(operation: str, given: Mapping[str, Any]) -> tuple[str, str]:
    name, page = _PLACES.get(operation.partition(".")[0], ("", ""))
    value = given.get(name)
    if not name or not isinstance(value, (str, int)) or value == "":
        return "", ""
    version = given.get("version")
    if operation.startswith("models.") and isinstance(version, str) and version:
        path = page.format(quote(str(value), safe="/@:")) + "/versions/" + quote(version, safe="@:")
        return f"{value}:{version}", path
    return str(value), page.format(quote(str(value), safe="/@:"))
