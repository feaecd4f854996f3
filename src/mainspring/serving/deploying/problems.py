"""What is wrong with deployment files: everything at once, each with its place."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mainspring.core.errors import InputError


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong.

    Attributes:
        found: What was found, as a sentence.
        where: The place: ``fares.yaml:12``.
        expected: What was expected instead.
        fix: What to do next.
    """

    found: str
    where: str = ""
    expected: str = ""
    fix: str = ""

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        expected = f" (expected: {self.expected})" if self.expected else ""
        return f"{where}{self.found}{expected}" + (f"; do: {self.fix}" if self.fix else "")


_TOLD = 50
"""So many problems are told in one message."""


class DeclarationError(InputError):
    """Files that declare something are wrong; nothing changed.

    Args:
        problems: What is wrong; at least one.
        files: What the files are called.
    """

    code = "DEPLOYMENT_REFUSED"

    def __init__(self, problems: Sequence[Problem], files: str = "deployment files") -> None:
        first, *others = problems
        if others:
            lines = "".join(f"\n  - {one}" for one in problems[:_TOLD])
            lines += f"\n  and {len(problems) - _TOLD} more" if len(problems) > _TOLD else ""
            super().__init__(f"{len(problems)} things are wrong with the {files}:{lines}")
        else:
            super().__init__(
                first.found, expected=first.expected or None, where=first.where or None, fix=first.fix or None
            )
        self.problems, self.files = tuple(problems), files

    def __reduce__(self) -> tuple[type[DeclarationError], tuple[Sequence[Problem], str]]:
        return DeclarationError, (self.problems, self.files)
