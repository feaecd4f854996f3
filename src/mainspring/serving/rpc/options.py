"""What can be said of the gRPC door."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

_Seconds: TypeAlias = Annotated[float, Meta(gt=0)]


class RpcOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the server answers over gRPC.

    Attributes:
        port: The port; 0 lets the system choose. Without one, there is no gRPC.
        host: The address to listen on; empty for that of HTTP.
        max_message: The largest request, in bytes, decompressed. A larger one is refused with RESOURCE_EXHAUSTED.
        max_calls: The most calls under way at once in one process, streams counted as one; more are refused with
            RESOURCE_EXHAUSTED. ``None`` for no limit.
        stream_window: The most requests of one stream under way at once; the next is read when one is answered.
        compression: How answers are compressed for clients that take it. Requests may be compressed either way.
        keepalive: Seconds of silence after which a client is asked whether it is still there.
        keepalive_timeout: Seconds within which it has to say so.
        least_ping: A client that asks more often than every so many seconds whether the server is still there is
            sent away.
        max_connection_age: Seconds after which a client is asked to connect anew, so that clients of many calls
            spread over new workers; ``None`` for never.
        reflection: Whether the server tells what it speaks (``grpcurl … list``).
    """

    port: Annotated[int, Meta(ge=0, le=65535)] | None = None
    host: str = ""
    max_message: Annotated[int, Meta(ge=1024, le=2**31 - 1)] = 32 << 20
    max_calls: Annotated[int, Meta(ge=1)] | None = None
    stream_window: Annotated[int, Meta(ge=1)] = 16
    compression: Literal["none", "deflate", "gzip"] = "none"
    keepalive: _Seconds = 120.0
    keepalive_timeout: _Seconds = 20.0
    least_ping: _Seconds = 10.0
    max_connection_age: _Seconds | None = None
    reflection: bool = True
