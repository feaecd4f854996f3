"""The queue: a table of messages, claimed oldest first."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.core.errors import ConflictError, InputError, NotFoundError
from mainspring.core.records import Value
from mainspring.store.adapters.sql.database import Connection, Database
from mainspring.store.messages import POISON, check_claim, check_message, retry_delay
from mainspring.store.ports import Message
from mainspring.store.properties import decode, encode

_COLUMNS = "id, topic, body, attempts, max_attempts, available_at, created_at, lease, error"
_PUT = (
    "INSERT INTO message"
    " (topic, body, message_key, live_key, attempts, max_attempts, available_at, created_at, dead)"
    " VALUES (?, ?, ?, ?, 0, ?, ?, ?, 0)"
)
_OLDEST = (
    f"SELECT {_COLUMNS} FROM message WHERE dead = 0 AND topic = ? AND available_at <= ?"  # noqa: S608
    " ORDER BY available_at, id LIMIT 1"
)
_ATTEMPTS = "SELECT attempts, max_attempts FROM message WHERE id = ? AND lease = ?"
_BURY = "UPDATE message SET dead = 1, live_key = NULL, lease = NULL, worker = NULL, error = ? WHERE id = ?"


class SqlQueue:
    """The :class:`mainspring.store.ports.Queue` of a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self,
        topic: str,
        body: Mapping[str, Value],
        *,
        key: str | None = None,
        delay: float = 0.0,
        max_attempts: int = 5,
    ) -> int | None:
        """Add a message."""
        check_message(topic, key, delay, max_attempts)
        text = encode(body)

        def work(connection: Connection) -> int | None:
            if (
                key is not None
                and connection.execute(
                    "SELECT 1 FROM message WHERE topic = ? AND live_key = ?", (topic, key)
                ).fetchone()
            ):
                return None
            now = self._database.dialect.now(connection)
            available = now + round(delay * 1e6)
            return connection.insert(_PUT, (topic, text, key, key, max_attempts, available, now))

        return self._database.write(work, again=lambda: True)

    def claim(self, topics: Sequence[str], *, worker: str, seconds: float) -> Message | None:
        """Take the oldest available message."""
        check_claim(topics, worker, seconds)
        dialect = self._database.dialect

        def look(connection: Connection) -> list[str]:
            """The topics that have something to do, the one that waits longest first."""
            now = dialect.now(connection)
            found = ((connection.execute(_OLDEST, (topic, now)).fetchone(), topic) for topic in set(topics))
            return [topic for _, _, topic in sorted((row[5], row[0], topic) for row, topic in found if row)]

        def work(connection: Connection) -> Message | None:
            now = dialect.now(connection)
            for topic in waiting:
                while row := connection.execute(_OLDEST + dialect.skip_locked, (topic, now)).fetchone():
                    if row[3] < row[4]:
                        return _claimed(connection, row, worker, now + round(seconds * 1e6))
                    connection.execute(_BURY, (POISON.format(attempts=row[3]), row[0]))
            return None

        # A plain look first: workers that find nothing to do must not keep writers waiting.
        waiting = self._database.read(look)
        return self._database.write(work) if waiting else None

    def extend(self, message: Message, seconds: float) -> None:
        """Keep the lease."""
        check_claim([message.topic], "worker", seconds)
        dialect = self._database.dialect
        self._held(
            message,
            lambda connection: (
                connection.execute(
                    "UPDATE message SET available_at = ? WHERE id = ? AND lease = ?",
                    (dialect.now(connection) + round(seconds * 1e6), message.id, message.lease),
                ).rowcount
            ),
        )

    def done(self, message: Message) -> None:
        """Remove the message."""
        self._held(
            message,
            lambda connection: (
                connection.execute(
                    "DELETE FROM message WHERE id = ? AND lease = ?", (message.id, message.lease)
                ).rowcount
            ),
        )

    def fail(self, message: Message, error: str, *, delay: float | None = None) -> None:
        """Try again later, or give up."""

        def work(connection: Connection) -> int:
            row = connection.execute(
                _ATTEMPTS + self._database.dialect.for_update,
                (message.id, message.lease),
            ).fetchone()
            if row is None:
                return 0
            text = error.replace("\x00", "")
            if row[0] >= row[1]:
                connection.execute(_BURY, (text, message.id))
                return 1
            available = self._database.dialect.now(connection) + round(retry_delay(row[0], delay) * 1e6)
            connection.execute(
                "UPDATE message SET available_at = ?, lease = NULL, worker = NULL, error = ? WHERE id = ?",
                (available, text, message.id),
            )
            return 1

        self._held(message, work)

    def dead(self, topic: str | None = None) -> Sequence[Message]:
        """The dead letters, oldest first."""
        condition, parameters = ("", ()) if topic is None else (" AND topic = ?", (topic,))
        rows = self._database.read(
            lambda connection: connection.execute(
                f"SELECT {_COLUMNS} FROM message WHERE dead = 1{condition} ORDER BY id",  # noqa: S608
                parameters,
            ).fetchall()
        )
        return [_message(row) for row in rows]

    def revive(self, message_id: int) -> None:
        """Put a dead letter back."""

        def work(connection: Connection) -> None:
            changed = connection.execute(
                "UPDATE message SET dead = 0, live_key = message_key, attempts = 0, available_at = ?"
                " WHERE id = ? AND dead = 1",
                (self._database.dialect.now(connection), message_id),
            ).rowcount
            if not changed:
                raise NotFoundError(f"there is no dead letter {message_id}", fix="list them with dead()")

        try:
            self._database.write(work)
        except ConflictError as error:
            raise ConflictError(
                f"dead letter {message_id} cannot be revived: a message with its key waits or runs",
                fix="wait until that one is done",
            ) from error

    def depth(self, topic: str | None = None) -> int:
        """How many messages wait or run."""
        condition, parameters = ("", ()) if topic is None else (" AND topic = ?", (topic,))
        return int(
            self._database.read(
                lambda connection: connection.execute(
                    f"SELECT count(*) FROM message WHERE dead = 0{condition}",  # noqa: S608
                    parameters,
                ).fetchone()
            )[0]
        )

    def _held(self, message: Message, work: Any) -> None:
        if message.lease is None:
            raise InputError(f"message {message.id} was not claimed", expected="a message that claim() gave")
        if not self._database.write(work):
            raise ConflictError(
                f"the lease of message {message.id} was lost",
                expected="a lease that nobody took over: extend it while you work",
            )


def _claimed(connection: Connection, row: Sequence[Any], worker: str, until: int) -> Message:
    lease = secrets.token_hex(8)
    connection.execute(
        "UPDATE message SET lease = ?, worker = ?, attempts = attempts + 1, available_at = ? WHERE id = ?",
        (lease, worker, until, row[0]),
    )
    return _message((*row[:3], row[3] + 1, row[4], until, row[6], lease, row[8]))


def _message(row: Sequence[Any]) -> Message:
    number, topic, body, attempts, max_attempts, available_at, created_at, lease, error = row
    return Message(
        id=number,
        topic=topic,
        body=decode(body),
        attempts=attempts,
        max_attempts=max_attempts,
        available_at=available_at / 1e6,
        created_at=created_at / 1e6,
        lease=lease,
        error=error,
    )
