"""Patterns: paths in which a placeholder stands for the span, its date or its version.

=========================  =========================================================================
``{SPAN}``                 a whole number
``{SPAN:4}``               a whole number, filled with zeros to this width: ``0007``
``{YYYY}`` ``{MM}`` ``{DD}``  a date, all three; the span is the days since 1970-01-01
``{VERSION}``              the edition of a span, a whole number; ``{VERSION:2}`` likewise
``*`` ``?`` ``[ab]`` ``**``  as in globs
=========================  =========================================================================

The placeholders are those of TFX's ExampleGen. After them, ``@`` and a range may follow:
``data/{YYYY}/{MM}/{DD}/*.csv @ last 7``.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from mainspring.core.errors import InputError

_DATE: Final = ("YYYY", "MM", "DD")
_WIDTHS: Final = {"YYYY": 4, "MM": 2, "DD": 2}
_PLACEHOLDER: Final = re.compile(r"\{(SPAN|VERSION|YYYY|MM|DD)(?::([^{}]*))?\}")
_LIKE: Final = re.compile(r"\{\s*(?:span|version|yyyy|mm|dd)\b[^{}]*\}", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"\s@\s")
_EPOCH: Final = date(1970, 1, 1).toordinal()
_GLOB: Final = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]/]*\]")


def as_date(number: int) -> date:
    """The date of a span that counts days since 1970-01-01.

    Example:
        >>> as_date(17167)
        datetime.date(2017, 1, 1)
    """
    return date.fromordinal(_EPOCH + number)


def as_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH


def is_pattern(location: str) -> bool:
    """Whether a location has a placeholder, or something that was meant to be one.

    Example:
        >>> is_pattern("data/span-{SPAN}/*.csv"), is_pattern("data/*.csv")
        (True, False)
    """
    return _LIKE.search(location) is not None


def split_location(location: str) -> tuple[str, str | None]:
    """A location as pattern and range; a location that is no pattern has none.

    Example:
        >>> split_location("in/{SPAN}.csv @ last 2")
        ('in/{SPAN}.csv', 'last 2')
    """
    if not is_pattern(location):
        return location, None
    *pattern, last = _BETWEEN.split(location)
    return (" @ ".join(pattern), last.strip()) if pattern else (location, None)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A placeholder, and how many digits it stands for (0: as many as there are)."""

    name: str
    width: int = 0

    def __str__(self) -> str:
        return f"{{{self.name}:{self.width}}}" if self.width and self.name not in _DATE else f"{{{self.name}}}"


@dataclass(frozen=True, slots=True)
class Match:
    """What a path says.

    Attributes:
        number: The span.
        version: Its version, where the pattern has one.
        texts: Placeholder to what stands in its place.
    """

    number: int
    version: int | None
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A path with placeholders.

    Attributes:
        text: As it was written.
        parts: Texts and placeholders, in order.
    """

    text: str
    parts: tuple[str | Placeholder, ...]

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Read a pattern.

        Raises:
            InputError: If it has no placeholder or contradicts itself; everything that is wrong is listed.

        Example:
            >>> Pattern.parse("span-{SPAN:3}/v{VERSION}/*.csv").fill({"SPAN": "007", "VERSION": "2"})
            'span-007/v2/*.csv'
        """
        parts: list[str | Placeholder] = []
        problems: list[str] = []
        start = 0
        for found in _PLACEHOLDER.finditer(text):
            parts += [text[start : found.start()]] if found.start() > start else []
            parts.append(_placeholder(found[1], found[2], problems))
            start = found.end()
        parts += [text[start:]] if start < len(text) else []
        problems += _contradictions(text, parts)
        if problems:
            raise InputError(
                "; ".join(problems),
                where=text,
                expected="{SPAN}, or {YYYY}, {MM} and {DD}, and perhaps {VERSION}: data/{SPAN:4}/v{VERSION}/*.csv",
            )
        return cls(text, tuple(parts))

    @property
    def by_date(self) -> bool:
        """Whether spans are days."""
        return "YYYY" in self._names

    @property
    def has_versions(self) -> bool:
        """Whether spans have versions."""
        return "VERSION" in self._names

    @property
    def names_folders(self) -> bool:
        """Whether the pattern ends with the name of a folder or file, not with a glob."""
        last = (
            "".join(part if isinstance(part, str) else "0" for part in self.parts).rstrip("/").rpartition("/")[2]
        )
        return not _GLOB.search(last)

    @property
    def _names(self) -> set[str]:
        return {part.name for part in self.parts if isinstance(part, Placeholder)}

    def glob(self) -> str:
        """A glob that finds everything that may match."""
        return "".join(part if isinstance(part, str) else _as_glob(part) for part in self.parts)

    def fill(self, texts: Mapping[str, str]) -> str:
        """The pattern with texts in the place of placeholders."""
        return "".join(part if isinstance(part, str) else texts[part.name] for part in self.parts)

    def match(self, path: str) -> Match | None:
        """What a path says, if it matches.

        Raises:
            InputError: If it has another number of digits than the pattern asks for, or is no date.
        """
        found = _compiled(self.parts).fullmatch(path)
        if found is None:
            return None
        texts = found.groupdict()
        for part in self.parts:
            if isinstance(part, Placeholder) and part.name not in _DATE and part.width:
                text = texts[part.name]
                if text != f"{int(text):0{part.width}d}":
                    raise InputError(
                        f"{path} has {len(text)} digits, {text}, where the pattern says {part}",
                        expected=f"{int(text):0{part.width}d}",
                    )
        version = int(texts["VERSION"]) if self.has_versions else None
        return Match(_number(path, texts), version, texts)


def _placeholder(name: str, width: str | None, problems: list[str]) -> Placeholder:
    if name in _DATE:
        if width is not None:
            problems.append(f"{{{name}}} has a width of its own: {_WIDTHS[name]} digits")
        return Placeholder(name, _WIDTHS[name])
    if width is not None and not (width.isascii() and width.isdigit() and 1 <= int(width) <= 18):
        problems.append(f"{{{name}:{width}}} has no width from 1 to 18")
        return Placeholder(name)
    return Placeholder(name, int(width or 0))


def _contradictions(text: str, parts: Sequence[str | Placeholder]) -> list[str]:
    found = [part for part in parts if isinstance(part, Placeholder)]
    names = {one.name for one in found}
    problems = [f"{wrong[0]} is no placeholder" for wrong in _LIKE.finditer(_PLACEHOLDER.sub("", text))]
    dates = [name for name in _DATE if name in names]
    if "SPAN" in names and dates:
        problems.append("both {SPAN} and a date say what the span is")
    if 0 < len(dates) < len(_DATE):
        absent = " and ".join(f"{{{name}}}" for name in _DATE if name not in dates)
        problems.append(f"the date has no {absent}")
    if "SPAN" not in names and not dates:
        problems.append("there is no {SPAN} and no date" if names else "there is no placeholder")
    for name in sorted(names):
        widths = sorted({one.width for one in found if one.name == name})
        if len(widths) > 1:
            problems.append(f"{{{name}}} has several widths")
    for one, next_ in itertools.pairwise(parts):
        if isinstance(one, Placeholder) and isinstance(next_, Placeholder) and not (one.width and next_.width):
            problems.append(f"nobody can tell where {one} ends and {next_} begins: give both a width")
    if re.search(r"\[[^\]/]*\0[^\]/]*\]", _PLACEHOLDER.sub("\0", text)):
        problems.append("a placeholder stands between [ and ]")
    return problems


@functools.lru_cache(maxsize=256)
def _compiled(parts: tuple[str | Placeholder, ...]) -> re.Pattern[str]:
    seen: set[str] = set()
    found = []
    for place, part in enumerate(parts):
        if isinstance(part, str):
            found.append(_as_regex(part))
            continue
        before = parts[place - 1] if place else ""
        after = parts[place + 1] if place + 1 < len(parts) else ""
        alone = not (isinstance(before, Placeholder) or isinstance(after, Placeholder))
        if part.name in seen:
            digits = f"(?P={part.name})"
        else:
            exact = part.name in _DATE or not alone
            digits = f"(?P<{part.name}>[0-9]{f'{{{part.width}}}' if exact else '+'})"
        seen.add(part.name)
        # A number is all its digits, unless the pattern itself puts one beside them.
        start = "" if isinstance(before, Placeholder) or before[-1:].isdigit() else "(?<![0-9])"
        end = "" if isinstance(after, Placeholder) or after[:1].isdigit() else "(?![0-9])"
        found.append(start + digits + end)
    return re.compile("".join(found), re.DOTALL)


def _as_glob(part: Placeholder) -> str:
    return "[0-9]" * part.width if part.name in _DATE else "[0-9]*"


def _as_regex(text: str) -> str:
    found, start = [], 0
    for magic in _GLOB.finditer(text):
        found.append(re.escape(text[start : magic.start()]))
        found.append(_one_as_regex(magic[0]))
        start = magic.end()
    return "".join([*found, re.escape(text[start:])])


def _one_as_regex(magic: str) -> str:
    if magic in _MAGIC:
        return _MAGIC[magic]
    inside = re.sub(r"([\\\[^&~|])", r"\\\1", magic[1:-1])
    return f"[^{inside[1:]}]" if inside.startswith("!") else f"[{inside}]"


_MAGIC: Final = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _number(path: str, texts: Mapping[str, str]) -> int:
    if "SPAN" in texts:
        return int(texts["SPAN"])
    try:
        return as_number(date(*(int(texts[name]) for name in _DATE)))
    except ValueError as error:
        said = "-".join(texts[name] for name in _DATE)
        raise InputError(f"{path} has no date: {said} ({error})", expected="year, month and day") from None
