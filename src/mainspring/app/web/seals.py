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

from mainspring.app.accounts import ForbiddenError
from mainspring.core.clock import now

LIFE: Final = 12 * 3600.0
"""Seconds for which a seal is good."""

_SECRET: Final = "secret"  # noqa: S105 - the name of a file


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
        return f"{until}.{self._sign(f'{until}.{session}')}"

    def check(self, session: str, seal: str) -> None:
        """See that a form comes from a page that was shown in this session, not too long ago.

        Raises:
            ForbiddenError: If it does not.
        """
        until, _, signed = seal.partition(".")
        if not hmac.compare_digest(signed.encode(), self._sign(f"{until}.{session}").encode()):
            raise ForbiddenError(
                "the form was not made by this console for you" if seal else "the form has no seal",
                fix="open the page again, and send the form from there",
            )
        if float(until) < self._clock():
            raise ForbiddenError("the form is too old", fix="open the page again, and send the form from there")

    def sign(self, text: str) -> str:
        """A text with its signature, for a cookie that nobody may change."""
        held = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        return f"{held}.{self._sign(f'text.{text}')}"

    def read(self, signed: str) -> str | None:
        """The text of :meth:`sign`; ``None`` if it was changed."""
        held, _, signature = signed.partition(".")
        try:
            text = base64.urlsafe_b64decode(held + "=" * (-len(held) % 4)).decode()
        except ValueError:
            return None
        fits = hmac.compare_digest(signature.encode(), self._sign(f"text.{text}").encode())
        return text if fits else None

    def _sign(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


def secret_in(folder: Path) -> bytes:
    """The secret of a console: made the first time, readable by its owner alone."""
    file = folder / _SECRET
    folder.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return bytes.fromhex(file.read_text(encoding="ascii"))
    made = secrets.token_bytes(32)
    with os.fdopen(handle, "w", encoding="ascii") as opened:
        opened.write(made.hex())
    return made
