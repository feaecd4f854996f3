"""The sinks that options name. A broker's client is imported only if there is one."""

from __future__ import annotations

from mainspring.core.errors import UnavailableError
from mainspring.serving.payloads.sinks.options import Http, Nats, SinkOptions
from mainspring.serving.payloads.sinks.ports import Sink


def open_sink(options: SinkOptions) -> Sink:
    """A sink; it connects when it sends.

    Raises:
        InputError: If its address is not one.
        UnavailableError: If the client of a broker is not installed.
    """
    try:
        if isinstance(options, Http):
            from mainspring.serving.payloads.sinks.http import HttpSink

            return HttpSink(options)
        if isinstance(options, Nats):
            from mainspring.serving.payloads.sinks.nats import NatsSink

            return NatsSink(options)
        from mainspring.serving.payloads.sinks.redis import RedisSink

        return RedisSink(options)
    except ModuleNotFoundError as error:
        extra = "nats" if isinstance(options, Nats) else "redis"
        raise UnavailableError(
            f"sink {options.name!r} needs {error.name}", fix=f"pip install 'mainspring[{extra}]'"
        ) from error
