"""Artifacts and executions: which there are, and what is known of one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, cast

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.lineage.asking import same_bytes
from mainspring.app.api.subjects.lineage.naming import RUN, box_of, page_of, plain_type
from mainspring.app.api.subjects.lineage.nouns import ArtifactFacts, Box, ExecutionFacts, Maker
from mainspring.core.errors import MainspringError
from mainspring.core.records import Artifact, ArtifactState, Context, Execution, Kind, Link, LinkKind, Value

_DIGEST: Final = re.compile(r"(?:sha256:)?([0-9a-f]{4,64})")


@operation("artifacts.list", "GET", "/artifacts")
def listed(
    desk: Desk, *, text: str = "", type_name: str = "", state: str = "", limit: int = 50, before: int | None = None
) -> Sequence[Box]:
    """Artifacts, the newest first.

    Args:
        desk: Whose.
        text: A part of the name or address, the beginning of a digest, or ``artifact:12``.
        type_name: Only of this type, with or without ``mainspring.`` before it.
        state: Only in this state, such as ``DELETED``.
        limit: How many, 1,000 at most.
        before: Only those with a smaller id: the last one of the page before.
    """
    where, given = _where(desk, text.strip())
    if type_name:
        where.append("type = :type")
        given["type"] = type_name if "." in type_name else f"mainspring.{type_name}"
    if state:
        where.append("state = :state")
        given["state"] = state.upper()
    if before is not None:
        where.append("id < :before")
        given["before"] = before
    record = desk.platform.store.record
    found = record.find(
        Kind.ARTIFACT, " AND ".join(where), given, descending=True, limit=min(max(limit, 1), 1_000)
    )
    return [box_of(cast("Artifact", one)) for one in found.items]


@operation("artifacts.show", "GET", "/artifacts/{artifact}", command="mainspring lineage artifact:{artifact}")
def artifact(desk: Desk, artifact: int) -> ArtifactFacts:
    """An artifact, and what is known of it: what it is, who made it with which parameters, and who used it."""
    record = desk.platform.store.record
    found = cast("Artifact", record.get(Kind.ARTIFACT, [artifact])[0])
    links = record.links(Kind.ARTIFACT, [artifact])
    maker = _maker(desk, links)
    run, step = (maker.step.run, maker.step.step) if maker else ("", "")
    contexts = record.get(Kind.CONTEXT, [one.target for one in links if one.kind is LinkKind.ATTRIBUTION])
    return ArtifactFacts(
        box=box_of(found, run, step),
        id=artifact,
        type=found.type,
        name=found.name or "",
        uri=found.uri or "",
        digest=found.digest or "",
        size=_size(desk, found),
        state=found.state.value,
        created_at=found.created_at,
        properties=found.properties,
        custom=found.custom,
        maker=maker,
        runs=[cast("Context", one).name for one in contexts if one.type == RUN],
        used=len({one.target for one in links if one.kind is LinkKind.INPUT}),
        same=same_bytes(desk, found),
        page=page_of(found),
        command=f"mainspring lineage artifact:{artifact}",
    )


@operation("executions.show", "GET", "/executions/{execution}")
def execution(desk: Desk, execution: int) -> ExecutionFacts:
    """An execution, and what is known of it: how it went, with which parameters, what it used and made."""
    record = desk.platform.store.record
    found = cast("Execution", record.get(Kind.EXECUTION, [execution])[0])
    links = record.links(Kind.EXECUTION, [execution])
    return ExecutionFacts(
        box=box_of(found),
        id=execution,
        type=found.type,
        state=found.state.value,
        created_at=found.created_at,
        updated_at=found.updated_at,
        seconds=_seconds(found),
        why=str(found.custom.get("why") or found.custom.get("note") or ""),
        error=_error(found),
        parameters=_parameters(found),
        properties=found.properties,
        inputs=_ends(desk, [(one.source, one.name) for one in links if one.kind is LinkKind.INPUT]),
        outputs=_ends(desk, [(one.target, one.name) for one in links if one.kind is LinkKind.OUTPUT]),
        page=page_of(found),
    )


def _where(desk: Desk, text: str) -> tuple[list[str], dict[str, Value]]:
    if not text:
        return [], {}
    node, _, number = text.partition(":")
    if node == "artifact" and number.isdecimal() and len(number) < 19:
        return ["id = :id"], {"id": int(number)}
    where = "(name LIKE :text OR uri LIKE :text"
    given: dict[str, Value] = {"text": f"%{text}%"}
    kinds = {one.name for one in desk.platform.store.record.types(Kind.ARTIFACT)}
    for place, kind in enumerate(sorted(one for one in kinds if text.lower() in plain_type(one).lower())):
        where += f" OR type = :type{place}"
        given[f"type{place}"] = kind
    digest = _DIGEST.fullmatch(text.lower())
    if digest:
        where += " OR digest LIKE :digest"
        given["digest"] = f"sha256:{digest[1]}%"
    return [where + ")"], given


def _maker(desk: Desk, links: Sequence[Link]) -> Maker | None:
    made = next((one.source for one in links if one.kind is LinkKind.OUTPUT), None)
    if made is None:
        return None
    found = cast("Execution", desk.platform.store.record.get(Kind.EXECUTION, [made])[0])
    return Maker(step=box_of(found), seconds=_seconds(found), parameters=_parameters(found), page=page_of(found))


def _seconds(found: Execution) -> float | None:
    given = found.properties.get("seconds", found.custom.get("seconds"))
    return float(given) if isinstance(given, (int, float)) else None


def _error(found: Execution) -> str:
    given = found.custom.get("error")
    return str(given.get("message", given)) if isinstance(given, dict) else str(given or "")


def _parameters(found: Execution) -> dict[str, Any]:
    given = found.custom.get("parameters")
    return dict(given) if isinstance(given, dict) else {}


def _size(desk: Desk, found: Artifact) -> int | None:
    given = found.properties.get("size")
    if isinstance(given, int):
        return given
    if found.state is not ArtifactState.LIVE or not found.digest:
        return None
    try:
        return sum(entry.size for entry in desk.platform.store.blobs.entries(found.digest))
    except MainspringError:
        return None


def _ends(desk: Desk, ends: Sequence[tuple[int, str]]) -> list[tuple[str, Box]]:
    nodes = desk.platform.store.record.get(Kind.ARTIFACT, [number for number, _ in ends])
    return [(name, box_of(cast("Artifact", node))) for node, (_, name) in zip(nodes, ends, strict=True)]
