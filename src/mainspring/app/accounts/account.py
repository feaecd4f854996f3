"""An account, and what may name one."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mainspring.app.accounts.roles import Role
from mainspring.core.errors import InputError

_SHAPE: Final = re.compile(r"\w[\w.@+-]{0,62}\w|\w")
_LONGEST: Final = 64
RESERVED: Final = frozenset({"unknown", "anonymous", "nobody", "system", "mainspring"})
"""Names that the trail gives to those who have none."""


class Origin(StrEnum):
    """Where an account comes from."""

    LOCAL = "local"
    """It was made here, and has a password."""
    PROVIDER = "provider"
    """An identity provider knows it; it was made here when its owner first came in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may sign in.

    Attributes:
        name: Their name, as the record has it.
        role: What they may do.
        origin: Where the account comes from.
        disabled: Whether they may not sign in.
        since: When it was made, in seconds since the epoch.
        changed: When it was last changed.
        by: Who changed it last.
    """

    name: str
    role: Role
    origin: Origin = Origin.LOCAL
    disabled: bool = False
    since: float = 0.0
    changed: float = 0.0
    by: str = ""


def key_of(name: str) -> str:
    r"""What two names have in common that nobody could tell apart.

    Example:
        >>> key_of("Ada") == key_of("\N{FULLWIDTH LATIN CAPITAL LETTER A}da")
        True
    """
    return unicodedata.normalize("NFKC", name).casefold()


def checked_name(given: str) -> str:
    """A name for an account, in the one form that its letters have.

    Letters of any one script are fine; of several they are not, because names have to look different if they are
    (Unicode Technical Standard 39).

    Raises:
        InputError: If it is none.

    Example:
        >>> checked_name("zoë@example.org")
        'zoë@example.org'
    """
    name = unicodedata.normalize("NFKC", given[: 4 * _LONGEST]).strip()
    if len(name) > _LONGEST or not _SHAPE.fullmatch(name):
        raise InputError(
            f"{given[:80]!r} cannot name an account",
            expected=f"1 to {_LONGEST} letters, digits and . _ @ + -, with a letter or a digit at each end",
        )
    if key_of(name) in RESERVED:
        raise InputError(f"{name!r} is what the audit trail calls those who have no account")
    scripts = {_script(letter) for letter in name if letter.isalpha()}
    if len(scripts) > 1:
        raise InputError(
            f"{name!r} has letters of several scripts: {', '.join(sorted(scripts))}",
            expected="letters of one, so that no name looks like another one",
        )
    return name


def _script(letter: str) -> str:
    return unicodedata.name(letter, "UNKNOWN").partition(" ")[0].partition("-")[0].capitalize()
