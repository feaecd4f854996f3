"""A run in the record: an execution that used data and a model, and made predictions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast

from mainspring.core.records import (
    Artifact,
    ArtifactState,
    Execution,
    ExecutionState,
    Kind,
    LinkKind,
    NodeType,
    PropertyType,
    Value,
)
from mainspring.serving.bulk.report import Report
from mainspring.store.ports import Edge, MetadataStore

BULK: Final = "mainspring.BulkPrediction"
"""The type of the execution."""

FILE: Final = "mainspring.File"
"""The type of data and predictions: what pipelines call an outside file, so that lineage goes on from there."""

_TOLD: Final = ("started", "finished", "resumed", "bad", "assertions", "answers", "notes")
_VERSION: Final = "mainspring.ModelVersion"
_TEXT: Final = PropertyType.STRING
_FILE_PROPERTIES: Final = {"name": _TEXT, "size": PropertyType.INT, "files": PropertyType.INT}
_TYPE: Final = NodeType(
    kind=Kind.EXECUTION,
    name=BULK,
    description="Many rows were answered.",
    properties={
        **dict.fromkeys(("model", "version", "digest", "out"), _TEXT),
        **dict.fromkeys(("rows", "written", "bad"), PropertyType.INT),
        "seconds": PropertyType.DOUBLE,
    },
)


def record_run(store: MetadataStore, report: Report) -> int:
    """Record a run that is over; gives the id of the execution.

    Its inputs are the data and the registered version, where the record has it; its output is what it wrote.

    Args:
        store: The record.
        report: What came of the run.
    """
    if not any(one.name == BULK for one in store.types(Kind.EXECUTION)):
        store.put_type(_TYPE)
    declared = _declared(store)
    execution = Execution(
        type=BULK,
        state=ExecutionState.COMPLETE,
        properties={
            "model": report.model["name"],
            "version": report.model["version"],
            "digest": report.model["digest"],
            "out": report.out,
            "rows": report.tally.rows,
            "written": report.tally.written,
            "bad": report.tally.bad,
            "seconds": report.seconds,
        },
        custom={"report": _plain(report), "location": str(report.data["location"])},
    )
    data = _data(store, report, declared)
    out = Path(report.out)
    made = _file(str(out), report.digest, {"name": out.name, **_sizes(out)}, declared)
    version = _version(store, report)
    edges = [Edge(LinkKind.INPUT, data, execution, "data")]
    if version is not None:
        edges.append(Edge(LinkKind.INPUT, version, execution, "model"))
    fresh = [one for one in (data, made) if one.id is None]
    stored = store.publish([execution, *fresh], [*edges, Edge(LinkKind.OUTPUT, execution, made, "predictions")])
    return cast("int", stored[0].id)


def _data(store: MetadataStore, report: Report, declared: frozenset[str]) -> Artifact:
    """The data as an artifact: the one that is in the record, or a new one."""
    files = report.files
    place = str(files[0]) if len(files) == 1 else str(report.data["location"])
    digest = report.data["digest"]
    found = store.find(
        Kind.ARTIFACT,
        "type = :type AND digest = :digest AND uri = :uri AND state = REFERENCE",
        {"type": FILE, "digest": digest, "uri": place},
        descending=True,
        limit=1,
    ).items
    if found:
        return cast("Artifact", found[0])
    size = sum(path.stat().st_size for path in files if path.exists())
    told: dict[str, Value] = {"name": Path(place).name, "size": size, "files": len(files)}
    return _file(place, digest, told, declared)


def _version(store: MetadataStore, report: Report) -> Artifact | None:
    """The registered version, if a run of this record made it."""
    if not report.model["version"]:
        return None
    found = store.find(
        Kind.ARTIFACT,
        "type = :type AND properties.name = :name AND properties.version = :version",
        {"type": _VERSION, "name": report.model["name"], "version": report.model["version"]},
        descending=True,
        limit=1,
    ).items
    return cast("Artifact", found[0]) if found else None


def _declared(store: MetadataStore) -> frozenset[str]:
    """The properties that files have in this record; pipelines may have declared more of them."""
    known = next((one for one in store.types(Kind.ARTIFACT) if one.name == FILE), None)
    if known is None:
        known = store.put_type(NodeType(kind=Kind.ARTIFACT, name=FILE, properties=_FILE_PROPERTIES))
    return frozenset(known.properties)


def _file(place: str, digest: str | None, told: Mapping[str, Value], declared: frozenset[str]) -> Artifact:
    return Artifact(
        type=FILE,
        uri=place,
        digest=digest,
        state=ArtifactState.REFERENCE,
        properties={name: value for name, value in told.items() if name in declared},
        custom={name: value for name, value in told.items() if name not in declared},
    )


def _sizes(out: Path) -> dict[str, Value]:
    if out.is_dir():
        parts = [path for path in out.iterdir() if not path.name.startswith("_")]
        return {"size": sum(path.stat().st_size for path in parts), "files": len(parts)}
    return {"size": out.stat().st_size, "files": 1}


def _plain(report: Report) -> Mapping[str, Value]:
    told = report.as_dict()
    return {name: told[name] for name in _TOLD}
