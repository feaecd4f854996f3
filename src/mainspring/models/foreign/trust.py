"""Code that comes with a model runs only where somebody said so.

Importing with ``trust=True`` says so for this process. Another process opens a package that carries code only if
the environment variable ``MAINSPRING_TRUST`` names its digest (several with commas between), or is ``all``.
"""

from __future__ import annotations

import hashlib
import os
from typing import Final

from mainspring.core.errors import MainspringError
from mainspring.models.files import Files

TRUST_VARIABLE: Final = "MAINSPRING_TRUST"
"""The environment variable."""

_trusted: set[str] = set()


class UntrustedError(MainspringError):
    """A model would run code that nobody has said to trust."""

    code = "UNTRUSTED"


def code_digest(files: Files) -> str:
    """What is trusted: the digest of every file that the model consists of."""
    digest = hashlib.sha256()
    for name in files.names:
        digest.update(name.encode() + b"\0" + hashlib.sha256(files.read(name)).digest())
    return digest.hexdigest()


def trust(files: Files) -> None:
    """Let these files run code in this process."""
    _trusted.add(code_digest(files))


def check_trusted(files: Files, what: str) -> None:
    """Go on only if these files are trusted.

    Args:
        files: What would run code.
        what: What would run, for the message.

    Raises:
        UntrustedError: If they are not.
    """
    digest = code_digest(files)
    told = {word.strip() for word in os.environ.get(TRUST_VARIABLE, "").split(",")}
    if digest not in _trusted and not told & {digest, "all"}:
        raise UntrustedError(
            f"opening this package would run code that came with it: {what}",
            expected="a package that runs nothing, or your word that you trust this one",
            fix=f"look at the code, then set {TRUST_VARIABLE}={digest}",
        )
