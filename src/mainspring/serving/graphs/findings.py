"""Everything that is wrong with a graph, told at once."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from mainspring.core.errors import InputError, MainspringError


class Findings:
    """Collects what is wrong, by node."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._lines)

    def add(self, node: str, found: str, *, expected: str = "", fix: str = "") -> None:
        """Something is wrong with a node.

        Args:
            node: Its path; empty for the graph itself.
            found: What was found.
            expected: What was expected instead.
            fix: What to do.
        """
        told = f"{node}: {found}" if node else found
        self._lines.append(told + (f"; expected {expected}" if expected else "") + (f"; {fix}" if fix else ""))

    def unknown(self, node: str, found: str, name: str, known: Collection[str]) -> None:
        """A name that there is not, with those that are like it."""
        near = difflib.get_close_matches(name, list(known), n=3) or list(known)[:10]
        self.add(node, f"{found} {name!r}, which there is not", expected="one of " + (", ".join(near) or "none"))

    def take(self, node: str, error: MainspringError) -> None:
        """What an error says of a node."""
        self.add(node, error.found, expected=error.expected or "", fix=error.fix or "")

    def raise_if_any(self, where: str = "") -> None:
        """Refuse the graph.

        Args:
            where: The graph.

        Raises:
            InputError: With everything that is wrong.
        """
        if not self._lines:
            return
        several = f"{len(self._lines)} things are" if len(self._lines) > 1 else "something is"
        raise InputError(
            f"{several} wrong with the graph:\n    " + "\n    ".join(self._lines),
            where=where or None,
            fix="correct the graph; nothing was changed",
        )
