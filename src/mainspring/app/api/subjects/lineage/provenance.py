"""Lineage as PROV-JSON (https://www.w3.org/submissions/prov-json/)."""

from __future__ import annotations

from typing import Any

from mainspring.app.api.subjects.lineage.walking import Walk, id_of
from mainspring.core.clock import iso
from mainspring.core.records import Artifact


def document(walk: Walk, project: str) -> dict[str, Any]:
    """Artifacts as entities, executions as activities, and what used and made what.

    Args:
        walk: What to tell of.
        project: Its name.
    """
    entities: dict[str, Any] = {}
    activities: dict[str, Any] = {}
    for node, box in zip(walk.nodes, walk.boxes, strict=True):
        name = _name(id_of(node))
        told = {"prov:label": f"{box.label} {box.detail}".strip(), "prov:type": node.type}
        if isinstance(node, Artifact):
            entities[name] = {**told, **({"ms:digest": node.digest} if node.digest else {})}
        else:
            activities[name] = {
                **told,
                "prov:startTime": iso(node.created_at),
                "prov:endTime": iso(node.updated_at),
                "ms:state": node.state.value,
            }
    used: dict[str, Any] = {}
    made: dict[str, Any] = {}
    for number, (source, target, role) in enumerate(walk.links):
        ends = _name(id_of(walk.nodes[source])), _name(id_of(walk.nodes[target]))
        said = {"prov:role": role} if role else {}
        if isinstance(walk.nodes[source], Artifact):
            used[f"_:u{number}"] = {"prov:activity": ends[1], "prov:entity": ends[0], **said}
        else:
            made[f"_:g{number}"] = {"prov:entity": ends[1], "prov:activity": ends[0], **said}
    return {
        "prefix": {"ms": f"urn:mainspring:{project}:"},
        "entity": entities,
        "activity": activities,
        "used": used,
        "wasGeneratedBy": made,
    }


def _name(identity: str) -> str:
    return "ms:" + identity.replace(":", "-")
