"""The digest of data, found while its rows are answered."""

from __future__ import annotations

import threading

from mainspring.serving.bulk.sources import Source


class Hashing:
    """Reads all of some data in a thread.

    Args:
        source: The data.
    """

    def __init__(self, source: Source) -> None:
        self._found: str | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._hash, args=(source,), daemon=True)
        self._thread.start()

    def _hash(self, source: Source) -> None:
        try:
            self._found = source.digest()
        except OSError as error:
            self._error = error

    @property
    def done(self) -> bool:
        """Whether it is known."""
        return not self._thread.is_alive()

    def result(self) -> str | None:
        """The digest."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._found
