"""Assertions from YAML, with every problem named by its line, and from plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from mainspring.core.errors import InputError, NotFoundError
from mainspring.evaluation.assertions.assertion import Assertion

Declared: TypeAlias = Path | str | Sequence[Assertion | Mapping[str, Any]]
"""A file, or assertions, or their plain values."""

_FIX: Final = "assertions:\n    - {name: minors, when: age < 18 and answer == 'yes', action: block}"


def assertions_of(declared: Declared) -> tuple[Assertion, ...]:
    """Assertions, however they were given.

    Args:
        declared: The path of a file in YAML, or assertions, or the plain values of each.

    Raises:
        NotFoundError: If there is no such file.
        InputError: If one cannot be read, with its line or its place in the list.
    """
    if isinstance(declared, str | Path):
        return read_assertions(Path(declared))
    found = []
    for place, one in enumerate(declared, start=1):
        try:
            found.append(one if isinstance(one, Assertion) else Assertion.from_dict(one))
        except InputError as error:
            raise InputError(error.found, expected=error.expected, where=f"assertion {place}") from None
    return tuple(found)


def read_assertions(path: Path) -> tuple[Assertion, ...]:
    """Read a file of assertions.

    Raises:
        NotFoundError: If there is no such file.
        InputError: If it holds anything else: every problem, with its line.
    """
    if not path.is_file():
        raise NotFoundError("there is no such file of assertions", where=str(path))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("the file is no text in UTF-8", where=str(path), expected="assertions in YAML") from None
    return parse_assertions(text, where=str(path))


def parse_assertions(text: str, *, where: str = "assertions") -> tuple[Assertion, ...]:
    """Read assertions from YAML: a list of them under ``assertions``, or the list alone.

    Args:
        text: Each has a ``name`` and a ``when``, and may have an ``action``, an ``answer`` and a ``message``.
        where: What the text is called in errors.

    Raises:
        InputError: If it holds anything else: every problem, with its line.

    Example:
        >>> parse_assertions('''
        ... assertions:
        ...   - {name: minors, when: age < 18 and answer == 'yes', action: override, answer: no}
        ... ''')[0].answer
        'no'
    """
    from mainspring.data.schema import nodes  # needs PyYAML, which a server does not

    if not text.strip():
        raise InputError("the text is empty", where=where, expected="a list of assertions", fix=_FIX)
    problems: nodes.Problems = []
    root = nodes.compose(text, where=where)
    read = nodes.several(_entry)
    if any(name == "assertions" for name, _ in nodes.pairs(root, [], "")):
        found = nodes.mapping(root, problems, "the file", {"assertions": read}).get("assertions", ())
    else:
        found = read(root, problems, "assertions") or ()
    if problems:
        listed = "\n  ".join(f"line {line}: {why}" for line, why in sorted(set(problems)))
        raise InputError(f"these are no assertions\n  {listed}", where=where, expected=_FIX)
    return tuple(found)


def _entry(node: Any, problems: list[tuple[int, str]], what: str) -> Assertion | None:
    """One assertion; what it says of itself comes with the line of its beginning."""
    from mainspring.data.schema import nodes

    before = len(problems)
    keys = {**dict.fromkeys(("name", "when", "action", "message"), nodes.text), "answer": _answer}
    said = nodes.mapping(node, problems, what, keys)
    if len(problems) > before:
        return None
    try:
        return Assertion.from_dict(said)
    except InputError as error:
        more = f" (expected: {error.expected})" if error.expected and "cannot be read: " not in error.found else ""
        problems.append((nodes.line(node), f"{what}: {said.get('name', 'without a name')}: {error.found}{more}"))
        return None


def _answer(node: Any, problems: list[tuple[int, str]], what: str) -> str | float | None:
    """A class as it is written, or a number; in quotes it is a class whatever it is."""
    from mainspring.data.schema import nodes

    found = nodes.text(node, problems, what)
    if found is None or node.style in ("'", '"'):
        return found
    number = nodes.number(node, [], what)
    return found if number is None or not math.isfinite(number) else number
