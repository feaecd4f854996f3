"""All that is kept about those who use a project, opened once for each."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from mainspring.app.accounts.attempts import Attempts
from mainspring.app.accounts.book import Book
from mainspring.app.accounts.directory import Directory
from mainspring.app.accounts.passwords import Passwords
from mainspring.app.accounts.sessions import Sessions
from mainspring.app.accounts.tokens import Tokens
from mainspring.core.clock import Clock, now

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring
    from mainspring.app.settings import Settings
    from mainspring.app.wiring import Record


class Accounts:
    """Accounts, sessions, tokens and the audit trail of a project. Safe for threads.

    Args:
        record: The record.
        settings: How long sessions last.
        clock: Gives the time.

    Attributes:
        directory: Who there is.
        sessions: Who signed in.
        tokens: What programs show.
        book: The audit trail.
        attempts: How often somebody may guess.
    """

    def __init__(self, record: Record, settings: Settings, *, clock: Clock = now) -> None:
        console = settings.console
        self.clock = clock
        self.directory = Directory(record, clock=clock)
        self.sessions = Sessions(
            record,
            self.directory,
            idle=60.0 * console.idle_minutes,
            longest=3600.0 * console.session_hours,
            clock=clock,
        )
        self.tokens = Tokens(record, self.directory, clock=clock)
        self.book = Book(record)
        self.attempts = Attempts(self.book, clock)

    @cached_property
    def passwords(self) -> Passwords:
        """Hashes passwords.

        Raises:
            UnavailableError: If the library is not installed.
        """
        return Passwords()


_OPENED: Final[WeakKeyDictionary[Mainspring, Accounts]] = WeakKeyDictionary()


def accounts_of(opened: Mainspring) -> Accounts:
    """The accounts of a project, the same each time."""
    found = _OPENED.get(opened)
    if found is None:
        found = _OPENED.setdefault(opened, Accounts(opened.store.record, opened.settings))
    return found
