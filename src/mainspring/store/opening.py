"""Opens stores by their URLs; the scheme picks the adapter through the plugin door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from mainspring.core.errors import InputError
from mainspring.store.ports import BlobStore, MetadataStore, Queue, Store


def open_store(url: str) -> Store:
    """Open the record and the queue of one database.

    Args:
        url: ``sqlite:///relative/path.db``, ``sqlite:////absolute/path.db``,
            ``postgresql://user@host/database?schema=name``, ``mysql://user@host/database`` (or ``mariadb://``), or
            ``memory:``.

    Raises:
        NotFoundError: If no plugin knows the scheme.
        UnavailableError: If the database does not answer, or its driver is not installed.
    """
    opened: Store = _load("stores", _scheme(url, "sqlite:///mainspring.db"))(url)
    return opened


def open_metadata(url: str) -> MetadataStore:
    """Open a record; see :func:`open_store`."""
    return open_store(url)


def open_queue(url: str) -> Queue:
    """Open a queue; see :func:`open_store`."""
    return open_store(url)


def open_blobs(url: str) -> BlobStore:
    """Open a blob store.

    Args:
        url: A folder, as a plain path or ``file:///absolute/path``, or ``memory:``.

    Raises:
        NotFoundError: If no plugin knows the scheme.
    """
    scheme = _scheme(url, "file:///path/to/folder") if ":" in url else "file"
    opened: BlobStore = _load("blob_stores", scheme)(url)
    return opened


def _load(hook: str, scheme: str) -> Callable[[str], Any]:
    from mainspring.core import plugins  # finding plugins takes longer than all else in this room

    return cast("Callable[[str], Any]", plugins.load(hook, scheme))


def _scheme(url: str, example: str) -> str:
    scheme, separator, _ = url.partition(":")
    if not separator or not scheme:
        raise InputError(f"{url!r} is no URL", expected=f"such as {example}")
    return scheme.partition("+")[0]
