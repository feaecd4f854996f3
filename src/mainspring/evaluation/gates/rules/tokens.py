"""Cutting the text of a rule into tokens; every token knows its place, so that errors can point at it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from mainspring.core.errors import InputError

Kind = Literal["number", "name", "word", "sign", "slice", "end"]

TIMES: Final = "\N{MULTIPLICATION SIGN}"

WORDS: Final = frozenset({"and", "or", "not", "if", "else", "pass", "fail"})

SECONDS: Final[Mapping[str, float]] = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0}
BYTES: Final[Mapping[str, float]] = {
    "B": 1.0,
    "kB": 1e3,
    "KB": 1e3,
    "MB": 1e6,
    "GB": 1e9,
    "TB": 1e12,
    "KiB": 2.0**10,
    "MiB": 2.0**20,
    "GiB": 2.0**30,
    "TiB": 2.0**40,
}
UNITS: Final[Mapping[str, float]] = {"%": 0.01, **SECONDS, **BYTES}
"""What a number is multiplied by, by the unit written after it."""

NAME: Final = re.compile(r"`[^`]+`|[^\W\d]\w*(?:\[[^\]]*\])?(?:@\d+(?:\.\d+)?)?")
"""One part of a name: ``auc``, ``recall[cat]@0.3``; any other name goes between backquotes."""

_NUMBER: Final = re.compile(r"(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_UNIT: Final = re.compile(r"\s*(%|[^\W\d_]+)")
_SIGNS: Final = re.compile(r">=|<=|==|!=|[≥≤≠><+\-*/()]|" + TIMES)
_SAME: Final[Mapping[str, str]] = {"≥": ">=", "≤": "<=", "≠": "!=", TIMES: "*"}
_COLUMN: Final = re.compile(r"""\s*("[^"]*"|'[^']*'|[^\s=,()<>!|"']+(?:\s+[^\s=,()<>!|"']+)*)\s*=(?!=)\s*""")
_QUOTED: Final = re.compile(r""""([^"]*)"|'([^']*)'""")
_VALUE: Final = re.compile(r"""\([^()\s]+\)|[^\s,()<>=!|"'≥≤≠]+""")
_EVERY: Final = re.compile(r"\s*(every slice|\*)(?=\s|\)|$)")


class Token(NamedTuple):
    """A piece of a rule.

    Attributes:
        kind: What it is.
        text: As the rest reads it: signs in one spelling, a number as it was written.
        at: Where it begins in the rule; ``end`` is where it ends.
        value: Of a number, with its unit.
        unit: The unit of a number.
        pairs: Of a slice: columns and values, ``None`` for any value; empty for every slice.
    """

    kind: Kind
    text: str
    at: int
    end: int
    value: float = 0.0
    unit: str = ""
    pairs: tuple[tuple[str, str | None], ...] = ()


def wrong(rule: str, at: int, found: str, *, expected: str | None = None, fix: str | None = None) -> InputError:
    """What is wrong with a rule, with a caret under the place."""
    return InputError(f"{found}\n    {rule}\n    {' ' * at}^", where="rule", expected=expected, fix=fix)


def tokens(rule: str) -> list[Token]:
    """All tokens of a rule, and one that marks its end.

    Raises:
        InputError: If a character cannot be read, with a caret under it.
    """
    if "\n" in rule:
        rule = " ".join(rule.split())
    found: list[Token] = []
    at = 0
    while at < len(rule):
        if rule[at].isspace():
            at += 1
            continue
        token = _token(rule, at)
        found.append(token)
        at = token.end
    return [*found, Token("end", "the end of the rule", len(rule), len(rule))]


def _token(rule: str, at: int) -> Token:
    if rule[at] == "|":
        return _slice(rule, at)
    if number := _NUMBER.match(rule, at):
        return _number(rule, at, number.end())
    if NAME.match(rule, at):
        return _name(rule, at)
    if sign := _SIGNS.match(rule, at):
        return Token("sign", _SAME.get(sign[0], sign[0]), at, sign.end())
    fix = "write == for equal" if rule[at] == "=" else None
    raise wrong(rule, at, f"{rule[at]!r} cannot be read here", expected="a metric, a number or a sign", fix=fix)


def _number(rule: str, at: int, end: int) -> Token:
    value = float(rule[at:end].replace("_", ""))
    unit = _UNIT.match(rule, end)
    if unit is None or unit[1] in WORDS:
        return Token("number", rule[at:end], at, end, value)
    if unit[1] not in UNITS:
        raise wrong(rule, unit.start(1), f"there is no unit {unit[1]!r}", expected="one of " + ", ".join(UNITS))
    return Token("number", rule[at : unit.end()], at, unit.end(), value * UNITS[unit[1]], unit[1])


def _name(rule: str, at: int) -> Token:
    end = at
    while part := NAME.match(rule, end):
        end = part.end()
        if not (rule[end : end + 1] == "." and NAME.match(rule, end + 1)):
            break
        end += 1
    text = rule[at:end]
    return Token("word" if text in WORDS else "name", text, at, end)


def _slice(rule: str, at: int) -> Token:
    """What follows a bar: ``sex=Female, race="Other Asian"``, ``sex=*``, ``*`` or ``every slice``."""
    if every := _EVERY.match(rule, at + 1):
        return Token("slice", "*", at, every.end())
    pairs: list[tuple[str, str | None]] = []
    end = at + 1
    while True:
        column = _COLUMN.match(rule, end)
        if column is None:
            raise wrong(
                rule,
                min(end, len(rule) - 1),
                "a bar is followed by no slice",
                expected="COLUMN=VALUE, as in sex=Female",
            )
        value, end = _value(rule, column.end())
        pairs.append((column[1].strip("\"'"), value))
        comma = re.compile(r"\s*,").match(rule, end)
        if comma is None:
            return Token("slice", rule[at + 1 : end].strip(), at, end, pairs=tuple(sorted(pairs, key=_column)))
        end = comma.end()


def _column(pair: tuple[str, str | None]) -> str:
    return pair[0]


def _value(rule: str, at: int) -> tuple[str | None, int]:
    """The value of a column, and where it ends: words up to a sign, or a word such as ``and``."""
    if quoted := _QUOTED.match(rule, at):
        return quoted[1] if quoted[1] is not None else quoted[2], quoted.end()
    words: list[str] = []
    end = at
    while word := _VALUE.match(rule, end):
        if word[0] in WORDS or (words and word[0] in {"+", "-", "*", "/", TIMES}):
            break
        words.append(word[0])
        end = word.end()
        blank = re.compile(r"\s+").match(rule, end)
        if blank is None:
            break
        end = blank.end()
    if not words:
        raise wrong(
            rule,
            min(at, len(rule) - 1),
            "a slice lacks its value",
            expected='a value, in quotes if it holds signs: age="≤ 28"',
        )
    end = at + len(rule[at:end].rstrip())
    return (None if words == ["*"] else " ".join(words)), end
