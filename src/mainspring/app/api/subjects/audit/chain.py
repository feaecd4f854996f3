"""Whether the audit trail is what was written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Final

from msgspec import Meta

from mainspring.app.accounts.book import Break, Head
from mainspring.app.accounts.keeping import accounts_of
from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.core.errors import InputError

_MOST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What the chain of the trail says.

    Attributes:
        whole: Whether every entry is as it was written, and none is missing.
        entries: How many there are.
        head: The end of the trail. Noted down elsewhere, it shows later whether the end was cut off or the trail
            was written anew.
        breaks: Where it is not whole, the first hundred.
    """

    whole: bool
    entries: int
    head: str
    breaks: Sequence[Break]


@operation("audit.verify", "GET", "/audit-verify", command="mainspring audit verify")
def verify(
    desk: Desk, *, head: Annotated[str, Meta(description="A head that was noted down before.")] = ""
) -> Verified:
    """Whether the audit trail is whole: the digests of all entries are computed anew, one after the other."""
    book = accounts_of(desk.platform).book
    found = list(islice(book.breaks(read_head(head) if head else None), _MOST))
    end = book.head()
    return Verified(whole=not found, entries=end.number, head=str(end) if end.number else "", breaks=found)


def read_head(text: str) -> Head:
    """The end of a trail, as it was noted down.

    Raises:
        InputError: If it is none.
    """
    shape = re.fullmatch(r"(\d{1,15}):([0-9a-f]{64})", text.strip())
    if shape is None:
        raise InputError(f"{text[:100]!r} is no head of a trail", expected="NUMBER:DIGEST, as it is printed")
    return Head(int(shape[1]), shape[2])
