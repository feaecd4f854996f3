"""Signatures of webhooks, as the specification Standard Webhooks 1.0 has them (https://www.standardwebhooks.com).

A request carries three headers. ``webhook-id`` is the same for every attempt at one delivery, so that a receiver
can drop what it has seen. ``webhook-timestamp`` is the second at which this attempt was made.
``webhook-signature`` is ``v1,`` and the base64 of HMAC-SHA256 over ``id.timestamp.body``, the body being the raw
bytes: a request that somebody recorded is refused once its time has passed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from mainspring.core.clock import Clock, now
from mainspring.core.errors import InputError, UnavailableError

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"

PREFIX = "whsec_"
"""A secret that begins so is base64; any other is taken as text."""

TOLERANCE = 300.0
"""How many seconds a request may be old, or early."""

_LEAST = 16


def new_secret() -> str:
    """A secret of 32 random bytes, in the form ``whsec_…``."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, *, delivery: str, timestamp: int, body: bytes) -> str:
    """The value of ``webhook-signature``.

    Args:
        secret: Shared with the receiver.
        delivery: The value of ``webhook-id``.
        timestamp: The value of ``webhook-timestamp``, in seconds since the epoch.
        body: The raw bytes that are sent.

    Example:
        >>> sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", delivery="msg_p5jXN8AQM9LWM0D4loKWxJek",
        ...      timestamp=1614265330, body=b'{"test": 2432232314}')
        'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    signed = f"{delivery}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


def verify(
    headers: Mapping[str, str], body: bytes, secret: str, *, tolerance: float = TOLERANCE, clock: Clock = now
) -> None:
    """Check that a request was sent by who has the secret, is whole, and is not an old one sent again.

    Args:
        headers: Of the request; their case does not matter.
        body: Its raw bytes.
        secret: As it was given to the webhook.
        tolerance: How many seconds it may be old.
        clock: What time it is.

    Raises:
        InputError: If any of that is not so.
    """
    given = {name.lower(): value for name, value in headers.items()}
    absent = [name for name in (ID, TIMESTAMP, SIGNATURE) if not given.get(name)]
    if absent:
        raise InputError(f"the request has no header {', '.join(absent)}", expected="a signed request")
    if not given[TIMESTAMP].isdecimal() or abs(clock() - int(given[TIMESTAMP])) > tolerance:
        raise InputError(
            f"the request is of {given[TIMESTAMP]}", expected=f"one of the last {tolerance:g} seconds"
        )
    wanted = sign(secret, delivery=given[ID], timestamp=int(given[TIMESTAMP]), body=body)
    # Several signatures may be given while a secret is replaced.
    if not any(hmac.compare_digest(one.encode(), wanted.encode()) for one in given[SIGNATURE].split()):
        raise InputError("the signature does not fit the body", expected="a body signed with the shared secret")


def read_secret(reference: str, root: Path | None = None) -> str:
    """The secret that a reference means.

    Args:
        reference: ``env:NAME`` or ``file:PATH``.
        root: Where relative paths start; the current folder by default.

    Raises:
        UnavailableError: If it is not on this machine. The message never holds the secret.
    """
    kind, _, place = reference.partition(":")
    if kind == "env":
        found = os.environ.get(place, "")
    else:
        try:
            found = ((root or Path.cwd()) / place).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            found = ""
    if not found:
        raise UnavailableError(f"the secret {reference} is not on this machine", fix=f"put it there: {reference}")
    return found


def check_reference(reference: str) -> str:
    """A reference to a secret, never the secret itself.

    Raises:
        InputError: If it is no reference.
    """
    kind, _, place = reference.partition(":")
    if kind not in ("env", "file") or not place:
        # What was given may be the secret: it is not repeated.
        raise InputError(
            "a webhook is given where its secret is, not the secret",
            expected="env:NAME of a variable, or file:PATH of a file that holds it",
        )
    return reference


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True) if secret.startswith(PREFIX) else b""
    except (binascii.Error, ValueError):
        key = b""
    key = key or secret.encode()
    if len(key) < _LEAST:
        raise InputError(f"the secret has {len(key)} bytes", expected=f"{_LEAST} or more, best 32 random ones")
    return key
