"""The id of a request, in the headers of HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mainspring.serving.endpoint.answers import Header

LONGEST_ID = 200
"""Longer ids are not taken over from a caller."""


def given_id(headers: Mapping[bytes, bytes]) -> str | None:
    """The id that a caller gave a request in its headers."""
    given = headers.get(b"x-request-id")
    if given is None or not given.strip() or len(given) > LONGEST_ID:
        return None
    return given.strip().decode("latin-1")


def id_header(text: str) -> Sequence[Header]:
    """The header with the id of a request."""
    # An id from a body may hold anything; what cannot stand in a header is left out of it.
    if text.isascii() and text.isprintable() and 0 < len(text) <= LONGEST_ID:
        return ((b"x-request-id", text.strip().encode()),)
    return ()
