"""A schema as the text of a ``tensorflow.metadata.v0.Schema``, for TensorFlow Data Validation and its kin.

What the message has no field for is kept in tags of the annotations, such as ``mainspring:protected=true``, so
that reading it back gives the same schema. Limits of the whole schema are not written out feature by feature:
distances are defined otherwise there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from mainspring.data.celltypes import ColumnType
from mainspring.data.schema.constraints import DriftLimits, Range, SparseFeature, Stage
from mainspring.data.schema.declaration import Declaration
from mainspring.data.schema.domains import LanguageDomain
from mainspring.data.schema.feature import Feature
from mainspring.data.schema.paths import escaped, split
from mainspring.data.schema.pbtxt_reading import OWN, read_alone, read_message
from mainspring.data.schema.plain import plain
from mainspring.data.schema.textproto import Message, render

_TYPES: Final = {
    ColumnType.INT: "INT",
    ColumnType.FLOAT: "FLOAT",
    ColumnType.STRUCT: "STRUCT",
    ColumnType.LIST: None,
    ColumnType.OTHER: None,
}
_FORMATS: Final = {ColumnType.DATE: "%Y-%m-%d", ColumnType.TIMESTAMP: "%Y-%m-%d %H:%M:%S"}


def write(schema: Declaration) -> str:
    """The text; equal schemas with their columns in the same order give equal texts."""
    lost = {}
    for name, feature in schema.features.items():
        message = _feature(feature, split(name, schema.features)[1], schema, {})
        lost[name] = _lost(feature, read_alone(message, _as_read(name, schema.features), schema.environments))
    arguments, _ = read_message(_whole(schema, {}, {}))
    read_back = {**arguments, "features": schema.features, "strict": False}
    own = _lost(schema, Declaration(**read_back), skip=("features", "strict"))
    return render(_whole(schema, lost, own))


def _lost(noun: Any, read_back: Any, *, skip: tuple[str, ...] = ()) -> dict[str, Any]:
    """What reading does not give back, by key."""
    names = [field.name for field in fields(noun) if field.name not in skip]
    return {name: plain(getattr(noun, name)) for name in names if getattr(noun, name) != getattr(read_back, name)}


def _as_read(name: str, features: Mapping[str, Feature]) -> str:
    """The path that reading gives a feature before its tags are looked at."""
    parent, own = split(name, features)
    return f"{_as_read(parent, features)}.{escaped(own)}" if parent else escaped(own)


def _whole(schema: Declaration, lost: Mapping[str, Mapping[str, Any]], own: Mapping[str, Any]) -> Message:
    found = Message()
    # Made first: a feature may be declared before the struct that it is in.
    structs = {"": found}
    structs |= {name: Message() for name, one in schema.features.items() if one.type is ColumnType.STRUCT}
    for name, feature in schema.features.items():
        parent, short = split(name, schema.features)
        message = _feature(feature, short, schema, lost.get(name, {}))
        if feature.type is ColumnType.STRUCT:
            message.fields.append(("struct_domain", structs[name]))
        structs.get(parent, found).fields.append(("feature", message))
    for sparse in schema.sparse:
        found.add("sparse_feature", _sparse(sparse))
    for weighted in schema.weighted:
        one = Message()
        one.add("name", weighted.name)
        for key, column in (("feature", weighted.feature), ("weight_feature", weighted.weight)):
            one.add(key, _path(column, schema.features))
        found.add("weighted_feature", one)
    for place in schema.environments:
        found.add("default_environment", place)
    _add_filled(found, "annotation", _annotation((), "", own))
    _add_filled(found, "dataset_constraints", _sizes(schema))
    return found


def _feature(feature: Feature, name: str, schema: Declaration, lost: Mapping[str, Any]) -> Message:
    found = Message()
    found.add("name", name)
    _add_presence(found, feature)
    _add_lists(found, feature)
    found.add("type", _TYPES.get(feature.type, "BYTES"), word=True)
    _add_domain(found, feature)
    if feature.min_domain_mass != 1.0:
        mass = Message()
        mass.add("min_domain_mass", feature.min_domain_mass)
        found.add("distribution_constraints", mass)
    tags = () if "tags" in lost else feature.tags
    kept = {key: value for key, value in lost.items() if key != "description" or value}
    _add_filled(found, "annotation", _annotation(tags, feature.description, kept))
    for key in ("skew", "drift"):
        _add_filled(found, f"{key}_comparator", _limits(getattr(feature, key)))
    for place in schema.environments:
        if not feature.is_in(place):
            found.add("not_in_environment", place)
    if feature.stage is not Stage.PRODUCTION:
        stage = "VALIDATION_DERIVED" if feature.stage is Stage.DERIVED else feature.stage.value
        found.add("lifecycle_stage", stage, word=True)
    found.add("unique_constraints", _range(feature.unique))
    return found


def _add_filled(message: Message, name: str, part: Message) -> None:
    if part.fields:
        message.add(name, part)


def _annotation(tags: tuple[str, ...], description: str, own: Mapping[str, Any]) -> Message:
    found = Message()
    for tag in tags:
        found.add("tag", tag)
    for key, value in own.items():
        found.add("tag", f"{OWN}{key}={json.dumps(value)}")
    found.add("comment", description or None)
    return found


def _add_presence(found: Message, feature: Feature) -> None:
    if not feature.required and not feature.presence and feature.min_count is None:
        return
    presence = Message()
    presence.add("min_fraction", feature.presence or None)
    needed = 1 if feature.required and not feature.presence else None
    presence.add("min_count", needed if feature.min_count is None else feature.min_count)
    found.add("presence", presence)


def _add_lists(found: Message, feature: Feature) -> None:
    if feature.shape is not None:
        shape = Message()
        for size in feature.shape:
            dim = Message()
            dim.add("size", size)
            shape.add("dim", dim)
        found.add("shape", shape)
        return
    counts = [_count(one.min, one.max) for one in feature.value_counts] or [_count(1, 1)]
    if feature.type is ColumnType.STRUCT and not feature.value_counts:
        return
    if len(counts) == 1:
        found.add("value_count", counts[0])
        return
    several = Message()
    for count in counts:
        several.add("value_count", count)
    found.add("value_counts", several)


def _count(least: float | None, most: float | None) -> Message:
    found = Message()
    found.add("min", least)
    found.add("max", most)
    return found


def _range(found: Range | None) -> Message | None:
    return None if found is None else _count(_whole_number(found.min), _whole_number(found.max))


def _whole_number(value: float | None) -> int | None:
    return int(value) if value is not None and float(value).is_integer() else None


def _add_domain(found: Message, feature: Feature) -> None:
    """The one domain that a feature may have there: what its values stand for, else their range."""
    domain = Message()
    if feature.domain is not None:
        domain.add("name", feature.name)
        for word in feature.domain:
            domain.add("value", word)
        found.add("string_domain", domain)
    elif feature.bool_domain is not None or feature.type is ColumnType.BOOL:
        values = feature.bool_domain
        true, false = ("true", "false") if values is None else (values.true_value, values.false_value)
        domain.add("true_value", true)
        domain.add("false_value", false)
        found.add("bool_domain", domain)
    elif feature.time is not None or feature.type in _FORMATS:
        time = feature.time
        domain.add("string_format", _FORMATS.get(feature.type) if time is None else time.format)
        domain.add("integer_format", None if time is None else time.unit, word=True)
        found.add("time_of_day_domain" if time is not None and time.of_day else "time_domain", domain)
    elif feature.language is not None:
        found.add("natural_language_domain", _language(feature.language))
    elif feature.image is not None:
        domain.add("minimum_supported_image_fraction", feature.image.min_supported_fraction)
        domain.add("max_image_byte_size", feature.image.max_bytes)
        found.add("image_domain", domain)
    elif feature.type.is_numeric:
        _add_numbers(found, feature)


def _add_numbers(found: Message, feature: Feature) -> None:
    domain = Message()
    floats = feature.type is ColumnType.FLOAT
    for end in ("min", "max"):
        value = getattr(feature, end)
        domain.add(end, value if floats or value is None else _whole_number(value))
    domain.add("is_categorical", True if feature.categorical else None)
    if floats:
        domain.add("disallow_nan", None if feature.allow_nan else True)
        domain.add("disallow_inf", None if feature.allow_inf else True)
    _add_filled(found, "float_domain" if floats else "int_domain", domain)


def _language(language: LanguageDomain) -> Message:
    found, coverage, lengths = Message(), Message(), Message()
    found.add("vocabulary", language.vocabulary)
    coverage.add("min_coverage", language.min_coverage)
    coverage.add("min_avg_token_length", language.min_avg_token_length)
    for token in language.excluded_tokens:
        coverage.add("excluded_string_tokens", token)
    for token in language.oov_tokens:
        coverage.add("oov_string_tokens", token)
    _add_filled(found, "coverage", coverage)
    for one in language.token_constraints:
        constraint = Message()
        constraint.add("string_value", one.token)
        constraint.add("min_per_sequence", _whole_number(one.min_per_sequence))
        constraint.add("max_per_sequence", _whole_number(one.max_per_sequence))
        constraint.add("min_fraction_of_sequences", one.min_fraction)
        constraint.add("max_fraction_of_sequences", one.max_fraction)
        found.add("token_constraints", constraint)
    if language.sequence_length is not None:
        lengths.add("min_sequence_length", _whole_number(language.sequence_length.min))
        lengths.add("max_sequence_length", _whole_number(language.sequence_length.max))
        found.add("sequence_length_constraints", lengths)
    return found


def _limits(limits: DriftLimits) -> Message:
    found = Message()
    for name, threshold in (
        ("infinity_norm", limits.l_infinity),
        ("jensen_shannon_divergence", limits.jensen_shannon),
        ("normalized_abs_difference", limits.normalized_absolute_difference),
    ):
        if threshold is not None:
            part = Message()
            part.add("threshold", threshold)
            found.add(name, part)
    return found


def _sizes(schema: Declaration) -> Message:
    found = Message()
    for kind, fractions in (("drift", schema.num_examples_drift), ("version", schema.num_examples_version)):
        if fractions is not None:
            part = Message()
            part.add("min_fraction_threshold", fractions.min)
            part.add("max_fraction_threshold", fractions.max)
            found.add(f"num_examples_{kind}_comparator", part)
    found.add("min_examples_count", schema.min_examples)
    found.add("max_examples_count", schema.max_examples)
    return found


def _sparse(sparse: SparseFeature) -> Message:
    found = Message()
    found.add("name", sparse.name)
    for name in sparse.index:
        part = Message()
        part.add("name", name)
        found.add("index_feature", part)
    value = Message()
    value.add("name", sparse.value)
    found.add("is_sorted", True if sparse.is_sorted else None)
    found.add("value_feature", value)
    return found


def _path(name: str, features: Mapping[str, Feature]) -> Message:
    found = Message()
    parent, own = split(name, features)
    if parent:
        found = _path(parent, features)
    found.add("step", own)
    return found
