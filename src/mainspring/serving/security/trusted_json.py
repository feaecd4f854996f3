"""JSON from an address whose word counts: over https, of that address alone, and of a bounded size."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlsplit

from mainspring.core.errors import UnavailableError
from mainspring.serving.security.peers import is_loopback

_LARGEST: Final = 1 << 20


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Whose word counts is who was named, and nobody they point at."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:  # headers: http.client's, typed as Any where it is inherited from
        return None


def is_url(place: str) -> bool:
    """Whether it is an address, and no file."""
    return place.startswith(("http://", "https://"))


def is_safe(place: str) -> bool:
    """Whether nobody on the way can change what an address says: with https, or on this machine."""
    parts = urlsplit(place)
    local = parts.hostname == "localhost" or is_loopback(parts.hostname or "")
    return parts.scheme == "https" or (parts.scheme == "http" and local)


def json_at(
    place: str, body: bytes | None = None, *, headers: Mapping[str, str] | None = None, seconds: float
) -> dict[str, Any]:
    """The JSON object that is at an address, or in a file.

    Args:
        place: The address, which was checked to be safe, or the file's path.
        body: What is sent there; nothing, to only read.
        headers: Sent with it.
        seconds: How long it may take.

    Raises:
        UnavailableError: If it cannot be read, is no JSON object, or is too large.
    """
    try:
        data = _read(place, body, headers or {}, seconds) if is_url(place) else Path(place).read_bytes()
        if len(data) > _LARGEST:
            raise UnavailableError(f"more than {_LARGEST} bytes are there", where=place)
        content = json.loads(data)
    except (OSError, ValueError) as error:
        raise UnavailableError(f"it cannot be read: {error}", where=place) from error
    if not isinstance(content, dict):
        raise UnavailableError("what is there is no JSON object", where=place)
    return content


def _read(place: str, body: bytes | None, headers: Mapping[str, str], seconds: float) -> bytes:
    opener = urllib.request.build_opener(_NoRedirect)
    opener.addheaders = [("user-agent", "mainspring"), *headers.items()]
    with opener.open(place, body, timeout=seconds) as answer:
        data: bytes = answer.read(_LARGEST + 1)
    return data
