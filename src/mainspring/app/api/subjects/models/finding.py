"""Models, versions, aliases and remarks by their words, and what waits for somebody's signature."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from mainspring.app.accounts import Role
from mainspring.app.api.desk import Desk
from mainspring.app.api.subject import Hit, Waiting
from mainspring.app.api.subjects.models.shelf import Shelf, shelves
from mainspring.app.api.subjects.models.standing import environments_of, is_asked, standing

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
    for version in its.versions:
        for environment in environments_of(desk.shared, its):
            if not is_asked(its, version, environment) or its.facts[version.version].archived:
                continue
            found = standing(desk, its, version, environment)
            mine = [one.name for one in found.roles if one.open]
            about = its.decisions_on(version.version)
            since = max(one.at for one in about if one.verb == "request" and one.environment == environment)
            path = f"/models/{its.name}/versions/{version.version}?tab=promotion#{environment}"
            if mine:
                yield Waiting(
                    kind="signature",
                    title=f"Sign {its.name} {version.version} for {environment} as {' or '.join(mine)}",
                    path=path,
                    detail=_why(found.missing),
                    since=since,
                    urgency=1,
                )
            elif not found.missing:
                yield Waiting(
                    kind="promotion",
                    title=f"Promote {its.name} {version.version} to {environment}",
                    path=path,
                    detail="everybody who must sign has signed",
                    since=since,
                    urgency=1,
                )


def _why(missing: Sequence[str]) -> str:
    return "missing: " + "; ".join(missing) if missing else ""
