"""One version of a model, as a server has it: what answers, and how it has fared."""

from __future__ import annotations

from dataclasses import dataclass, field

from mainspring.serving.ports import Answering


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
        timeout: Seconds within which a request must be answered; ``None`` for no limit.
        size: Bytes of memory that it took when it was loaded, as far as that can be told.
        load_seconds: How long it took to load.
        statistics: How its requests have fared.
        in_flight: Requests that it has to answer yet.
        used: When it was last asked, by ``time.perf_counter``.
    """

    model: Answering
    digest: str = ""
    timeout: float | None = None
    size: int = 0
    load_seconds: float = 0.0
    statistics: Statistics = field(default_factory=Statistics)
    in_flight: int = 0
    used: float = 0.0
    name: str = field(init=False)
    version: str = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.version = self.model.name, self.model.version
