"""What a broker brings, and what it is given back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a stream.

    Attributes:
        id: Its name in the stream; the same whenever it is delivered.
        data: Its body.
        headers: What is said of it besides, by name in lower case.
        deliveries: How often it was delivered by now, this time included.
        handle: What the broker knows it by.
    """

    id: str
    data: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    deliveries: int = 1
    handle: object = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What is published about a message, which is done with then.

    Attributes:
        message: The message.
        id: The same for every reply to this message.
        data: The body.
        headers: What is said of it besides.
        ok: Whether it is an answer; if not, it goes where the dead letters are.
    """

    message: Message
    id: str
    data: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    ok: bool = True


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a stream is ahead of its readers.

    Attributes:
        waiting: Messages that nobody was given yet; ``None`` if the broker does not know.
        pending: Messages that somebody was given and has not answered.
    """

    waiting: int | None
    pending: int


class Broker(Protocol):
    """A stream of messages shared out among readers, and the places where answers go.

    Promises:
        - A message that was fetched is given to nobody else for ``claim`` seconds, and :meth:`keep` begins these
          again. One that is not settled until then is given to whoever fetches next, with one more delivery.
        - :meth:`settle` acknowledges a message after its reply was published, never before; calling it again with
          the same replies does no harm beyond publishing them twice under the same id.
        - ``UnavailableError`` is raised when the broker does not answer; calling again later may help.
        - Used by one task at a time, :meth:`keep` and :meth:`lag` apart.
    """

    claim: float
    """Seconds for which a message stays with whoever fetched it."""

    async def open(self) -> None:
        """Connect, and make ready what is needed.

        Raises:
            NotFoundError: If there is no such stream, and it is not to be made.
            UnavailableError: If the broker does not answer.
        """
        ...

    async def fetch(self, most: int, wait: float) -> Sequence[Message]:
        """The next messages: those that dead readers left, then new ones; none if none came within ``wait``."""
        ...

    async def keep(self, messages: Sequence[Message]) -> None:
        """Say that these messages are still being worked on."""
        ...

    async def settle(self, replies: Sequence[Reply]) -> None:
        """Publish replies, and acknowledge their messages."""
        ...

    async def lag(self) -> Lag:
        """How far the stream is ahead."""
        ...

    async def close(self) -> None:
        """Give back what is held. Messages that were not settled go to others."""
        ...
