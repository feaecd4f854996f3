"""What people mean by the beginning of an id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from mainspring.core.errors import InputError, NotFoundError

T = TypeVar("T")


def meant(known: Mapping[str, T], reference: str, what: str = "alert") -> T:
    """The alert or silence that an id, or the beginning of one, means.

    Args:
        known: What there is, by id.
        reference: The id, or its beginning.
        what: ``alert`` or ``silence``, for the message.

    Raises:
        NotFoundError: If there is none.
        InputError: If several begin so.

    Example:
        >>> meant({"4ec32497": 1, "99ab0000": 2}, "4ec")
        1
    """
    names = [name for name in known if name == reference]
    names = names or [name for name in known if reference and name.startswith(reference)]
    if len(names) == 1:
        return known[names[0]]
    if names:
        told = ", ".join(names[:5])
        raise InputError(f"{len(names)} begin with {reference!r}", expected=f"more of the id: {told}")
    command = "silences" if what == "silence" else "list"
    raise NotFoundError(f"there is no {what} {reference!r}", fix=f"see them: mainspring alerts {command}")
