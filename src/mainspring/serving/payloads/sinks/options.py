"""Where else a log goes, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

Seconds = Annotated[float, Meta(ge=0)]

Names: TypeAlias = Literal["mainspring", "kserve", "seldon"]
"""The names under which events are known: ours, those of KServe's logger, or those of Seldon's."""


class _Sink(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag=str.lower
):
    """What all sinks have.

    Attributes:
        name: Of the sink: its place in the log is kept under it.
        events: The names under which events are known.
        parts: Whether requests are sent, responses, or both.
        source: The ``source`` of the events, before ``/models/<model>``; and the ``inferenceservicename``, where
            the events have one, is its last part.
        namespace: The ``namespace`` of the events, where they have one.
        batch: How many requests are sent at once.
        retry_seconds: How long to wait at first after a failure; then twice as long, and so on.
        retry_most_seconds: How long to wait at most.
        attempts: How often events are offered to a receiver that answers, and refuses them; then they are counted
            and left behind.
    """

    name: str
    events: Names = "mainspring"
    parts: Literal["all", "request", "response"] = "all"
    source: str = "/mainspring"
    namespace: str = "default"
    batch: Annotated[int, Meta(ge=1)] = 100
    retry_seconds: Seconds = 0.2
    retry_most_seconds: Seconds = 60.0
    attempts: Annotated[int, Meta(ge=1)] = 5


class Http(_Sink, frozen=True, kw_only=True):
    """CloudEvents over HTTP.

    Attributes:
        url: Where they are posted.
        mode: ``binary``: a request per event, its attributes as headers. ``batch``: a JSON list of events.
        headers: Sent with every request, such as ``authorization``.
        timeout: Seconds within which the receiver must answer.
        ca_file: Certificates that are trusted, besides those of the system.
    """

    url: str
    mode: Literal["binary", "batch"] = "binary"
    headers: Mapping[str, str] = {}
    timeout: Seconds = 10.0
    ca_file: str = ""


class Nats(_Sink, frozen=True, kw_only=True):
    """CloudEvents to NATS.

    Attributes:
        url: Of the server, ``nats://user:password@host:4222``.
        subject: Where they are published: ``{model}``, ``{version}`` and ``{part}`` are filled in.
        jetstream: Whether a stream takes them and says so; otherwise only those get them who listen now.
        timeout: Seconds within which the server must answer.
    """

    url: str = "nats://127.0.0.1:4222"
    subject: str = "mainspring.inference.{model}.{part}"
    jetstream: bool = True
    timeout: Seconds = 10.0


class Redis(_Sink, frozen=True, kw_only=True):
    """CloudEvents to a stream of Redis.

    Attributes:
        url: Of the server, ``redis://user:password@host:6379/0``.
        stream: The key of the stream: ``{model}``, ``{version}`` and ``{part}`` are filled in.
        keep: About how many entries the stream keeps; 0 for all.
        timeout: Seconds within which the server must answer.
    """

    url: str = "redis://127.0.0.1:6379/0"
    stream: str = "mainspring:inference"
    keep: Annotated[int, Meta(ge=0)] = 1_000_000
    timeout: Seconds = 10.0


SinkOptions: TypeAlias = Http | Nats | Redis
