"""Events over HTTP (CloudEvents HTTP Protocol Binding 1.0.2)."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlsplit

import msgspec

from mainspring.core.errors import InputError, UnavailableError
from mainspring.serving.payloads.events import Event
from mainspring.serving.payloads.sinks.options import Http
from mainspring.serving.payloads.sinks.ports import RefusedError

_BATCH = "application/cloudevents-batch+json; charset=utf-8"
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F))).replace('"', "").replace("%", "")
_LATER = (408, 425, 429)


class HttpSink:
    """Posts events to a receiver, over one connection that is kept open.

    Args:
        options: Where to, and how.

    Raises:
        InputError: If the address is not one.
    """

    def __init__(self, options: Http) -> None:
        parts = urlsplit(options.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError("this is no address", expected="http://HOST:PORT/PATH", where=f"sink {options.name}")
        self._options = options
        self._where = f"{parts.scheme}://{parts.hostname}:{parts.port or ''}{parts.path}"  # without a password
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host, port, seconds = parts.hostname, parts.port, options.timeout
        self._connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=options.ca_file or None)
            self._connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
        else:
            self._connection = http.client.HTTPConnection(host, port, timeout=seconds)

    def send(self, events: Sequence[Event]) -> None:
        """Post events, in their order.

        Raises:
            UnavailableError: If the receiver does not answer, is too busy, or fails.
            RefusedError: If it does not want them.
        """
        if self._options.mode == "batch":
            body = msgspec.json.encode([event.structured() for event in events])
            self._post(body, {"content-type": _BATCH})
            return
        for event in events:
            self._post(event.data, binary_headers(event))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _post(self, body: bytes, headers: Mapping[str, str]) -> None:
        try:
            self._connection.request("POST", self._path, body, {**self._options.headers, **headers})
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise UnavailableError(
                f"the receiver of events does not answer: {str(error) or type(error).__name__}", where=self._where
            ) from error
        if answer.status < 300:
            return
        told = f"the receiver of events answered with {answer.status}"
        if answer.status >= 500 or answer.status in _LATER:
            raise UnavailableError(told, where=self._where)
        raise RefusedError(told, where=self._where, fix="look at what it says in its log")


def binary_headers(event: Event) -> dict[str, str]:
    """The headers of an event whose body is its data.

    Example:
        >>> event = Event({"id": 'a "b"', "datacontenttype": "text/plain"}, b"", "m", "1", "request")
        >>> binary_headers(event)
        {'ce-id': 'a%20%22b%22', 'content-type': 'text/plain'}
    """
    return {
        ("content-type" if name == "datacontenttype" else f"ce-{name}"): (
            value if name == "datacontenttype" else quote(value, safe=_PRINTABLE)
        )
        for name, value in event.attributes.items()
    }
