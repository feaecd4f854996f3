"""How requests have fared, in the form of Triton's statistics extension.

Specification: ``docs/protocol/extension_statistics.md`` of Triton. Its three parts of computing are not told apart
here: what is neither the queue nor the model, that is reading and writing, counts as ``compute_input``. Where rows
of several requests are computed together, batches are told by how many rows they had; joining these, the model and
parting its outputs count as ``compute_infer``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from mainspring.serving.served import Served, Statistics
from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.families import Family
from mainspring.serving.telemetry.snapshot import Snapshot

Document: TypeAlias = dict[str, Any]

Batches: TypeAlias = Mapping[int, tuple[int, float]]
"""Rows of a batch to how many there were, and the seconds that these took."""


def model_stats(models: Iterable[Served], snapshot: Snapshot | None = None) -> Document:
    """The statistics of versions of models; durations in nanoseconds.

    Args:
        models: The versions.
        snapshot: What all processes of the server have counted since it started. Without it, what this process
            has since it loaded them.
    """
    told = []
    for served in models:
        batches = _own_batches(served) if snapshot is None else _all_batches(served, snapshot)
        counts = served.statistics if snapshot is None else _counted(served, snapshot)
        told.append(_of_version(served.name, served.version, counts, batches))
    return {"model_stats": told}


def _own_batches(served: Served) -> Batches:
    """The batches of this process."""
    if served.batcher is None:
        return {}
    counts = served.batcher.counts
    return {rows: (count, counts.seconds[rows]) for rows, count in counts.told()}


def _all_batches(served: Served, snapshot: Snapshot) -> Batches:
    """The batches of all processes; those of more sizes than metrics have room for are left out."""

    def figures(family: Family) -> dict[int, float]:
        found = snapshot.select(family.name, model=served.name, version=served.version)
        return {int(labels["rows"]): one.value for labels, one in found if labels["rows"].isdecimal()}

    seconds = figures(schema.BATCH_SECONDS)
    return {rows: (round(count), seconds.get(rows, 0.0)) for rows, count in figures(schema.BATCHES).items()}


def _counted(served: Served, snapshot: Snapshot) -> Statistics:
    """The figures of a version over all processes. When it was asked last, this process alone knows."""

    def figures(family: Family) -> tuple[int, float]:
        found = [series for _, series in snapshot.select(family.name, model=served.name, version=served.version)]
        return round(sum(series.value for series in found)), sum(series.sum for series in found)

    finished, seconds = figures(schema.REQUEST_SECONDS)
    failed, wasted = figures(schema.ERROR_SECONDS)
    return Statistics(
        succeeded=finished - failed,
        failed=failed,
        rows=figures(schema.ROWS_ANSWERED)[0],
        computed=figures(schema.EXECUTIONS)[0],
        remembered=figures(schema.CACHE_HITS)[0],
        total=seconds - wasted,
        wasted=wasted,
        queue=figures(schema.QUEUE_SECONDS)[1],
        compute=figures(schema.MODEL_SECONDS)[1],
        last=served.statistics.last,
    )


def _of_version(name: str, version: str, counts: Statistics, batches: Batches) -> Document:
    rest = max(0.0, counts.total - counts.queue - counts.compute)
    return {
        "name": name,
        "version": version,
        "last_inference": round(counts.last * 1e3),
        "inference_count": counts.rows,
        "execution_count": counts.computed,
        "inference_stats": {
            "success": _duration(counts.succeeded, counts.total),
            "fail": _duration(counts.failed, counts.wasted),
            "queue": _duration(counts.succeeded, counts.queue),
            "compute_input": _duration(counts.computed, rest),
            "compute_infer": _duration(counts.computed, counts.compute),
            "compute_output": _duration(counts.computed, 0.0),
            "cache_hit": _duration(counts.remembered, 0.0),
            "cache_miss": _duration(counts.computed, 0.0),
        },
        "batch_stats": [
            {
                "batch_size": rows,
                "compute_input": _duration(count, 0.0),
                "compute_infer": _duration(count, seconds),
                "compute_output": _duration(count, 0.0),
            }
            for rows, (count, seconds) in sorted(batches.items())
        ],
    }


def _duration(count: int, seconds: float) -> Document:
    return {"count": count, "ns": round(seconds * 1e9)}
