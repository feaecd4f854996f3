"""Adaptive batching: the rows of several requests are computed together, and each gets its own answer.

:class:`Batcher` computes, :class:`BatchOptions` says how.
"""

from __future__ import annotations

from mainspring.serving.batching.batcher import Batcher
from mainspring.serving.batching.counts import BatchCounts
from mainspring.serving.batching.options import BatchOptions, QueuePolicy
from mainspring.serving.batching.waiting import Batched

__all__ = ["BatchCounts", "BatchOptions", "Batched", "Batcher", "QueuePolicy"]
