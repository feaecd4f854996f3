"""Events to NATS (CloudEvents NATS Protocol Binding): their attributes as headers, their data as the message."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Sequence

import nats
from nats.aio.client import Client
from nats.errors import Error, NoRespondersError
from nats.js.errors import APIError, NoStreamResponseError

from mainspring.core.errors import UnavailableError
from mainspring.serving.payloads.events import Event
from mainspring.serving.payloads.sinks.http import binary_headers
from mainspring.serving.payloads.sinks.options import Nats
from mainspring.serving.payloads.sinks.ports import RefusedError

_UNFIT = re.compile(r"[\s.*>]+")


class NatsSink:
    """Publishes events. With JetStream a stream keeps them, and leaves out those that it has already.

    Args:
        options: Where to.
    """

    def __init__(self, options: Nats) -> None:
        self._options = options
        self._loop = asyncio.new_event_loop()
        self._client: Client | None = None

    def send(self, events: Sequence[Event]) -> None:
        """Publish events, in their order.

        Raises:
            UnavailableError: If NATS does not answer.
            RefusedError: If there is no stream for their subject.
        """
        where, seconds = self._options.name, self._options.timeout
        try:
            self._loop.run_until_complete(asyncio.wait_for(self._publish(events), seconds + len(events) * 0.1))
        except (NoStreamResponseError, NoRespondersError) as error:
            raise RefusedError(
                "no stream of NATS takes these events", where=where, fix="add their subject to a stream"
            ) from error
        except APIError as error:
            raise UnavailableError(f"NATS does not take events: {error}", where=where) from error
        except (OSError, Error, TimeoutError) as error:
            self._drop()
            told = str(error) or type(error).__name__
            raise UnavailableError(f"NATS does not answer: {told}", where=where) from error

    def close(self) -> None:
        """Close the connection."""
        self._drop()
        self._loop.close()

    async def _publish(self, events: Sequence[Event]) -> None:
        client = self._client
        if client is None:
            client = self._client = await nats.connect(
                self._options.url,
                allow_reconnect=False,
                connect_timeout=max(1, round(self._options.timeout)),
                error_cb=_quiet,
            )
        stream = client.jetstream(timeout=self._options.timeout) if self._options.jetstream else None
        for event in events:
            headers = {**binary_headers(event), "Nats-Msg-Id": f"{event.attributes['id']}.{event.part}"}
            subject = self._subject(event)
            if stream is not None:
                await stream.publish(subject, event.data, headers=headers)
            else:
                await client.publish(subject, event.data, headers=headers)
        await client.flush()

    def _subject(self, event: Event) -> str:
        names = {"model": event.model, "version": event.version}
        fitting = {name: _UNFIT.sub("_", value) or "_" for name, value in names.items()}
        return self._options.subject.format(**fitting, part=event.part)

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                self._loop.run_until_complete(client.close())


async def _quiet(error: Exception) -> None:
    """What goes wrong is raised by the next call, too."""
    _ = error
