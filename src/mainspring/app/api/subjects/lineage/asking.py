"""Lists: what used something, what it was made from, and which models it is in."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import cast

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.lineage.naming import MODEL, VERSION, page_of
from mainspring.app.api.subjects.lineage.nouns import Box, ModelWith, Use
from mainspring.app.api.subjects.lineage.showing import start_of, walked
from mainspring.app.api.subjects.lineage.walking import Walk, walk
from mainspring.core.errors import InputError
from mainspring.core.records import Artifact, Execution, Kind


@operation("lineage.used_by", "GET", "/lineage/{at}/used-by", command="mainspring lineage {at} --down --hops 1")
def used_by(desk: Desk, at: str) -> Sequence[Use]:
    """Which executions used an artifact, the newest first, and what they made.

    Args:
        desk: Whose.
        at: ``artifact:12``.
    """
    found = walked(desk, at, "down", 1)
    return _uses(found, found.below[0], found.below)


@operation("lineage.origins", "GET", "/lineage/{at}/origins", command="mainspring lineage {at} --hops 1")
def origins(desk: Desk, at: str) -> Sequence[Use]:
    """Which execution made an artifact, and what it was made from.

    Args:
        desk: Whose.
        at: ``artifact:12``.
    """
    found = walked(desk, at, "up", 1)
    return _uses(found, found.above[0], found.above)


@operation("lineage.models", "GET", "/lineage/{at}/models", command="mainspring lineage {at} --down --json")
def models(desk: Desk, at: str) -> Sequence[ModelWith]:
    """In which models a version of data is, or anything else, the nearest first: what to look at if somebody
    wants their rows out of it.

    Everything with the same bytes counts: a file that was read twice is one version.

    Args:
        desk: Whose.
        at: ``artifact:12``.
    """
    kind, ids = start_of(at)
    if kind is not Kind.ARTIFACT:
        raise InputError(f"{at!r} is no artifact", expected="artifact:12")
    record = desk.platform.store.record
    subject = cast("Artifact", record.get(kind, ids)[0])
    found = walk(desk, (kind, (*ids, *same_bytes(desk, subject))), "down", None)
    return list(_models(desk, found))


def same_bytes(desk: Desk, artifact: Artifact) -> Sequence[int]:
    """The ids of other artifacts with the same bytes, the newest first, a few hundred at most."""
    if not artifact.digest:
        return ()
    found = desk.platform.store.record.find(
        Kind.ARTIFACT, "digest = :digest", {"digest": artifact.digest}, descending=True, limit=300
    )
    return [cast("int", one.id) for one in found.items if one.id != artifact.id]


def _models(desk: Desk, found: Walk) -> Iterator[ModelWith]:
    """Registered versions, and models that never became one."""
    far = _distances(found)
    wanted = [at for at in far if found.boxes[at].type in (MODEL, VERSION)]
    names = {str(found.nodes[at].properties.get("name")) for at in wanted if found.boxes[at].type == VERSION}
    aliases = {name: desk.platform.models.aliases(name) for name in names}
    registered = {at for at in wanted if found.boxes[at].type == VERSION}
    for at in sorted(wanted, key=lambda one: (far[one], one)):
        if at not in registered and _leads_to(found, at, registered):
            continue
        given = found.nodes[at].properties if at in registered else {}
        name, version = str(given.get("name") or ""), str(given.get("version") or "")
        pointing = [alias for alias, target in aliases.get(name, {}).items() if str(target) == version]
        yield ModelWith(
            model=name,
            version=version,
            artifact=found.boxes[at],
            aliases=sorted(pointing),
            at=found.boxes[at].at,
            run=found.boxes[at].run,
            distance=far[at] // 2,
            page=page_of(found.nodes[at]),
        )


def _distances(found: Walk) -> dict[int, int]:
    """How many links lead to each node from what the walk started from."""
    starts = [at for at, node in enumerate(found.nodes) if isinstance(node, Artifact) and not found.above[at]]
    far = dict.fromkeys(starts or [0], 0)
    ahead = deque(far)
    while ahead:
        at = ahead.popleft()
        for target, _ in found.below[at]:
            if target not in far:
                far[target] = far[at] + 1
                ahead.append(target)
    return far


def _leads_to(found: Walk, start: int, wanted: set[int]) -> bool:
    """Whether a version was registered from a model itself, not from one that was trained on from it."""
    seen, ahead = {start}, [start]
    while ahead:
        for target, _ in found.below[ahead.pop()]:
            if target in wanted:
                return True
            if target not in seen and found.boxes[target].type != MODEL:
                seen.add(target)
                ahead.append(target)
    return False


def _uses(
    found: Walk, beside: Sequence[tuple[int, str]], further: Sequence[Sequence[tuple[int, str]]]
) -> list[Use]:
    uses = [
        Use(
            step=found.boxes[at],
            name=name,
            things=_boxes(found, further[at]),
            page=page_of(found.nodes[at]),
        )
        for at, name in beside
        if isinstance(found.nodes[at], Execution)
    ]
    return sorted(uses, key=lambda use: -use.step.at)


def _boxes(found: Walk, places: Sequence[tuple[int, str]]) -> list[Box]:
    return [found.boxes[at] for at in dict.fromkeys(at for at, _ in places)]
