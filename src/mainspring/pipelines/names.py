"""Names that people give: they become parts of file names, so not everything goes."""

from __future__ import annotations

import re

from mainspring.core.errors import InputError

_ALLOWED = re.compile(r"\w[\w .+=@-]{0,149}")
_WORDS = "letters, digits, spaces and _ . + = @ -, 150 at most, beginning with a letter or digit"


def check_run(name: str) -> str:
    """A run's name, if it is one.

    Raises:
        InputError: If it could not be a file's name, or means something else already.
    """
    if not _ALLOWED.fullmatch(name) or name == "latest":
        raise InputError(f"a run cannot be called {name!r}", expected=_WORDS + "; not 'latest'")
    return name


def check_step(name: str) -> str:
    """A step's name in a pipeline, if it is one.

    Raises:
        InputError: If it could not be a file's name.
    """
    if not _ALLOWED.fullmatch(name):
        raise InputError(
            f"a step cannot be called {name!r}",
            expected=_WORDS,
            fix='give it a name: @step(name="…") or .named("…")',
        )
    return name


def as_part(name: str) -> str:
    """Any name, as the beginning of a run's name."""
    return re.sub(r"[^\w .+=@-]", "-", name).lstrip(" .+=@-")[:100] or "run"
