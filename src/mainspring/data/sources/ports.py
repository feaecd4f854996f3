"""The port of sources: what a plugin provides to have another kind of file or database read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from mainspring.data.tables import Table


class Reader(Protocol):
    """Reads rows from somewhere: a plain function, offered under a suffix (``.xyz``) or a URL scheme (``xyz``).

    Promises: rows come in the order of the locations, and within one in its own order; equal content gives an
    equal table, whatever the number of threads; names and types are those of the table, decided over everything;
    rows that cannot be read are an :class:`~mainspring.core.errors.InputError` that says where they are, never
    left out in silence. May be called from many threads at once.

    Its options are its own keyword arguments: what it does not name is refused before it is called.
    """

    def __call__(self, locations: Sequence[str], /, **options: Any) -> Table:
        """Read files, one after the other, or one URL.

        Raises:
            NotFoundError: If there is nothing there.
            InputError: If the content cannot be read.
            UnavailableError: If a server does not answer, or a library that is needed is not installed.
        """
        ...
