"""The figures of all processes at one moment, added up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from mainspring.serving.telemetry.families import OVERFLOW, Family, LabelValues

_ADD: Final[Mapping[str, Callable[[float, float], float]]] = {"sum": float.__add__, "max": max, "min": min}


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One observation that can be looked up.

    Attributes:
        time: When it was made, in seconds since the epoch.
        value: What was observed.
        trace: The trace id, 32 hexadecimal digits.
    """

    time: float
    value: float
    trace: str


@dataclass(slots=True)
class Series:
    """The figures of one set of label values.

    Attributes:
        figures: One number; of a histogram the count of every bucket, not added up, and the sum of all values.
        born: When the first process began it, in seconds since the epoch.
        exemplars: Of a histogram: bucket to its latest exemplar.
    """

    figures: list[float]
    born: float = 0.0
    exemplars: dict[int, Exemplar] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """The number; of a histogram how many values were observed."""
        return self.figures[0] if len(self.figures) == 1 else sum(self.figures[:-1])

    @property
    def sum(self) -> float:
        """The sum of all values observed."""
        return self.figures[-1]

    def below(self, bounds: Iterable[float], limit: float) -> float:
        """How many values a histogram with these bounds saw that are no larger than one of the bounds."""
        return sum(count for bound, count in zip(bounds, self.figures[:-1], strict=False) if bound <= limit)

    def add(self, other: Series, across: str = "sum") -> None:
        """Take in the figures of another process."""
        plus = _ADD[across]
        self.figures = [plus(mine, theirs) for mine, theirs in zip(self.figures, other.figures, strict=True)]
        self.born = min(self.born, other.born)
        for place, exemplar in other.exemplars.items():
            if place not in self.exemplars or self.exemplars[place].time < exemplar.time:
                self.exemplars[place] = exemplar


@dataclass(slots=True)
class Table:
    """A metric and its series, by their label values."""

    family: Family
    series: dict[LabelValues, Series] = field(default_factory=dict)

    def add(self, values: LabelValues, series: Series) -> None:
        """Add a series, to that of the same label values if there is one."""
        known = self.series.get(values)
        if known is None:
            self.series[values] = Series(list(series.figures), series.born, dict(series.exemplars))
        else:
            known.add(series, self.family.across if self.family.kind == "gauge" else "sum")

    def select(self, **labels: str) -> Iterator[tuple[Mapping[str, str], Series]]:
        """The series with these values of these labels, each with all its labels."""
        for values, series in self.series.items():
            found = dict(zip(self.family.labels, values, strict=True))
            if all(found.get(label) == value for label, value in labels.items()):
                yield found, series

    def limit(self) -> None:
        """Keep the oldest series, as many as the metric may have, and add the others up."""
        surplus = len(self.series) - self.family.cap - 1
        if surplus <= 0 or not self.family.labels:
            return
        rest = (OVERFLOW,) * len(self.family.labels)
        ages = sorted(((series.born, values) for values, series in self.series.items() if values != rest))
        for _, values in ages[self.family.cap :]:
            self.add(rest, self.series.pop(values))


class Snapshot:
    """Metrics and their series."""

    def __init__(self) -> None:
        self._tables: dict[Family, Table] = {}

    def __iter__(self) -> Iterator[Table]:
        return iter(self._tables.values())

    def table(self, family: Family) -> Table:
        """The series of a metric; a new table without any if it is not known yet."""
        found = self._tables.get(family)
        if found is None:
            found = self._tables[family] = Table(family)
        return found

    def named(self, name: str) -> Iterator[Table]:
        """The tables of a name: more than one if processes do not agree on its labels."""
        return (table for table in self._tables.values() if table.family.name == name)

    def select(self, name: str, **labels: str) -> Iterator[tuple[Mapping[str, str], Series]]:
        """The series of a name with these values of these labels, each with all its labels."""
        for table in self.named(name):
            yield from table.select(**labels)

    def total(self, name: str, **labels: str) -> float:
        """The values of all series of a name with these values of these labels, added up."""
        return sum(series.value for _, series in self.select(name, **labels))

    def limit(self) -> None:
        """Keep every metric within the number of series that it may have."""
        for table in self:
            table.limit()
