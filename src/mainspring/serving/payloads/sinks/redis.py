"""Events to a stream of Redis: an entry per event, its attributes and its data as fields."""

from __future__ import annotations

from collections.abc import Sequence

import redis
from redis.typing import EncodableT

from mainspring.core.errors import UnavailableError
from mainspring.serving.payloads.events import Event
from mainspring.serving.payloads.sinks.options import Redis
from mainspring.serving.payloads.sinks.ports import RefusedError


class RedisSink:
    """Adds events to a stream; those of a batch all at once or not at all.

    Args:
        options: Where to.
    """

    def __init__(self, options: Redis) -> None:
        self._options = options
        self._client = redis.Redis.from_url(
            options.url, socket_timeout=options.timeout, socket_connect_timeout=options.timeout
        )

    def send(self, events: Sequence[Event]) -> None:
        """Add events, in their order.

        Raises:
            UnavailableError: If Redis does not answer.
            RefusedError: If the key holds something else than a stream, or we may not write to it.
        """
        options = self._options
        pipeline = self._client.pipeline(transaction=True)
        for event in events:
            key = options.stream.format(model=event.model, version=event.version, part=event.part)
            fields: dict[EncodableT, EncodableT] = {
                f"ce-{name}": value for name, value in event.attributes.items()
            }
            fields["data"] = event.data
            pipeline.xadd(key, fields, maxlen=options.keep or None, approximate=True)
        try:
            pipeline.execute()
        except (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError) as error:
            raise UnavailableError(f"Redis does not answer: {error}", where=options.name) from error
        except redis.ResponseError as error:
            raise RefusedError(f"Redis does not take events: {error}", where=options.name) from error

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
