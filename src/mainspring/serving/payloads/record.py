"""What is logged of one request."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mainspring.serving.decision import Decision

BLOCKED = 422
"""The HTTP status of an answer that an assertion of the model forbids."""

_NOTHING: Mapping[str, Any] = {}
_VARIANT = {f"{digit:x}": f"{8 | digit & 3:x}" for digit in range(16)}
"""A digit of chance to one whose first two bits say that this is a UUID of RFC 9562."""


class LogRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request.

    Attributes:
        id: The caller's id, or a time-ordered one made for it.
        time: When it arrived, in seconds since the epoch.
        model: The model asked for, with ``version`` the one that answered; empty if there was none.
        protocol: The protocol it came in, such as ``"v1"`` or ``"v2"``.
        status: The HTTP status of the answer, or the one that means the same.
        columns: The rows that were answered, column by column, as plain values with ``None`` for missing. A large
            value (an image, a tensor) is an object with ``blob``, ``dtype`` and ``shape``: its content lies in the
            folder ``blobs`` of the log.
        outputs: What went out: ``label`` and ``probability.<class>``, or ``prediction``. With assertions
            also ``assertions``, the names of those that each row violates, and the model's own answers as
            ``own.label`` and so on, where it was not these that went out.
        latency: Seconds from the last byte read to the answer being ready.
        error: Why it failed; ``None`` for an answer.
        kind: Why it failed, as the code of an error.
        body: The beginning of a request that could not be answered.
        trace: The id of its distributed trace (W3C Trace Context), 32 hexadecimal digits.
        caller: Who asked, as far as the server knows.
        subject: Whom the data is about: one name for all rows, or one per row.
        cached: Whether the answer was remembered.
        batch: Rows that were computed together with it, its own included; 0 if it was not batched.
        share: The share of requests like this one that are logged: each stands for ``1 / share`` of them.
        tags: What the model said about this answer.
        parameters: What the caller said besides.
        erased: The rows that were erased since, by number: their values are ``None``.
        decisions: Where routers sent it, and how likely that was.
        path: The models that it was at in a graph: node, model and version.
    """

    id: str
    time: float
    model: str
    version: str
    protocol: str = ""
    status: int = 200
    columns: Mapping[str, Sequence[Any]] = _NOTHING
    outputs: Mapping[str, Sequence[Any]] = _NOTHING
    latency: float = 0.0
    error: str | None = None
    kind: str = ""
    body: str | None = None
    trace: str = ""
    caller: str = ""
    subject: str | tuple[str | None, ...] = ""
    cached: bool = False
    batch: int = 0
    share: float = 1.0
    tags: Mapping[str, Any] = _NOTHING
    parameters: Mapping[str, Any] = _NOTHING
    erased: tuple[int, ...] = ()
    decisions: tuple[Decision, ...] = ()
    path: tuple[tuple[str, str, str], ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether the model answered, and an assertion forbade the answer to the only row."""
        return self.error is not None and self.status == BLOCKED and any(self.outputs.get("assertions", ()))

    @property
    def rows(self) -> int:
        """How many rows were asked for, as far as they could be read."""
        columns = self.columns.values()
        return max([len(one) for one in columns if isinstance(one, list) or hasattr(one, "dtype")], default=0)


def request_id(seconds: float) -> str:
    """A new id that sorts by time: UUID version 7 (RFC 9562, section 5.7).

    Example:
        >>> request_id(0)[:15]
        '00000000-0000-7'
    """
    moment, chance = f"{int(seconds * 1000) & (1 << 48) - 1:012x}", os.urandom(10).hex()
    return f"{moment[:8]}-{moment[8:]}-7{chance[:3]}-{_VARIANT[chance[3]]}{chance[4:7]}-{chance[7:19]}"
