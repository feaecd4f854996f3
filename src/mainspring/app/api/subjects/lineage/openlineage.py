"""Executions as run events of OpenLineage (https://openlineage.io/spec/2-0-2/OpenLineage.json)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import mainspring
from mainspring.app.api.subjects.lineage.walking import Walk
from mainspring.core.clock import iso
from mainspring.core.records import Artifact, Execution, ExecutionState

SCHEMA: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FACETS: Final = "https://openlineage.io/spec/facets"
_TYPES: Final[Mapping[ExecutionState, str]] = {
    ExecutionState.COMPLETE: "COMPLETE",
    ExecutionState.CACHED: "COMPLETE",
    ExecutionState.SKIPPED: "COMPLETE",
    ExecutionState.FAILED: "FAIL",
    ExecutionState.LOST: "FAIL",
    ExecutionState.CANCELED: "ABORT",
    ExecutionState.HELD: "ABORT",
    ExecutionState.NEW: "START",
}


def producer() -> str:
    """What OpenLineage asks every event to name: what wrote it."""
    return f"https://pypi.org/project/mainspring/{mainspring.__version__}"


def events(walk: Walk, project: str) -> list[dict[str, Any]]:
    """A run event for each execution, the oldest first: its last state, with what it used and made.

    Args:
        walk: What to tell of.
        project: Its name: the namespace of jobs and runs.
    """
    steps = [(at, node) for at, node in enumerate(walk.nodes) if isinstance(node, Execution)]
    return [_event(walk, at, node, project) for at, node in sorted(steps, key=lambda one: one[1].id or 0)]


def run_id(project: str, execution: str) -> str:
    """The id of a run in OpenLineage: the same for the same execution of the same project."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"mainspring:{project}:{execution}"))


def _event(walk: Walk, at: int, node: Execution, project: str) -> dict[str, Any]:
    given = node.properties
    step, pipeline = given.get("node"), given.get("pipeline")
    name = f"{pipeline}.{step}" if step and pipeline else node.type
    run: dict[str, Any] = {"runId": run_id(project, str(node.id))}
    if given.get("run") and pipeline:
        above = {
            "run": {"runId": run_id(project, str(given["run"]))},
            "job": {"namespace": project, "name": str(pipeline)},
        }
        run["facets"] = {"parent": _facet("1-0-1/ParentRunFacet.json#/$defs/ParentRunFacet", above)}
    return {
        "eventType": _TYPES.get(node.state, "RUNNING"),
        "eventTime": iso(node.updated_at),
        "run": run,
        "job": {"namespace": project, "name": name},
        "inputs": _datasets(walk, walk.above[at], project),
        "outputs": _datasets(walk, walk.below[at], project),
        "producer": producer(),
        "schemaURL": SCHEMA,
    }


def _datasets(walk: Walk, ends: Sequence[tuple[int, str]], project: str) -> list[dict[str, Any]]:
    found = (walk.nodes[at] for at in dict.fromkeys(at for at, _ in ends))
    return [_dataset(node, project) for node in found if isinstance(node, Artifact)]


def _dataset(node: Artifact, project: str) -> dict[str, Any]:
    outside = bool(node.uri) and not str(node.uri).startswith("blob:")
    facets = {}
    if node.digest:
        version = {"datasetVersion": node.digest}
        facets["version"] = _facet(
            "1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet", version
        )
    kind = {"datasetType": node.type}
    facets["datasetType"] = _facet("1-0-0/DatasetTypeDatasetFacet.json#/$defs/DatasetTypeDatasetFacet", kind)
    name = str(node.uri) if outside else f"{node.type}/{node.digest or node.id}"
    return {"namespace": "file" if outside else project, "name": name, "facets": facets}


def _facet(schema: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {"_producer": producer(), "_schemaURL": f"{_FACETS}/{schema}", **content}
