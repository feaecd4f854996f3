"""How requests have fared, in the form of Triton's statistics extension.

Specification: ``docs/protocol/extension_statistics.md`` of Triton. Its three parts of computing are not told apart
here: what is neither the queue nor the model, that is reading and writing, counts as ``compute_input``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from mainspring.serving.served import Served

Document: TypeAlias = dict[str, Any]


def model_stats(models: Iterable[Served]) -> Document:
    """The statistics of versions of models since they were loaded; durations in nanoseconds."""
    return {"model_stats": [_of_version(served) for served in models]}


def _of_version(served: Served) -> Document:
    counts = served.statistics
    rest = max(0.0, counts.total - counts.queue - counts.compute)
    return {
        "name": served.name,
        "version": served.version,
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
        "batch_stats": [],
    }


def _duration(count: int, seconds: float) -> Document:
    return {"count": count, "ns": round(seconds * 1e9)}
