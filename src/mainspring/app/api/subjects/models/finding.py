"""Models, versions, aliases and remarks by their words, and what waits for somebody's signature."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from mainspring.app.accounts import Role
from mainspring.app.api.desk import Desk
from mainspring.app.api.subject import Hit, Waiting
from mainspring.app.api.subjects.models.shelf import Shelf, shelves
from mainspring.app.api.subjects.models.standing import environments_of, is_asked, standing

if TYPE_CHECKING:
    from mainspring.models.registry import ModelVersion

_MOST: Final = 20


def find(desk: Desk, text: str) -> Sequence[Hit]:
    """Models, versions, aliases and remarks with a text in them."""
    wanted = text.lower()
    found = [hit for its in shelves(desk.shared) for hit in _hits(its, wanted)]
    return sorted(found, key=lambda hit: (hit.kind != "model", -hit.at))[:_MOST]


def waiting(desk: Desk) -> Sequence[Waiting]:
    """Promotions that are asked for and that the caller could sign, or carry out."""
    if not desk.caller.may(Role.APPROVER):
        return []
    return [one for its in shelves(desk.shared) for one in _asked(desk, its)]


def _hits(its: Shelf, wanted: str) -> Iterator[Hit]:
    if not its.versions:
        return
    path = f"/models/{its.name}"
    latest = its.versions[-1]
    if wanted in its.name.lower() or wanted in its.about.description.lower():
        detail = its.about.description or f"latest {latest.version}"
        yield Hit(kind="model", name=its.name, path=path, detail=detail, at=its.registered[latest.version])
    for one in reversed(its.versions):
        facts = its.facts[one.version]
        words = f"{its.name} {one.version} {its.name}:{one.version} {its.name}@{one.version} {facts.description} "
        words += " ".join(f"{key}={value}" for key, value in facts.tags.items()) + f" {one.digest}"
        if wanted in words.lower() and wanted != its.name.lower():
            yield Hit(
                kind="version",
                name=f"{its.name} {one.version}",
                path=f"{path}/versions/{one.version}",
                detail=facts.description or one.reason or one.why,
                at=its.registered[one.version],
            )
    for alias, version in its.aliases.items():
        if wanted in alias.lower() or wanted in f"{its.name}@{alias}".lower():
            at = max(move.at for move in its.moves if move.alias == alias)
            detail = f"version {version}"
            yield Hit(kind="alias", name=f"{its.name}@{alias}", path=f"{path}?tab=aliases", detail=detail, at=at)
    for note in its.notes:
        if wanted in note.text.lower():
            about = f"{path}/versions/{note.version}?tab=history" if note.version else f"{path}?tab=history"
            name = note.text if len(note.text) <= 80 else note.text[:79] + "…"
            detail = f"{its.name} {note.version or ''} by {note.by}"
            yield Hit(kind="remark", name=name, path=about, detail=detail, at=note.at)


def _asked(desk: Desk, its: Shelf) -> Iterator[Waiting]:
    """For each environment the newest version that is asked for, unless a newer one is there."""
    for environment in environments_of(desk.shared, its):
        current = its.aliases.get(environment)
        newer = [one for one in its.versions if current is None or one.version > current]
        asked = [one for one in newer if not its.facts[one.version].archived and is_asked(its, one, environment)]
        if asked:
            yield from _of(desk, its, asked[-1], environment, more=len(asked) - 1)


def _of(desk: Desk, its: Shelf, version: ModelVersion, environment: str, *, more: int) -> Iterator[Waiting]:
    found = standing(desk, its, version, environment)
    mine = [one.name for one in found.roles if one.open]
    number = version.version
    requests = [
        one.at for one in its.decisions_on(number) if one.verb == "request" and one.environment == environment
    ]
    path = f"/models/{its.name}/versions/{number}?tab=promotion#{environment}"
    others = (
        f"; {more} more versions are asked for" if more > 1 else "; one more version is asked for" if more else ""
    )
    if mine:
        yield Waiting(
            kind="signature",
            title=f"Sign {its.name} {number} for {environment} as {' or '.join(mine)}",
            path=path,
            detail="missing: " + "; ".join(found.missing) + others,
            since=max(requests),
            urgency=1,
        )
    elif not found.missing:
        yield Waiting(
            kind="promotion",
            title=f"Promote {its.name} {number} to {environment}",
            path=path,
            detail="everybody who must sign has signed" + others,
            since=max(requests),
            urgency=1,
        )
