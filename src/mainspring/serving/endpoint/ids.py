"""The id of a request, in the headers of HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from mainspring.serving.endpoint.answers import Header
from mainspring.serving.terms import LONGEST_ID


def id_header(text: str) -> Sequence[Header]:
    """The header with the id of a request."""
    # An id from a body may hold anything; what cannot stand in a header is left out of it.
    if text.isascii() and text.isprintable() and 0 < len(text) <= LONGEST_ID:
        return ((b"x-request-id", text.strip().encode()),)
    return ()
