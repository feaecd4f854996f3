"""Seals: what the forms of a page carry, so that no other site can send them in somebody's name."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

from mainspring.app.accounts import OldFormError
from mainspring.core.clock import now
from mainspring.core.errors import InputError, UnavailableError

LIFE: Final = 12 * 3600.0
"""Seconds for which a seal is good."""

_FILE: Final = "secret"
_SHORTEST: Final = 32


class Seals:
    """Makes seals, and checks them.

    Args:
        secret: At least 32 bytes that nobody else knows; consoles that share a record share it.
        clock: Gives the time.
    """

    def __init__(self, secret: bytes, *, clock: Callable[[], float] = now) -> None:
        self._secret, self._clock = secret, clock

    def seal(self, session: str) -> str:
        """A seal for the forms of a session.

        Example:
            >>> seals = Seals(b"x" * 32)
            >>> seals.check("me", seals.seal("me"))
        """
        until = f"{self._clock() + LIFE:.0f}"
        return f"{until}.{self._sign('seal', f'{until}.{session}')}"

    def check(self, session: str, seal: str) -> None:
        """See that a form comes from a page that was shown in this session, not too long ago.

        Raises:
            OldFormError: If it does not.
        """
        until, _, signed = seal.partition(".")
        right = self._sign("seal", f"{until}.{session}")
        if not until.isascii() or not until.isdigit() or not _same(signed, right):
            raise OldFormError(
                "the form was not made by this console for you" if seal else "the form has no seal",
                fix="open the page again, and send the form from there",
            )
        if float(until) < self._clock():
            raise OldFormError("the form is too old", fix="open the page again, and send the form from there")

    def sign(self, text: str, purpose: str = "text") -> str:
        """A text with its signature, for a cookie that nobody may change.

        Args:
            text: It. Whoever has the cookie can read it.
            purpose: What it is for; signed for one purpose it counts for no other.
        """
        held = base64.urlsafe_b64encode(text.encode("utf-8", "replace")).decode().rstrip("=")
        return f"{held}.{self._sign(f'sign {purpose}', held)}"

    def read(self, signed: str, purpose: str = "text") -> str | None:
        """The text of :meth:`sign`; ``None`` if it was changed, or signed for something else."""
        held, _, signature = signed.partition(".")
        if not _same(signature, self._sign(f"sign {purpose}", held)):
            return None
        return base64.urlsafe_b64decode(held + "=" * (-len(held) % 4)).decode()

    def _sign(self, purpose: str, text: str) -> str:
        whole = f"{purpose}\n{text}".encode("utf-8", "replace")
        return hmac.new(self._secret, whole, hashlib.sha256).hexdigest()


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


def secret_in(folder: Path) -> bytes:
    """The secret of a console: made the first time, readable by its owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    return secret_of(folder / _FILE)


def secret_of(file: Path) -> bytes:
    """The secret in a file: made if there is none, readable by its owner alone.

    Raises:
        InputError: If what is there is none.
        UnavailableError: If there is none, and none can be made.
    """
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(6)}")
    if not file.exists():
        try:
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise UnavailableError(
                f"no secret can be made: {error.strerror}",
                expected="a folder that the console may write into",
                where=str(file),
                fix="make the folder, or name another file: [console] secret_file in mainspring.toml",
            ) from error
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            opened.write(secrets.token_hex(_SHORTEST))
        try:
            os.link(fresh, file)  # whole or not at all: two who start at once share the first one's
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    try:
        found = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except ValueError:
        found = b""
    if len(found) < _SHORTEST:
        raise InputError(
            "it holds no secret",
            expected=f"at least {2 * _SHORTEST} hexadecimal digits",
            where=str(file),
            fix="remove it: a new one is made, and everybody signs in again",
        )
    return found
