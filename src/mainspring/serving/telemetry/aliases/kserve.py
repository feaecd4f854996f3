"""The names of KServe's model server: histograms in seconds, by model; versions are added up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.aliases.figures import bounds_of, histogram, of_versions
from mainspring.serving.telemetry.exposition import Sample, Shown
from mainspring.serving.telemetry.families import Family
from mainspring.serving.telemetry.snapshot import Series, Snapshot

_TIMES: Final[tuple[tuple[str, Family], ...]] = (
    ("preprocess", schema.READ_SECONDS),
    ("predict", schema.MODEL_SECONDS),
    ("postprocess", schema.WRITE_SECONDS),
)


def kserve(snapshot: Snapshot) -> Iterator[Shown]:
    """A snapshot as KServe's model server shows it."""
    for name, family in _TIMES:
        yield Shown(f"request_{name}_seconds", "histogram", f"{name} request latency", _lines(snapshot, family))


def _lines(snapshot: Snapshot, family: Family) -> Iterator[Sample]:
    models: dict[str, Series] = {}
    for (model, _), series in of_versions(snapshot, family).items():
        if model in models:
            models[model].add(series)
        else:
            models[model] = series
    for model, series in models.items():
        yield from histogram({"model_name": model}, series, bounds_of(snapshot, family))
