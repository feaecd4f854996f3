"""What a model takes and gives, as JSON Schema: named columns with their types, and the forms of the protocols.

Follows JSON Schema 2020-12, which is the schema of OpenAPI 3.1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from mainspring.models.signature import Field
from mainspring.serving.ports import Answering
from mainspring.serving.raw_tensors import DTYPES
from mainspring.serving.tensors import accepted_datatypes

Schema: TypeAlias = dict[str, Any]

_TYPES: Mapping[str, str] = {
    "BOOL": "boolean",
    "BYTES": "string",
    "FP16": "number",
    "FP32": "number",
    "FP64": "number",
}
_EXAMPLES: Mapping[str, Any] = {"boolean": True, "string": "text", "number": 1.5, "integer": 1}
_SHOWN_WORDS = 20
_SHOWN_VALUES = 200

ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string", "description": "What was found, and what was expected."}},
    "additionalProperties": False,
}
"""The one form of every error."""

PARAMETERS: Schema = {
    "type": ["object", "null"],
    "description": "Values by name.",
    "additionalProperties": {"type": ["string", "number", "boolean"]},
}


_SIGNATURE: Schema = {
    "type": ["string", "null"],
    "description": "serving_default: answer as TensorFlow Serving does.",
}


def value(field: Field) -> Schema:
    """One value of a column, or for a tensor of more dimensions one row of it."""
    kind = _TYPES.get(field.datatype, "integer")
    schema: Schema = {"type": [kind, "null"] if field.nullable else kind}
    if field.domain:
        known = ", ".join(field.domain[:_SHOWN_WORDS]) + (" …" if len(field.domain) > _SHOWN_WORDS else "")
        schema |= {"examples": list(field.domain[:3]), "description": f"Known: {known}. Others count as unseen."}
    for size in reversed(field.shape[1:]):
        schema = {"type": "array", "items": schema}
        if size >= 0:
            schema |= {"minItems": size, "maxItems": size}
    return schema


def row(fields: Sequence[Field]) -> Schema:
    """One row: an object with a value per column."""
    return {
        "type": "object",
        "required": [field.name for field in fields if field.required],
        "properties": {field.name: value(field) for field in fields},
        "additionalProperties": False,
    }


def example(fields: Sequence[Field]) -> dict[str, Any] | None:
    """A row that fits; ``None`` if it would fill pages, as an image does, or nothing is known of it."""
    if not fields or sum(math.prod(map(abs, field.shape[1:])) for field in fields) > _SHOWN_VALUES:
        return None
    return {field.name: _example(field) for field in fields}


def predict_request(model: Answering) -> Schema:
    """The body of ``:predict``."""
    fields = model.inputs
    if not fields:
        return {"type": "object"}
    columns = {field.name: {"type": "array", "items": value(field)} for field in fields}
    required = [field.name for field in fields if field.required]
    shown = example(fields)
    return {
        "type": "object",
        "oneOf": [_only("instances", "inputs", "array"), _only("inputs", "instances", "object")],
        "properties": {
            "instances": {"type": ["array", "null"], "items": row(fields), "description": "Rows."},
            "inputs": {
                "type": ["object", "null"],
                "required": required,
                "properties": columns,
                "additionalProperties": False,
                "description": "Columns of equal length.",
            },
            "id": {"type": ["string", "null"], "description": "Comes back in the header x-request-id."},
            "parameters": {
                "type": ["object", "null"],
                "properties": {
                    "probabilities": {
                        "type": "boolean",
                        "description": "Give the probability of every class beside the label.",
                    }
                },
            },
            "signature_name": _SIGNATURE,
        },
        **({} if shown is None else {"examples": [{"instances": [shown]}]}),
    }


def predict_response() -> Schema:
    """The answer of ``:predict``."""
    return {
        "type": "object",
        "properties": {
            "predictions": {"type": "array", "description": "One per row."},
            "outputs": {"description": "By output, for a request with inputs."},
        },
    }


def infer_request(model: Answering | None = None) -> Schema:
    """The body of ``infer``; without a model, the form of the protocol alone."""
    tensors = [_tensor(field) for field in model.inputs] if model is not None else []
    names = [field.name for field in model.outputs] if model is not None else []
    wanted: Schema = {"type": "string", "enum": names} if names else {"type": "string"}
    schema: Schema = {
        "type": "object",
        "required": ["inputs"],
        "properties": {
            "id": {"type": ["string", "null"], "description": "Comes back."},
            "parameters": PARAMETERS,
            "inputs": {"type": "array", "items": {"anyOf": tensors} if tensors else _any_tensor()},
            "outputs": {
                "type": ["array", "null"],
                "items": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {"name": wanted, "parameters": PARAMETERS},
                },
                "description": "The outputs wanted, in their order; by default all.",
            },
        },
    }
    if model is not None and example(model.inputs) is not None:
        schema["examples"] = [{"inputs": [_example_tensor(field) for field in model.inputs]}]
    return schema


def infer_response() -> Schema:
    """The answer of ``infer``."""
    return {
        "type": "object",
        "required": ["model_name", "outputs"],
        "properties": {
            "model_name": {"type": "string"},
            "model_version": {"type": "string"},
            "id": {"type": "string"},
            "parameters": PARAMETERS,
            "outputs": {"type": "array", "items": _any_tensor(data=False)},
        },
    }


def examples_request(model: Answering) -> Schema:
    """The body of ``:classify`` and ``:regress``."""
    shown = example(model.inputs)
    return {
        "type": "object",
        "required": ["examples"],
        "properties": {
            "examples": {"type": "array", "items": {"type": "object"}, "description": "Rows."},
            "context": {"type": "object", "description": "Values that all rows share."},
            "signature_name": _SIGNATURE,
        },
        **({} if shown is None else {"examples": [{"examples": [shown]}]}),
    }


def _only(name: str, other: str, kind: str) -> Schema:
    """An object that has the one and not the other."""
    return {"required": [name], "properties": {name: {"type": kind}, other: {"type": "null"}}}


def _tensor(field: Field) -> Schema:
    items = value(field)
    return {
        "type": "object",
        "required": ["name", "shape", "datatype", "data"],
        "properties": {
            "name": {"type": "string", "const": field.name},
            "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1},
            "datatype": {"type": "string", "enum": accepted_datatypes(field)},
            "data": {"type": "array", "items": items, "description": "Flat or nested, row by row."},
            "parameters": PARAMETERS,
        },
    }


def _any_tensor(*, data: bool = True) -> Schema:
    return {
        "type": "object",
        "required": ["name", "shape", "datatype", *(["data"] if data else [])],
        "properties": {
            "name": {"type": "string"},
            "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
            "datatype": {"type": "string", "enum": list(DTYPES)},
            "data": {"type": "array", "description": "Flat, row by row; absent if it comes as binary data."},
            "parameters": PARAMETERS,
        },
    }


def _example_tensor(field: Field) -> Schema:
    return {
        "name": field.name,
        "shape": [1, *(abs(size) for size in field.shape[1:])],
        "datatype": field.datatype,
        "data": [_example(field)],
    }


def _example(field: Field) -> Any:
    found: Any = field.domain[0] if field.domain else _EXAMPLES[_TYPES.get(field.datatype, "integer")]
    for size in reversed(field.shape[1:]):
        found = [found] * abs(size)
    return found
