"""API keys: how one is made, and what is kept of it.

A key that is made here is ``msk_``, eight characters to tell it by, ``_``, and 256 bits of chance. Of such a key
SHA-256 is kept: nobody can guess it, so nothing is gained by a slow hash. Of a key that a person thought up,
scrypt is kept (RFC 7914), in the form ``$scrypt$ln=14,r=8,p=1$<salt>$<hash>`` (the PHC string format, base64
without padding).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from mainspring.core.errors import InputError
from mainspring.serving.caller import Caller, Scope

PREFIX = "msk_"
"""What every key that is made here begins with, so that one that lies about is found."""

SHORTEST = 16
"""Characters of the shortest key that a person may think up."""

_SHA256 = re.compile(r"sha256:([0-9a-f]{64})")
_SCRYPT = re.compile(
    r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})"
)
_MOST_MEMORY = 64 << 20
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


class ApiKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is kept of a key. The key itself is not.

    Attributes:
        id: To name it by; the beginning of the key holds it.
        name: Who it belongs to. Two keys of one name are two keys of one caller, as while one replaces the other.
        hash: What the key is recognised by.
        scopes: What its owner may do.
        models: Patterns of the models that they may do it to (``*`` and ``?`` stand for others).
        created: When it was made.
        expires: From when on it is not taken any more; never by default.
    """

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    hash: str
    scopes: tuple[Scope, ...] = (Scope.INFERENCE,)
    models: tuple[str, ...] = ("*",)
    created: Annotated[datetime, Meta(tz=True)] | None = None
    expires: Annotated[datetime, Meta(tz=True)] | None = None

    @property
    def caller(self) -> Caller:
        """Who asks with it."""
        return Caller(self.name, frozenset(self.scopes), self.models)

    @property
    def quick(self) -> bytes | None:
        """The SHA-256 that it is recognised by; ``None`` if that is a slow hash."""
        found = _SHA256.fullmatch(self.hash)
        return None if found is None else bytes.fromhex(found.group(1))

    def fits(self, key: bytes) -> bool:
        """Whether this is the key. Takes as long for a wrong one as for the right one.

        Raises:
            InputError: If the hash has no known form.
        """
        quick = self.quick
        if quick is not None:
            return hmac.compare_digest(hashlib.sha256(key).digest(), quick)
        cost, width, parallel, salt, expected = _parts(self.hash)
        got = hashlib.scrypt(
            key, salt=salt, n=2**cost, r=width, p=parallel, maxmem=2 * _MOST_MEMORY, dklen=len(expected)
        )
        return hmac.compare_digest(got, expected)


def make() -> tuple[str, str, str]:
    """A new key: its id, the key, and what is kept of it.

    Example:
        >>> id, key, kept = make()
        >>> key.startswith(f"msk_{id}_"), kept[:7]
        (True, 'sha256:')
    """
    name = "".join(secrets.choice(_LETTERS) for _ in range(8))
    key = f"{PREFIX}{name}_{secrets.token_urlsafe(32)}"
    return name, key, "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def keep(key: str) -> tuple[str, str]:
    """An id for a key that a person thought up, and what is kept of it.

    Raises:
        InputError: If the key is too short, or holds what a header cannot carry.
    """
    if len(key) < SHORTEST or not key.isascii() or not key.isprintable() or " " in key:
        raise InputError(
            "this cannot be a key",
            expected=f"{SHORTEST} or more printable ASCII characters without spaces",
            fix="or leave it out: a key is then made",
        )
    salt = secrets.token_bytes(16)
    digest = hashlib.scrypt(key.encode(), salt=salt, n=2**14, r=8, p=1, maxmem=_MOST_MEMORY, dklen=32)
    name = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return name, f"$scrypt$ln=14,r=8,p=1${_base64(salt)}${_base64(digest)}"


def problem(key: ApiKey) -> str | None:
    """What is wrong with what is kept of a key."""
    if key.quick is not None:
        return None
    try:
        _parts(key.hash)
    except InputError as error:
        return str(error)
    return None


def _parts(text: str) -> tuple[int, int, int, bytes, bytes]:
    found = _SCRYPT.fullmatch(text)
    if found is None:
        raise InputError(f"the hash {text[:16]!r} has no known form", expected="sha256:<hex> or $scrypt$…")
    cost, width, parallel = (int(found.group(place)) for place in (1, 2, 3))
    if not 10 <= cost <= 20 or width < 1 or parallel < 1 or (128 * width << cost) > _MOST_MEMORY:
        raise InputError("the hash takes too much or too little work", expected="such as ln=14,r=8,p=1")
    return cost, width, parallel, _bytes(found.group(4)), _bytes(found.group(5))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))
