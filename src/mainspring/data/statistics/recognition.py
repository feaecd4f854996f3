"""What kind of thing the values of a feature are: times, e-mail addresses, images, sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from mainspring.data.sketches import Distinct
from mainspring.data.statistics.table import TableStatistics

LEAST_VALUES: Final = 10
"""With fewer values nothing is recognised."""
LEAST_SHARE: Final = 0.95
"""So large a share of the values must be of a kind."""
LEAST_SENTENCES: Final = 0.7
"""For natural language a smaller share is enough: short answers are among them."""
_LEAST_DIFFERENT: Final = 0.3
_MANY_DIFFERENT: Final = 1000
TIME: Final = "time:"
UNIX: Final = "unix:"
IMAGE: Final = "image:"
GENERATOR: Final = "recognition"
"""The generator that counts for all features of a table."""


class Kind(StrEnum):
    """What values may be recognised as."""

    NOTHING = "nothing"
    UUID = "uuid"
    IP_ADDRESS = "ip address"
    EMAIL = "email"
    URL = "url"
    TIME = "time"
    IMAGE = "image"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Recognition:
    """What the values of a feature most likely are.

    Attributes:
        kind: What they are.
        share: Of the values that are so.
        format: Of times that are text: in the language of ``strptime``, such as ``%Y-%m-%d``. Of images: ``png``
            and the like, or ``path`` for names of files.
        unit: Of times that are whole numbers since 1970: ``seconds``, ``milliseconds``, ``microseconds`` or
            ``nanoseconds``.
        also: Other formats that fit as many values: ``01/02/2020`` may be in January or in February.
        why: One sentence for people.
    """

    kind: Kind = Kind.NOTHING
    share: float = 0.0
    format: str = ""
    unit: str = ""
    also: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Formats:
    """How many values of a feature match each known pattern.

    Attributes:
        num_values: Values.
        matches: Pattern to the number of values: ``email``, ``time:%Y-%m-%d``, ``unix:seconds``, ``image:png``.
        distinct: How many different values there are.
    """

    num_values: int = 0
    matches: Mapping[str, int] = field(default_factory=dict)
    distinct: Distinct | None = None

    def recognition(self) -> Recognition:
        """What the values most likely are.

        At least 10 values, and 95 % of them, must match a pattern. Whole numbers are times only if all of them lie
        between 1990 and 2030. Text is natural language if 70 % of the values are sentences (see
        :mod:`mainspring.data.profiling.recognition`) and at least 30 % of them, or more than 1,000, are different:
        a few phrases that return again and again are categories.
        """
        if self.num_values < LEAST_VALUES:
            return Recognition(why=f"{self.num_values} values are too few to tell")
        for found in (self._plain(), self._time(), self._unix(), self._image(), self._language()):
            if found is not None:
                return found
        return Recognition(why="the values follow no known pattern")

    @classmethod
    def merged(cls, parts: Sequence[Formats]) -> Formats:
        """Of the values of all parts."""
        matches: dict[str, int] = {}
        for part in parts:
            for name, count in part.matches.items():
                matches[name] = matches.get(name, 0) + count
        distinct = [part.distinct for part in parts if part.distinct is not None]
        return Formats(
            sum(part.num_values for part in parts),
            dict(sorted(matches.items())),
            Distinct.merged(distinct) if distinct else None,
        )

    def merge(self, other: Formats) -> Formats:
        """Of the values of both."""
        return self.merged([self, other])

    def _share(self, name: str) -> float:
        return self.matches.get(name, 0) / self.num_values

    def _best(self, prefix: str) -> tuple[str, float, tuple[str, ...]]:
        names = [name for name in self.matches if name.startswith(prefix)]
        ranked = sorted(names, key=lambda name: (-self.matches[name], _rank(name)))
        if not ranked:
            return "", 0.0, ()
        best = ranked[0]
        also = [name for name in ranked[1:] if self.matches[name] == self.matches[best]]
        return best.removeprefix(prefix), self._share(best), tuple(name.removeprefix(prefix) for name in also)

    def _plain(self) -> Recognition | None:
        for kind in (Kind.UUID, Kind.IP_ADDRESS, Kind.EMAIL, Kind.URL):
            share = self._share(kind)
            if share >= LEAST_SHARE:
                return Recognition(kind, share, why=f"{share:.1%} of the values are written like one: {kind}")
        return None

    def _time(self) -> Recognition | None:
        best, share, also = self._best(TIME)
        if share < LEAST_SHARE:
            return None
        why = f"{share:.1%} of the values are times written as {best}"
        return Recognition(Kind.TIME, share, format=best, also=also, why=why)

    def _unix(self) -> Recognition | None:
        best, share, _ = self._best(UNIX)
        if share < 1.0:
            return None
        why = f"all values are {best} since 1970 of moments between 1990 and 2030"
        return Recognition(Kind.TIME, share, unit=best, why=why)

    def _image(self) -> Recognition | None:
        share = sum(count for name, count in self.matches.items() if name.startswith(IMAGE)) / self.num_values
        if share < LEAST_SHARE:
            return None
        best, _, _ = self._best(IMAGE)
        return Recognition(Kind.IMAGE, share, format=best, why=f"{share:.1%} of the values are images")

    def _language(self) -> Recognition | None:
        share = self._share(Kind.LANGUAGE)
        different = self.distinct.estimate() if self.distinct is not None else 0
        if share < LEAST_SENTENCES or different < min(_LEAST_DIFFERENT * self.num_values, _MANY_DIFFERENT):
            return None
        return Recognition(Kind.LANGUAGE, share, why=f"{share:.1%} of the values are sentences")


def formats_of(figure: Any) -> Formats:
    """The noun of what the generator ``recognition`` left in ``FeatureStatistics.custom``."""
    import msgspec

    return msgspec.convert(figure, Formats)


def recognitions(statistics: TableStatistics) -> dict[str, Recognition]:
    """What the features of a table most likely are, by name, if the generator ``recognition`` was at work.

    Example:
        >>> from mainspring.data import Table, summarize
        >>> table = Table.from_columns({"mail": [f"{number}@example.org" for number in range(20)]})
        >>> recognitions(summarize(table, generators=["recognition"]).split("train"))["mail"].kind.value
        'email'
    """
    return {
        name: formats_of(feature.custom[GENERATOR]).recognition()
        for name, feature in statistics.features.items()
        if GENERATOR in feature.custom
    }


def _rank(name: str) -> tuple[int, bool, int, str]:
    """Among formats that fit equally: four-digit years, then the custom of the land, then the shorter.

    Dates with points are written with the day first, others with the month.
    """
    day_first = name.find("%d") < name.find("%m")
    dotted = "%d.%m" in name or "%m.%d" in name
    return (0 if "%Y" in name or "%" not in name else 1, day_first != dotted, len(name), name)
