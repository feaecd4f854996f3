"""Keeping secrets out of what is written down: logs, errors, payloads, spans."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mainspring.serving.security.api_key import PREFIX

HIDDEN = "[hidden]"
"""What stands in the place of a secret."""

SECRET_HEADERS = frozenset(
    {b"authorization", b"proxy-authorization", b"cookie", b"set-cookie", b"x-api-key", b"x-forwarded-client-cert"}
)
"""Headers that are never written down; and so are those of which :func:`is_secret` says so."""

_SECRET_WORD = re.compile(
    rb"(^|[-_])(key|token|secret|password|authorization|auth|credential|signature)s?($|[-_])"
)
_SECRET = re.compile(
    # A key of ours, a JSON Web Token, what follows "Bearer" or "Basic", and a password within an address.
    rf"{PREFIX}[a-z0-9]{{8}}_[A-Za-z0-9_-]{{20,}}"
    r"|eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*"
    r"|(?<=bearer )[^\s\"',;]{8,}|(?<=basic )[A-Za-z0-9+/=]{8,}"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)",
    re.IGNORECASE | re.DOTALL,
)


def redact(text: str) -> str:
    """A text without the secrets that can be told by their looks.

    Example:
        >>> redact("Authorization: Bearer abcdefgh12345678 was refused")
        'Authorization: Bearer [hidden] was refused'
    """
    return _SECRET.sub(HIDDEN, text)


def is_secret(name: bytes) -> bool:
    """Whether a header (its name in lower case) may hold a secret."""
    return name in SECRET_HEADERS or _SECRET_WORD.search(name) is not None


def without_secrets(headers: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """Headers as they may be written down."""
    return {name: HIDDEN.encode() if is_secret(name) else value for name, value in headers.items()}
