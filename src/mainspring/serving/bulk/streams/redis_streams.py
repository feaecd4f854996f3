"""Redis streams, by a group of consumers. Needs ``pip install 'mainspring[redis]'``.

A message is an entry with its body in the field ``data``; other fields are its headers. An entry without such a
field is a row by itself: a value per column, as text. The answer goes to another stream of the same server, and
the message is acknowledged, in one step on the server: if somebody else has answered it meanwhile, nothing is
added. What a dead consumer left is claimed (``XAUTOCLAIM``). Needs Redis 6.2 or newer, 7.0 for the lag.
"""

from __future__ import annotations

import json
import os
import socket
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import redis.asyncio
from redis.exceptions import RedisError, ResponseError

from mainspring.core.errors import InputError, UnavailableError
from mainspring.serving.bulk.streams.ports import Lag, Message, Reply

DATA: Final = b"data"
"""The field of the body."""

_SETTLE: Final = """
local added = redis.call('XADD', KEYS[2], unpack(ARGV, 3))
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then
  redis.call('XDEL', KEYS[2], added)
  return 0
end
return 1
"""
"""Adds first: where that fails, the message is not acknowledged."""


class RedisStream:
    """A stream of Redis; see :class:`~mainspring.serving.bulk.streams.ports.Broker`.

    Args:
        url: Of the server: ``redis://user:password@host:6379/0``.
        stream: The stream of messages.
        group: The group of those that share it out.
        reply: The stream of answers.
        dead: The stream of dead letters.
        claim: Seconds after which a message that was not answered is given to another one.
        create: Whether the stream of messages is made if it is not there.
    """

    def __init__(
        self, url: str, *, stream: str, group: str, reply: str, dead: str, claim: float, create: bool
    ) -> None:
        self.claim = claim
        self._stream, self._group, self._reply, self._dead = stream, group, reply, dead
        self._create, self._url = create, url
        self._name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self._client: Any = redis.asyncio.Redis.from_url(url)  # its answers have no types
        self._settle = self._client.register_script(_SETTLE)
        self._looked = 0.0

    async def open(self) -> None:
        """Make the group, if it is not there."""
        async with self._told():
            if not self._create and not await self._client.exists(self._stream):
                raise InputError(
                    f"there is no stream {self._stream!r}",
                    where=_shown(self._url),
                    fix="make it with --create, or by adding the first message",
                )
            try:
                await self._client.xgroup_create(self._stream, self._group, id="0", mkstream=self._create)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def fetch(self, most: int, wait: float) -> Sequence[Message]:
        """What dead consumers left, else what is new."""
        async with self._told():
            left = await self._left(most)
            if left:
                return left
            # Not longer than it takes until it is time to look for dead consumers again.
            block = max(1, int(min(wait, self.claim / 2) * 1000))
            found = await self._client.xreadgroup(
                self._group, self._name, {self._stream: ">"}, count=most, block=block
            )
            entries = _entries(found)
            return [_message(name, fields, 1) for name, fields in entries]

    async def keep(self, messages: Sequence[Message]) -> None:
        """Claim what is ours already: that sets its idle time to zero."""
        async with self._told():
            ids = [message.id for message in messages]
            await self._client.xclaim(self._stream, self._group, self._name, 0, ids, justid=True)

    async def settle(self, replies: Sequence[Reply]) -> None:
        """Add the answers and acknowledge the messages, each pair in one step."""
        async with self._told():
            pipe = self._client.pipeline(transaction=False)
            for one in replies:
                target = self._reply if one.ok else self._dead
                fields = [text for pair in one.headers.items() for text in pair]
                await self._settle(
                    keys=[self._stream, target],
                    args=[self._group, one.message.id, "*", DATA, one.data, *fields],
                    client=pipe,
                )
            await pipe.execute()

    async def lag(self) -> Lag:
        """What the group has not been given, and what it has not acknowledged."""
        async with self._told():
            for one in await self._client.xinfo_groups(self._stream):
                if one["name"] == self._group.encode():
                    lag = one.get("lag")
                    return Lag(None if lag is None else int(lag), int(one["pending"]))
            return Lag(None, 0)

    async def close(self) -> None:
        """Take our name out of the group, unless it still holds messages."""
        try:
            pending = await self._client.xpending_range(self._stream, self._group, "-", "+", 1, self._name)
            if not pending:
                await self._client.xgroup_delconsumer(self._stream, self._group, self._name)
        except RedisError:
            pass  # the server is away; the name stays until somebody tidies up
        finally:
            await self._client.aclose()

    async def _left(self, most: int) -> Sequence[Message]:
        """Messages that were given to others, and not acknowledged for too long."""
        if time.monotonic() - self._looked < self.claim / 2:
            return []
        idle = int(self.claim * 1000)
        claimed = await self._client.xautoclaim(self._stream, self._group, self._name, idle, "0-0", count=most)
        entries = [(name, fields) for name, fields in claimed[1] if fields]
        if not entries:
            self._looked = time.monotonic()
            return []
        pending = await self._client.xpending_range(
            self._stream, self._group, entries[0][0], entries[-1][0], len(entries), self._name
        )
        times: Mapping[bytes, int] = {one["message_id"]: one["times_delivered"] for one in pending}
        return [_message(name, fields, times.get(name, 2)) for name, fields in entries]

    @asynccontextmanager
    async def _told(self) -> AsyncIterator[None]:
        """What the library raises as an error of ours, without the password."""
        try:
            yield
        except ResponseError as error:
            raise InputError(f"Redis refused: {error}", where=_shown(self._url)) from error
        except (RedisError, OSError) as error:
            raise UnavailableError(f"Redis does not answer: {error}", where=_shown(self._url)) from error


def _entries(found: Any) -> list[tuple[bytes, Mapping[bytes, bytes]]]:
    """The entries of an answer to XREADGROUP, in either form of the protocol."""
    lists = list(found.values()) if isinstance(found, dict) else [entries for _, entries in found or ()]
    entries = lists[0] if lists else []
    if isinstance(found, dict):
        entries = [entry for some in entries for entry in some]
    return [(name, fields) for name, fields in entries if fields]


def _message(name: bytes, fields: Mapping[bytes, bytes], deliveries: int) -> Message:
    texts = {key.decode("utf-8", "replace").lower(): text for key, text in fields.items() if key != DATA}
    if DATA in fields:
        headers = {key: text.decode("utf-8", "replace") for key, text in texts.items()}
        return Message(name.decode(), fields[DATA], headers, deliveries)
    row = {key.decode("utf-8", "replace"): _value(text) for key, text in fields.items()}
    return Message(name.decode(), json.dumps(row).encode(), {}, deliveries)


def _value(text: bytes) -> Any:  # whatever JSON holds, or the text itself
    told = text.decode("utf-8", "replace")
    try:
        return json.loads(told)
    except ValueError:
        return told


def _shown(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
