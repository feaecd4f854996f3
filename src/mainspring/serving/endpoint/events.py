"""Requests that come as CloudEvents are answered as CloudEvents.

Two forms are known. In the binary one the attributes are headers (``ce-id`` …) and the body is the data. In the
structured one, of content type ``application/cloudevents+json``, the body is the event, with the data in it. The
answer has the form of the request, and the type and source that KServe's server gives it.

Specification: CloudEvents 1.0, https://github.com/cloudevents/spec, and its HTTP protocol binding.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote

import msgspec

from mainspring.serving.endpoint.answers import Header
from mainspring.serving.problems import MalformedError, UnsupportedError

RESPONSE = "io.kserve.inference.response"
"""The type of an answer."""

SOURCE = "io.kserve.inference."
"""The source of an answer, without the name of the model."""

_MARK = b"ce-specversion"
_STRUCTURED = b"application/cloudevents+json"
_BATCH = b"application/cloudevents-batch"
_NEEDED = ("specversion", "id", "source", "type")
_LONGEST = 200
_PLAIN = "!#$&'()*+,-./:;<=>?@[\\]^_`{|}~"


class _Structured(msgspec.Struct):
    specversion: str
    id: str
    source: str
    type: str
    data: msgspec.Raw = msgspec.Raw()
    data_base64: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A request that came as an event.

    Attributes:
        id: The event's.
        structured: Whether the body was the event; otherwise the headers were.
        data: What would have been the body without the event around it.
    """

    id: str
    structured: bool
    data: bytes

    def wrap(self, body: bytes, headers: Sequence[Header], request: str, model: str) -> tuple[bytes, list[Header]]:
        """An answer as an event of the same form, with the id of the request.

        Args:
            body: The answer's body.
            headers: Its headers, with its content type.
            request: The id of the request.
            model: The name of the model that answered.
        """
        attributes = {
            "specversion": "1.0",
            "id": request,
            "source": SOURCE + quote(model, safe=""),
            "type": RESPONSE,
            "time": datetime.now(UTC).isoformat(),
        }
        if not self.structured:
            told = [(b"ce-" + name.encode(), _header_value(value)) for name, value in attributes.items()]
            return body, [*headers, *told]
        kind = next((value for name, value in headers if name == b"content-type"), b"application/json")
        others = [header for header in headers if header[0] != b"content-type"]
        event: dict[str, object] = {**attributes, "datacontenttype": kind.decode("latin-1")}
        if kind == b"application/json":
            event["data"] = msgspec.Raw(body)
        else:
            event["data_base64"] = base64.b64encode(body).decode("ascii")
        return msgspec.json.encode(event), [(b"content-type", _STRUCTURED), *others]


def event_of(headers: Mapping[bytes, bytes], body: bytes) -> Event | None:
    """The event that a request is; ``None`` if it is none.

    Raises:
        MalformedError: If it says that it is one, and is not.
        UnsupportedError: If it is a batch of events, or of a version of CloudEvents that is not known.
    """
    if _MARK in headers:
        return _binary(headers, body)
    kind = headers.get(b"content-type", b"")
    if not kind.startswith(b"application/cloudevents"):
        return None
    if kind.startswith(_BATCH):
        raise UnsupportedError("events are not taken in batches", expected="one event per request")
    return _structured(body)


def _binary(headers: Mapping[bytes, bytes], body: bytes) -> Event:
    given = {name: unquote(headers.get(b"ce-" + name.encode(), b"").decode("latin-1")).strip() for name in _NEEDED}
    missing = [f"ce-{name}" for name, value in given.items() if not value]
    if missing:
        raise MalformedError(
            "the request is a CloudEvent without " + ", ".join(missing),
            expected="the headers " + ", ".join(f"ce-{name}" for name in _NEEDED),
        )
    _check(given["specversion"])
    return Event(given["id"], structured=False, data=body)


def _structured(body: bytes) -> Event:
    try:
        event = msgspec.json.decode(body, type=_Structured)
        data = base64.b64decode(event.data_base64, validate=True) if event.data_base64 else bytes(event.data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, binascii.Error) as error:
        raise MalformedError(
            f"the body is not a CloudEvent: {error}",
            expected="an object with specversion, id, source, type and data",
        ) from error
    _check(event.specversion)
    return Event(event.id, structured=True, data=data)


def _check(version: str) -> None:
    if not version.startswith("1."):
        raise UnsupportedError(f"CloudEvents {version!r} is not known", expected="specversion 1.0")


def _header_value(text: str) -> bytes:
    """A text as it may stand in a header, as the HTTP binding of CloudEvents has it."""
    return quote(text[:_LONGEST], safe=_PLAIN, errors="replace").encode()
