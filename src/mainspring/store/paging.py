"""Page tokens: the place after the last item, in a form that callers need not understand."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mainspring.core.errors import InputError
from mainspring.core.records import Kind, Value

ORDERS: Final = ("id", "created_at", "updated_at", "name")
"""What results may be ordered by; the id decides among equals."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in ordered results: the value ordered by (times in microseconds), and the id, of the last item."""

    value: int | str | None
    node_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a page belongs to; a token of one question is refused by another."""

    kind: Kind
    where: str
    parameters: Mapping[str, Value]
    order_by: str
    descending: bool
    limit: int

    def __post_init__(self) -> None:
        if self.order_by not in ORDERS:
            raise InputError(f"cannot order by {self.order_by!r}", expected="one of " + ", ".join(ORDERS))
        if type(self.limit) is not int or self.limit < 1:
            raise InputError(f"limit is {self.limit!r}", expected="a whole number, at least 1")

    def token(self, place: Place) -> str:
        """The token that leads to the place."""
        text = json.dumps([self._mark(), place.value, place.node_id], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def place(self, token: str) -> Place:
        """Where a token leads.

        Raises:
            InputError: If it is no token, or one of another question.
        """
        try:
            padded = token.encode() + b"=" * (-len(token) % 4)
            mark, value, node_id = json.loads(base64.urlsafe_b64decode(padded))
        except (ValueError, TypeError, AttributeError, binascii.Error) as error:
            raise InputError(f"{token!r:.60} is not a page token", expected="the `next` of a page") from error
        if mark != self._mark():
            raise InputError(
                "the page token belongs to another question",
                expected="the same filter, parameters and order as for the page that gave the token",
            )
        return Place(value, node_id)

    def _mark(self) -> str:
        parameters = sorted((name, repr(value)) for name, value in self.parameters.items())
        text = repr((self.kind.value, self.where, parameters, self.order_by, self.descending))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
