"""Audit: who asked for what, what became of it, and what else was decided.

============ ==========================================================
module       what is in it
============ ==========================================================
``line``     a line of the list, and what it is about
``listing``  the list, filtered, and written out
``chain``    whether the trail is what was written
============ ==========================================================
"""

from __future__ import annotations

from mainspring.app.accounts.keeping import accounts_of
from mainspring.app.api.operation import operations_in
from mainspring.app.api.shared import Shared
from mainspring.app.api.subject import Subject
from mainspring.app.api.subjects.audit import chain, listing


def _stamp(shared: Shared, _: str) -> int:
    return accounts_of(shared.platform).book.head().number


SUBJECT = Subject(
    name="audit",
    operations=operations_in(listing.listed, listing.choices, listing.export, chain.verify),
    topics={"audit": _stamp},
)

__all__ = ["SUBJECT", "chain", "listing"]
