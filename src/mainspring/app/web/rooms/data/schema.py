"""The page of a schema file: read, edit, see what it would mean, save."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import Response

from mainspring.app.api.subjects import data
from mainspring.app.api.subjects.data.drafting import Draft
from mainspring.app.api.subjects.data.schema_listing import FeatureEntry, SchemaShown
from mainspring.app.web.visit import Visit
from mainspring.data.celltypes import ColumnType
from mainspring.data.schema import Stage

_FORM: Final = (
    "kind",
    "required",
    "presence",
    "least",
    "most",
    "domain",
    "domain_mass",
    "tags",
    "stage",
    "description",
)


def schema(visit: Visit) -> Response:
    """The schema, with the draft that the address asks for."""
    found: SchemaShown = visit.ask(data.schema, file=visit.path["file"])
    draft, told = _draft(visit, found)
    text = draft.text if draft is not None else found.text
    check = None if draft is None else visit.ask(data.check_schema, file=found.file, text=text)
    column = visit.query.get("column", "")
    return visit.render(
        "data/schema.html.j2",
        room="data",
        found=found,
        draft=draft,
        why=told,
        text=text,
        check=check,
        lines=list(_lines(found.text, text)) if draft is not None else [],
        column=column,
        entry=next((one for one in found.entries if one.name == column), None),
        types=[(one.value, one.value) for one in ColumnType],
        stages=[(one.value, one.value.lower().replace("_", " ")) for one in Stage],
        q=visit.query.get("q", ""),
        shown=_shown(found.entries, visit.query.get("q", "")),
    )


def _draft(visit: Visit, found: SchemaShown) -> tuple[Draft | None, str]:
    """The draft that the address asks for, and what it is."""
    query = visit.query
    if query.get("draft") == "column":
        given: dict[str, Any] = {name: query.get(name, "") for name in _FORM if name in query}
        given["required"] = query.get("required", "") == "yes"
        draft = visit.ask(data.draft_column, file=found.file, column=query.get("column", ""), **given)
        return draft, f"the column {query.get('column', '')} as the form says"
    if query.get("draft") == "accept":
        asked = {name: query.get(name, "") for name in ("name", "version", "column")}
        draft = visit.ask(data.suggest_schema, file=found.file, **asked)
        where = (
            f"{asked['name']} version {asked['version'] or 'latest'}" if asked["name"] else "the newest version"
        )
        return draft, f"relaxed as little as is needed for {asked['column'] or 'all columns'} of {where} to pass"
    if query.get("kept"):
        text = visit.ask(data.kept_schema, file=found.file, digest=query["kept"])
        made = Draft(file=found.file, seen=found.digest, text=text, lost=(), whole=False)
        return made, "what the file was before"
    return None, ""


def _shown(entries: Sequence[FeatureEntry], words: str) -> list[FeatureEntry]:
    return [one for one in entries if words.lower() in one.name.lower()][:300]


def _lines(old: str, new: str) -> Sequence[tuple[str, str]]:
    """The differences of two texts, line by line, each with the class that it is shown with."""
    found = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=2))[2:]
    kinds = {"+": "add", "-": "del", "@": "at"}
    return [(kinds.get(line[:1], ""), line) for line in found]
