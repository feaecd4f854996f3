"""Lineage for other tools: as text of several forms."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.lineage import openlineage, provenance
from mainspring.app.api.subjects.lineage.nouns import Graph
from mainspring.app.api.subjects.lineage.showing import shown, walked

Form = Literal["json", "csv", "dot", "mermaid", "openlineage", "prov"]

_DRAWN: Final[Mapping[str, tuple[str, str]]] = {
    "json": ("json", "application/json"),
    "csv": ("csv", "text/csv"),
    "dot": ("dot", "text/vnd.graphviz"),
    "mermaid": ("mmd", "text/plain"),
    "openlineage": ("openlineage.json", "application/json"),
    "prov": ("prov.json", "application/json"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A file.

    Attributes:
        name: What it may be called.
        media_type: What is in it.
        text: What is in it.
    """

    name: str
    media_type: str
    text: str


@operation("lineage.export", "GET", "/lineage/{at}/export", like=shown)
def exported(desk: Desk, at: str, *, form: Form = "json", **given: Any) -> Exported:
    """What is shown of a lineage, for other tools.

    ``json``, ``csv`` (the arrows), ``dot`` (Graphviz) and ``mermaid`` hold the boxes and arrows as they are shown.
    ``openlineage`` (run events as of https://openlineage.io) and ``prov`` (PROV-JSON of the W3C) hold the
    artifacts and executions themselves, whatever the view and the filters are.

    Args:
        desk: Whose.
        at: ``artifact:12`` or ``execution:7``.
        form: Which form.
        given: As for ``lineage.show``.
    """
    ending, media_type = _DRAWN[form]
    if form in ("openlineage", "prov"):
        walk = walked(desk, at, given.get("way", "both"), given.get("hops"))
        project = desk.platform.settings.project.name or desk.platform.settings.root.name
        made = openlineage.events(walk, project) if form == "openlineage" else provenance.document(walk, project)
        text = json.dumps(made, indent=1, ensure_ascii=False)
    else:
        text = _WRITERS[form](shown(desk, at, **given))
    return Exported(name=f"lineage-{at.replace(':', '-')}.{ending}", media_type=media_type, text=text)


def _as_json(graph: Graph) -> str:
    return msgspec.json.format(msgspec.json.encode(graph), indent=1).decode()


def _as_csv(graph: Graph) -> str:
    """The arrows, one a line; a text that a spreadsheet would take for a formula is quoted."""
    boxes = {box.id: box for box in graph.boxes}
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(["source", "source_name", "target", "target_name", "link", "past_hidden"])
    for arrow in graph.arrows:
        ends = boxes[arrow.source], boxes[arrow.target]
        names = [_plain(f"{box.label} {box.detail}".strip()) for box in ends]
        row = [arrow.source, names[0], arrow.target, names[1], _plain(arrow.label), str(arrow.through).lower()]
        writer.writerow(row)
    return written.getvalue()


def _plain(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


def _as_dot(graph: Graph) -> str:
    lines = ["digraph lineage {", "  rankdir=TB;", '  node [shape=box, style=rounded, fontname="sans-serif"];']
    for box in graph.boxes:
        shape = ", shape=ellipse" if box.family == "step" else ", style=dashed" if box.erased else ""
        lines.append(f"  {_quoted(box.id)} [label={_quoted(box.label, box.detail)}{shape}];")
    for arrow in graph.arrows:
        style = ", style=dashed" if arrow.through else ""
        ends = f"{_quoted(arrow.source)} -> {_quoted(arrow.target)}"
        lines.append(f"  {ends} [label={_quoted(arrow.label)}{style}];")
    return "\n".join([*lines, "}", ""])


def _quoted(*texts: str) -> str:
    parts = [one.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") for one in texts if one]
    return '"' + "\\n".join(parts) + '"'


def _as_mermaid(graph: Graph) -> str:
    names = {box.id: f"n{at}" for at, box in enumerate(graph.boxes)}
    lines = ["flowchart TB"]
    for box in graph.boxes:
        left, right = ("([", "])") if box.family == "step" else ("[", "]")
        words = "<br/>".join(_entities(part) for part in (box.label, box.detail) if part)
        lines.append(f'  {names[box.id]}{left}"{words}"{right}')
    for arrow in graph.arrows:
        line = "-.->" if arrow.through else "-->"
        label = f'|"{_entities(arrow.label)}"|' if arrow.label else ""
        lines.append(f"  {names[arrow.source]} {line}{label} {names[arrow.target]}")
    return "\n".join([*lines, ""])


def _entities(text: str) -> str:
    for sign, written in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;"), ("\n", " ")):
        text = text.replace(sign, written)
    return text


_WRITERS: Final[Mapping[str, Callable[[Graph], str]]] = {
    "json": _as_json,
    "csv": _as_csv,
    "dot": _as_dot,
    "mermaid": _as_mermaid,
}
