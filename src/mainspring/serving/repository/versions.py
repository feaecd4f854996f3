"""Which versions of a model are served, and in which order they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

import msgspec

from mainspring.core.errors import InputError


class VersionPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of the versions that lie in a repository are served. One of the three is given.

    Attributes:
        latest: The newest so many: numbers count as numbers, so 1.10.0 is newer than 1.9.0.
        all: Every one.
        specific: Exactly these.

    Example:
        >>> VersionPolicy(latest=2).choose(["1.9.0", "1.10.0", "1.2.0"])
        ['1.9.0', '1.10.0']
    """

    latest: int | None = None
    all: Literal[True] | None = None
    specific: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.latest, self.all, self.specific) if value is not None]
        if len(given) > 1 or (self.latest is not None and self.latest < 1):
            raise InputError(
                f"the version policy is {msgspec.to_builtins(self)}",
                expected="one of latest (1 or more), all and specific",
            )

    def choose(self, versions: Iterable[str]) -> list[str]:
        """The versions to be served, growing."""
        found = sorted(set(versions), key=order)
        if self.all:
            return found
        if self.specific is not None:
            return [version for version in found if version in self.specific]
        return found[-(self.latest or 1) :]


def order(version: str) -> list[tuple[int, int, str]]:
    """A key that sorts versions as people do: numbers by value, and 1.0-rc before 1.0."""
    parts = re.split(r"[.\-_+]", version)
    keys = [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]
    return [*keys, (1, -1, "")]  # 1.0-rc comes before 1.0, and 1.0 before 1.0.1
