"""Finding artifacts and executions by what people know of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast

from mainspring.app import origins
from mainspring.app.api.desk import Desk
from mainspring.app.api.subject import Hit
from mainspring.app.api.subjects.lineage.looking import listed
from mainspring.app.api.subjects.lineage.naming import VERSION, box_of
from mainspring.app.api.subjects.lineage.nouns import Box
from mainspring.app.api.subjects.lineage.walking import stamp
from mainspring.core.errors import MainspringError
from mainspring.core.records import Artifact, Execution, Kind

_MOST = 12
_COUNTED = 50_000


def find(desk: Desk, text: str) -> Sequence[Hit]:
    """Artifacts by id, name, address and the beginning of a digest, and executions by id."""
    hits = []
    kind, _, number = text.strip().partition(":")
    if kind == "execution" and number.isdecimal() and len(number) < 19:
        found = desk.platform.store.record.find(Kind.EXECUTION, "id = :id", {"id": int(number)}, limit=1).items
        hits = [_hit(box_of(cast("Execution", one))) for one in found]
    return [*hits, *map(_hit, matching(desk, text, _MOST))]


def matching(desk: Desk, text: str, limit: int = 50, type_name: str = "") -> Sequence[Box]:
    """Artifacts that a text may mean, the newest first; files and versions also by their names.

    Args:
        desk: Whose.
        text: What somebody typed.
        limit: How many.
        type_name: Only of this type.
    """
    found = {box.id: box for box in listed(desk, text=text, limit=limit, type_name=type_name)}
    if text.strip():
        record = desk.platform.store.record
        where = "properties.name LIKE :text" + (" AND type = :type" if type_name else "")
        given = {"text": f"%{text.strip()}%", **({"type": type_name} if type_name else {})}
        for one in record.find(Kind.ARTIFACT, where, given, descending=True, limit=limit).items:
            found.setdefault(f"artifact:{one.id}", box_of(cast("Artifact", one)))
    return sorted(found.values(), key=lambda box: -box.at)[:limit]


def meant(desk: Desk, text: str) -> Box | None:
    """What a text means, if it means one thing: ``taxi@production``, ``artifact:12``, a digest, a run."""
    kind, _, number = text.strip().partition(":")
    try:
        if kind == "execution" and number.isdecimal() and len(number) < 19:
            node = desk.platform.store.record.get(Kind.EXECUTION, [int(number)])[0]
            return box_of(cast("Execution", node))
        reference = f"artifact:{text.strip()}" if text.strip().isdecimal() else text.strip()
        return box_of(origins.find_artifact(desk.platform, reference))
    except MainspringError:
        return None


def types(desk: Desk) -> Mapping[str, int]:
    """How many artifacts there are of each type, the most first; of very many, the newest are counted."""

    def make() -> Mapping[str, int]:
        record, counts, page = desk.platform.store.record, Counter[str](), None
        while True:
            found = record.find(Kind.ARTIFACT, descending=True, limit=5_000, page=page)
            counts.update(one.type for one in found.items)
            page = found.next
            if page is None or counts.total() >= _COUNTED:
                return dict(counts.most_common())

    return desk.shared.remembered("lineage.types", stamp(desk.shared), make)


def _hit(box: Box) -> Hit:
    number = box.id.partition(":")[2]
    step = box.id.startswith("execution")
    path = f"/lineage?execution={number}" if step else f"/lineage/{number}"
    detail = f"{box.id}, run {box.run}" if box.run else box.id
    kind = "execution" if step else "version" if box.type == VERSION else "artifact"
    return Hit(kind=kind, name=f"{box.label} {box.detail}".strip(), path=path, detail=detail, at=box.at)
