"""Taking personal data out of a record before it is written anywhere."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final, TypeAlias

from mainspring.core.errors import InputError
from mainspring.serving.payloads.options import RedactionOptions
from mainspring.serving.payloads.tables import REQUEST

MASK: Final = "***"
PARAMETER: Final = "parameter."

_LEAST_KEY: Final = 16
_MOST_KEY: Final = 64
_DIGEST: Final = 16
_KEPT: Final = 4096
_QUOTED: Final = re.compile(r"'([^']{1,200})'")

Change: TypeAlias = Callable[[Any], Any]
"""Gives what is written instead of a value; a missing value stays missing."""


class Redaction:
    """Drops, masks and hashes values by the name of their column. Safe for threads.

    Args:
        options: What to do with which names.
        key: For the hashes; by default the one that the options point at.

    Raises:
        InputError: If something should be hashed, and there is no key of at least 16 bytes.
    """

    def __init__(self, options: RedactionOptions, key: bytes | None = None) -> None:
        self._options = options
        self._key = key if key is not None else read_key(options)
        if options.hash and not self._key:
            raise InputError(
                "columns are to be hashed, and there is no key",
                expected=f"a secret of at least {_LEAST_KEY} bytes",
                fix="set redact.key_env to the name of a variable of the environment, or redact.key_file",
            )
        self.active = bool(options.drop or options.mask or options.hash)
        self._known: dict[str, Change | None] = {}

    def __repr__(self) -> str:
        return f"Redaction({self._options!r})"  # without the key

    @property
    def keyed(self) -> bool:
        """Whether there is a key."""
        return bool(self._key)

    def values(self, lists: Mapping[str, Sequence[Any]], prefix: str = "") -> dict[str, Sequence[Any]]:
        """Columns without what must not be written."""
        kept: dict[str, Sequence[Any]] = {}
        for name, values in lists.items():
            change = self.change(prefix + name)
            if change is None:
                kept[name] = values
            elif change is not drop:
                kept[name] = [change(value) for value in values]
        return kept

    def touches(self, name: str) -> bool:
        """Whether values of this name are changed."""
        return self.change(name) is not None

    def text(self, name: str, value: str) -> str:
        """A single text, such as ``request.caller``; empty if it is dropped."""
        change = self.change(name) if value else None
        return value if change is None else change(value) or ""

    def plain(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters without what must not be written."""
        kept = {}
        for name, value in values.items():
            change = self.change(PARAMETER + name)
            if change is not drop:
                kept[name] = value if change is None else change(value)
        return kept

    def about(self, text: str, names: Iterable[str] = ()) -> str:
        """Words about a request: where they name a column that is changed, they may hold its values.

        Args:
            text: What went wrong.
            names: Columns that it may be about, besides those in quotes.
        """
        told = {*_QUOTED.findall(text), *(name for name in names if name in text)}
        held = sorted(name for name in told if self.touches(name))
        return f"not kept, because it is about {', '.join(held)}" if held else text

    def hashed(self, value: object) -> str:
        """The keyed hash of a value, BLAKE2b (RFC 7693): 32 hexadecimal digits."""
        return hashlib.blake2b(str(value).encode(), key=self._key, digest_size=_DIGEST).hexdigest()

    def change(self, name: str) -> Change | None:
        """What is done to values of a name; ``None`` for nothing."""
        if name not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[name] = self._find(name)
        return self._known[name]

    def _find(self, name: str) -> Change | None:
        options = self._options
        for patterns, change in ((options.drop, drop), (options.mask, _mask), (options.hash, self._hash)):
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                return change
        return None

    def _hash(self, value: Any) -> Any:
        if value is None or value != value:
            return None
        return [self._hash(each) for each in value] if isinstance(value, list) else self.hashed(value)


def read_key(options: RedactionOptions) -> bytes:
    """The key that options point at; empty if they point at none.

    Raises:
        InputError: If it is not there, or too short.
    """
    if options.key_env:
        key, where = os.environb.get(options.key_env.encode(), b""), f"${options.key_env}"
    elif options.key_file:
        try:
            key, where = Path(options.key_file).read_bytes(), options.key_file
        except OSError as error:
            raise InputError(f"the key cannot be read: {error.strerror}", where=options.key_file) from error
    else:
        return b""
    key = key.strip()
    if len(key) < _LEAST_KEY:
        raise InputError(
            f"the key has {len(key)} bytes",
            expected=f"at least {_LEAST_KEY}",
            where=where,
            fix="openssl rand -hex 32",
        )
    return key if len(key) <= _MOST_KEY else hashlib.blake2b(key).digest()


def drop(value: Any) -> None:
    """Leave a value out, and its column with it."""
    _ = value


def _mask(value: Any) -> Any:
    return MASK if isinstance(value, str | bytes) else None


def request(name: str) -> str:
    """The name of a field of the request, as redaction knows it."""
    return REQUEST + name
