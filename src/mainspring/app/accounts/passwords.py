"""Passwords: kept as Argon2id hashes (RFC 9106), which cost whoever guesses time and memory."""

from __future__ import annotations

import threading
import unicodedata
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST: Final = 10
"""Characters that a password has at least."""
LONGEST: Final = 256
"""Characters that a password has at most, so that hashing it costs no more than it should."""

_AT_ONCE: Final = 3
_COMMON: Final = (
    "password",
    "passwort",
    "qwertyuiop",
    "1234567890",
    "0123456789",
    "mainspring",
    "letmein",
    "iloveyou",
)


class Passwords:
    """Hashes passwords, and compares them. Safe for threads; a few are hashed at once, because each takes 64 MiB.

    Raises:
        UnavailableError: If the library is not installed.
    """

    def __init__(self) -> None:
        if find_spec("argon2") is None:
            raise UnavailableError(
                "passwords cannot be kept: argon2-cffi is not installed", fix="pip install 'mainspring[accounts]'"
            )
        self._hasher = _hasher()
        self._room = threading.BoundedSemaphore(_AT_ONCE)
        self._nobody = self._hasher.hash("nobody has this password, and nobody is asked for it")

    def is_ready(self) -> bool:
        """Whether passwords can be compared, which making this has seen to."""
        return bool(self._nobody)

    def hash(self, password: str) -> str:
        """What is kept of a password."""
        with self._room:
            return self._hasher.hash(_bytes(password))

    def fits(self, kept: str, password: str) -> bool:
        """Whether a password is the one that was kept; without one, it takes as long to say no.

        Args:
            kept: What :meth:`hash` gave; empty if there is none.
            password: What was typed.
        """
        from argon2.exceptions import Argon2Error, InvalidHashError

        with self._room:
            try:
                self._hasher.verify(kept or self._nobody, _bytes(password[: LONGEST + 1]))
            except (Argon2Error, InvalidHashError):
                return False
        return bool(kept) and len(password) <= LONGEST

    def is_old(self, kept: str) -> bool:
        """Whether it was hashed with less effort than is asked for today."""
        return self._hasher.check_needs_rehash(kept)


def checked(password: str, name: str) -> str:
    """A password that may be set, by NIST SP 800-63B: long enough, and none of the first that are guessed.

    Raises:
        InputError: If it may not.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(
            f"the password has {len(password)} characters",
            expected=f"{SHORTEST} to {LONGEST}; a few words make a good one",
        )
    low = _normal(password).casefold()
    named = len(name) >= 4 and name.casefold() in low
    if len(set(low)) < 5 or named or any(low.startswith(one) for one in _COMMON):
        raise InputError(
            "the password is one of the first that would be guessed",
            expected="no name, no row of keys, not one character again and again",
        )
    return password


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return _normal(password).encode("utf-8", "surrogatepass")


def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher, profiles

    return PasswordHasher.from_parameters(profiles.RFC_9106_LOW_MEMORY)
