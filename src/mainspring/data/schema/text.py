"""The schema as YAML text: written for people, read with every problem named by its line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import yaml

from mainspring.core.errors import InputError
from mainspring.data.celltypes import ColumnType
from mainspring.data.schema import nodes
from mainspring.data.schema.constraints import (
    DriftLimits,
    Range,
    SparseFeature,
    SqlCheck,
    Stage,
    ValueCount,
    WeightedFeature,
)
from mainspring.data.schema.declaration import Declaration
from mainspring.data.schema.domains import (
    TIME_UNITS,
    BoolDomain,
    ImageDomain,
    LanguageDomain,
    TimeDomain,
    TokenConstraint,
)
from mainspring.data.schema.feature import Feature
from mainspring.data.schema.plain import said

HEAD: Final = """\
# What the data should look like. Written on the first run from the training rows; yours to edit.
# Only what differs from the usual is written. A field of a structure is a feature of its own: person.age
#
#   type             INT, FLOAT, STRING, BOOL, DATE, TIMESTAMP, BYTES, STRUCT, or OTHER (nothing seen yet);
#                    STRING on a column of whole numbers makes them categories
#   required         false if the column may be missing altogether
#   presence         the least fraction of rows that have a value; min_count the least number of them
#   value_counts     values per list, the outer level first: [{min: 1, max: 3}]
#   shape            the exact number of values per level instead: [2, 3]
#   domain           the values a STRING may have; leave it out for any
#   min_domain_mass  the least fraction of values from the domain (1 if left out); fewer stop the run,
#                    others only warn
#   min, max         the range of a number
#   allow_nan, allow_inf   true if NaN or infinity may come
#   categorical      true if numbers stand for categories
#   bool_domain      the two values of a flag: {true_value: Y, false_value: N}
#   time             points in time: {format: "%d/%m/%Y"} or {unit: UNIX_SECONDS}
#   language, image  natural language and images, with their limits
#   unique           how many different values there may be; length: how many characters: {min: 1, max: 20}
#   absent_in        environments without this column (a label is absent in SERVING);
#                    present_in the only ones with it
#   stage            PRODUCTION if left out; PLANNED, ALPHA, DEPRECATED, DEBUG_ONLY, DISABLED are not validated
#   drift, skew      limits of its own, to the data before and from training to serving:
#                    l_infinity for words, jensen_shannon for numbers, and others
#   protected        true if it must not decide about people, such as sex or race
#   frozen           true if updates must leave it as it is
#   description, tags, severities   for people; and what an anomaly is: {SCHEMA_NEW_COLUMN: IGNORE}
"""

_READABLE: Final = re.compile(r"[A-Za-z][A-Za-z0-9 _.()/&-]*")
_WIDE: Final = 100


def write(schema: Declaration) -> str:
    """The text of a schema. Equal schemas with their columns in the same order give equal texts."""
    return HEAD + body(schema)


def body(schema: Declaration) -> str:
    """The text without the comments at its head."""
    lines = []
    if schema.version is not None:
        lines.append(f"version: {schema.version}")
    if not schema.strict:
        lines.append("strict: false")
    if schema.label is not None:
        lines.append(f"label: {_scalar(schema.label)}")
    lines.append(f"environments: {_flow(list(schema.environments))}")
    whole = {
        "examples": _examples(schema),
        "drift": said(schema.drift),
        "skew": said(schema.skew),
        "severities": dict(sorted(schema.severities.items())),
    }
    lines += [f"{key}: {_flow(value)}" for key, value in whole.items() if value]
    for key, found in (("sparse", schema.sparse), ("weighted", schema.weighted), ("checks", schema.checks)):
        lines += _named(key, [said(one) for one in found])
    lines += ["", "features:" if schema.features else "features: {}"]
    for feature in schema.features.values():
        lines += _feature(feature)
    return "\n".join(lines) + "\n"


def _examples(schema: Declaration) -> dict[str, Any]:
    found: dict[str, Any] = {"min": schema.min_examples, "max": schema.max_examples}
    for key, fractions in (("drift", schema.num_examples_drift), ("version", schema.num_examples_version)):
        found[key] = None if fractions is None else said(fractions)
    return {key: value for key, value in found.items() if value is not None}


def _named(key: str, found: list[dict[str, Any]]) -> list[str]:
    lines = [f"{key}:"] if found else []
    for one in found:
        lines.append(f"  {_scalar(one.pop('name'))}:")
        lines += [f"    {name}: {_sql(value) if name == 'sql' else _flow(value)}" for name, value in one.items()]
    return lines


def _feature(feature: Feature) -> list[str]:
    keys = said(feature)
    lines = [f"  {_scalar(feature.name)}:"]
    for key, value in keys.items():
        if key == "domain" and value:
            lines += ["    domain:", *(f"      - {_scalar(word)}" for word in value)]
        elif isinstance(value, Mapping) and len(_flow(value)) > _WIDE:
            lines += [f"    {key}:", *(f"      {_scalar(name)}: {_flow(one)}" for name, one in value.items())]
        elif key != "name":
            lines.append(f"    {key}: {_flow(value)}")
    return lines


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(str(key))}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value)
    return _scalar(str(value))


def _number(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


@lru_cache(maxsize=4096)
def _scalar(word: str) -> str:
    if _READABLE.fullmatch(word) and word == word.strip() and isinstance(yaml.safe_load(word), str):
        return word
    # A JSON string is a YAML string, except for characters beyond the first plane and some that cannot be seen.
    return "".join(
        character if character.isprintable() else f"\\U{ord(character):08x}"
        for character in json.dumps(word, ensure_ascii=False)
    )


def _sql(text: str) -> str:
    """SQL is full of double quotes: kept readable where YAML has a plainer way to hold it."""
    if "\n" not in text and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    lines = text.split("\n")
    block = all(line.isprintable() and line == line.strip() and line for line in lines)
    return "\n".join(["|-", *(f"      {line}" for line in lines)]) if block else _scalar(text)


def read(text: str, *, where: str) -> dict[str, Any]:
    """The arguments of a ``Schema`` from its text.

    Raises:
        InputError: If the text is not a schema: every problem, with its line.
    """
    root = nodes.compose(text, where=where)
    problems: nodes.Problems = []
    arguments = _arguments(nodes.mapping(root, problems, "schema", _SCHEMA))
    if "features" not in arguments:
        problems.append((nodes.line(root), "there are no features"))
    elif arguments.get("strict", True):
        _contradictions(arguments, root, problems)
    if problems:
        listed = "\n  ".join(f"line {line}: {why}" for line, why in sorted(set(problems)))
        raise InputError(
            listed, where=where, fix="mend these lines; the head of a written schema explains the keys"
        )
    return arguments


def _arguments(found: dict[str, Any]) -> dict[str, Any]:
    examples = found.pop("examples", {})
    names = {"min": "min_examples", "max": "max_examples", "drift": "num_examples_drift"}
    names["version"] = "num_examples_version"
    # A text without limits has none; a schema made in Python has the usual ones.
    return {"drift": DriftLimits(), **found, **{names[key]: value for key, value in examples.items()}}


def _contradictions(arguments: Mapping[str, Any], root: yaml.Node, problems: nodes.Problems) -> None:
    found: Mapping[str, Feature | None] = arguments["features"]
    # What could not be read still counts as being there, so that nothing is called missing on its account.
    features = {name: one or Feature(name=name, type=ColumnType.OTHER) for name, one in found.items()}
    unread = {name for name, one in found.items() if one is None}
    top = _places(root)
    places = _places(top["features"][1])
    for key, problem in Declaration(**{**arguments, "features": features, "strict": False}).problems_by_key():
        if problem.path in unread:
            continue
        if problem.path in places:
            line, node = places[problem.path]
            told = (_places(node).get(key, (line, node))[0], f"feature {problem.path!r}: {problem.sentence}")
        else:
            told = (top.get(key, (nodes.line(root), root))[0], problem.sentence)
        problems.append(told)


def _places(node: yaml.Node) -> dict[str, tuple[int, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {str(key.value): (nodes.line(key), value) for key, value in node.value}


def _features(node: yaml.Node, problems: nodes.Problems, what: str) -> dict[str, Feature | None]:
    return {name: _read_feature(name, value, problems) for name, value in nodes.pairs(node, problems, what)}


def _read_feature(name: str, node: yaml.Node, problems: nodes.Problems) -> Feature | None:
    before = len(problems)
    found = nodes.mapping(node, problems, f"feature {name!r}", _FEATURE)
    if "type" not in found and len(problems) == before:
        problems.append((nodes.line(node), f"feature {name!r}: the type is missing"))
    return Feature(name=name, **found) if len(problems) == before else None


_RANGE: Final = nodes.record(Range, {"min": nodes.number, "max": nodes.number})
_WORDS: Final = nodes.several(nodes.text)
_SEVERITY: Final = nodes.choice(known=("ERROR", "WARNING", "IGNORE"), noun="severity")
_DRIFT: Final = nodes.record(DriftLimits, dict.fromkeys(DriftLimits.__slots__, nodes.number))
_TOKEN: Final[Mapping[str, nodes.Reader]] = {
    "token": nodes.text,
    **dict.fromkeys(("min_per_sequence", "max_per_sequence", "min_fraction", "max_fraction"), nodes.number),
}
_LANGUAGE: Final[Mapping[str, nodes.Reader]] = {
    "vocabulary": nodes.text,
    "min_coverage": nodes.number,
    "min_avg_token_length": nodes.number,
    "excluded_tokens": _WORDS,
    "oov_tokens": _WORDS,
    "token_constraints": nodes.several(nodes.record(TokenConstraint, _TOKEN, needs=["token"])),
    "sequence_length": _RANGE,
}
_TIME: Final[Mapping[str, nodes.Reader]] = {
    "format": nodes.text,
    "unit": nodes.choice(known=TIME_UNITS, noun="unit"),
    "of_day": nodes.flag,
}

_FEATURE: Final[Mapping[str, nodes.Reader]] = {
    "type": nodes.choice(known=list(ColumnType.__members__), noun="type", make=ColumnType),
    "required": nodes.flag,
    "presence": nodes.number,
    "min_count": nodes.whole,
    "value_counts": nodes.several(nodes.record(ValueCount, {"min": nodes.whole, "max": nodes.whole})),
    "shape": nodes.several(nodes.whole),
    "domain": _WORDS,
    "min_domain_mass": nodes.number,
    "min": nodes.number,
    "max": nodes.number,
    "allow_nan": nodes.flag,
    "allow_inf": nodes.flag,
    "categorical": nodes.flag,
    "bool_domain": nodes.record(BoolDomain, {"true_value": nodes.text, "false_value": nodes.text}),
    "time": nodes.record(TimeDomain, _TIME),
    "language": nodes.record(LanguageDomain, _LANGUAGE),
    "image": nodes.record(ImageDomain, {"min_supported_fraction": nodes.number, "max_bytes": nodes.whole}),
    "unique": _RANGE,
    "length": _RANGE,
    "present_in": _WORDS,
    "absent_in": _WORDS,
    "stage": nodes.choice(known=list(Stage.__members__), noun="stage", make=Stage),
    "drift": _DRIFT,
    "skew": _DRIFT,
    "protected": nodes.flag,
    "frozen": nodes.flag,
    "description": nodes.text,
    "tags": _WORDS,
    "severities": nodes.words(_SEVERITY),
}

_CHECK: Final[Mapping[str, nodes.Reader]] = {
    "sql": nodes.text,
    "description": nodes.text,
    "severity": _SEVERITY,
    "feature": nodes.text,
}

_SCHEMA: Final[Mapping[str, nodes.Reader]] = {
    "version": nodes.whole,
    "strict": nodes.flag,
    "label": nodes.text,
    "environments": _WORDS,
    "examples": nodes.record(dict, {"min": nodes.whole, "max": nodes.whole, "drift": _RANGE, "version": _RANGE}),
    "drift": _DRIFT,
    "skew": _DRIFT,
    "severities": nodes.words(_SEVERITY),
    "sparse": nodes.named(
        SparseFeature, {"index": _WORDS, "value": nodes.text, "is_sorted": nodes.flag}, needs=["index", "value"]
    ),
    "weighted": nodes.named(
        WeightedFeature, {"feature": nodes.text, "weight": nodes.text}, needs=["feature", "weight"]
    ),
    "checks": nodes.named(SqlCheck, _CHECK, needs=["sql"]),
    "features": _features,
}
