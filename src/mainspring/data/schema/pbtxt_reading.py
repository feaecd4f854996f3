"""A schema from the text of a ``tensorflow.metadata.v0.Schema``.

The messages and fields are those of ``schema.proto`` of TensorFlow Metadata 1.21. What has no meaning here is
told, never an error: the schema may be from any release.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from mainspring.data.celltypes import ColumnType
from mainspring.data.schema.constraints import (
    DriftLimits,
    Range,
    SparseFeature,
    Stage,
    ValueCount,
    WeightedFeature,
)
from mainspring.data.schema.declaration import SERVING, TRAINING, Declaration
from mainspring.data.schema.domains import BoolDomain, ImageDomain, LanguageDomain, TimeDomain, TokenConstraint
from mainspring.data.schema.feature import Feature
from mainspring.data.schema.paths import escaped
from mainspring.data.schema.pbtxt_taking import Taker
from mainspring.data.schema.plain import convert, said
from mainspring.data.schema.textproto import Message, Scalar, parse

OWN: Final = "mainspring:"
"""Tags that begin so hold, as JSON, what the message has no field for."""
_TYPES: Final = {"1": "BYTES", "2": "INT", "3": "FLOAT", "4": "STRUCT"}
_UNITS: Final = {
    "1": "UNIX_SECONDS",
    "2": "UNIX_MILLISECONDS",
    "3": "UNIX_MICROSECONDS",
    "4": "UNIX_NANOSECONDS",
    "5": "UNIX_DAYS",
}
_STAGES: Final = {"UNKNOWN_STAGE": "PRODUCTION", "VALIDATION_DERIVED": "DERIVED"}


def read(text: str, *, where: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The arguments of a ``Schema``, and what could not be taken over.

    Raises:
        InputError: If the text is not in the text format.
    """
    return read_message(parse(text, where=where))


def read_message(message: Message) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The arguments of a ``Schema``, and what could not be taken over."""
    left: list[str] = []
    taker = Taker(message, "schema", left)
    own = _annotation(taker)
    domains = dict(_shared_domains(taker))
    default = taker.texts("default_environment")
    features: dict[str, Feature] = {}
    places: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    composites = Composites()
    for feature, within in _features(taker, "", domains, composites):
        if feature.name in features:
            left.append(f"feature {feature.name!r}: it is there a second time")
        else:
            features[feature.name], places[feature.name] = feature, within
    environments = _environments(default, places)
    arguments: dict[str, Any] = {
        "features": {
            name: _placed(feature, places[name], default, environments) for name, feature in features.items()
        },
        "environments": environments,
        "drift": DriftLimits(),
        "sparse": tuple(composites.sparse),
        "weighted": tuple(_weighted(taker)),
        **_sizes(taker.message("dataset_constraints")),
    }
    taker.done()
    return {**arguments, **_owned_by_whole(own, left)}, tuple(left)


def _shared_domains(taker: Taker) -> Iterator[tuple[str, tuple[str, Message]]]:
    for kind in ("string_domain", "float_domain", "int_domain"):
        for value in taker.found.pop(kind, []):
            for name, word in value.fields if isinstance(value, Message) else ():
                if name == "name" and isinstance(word, Scalar) and isinstance(value, Message):
                    yield word.text, (kind, value)


def _owned_by_whole(own: Mapping[str, Any], left: list[str]) -> dict[str, Any]:
    import msgspec

    known = {key: value for key, value in own.items() if key in Declaration.__slots__ and value is not None}
    left += [f"schema: annotation: {key} {own[key]!r} has no meaning here" for key in own if key not in known]
    try:
        whole = convert({"features": {}, **known, "strict": False}, Declaration)
    except msgspec.ValidationError as error:
        left.append(f"schema: the tags of Mainspring: {error}")
        return {}
    return {key: getattr(whole, key) for key in known}


_Domains: TypeAlias = Mapping[str, tuple[str, Message]]
_Placed: TypeAlias = tuple[Feature, tuple[tuple[str, ...], tuple[str, ...]]]


class Composites:
    """The sparse features that were met, also inside of structures."""

    def __init__(self) -> None:
        self.sparse: list[SparseFeature] = []


def _features(taker: Taker, within: str, domains: _Domains, composites: Composites) -> Iterator[_Placed]:
    for part in taker.messages("feature"):
        name = part.text("name") or ""
        path = within + escaped(name)
        part.what = f"feature {path!r}"
        struct = part.message("struct_domain")
        yield read_feature(part, path, domains)
        if struct is not None:
            yield from _features(struct, f"{path}.", domains, composites)
    composites.sparse += [_sparse(part, within) for part in taker.messages("sparse_feature")]


def read_feature(taker: Taker, path: str, domains: _Domains) -> _Placed:
    """A feature, and the environments it is declared to be in and not in."""
    own = _annotation(taker)
    keys: dict[str, Any] = {"name": path, **_presence(taker), **_lists(taker)}
    written = taker.text("type") or ""
    type_, said_of_values = _domain(taker, _TYPES.get(written, written), domains)
    keys |= {"type": type_, **said_of_values}
    keys["tags"] = (*own.pop("tags", ()), *keys.get("tags", ())) or None
    mass = taker.message("distribution_constraints")
    if mass is not None:
        keys["min_domain_mass"] = mass.number("min_domain_mass")
    stage = taker.text("lifecycle_stage")
    if taker.flag("deprecated"):
        stage = stage or "DEPRECATED"
    if stage is not None:
        stage = _STAGES.get(stage, stage)
        if stage in Stage.__members__:
            keys["stage"] = Stage[stage]
        else:
            taker.left.append(f"{taker.what}: there is no lifecycle_stage {stage}")
    keys["unique"] = _range(taker.message("unique_constraints"))
    for key in ("drift", "skew"):
        keys[key] = _limits(taker.message(f"{key}_comparator"))
    places = taker.texts("in_environment"), taker.texts("not_in_environment")
    given = {key: value for key, value in keys.items() if value is not None}
    return _owned(Feature(**given), own, taker), places


def read_alone(message: Message, path: str, environments: tuple[str, ...]) -> Feature:
    """A feature as it is read from its message, whatever else the schema holds."""
    feature, places = read_feature(Taker(message, path, []), path, {})
    return _placed(feature, places, environments, environments)


def _owned(feature: Feature, own: Mapping[str, Any], taker: Taker) -> Feature:
    if not own:
        return feature
    import msgspec

    plain = {**said(feature), **own}
    kept = {key: value for key, value in plain.items() if value is not None}
    try:
        return convert(kept, Feature)
    except msgspec.ValidationError as error:
        taker.left.append(f"{taker.what}: the tags of Mainspring: {error}")
        return feature


def _annotation(taker: Taker) -> dict[str, Any]:
    """Tags and description; and from tags of our own, what the message has no field for."""
    found = taker.message("annotation")
    if found is None:
        return {}
    own: dict[str, Any] = {}
    tags = []
    for tag in found.texts("tag"):
        key, equals, value = tag.removeprefix(OWN).partition("=")
        if tag.startswith(OWN) and equals:
            try:
                own[key] = json.loads(value)
            except ValueError:
                tags.append(tag)
        else:
            tags.append(tag)
    comments = found.texts("comment")
    return {
        **({"tags": tags} if tags else {}),
        **({"description": "\n".join(comments)} if comments else {}),
        **own,
    }


def _presence(taker: Taker) -> dict[str, Any]:
    found = taker.message("presence")
    group = taker.message("group_presence")
    if found is None:
        return {"required": group is not None and group.flag("required")}
    share, count = found.number("min_fraction"), found.whole("min_count")
    return {"presence": share, "min_count": count or None, "required": bool(share or count)}


def _lists(taker: Taker) -> dict[str, Any]:
    shape, one, several = (taker.message(name) for name in ("shape", "value_count", "value_counts"))
    found: dict[str, Any] = {}
    if shape is not None:
        found["shape"] = tuple(
            size for size in (dim.whole("size") for dim in shape.messages("dim")) if size is not None
        )
    counts = several.messages("value_count") if several is not None else [one] if one is not None else []
    if counts:
        found["value_counts"] = tuple(ValueCount(count.whole("min"), count.whole("max")) for count in counts)
    # One value in each row: a plain column, not a list.
    plain = {"value_counts": (ValueCount(1, 1),), "shape": (1,)}
    return {key: value for key, value in found.items() if several is not None or value != plain[key]}


def _domain(taker: Taker, type_: str, domains: _Domains) -> tuple[ColumnType, dict[str, Any]]:
    """The type, and what the values are."""
    kinds = ("int_domain", "float_domain", "string_domain", "bool_domain")
    found = {kind: one for kind in kinds if (one := taker.message(kind)) is not None}
    name = taker.text("domain")
    if name is not None and name in domains:
        kind, shared = domains[name]
        found[kind] = Taker(shared, f"{taker.what}: {kind} {name!r}", taker.left)
        taker.parts.append(found[kind])
    elif name is not None:
        taker.left.append(f"{taker.what}: there is no domain {name!r}")
    for one in found.values():
        one.text("name")
    keys = _semantic(taker)
    if "bool_domain" in found:
        flags = found["bool_domain"]
        keys["bool_domain"] = BoolDomain(flags.text("true_value"), flags.text("false_value"))
    if "string_domain" in found:
        found["string_domain"].text("is_categorical")
        keys["domain"] = found["string_domain"].texts("value")
    for kind in ("int_domain", "float_domain"):
        if kind in found:
            keys |= _numbers(found[kind], exact=kind == "int_domain")
    settled = _typed(type_, found.keys(), keys)
    if settled is ColumnType.FLOAT:
        # Here NaN and infinity must be allowed, there they must be forbidden.
        keys.setdefault("allow_nan", True)
        keys.setdefault("allow_inf", True)
    return settled, keys


def _typed(type_: str, kinds: Collection[str], keys: Mapping[str, Any]) -> ColumnType:
    if type_ == "BYTES":
        if "image" in keys:
            return ColumnType.BYTES
        if "int_domain" in kinds or "float_domain" in kinds:
            return ColumnType.INT if "int_domain" in kinds else ColumnType.FLOAT
        return ColumnType.STRING
    return ColumnType[type_] if type_ in {"INT", "FLOAT", "STRUCT"} else ColumnType.OTHER


def _numbers(taker: Taker, *, exact: bool) -> dict[str, Any]:
    take = taker.whole if exact else taker.number
    keys: dict[str, Any] = {"min": take("min"), "max": take("max"), "categorical": taker.flag("is_categorical")}
    if not exact:
        keys |= {f"allow_{word}": not taker.flag(f"disallow_{word}") for word in ("nan", "inf")}
        if taker.flag("is_embedding"):
            keys["tags"] = ("embedding",)
    return keys


def _semantic(taker: Taker) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    language, image = taker.message("natural_language_domain"), taker.message("image_domain")
    if language is not None:
        keys["language"] = _language(language)
    if image is not None:
        share = image.number("minimum_supported_image_fraction")
        keys["image"] = ImageDomain(share, image.whole("max_image_byte_size"))
    for kind in ("time_domain", "time_of_day_domain"):
        time = taker.message(kind)
        if time is not None:
            unit = time.text("integer_format")
            unit = None if unit in {None, "FORMAT_UNKNOWN"} else _UNITS.get(str(unit), str(unit))
            keys["time"] = TimeDomain(time.text("string_format"), unit, of_day=kind == "time_of_day_domain")
    return keys


def _language(taker: Taker) -> LanguageDomain:
    coverage = taker.message("coverage") or Taker(Message(), taker.what, taker.left)
    lengths = taker.message("sequence_length_constraints")
    tokens = [
        TokenConstraint(
            one.text("string_value") or one.text("int_value") or "",
            one.number("min_per_sequence"),
            one.number("max_per_sequence"),
            one.number("min_fraction_of_sequences"),
            one.number("max_fraction_of_sequences"),
        )
        for one in taker.messages("token_constraints")
    ]
    return LanguageDomain(
        vocabulary=taker.text("vocabulary"),
        min_coverage=coverage.number("min_coverage"),
        min_avg_token_length=coverage.number("min_avg_token_length"),
        excluded_tokens=coverage.texts("excluded_string_tokens") + coverage.texts("excluded_int_tokens"),
        oov_tokens=coverage.texts("oov_string_tokens"),
        token_constraints=tuple(tokens),
        sequence_length=_range(lengths, "min_sequence_length", "max_sequence_length"),
    )


def _range(taker: Taker | None, least: str = "min", most: str = "max", *, exact: bool = True) -> Range | None:
    if taker is None:
        return None
    take = taker.whole if exact else taker.number
    return Range(take(least), take(most))


def _limits(taker: Taker | None) -> DriftLimits | None:
    if taker is None:
        return None
    names = {
        "l_infinity": "infinity_norm",
        "jensen_shannon": "jensen_shannon_divergence",
        "normalized_absolute_difference": "normalized_abs_difference",
    }
    found = {key: part for key, name in names.items() if (part := taker.message(name)) is not None}
    return DriftLimits(**{key: part.number("threshold") for key, part in found.items()})


def _sizes(taker: Taker | None) -> dict[str, Any]:
    if taker is None:
        return {}
    fractions = {
        f"num_examples_{kind}": _range(
            taker.message(f"num_examples_{kind}_comparator"),
            "min_fraction_threshold",
            "max_fraction_threshold",
            exact=False,
        )
        for kind in ("drift", "version")
    }
    counts = {f"{end}_examples": taker.whole(f"{end}_examples_count") for end in ("min", "max")}
    return {**fractions, **counts}


def _sparse(taker: Taker, within: str) -> SparseFeature:
    value = taker.message("value_feature")
    return SparseFeature(
        name=within + escaped(taker.text("name") or ""),
        index=tuple(within + escaped(one.text("name") or "") for one in taker.messages("index_feature")),
        value=within + escaped((value.text("name") if value is not None else None) or ""),
        is_sorted=taker.flag("is_sorted"),
    )


def _weighted(taker: Taker) -> Iterator[WeightedFeature]:
    for one in taker.messages("weighted_feature"):
        steps = [one.message(name) for name in ("feature", "weight_feature")]
        feature, weight = (
            ".".join(map(escaped, step.texts("step"))) if step is not None else "" for step in steps
        )
        yield WeightedFeature(name=one.text("name") or "", feature=feature, weight=weight)


def _environments(
    default: tuple[str, ...], places: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
) -> tuple[str, ...]:
    named = dict.fromkeys([*default, *(place for pair in places.values() for one in pair for place in one)])
    return tuple(named) if default else tuple(dict.fromkeys([TRAINING, SERVING, *named]))


def _placed(
    feature: Feature,
    places: tuple[tuple[str, ...], tuple[str, ...]],
    default: tuple[str, ...],
    environments: tuple[str, ...],
) -> Feature:
    """The feature with the environments it is absent in.

    It is in one if that is among its own or the default ones, and it is not said to be not in it.
    """
    if feature.present_in or feature.absent_in:
        return feature
    inside, outside = places
    there = {*inside, *(default or environments)} - {*outside}
    return replace(feature, absent_in=tuple(place for place in environments if place not in there))
