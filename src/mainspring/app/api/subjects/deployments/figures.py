"""The figures of a server: read from its metrics, and what they were between two looks."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

Labels: TypeAlias = Mapping[str, str]
Metrics: TypeAlias = Mapping[str, Sequence[tuple[Labels, float]]]
"""By name, the labels and values of every series."""

_LINE: Final = re.compile(r"^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \S+)?$")
_LABEL: Final = re.compile(r'([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"')
_ESCAPE: Final = re.compile(r"\\(.)")
_SERVER_FAULT: Final = 500


def read(text: str, *names: str) -> Metrics:
    r"""Metrics in the text format of Prometheus.

    Args:
        text: As a server shows them.
        names: Those that are wanted, by the beginnings of their names; all without any.

    Example:
        >>> read('# TYPE x counter\nx{a="1"} 2\n')
        {'x': [({'a': '1'}, 2.0)]}
    """
    found: dict[str, list[tuple[Labels, float]]] = {}
    for line in text.splitlines():
        if line.startswith("#") or (names and not line.startswith(names)):
            continue
        match = _LINE.match(line)
        if match is None:
            continue
        labels = {name: _ESCAPE.sub(_plain, value) for name, value in _LABEL.findall(match[2] or "")}
        found.setdefault(match[1], []).append((labels, float(match[3])))
    return found


def selected(metrics: Metrics, name: str, **labels: str) -> Iterator[tuple[Labels, float]]:
    """The series of a metric with these values of these labels."""
    for one, value in metrics.get(name, ()):
        if all(one.get(label) == wanted for label, wanted in labels.items()):
            yield one, value


@dataclass(slots=True)
class Counts:
    """What was counted of requests.

    Attributes:
        requests: How many were answered.
        faults: How many of them failed through the server's fault.
        refused: How many through the caller's.
        seconds: How long they took together.
        bounds: Where the buckets of times end, in seconds; the last one is infinite.
        times: How many took no longer than each bound.
    """

    requests: float = 0.0
    faults: float = 0.0
    refused: float = 0.0
    seconds: float = 0.0
    bounds: tuple[float, ...] = ()
    times: list[float] = field(default_factory=list)

    def add(self, other: Counts) -> None:
        """Take in what was counted of others."""
        self.requests += other.requests
        self.faults += other.faults
        self.refused += other.refused
        self.seconds += other.seconds
        if not self.bounds:
            self.bounds, self.times = other.bounds, list(other.times)
        elif self.bounds == other.bounds:
            self.times = [mine + theirs for mine, theirs in zip(self.times, other.times, strict=True)]

    def since(self, before: Counts | None) -> Counts:
        """What came since a moment before; all of it, if the server was started in between."""
        if before is None or before.requests > self.requests:
            return self
        fits = before.bounds == self.bounds
        times = [mine - old for mine, old in zip(self.times, before.times, strict=True)] if fits else self.times
        return Counts(
            self.requests - before.requests,
            self.faults - before.faults,
            self.refused - before.refused,
            self.seconds - before.seconds,
            self.bounds,
            list(times),
        )

    def quantile(self, share: float) -> float | None:
        """The time within which a share was answered, between the bounds of its bucket; ``None`` without any."""
        total = self.times[-1] if self.times else 0.0
        if not total > 0:
            return None
        wanted, below, start = share * total, 0.0, 0.0
        for bound, count in zip(self.bounds, self.times, strict=True):
            if count >= wanted:
                if math.isinf(bound):
                    return start
                within = (wanted - below) / (count - below) if count > below else 1.0
                return start + (bound - start) * within
            below, start = count, bound
        return start


def counts_of(metrics: Metrics) -> dict[tuple[str, str], Counts]:
    """What was counted, by model and version."""
    found: dict[tuple[str, str], Counts] = {}
    for labels, value in metrics.get("mainspring_requests_total", ()):
        one = found.setdefault((labels.get("model", ""), labels.get("version", "")), Counts())
        one.requests += value
        code = int(labels["code"]) if labels.get("code", "").isdecimal() else 0
        if code >= _SERVER_FAULT:
            one.faults += value
        elif code >= 400:
            one.refused += value
    buckets: dict[tuple[str, str], dict[float, float]] = {}
    for labels, value in metrics.get("mainspring_request_seconds_bucket", ()):
        key = labels.get("model", ""), labels.get("version", "")
        buckets.setdefault(key, {})[float(labels["le"].replace("+Inf", "inf"))] = value
    for key, times in buckets.items():
        one = found.setdefault(key, Counts())
        one.bounds = tuple(sorted(times))
        one.times = [times[bound] for bound in one.bounds]
    for labels, value in metrics.get("mainspring_request_seconds_sum", ()):
        found.setdefault((labels.get("model", ""), labels.get("version", "")), Counts()).seconds += value
    return found


def together(counts: Mapping[tuple[str, str], Counts], model: str = "", version: str = "") -> Counts:
    """What was counted of a model, or of one of its versions; of all models without a name."""
    total = Counts()
    for (name, number), one in counts.items():
        if model in ("", name) and version in ("", number):
            total.add(one)
    return total


def _plain(found: re.Match[str]) -> str:
    return "\n" if found[1] == "n" else found[1]
