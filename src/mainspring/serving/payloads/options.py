"""What is logged of the requests of a server, and where to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from mainspring.serving.payloads.sinks.options import SinkOptions

Share = Annotated[float, Meta(ge=0, le=1)]
Size = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(ge=0)]


class RedactionOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is changed before anything is written. Names may be patterns (``name_*``); outputs are called
    ``output.label`` and so on, and ``request.caller``, ``request.subject`` and ``parameter.<name>`` are names,
    too. Where anything is changed, nothing is kept of the body of a request that could not be answered.

    Attributes:
        drop: Left out.
        mask: Texts become ``***``, other values ``null``.
        hash: Replaced by a keyed hash: equal values stay equal, and nobody without the key can try out values.
        key_env: The variable of the environment that holds the key.
        key_file: The file that holds the key.
    """

    drop: tuple[str, ...] = ()
    mask: tuple[str, ...] = ()
    hash: tuple[str, ...] = ()
    key_env: str = ""
    key_file: str = ""


class PayloadOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is logged of the requests of a server, and where to.

    Attributes:
        folder: Where the log lies; empty logs nothing.
        required: Whether a server that cannot write its log is not ready: it answers those who still ask, and its
            load balancer sends the others elsewhere.
        share: The share of answered requests that is logged, chosen by their id, so that several servers choose
            the same ones. Errors are always logged.
        durable: Whether a record is safe before its answer is sent. If not, a thread writes it, which costs the
            event loop less than a microsecond and the process more, and a kill loses the last tenth of a second.
        max_body: How many bytes are kept of a request that could not be answered.
        inline_bytes: A value of a row that is larger (an image, a tensor, a text) is stored apart, once.
        subject: Whom the data of a request is about, so that it can be erased: ``header:NAME`` or ``column:NAME``.
        redact: What is changed before anything is written.
        skip_header: Whether a caller may keep a request out of the log (``Seldon-Skip-Logging: true``).
        queue_requests: How many requests may wait to be written.
        queue_bytes: How many bytes may wait to be written.
        flush_seconds: How long requests are gathered before they are written.
        segment_bytes: A segment of this size is closed.
        segment_seconds: A segment that was begun this long ago is closed.
        compact: Whether closed segments become Parquet files.
        keep_days: How long segments are kept, for ever by default; those that can be removed are compact.
        sinks: Where else everything goes.
    """

    folder: str = ""
    required: bool = False
    share: Share = 1.0
    durable: bool = True
    max_body: Size = 2_000
    inline_bytes: Size = 16_384
    subject: str = ""
    redact: RedactionOptions = RedactionOptions()
    skip_header: bool = False
    queue_requests: Size = 10_000
    queue_bytes: Annotated[int, Meta(ge=65_536)] = 8 << 20
    flush_seconds: Seconds = 0.1
    segment_bytes: Annotated[int, Meta(ge=1)] = 64 << 20
    segment_seconds: Annotated[float, Meta(gt=0)] = 3600.0
    compact: bool = False
    keep_days: Annotated[float, Meta(gt=0)] | None = None
    sinks: tuple[SinkOptions, ...] = ()

    def placed(self, folder: Path) -> Self:
        """The same with its paths relative to a folder made absolute."""
        key = self.redact.key_file
        return replace(
            self,
            folder=str(folder / self.folder) if self.folder else "",
            redact=replace(self.redact, key_file=str(folder / key) if key else ""),
        )
