"""Versions of a model: MAJOR.MINOR.PIPELINE, and the rule by which the next one is found.

MAJOR grows when a caller of the version before could break: another signature or another target. MINOR grows when
the model got better on its main metric. PIPELINE grows otherwise: new data, new code, the same promise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from mainspring.core.errors import InputError

_TEXT = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version number.

    Example:
        >>> Version.parse("1.10.0") > Version.parse("1.9.3")
        True
        >>> str(Version(2, 0, 1))
        '2.0.1'
    """

    major: int
    minor: int
    pipeline: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``MAJOR.MINOR.PIPELINE``.

        Raises:
            InputError: If the text is not three whole numbers with dots.
        """
        found = _TEXT.fullmatch(text)
        if found is None:
            raise InputError(f"{text!r} is not a version", expected="MAJOR.MINOR.PIPELINE, such as 1.2.0")
        return cls(*map(int, found.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.pipeline}"


FIRST = Version(1, 0, 0)


def next_version(
    previous: Version | None, *, breaks: Sequence[str] = (), improved: str | None = None, otherwise: str = ""
) -> tuple[Version, str]:
    """The version after another, and why it is that one.

    Args:
        previous: The highest version so far, if there is one.
        breaks: What would break for callers of the version before, as sentences.
        improved: How the main metric got better, in words; ``None`` if it did not.
        otherwise: What became of the main metric if it did not get better, in words.

    Example:
        >>> next_version(Version(1, 2, 3), improved="auc 0.90 → 0.92")
        (Version(major=1, minor=3, pipeline=0), 'MINOR: auc 0.90 → 0.92')
        >>> str(next_version(Version(1, 2, 3), breaks=["column 'fare' is not read any more"])[0])
        '2.0.0'
    """
    if previous is None:
        return FIRST, "the first version"
    if breaks:
        return Version(previous.major + 1, 0, 0), "MAJOR: " + "; ".join(breaks)
    if improved is not None:
        return Version(previous.major, previous.minor + 1, 0), f"MINOR: {improved}"
    next_one = Version(previous.major, previous.minor, previous.pipeline + 1)
    return next_one, f"PIPELINE: {otherwise or 'the same signature, and no metric that got better'}"
