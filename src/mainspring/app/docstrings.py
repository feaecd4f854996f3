"""What a Google docstring says: of the whole, and of each argument."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_SECTION: Final = re.compile(r"^(Args|Attributes|Example|Examples|Raises|Returns|Yields):\s*$", re.MULTILINE)
_NAMED: Final = re.compile(r" {1,8}\*{0,2}(\w+)(?: \([^)]*\))?: (.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a docstring says.

    Attributes:
        summary: Its first paragraph, as one line.
        details: The paragraphs after it, up to the first section.
        arguments: What the section ``Args:`` says of each argument.
    """

    summary: str
    details: str
    arguments: Mapping[str, str]


def told_by(described: Callable[..., Any] | str) -> Told:
    r"""What the docstring of a function says, or one that is given.

    Example:
        >>> told_by("Stop a run.\n\nArgs:\n    reason: Why; it stays\n        in the record.").arguments
        {'reason': 'Why; it stays in the record.'}
    """
    text = inspect.cleandoc(described) if isinstance(described, str) else inspect.getdoc(described) or ""
    first = _SECTION.search(text)
    summary, _, details = (text[: first.start()] if first else text).partition("\n\n")
    return Told(summary=" ".join(summary.split()), details=details.strip(), arguments=_arguments(text))


def _arguments(text: str) -> dict[str, str]:
    _, found, section = text.partition("Args:\n")
    told: dict[str, str] = {}
    name = ""
    for line in section.splitlines() if found else ():
        if line.strip() and not line.startswith(" "):
            break
        begun = _NAMED.match(line)
        if begun and len(line) - len(line.lstrip()) <= 4:
            name = begun[1]
            told[name] = begun[2].strip()
        elif name and line.strip():
            told[name] += " " + line.strip()
    return told
