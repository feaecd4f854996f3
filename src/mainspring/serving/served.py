"""One version of a model, as a server has it: what answers, and how it has fared."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

from mainspring.serving.batching import Batcher, BatchOptions
from mainspring.serving.caching import ModelCacheOptions, Remembering
from mainspring.serving.ports import Answering, Asking


@dataclass(slots=True)
class Statistics:
    """How the requests for one version have fared since it was loaded; seconds are sums.

    Attributes:
        succeeded: Requests answered.
        failed: Requests that failed.
        rows: Rows answered.
        computed: Times that the model was called; fewer than ``succeeded`` with batching or a cache.
        remembered: Requests answered from the cache.
        total: From the last byte of a request to its answer, over those that succeeded.
        wasted: The same over those that failed.
        queue: Waiting for the model.
        compute: The model alone.
        last: When the last request was finished, in seconds since the epoch; 0 before.
    """

    succeeded: int = 0
    failed: int = 0
    rows: int = 0
    computed: int = 0
    remembered: int = 0
    total: float = 0.0
    wasted: float = 0.0
    queue: float = 0.0
    compute: float = 0.0
    last: float = 0.0


@dataclass(slots=True, eq=False)
class Served:
    """One loaded version of a model. For the thread of the event loop.

    Attributes:
        model: What answers.
        digest: What it was loaded from, by content; empty if that is not known.
        content: The digest of every byte that it was loaded from; empty if nobody needs it.
        timeout: Seconds within which a request must be answered; ``None`` for no limit.
        batching: How the rows of several requests are computed together, if they are.
        caching: How answers are remembered, if they are.
        size: Bytes of memory that it took when it was loaded, as far as that can be told.
        load_seconds: How long it took to load.
        statistics: How its requests have fared.
        in_flight: Requests that it has to answer yet.
        used: When it was last asked, by ``time.perf_counter``.
        prepared: Whether it has what ``batching`` and ``caching`` ask for.
        batcher: Computes the rows of several requests together.
        cache: Remembers answers.
        jobs: What threads compute with it, some of it perhaps for callers that have gone away.
        pool: Where it computes.
        name: Of the model.
        version: Of the model.
        names: Both.
        asking: The model, if it can be asked without a thread.
        walks: Whether the model asks others of this server; see :mod:`mainspring.serving.walking`.
    """

    model: Answering
    digest: str = ""
    content: str = ""
    timeout: float | None = None
    batching: BatchOptions | None = None
    caching: ModelCacheOptions | None = None
    size: int = 0
    load_seconds: float = 0.0
    statistics: Statistics = field(default_factory=Statistics)
    in_flight: int = 0
    used: float = 0.0
    prepared: bool = False
    batcher: Batcher | None = None
    cache: Remembering | None = None
    jobs: set[Future[Any]] = field(default_factory=set)  # they give whatever they give
    pool: Executor | None = None
    name: str = field(init=False)
    version: str = field(init=False)
    names: tuple[str, str] = field(init=False)
    asking: Asking | None = field(init=False)
    walks: bool = field(init=False)

    @property
    def at_work(self) -> bool:
        """Whether it has requests to answer, or still computes for somebody who has gone away."""
        return self.in_flight > 0 or bool(self.jobs)

    @property
    def plain(self) -> bool:
        """Whether a request needs nothing but the model: nothing remembered, no others."""
        return self.batching is None and self.caching is None

    def __post_init__(self) -> None:
        self.name, self.version = self.names = self.model.name, self.model.version
        self.asking = self.model if isinstance(self.model, Asking) else None
        self.walks = bool(getattr(self.model, "walks", False))
