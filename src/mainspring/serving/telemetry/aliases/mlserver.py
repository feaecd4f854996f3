"""The names of MLServer; see https://docs.seldon.ai/mlserver/user-guide/metrics.

As seen from a running server, the time of a request over REST is called ``rest_server_request_duration_seconds``,
other than its documentation says. Paths stand for a protocol here: what is counted does not know them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.aliases.figures import Version, of_versions, summary, text_of
from mainspring.serving.telemetry.exposition import Sample, Shown
from mainspring.serving.telemetry.snapshot import Snapshot

_PATHS: Final[Mapping[str, str]] = {
    "v1": "/v1/models/{model_name}:predict",
    "v2": "/v2/models/{model_name}/infer",
}
_CODES: Final[Mapping[str, str]] = {
    "200": "OK",
    "400": "INVALID_ARGUMENT",
    "401": "UNAUTHENTICATED",
    "403": "PERMISSION_DENIED",
    "404": "NOT_FOUND",
    "413": "RESOURCE_EXHAUSTED",
    "422": "FAILED_PRECONDITION",
    "429": "RESOURCE_EXHAUSTED",
    "499": "CANCELLED",
    "501": "UNIMPLEMENTED",
    "503": "UNAVAILABLE",
    "504": "DEADLINE_EXCEEDED",
}
_GRPC: Final = "grpc"


def mlserver(snapshot: Snapshot) -> Iterator[Shown]:
    """A snapshot as MLServer shows it."""
    success, failure = _outcomes(snapshot)
    yield Shown(
        "model_infer_request_success_total",
        "counter",
        "Model infer request success count",
        _each(success),
    )
    yield Shown(
        "model_infer_request_failure_total",
        "counter",
        "Model infer request failure count",
        _each(failure),
    )
    durations = of_versions(snapshot, schema.REQUEST_SECONDS)
    yield Shown(
        "model_infer_request_duration",
        "summary",
        "Model infer request duration",
        [
            line
            for (model, version), series in durations.items()
            for line in summary({"model": model, "version": version}, series)
        ],
    )
    yield Shown("rest_server_requests_total", "counter", "Total HTTP requests", _rest(snapshot))
    yield Shown("grpc_server_handled_total", "counter", "Total RPCs completed on the server", _grpc(snapshot))
    in_flight = sum(series.value for series in of_versions(snapshot, schema.IN_FLIGHT).values())
    yield Shown(
        "rest_server_requests_in_progress",
        "gauge",
        "HTTP requests currently in progress",
        [Sample("", "", in_flight)],
    )
    queued = sum(series.value for series in of_versions(snapshot, schema.QUEUED).values())
    yield Shown("batch_request_queue", "gauge", "Requests that wait to be batched", [Sample("", "", queued)])


def _outcomes(snapshot: Snapshot) -> tuple[dict[Version, float], dict[Version, float]]:
    success: dict[Version, float] = {}
    failure: dict[Version, float] = {}
    for labels, series in snapshot.select(schema.REQUESTS.name):
        version = labels["model"], labels["version"]
        if version[0]:
            good = labels["code"].startswith("2")
            success[version] = success.get(version, 0.0) + (series.value if good else 0.0)
            failure[version] = failure.get(version, 0.0) + (0.0 if good else series.value)
    return success, failure


def _rest(snapshot: Snapshot) -> Iterator[Sample]:
    found: dict[tuple[str, str], float] = {}
    for labels, series in snapshot.select(schema.REQUESTS.name):
        if labels["protocol"] != _GRPC:
            key = _PATHS.get(labels["protocol"], f"/{labels['protocol']}"), labels["code"]
            found[key] = found.get(key, 0.0) + series.value
    for (path, code), value in found.items():
        yield Sample("", text_of({"method": "POST", "path": path, "status_code": code}), value)


def _grpc(snapshot: Snapshot) -> Iterator[Sample]:
    found: dict[str, float] = {}
    for labels, series in snapshot.select(schema.REQUESTS.name, protocol=_GRPC):
        code = _CODES.get(labels["code"], "INTERNAL")
        found[code] = found.get(code, 0.0) + series.value
    for code, value in found.items():
        labels = {
            "grpc_type": "UNARY",
            "grpc_service": "inference.GRPCInferenceService",
            "grpc_method": "ModelInfer",
            "grpc_code": code,
        }
        yield Sample("", text_of(labels), value)


def _each(figures: Mapping[Version, float]) -> Iterator[Sample]:
    for (model, version), value in figures.items():
        yield Sample("", text_of({"model": model, "version": version}), value)
