"""The names of TensorFlow Serving: slashes became colons, and times are in microseconds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.aliases.figures import (
    MICROSECONDS,
    bounds_of,
    histogram,
    of_versions,
    text_of,
)
from mainspring.serving.telemetry.exposition import Sample, Shown
from mainspring.serving.telemetry.families import Family
from mainspring.serving.telemetry.snapshot import Series, Snapshot

_PREFIX: Final = ":tensorflow:serving:"
_STATUS: Final = {"2": "OK", "4": "INVALID_ARGUMENT", "5": "INTERNAL"}


def tfserving(snapshot: Snapshot) -> Iterator[Shown]:
    """A snapshot as TensorFlow Serving shows it."""
    yield Shown(
        f"{_PREFIX}request_count",
        "counter",
        "The total number of requests over served models grouped by model_name",
        _requests(snapshot),
    )
    yield Shown(
        f"{_PREFIX}request_latency",
        "histogram",
        "Distribution of wall time (in microseconds) for requests",
        _times(snapshot, schema.REQUEST_SECONDS, {"API": "Predict", "entrypoint": "REST"}),
    )
    yield Shown(
        f"{_PREFIX}runtime_latency",
        "histogram",
        "Distribution of wall time (in microseconds) of the runtime",
        _times(snapshot, schema.MODEL_SECONDS, {"API": "Predict", "runtime": "mainspring"}),
    )
    yield Shown(
        f"{_PREFIX}batching_session:queuing_latency",
        "histogram",
        "Distribution of wall time spent (in microseconds) in queuing",
        _times(snapshot, schema.QUEUE_SECONDS, {}),
    )
    yield Shown(
        f"{_PREFIX}batching_session:processed_batch_size",
        "histogram",
        "Tracks the batch size distribution",
        _times(snapshot, schema.BATCH_ROWS, {}, scale=1.0),
    )


def _requests(snapshot: Snapshot) -> Iterator[Sample]:
    found: dict[tuple[str, str], float] = {}
    for labels, series in snapshot.select(schema.REQUESTS.name):
        if labels["model"]:
            key = labels["model"], _STATUS.get(labels["code"][:1], "UNKNOWN")
            found[key] = found.get(key, 0.0) + series.value
    for (model, status), value in found.items():
        yield Sample("", text_of({"model_name": model, "status": status}), value)


def _times(
    snapshot: Snapshot, family: Family, labels: dict[str, str], *, scale: float = MICROSECONDS
) -> Iterator[Sample]:
    models: dict[str, Series] = {}
    for (model, _), series in of_versions(snapshot, family).items():
        if model in models:
            models[model].add(series)
        else:
            models[model] = series
    for model, series in models.items():
        yield from histogram({"model_name": model} | labels, series, bounds_of(snapshot, family), scale=scale)
