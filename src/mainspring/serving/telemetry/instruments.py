"""What a prediction server counts of every finished call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final

import msgspec

from mainspring.evaluation.assertions import Answered, Assertion
from mainspring.serving.blocked import BlockedError
from mainspring.serving.call import Call
from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.custom import CustomMetrics
from mainspring.serving.telemetry.families import Family
from mainspring.serving.telemetry.graph_metrics import GraphMetrics
from mainspring.serving.telemetry.metrics import Count, Spread, count_together
from mainspring.serving.telemetry.registry import Registry

ANSWERED: Final = frozenset({"", BlockedError.code})
"""Kinds of error after which there is an answer all the same: none, or one that an assertion forbids."""

_NOTHING: Final = ("", "")
"""Names for what was asked and is not served: real ones would make a new series for every typing error."""

LIMITS: Final = frozenset({"BUSY", "OVERLOADED", "TOO_LARGE", "DEADLINE_EXCEEDED", "LOADING"})
"""Errors by which a request is turned away, whatever it asks."""


class Instruments:
    """Counts finished calls: an :data:`mainspring.serving.dispatch.Observer`. Safe for threads.

    Args:
        registry: Where it counts.
        request_bounds: Further upper bounds in seconds for the time of a request, such as objectives ask for.

    Attributes:
        custom: Counts what models give themselves.
        graphs: Counts what nodes of graphs do.
    """

    def __init__(self, registry: Registry, *, request_bounds: Sequence[float] = ()) -> None:
        self._registry, self._lock = registry, registry.lock
        self._bounds = tuple(request_bounds)
        self._versions: dict[tuple[str, str], _Version] = {}
        self._rejected = registry.counter(schema.REJECTED)
        self.custom = CustomMetrics(registry)
        self.graphs = GraphMetrics(registry)

    def __call__(self, call: Call) -> None:
        """Count a finished call."""
        served = call.served
        names = _NOTHING if served is None else served.names
        version = self._versions.get(names) or self._bind(names)
        code = version.codes.get((call.protocol, call.status)) or version.code(call.protocol, call.status)
        prediction, began, ended = call.prediction, call.began, call.ended
        latency = ended - began if began else 0.0
        if prediction is None or call.kind not in ANSWERED:
            count_together(self._lock, ((code, 1.0),), ((version.latency, latency),) if began else ())
        else:
            spreads = [(version.latency, latency)]
            if call.cached:
                done = (version.hits, 1.0)
            else:
                done = (version.executions, prediction.rows / call.batch if call.batch else 1.0)
                spreads.append((version.compute, prediction.seconds))
            if call.asked and call.computed:  # what came before the model, and what after it
                spreads += (version.read, call.asked - began), (version.write, ended - call.computed)
            count_together(self._lock, ((code, 1.0), (version.rows, prediction.rows), done), spreads)
        if call.kind or call.queue or call.batch:
            self._count_rest(call, version)
        if call.visits:
            self.graphs(call)
        if prediction is not None and not call.made_up:  # rows that explain others would sound an alarm
            if prediction.answered is not None:
                version.violations(prediction.answered)
            if prediction.outliers is not None:
                version.outliers.add(prediction.outliers.count)
            if prediction.metrics:
                self.custom.count(*names, prediction.metrics)
        trace = call.trace
        if trace is not None and trace.sampled and began:
            version.latency.remember(latency, bytes.fromhex(trace.trace))

    def rejected(self, reason: str, model: str = "") -> None:
        """Count a request that a limit turned away before it became a call.

        Args:
            reason: The code of the error.
            model: The model asked for, if it is one that is served.
        """
        self._rejected.labels(model, reason).add()

    def prepare(self, model: str, version: str, assertions: Iterable[Assertion] = ()) -> None:
        """Begin with 0 what is counted of a version: whoever waits for a first violation needs a 0 before it."""
        if (model, version) not in self._versions:
            self._bind((model, version))
        for one in assertions:
            self._registry.counter(schema.ASSERTIONS).labels(model, version, one.name, one.action)

    def forget(self, model: str, version: str) -> None:
        """Take away what was counted of a version, in this process."""
        self._versions.pop((model, version), None)
        self._registry.forget({"model": model, "version": version})

    def _bind(self, names: tuple[str, str]) -> _Version:
        found = self._versions[names] = _Version(self._registry, names, self._bounds)
        return found

    def _count_rest(self, call: Call, version: _Version) -> None:
        if call.kind:
            version.error(call)
            if call.kind in LIMITS:
                self._rejected.labels(version.names[0], call.kind).add()
        if call.queue:
            version.queue.observe(call.queue)
        if call.batch:
            version.batch.observe(call.batch)


class _Version:
    """What counts for one version of a model."""

    def __init__(self, registry: Registry, names: tuple[str, str], bounds: tuple[float, ...]) -> None:
        self.names = names
        self.codes: dict[tuple[str, int], Count] = {}
        self._requests = registry.counter(schema.REQUESTS)
        self._errors = registry.counter(schema.ERRORS)
        self._assertions = registry.counter(schema.ASSERTIONS)
        self.rows = registry.counter(schema.ROWS_ANSWERED).labels(*names)
        self.executions = registry.counter(schema.EXECUTIONS).labels(*names)
        self.hits = registry.counter(schema.CACHE_HITS).labels(*names)
        self.violating = registry.counter(schema.ROWS_VIOLATING).labels(*names)
        self.latency = registry.histogram(with_bounds(schema.REQUEST_SECONDS, bounds)).labels(*names)
        errors = registry.histogram(with_bounds(schema.ERROR_SECONDS, bounds))
        self._faults: dict[bool, Spread] = {
            True: errors.labels(*names, "server"),
            False: errors.labels(*names, "caller"),
        }
        self.compute = registry.histogram(schema.MODEL_SECONDS).labels(*names)
        self.read = registry.histogram(schema.READ_SECONDS).labels(*names)
        self.write = registry.histogram(schema.WRITE_SECONDS).labels(*names)
        self._registry = registry
        self.queue = registry.histogram(schema.QUEUE_SECONDS).labels(*names)
        self.batch = registry.histogram(schema.BATCH_ROWS).labels(*names)

    @cached_property
    def outliers(self) -> Count:
        """What counts rows unlike those of training, from the first that was looked at."""
        return self._registry.counter(schema.OUTLIERS).labels(*self.names)

    def code(self, protocol: str, status: int) -> Count:
        """What counts requests of a protocol with a status."""
        found = self.codes[protocol, status] = self._requests.labels(*self.names, protocol, str(status))
        return found

    def error(self, call: Call) -> None:
        """Count a failure."""
        self._errors.labels(*self.names, call.kind).add()
        if call.began:
            self._faults[call.status >= 500].observe(call.latency)

    def violations(self, answered: Answered) -> None:
        """Count rows that violate assertions."""
        violating = sum(map(bool, answered.violated))
        if violating:
            self.violating.add(violating)
            for assertion, rows in answered.counts.items():
                self._assertions.labels(*self.names, assertion.name, assertion.action).add(rows)


def with_bounds(family: Family, bounds: Sequence[float]) -> Family:
    """The same histogram with further bounds, so that an objective finds its own among them."""
    if set(bounds) <= set(family.bounds):
        return family
    return msgspec.structs.replace(family, bounds=tuple(sorted({*family.bounds, *bounds})))
