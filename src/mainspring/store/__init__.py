"""The memory: artifacts, executions, lineage, contexts, blobs and the queue."""

from mainspring.store.ports import (
    BlobEntry,
    BlobStore,
    Edge,
    Lineage,
    Message,
    MetadataStore,
    Page,
    Queue,
)

__all__ = ["BlobEntry", "BlobStore", "Edge", "Lineage", "Message", "MetadataStore", "Page", "Queue"]
