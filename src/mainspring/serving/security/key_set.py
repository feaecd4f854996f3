"""The public keys of an identity provider (JSON Web Key Set, RFC 7517): fetched, kept, and fetched again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from mainspring.core.errors import InputError, MainspringError, UnavailableError
from mainspring.serving.security.trusted_json import is_safe, is_url, json_at

_LOG = logging.getLogger(__name__)
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
            if not is_url(place or issuer):
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
            content = json_at(place, seconds=_SECONDS)
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
        content = json_at(where, seconds=_SECONDS)
        place = content.get("jwks_uri")
        if content.get("issuer", "").rstrip("/") != self.issuer or not isinstance(place, str):
            raise UnavailableError(
                f"the issuer there is {content.get('issuer')!r}, and its keys are at {place!r}",
                expected=f"{self.issuer} and an address",
                where=where,
            )
        _check_safe(place)
        return place


def _check_safe(place: str) -> None:
    if is_url(place) and not is_safe(place):
        raise InputError(
            f"{place} would tell whose word counts, and anybody on the way could change what it says",
            expected="an address with https, or on this machine",
        )
