"""Reading YAML into nouns, with every problem named by its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

import yaml

from mainspring.core.errors import InputError

Problems = list[tuple[int, str]]
Reader = Callable[[yaml.Node, Problems, str], Any]
"""Makes a value of a node; or ``None``, and adds to the problems."""

# Written in C where PyYAML was built so: ten times as fast, and the same nodes.
_FAST: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHOLE: Final = re.compile(r"[+-]?[0-9]+")


def compose(text: str, *, where: str) -> yaml.Node:
    """The text as a tree of nodes that know their lines.

    Raises:
        InputError: If it is no YAML, or empty.
    """
    try:
        root = _composed(text)
    except yaml.MarkedYAMLError as error:
        place = error.problem_mark.line + 1 if error.problem_mark else 0
        raise InputError(f"line {place}: {error.problem or error.context}", where=where, expected="YAML") from None
    except yaml.YAMLError as error:
        raise InputError(str(error), where=where, expected="YAML") from None
    if root is None:
        raise InputError("the text is empty", where=where, expected="features: …")
    return root


def _composed(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_FAST)
    except yaml.YAMLError:
        # The other one says better what is wrong, and in the right line.
        return yaml.compose(text, Loader=yaml.SafeLoader)


def line(node: yaml.Node) -> int:
    """The line a node begins in, from 1."""
    return int(node.start_mark.line) + 1


def hint(word: str, known: Sequence[str]) -> str:
    """What may have been meant, or all that is known."""
    near = get_close_matches(word, known, 1)
    return f"did you mean {near[0]!r}?" if near else "known are " + ", ".join(known)


def mapping(node: yaml.Node, problems: Problems, what: str, keys: Mapping[str, Reader]) -> dict[str, Any]:
    """The values of known keys; those that could not be read are left out."""
    found: dict[str, Any] = {}
    for name, value in pairs(node, problems, what):
        if name not in keys:
            problems.append((line(value), f"{what}: unknown key {name!r}; {hint(name, list(keys))}"))
        else:
            found[name] = keys[name](value, problems, f"{what}: {name}")
    return {name: value for name, value in found.items() if value is not None}


def pairs(node: yaml.Node, problems: Problems, what: str) -> Sequence[tuple[str, yaml.Node]]:
    """The keys of a mapping as they are written, with their nodes."""
    if not isinstance(node, yaml.MappingNode):
        problems.append((line(node), f"{what}: not a mapping of keys to values"))
        return []
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = str(key.value)
        if name in found:
            problems.append((line(key), f"{what}: {name!r} is there twice, first in line {line(found[name])}"))
        found.setdefault(name, value)
    return list(found.items())


def record(cls: Callable[..., Any], keys: Mapping[str, Reader], *, needs: Sequence[str] = ()) -> Reader:
    """A reader of a mapping that makes a noun of it."""

    def reader(node: yaml.Node, problems: Problems, what: str) -> Any:
        before = len(problems)
        found = mapping(node, problems, what, keys)
        missing = [key for key in needs if key not in found]
        if missing and len(problems) == before:
            problems.append((line(node), f"{what}: what is missing: {', '.join(missing)}"))
        return cls(**found) if len(problems) == before else None

    return reader


def several(reader: Reader) -> Reader:
    """A reader of a list."""

    def read_all(node: yaml.Node, problems: Problems, what: str) -> tuple[Any, ...] | None:
        if not isinstance(node, yaml.SequenceNode):
            problems.append((line(node), f"{what}: not a list"))
            return None
        found = [reader(item, problems, what) for item in node.value]
        return tuple(value for value in found if value is not None)

    return read_all


def named(cls: Callable[..., Any], keys: Mapping[str, Reader], *, needs: Sequence[str]) -> Reader:
    """A reader of a mapping of names to nouns, which keep their names."""

    def read_all(node: yaml.Node, problems: Problems, what: str) -> tuple[Any, ...]:
        found = []
        for name, value in pairs(node, problems, what):
            before = len(problems)
            one = record(lambda **said: said, keys, needs=needs)(value, problems, f"{what} {name!r}")
            if len(problems) == before:
                found.append(cls(name=name, **one))
        return tuple(found)

    return read_all


def choice(*, known: Sequence[str], noun: str, make: Callable[[str], Any] = str) -> Reader:
    """A reader of one word out of some, in any letter case."""

    def reader(node: yaml.Node, problems: Problems, what: str) -> Any:
        word = text(node, problems, what)
        if word is None or word.upper() in known:
            return make(word.upper()) if word is not None else None
        near = get_close_matches(word.upper(), known, 1)
        told = f"did you mean {near[0]}?" if near else "known are " + ", ".join(known)
        problems.append((line(node), f"{what}: there is no {noun} {word!r}; {told}"))
        return None

    return reader


def words(reader: Reader) -> Reader:
    """A reader of a mapping of any words to values."""

    def read_all(node: yaml.Node, problems: Problems, what: str) -> dict[str, Any]:
        found = {name: reader(value, problems, f"{what}: {name}") for name, value in pairs(node, problems, what)}
        return {name: value for name, value in found.items() if value is not None}

    return read_all


def text(node: yaml.Node, problems: Problems, what: str) -> str | None:
    """A text as it is written: a domain may hold words such as no, null and 1.0 without quotes."""
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    problems.append((line(node), f"{what}: not a single value"))
    return None


def number(node: yaml.Node, problems: Problems, what: str) -> int | float | None:
    """A number; a whole one keeps all its digits."""
    if isinstance(node, yaml.ScalarNode):
        try:
            return int(node.value) if _WHOLE.fullmatch(node.value) else float(node.value)
        except ValueError:
            pass
    problems.append((line(node), f"{what}: {shown(node)} is not a number"))
    return None


def whole(node: yaml.Node, problems: Problems, what: str) -> int | None:
    """A whole number."""
    if isinstance(node, yaml.ScalarNode) and _WHOLE.fullmatch(node.value):
        return int(node.value)
    problems.append((line(node), f"{what}: {shown(node)} is not a whole number"))
    return None


def flag(node: yaml.Node, problems: Problems, what: str) -> bool | None:
    """True or false."""
    word = str(node.value).lower()
    if word not in {"true", "false"}:
        problems.append((line(node), f"{what}: {shown(node)} is neither true nor false"))
        return None
    return word == "true"


def shown(node: yaml.Node) -> str:
    """A node, for a message."""
    return repr(node.value) if isinstance(node, yaml.ScalarNode) else "this"
