"""The twin of every store, in memory: for tests, notebooks, and as the oracle of the others."""

from __future__ import annotations

from mainspring.store.adapters.memory.blobs import MemoryBlobs, open_blobs
from mainspring.store.adapters.memory.store import MemoryStore, open_store

__all__ = ["MemoryBlobs", "MemoryStore", "open_blobs", "open_store"]
