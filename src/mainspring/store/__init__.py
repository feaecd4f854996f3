"""The memory: artifacts, executions, contexts and their lineage; the queue; and blobs by their digests.

Start with :func:`open_store` and :func:`open_blobs`; the promises are written down in the ports
:class:`MetadataStore`, :class:`Queue` and :class:`BlobStore`, the filter language in
:mod:`mainspring.store.query`.
"""

from mainspring.store.opening import open_blobs, open_metadata, open_queue, open_store
from mainspring.store.ports import (
    BlobEntry,
    BlobStore,
    Edge,
    Lineage,
    Message,
    MetadataStore,
    Page,
    Queue,
    Store,
)

__all__ = [
    "BlobEntry",
    "BlobStore",
    "Edge",
    "Lineage",
    "Message",
    "MetadataStore",
    "Page",
    "Queue",
    "Store",
    "open_blobs",
    "open_metadata",
    "open_queue",
    "open_store",
]
