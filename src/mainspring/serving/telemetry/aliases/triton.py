"""The names of Triton Inference Server.

See https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/metrics.html. Times are
sums in microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.aliases.figures import MICROSECONDS, Version, of_versions, text_of
from mainspring.serving.telemetry.exposition import Sample, Shown
from mainspring.serving.telemetry.families import Family
from mainspring.serving.telemetry.snapshot import Series, Snapshot

REASONS: Final[Mapping[str, str]] = {
    "BUSY": "REJECTED",
    "OVERLOADED": "REJECTED",
    "LOADING": "REJECTED",
    "DEADLINE_EXCEEDED": "REJECTED",
    "CANCELLED": "CANCELED",
    "MODEL_FAILED": "BACKEND",
    "INTERNAL": "BACKEND",
}
"""Triton's reasons by our kinds of error; every other is ``OTHER``."""

_COUNTS: Final[tuple[tuple[str, str, Family], ...]] = (
    ("nv_inference_count", "Number of inferences performed: rows.", schema.ROWS_ANSWERED),
    ("nv_inference_exec_count", "Number of model executions performed.", schema.EXECUTIONS),
    ("nv_cache_num_hits_per_model", "Number of cache hits per model.", schema.CACHE_HITS),
    ("nv_cache_num_misses_per_model", "Number of cache misses per model.", schema.CACHE_MISSES),
)
_DURATIONS: Final[tuple[tuple[str, str, Family], ...]] = (
    ("request", "Cumulative inference request duration.", schema.REQUEST_SECONDS),
    ("queue", "Cumulative inference queuing duration.", schema.QUEUE_SECONDS),
    ("compute_input", "Cumulative compute input duration.", schema.READ_SECONDS),
    ("compute_infer", "Cumulative compute inference duration.", schema.MODEL_SECONDS),
    ("compute_output", "Cumulative compute output duration.", schema.WRITE_SECONDS),
)


def triton(snapshot: Snapshot) -> Iterator[Shown]:
    """A snapshot as Triton shows it."""
    yield Shown(
        "nv_inference_request_success",
        "counter",
        "Number of successful inference requests, all batch sizes.",
        _each(_succeeded(snapshot)),
    )
    yield Shown(
        "nv_inference_request_failure",
        "counter",
        "Number of failed inference requests, all batch sizes.",
        _failed(snapshot),
    )
    for name, text, family in _COUNTS:
        counts = {version: round(series.value) for version, series in of_versions(snapshot, family).items()}
        yield Shown(name, "counter", text, _each(counts))
    for name, text, family in _DURATIONS:
        sums = {version: s.sum * MICROSECONDS for version, s in of_versions(snapshot, family).items()}
        yield Shown(f"nv_inference_{name}_duration_us", "counter", f"{text[:-1]} in microseconds.", _each(sums))
    pending = {version: series.value for version, series in _pending(snapshot).items()}
    yield Shown(
        "nv_inference_pending_request_count",
        "gauge",
        "Instantaneous number of pending requests awaiting execution per model.",
        _each(pending),
    )


def _succeeded(snapshot: Snapshot) -> dict[Version, float]:
    found: dict[Version, float] = {}
    for labels, series in snapshot.select(schema.REQUESTS.name):
        if labels["model"]:
            version = labels["model"], labels["version"]
            found[version] = found.get(version, 0.0) + (series.value if labels["code"].startswith("2") else 0.0)
    return found


def _failed(snapshot: Snapshot) -> Iterator[Sample]:
    found = {
        (*version, reason): 0.0 for version in _succeeded(snapshot) for reason in ("OTHER", *REASONS.values())
    }
    for labels, series in snapshot.select(schema.ERRORS.name):
        if labels["model"]:
            key = labels["model"], labels["version"], REASONS.get(labels["kind"], "OTHER")
            found[key] = found.get(key, 0.0) + series.value
    for (model, version, reason), value in found.items():
        yield Sample("", text_of({"model": model, "version": version, "reason": reason}), value)


def _pending(snapshot: Snapshot) -> dict[Version, Series]:
    queued = of_versions(snapshot, schema.QUEUED)
    return {version: queued.get(version, Series([0.0])) for version in _succeeded(snapshot)}


def _each(figures: Mapping[Version, float]) -> Iterator[Sample]:
    for (model, version), value in figures.items():
        yield Sample("", text_of({"model": model, "version": version}), float(value))
