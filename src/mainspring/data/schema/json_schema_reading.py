"""A schema from a JSON Schema of one row (draft 2020-12, and what earlier drafts have in common with it).

Foreign ones are taken as far as they go: what has no meaning here is told, never an error.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mainspring.core.errors import InputError
from mainspring.data.celltypes import ColumnType
from mainspring.data.schema.constraints import DriftLimits, Range, Stage, ValueCount
from mainspring.data.schema.declaration import Declaration
from mainspring.data.schema.domains import BoolDomain
from mainspring.data.schema.feature import Feature
from mainspring.data.schema.paths import escaped
from mainspring.data.schema.plain import convert, said

OWN: Final = "x-mainspring"
"""The keyword of what JSON Schema cannot say."""
NEW_COLUMN: Final = "SCHEMA_NEW_COLUMN"
_TYPES: Final = {
    "integer": ColumnType.INT,
    "number": ColumnType.FLOAT,
    "string": ColumnType.STRING,
    "boolean": ColumnType.BOOL,
    "object": ColumnType.STRUCT,
}
_FORMATS: Final = {"date": ColumnType.DATE, "date-time": ColumnType.TIMESTAMP}
_SILENT: Final = {"$schema", "$id", "$comment", "$anchor", "$defs", "definitions", "title", "examples", "default"}


@dataclass
class Reading:
    """A JSON Schema being read.

    Attributes:
        root: The whole document, which references lead into.
        left: Takes a sentence for each thing that has no meaning here.
    """

    root: Mapping[str, Any]
    left: list[str] = field(default_factory=list)

    def tell(self, path: str, found: str) -> None:
        """Tell what has no meaning."""
        self.left.append(f"feature {path!r}: {found}" if path else f"schema: {found}")

    def number(self, node: dict[str, Any], key: str, path: str) -> int | float | None:
        """Take a finite number out of a node."""
        value = node.pop(key, None)
        if value is None or (isinstance(value, int | float) and type(value) is not bool and math.isfinite(value)):
            return value
        self.tell(path, f"{key} {value!r} is no number")
        return None

    def count(self, node: dict[str, Any], key: str, path: str) -> int | None:
        """Take a whole number out of a node."""
        value = self.number(node, key, path)
        return None if value is None else int(value)

    def resolve(self, node: Any, path: str) -> dict[str, Any]:
        """A node with its references followed, and alternatives with null made a list of types."""
        found: Any = node
        for _ in range(20):
            if not isinstance(found, Mapping):
                if found is not True:
                    self.tell(path, f"{found!r} is no schema of a value")
                return {}
            if isinstance(found.get("$ref"), str):
                found = {**self._target(found["$ref"], path), **{k: v for k, v in found.items() if k != "$ref"}}
            elif isinstance(found.get("allOf"), list) and len(found["allOf"]) == 1:
                found = {**self.resolve(found["allOf"][0], path), **_without(found, "allOf")}
            elif (merged := _nullable(found)) is not None:
                found = merged
            else:
                return dict(found)
        self.tell(path, "its references lead in a circle")
        return {}

    def _target(self, reference: str, path: str) -> Mapping[str, Any]:
        node: Any = self.root
        if not reference.startswith("#"):
            self.tell(path, f"$ref {reference!r} leads out of the document")
            return {}
        for step in reference.removeprefix("#").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            node = node.get(name) if isinstance(node, Mapping) else None
        if isinstance(node, Mapping):
            return node
        self.tell(path, f"$ref {reference!r} leads nowhere")
        return {}


def _without(node: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name != key}


def _nullable(node: Mapping[str, Any]) -> dict[str, Any] | None:
    """``anyOf`` a schema and null, as generators write a value that may be missing."""
    for key in ("anyOf", "oneOf"):
        options = node.get(key)
        if isinstance(options, list) and len(options) == 2 and {"type": "null"} in options:
            other = options[1 - options.index({"type": "null"})]
            return {**(other if isinstance(other, Mapping) else {}), **_without(node, key), _NULL: True}
    return None


_NULL: Final = "nullable"


def read(document: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The arguments of a ``Schema``, and what could not be taken over.

    Raises:
        InputError: If it does not describe an object with properties, or a list of such.
    """
    reading = Reading(document)
    row = reading.resolve(document, "")
    if row.get("type") == "array" and "items" in row:
        row = reading.resolve(row["items"], "")
    if not isinstance(row.get("properties"), Mapping):
        raise InputError(
            "the JSON Schema has no properties", expected="the schema of a row: an object with its properties"
        )
    features: dict[str, Feature] = {}
    for feature in _properties(row, "", reading, 0):
        features.setdefault(feature.name, feature)
    closed = row.pop("additionalProperties", None) is False
    own = _own(row.pop(OWN, {}), reading)
    _tell_rest(_without(row, "type"), "", reading)
    severities = {NEW_COLUMN: "ERROR"} if closed else {}
    return {"features": features, "drift": DriftLimits(), "severities": severities, **own}, tuple(reading.left)


def _own(found: Any, reading: Reading) -> dict[str, Any]:
    import msgspec

    if not isinstance(found, Mapping):
        return {}
    known = {key: value for key, value in found.items() if key in Declaration.__slots__ and value is not None}
    try:
        whole = convert({"features": {}, **known, "strict": False}, Declaration)
    except msgspec.ValidationError as error:
        reading.tell("", f"{OWN}: {error}")
        return {}
    return {key: getattr(whole, key) for key in known}


def _properties(node: dict[str, Any], within: str, reading: Reading, depth: int) -> Iterator[Feature]:
    listed = node.pop("required", [])
    required = listed if isinstance(listed, list) else []
    for name, value in node.pop("properties").items():
        path = within + escaped(name)
        if depth > 20:
            reading.tell(path, "its structure is nested without end")
            return
        found = reading.resolve(value, path)
        feature, inner = read_feature(found, path, reading, is_required=name in required)
        yield feature
        if isinstance(inner.get("properties"), Mapping):
            yield from _properties(dict(inner), f"{feature.name}.", reading, depth + 1)


def read_feature(
    found: dict[str, Any], path: str, reading: Reading, *, is_required: bool
) -> tuple[Feature, dict[str, Any]]:
    """A feature of its property, and the innermost schema of its lists."""
    own = found.pop(OWN, {})
    keys: dict[str, Any] = {"name": path, "required": is_required}
    if isinstance(found.get("description"), str):
        keys["description"] = found["description"]
    if found.pop("deprecated", None) is True:
        keys["stage"] = Stage.DEPRECATED
    found.pop("description", None)
    types, null = _types(found)
    keys["presence"] = 1.0 if is_required and not null and types else 0.0
    counts: list[ValueCount] = []
    inner = found
    while types == ["array"] and len(counts) < 20:
        counts.append(ValueCount(*(reading.count(inner, key, path) for key in ("minItems", "maxItems"))))
        rest = {key: value for key, value in inner.items() if key not in {"items", "type"}}
        _tell_rest(rest, path, reading)
        inner = reading.resolve(inner.get("items", True), path)
        types, _ = _types(inner)
    keys["value_counts"] = tuple(counts)
    if isinstance(own, Mapping) and "bool_domain" in own:
        inner.pop("enum", None)
    keys |= _values(inner, types, path, reading)
    _tell_rest(inner, path, reading)
    return _owned(Feature(**keys), own, path, reading), inner


def _owned(feature: Feature, own: Any, path: str, reading: Reading) -> Feature:
    import msgspec

    if not isinstance(own, Mapping) or not own:
        return feature
    plain = {key: value for key, value in {**said(feature), **own}.items() if value is not None}
    try:
        return convert(plain, Feature)
    except msgspec.ValidationError as error:
        reading.tell(path, f"{OWN}: {error}")
        return feature


def _types(node: dict[str, Any]) -> tuple[list[str], bool]:
    """The types of a node but null, and whether null is among them."""
    given = node.pop("type", [])
    types = [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, str)]
    null = bool(node.pop(_NULL, False)) or "null" in types
    if not types:
        types = [key for key, hint in (("array", "items"), ("object", "properties")) if hint in node]
    return [one for one in types if one != "null"], null


def _values(node: dict[str, Any], types: Sequence[str], path: str, reading: Reading) -> dict[str, Any]:
    if not types and ("enum" in node or "const" in node):
        types = _types_of(_given_values(node))
    if {*types} == {"integer", "number"}:
        types = ["number"]
    if len(types) != 1 or types[0] not in _TYPES:
        if types:
            reading.tell(path, f"a value of type {' or '.join(types)} may be anything here")
        return {"type": ColumnType.OTHER}
    type_ = _TYPES[types[0]]
    keys: dict[str, Any] = {"type": type_}
    if type_ is ColumnType.STRING:
        keys |= _text(node, path, reading)
    if keys["type"].is_numeric:
        keys |= _ends(node, keys["type"], path, reading)
    keys |= _choices(node, keys["type"], path, reading)
    return keys


def _given_values(node: Mapping[str, Any]) -> list[Any]:
    """The values of an enum, or the only one there may be; but null."""
    values = node["enum"] if isinstance(node.get("enum"), list) else [node.get("const")]
    return [value for value in values if value is not None]


def _types_of(values: Sequence[Any]) -> list[str]:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return sorted({kinds[type(value)] for value in values if type(value) in kinds})


def _text(node: dict[str, Any], path: str, reading: Reading) -> dict[str, Any]:
    if node.get("format") in list(_FORMATS):
        return {"type": _FORMATS[node.pop("format")]}
    if node.get("contentEncoding") == "base64":
        node.pop("contentEncoding")
        return {"type": ColumnType.BYTES}
    length = Range(*(reading.count(node, key, path) for key in ("minLength", "maxLength")))
    return {"length": length} if length != Range() else {}


def _ends(node: dict[str, Any], type_: ColumnType, path: str, reading: Reading) -> dict[str, Any]:
    keys: dict[str, Any] = {
        "min": reading.number(node, "minimum", path),
        "max": reading.number(node, "maximum", path),
    }
    whole = type_ is ColumnType.INT
    for end, name, step in (("min", "exclusiveMinimum", 1), ("max", "exclusiveMaximum", -1)):
        value = reading.number(node, name, path)
        if value is None:
            continue
        if whole:
            keys[end] = (math.floor(value) if step > 0 else math.ceil(value)) + step
        else:
            keys[end] = value
            reading.tell(path, f"{name} is taken as {end}, which includes {value}")
    return keys


def _choices(node: dict[str, Any], type_: ColumnType, path: str, reading: Reading) -> dict[str, Any]:
    if "enum" not in node and "const" not in node:
        return {}
    values = _given_values(node)
    node.pop("enum", None)
    node.pop("const", None)
    if type_ is ColumnType.STRING and all(isinstance(value, str) for value in values):
        return {"domain": tuple(dict.fromkeys(values))}
    if type_.is_numeric and values in ([0, 1], [1, 0]):
        return {"bool_domain": BoolDomain()}
    reading.tell(path, f"enum {values} is not held to, only its type is")
    return {"categorical": True} if type_.is_numeric else {}


def _tell_rest(node: Mapping[str, Any], path: str, reading: Reading) -> None:
    for key, value in node.items():
        if key not in _SILENT and key not in {"properties", "required", OWN}:
            reading.tell(path, f"{key} {value!r} has no meaning here")
