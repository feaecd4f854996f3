"""Metrics that models give themselves, in the form that Seldon's components have.

A model answers with ``[{"type": "COUNTER", "key": "fallbacks", "value": 1, "tags": {"region": "eu"}}]``. The types
are ``COUNTER``, which grows by the value; ``GAUGE``, which is set to it; and ``TIMER``, a time in milliseconds.
Names get a prefix, and there is a limit to how many there are: a model cannot fill the memory of its server.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final, TypeAlias

from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.families import SECONDS, Family, Kind
from mainspring.serving.telemetry.registry import Registry

PREFIX: Final = "mainspring_custom_"
MOST_NAMES: Final = 100
MOST_SERIES: Final = 100
MOST_TAGS: Final = 8
LONGEST_TAG: Final = 128

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,99}")
_ENDING = re.compile(r"(_total|_seconds|_bucket|_sum|_count|_created|_info)+$")
"""What a name may end in; two metrics that differ in this alone would be taken for one."""

_SUFFIXES: Final[Mapping[str, str]] = {"COUNTER": "_total", "GAUGE": "", "TIMER": "_seconds"}
_KINDS: Final[Mapping[str, Kind]] = {"COUNTER": "counter", "GAUGE": "gauge", "TIMER": "histogram"}
_OWN_LABELS: Final = frozenset({"model", "version", "le", "quantile"})

CustomMetric: TypeAlias = Mapping[str, Any]  # as it came from user code: anything
_Put: TypeAlias = Callable[[], None]


def counter(key: str, value: float = 1, **tags: str) -> dict[str, Any]:
    """A metric that grows by a value, for the list that a model's ``metrics`` gives.

    Example:
        >>> counter("fallbacks", region="eu")
        {'type': 'COUNTER', 'key': 'fallbacks', 'value': 1, 'tags': {'region': 'eu'}}
    """
    return {"type": "COUNTER", "key": key, "value": value, "tags": tags}


def gauge(key: str, value: float, **tags: str) -> dict[str, Any]:
    """A metric that is set to a value."""
    return {"type": "GAUGE", "key": key, "value": value, "tags": tags}


def timer(key: str, milliseconds: float, **tags: str) -> dict[str, Any]:
    """A time, in milliseconds."""
    return {"type": "TIMER", "key": key, "value": milliseconds, "tags": tags}


class CustomMetrics:
    """Counts what models give themselves. Safe for threads.

    Args:
        registry: Where it counts.
        most_names: How many different metrics there may be.
        most_series: How many series each may have; what comes after goes to one that is called ``overflow``.
    """

    def __init__(
        self, registry: Registry, *, most_names: int = MOST_NAMES, most_series: int = MOST_SERIES
    ) -> None:
        self._registry, self._most_names, self._most_series = registry, most_names, most_series
        self._families: dict[str, tuple[tuple[str, str], Family]] = {}
        self._outcomes = registry.counter(schema.CUSTOM)

    def count(self, model: str, version: str, metrics: Iterable[object]) -> None:
        """Count what a model said; what cannot be counted is counted as refused."""
        kept = refused = 0
        for metric in metrics:
            put = self._put(model, version, metric) if isinstance(metric, Mapping) else None
            if put is None:
                refused += 1
            else:
                put()
                kept += 1
        if kept:
            self._outcomes.labels(model, version, "kept").add(kept)
        if refused:
            self._outcomes.labels(model, version, "refused").add(refused)

    def _put(self, model: str, version: str, metric: CustomMetric) -> _Put | None:
        """What counts a metric; ``None`` if it is refused."""
        kind, key, value = metric.get("type", "COUNTER"), metric.get("key"), _number(metric.get("value"))
        tags = metric.get("tags") or {}
        if not isinstance(kind, str) or not isinstance(key, str) or not isinstance(tags, Mapping):
            return None
        if kind not in _SUFFIXES or value is None or (kind != "GAUGE" and value < 0):
            return None
        family = self._family(kind, key, tags)
        if family is None:
            return None
        given = {name: str(word)[:LONGEST_TAG] for name, word in tags.items()}
        names = family.labels[2:]
        if not given.keys() <= set(names):
            return None
        values = (model, version, *(given.get(name, "") for name in names))
        if family.kind == "counter":
            return partial(self._registry.counter(family).labels(*values).add, value)
        if family.kind == "gauge":
            return partial(self._registry.gauge(family).labels(*values).set, value)
        return partial(self._registry.histogram(family).labels(*values).observe, value / 1000)

    def _family(self, kind: str, key: str, tags: Mapping[str, Any]) -> Family | None:
        """The family of a key: its type and its tags are those of the first metric that came."""
        stem = _ENDING.sub("", key)
        known = self._families.get(stem)
        if known is not None:
            return known[1] if known[0] == (kind, key) else None
        if len(self._families) >= self._most_names or not _NAME.fullmatch(key):
            return None
        if len(tags) > MOST_TAGS or not all(map(_is_label, tags)):
            return None
        family = _family(kind, key, sorted(tags), self._most_series)
        self._families[stem] = (kind, key), family
        return family


def _family(kind: str, key: str, tags: list[str], cap: int) -> Family:
    suffix = _SUFFIXES[kind]
    return Family(
        name=PREFIX + key.removesuffix(suffix) + suffix,
        kind=_KINDS[kind],
        text=f"Given by a model: {key}.",
        labels=(*schema.MODEL, *tags),
        bounds=SECONDS if kind == "TIMER" else (),
        cap=cap,
    )


def _number(value: object) -> float | None:
    """A finite number; ``None`` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:  # a whole number larger than any float
        return None
    return number if math.isfinite(number) else None


def _is_label(name: object) -> bool:
    return (
        isinstance(name, str)
        and _NAME.fullmatch(name) is not None
        and name not in _OWN_LABELS
        and not name.startswith("__")
    )
