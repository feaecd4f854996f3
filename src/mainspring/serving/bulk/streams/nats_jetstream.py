"""NATS JetStream, by a durable consumer that is pulled from. Needs ``pip install 'mainspring[nats]'``.

A message is acknowledged after the server has said that the answer is kept; one that is not acknowledged in time
is delivered again. Answers carry their id as ``Nats-Msg-Id``: a stream throws away what it has seen within its
window of duplicates. Where no stream listens to the subject of answers, they are published to whoever is there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import AckPolicy, ConsumerConfig, StreamConfig
from nats.js.errors import NotFoundError as NoStreamError

from mainspring.core.errors import NotFoundError, StateError, UnavailableError
from mainspring.serving.bulk.streams.ports import Lag, Message, Reply

if TYPE_CHECKING:
    from nats.js import JetStreamContext

_LOG = logging.getLogger(__name__)

ID: Final = "Nats-Msg-Id"
"""The header by which a stream knows that it has seen a message."""

_CONNECT_SECONDS: Final = 5


class JetStream:
    """A subject of JetStream; see :class:`~mainspring.serving.bulk.streams.ports.Broker`.

    Args:
        url: Of the server: ``nats://user:password@host:4222``.
        subject: The subject of messages, which a stream listens to.
        group: The name of the durable consumer that shares it out.
        reply: The subject of answers.
        dead: The subject of dead letters.
        claim: Seconds after which a message that was not answered is delivered again.
        create: Whether streams are made for these subjects where there are none.
    """

    def __init__(
        self, url: str, *, subject: str, group: str, reply: str, dead: str, claim: float, create: bool
    ) -> None:
        self.claim = claim
        self._url, self._subject, self._group = url, subject, group
        self._reply, self._dead, self._create = reply, dead, create
        self._stream = ""
        self._kept: set[str] = set()
        self._opened: tuple[Client, JetStreamContext, JetStreamContext.PullSubscription] | None = None

    async def open(self) -> None:
        """Connect, find the streams, and make the consumer if it is not there."""
        async with self._told():
            client = Client()
            try:
                # Once it was there it is waited for as long as need be; the first time it has to answer.
                connecting = client.connect(
                    self._url,
                    connect_timeout=_CONNECT_SECONDS,
                    max_reconnect_attempts=-1,
                    name="mainspring",
                    error_cb=_passed_over,
                )
                await asyncio.wait_for(connecting, _CONNECT_SECONDS)
                jetstream = client.jetstream()
                for subject in (self._subject, self._reply, self._dead):
                    stream = await self._find(jetstream, subject)
                    if stream is not None and subject != self._subject:
                        self._kept.add(subject)
                    self._stream = self._stream or stream or ""
                config = ConsumerConfig(
                    ack_policy=AckPolicy.EXPLICIT,
                    ack_wait=self.claim,
                    max_deliver=-1,
                    filter_subject=self._subject,
                )
                subscription = await jetstream.pull_subscribe(
                    self._subject, durable=self._group, stream=self._stream, config=config
                )
            except BaseException:
                await client.close()
                raise
            self._opened = client, jetstream, subscription

    async def fetch(self, most: int, wait: float) -> Sequence[Message]:
        """The next messages, those that were not answered in time among them."""
        _, _, subscription = self._connection
        async with self._told():
            try:
                found = await subscription.fetch(most, timeout=wait)
            except (NatsTimeoutError, TimeoutError):
                return []
            return [_message(self._stream, one) for one in found]

    async def keep(self, messages: Sequence[Message]) -> None:
        """Say that the messages are in progress."""
        async with self._told():
            for one in messages:
                with suppress(NatsError):  # it was acknowledged meanwhile
                    await _handle(one).in_progress()

    async def settle(self, replies: Sequence[Reply]) -> None:
        """Publish, wait until the server has it, and acknowledge."""
        client, jetstream, _ = self._connection

        async def publish(one: Reply) -> None:
            subject = self._reply if one.ok else self._dead
            headers = {**one.headers, ID: one.id}
            if subject in self._kept:
                await jetstream.publish(subject, one.data, headers=headers)
            else:
                await client.publish(subject, one.data, headers=headers)

        async with self._told():
            await asyncio.gather(*map(publish, replies))
            await client.flush()
            for one in replies:
                with suppress(NatsError):  # a second try to settle: it was acknowledged by the first
                    await _handle(one.message).ack()
            await client.flush()

    async def lag(self) -> Lag:
        """What was not delivered yet, and what was not acknowledged."""
        _, jetstream, _ = self._connection
        async with self._told():
            found = await jetstream.consumer_info(self._stream, self._group)
            return Lag(found.num_pending, found.num_ack_pending or 0)

    async def close(self) -> None:
        """Send what is buffered, and disconnect; the durable consumer stays."""
        if self._opened is not None:
            client, _, _ = self._opened
            self._opened = None
            with suppress(NatsError, OSError, TimeoutError):
                await client.flush(timeout=_CONNECT_SECONDS)
            await client.close()

    @property
    def _connection(self) -> tuple[Client, JetStreamContext, JetStreamContext.PullSubscription]:
        if self._opened is None:
            raise UnavailableError("NATS was not connected to yet", where=_shown(self._url))
        return self._opened

    async def _find(self, jetstream: JetStreamContext, subject: str) -> str | None:
        """The stream that listens to a subject; of answers there need be none."""
        try:
            return await jetstream.find_stream_name_by_subject(subject)
        except NoStreamError:
            if self._create:
                name = "".join(letter if letter.isalnum() else "_" for letter in subject)
                await jetstream.add_stream(StreamConfig(name=name, subjects=[subject]))
                return name
            if subject != self._subject:
                return None
            raise NotFoundError(
                f"no stream listens to the subject {subject!r}",
                where=_shown(self._url),
                fix=f"make one with --create, or: nats stream add --subjects {subject}",
            ) from None

    @asynccontextmanager
    async def _told(self) -> AsyncIterator[None]:
        """What the library raises as an error of ours, without the password."""
        try:
            yield
        except (NatsError, OSError, TimeoutError) as error:
            told = str(error) or type(error).__name__
            raise UnavailableError(f"NATS does not answer: {told}", where=_shown(self._url)) from error


async def _passed_over(error: Exception) -> None:
    """Whoever calls is told of an error; what the library tries again in between need not be."""
    _LOG.debug("NATS: %s", error)


def _message(stream: str, found: Msg) -> Message:
    metadata = found.metadata
    headers = {name.lower(): text for name, text in (found.headers or {}).items()}
    name = f"{stream}:{metadata.sequence.stream}"
    return Message(name, found.data, headers, metadata.num_delivered or 1, found)


def _handle(message: Message) -> Msg:
    if not isinstance(message.handle, Msg):
        raise StateError(f"the message {message.id} is none of NATS")
    return message.handle


def _shown(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
