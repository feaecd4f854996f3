"""The names of Seldon Core's executor (version 1) and its feedback.

Labels that stand for things of Kubernetes hold the name of the model, so that a dashboard's variables find
something. Of requests that failed it is known whether that was the caller's fault or the server's: their codes are
shown as 400 and 500.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.aliases.figures import (
    bounds_of,
    histogram,
    less,
    of_versions,
    summary,
    text_of,
)
from mainspring.serving.telemetry.exposition import Sample, Shown
from mainspring.serving.telemetry.families import Family
from mainspring.serving.telemetry.snapshot import Series, Snapshot

_FAULTS: Final = {"caller": "400", "server": "500"}


def seldon(snapshot: Snapshot) -> Iterator[Shown]:
    """A snapshot as Seldon's executor shows it."""
    prefix = "seldon_api_executor"
    bounds = bounds_of(snapshot, schema.REQUEST_SECONDS)
    requests = [
        (_labels(model, version, "predictions") | {"code": code, "method": "post"}, series)
        for model, version, code, series in _by_code(snapshot)
    ]
    computed = [
        (_labels(model, version, "/predict") | {"code": "200", "method": "post"}, series)
        for (model, version), series in of_versions(snapshot, schema.MODEL_SECONDS).items()
    ]
    computed += [(_of_node(labels), series) for labels, series in snapshot.select(schema.GRAPH_NODE_SECONDS.name)]
    for side, found, family_bounds in (
        ("server", requests, bounds),
        ("client", computed, bounds_of(snapshot, schema.MODEL_SECONDS)),
    ):
        name = f"{prefix}_{side}_requests_seconds"
        text = f"A histogram of latencies for executor {side}"
        yield Shown(
            name, "histogram", text, [line for labels, s in found for line in histogram(labels, s, family_bounds)]
        )
        yield Shown(
            f"{name}_summary", "summary", text, [line for labels, s in found for line in summary(labels, s)]
        )
    yield Shown("seldon_api_model_feedback_total", "counter", "Feedback", _feedback(snapshot, schema.FEEDBACK))
    yield Shown("seldon_api_model_feedback_reward_total", "gauge", "Rewards", _feedback(snapshot, schema.REWARD))


def _by_code(snapshot: Snapshot) -> Iterator[tuple[str, str, str, Series]]:
    everything = of_versions(snapshot, schema.REQUEST_SECONDS)
    failed = of_versions(snapshot, schema.ERROR_SECONDS)
    for (model, version), series in less(everything, failed).items():
        yield model, version, "200", series
    for labels, series in snapshot.select(schema.ERROR_SECONDS.name):
        if labels["model"] and series.value:
            yield labels["model"], labels["version"], _FAULTS.get(labels["fault"], "500"), series


def _feedback(snapshot: Snapshot, family: Family) -> Iterator[Sample]:
    for (model, version), series in of_versions(snapshot, family).items():
        value = series.sum if family.kind == "histogram" else series.value
        yield Sample("", text_of(_labels(model, version, "feedback")), value)


def _of_node(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels of a node of a graph: the executor asks it as a client."""
    found = _labels(labels["graph"], labels["version"], "/predict")
    return found | {"model_name": labels["node"], "code": "200", "method": "post"}


def _labels(model: str, version: str, service: str) -> dict[str, str]:
    return {
        "service": service,
        "deployment_name": model,
        "predictor_name": model,
        "predictor_version": version,
        "model_name": model,
        "model_image": "mainspring",
        "model_version": version,
    }
