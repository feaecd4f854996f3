"""The schema as YAML text: written for people, read with every problem named by its line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

import yaml

from mainspring.core.errors import InputError
from mainspring.data.celltypes import ColumnType
from mainspring.data.schema.constraints import DriftLimits
from mainspring.data.schema.feature import Feature

_HEAD: Final = """\
# What the data should look like. Written on the first run from the training rows; yours to edit.
#
#   type             INT, FLOAT, STRING, BOOL, DATE, TIMESTAMP, BYTES, or OTHER (nothing seen yet);
#                    STRING on a column of whole numbers makes them categories
#   required         false if the column may be missing altogether
#   presence         the least fraction of rows that have a value
#   domain           the values a STRING may have; leave it out for any
#   min_domain_mass  the least fraction of values from the domain; fewer stop the run, others only warn
#   min, max         the range of a number
#   allow_nan, allow_inf   true if NaN or infinity may come
#   absent_in        environments without this column (a label is absent in SERVING)
#   drift            limits of its own: l_infinity for words, jensen_shannon for numbers
"""

_READABLE: Final = re.compile(r"[A-Za-z][A-Za-z0-9 _.()/&-]*")
_Problems = list[tuple[int, str]]
_Reader = Callable[[yaml.Node, _Problems, str], Any]


def write(
    features: Mapping[str, Feature],
    *,
    label: str | None,
    environments: Sequence[str],
    examples: Mapping[str, int | None],
    drift: DriftLimits,
) -> str:
    """The text of a schema. Equal schemas give equal texts."""
    lines = [_HEAD]
    if label is not None:
        lines.append(f"label: {_scalar(label)}")
    lines.append(f"environments: [{', '.join(map(_scalar, environments))}]")
    lines += _inline("examples", examples, "")
    lines += _inline("drift", _limits(drift), "")
    lines += ["", "features:"]
    for feature in features.values():
        lines += _feature(feature)
    return "\n".join(lines) + "\n"


def _feature(feature: Feature) -> list[str]:
    lines = [f"  {_scalar(feature.name)}:", f"    type: {feature.type.value}"]
    if not feature.required:
        lines.append("    required: false")
    if feature.presence:
        lines.append(f"    presence: {_number(feature.presence)}")
    if feature.domain is not None:
        lines.append("    domain:" if feature.domain else "    domain: []")
        lines += [f"      - {_scalar(word)}" for word in feature.domain]
        lines.append(f"    min_domain_mass: {_number(feature.min_domain_mass)}")
    for key in ("min", "max"):
        value = getattr(feature, key)
        if value is not None:
            lines.append(f"    {key}: {_number(value)}")
    lines += [f"    {key}: true" for key in ("allow_nan", "allow_inf") if getattr(feature, key)]
    if feature.absent_in:
        lines.append(f"    absent_in: [{', '.join(map(_scalar, feature.absent_in))}]")
    return lines + _inline("drift", _limits(feature.drift), "    ")


def _limits(limits: DriftLimits) -> dict[str, float | None]:
    return {"l_infinity": limits.l_infinity, "jensen_shannon": limits.jensen_shannon}


def _inline(key: str, values: Mapping[str, float | None], indent: str) -> list[str]:
    given = [f"{name}: {_number(value)}" for name, value in values.items() if value is not None]
    return [f"{indent}{key}: {{{', '.join(given)}}}"] if given else []


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def _scalar(word: str) -> str:
    if _READABLE.fullmatch(word) and word == word.strip() and isinstance(yaml.safe_load(word), str):
        return word
    # A JSON string is a YAML string, except for characters beyond the first plane and some that cannot be seen.
    return "".join(
        character if character.isprintable() else f"\\U{ord(character):08x}"
        for character in json.dumps(word, ensure_ascii=False)
    )


def read(text: str, *, where: str) -> dict[str, Any]:
    """The arguments of a ``Schema`` from its text.

    Raises:
        InputError: If the text is not a schema: every problem, with its line.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise InputError(f"line {line}: {error.problem or error.context}", where=where, expected="YAML") from None
    except yaml.YAMLError as error:
        raise InputError(str(error), where=where, expected="YAML") from None
    if root is None:
        raise InputError("the text is empty", where=where, expected="features: …")
    problems: _Problems = []
    found = _mapping(root, problems, "schema", _SCHEMA)
    arguments = _arguments(found, root, problems)
    if problems:
        listed = "\n  ".join(f"line {line}: {why}" for line, why in sorted(set(problems)))
        raise InputError(
            listed, where=where, fix="mend these lines; the head of a written schema explains the keys"
        )
    return arguments


def _arguments(found: dict[str, Any], root: yaml.Node, problems: _Problems) -> dict[str, Any]:
    examples = found.pop("examples", None) or {}
    drift = found.pop("drift", None)
    if "features" not in found:
        problems.append((_line(root), "there are no features"))
    arguments = {
        **found,
        "min_examples": examples.get("min"),
        "max_examples": examples.get("max"),
        "drift": DriftLimits(**drift) if drift is not None else DriftLimits(),
    }
    if "environments" not in found:
        arguments.pop("environments", None)
    label = found.get("label")
    features = found.get("features") or {}
    if label is not None and features and label not in features:
        near = get_close_matches(label, features, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        problems.append((1, f"the label {label!r} is not among the features{hint}"))
    return arguments


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _mapping(node: yaml.Node, problems: _Problems, what: str, keys: Mapping[str, _Reader]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in _pairs(node, problems, what):
        if name not in keys:
            near = get_close_matches(name, keys, 1)
            hint = f"did you mean {near[0]!r}?" if near else "known are " + ", ".join(keys)
            problems.append((_line(value), f"{what}: unknown key {name!r}; {hint}"))
        else:
            found[name] = keys[name](value, problems, f"{what}: {name}")
    return {name: value for name, value in found.items() if value is not None}


def _pairs(node: yaml.Node, problems: _Problems, what: str) -> Sequence[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        problems.append((_line(node), f"{what}: not a mapping of keys to values"))
        return []
    pairs: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = str(key.value)
        if name in pairs:
            problems.append((_line(key), f"{what}: {name!r} is there twice, first in line {_line(pairs[name])}"))
        pairs.setdefault(name, value)
    return list(pairs.items())


def _text(node: yaml.Node, problems: _Problems, what: str) -> str | None:
    # The text as written: a domain may hold words such as no, null and 1.0 without quotes.
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    problems.append((_line(node), f"{what}: not a single value"))
    return None


def _texts(node: yaml.Node, problems: _Problems, what: str) -> tuple[str, ...] | None:
    if not isinstance(node, yaml.SequenceNode):
        problems.append((_line(node), f"{what}: not a list"))
        return None
    found = [_text(item, problems, what) for item in node.value]
    return tuple(word for word in found if word is not None)


def _float(node: yaml.Node, problems: _Problems, what: str) -> float | None:
    try:
        return float(node.value)
    except (TypeError, ValueError):
        problems.append((_line(node), f"{what}: {node.value!r} is not a number"))
        return None


def _int(node: yaml.Node, problems: _Problems, what: str) -> int | None:
    try:
        return int(node.value)
    except (TypeError, ValueError):
        problems.append((_line(node), f"{what}: {node.value!r} is not a whole number"))
        return None


def _bool(node: yaml.Node, problems: _Problems, what: str) -> bool | None:
    word = str(node.value).lower()
    if word not in {"true", "false"}:
        problems.append((_line(node), f"{what}: {node.value!r} is neither true nor false"))
        return None
    return word == "true"


def _type(node: yaml.Node, problems: _Problems, what: str) -> ColumnType | None:
    word = _text(node, problems, what)
    if word is None or word.upper() in ColumnType.__members__:
        return ColumnType[word.upper()] if word is not None else None
    near = get_close_matches(word.upper(), list(ColumnType.__members__), 1)
    hint = f"did you mean {near[0]}?" if near else "known are " + ", ".join(ColumnType)
    problems.append((_line(node), f"{what}: there is no type {word!r}; {hint}"))
    return None


def _drift(node: yaml.Node, problems: _Problems, what: str) -> dict[str, float]:
    return _mapping(node, problems, what, {"l_infinity": _float, "jensen_shannon": _float})


def _examples(node: yaml.Node, problems: _Problems, what: str) -> dict[str, int]:
    return _mapping(node, problems, what, {"min": _int, "max": _int})


def _features(node: yaml.Node, problems: _Problems, what: str) -> dict[str, Feature]:
    return {name: _read_feature(name, value, problems) for name, value in _pairs(node, problems, what)}


def _read_feature(name: str, node: yaml.Node, problems: _Problems) -> Feature:
    before = len(problems)
    found = _mapping(node, problems, f"feature {name!r}", _FEATURE)
    if "type" not in found and len(problems) == before:
        problems.append((_line(node), f"feature {name!r}: the type is missing"))
    drift = found.pop("drift", None)
    feature = Feature(
        name=name, type=found.pop("type", ColumnType.OTHER), drift=DriftLimits(**(drift or {})), **found
    )
    lines = {key.value: _line(key) for key, _ in node.value} if isinstance(node, yaml.MappingNode) else {}
    if len(problems) == before:
        problems.extend(
            (lines.get(key, _line(node)), f"feature {name!r}: {why}") for key, why in feature.problems()
        )
    return feature


_FEATURE: Final[Mapping[str, _Reader]] = {
    "type": _type,
    "required": _bool,
    "presence": _float,
    "domain": _texts,
    "min_domain_mass": _float,
    "min": _float,
    "max": _float,
    "allow_nan": _bool,
    "allow_inf": _bool,
    "absent_in": _texts,
    "drift": _drift,
}

_SCHEMA: Final[Mapping[str, _Reader]] = {
    "label": _text,
    "environments": _texts,
    "examples": _examples,
    "drift": _drift,
    "features": _features,
}
