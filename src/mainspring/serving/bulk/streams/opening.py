"""From a URL to a broker. The libraries are imported here, when they are needed."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import unquote, urlsplit

from mainspring.core.errors import InputError, UnavailableError
from mainspring.serving.bulk.streams.ports import Broker

SCHEMES: Final = {
    "redis": ("redis_streams", "redis"),
    "rediss": ("redis_streams", "redis"),
    "nats": ("nats_jetstream", "nats"),
    "tls": ("nats_jetstream", "nats"),
}
"""Scheme of a URL to the module of its broker, and the extra that it needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOptions:
    """Where messages come from and answers go.

    Attributes:
        url: ``redis://host:6379/0/STREAM`` or ``nats://host:4222/SUBJECT``.
        reply: The stream or subject of answers.
        dead_letters: The same of messages that cannot be answered; that of answers with ``.errors`` by default.
        group: Readers of one group share the messages out.
        claim: Seconds after which a message that was not answered is given to another reader.
        create: Whether streams are made where there are none.
    """

    url: str
    reply: str
    dead_letters: str = ""
    group: str = "mainspring"
    claim: float = 60.0
    create: bool = False

    @property
    def stream(self) -> str:
        """The stream or subject of messages."""
        return unquote(urlsplit(self.url).path.strip("/").rpartition("/")[2])


def open_broker(options: StreamOptions) -> Broker:
    """A broker that is not connected yet.

    Raises:
        InputError: If the URL is none that is known, or names no stream.
        UnavailableError: If the library that it needs is not installed.
    """
    parts = urlsplit(options.url)
    if parts.scheme not in SCHEMES:
        raise InputError(f"a stream at {parts.scheme or options.url!r}", expected="a URL of redis:// or nats://")
    if not options.stream:
        raise InputError(
            f"the URL {parts.scheme}://{parts.hostname} names no stream",
            expected=f"{parts.scheme}://HOST:PORT/"
            + ("0/STREAM" if parts.scheme.startswith("redis") else "SUBJECT"),
        )
    if not options.reply or options.reply == options.stream:
        raise InputError(
            "answers need a place of their own", expected="--reply with another name than the stream's"
        )
    if options.claim <= 0:
        raise InputError(f"a message is claimed after {options.claim} seconds", expected="more than none")
    module, extra = SCHEMES[parts.scheme]
    try:
        found = importlib.import_module(f"mainspring.serving.bulk.streams.{module}")
    except ImportError as error:
        raise UnavailableError(
            f"the library for {parts.scheme}:// is not installed", fix=f"pip install 'mainspring[{extra}]'"
        ) from error
    before = parts.path.strip("/").rpartition("/")[0]
    server = parts._replace(path=f"/{before}" if before else "", query="").geturl()
    given = {
        "group": options.group,
        "reply": options.reply,
        "dead": options.dead_letters or f"{options.reply}.errors",
        "claim": options.claim,
        "create": options.create,
    }
    if module == "redis_streams":
        return cast("Broker", found.RedisStream(server, stream=options.stream, **given))
    return cast("Broker", found.JetStream(server, subject=options.stream, **given))
