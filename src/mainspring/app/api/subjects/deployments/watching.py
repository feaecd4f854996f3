"""What the server counted over the last minutes, kept while somebody looks."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from mainspring.app.api.subjects.deployments.asking import address_of, perhaps, server_of
from mainspring.app.api.subjects.deployments.figures import Counts, Metrics, counts_of, read, together
from mainspring.core.clock import now
from mainspring.core.errors import MainspringError

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared
    from mainspring.app.platform import Mainspring
    from mainspring.serving.client import Client

PAUSE: Final = 2.0
"""Seconds between two looks."""

KEPT: Final = 150
"""So many looks are kept: five minutes, if somebody looks all the time."""

WINDOW: Final = 30.0
"""Rates and quantiles are those of so many seconds."""

_NAMES: Final = (
    "mainspring_requests_total",
    "mainspring_request_seconds",
    "mainspring_in_flight",
    "mainspring_queued",
    "mainspring_graph_node",
    "mainspring_feedback_total",
    "mainspring_outliers_total",
    "mainspring_rows_total",
    "process_start_time_seconds",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """What was counted up to a moment, by model and version."""

    at: float
    counts: Mapping[tuple[str, str], Counts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The server at a moment.

    Attributes:
        at: When it was looked at.
        since: When it was first seen so, of what it answers now.
        url: Its address.
        reachable: Whether it answers.
        ready: Whether everything that it should serve answers.
        problem: Why it does not, or what it lets nobody see.
        version: Of the software.
        models: What it serves: name, version, state and reason of each.
        metrics: What it counts.
    """

    at: float
    since: float = 0.0
    url: str
    reachable: bool = False
    ready: bool = False
    problem: str = ""
    version: str = ""
    models: Sequence[Mapping[str, Any]] = ()
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a server had to do lately.

    Attributes:
        rate: Requests per second; ``None`` before it was looked at twice.
        fault_share: The share of them that failed through the server's fault.
        refused_share: The share that was refused through the caller's.
        p50: The time within which half of them was answered, in seconds.
        p95: Likewise, of 95 of 100.
        p99: Likewise, of 99 of 100.
        seconds: The time that these are about; 0 for all since the server was started.
        requests: How many there were since the server was started.
        rates: Requests per second from look to look, the oldest first.
        slowest: The 99 % quantile of each look, in seconds; ``None`` where nothing was asked.
    """

    rate: float | None
    fault_share: float | None
    refused_share: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    seconds: float
    requests: int
    rates: Sequence[float]
    slowest: Sequence[float | None]


class Watch:
    """Looks at a server, no more often than every two seconds. Safe for threads."""

    def __init__(self) -> None:
        self._guard, self._looking = threading.Lock(), threading.Lock()
        self._samples: deque[Sample] = deque(maxlen=KEPT)
        self._sight: Sight | None = None

    def look(self, opened: Mainspring, *, fresh: bool = False) -> Sight:
        """The server now, or as it was a moment ago.

        Args:
            opened: The project.
            fresh: Whether it is asked again however short the time was: after something was changed.
        """
        url = address_of(opened)
        with self._guard:
            known = self._sight
        if known is not None and not fresh and known.url == url:
            if now() - known.at < PAUSE or not self._looking.acquire(blocking=False):
                return known  # it is new, or somebody looks just now: a server that hangs is waited for by one
        else:
            self._looking.acquire()
        try:
            latest = self._sight
            if latest is not None and latest is not known and not fresh:
                return latest  # whoever was waited for has looked
            return self._looked(_seen(opened))
        finally:
            self._looking.release()

    def _looked(self, sight: Sight) -> Sight:
        """Keep what was seen, with since when it has been so."""
        with self._guard:
            known = self._sight
            before = known is not None and (known.url, known.reachable, known.ready)
            like = known if known is not None and before == (sight.url, sight.reachable, sight.ready) else None
            sight = replace(sight, since=sight.at if like is None else like.since)
            if known is not None and known.url != sight.url:
                self._samples.clear()
            if sight.reachable:
                self._samples.append(Sample(sight.at, counts_of(sight.metrics)))
            self._sight = sight
            return sight

    def load(self, model: str = "", version: str = "") -> Load:
        """What there was to do, for all models or for one of them."""
        with self._guard:
            samples = list(self._samples)
        return load_of([(one.at, together(one.counts, model, version)) for one in samples])

    def counts(self, model: str = "", version: str = "") -> Counts:
        """What was counted since the server was started."""
        with self._guard:
            return together(self._samples[-1].counts, model, version) if self._samples else Counts()

    def stamp(self, model: str = "") -> tuple[Any, ...]:
        """Another value after every change of what is shown of a model, or of all."""
        load, sight = self.load(model), self._sight
        known = () if sight is None else (sight.reachable, sight.ready, repr(sight.models))
        return (*known, load.requests, round(load.rate or 0.0, 1))


def load_of(samples: Sequence[tuple[float, Counts]]) -> Load:
    """What there was to do between looks, the oldest first."""
    last = samples[-1][1] if samples else Counts()
    recent = [one for one in samples if one[0] >= samples[-1][0] - WINDOW] if samples else []
    seconds = recent[-1][0] - recent[0][0] if len(recent) > 1 else 0.0
    part = last.since(recent[0][1]) if seconds > 0 else last
    shown = part if part.requests else last
    steps = [
        (new.since(old), after - before)
        for (before, old), (after, new) in itertools.pairwise(samples)
        if after > before
    ]
    return Load(
        rate=part.requests / seconds if seconds > 0 else None,
        fault_share=shown.faults / shown.requests if shown.requests else None,
        refused_share=shown.refused / shown.requests if shown.requests else None,
        p50=shown.quantile(0.5),
        p95=shown.quantile(0.95),
        p99=shown.quantile(0.99),
        seconds=seconds if part.requests else 0.0,
        requests=int(last.requests),
        rates=[step.requests / took for step, took in steps],
        slowest=[step.quantile(0.99) for step, _ in steps],
    )


def watch_of(shared: Shared) -> Watch:
    """The watch over the server of a console."""
    made: Watch = shared.remembered("deployments.watch", None, Watch)
    return made


def _seen(opened: Mainspring) -> Sight:
    url = address_of(opened)
    try:
        with server_of(opened) as client:
            status, ready = client.call("GET", "/v2/health/ready")
            if not isinstance(ready, Mapping) or "error" in ready or status not in (200, 503):
                told = f"what answers there is no prediction server: status {status}"
                return Sight(at=now(), url=url, problem=told, metrics={})
            status, models = client.call("POST", "/v2/repository/index", {})
            metrics, problem = _metrics(client)
            about = perhaps(client, "/v2")
    except MainspringError as error:
        return Sight(at=now(), url=url, problem=error.found, metrics={})
    return Sight(
        at=now(),
        url=url,
        reachable=True,
        ready=bool(ready.get("ready")),
        problem=problem,
        version=str((about or {}).get("version", "")),
        models=_known(models) if status == 200 else (),
        metrics=metrics,
    )


def _known(models: object) -> Sequence[Mapping[str, Any]]:
    return (
        [one for one in models if isinstance(one, Mapping) and "name" in one] if isinstance(models, list) else ()
    )


def _metrics(client: Client) -> tuple[Metrics, str]:
    status, _, body = client.exchange("GET", "/metrics", None, {"accept": "text/plain"})
    if status == 200:
        return read(body.decode("utf-8", "replace"), *_NAMES), ""
    if status in (401, 403):
        return {}, "it lets nobody see its metrics without a key: set MAINSPRING_API_KEY for the console"
    return {}, f"its metrics cannot be read: status {status}"
