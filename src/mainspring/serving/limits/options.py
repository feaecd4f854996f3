"""How much a server takes on, and from whom."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Count = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(gt=0)]


class RateLimit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often may be asked: a bucket of ``burst`` tokens, into which ``per_second`` fall.

    All processes of a server share the buckets.

    Attributes:
        per_second: What may be asked in a second, in the long run.
        burst: What may be asked at once; 0 for what falls in a second, and at least one.
        unit: What takes a token: a request or a row.
        by: Who shares a bucket: the requests of a ``caller`` (by address if it is not known who asks), those of an
            address (``peer``), or ``everybody``.
    """

    per_second: Annotated[float, Meta(gt=0)]
    burst: Annotated[float, Meta(ge=0)] = 0.0
    unit: Literal["requests", "rows"] = "requests"
    by: Literal["caller", "peer", "everybody"] = "caller"


class ModelLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much one model takes on, all of its versions together.

    Attributes:
        max_requests: The most requests under way in a process, waiting or computed; 0 for any number.
        max_concurrency: The most requests that a process computes at a time, each by itself; the others wait in
            their order. 0 for any number. Batches are limited by their own options.
        max_rows: The most rows of a request; 0 for any number.
        rates: How often it may be asked.
    """

    max_requests: Count = 0
    max_concurrency: Count = 0
    max_rows: Count = 0
    rates: tuple[RateLimit, ...] = ()


class LimitOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much a server takes on.

    Attributes:
        max_requests: The most requests under way in a process; 0 for any number.
        max_rows: The most rows of a request; 0 for any number.
        rates: How often it may be asked.
        timeout: Seconds within which every request must be answered; requests and models may say less.
    """

    max_requests: Count = 1024
    max_rows: Count = 0
    rates: tuple[RateLimit, ...] = ()
    timeout: Seconds | None = None
