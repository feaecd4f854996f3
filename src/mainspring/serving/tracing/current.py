"""The trace that the work of a thread belongs to, so that whoever it asks is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from mainspring.serving.trace_context import TraceContext
from mainspring.serving.tracing.headers import passed_on

_NOTHING: Mapping[str, str] = {}
_HEADERS: ContextVar[Mapping[str, str]] = ContextVar("trace_headers", default=_NOTHING)


@contextmanager
def belonging_to(context: TraceContext | None) -> Iterator[None]:
    """While it lasts, what this thread or task does belongs to a trace."""
    token = _HEADERS.set(passed_on(context))
    try:
        yield
    finally:
        _HEADERS.reset(token)


def trace_headers() -> Mapping[str, str]:
    """The headers that whoever is asked now gets; empty outside of :func:`belonging_to`."""
    return _HEADERS.get()
