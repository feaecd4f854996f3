"""Where it all came from: data by digest, code as it was, parameters, and the way from one to the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from mainspring.app.origins import trace
from mainspring.app.pictures import draw_lineage
from mainspring.app.report.loading import UNREADABLE, Reader
from mainspring.app.report.motion import flat
from mainspring.app.report.nouns import CodeFile, Fact, Provenance, SourceRow
from mainspring.app.report.wording import counted, size
from mainspring.core.records import Artifact, LinkKind
from mainspring.evaluation.drawing import within_page
from mainspring.pipelines.snapshots import CODE
from mainspring.store.ports import Lineage

LARGEST_FILE = 40_000
MOST_TEXT = 240_000
_WORTH_TRACING = ("ModelVersion", "Package", "Model", "Evaluation", "Statistics")
_SHOWN_WITH_DIGEST = ("Examples", "Schema", "Transform", "Model", "Package", "ModelVersion")


def provenance_of(reader: Reader) -> Provenance:
    """The origin of what the run made, as far as the record reaches."""
    subject, picture = _lineage(reader)
    custom: Mapping[str, Any] = reader.story.execution.custom
    parameters = custom.get("parameters")
    return Provenance(
        subject=subject,
        picture=picture,
        sources=_sources(reader),
        code=_code(reader),
        environment=_environment(reader, custom),
        parameters=[Fact(name=name, value=text, code=True) for name, text in flat(parameters)]
        if isinstance(parameters, Mapping)
        else [],
    )


def _lineage(reader: Reader) -> tuple[str, str]:
    for name in _WORTH_TRACING:
        made = reader.story.artifacts(f"mainspring.{name}")
        if made:
            subject = made[-1]
            break
    else:
        return "", ""
    try:
        origin = trace(reader.opened, subject)
    except UNREADABLE:
        return "", ""
    said = (
        f"{subject.properties.get('name')} {subject.properties.get('version')}" if name == "ModelVersion" else ""
    )
    words = said or f"the {name.lower()}"
    title = f"Where {words} came from"
    return words, within_page(draw_lineage(flowing(origin.lineage), title=title))


def flowing(lineage: Lineage) -> Lineage:
    """The lineage without code and without the conditions under which steps ran: what flowed into what."""
    code = {
        number for (_, number), node in lineage.nodes.items() if isinstance(node, Artifact) and node.type == CODE
    }
    links = [
        link
        for link in lineage.links
        if link.kind is LinkKind.OUTPUT or (link.name not in ("when", "code") and link.source not in code)
    ]
    return replace(lineage, links=links)


def _inputs(reader: Reader) -> list[Artifact]:
    found: dict[int, Artifact] = {}
    for step in reader.story.steps:
        for artifacts in step.inputs.values():
            for artifact in artifacts:
                found.setdefault(cast("int", artifact.id), artifact)
    return list(found.values())


def _sources(reader: Reader) -> list[SourceRow]:
    rows = [_source(one) for one in _inputs(reader) if one.type == "mainspring.File"]
    for name in _SHOWN_WITH_DIGEST:
        made = reader.story.artifacts(f"mainspring.{name}")
        rows += [
            SourceRow(
                name=_title(one, name), kind="made by this run", digest=str(one.digest or ""), detail=_rows(one)
            )
            for one in made[-1:]
        ]
    return rows


def _source(artifact: Artifact) -> SourceRow:
    count = artifact.properties.get("size")
    name = str(artifact.properties.get("name") or artifact.name or artifact.uri or "a file")
    return SourceRow(
        name=name,
        kind="read from outside",
        digest=str(artifact.digest or ""),
        detail=size(int(count)) if isinstance(count, int) else "",
    )


def _title(artifact: Artifact, type_name: str) -> str:
    version = artifact.properties.get("version")
    return f"{type_name} {version}" if type_name == "ModelVersion" and version else type_name


def _rows(artifact: Artifact) -> str:
    rows = [
        f"{key.removeprefix('rows_')} {value:,} rows"
        for key, value in artifact.properties.items()
        if key.startswith("rows_") and isinstance(value, int)
    ]
    return ", ".join(rows)


def _code(reader: Reader) -> list[CodeFile]:
    blobs = reader.opened.store.blobs
    found: dict[tuple[str, str], CodeFile] = {}
    left = MOST_TEXT
    for artifact in _inputs(reader):
        if artifact.type != CODE or not artifact.digest:
            continue
        try:
            for entry in blobs.entries(artifact.digest):
                text = _text(reader, artifact.digest, entry.path, entry.size) if entry.size <= left else ""
                left -= len(text)
                detail = size(entry.size) + (f", {counted(len(text.splitlines()), 'line')}" if text else "")
                found.setdefault(
                    (entry.path, entry.digest),
                    CodeFile(path=entry.path, digest=entry.digest, detail=detail, text=text),
                )
        except UNREADABLE:
            sentence = "The code as it was is no longer kept: it was removed by mainspring gc."
            if sentence not in reader.gone:
                reader.gone.append(sentence)
    return sorted(found.values(), key=lambda file: (file.path, file.digest))


def _text(reader: Reader, digest: str, path: str, count: int) -> str:
    if count > LARGEST_FILE:
        return ""
    with reader.opened.store.blobs.open(digest, path) as file:
        content = file.read()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return "" if "\0" in text else text


def _environment(reader: Reader, custom: Mapping[str, Any]) -> list[Fact]:
    facts = []
    environment = custom.get("environment")
    if isinstance(environment, Mapping):
        facts += [Fact(name=str(name), value=str(value)) for name, value in environment.items()]
    if custom.get("commit"):
        facts.append(Fact(name="commit", value=str(custom["commit"]), code=True))
    entry = custom.get("entry")
    if isinstance(entry, Mapping):
        facts.append(Fact(name="pipeline", value=f"{entry.get('file')}:{entry.get('pipeline')}", code=True))
    command = custom.get("command")
    if isinstance(command, list | tuple) and command:
        facts.append(
            Fact(
                name="command",
                value=" ".join([str(command[0]).rpartition("/")[2], *map(str, command[1:])]),
                code=True,
            )
        )
    return facts
