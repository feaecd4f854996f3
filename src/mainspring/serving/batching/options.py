"""What can be said of the batching of one model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Seconds = Annotated[float, Meta(ge=0)]
Rows = Annotated[int, Meta(ge=1)]


class QueuePolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How requests wait.

    Attributes:
        max_queue_size: The most rows that wait at a time; 0 for any number. A request that is larger by itself may
            wait if nothing else does.
        timeout_action: What becomes of a request that waited too long: ``REJECT`` answers with an error, ``DELAY``
            lets all others of its level go first.
        default_timeout: Seconds after which it waited too long; 0 for never.
        allow_override: Whether a request may ask for less.
    """

    max_queue_size: Annotated[int, Meta(ge=0)] = 10_000
    timeout_action: Literal["REJECT", "DELAY"] = "REJECT"
    default_timeout: Seconds = 0.0
    allow_override: bool = True


class BatchOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the rows of several requests are computed together.

    Attributes:
        max_batch_size: The most rows computed at a time.
        max_wait: The most seconds that a request waits for others to come, while the model is idle.
        adaptive: Wait only as long as it has been seen to make answers faster: a request that is alone does not
            wait. ``False`` waits ``max_wait`` for every batch that is not full.
        preferred_sizes: Numbers of rows that the model likes: as soon as there are enough, a batch of the largest
            possible one goes without waiting.
        allowed_sizes: The only numbers of rows that the model takes: a batch is filled up to the next one with
            copies of its last row. The last must be ``max_batch_size``.
        preserve_ordering: Answer in the order in which requests of one level came, also if several batches are
            computed at a time.
        priority_levels: How many levels of priority there are; 1 is the highest.
        default_priority: The level of requests that name none, or one that does not exist; 0 for the lowest.
        queue: How requests wait.
        queue_by_level: The same for single levels.
        max_concurrent_batches: How many batches are computed at a time, each in a thread.
        split_large: Compute a request of more than ``max_batch_size`` rows in parts; otherwise it is refused.
    """

    max_batch_size: Rows = 32
    max_wait: Seconds = 0.005
    adaptive: bool = True
    preferred_sizes: tuple[Rows, ...] = ()
    allowed_sizes: tuple[Rows, ...] = ()
    preserve_ordering: bool = False
    priority_levels: Annotated[int, Meta(ge=1)] = 1
    default_priority: Annotated[int, Meta(ge=0)] = 0
    queue: QueuePolicy = QueuePolicy()
    queue_by_level: Mapping[int, QueuePolicy] = {}
    max_concurrent_batches: Annotated[int, Meta(ge=1)] = 1
    split_large: bool = True

    def __post_init__(self) -> None:
        problems = []
        if any(size > self.max_batch_size for size in self.preferred_sizes):
            problems.append(f"preferred_sizes are at most max_batch_size, {self.max_batch_size}")
        allowed = self.allowed_sizes
        if allowed and (list(allowed) != sorted(set(allowed)) or allowed[-1] != self.max_batch_size):
            problems.append(f"allowed_sizes grow, and end with max_batch_size, {self.max_batch_size}")
        if self.default_priority > self.priority_levels:
            problems.append(f"default_priority is a level, from 1 to {self.priority_levels}")
        if any(not 1 <= level <= self.priority_levels for level in self.queue_by_level):
            problems.append(f"queue_by_level names levels, from 1 to {self.priority_levels}")
        if problems:
            raise ValueError("; ".join(problems))  # msgspec adds the place in the file

    def level(self, priority: int) -> int:
        """The level of a request that asks for one; 0 asks for none."""
        if 1 <= priority <= self.priority_levels:
            return priority
        return self.default_priority or self.priority_levels

    def policy(self, level: int) -> QueuePolicy:
        """How requests of a level wait."""
        return self.queue_by_level.get(level, self.queue)
