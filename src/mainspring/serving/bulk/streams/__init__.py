"""Answers to the messages of a broker: Redis streams, and NATS JetStream.

Every message is answered at least once, whoever is killed meanwhile: it is acknowledged after its answer was
published. Answers to the same message have the same id, by which a broker or a reader knows them again.

:func:`open_broker` makes a :class:`Broker` of a URL, :class:`Consumer` answers what it brings. The libraries of
the brokers are extras: ``pip install 'mainspring[redis]'`` or ``'mainspring[nats]'``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.serving.bulk.streams.consumer import Consumer, Consuming
    from mainspring.serving.bulk.streams.current import Current
    from mainspring.serving.bulk.streams.opening import StreamOptions, open_broker
    from mainspring.serving.bulk.streams.ports import Broker, Lag, Message, Reply

_EXPORTS = {
    "Broker": "ports",
    "Consumer": "consumer",
    "Consuming": "consumer",
    "Current": "current",
    "Lag": "ports",
    "Message": "ports",
    "Reply": "ports",
    "StreamOptions": "opening",
    "open_broker": "opening",
}

__all__ = [
    "Broker",
    "Consumer",
    "Consuming",
    "Current",
    "Lag",
    "Message",
    "Reply",
    "StreamOptions",
    "open_broker",
]

__getattr__, __dir__ = lazily(__name__, _EXPORTS)
