"""What can be said of remembered answers: where they are kept, and of which models."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class CacheOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a server keeps answers.

    Attributes:
        kind: ``memory``, in each process of the server, or ``redis``, for all servers that share it.
        max_bytes: The most memory that answers take in a process; the ones not used for longest go first.
        url: Of Redis, such as ``redis://user:password@host:6379/0``, or ``rediss://`` with TLS.
        timeout: Seconds after which Redis is not waited for: the model computes then.
        pause: Seconds that Redis is left alone after it did not answer.
        prefix: What keys in Redis begin with.
    """

    kind: Literal["memory", "redis"] = "memory"
    max_bytes: Annotated[int, Meta(ge=1)] = 64 << 20
    url: str = "redis://127.0.0.1:6379/0"
    timeout: Annotated[float, Meta(gt=0)] = 0.05
    pause: Annotated[float, Meta(ge=0)] = 1.0
    prefix: str = "mainspring:answers:"


class ModelCacheOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the answers of one model are remembered. A model must give equal answers to equal questions.

    Attributes:
        ttl: Seconds for which an answer is remembered; 0 for as long as there is room.
        max_rows: Requests of more rows are neither looked up nor remembered.
    """

    ttl: Annotated[float, Meta(ge=0)] = 300.0
    max_rows: Annotated[int, Meta(ge=1)] = 1000
