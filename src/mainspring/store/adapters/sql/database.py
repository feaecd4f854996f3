"""Connections and transactions, the same way for every database."""

from __future__ import annotations

import os
import random
import time
import weakref
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, Protocol, TypeVar

from mainspring.core.errors import ConflictError, MainspringError, NotFoundError, UnavailableError

T = TypeVar("T")

ATTEMPTS: Final = 12
"""How often a transaction is tried when the database asks to try again."""


class Cursor(Protocol):
    """What a statement gives back."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        ...

    def fetchone(self) -> Any:
        """The next row, or ``None``."""
        ...

    def fetchall(self) -> Sequence[Any]:
        """All rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection used by one thread at a time. Statements have ``?`` where their parameters go."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Cursor:
        """Run a statement."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any:
        """Run a statement that gives nothing back once for each set of parameters."""
        ...

    def insert(self, sql: str, parameters: Sequence[Any]) -> int:
        """Insert one row and give its id."""
        ...

    def begin(self, *, write: bool) -> None:
        """Start a transaction: one that writes, or one that sees the same state in all its statements."""
        ...

    def commit(self) -> None:
        """End the transaction: all of it happened."""
        ...

    def rollback(self) -> None:
        """End the transaction: nothing of it happened."""
        ...

    def close(self) -> None:
        """Give the connection back to the database."""
        ...


class Trouble(Enum):
    """What an error of the database means for the one who asked."""

    TAKEN = auto()
    """A uniqueness would be broken."""
    MISSING = auto()
    """A row that is referred to does not exist."""
    AGAIN = auto()
    """The transaction lost a race and was rolled back: the same again may succeed."""
    BUSY = auto()
    """Others kept the database locked for as long as one is ready to wait."""
    GONE = auto()
    """The database does not answer."""
    FULL = auto()
    """The database cannot write: disk full, read-only, or damaged."""


class TakenError(ConflictError):
    """A uniqueness would be broken, in the database's own words."""


class MissingError(NotFoundError):
    """A row that is referred to does not exist, in the database's own words."""


class Dialect(ABC):
    """What differs between databases."""

    name: str
    """The name of its migration files."""
    url: str
    patience: float = 0.0
    """Seconds for which work is tried again while others keep the database locked."""
    for_update: str = " FOR UPDATE"
    """Locks the rows that a SELECT within a transaction gives."""
    skip_locked: str = " FOR UPDATE SKIP LOCKED"
    on_conflict_ignore: str = " ON CONFLICT DO NOTHING"
    looks_first: bool = False
    """Whether small sets are best looked up before the question is asked: for a planner without statistics."""
    nulls_first: str = ""
    nulls_last: str = ""

    @abstractmethod
    def connect(self) -> Connection:
        """Open a connection.

        Raises:
            UnavailableError: If the database does not answer or its driver is not installed.
        """

    @abstractmethod
    def trouble(self, error: BaseException) -> Trouble | None:
        """What an error means; ``None`` if it is not one of the database."""

    @abstractmethod
    def migrate(self, connection: Connection, work: Callable[[Connection], None]) -> None:
        """Do work on the schema while no other process does."""

    @abstractmethod
    def now(self, connection: Connection) -> int:
        """Microseconds since the epoch, by the clock that all users of this database share."""

    @abstractmethod
    def among(self, column: str, ids: Sequence[int]) -> tuple[str, list[Any]]:
        """A condition that holds where the column is one of the ids, for any number of ids."""

    def lock_parents(self, connection: Connection) -> None:  # noqa: B027 # one writer needs nothing
        """Let no other transaction write parents of contexts until this one ends."""

    @abstractmethod
    def like(self, expression: str, pattern: str) -> tuple[str, str]:
        """A condition and its parameter: LIKE in which case matters and a backslash quotes ``%`` and ``_``."""

    @abstractmethod
    def json_is(self, column: str, path: Sequence[str], kinds: str) -> tuple[str, list[Any]]:
        """A condition on the type of a JSON value: ``null`` (or missing), ``true`` or ``false``."""

    @abstractmethod
    def json_number(self, column: str, path: Sequence[str]) -> tuple[str, list[Any]]:
        """The JSON number at a path, NULL where it is anything else."""

    @abstractmethod
    def json_text(self, column: str, path: Sequence[str]) -> tuple[str, list[Any]]:
        """The JSON text at a path, compared by code points, NULL where it is anything else."""


class Database:
    """A pool of connections, and transactions on them. Safe for threads, and across a fork."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._idle: deque[Connection] = deque()
        self._process = os.getpid()
        self._closed = False
        _open.add(self)

    def read(self, work: Callable[[Connection], T], *, snapshot: bool = False) -> T:
        """Run reading work.

        Args:
            snapshot: All its statements must see the same state of the database.
        """
        return self._run(work, write=False, transaction=snapshot)

    def write(self, work: Callable[[Connection], T], *, again: Callable[[], bool] | None = None) -> T:
        """Run work in one transaction, again if the database asks for it.

        Args:
            again: Asked when a uniqueness was broken: whether to start over, because another process wrote first.
        """
        return self._run(work, write=True, transaction=True, again=again)

    def close(self) -> None:
        """Close idle connections and refuse further work."""
        self._closed = True
        self.close_idle()

    def close_idle(self) -> None:
        """Close the connections that nobody uses at the moment; others are opened when they are needed."""
        while self._idle:
            self._idle.pop().close()

    def _run(
        self,
        work: Callable[[Connection], T],
        *,
        write: bool,
        transaction: bool,
        again: Callable[[], bool] | None = None,
    ) -> T:
        attempts = _Attempts(self.dialect.patience)
        while True:
            connection = self._take()
            begun = False
            try:
                if transaction:
                    connection.begin(write=write)
                begun = True
                result = work(connection)
                if transaction:
                    connection.commit()
            except BaseException as error:
                trouble = self._abandon(connection, error, transaction)
                if trouble is None:
                    raise
                if not attempts.one_more(trouble, harmless=not (begun and write), again=again):
                    raise self._translated(trouble, error) from error
            else:
                self._give(connection)
                return result

    def _take(self) -> Connection:
        if self._process != os.getpid():
            # After a fork the connections are still those of the parent: forget them, unclosed.
            _orphans.extend(self._idle)
            self._idle = deque()
            self._process = os.getpid()
        if self._closed:
            raise UnavailableError("the store is closed", where=self.dialect.url, fix="open it again")
        try:
            return self._idle.pop()
        except IndexError:
            return self.dialect.connect()

    def _give(self, connection: Connection) -> None:
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)

    def _abandon(self, connection: Connection, error: BaseException, transaction: bool) -> Trouble | None:
        """Undo what was begun; a connection in doubt is closed."""
        trouble = self.dialect.trouble(error)
        try:
            if transaction:
                connection.rollback()
        except Exception as second:
            if self.dialect.trouble(second) is None:
                raise
            trouble = trouble or Trouble.GONE
        if trouble in (Trouble.GONE, Trouble.FULL) or not isinstance(error, Exception):
            connection.close()
        else:
            self._give(connection)
        return trouble

    def _translated(self, trouble: Trouble, error: BaseException) -> MainspringError:
        where = self.dialect.url
        match trouble:
            case Trouble.TAKEN:
                return TakenError(f"it exists already: {error}", where=where)
            case Trouble.MISSING:
                return MissingError(f"something referred to does not exist: {error}", where=where)
            case Trouble.AGAIN | Trouble.BUSY:
                return UnavailableError(
                    f"the database was too busy: {error}",
                    where=where,
                    fix="try again, or move from SQLite to PostgreSQL",
                )
            case Trouble.GONE:
                return UnavailableError(
                    f"the database does not answer: {error}", where=where, fix="see that it runs and try again"
                )
            case Trouble.FULL:
                return UnavailableError(
                    f"the database cannot be written: {error}",
                    where=where,
                    fix="see to disk space and permissions",
                )


@dataclass(slots=True)
class _Attempts:
    """Decides whether work is tried again."""

    patience: float
    count: int = 0
    deadline: float | None = None

    def one_more(self, trouble: Trouble, *, harmless: bool, again: Callable[[], bool] | None) -> bool:
        """Whether to try once more.

        Args:
            harmless: Nothing can have been written yet.
        """
        if trouble is Trouble.BUSY:
            # The database has waited a little by itself. Whoever asks again soon is served in turn.
            self.deadline = self.deadline or time.monotonic() + self.patience
            return time.monotonic() < self.deadline
        self.count += 1
        if self.count >= ATTEMPTS:
            return False
        lost_race = trouble is Trouble.AGAIN or (trouble is Trouble.TAKEN and again is not None and again())
        if not lost_race and not (harmless and trouble is Trouble.GONE):
            return False
        time.sleep(random.uniform(0, 0.002) * 2 ** min(self.count, 7))  # noqa: S311 # not for secrets
        return True


_open: weakref.WeakSet[Database] = weakref.WeakSet()
_orphans: list[Connection] = []
"""Connections inherited by a forked process. They must be neither used nor closed there."""


def _before_fork() -> None:
    """Locks are not inherited, but SQLite's memory of them is: so both processes open their connections anew."""
    for database in list(_open):
        database.close_idle()


os.register_at_fork(before=_before_fork)


def redacted(url: str) -> str:
    """A URL without its password, for messages.

    Example:
        >>> redacted("postgresql://me:secret@host/db")
        'postgresql://me:***@host/db'
    """
    scheme, separator, rest = url.partition("://")
    user, at, place = rest.rpartition("@")
    if separator and at and ":" in user:
        return f"{scheme}://{user.partition(':')[0]}:***@{place}"
    return url
