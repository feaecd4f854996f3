"""Recognising API keys: the keys of a file, which may change while the server runs."""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from mainspring.core.clock import Clock, now
from mainspring.core.errors import MainspringError, UnavailableError
from mainspring.serving.caller import Caller
from mainspring.serving.problems import BusyError
from mainspring.serving.security import key_file
from mainspring.serving.security.api_key import ApiKey

LOOK_EVERY = 1.0
"""Seconds between looks at the file."""

_WRONG_AT_ONCE = 5
_WRONG_PER_SECOND = 2.0
_REMEMBERED = 1024
_NEVER = float("inf")

_LOG = logging.getLogger(__name__)

_Stamp: TypeAlias = tuple[int, int, int]


@dataclass(slots=True)
class _Known:
    caller: Caller
    digest: bytes
    expires: float


class KeyRing:
    """The keys of a file. For the thread of one event loop.

    The file is looked at once a second while there are requests. If it went away no key is taken; if it cannot be
    understood, which is logged, those that it held before still are.

    Slow hashes (see :mod:`mainspring.serving.security.api_key`) take the time of many predictions, so a right key
    is remembered by its SHA-256, and wrong ones are tried no more often than twice a second.

    Args:
        path: The file.

    Raises:
        MainspringError: If it cannot be read at the start.
    """

    def __init__(self, path: Path, *, clock: Clock = now) -> None:
        self.path, self._clock = path, clock
        self._known: dict[bytes, _Known] = {}
        self._slow: list[ApiKey] = []
        self._wrong: dict[bytes, None] = {}
        self._tries, self._tried = float(_WRONG_AT_ONCE), time.monotonic()
        self._stamp = _stamp(path)
        self._take(key_file.read(path))
        self._look_at = time.monotonic() + LOOK_EVERY

    def find(self, key: bytes) -> Caller | None:
        """Who has this key; ``None`` for one that is wrong, or not valid any more.

        Raises:
            BusyError: If too many wrong keys came in, and this one would take time to tell.
        """
        if time.monotonic() >= self._look_at:
            self._look()
        digest = hashlib.sha256(key).digest()
        known = self._known.get(digest)
        if known is None:
            known = self._find_slow(key, digest) if self._slow else None
            if known is None:
                return None
        if not hmac.compare_digest(known.digest, digest):
            return None
        return known.caller if known.expires == _NEVER or self._clock() < known.expires else None

    def _find_slow(self, key: bytes, digest: bytes) -> _Known | None:
        if digest in self._wrong:
            return None
        self._count_try()
        for entry in self._slow:
            if entry.fits(key):
                known = self._known[digest] = _Known(entry.caller, digest, _expiry(entry))
                return known
        if len(self._wrong) >= _REMEMBERED:
            del self._wrong[next(iter(self._wrong))]
        self._wrong[digest] = None
        return None

    def _count_try(self) -> None:
        at = time.monotonic()
        self._tries = min(_WRONG_AT_ONCE, self._tries + (at - self._tried) * _WRONG_PER_SECOND)
        self._tried = at
        if self._tries < 1:
            raise BusyError("too many unknown keys came in", fix="ask again in a second")
        self._tries -= 1

    def _look(self) -> None:
        self._look_at = time.monotonic() + LOOK_EVERY
        stamp = _stamp(self.path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._take(key_file.read(self.path))
        except UnavailableError as error:
            self._take(())
            _LOG.error("API keys: %s; no key is taken", error)
        except MainspringError as error:
            _LOG.error("API keys: %s; the keys from before still count", error)

    def _take(self, keys: tuple[ApiKey, ...]) -> None:
        quick = [(digest, key) for key in keys if (digest := key.quick) is not None]
        self._known = {digest: _Known(key.caller, digest, _expiry(key)) for digest, key in quick}
        self._slow = [key for key in keys if key.quick is None]
        self._wrong = {}


def _expiry(key: ApiKey) -> float:
    return _NEVER if key.expires is None else key.expires.timestamp()


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
