"""What was given, as the arguments of an operation: all that is wrong with it is told at once, in words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.app.api.operation import Operation

_LARGEST: Final = 2**53
"""Up to here every program and every store has the same whole number; a cell of a row may be larger."""

_KINDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a text",
    "array": "a list",
    "object": "an object",
    "null": "nothing",
}
_TOLD: Final = re.compile(r"(?:Expected `([^`]+)`, got `[^`]+`|(.+?))(?: - at `\$(.*)`)?", re.DOTALL)
_SHOWN: Final = 60


def bound(asked: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of an operation, of their types; texts of forms and addresses are read as what they stand for.

    Raises:
        InputError: If one is missing, unknown, or not of its type.
    """
    fields = {one.name: one for one in msgspec.structs.fields(asked.inputs)}
    names = _misnamed(given, fields)
    if names:
        known = ", ".join(fields) or "none"
        raise InputError("; ".join(names), where=asked.name, expected=f"arguments: {known}", fix=_help(asked))
    found: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for name, field in fields.items():
        if name not in given:
            found[name] = field.default_factory()
            continue
        try:
            found[name] = msgspec.convert(given[name], field.type, strict=False)
        except msgspec.ValidationError as error:
            told = "not what it has to be" if name in asked.secrets else _cut(given[name])
            wrong.append((f"{name} is {told}", _wanted(field.type, str(error))))
        else:
            wrong += _impossible(name, found[name])
    if wrong:
        expected = "; ".join(dict.fromkeys(one for _, one in wrong))
        raise InputError("; ".join(one for one, _ in wrong), where=asked.name, expected=expected, fix=_help(asked))
    return found


def _misnamed(given: Mapping[str, Any], fields: Mapping[str, Any]) -> list[str]:
    """What is wrong with the names of arguments; for one that is unknown the nearest is offered."""
    told = []
    for name in given:
        if name not in fields:
            near = get_close_matches(name, fields, n=1)
            told.append(f"there is no argument {_cut(name)}" + (f" (did you mean {near[0]!r}?)" if near else ""))
    missing = [name for name, field in fields.items() if field.required and name not in given]
    return told + ([f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"] if missing else [])


def _wanted(kind: Any, problem: str) -> str:
    """What an argument has to be, in words."""
    words = _words_of(msgspec.inspect.type_info(kind))
    if words:
        return f"one of {', '.join(words)}"
    kinds, other, place = cast("re.Match[str]", _TOLD.fullmatch(problem)).groups()
    named = [_KINDS.get(one, one) for one in kinds.split(" | ")] if kinds else [other]
    return " or ".join(dict.fromkeys(named)) + (f" at {place}" if place else "")


def _words_of(kind: msgspec.inspect.Type) -> list[str]:
    """The words that an argument has to be one of; none if it may be anything else."""
    if isinstance(kind, msgspec.inspect.Metadata):
        return _words_of(kind.type)
    if isinstance(kind, msgspec.inspect.UnionType):
        parts = [_words_of(one) for one in kind.types if not isinstance(one, msgspec.inspect.NoneType)]
        return [word for part in parts for word in part] if all(parts) else []
    if isinstance(kind, msgspec.inspect.LiteralType):
        return [str(one) or '""' for one in kind.values]
    return [str(one.value) for one in kind.cls] if isinstance(kind, msgspec.inspect.EnumType) else []


def _impossible(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Numbers that no program and texts that no store keeps."""
    for one in value if isinstance(value, (list, tuple)) else (value,):
        if isinstance(one, (int, float)) and not (math.isfinite(one) and abs(one) <= _LARGEST):
            yield f"{name} is {str(one)[:40]}", f"a number between -{_LARGEST} and {_LARGEST}"
        elif isinstance(one, str) and "\0" in one:
            yield f"{name} holds a NUL character", "a text without"


def _cut(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def _help(asked: Operation) -> str:
    return f"see /rest#op-{asked.name.replace('.', '-')}"
