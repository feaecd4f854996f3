"""What databases behind a network have in common: their address, and their clock."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from mainspring.core.errors import InputError
from mainspring.store.adapters.sql.database import Connection

_SET_AGAIN: Final = 60.0
"""Seconds after which the server is asked for the time again."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is, and what to open there."""

    host: str
    port: int
    user: str
    password: str
    database: str
    options: dict[str, str]


def address(url: str, *, port: int, user: str, options: frozenset[str]) -> Address:
    """Read ``scheme://user:password@host:port/database?option=value``.

    Args:
        port: The port where none is given.
        user: The user where none is given.
        options: The known options.

    Raises:
        InputError: For a URL without a database, or with an unknown option.
    """
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query))
    database = unquote(parts.path.lstrip("/"))
    unknown = sorted(set(given) - options)
    if not database or unknown:
        found = f"unknown options {', '.join(unknown)}" if unknown else "no database is named"
        example = f"{parts.scheme}://user@host:{port}/database"
        raise InputError(found, expected=f"{example}, options: {', '.join(sorted(options))}")
    return Address(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or port,
        user=unquote(parts.username or user),
        password=unquote(parts.password or ""),
        database=database,
        options=given,
    )


class ServerClock:
    """The server's clock, without asking it each time.

    Leases are given by one machine and judged by another, so all must go by one clock.
    """

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._offset = 0.0
        self._set_at = float("-inf")

    def now(self, connection: Connection) -> int:
        """Microseconds since the epoch."""
        if time.monotonic() - self._set_at > _SET_AGAIN:
            before = time.monotonic()
            (seconds,) = connection.execute(self._statement).fetchone()
            after = time.monotonic()
            self._offset = float(seconds) - (before + after) / 2
            self._set_at = after
        return int((time.monotonic() + self._offset) * 1e6)
