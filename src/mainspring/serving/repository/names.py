"""What a model may be called."""

from __future__ import annotations

from mainspring.core.errors import InputError


def check_name(name: str, *, where: str | None = None) -> None:
    """See that a name can stand in a path: nobody could ask for the model otherwise.

    Args:
        name: The name.
        where: Where it was found.

    Raises:
        InputError: If it cannot.
    """
    if not name or "/" in name:
        raise InputError(
            f"{name!r} is no name for a model", expected="at least one character, and no '/'", where=where
        )
