"""Cuts a filter into words, and points at the place when something is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mainspring.core.errors import InputError

KEYWORDS: Final = frozenset({"AND", "OR", "NOT", "IN", "IS", "NULL", "LIKE", "ISA", "TRUE", "FALSE"})

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<number>[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)
  | (?P<text>'(?:[^']|'')*')
  | (?P<quoted>`[^`]+`)
  | (?P<parameter>:[A-Za-z_]\w*)
  | (?P<word>[^\W\d]\w*)
  | (?P<operator>!=|<>|<=|>=|==|=|<|>)
  | (?P<mark>[(),.])
    """,
    re.VERBOSE,
)


_NAME: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a filter.

    Attributes:
        kind: The name of a group of the pattern above, ``keyword`` or ``end``.
        text: As written; keywords in capitals.
        start: Where it begins.
        end: Where it ends.
    """

    kind: str
    text: str
    start: int
    end: int


def tokens(where: str) -> list[Token]:
    """The words of a filter, and an end.

    Raises:
        InputError: For a character that begins no word.
    """
    found: list[Token] = []
    place = 0
    while place < len(where):
        match = _TOKEN.match(where, place)
        if match is None:
            raise trouble(where, place, place + 1, *_stray(where[place]))
        kind = str(match.lastgroup)
        if kind == "number" and found and found[-1].kind == "mark" and found[-1].text == ".":
            match = _NAME.match(where, place) or match
            kind = "word"
        text = match[0]
        if kind == "word" and text.upper() in KEYWORDS and not (found and found[-1].text == "."):
            kind, text = "keyword", text.upper()
        if kind != "space":
            found.append(Token(kind, text, place, match.end()))
        place = match.end()
    return [*found, Token("end", "the end", len(where), len(where))]


def trouble(where: str, start: int, end: int, found: str, expected: str | None = None) -> InputError:
    """The error for a place in a filter, which it shows.

    Example:
        >>> print(trouble("stat = LIVE", 0, 4, "there is no field 'stat'"))
        there is no field 'stat' at character 1 of the filter
            stat = LIVE
            ^^^^
    """
    line_start = where.rfind("\n", 0, start) + 1
    line_end = where.find("\n", start)
    line = where[line_start:] if line_end < 0 else where[line_start:line_end]
    pointer = " " * (start - line_start) + "^" * max(1, min(end, line_start + len(line)) - start)
    return InputError(
        f"{found} at character {start + 1} of the filter\n    {line}\n    {pointer}", expected=expected
    )


def _stray(character: str) -> tuple[str, str]:
    match character:
        case "'":
            return "this text does not end", "a closing quote; a quote within a text is written ''"
        case "`":
            return "this name does not end", "a closing back quote"
        case '"':
            return (
                "double quotes mean nothing here",
                "'single quotes' around texts, `back quotes` around odd names",
            )
        case ":":
            return "a parameter without a name", "a name after the colon, such as :least"
        case _:
            return (
                f"{character!r} means nothing here",
                "a field, an operator, a value, AND, OR, NOT or parentheses",
            )
