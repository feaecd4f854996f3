"""Names of models, aliases and environments, and references to versions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from mainspring.core.errors import ConflictError, InputError

T = TypeVar("T")

PRODUCTION = "production"
"""The alias that a bare name stands for."""

LATEST = "latest"
"""``taxi:latest`` is the highest version."""

ATTEMPTS = 100
"""How often a write is tried again when others write at the same time."""

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def check_name(name: str, what: str) -> str:
    """The name, if it is one.

    Raises:
        InputError: If it is none: it would not be told apart in ``name@alias`` or ``name:version``.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} cannot name {what}", expected="letters, digits, dot, dash and underscore, such as taxi"
        )
    return name


def parted(reference: str) -> tuple[str, str, str]:
    """The name, the mark and the rest of a reference.

    Example:
        >>> parted("taxi@production"), parted("taxi:1.2.0"), parted("taxi@1.2.0"), parted("taxi")
        (('taxi', '@', 'production'), ('taxi', ':', '1.2.0'), ('taxi', ':', '1.2.0'), ('taxi', '', ''))
    """
    for mark in ("@", ":"):
        name, found, rest = reference.partition(mark)
        if found:
            return name, ":" if rest == LATEST or _VERSION.fullmatch(rest) else mark, rest
    return reference, "", ""


def retried(attempt: Callable[[], T], doing: str) -> T:
    """Try again while others write at the same time: each try sees what they wrote.

    Raises:
        ConflictError: If others were faster :data:`ATTEMPTS` times over.
    """
    for _ in range(ATTEMPTS):
        try:
            return attempt()
        except ConflictError as error:
            last = error
    raise ConflictError(f"{doing}: others wrote at the same time, {ATTEMPTS} times over") from last
