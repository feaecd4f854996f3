"""Messages as JSON over HTTP, signed as the specification Standard Webhooks 1.0 has it, without any library."""

from __future__ import annotations

import http.client
import json
import time
from typing import Final
from urllib.parse import unquote, urlsplit

from mainspring.core.errors import InputError, UnavailableError
from mainspring.core.signing import ID, SIGNATURE, TIMESTAMP, sign
from mainspring.monitoring.alerts.messages import Message

_SECONDS: Final = 10.0
_EXCERPT: Final = 200


def send(url: str, message: Message, *, secret: str = "") -> None:
    """Post a message; its form is that of :meth:`mainspring.monitoring.alerts.messages.Message.as_dict`.

    ``webhook-id`` is the same for every attempt at one message, so that a receiver can drop what it has seen. No
    redirect is followed: what is signed for one address is not sent to another. A name and password in the address
    are sent as basic authentication.

    Args:
        url: ``https://…``, ``http://…``, or these with ``json+`` before them.
        message: What is told.
        secret: What it is signed with; not signed without.

    Raises:
        InputError: If the address is none.
        UnavailableError: If the receiver does not answer within ten seconds, or does not take it.
    """
    body = json.dumps(message.as_dict(), ensure_ascii=False, default=str).encode()
    headers = {"content-type": "application/json", "user-agent": "mainspring", ID: message.id}
    if secret:
        timestamp = int(time.time())
        headers[TIMESTAMP] = str(timestamp)
        headers[SIGNATURE] = sign(secret, delivery=message.id, timestamp=timestamp, body=body)
    status, told = _post(url.removeprefix("json+"), body, headers)
    if not 200 <= status < 300:
        raise UnavailableError(f"the receiver answered with status {status}: {told}")


def _post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    parts = urlsplit(url)
    if not parts.hostname:
        raise InputError("this is no address", expected="https://HOST/PATH")
    if parts.username is not None:
        headers["authorization"] = _basic(unquote(parts.username), unquote(parts.password or ""))
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=_SECONDS)
    try:
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(4 * _EXCERPT).decode("utf-8", "replace")[:_EXCERPT]
    except (OSError, http.client.HTTPException) as error:
        raise UnavailableError(f"the receiver does not answer: {str(error) or type(error).__name__}") from error
    finally:
        connection.close()


def _basic(name: str, password: str) -> str:
    import base64

    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
