"""What can be set about traces and logs of requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

_Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
_Seconds: TypeAlias = Annotated[float, Meta(gt=0)]


class TracingOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which requests are traced, and where their spans go: to a collector that takes OTLP over HTTP.

    Whatever is not set here is taken from the environment, by the names that OpenTelemetry gives them:
    ``OTEL_EXPORTER_OTLP_ENDPOINT``, ``OTEL_EXPORTER_OTLP_HEADERS``, ``OTEL_SERVICE_NAME``,
    ``OTEL_RESOURCE_ATTRIBUTES``, ``OTEL_TRACES_SAMPLER``, ``OTEL_TRACES_SAMPLER_ARG``, ``OTEL_SDK_DISABLED`` …

    Attributes:
        endpoint: The address of the collector, such as ``http://localhost:4318``. Without one, here or in the
            environment, nothing is sent.
        headers: Sent to the collector, such as a key.
        sample: The share of requests that are traced of those that come without a trace. One that comes with a
            trace that is kept is always traced, and one whose trace is not kept never.
        service: What the server is called; ``mainspring`` by default.
        queue: The most spans that wait to be sent; more are dropped, and counted.
        every: Seconds between sendings.
    """

    endpoint: Annotated[str, Meta(pattern="^(https?://.*)?$")] = ""
    headers: Mapping[str, str] = {}
    sample: _Share | None = None
    service: str = ""
    queue: Annotated[int, Meta(ge=1)] = 8192
    every: _Seconds = 1.0


class LogOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lines about requests, and about the server itself.

    Attributes:
        file: Where lines about requests go; to standard error by default. One that was moved away is begun anew.
        form: How lines about the server itself are written: ``text`` for people, or ``json``, as those about
            requests always are.
        good: The share of answered requests that a line is written about.
        bad: The same share of requests that were wrong (status 400 to 499).
        refused: The same share of requests of callers who were not let in (401 and 403).
        slow: A line is written about every request that took at least so many seconds.
        at_most: Lines about requests in a second; more are dropped, and counted. Requests that failed (status 500
            and more) always have their line, as far as this allows.
        queue: The most lines that wait to be written; more are dropped, and counted.
    """

    file: str = ""
    form: Literal["text", "json"] = "text"
    good: _Share = 0.0
    bad: _Share = 0.0
    refused: _Share = 1.0
    slow: _Seconds | None = None
    at_most: Annotated[int, Meta(ge=1)] = 1000
    queue: Annotated[int, Meta(ge=1)] = 10_000
