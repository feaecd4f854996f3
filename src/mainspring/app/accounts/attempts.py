"""How often somebody may guess: after a few wrong passwords, ever longer waits."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar, Final

from mainspring.app.accounts.account import key_of
from mainspring.app.accounts.book import Book
from mainspring.app.accounts.caller import ForbiddenError
from mainspring.app.accounts.trail import Outcome
from mainspring.core.clock import Clock, now
from mainspring.core.records import Value

SIGN_IN: Final = "users.sign_in"
"""What the trail calls an attempt to sign in."""

_WINDOW: Final = 3600.0
_FREE: Final = {"account": 5, "address": 20}
_LONGEST: Final = {"account": 300.0, "address": 900.0}
_FIRST: Final = 4.0
_LOOKED_AT: Final = 64


class TooManyError(ForbiddenError):
    """Somebody guessed too often, and has to wait."""

    code: ClassVar[str] = "TOO_MANY"


@dataclass(frozen=True, slots=True)
class Attempts:
    """Counts wrong passwords by account and by address.

    The audit trail has every one of them, so it is what is counted: a console that is started anew, or another one
    over the same record, knows them too. While somebody has to wait nothing is looked at, and nothing written.

    Args:
        book: The trail.
        clock: Gives the time.
    """

    book: Book
    clock: Clock = now

    def check(self, name: str, address: str) -> None:
        """See that an attempt may be made now.

        Raises:
            TooManyError: If not, with the seconds to wait.
        """
        wait = max(
            self._wait("account", "properties.about = :value", told_of(name)),
            self._wait("address", "properties.address = :value", address),
        )
        if wait > 0:
            raise TooManyError(
                "there were too many wrong passwords",
                expected=f"a pause of {max(1, round(wait))} s",
                fix="wait, and try again; an admin can set another password",
            )

    def _wait(self, kind: str, where: str, value: str) -> float:
        moment = self.clock()
        if not value:
            return 0.0
        asked = f"properties.operation = :operation AND created_at > :since AND {where}"
        values: dict[str, Value] = {"operation": SIGN_IN, "since": moment - _WINDOW, "value": value}
        found = self.book.find(asked, values, limit=_LOOKED_AT)
        wrong = []
        for one in found:
            if one.entry.outcome is Outcome.DONE and kind == "account":
                break  # who knew the password starts afresh; who knows one does not make an address trusted
            if one.entry.outcome is Outcome.REFUSED:
                wrong.append(one.entry.at)
        over = len(wrong) - _FREE[kind]
        if over < 0:
            return 0.0
        return wrong[0] + min(_FIRST * 2.0 ** min(over, 16), _LONGEST[kind]) - moment


def told_of(name: str) -> str:
    """What the trail calls a name that somebody typed: a digest, for it may have been a password.

    Example:
        >>> told_of("Ada") == told_of("ada")
        True
    """
    return "#" + hashlib.sha256(f"sign-in {key_of(name[:256])}".encode("utf-8", "replace")).hexdigest()[:16]
