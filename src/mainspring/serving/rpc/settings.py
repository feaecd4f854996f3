"""Settings that Triton changes while it runs. Here they are set when the server starts."""

from __future__ import annotations

from mainspring.serving.problems import UnsupportedError
from mainspring.serving.rpc.messages import Message
from mainspring.serving.rpc.metadata import Context


def trace_setting(request: Message, context: Context) -> Message:
    """``TraceSetting``.

    Raises:
        UnsupportedError: Always.
    """
    _ = request, context
    raise UnsupportedError(
        "traces cannot be set over gRPC",
        expected="the section 'tracing' of the server's file, or a call with a sampled traceparent",
    )


def log_settings(request: Message, context: Context) -> Message:
    """``LogSettings``.

    Raises:
        UnsupportedError: Always.
    """
    _ = request, context
    raise UnsupportedError(
        "the log cannot be set over gRPC", expected="the options that the server is started with"
    )
