"""OpenAPI 3.1 documents: of the server, and of one model with its named columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version as installed_version
from typing import Any, TypeAlias
from urllib.parse import quote

from mainspring.serving.endpoint import schemas
from mainspring.serving.endpoint.schemas import Schema
from mainspring.serving.ports import Answering

Operation: TypeAlias = dict[str, Any]

_JSON = "application/json"
_NAMES: Mapping[str, str] = {
    "model": "Name of a model.",
    "version": "One of its versions; without it the one that the server's policy says.",
    "label": "A label that stands for a version.",
    "objective": "Name of an objective.",
}
_READY = {"type": "object", "required": ["ready"], "properties": {"ready": {"type": "boolean"}}}
_OBJECT: Schema = {"type": "object"}
_STATES = ["UNKNOWN", "LOADING", "READY", "UNLOADING", "UNAVAILABLE"]


def server_document(models: Sequence[Answering]) -> dict[str, Any]:
    """The whole server, with the requests for every model that it has loaded."""
    known = {model.name: model for model in models}  # versions grow: the last one is the highest
    paths: dict[str, Any] = {}
    for model in known.values():
        paths |= _requests(model, *(f"/{protocol}/models/{_part(model.name)}" for protocol in ("v1", "v2")))
    paths |= dict(_general(sorted(known)))
    return _document(
        "Mainspring prediction server",
        "Open Inference Protocol v2, KServe v1 and TensorFlow Serving's REST API. Every error is an object with "
        "`error`, a text.",
        paths,
    )


def model_document(model: Answering) -> dict[str, Any]:
    """One version of a model."""
    name, version = _part(model.name), _part(model.version)
    v1, v2 = (f"/{protocol}/models/{name}/versions/{version}" for protocol in ("v1", "v2"))
    paths = {
        **_requests(model, v1, v2),
        v2: {"get": _get("Metadata", _OBJECT, tag="model")},
        f"{v2}/ready": {"get": _get("Whether it answers", _READY, tag="model", more={"503": "It does not."})},
    }
    title = f"{model.name} {model.version}"
    return _document(title, f"A model that runs on {model.runtime}." + _task(model), paths)


def _part(name: str) -> str:
    """A name as a part of a path: braces would make it a parameter."""
    return quote(name, safe="")


def _document(title: str, description: str, paths: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": installed_version("mainspring"), "description": description},
        "paths": paths,
        "components": {"schemas": {"Error": schemas.ERROR}},
    }


def _task(model: Answering) -> str:
    if model.classes is not None:
        return " It tells which of these classes a row belongs to: " + ", ".join(model.classes) + "."
    return " It gives a number for every row." if model.task == "regression" else ""


def _requests(model: Answering, v1: str, v2: str) -> dict[str, Any]:
    """The operations that ask one model."""
    found: dict[str, Any] = {
        f"{v1}:predict": {
            "post": _post("Predict, as plain JSON", schemas.predict_request(model), schemas.predict_response())
        },
        f"{v2}/infer": {
            "post": _post(
                "Predict, as tensors", schemas.infer_request(model), schemas.infer_response(), binary=True
            )
        },
    }
    verb = "classify" if model.classes is not None else "regress" if model.task == "regression" else None
    if verb is not None:
        results: Schema = {"type": "object", "properties": {"results": {"type": "array"}}}
        summary = f"{verb.capitalize()}, as TensorFlow Serving does"
        found[f"{v1}:{verb}"] = {"post": _post(summary, schemas.examples_request(model), results)}
    return found


def _general(names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """The operations that every server has."""
    alive = {"type": "object", "properties": {"status": {"type": "string"}}}
    live = {"type": "object", "required": ["live"], "properties": {"live": {"type": "boolean"}}}
    listed = {"type": "object", "properties": {"models": {"type": "array", "items": {"type": "string"}}}}
    yield "/", {"get": _get("Whether the server lives", alive)}
    yield "/v2", {"get": _get("Name, version and extensions of the server", _OBJECT)}
    yield "/v2/health/live", {"get": _get("Whether the server lives", live)}
    yield "/v2/health/ready", {"get": _get("Whether the server answers", _READY, more={"503": "It does not."})}
    yield "/v1/models", {"get": _get("The models", listed)}
    yield "/v2/models", {"get": _get("The models", listed)}
    yield "/v2/models/stats", {"get": _get("Statistics of every version of every model", _OBJECT)}
    yield "/v2/slo", {"get": _get("How objectives stand", _OBJECT)}
    for path in (
        "/v1/models/{model}",
        "/v1/models/{model}/versions/{version}",
        "/v1/models/{model}/labels/{label}",
    ):
        yield (
            path,
            _of(path, names, get=_get("State of its versions", _OBJECT, more={"503": "It does not answer."})),
        )
        metadata = _get("Metadata, as TensorFlow Serving gives it", _OBJECT)
        yield f"{path}/metadata", _of(path, names, get=metadata)
    for path in ("/v2/models/{model}", "/v2/models/{model}/versions/{version}"):
        for end, summary in (
            ("", "Metadata"),
            ("/config", "Configuration"),
            ("/stats", "Statistics"),
            ("/events", "What was odd about rows lately"),
        ):
            yield path + end, _of(path, names, get=_get(summary, _OBJECT))
        ready = _get("Whether it answers", _READY, more={"503": "It does not."})
        yield f"{path}/ready", _of(path, names, get=ready)
    yield from _watched(names)
    yield from _control(names)


def _watched(names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """The operations that tell how well it goes, and take what becomes known of answers."""
    yield "/v2/slo", {"get": _get("How objectives stand", _OBJECT)}
    yield "/v2/slo/{objective}", _of("/v2/slo/{objective}", names, get=_get("How an objective stands", _OBJECT))
    told: Schema = {"type": "object", "description": "Truths or rewards, by the id of a request."}
    for model in ("{model}", "{model}/versions/{version}"):
        events_at = f"/v2/models/{model}/events"
        events = _get("What was odd about rows lately", {"type": ["object", "array"]})
        last = {"name": "last", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 10**9 - 1}}
        yield events_at, _of(events_at, names, get={**events, "parameters": [last]})
        for path in (f"/v1/models/{model}:feedback", f"/v2/models/{model}/feedback"):
            feedback = _post("Tell what became known of answers", told, _OBJECT, tag="feedback")
            yield path, _of(path, names, post=feedback)


def _control(names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """The operations that change what is served."""
    entry: Schema = {
        "type": "object",
        "required": ["name", "state"],
        "properties": {
            "name": {"type": "string"},
            "version": {"type": "string"},
            "state": {"type": "string", "enum": _STATES},
            "reason": {"type": "string"},
        },
    }
    asked = {
        "type": "object",
        "properties": {"ready": {"type": "boolean", "description": "Only those that answer."}},
    }
    given = {"type": "object", "properties": {"parameters": schemas.PARAMETERS}}
    tag = "repository"
    index = _post("What is there, by version, with its state", asked, {"type": "array", "items": entry}, tag=tag)
    yield "/v2/repository/index", {"post": _optional(index)}
    for verb, summary in (("load", "Load a model, or load it anew"), ("unload", "Stop serving a model")):
        path = f"/v2/repository/models/{{model}}/{verb}"
        yield path, _of(path, names, post=_optional(_post(summary, given, _OBJECT, tag=tag)))


def _of(path: str, names: Sequence[str], **operations: Operation) -> dict[str, Any]:
    """Operations with the parameters in their path."""
    parameters = []
    for name, description in _NAMES.items():
        if f"{{{name}}}" not in path:
            continue
        schema: Schema = {"type": "string", "minLength": 1}
        if name == "model" and names:
            schema["examples"] = list(names)
        parameters.append(
            {"name": name, "in": "path", "required": True, "description": description, "schema": schema}
        )
    return {"parameters": parameters, **operations}


def _get(summary: str, schema: Schema, *, tag: str = "server", more: Mapping[str, str] | None = None) -> Operation:
    return {"summary": summary, "tags": [tag], "responses": _responses(schema, more or {})}


def _post(
    summary: str, request: Schema, response: Schema, *, binary: bool = False, tag: str = "predictions"
) -> Operation:
    contents: dict[str, Any] = {_JSON: {"schema": request}}
    operation: Operation = {
        "summary": summary,
        "tags": [tag],
        "requestBody": {"required": True, "content": contents},
        "responses": _responses(response, {}),
    }
    if binary:
        octets = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        operation["description"] = (
            "Tensors may come and go as bytes after the JSON; the header Inference-Header-Content-Length says "
            "where they begin (binary tensor data extension)."
        )
        operation["responses"]["200"]["content"] |= octets
    return operation


def _optional(operation: Operation) -> Operation:
    operation["requestBody"]["required"] = False
    return operation


def _responses(schema: Schema, more: Mapping[str, str]) -> dict[str, Any]:
    error = {_JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "200": {"description": "The answer.", "content": {_JSON: {"schema": schema}}},
        **{
            status: {"description": words, "content": {_JSON: {"schema": _OBJECT}}}
            for status, words in more.items()
        },
        "4XX": {"description": "Something is wrong with the request.", "content": error},
        "5XX": {"description": "The server cannot answer.", "content": error},
    }
