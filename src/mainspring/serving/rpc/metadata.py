"""What a gRPC call says of itself besides its message."""

from __future__ import annotations

import time
from typing import TypeAlias, cast

from grpc.aio import ServicerContext

from mainspring.core.clock import now
from mainspring.serving.call import Call
from mainspring.serving.client import EXPLAINS
from mainspring.serving.security.certificates import Certificate, of_grpc
from mainspring.serving.security.peers import grpc_peer
from mainspring.serving.terms import given_id
from mainspring.serving.tracing.tracer import Tracer

Context: TypeAlias = ServicerContext[bytes, bytes]
"""Messages go in and out as bytes: they are read and written where errors can still be told."""

PROTOCOL = "grpc"

_MADE_UP = EXPLAINS.encode()


def call_of(context: Context, tracer: Tracer | None = None) -> Call:
    """The call that a context belongs to, with everything that is known before its message is read."""
    headers, arrived = headers_of(context), now()
    began = time.perf_counter()
    remaining = cast("float | None", context.time_remaining())
    return Call(
        PROTOCOL,
        "",
        id=given_id(headers),
        time=arrived,
        arrived=began,
        began=began,
        headers=headers,
        peer=grpc_peer(context.peer()),
        trace=None if tracer is None else tracer.begin(headers),
        deadline=None if remaining is None else began + remaining,
        made_up=_MADE_UP in headers,
    )


def headers_of(context: Context) -> dict[bytes, bytes]:
    """The metadata in the form of HTTP headers."""
    return {_bytes(name): _bytes(value) for name, value in context.invocation_metadata() or ()}


def certificate_of(context: Context) -> Certificate | None:
    """The certificate that the client showed, which TLS has checked."""
    return of_grpc({name: tuple(values) for name, values in context.auth_context().items()})


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1", "replace")
