"""What is known of a metric besides its figure: its name for people, which way it improves, what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Better(StrEnum):
    """Which way a metric improves."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"
    """It describes the rows or the predictions and is no measure of quality."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One metric.

    Attributes:
        better: Which way it improves.
        title: Its name for people: ``"AUC"``, ``"log loss"``.
        says: What it says, as half a sentence: ``"the share of rows with the right class"``.
        unit: Whether it lies between 0 and 1.
    """

    better: Better
    title: str
    says: str
    unit: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(**{**value, "better": Better(value["better"])})


@dataclass(frozen=True, slots=True)
class MetricName:
    """A metric's name, taken apart: ``stem[class]@parameter``, with an average after the stem.

    Attributes:
        stem: The metric: ``"recall"``.
        average: ``""`` (the positive class, or the mean over classes), ``"weighted"`` or ``"micro"``.
        of: The class it is about, if the name says one: ``recall[cat]``.
        at: Its parameter, if it has one: a threshold, a share, a number of places: ``recall@0.3``, ``ndcg@10``.

    Example:
        >>> MetricName.parse("recall_weighted").average
        'weighted'
        >>> MetricName.parse("precision[cat]@0.3")
        MetricName(stem='precision', average='', of='cat', at='0.3')
    """

    stem: str
    average: str = ""
    of: str | None = None
    at: str | None = None

    @classmethod
    def parse(cls, name: str) -> MetricName:
        """Take a name apart; any text has a reading."""
        # A class may hold any sign, so what lies in brackets goes out first.
        head, bracket, rest = name.partition("[")
        of, closed, tail = rest.rpartition("]")
        if not (bracket and closed):
            head, of, tail = name, "", ""
        stem, _, at = (head + tail).partition("@")
        for average in ("weighted", "micro"):
            if stem.endswith(f"_{average}"):
                return cls(stem.removesuffix(f"_{average}"), average, of or None, at or None)
        return cls(stem, "", of or None, at or None)


Facts = Mapping[str, Fact]
"""Stem to fact. Every family of metrics has one as ``FACTS`` in its module."""
