"""The error of a request whose only answer an assertion forbids: what a server sends, and what a client raises."""

from __future__ import annotations

from mainspring.core.errors import InputError


class BlockedError(InputError):
    """An assertion of the model forbids the answer to the one row that was asked."""

    code = "BLOCKED"
