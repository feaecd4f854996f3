"""A schema as JSON Schema (draft 2020-12) of one row.

A row that the schema accepts is valid; what can only be told of many rows, such as ``presence`` or drift, stands
under ``x-mainspring``, so that reading it back gives the same schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from mainspring.data.celltypes import ColumnType
from mainspring.data.schema.constraints import Stage
from mainspring.data.schema.declaration import Declaration
from mainspring.data.schema.feature import Feature
from mainspring.data.schema.json_schema_reading import NEW_COLUMN, OWN, Reading, read, read_feature
from mainspring.data.schema.paths import escaped, split
from mainspring.data.schema.plain import plain

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_TYPES: Final[Mapping[ColumnType, dict[str, Any]]] = {
    ColumnType.INT: {"type": "integer"},
    ColumnType.FLOAT: {"type": "number"},
    ColumnType.STRING: {"type": "string"},
    ColumnType.BOOL: {"type": "boolean"},
    ColumnType.DATE: {"type": "string", "format": "date"},
    ColumnType.TIMESTAMP: {"type": "string", "format": "date-time"},
    ColumnType.BYTES: {"type": "string", "contentEncoding": "base64"},
    ColumnType.STRUCT: {"type": "object"},
}


def write(schema: Declaration) -> dict[str, Any]:
    """The JSON Schema of one row, as plain values."""
    document: dict[str, Any] = {"$schema": DRAFT, "type": "object", "properties": {}}
    objects = {"": document}
    paths = {"": ""}
    for name, feature in schema.features.items():
        parent, short = split(name, schema.features)
        if parent not in objects:
            parent, short = "", name
        properties = objects[parent].setdefault("properties", {})
        while short in properties:
            short += "'"
        paths[name] = (f"{paths[parent]}." if parent else "") + escaped(short)
        is_required = feature.stage.is_validated and feature.presence >= 1.0 and feature.required
        properties[short], inner = _property(feature, paths[name], is_required=is_required)
        if is_required:
            objects[parent].setdefault("required", []).append(short)
        if feature.type is ColumnType.STRUCT:
            objects[name] = inner
    if schema.severities.get(NEW_COLUMN) == "ERROR":
        document["additionalProperties"] = False
    arguments, _ = read(document) if schema.features else ({}, ())
    read_back = Declaration(**{**arguments, "features": schema.features, "strict": False})
    lost = _lost(schema, read_back, skip=("features", "strict"))
    return {**document, OWN: lost} if lost else document


def _lost(noun: Any, read_back: Any, *, skip: tuple[str, ...] = ()) -> dict[str, Any]:
    """What reading does not give back, by key."""
    names = [field.name for field in fields(noun) if field.name not in skip]
    return {name: plain(getattr(noun, name)) for name in names if getattr(noun, name) != getattr(read_back, name)}


def _property(feature: Feature, path: str, *, is_required: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """What one feature looks like in a row; and the innermost schema of its lists."""
    inner: dict[str, Any] = {}
    found = inner
    if feature.stage.is_validated:
        inner |= _values(feature)
        for least, most in reversed(_levels(feature)):
            found = {"type": "array", **_given(minItems=least, maxItems=most), "items": found}
        if feature.presence < 1.0:
            _let_be_null(found)
    found |= _given(description=feature.description or None)
    found |= _given(deprecated=True if feature.stage is Stage.DEPRECATED else None)
    read_back, _ = read_feature(dict(found), path, Reading({}), is_required=is_required)
    lost = _lost(feature, read_back)
    if lost:
        found[OWN] = lost
    return found, inner


def _given(**keys: Any) -> dict[str, Any]:
    return {key: value for key, value in keys.items() if value is not None}


def _levels(feature: Feature) -> list[tuple[int | None, int | None]]:
    if feature.shape is not None:
        return [(size, size) for size in feature.shape]
    return [(count.min, count.max) for count in feature.value_counts]


def _let_be_null(found: dict[str, Any]) -> None:
    if "type" in found:
        found["type"] = [found["type"], "null"]
    if "enum" in found:
        found["enum"] = [*found["enum"], None]


def _values(feature: Feature) -> dict[str, Any]:
    found = dict(_TYPES.get(feature.type, {}))
    if feature.type.is_numeric:
        found |= _given(minimum=feature.min, maximum=feature.max)
    if feature.type is ColumnType.STRING and feature.length is not None:
        found |= _given(minLength=feature.length.min, maxLength=feature.length.max)
    if feature.domain is not None and feature.min_domain_mass >= 1.0:
        found["enum"] = list(feature.domain)
    if feature.bool_domain is not None and feature.type is not ColumnType.BOOL:
        found["enum"] = _flag(feature)
    return found


def _flag(feature: Feature) -> list[Any]:
    values = feature.bool_domain.values(numeric=feature.type.is_numeric) if feature.bool_domain is not None else ()
    if not feature.type.is_numeric:
        return list(values)
    return sorted(int(float(word)) if float(word).is_integer() else float(word) for word in values)
