"""The headers of W3C Trace Context, level 2: ``traceparent``, ``tracestate`` and ``traceresponse``.

What does not follow the specification counts as not being there; it is never an error of the request.
"""

from __future__ import annotations

import re

from mainspring.serving.trace_context import TraceContext

SAMPLED = 0x01
"""The flag that says that the trace is kept."""

RANDOM = 0x02
"""The flag that says that the id of the trace is chance (level 2)."""

MOST_MEMBERS = 32
"""Entries of a ``tracestate``."""

LONGEST_STATE = 4096
"""Characters of a ``tracestate`` that is passed on; the specification asks for 512."""

# Of a version that is not known yet, only what it has in common with version 00 is read.
_PARENT = re.compile("(?!ff)[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?", re.DOTALL)
_MEMBER = re.compile(
    r"[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"
)
_FLAGS = {
    (sampled, random): f"{SAMPLED * sampled | RANDOM * random:02x}"
    for sampled in (False, True)
    for random in (False, True)
}
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16
_WHOLE = 55


def read_parent(value: bytes) -> tuple[str, str, int] | None:
    """Trace, span and flags of a ``traceparent``; ``None`` if it is not valid.

    Example:
        >>> read_parent(b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        ('4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7', 1)
    """
    text = value.decode("latin-1")
    if _PARENT.fullmatch(text) is None or (len(text) > _WHOLE and text.startswith("00-")):
        return None
    trace, span = text[3:35], text[36:52]
    if trace == _NO_TRACE or span == _NO_SPAN:
        return None
    return trace, span, int(text[53:_WHOLE], 16)


def clean_state(value: str) -> str:
    """A ``tracestate`` as it may be passed on; empty if it is not valid.

    Example:
        >>> clean_state("rojo=00f067aa0ba902b7 , ,congo=t61rcWkgMzE")
        'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'
    """
    if not value or len(value) > LONGEST_STATE:
        return ""
    members = [member for part in value.split(",") if (member := part.strip(" \t"))]
    keys = {member.partition("=")[0] for member in members}
    if len(members) > MOST_MEMBERS or len(keys) < len(members):
        return ""
    return ",".join(members) if all(_MEMBER.fullmatch(member) for member in members) else ""


def parent_of(context: TraceContext) -> str:
    """The ``traceparent`` that whoever is asked next gets; as ``traceresponse``, what the caller gets.

    Example:
        >>> parent_of(TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", sampled=True))
        '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03'
    """
    return f"00-{context.trace}-{context.span}-{_FLAGS[context.sampled, context.random]}"


def passed_on(context: TraceContext | None) -> dict[str, str]:
    """The headers that whoever is asked next gets, so that what they do belongs to the same trace."""
    if context is None:
        return {}
    headers = {"traceparent": parent_of(context)}
    state = clean_state(context.state)
    return {**headers, "tracestate": state} if state else headers


def answered(context: TraceContext | None) -> list[tuple[bytes, bytes]]:
    """The header that the caller gets, if there is a trace that they know or that is kept."""
    if context is None or not (context.sampled or context.parent):
        return []
    return [(b"traceresponse", parent_of(context).encode())]
