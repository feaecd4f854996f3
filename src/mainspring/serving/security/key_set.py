"""The public keys of an identity provider (JSON Web Key Set, RFC 7517): fetched, kept, and fetched again."""

from __future__ import annotations

import json
import logging
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from mainspring.core.errors import InputError, MainspringError, UnavailableError
from mainspring.serving.security.peers import is_loopback

_LOG = logging.getLogger(__name__)
_LARGEST = 1 << 20
_SECONDS = 5.0
_PAUSE = 10.0
_SYMMETRIC = "oct"
_DISCOVERY = "/.well-known/openid-configuration"


class KeySet:
    """Public keys by their id, looked at again every while by a thread. Safe for threads.

    An issuer that does not answer is asked again, and until then the keys that are known count.

    Args:
        issuer: Who signs; asked for the place of the keys if none is given.
        place: A URL or a file; ``""`` to ask the issuer.
        refresh: Seconds between looks.
        pause: The fewest seconds between looks, whatever comes in.

    Attributes:
        generation: Grows whenever the keys change.

    Raises:
        InputError: If a place is not safe to ask: neither a file, nor ``https``, nor on this machine.
        MainspringError: If the keys are in a file that cannot be read.
    """

    def __init__(self, issuer: str, place: str = "", *, refresh: float = 300.0, pause: float = _PAUSE) -> None:
        self.issuer, self.place, self._refresh, self._pause = issuer.rstrip("/"), place, refresh, pause
        for url in (issuer if not place else "", place):
            _check_safe(url)
        self.generation = 0
        self._keys: tuple[Mapping[str, Any], ...] = ()
        self._fetched = 0.0
        self._wake, self._stop = threading.Event(), threading.Event()
        try:
            self._fetch()
        except UnavailableError as error:
            if not _is_url(place or issuer):
                raise
            _LOG.warning("keys of the issuer: %s; trying again", error)
        self._thread = threading.Thread(target=self._run, name="issuer-keys", daemon=True)
        self._thread.start()

    def find(self, name: str | None, family: str) -> list[Mapping[str, Any]]:
        """The keys of a family (``RSA``, ``EC``, ``OKP``), with an id (``kid``) if one is given."""
        return [key for key in self._keys if key.get("kty") == family and (name is None or key.get("kid") == name)]

    def look_soon(self) -> bool:
        """Have the keys looked at now; ``False`` if that was done a moment ago, and would tell nothing new."""
        if time.monotonic() - self._fetched < self._pause:
            return False
        self._wake.set()
        return True

    def close(self) -> None:
        """Look no longer."""
        self._stop.set()
        self._wake.set()
        self._thread.join(_SECONDS + 1)

    def _run(self) -> None:
        failures = 0 if self._keys else 1
        while not self._stop.is_set():
            wait = min(2.0**failures, self._refresh) if failures else self._refresh
            self._wake.wait(wait)
            self._wake.clear()
            if self._stop.is_set():
                return
            try:
                self._fetch()
                failures = 0
            except MainspringError as error:
                failures = min(failures + 1, 8)
                _LOG.warning("keys of the issuer: %s; trying again", error)

    def _fetch(self) -> None:
        try:
            place = self.place or self._discovered()
            content = _json(place)
            found = content.get("keys")
            if not isinstance(found, list) or not all(isinstance(key, dict) for key in found):
                raise UnavailableError("what is there is no JSON Web Key Set", where=place)
        finally:
            self._fetched = time.monotonic()
        keys = tuple(key for key in found if key.get("kty") != _SYMMETRIC and key.get("use", "sig") == "sig")
        if not keys:
            raise UnavailableError("there is no public key that signs", where=place)
        if keys != self._keys:
            self._keys = keys
            self.generation += 1

    def _discovered(self) -> str:
        where = self.issuer + _DISCOVERY
        content = _json(where)
        place = content.get("jwks_uri")
        if content.get("issuer", "").rstrip("/") != self.issuer or not isinstance(place, str):
            raise UnavailableError(
                f"the issuer there is {content.get('issuer')!r}, and its keys are at {place!r}",
                expected=f"{self.issuer} and an address",
                where=where,
            )
        _check_safe(place)
        return place


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Who may say which keys count is who was named, and nobody they point at."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:  # headers: http.client's, typed as Any where it is inherited from
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def _is_url(place: str) -> bool:
    return place.startswith(("http://", "https://"))


def _check_safe(place: str) -> None:
    parts = urlsplit(place)
    local = parts.hostname == "localhost" or is_loopback(parts.hostname or "")
    if parts.scheme == "http" and not local:
        raise InputError(
            f"{place} would tell whose word counts, and anybody on the way could change what it says",
            expected="an address with https, or on this machine",
        )


def _json(place: str) -> dict[str, Any]:
    try:
        if _is_url(place):
            with _OPENER.open(place, timeout=_SECONDS) as answer:
                data = answer.read(_LARGEST + 1)
        else:
            data = Path(place).read_bytes()
        if len(data) > _LARGEST:
            raise UnavailableError(f"more than {_LARGEST} bytes are there", where=place)
        content = json.loads(data)
    except (OSError, ValueError) as error:
        raise UnavailableError(f"it cannot be read: {error}", where=place) from error
    if not isinstance(content, dict):
        raise UnavailableError("what is there is no JSON object", where=place)
    return content
