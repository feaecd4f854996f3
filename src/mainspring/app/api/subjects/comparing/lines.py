"""A unified diff, taken apart into files and lines with their numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

_HUNK: Final = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeLine:
    """A line of a diff.

    Attributes:
        form: ``add``, ``del``, ``same``, or ``at`` where lines are left out.
        old: Its number in the file as it was; ``None`` where it was not there.
        new: Its number in the file as it is; ``None`` where it is not there.
        text: The line.
    """

    form: Literal["add", "del", "same", "at"]
    old: int | None
    new: int | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFile:
    """A file that changed.

    Attributes:
        name: Its path in the project.
        lines: What changed in it, with the lines around.
    """

    name: str
    lines: list[CodeLine] = field(default_factory=list)

    @property
    def added(self) -> int:
        """How many lines are new."""
        return sum(one.form == "add" for one in self.lines)

    @property
    def removed(self) -> int:
        """How many lines are gone."""
        return sum(one.form == "del" for one in self.lines)


def code_files(diff: Sequence[str]) -> Sequence[CodeFile]:
    """The files of a unified diff.

    Example:
        >>> (file,) = code_files(["--- a.py", "+++ a.py", "@@ -7,2 +7,2 @@", " x", "-y", "+z"])
        >>> file.name, [(one.form, one.old, one.new, one.text) for one in file.lines[1:]]
        ('a.py', [('same', 7, 7, 'x'), ('del', 8, None, 'y'), ('add', None, 8, 'z')])
    """
    files: list[CodeFile] = []
    old = new = left_old = left_new = 0
    for line in diff:
        if left_old <= 0 and left_new <= 0:
            if line.startswith("--- "):
                files.append(CodeFile(name=line[4:].strip()))
                continue
            found = _HUNK.match(line)
            if found:
                old, new = int(found[1]), int(found[2])
                left_old, left_new = _sizes(line)
                files[-1].lines.append(CodeLine(form="at", old=None, new=None, text=line))
            continue
        mark, text = line[:1], line[1:]
        if mark == "-":
            files[-1].lines.append(CodeLine(form="del", old=old, new=None, text=text))
        elif mark == "+":
            files[-1].lines.append(CodeLine(form="add", old=None, new=new, text=text))
        else:
            files[-1].lines.append(CodeLine(form="same", old=old, new=new, text=text))
        old, left_old = (old + 1, left_old - 1) if mark != "+" else (old, left_old)
        new, left_new = (new + 1, left_new - 1) if mark != "-" else (new, left_new)
    return files


def _sizes(hunk: str) -> tuple[int, int]:
    """How many lines of either side follow: one where the head does not say."""
    parts = hunk.split()
    sizes = [int(part.partition(",")[2] or 1) for part in parts[1:3]]
    return sizes[0], sizes[1]
