"""Ranges: which spans are meant.

==========================  =============================================================
``latest``                  the newest
``last 7``                  the seven newest that are there (or as many as there are)
``last 7 skip 1``           the same, without the newest
``last 7 from 100``         the same, but nothing older than 100
``last 7 at least 5``       an error as long as there are fewer than five
``10``                      one span
``10..20``                  from 10 to 20, both included
``10..`` and ``..20``       open at one end
``all``                     whatever is there
``… except 13,14``          without these
``… version 2``             version 2 of every span, not the newest
``… gaps error``            how a span that is missing in the middle is told: error, warn, ignore
==========================  =============================================================

A date, such as ``2026-11-20``, may stand wherever a number may; it is the days since 1970-01-01.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from mainspring.core.errors import InputError
from mainspring.core.spans.patterns import as_date, as_number

_GAPS: Final = ("error", "warn", "ignore")
_NUMBER: Final = r"\d{4}-\d\d-\d\d|\d+"
_FORM: Final = re.compile(
    rf"""\s*(?:
        (?P<all>all) | (?P<latest>latest) | last\s+(?P<newest>\d+)
        | (?P<first>{_NUMBER})?\s*(?P<dots>\.\.)\s*(?P<last>{_NUMBER})? | (?P<one>{_NUMBER})
    )
    (?: \s+skip\s+(?P<skip>\d+) )?
    (?: \s+from\s+(?P<floor>{_NUMBER}) )?
    (?: \s+at\s+least\s+(?P<least>\d+) )?
    (?: \s+except\s+(?P<without>(?:{_NUMBER})(?:\s*,\s*(?:{_NUMBER}))*) )?
    (?: \s+version\s+(?P<version>\d+) )?
    (?: \s+gaps\s+(?P<gaps>\w+) )?\s*""",
    re.VERBOSE,
)
_EXPECTED: Final = "latest, last 7, last 7 skip 1, 10, 10..20, 2026-11-01..2026-11-07, all"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanRange:
    """Which spans are meant: of those between ``first`` and ``last``, the ``newest`` after ``skip``.

    Attributes:
        first: The least number, if any.
        last: The greatest number, if any.
        newest: How many at most, the newest; all by default.
        skip: How many of the newest are left out.
        least: How many there must be.
        without: Numbers that are left out.
        version: The version of each; the newest by default.
        gaps: How missing spans are told: ``error``, ``warn`` or ``ignore``; by default an error where the range
            names spans, and a warning where it takes what is there.
    """

    first: int | None = None
    last: int | None = None
    newest: int | None = None
    skip: int = 0
    least: int = 0
    without: tuple[int, ...] = ()
    version: int | None = None
    gaps: str | None = None

    def __post_init__(self) -> None:
        problems = []
        if self.first is not None and self.last is not None and self.first > self.last:
            problems.append(f"the first span {self.first} is after the last, {self.last}")
        if self.newest is not None and self.newest < 1:
            problems.append(f"last {self.newest} is no span")
        if self.skip and self.newest is None:
            problems.append("skip leaves out the newest of `last …`; a range says itself where it ends")
        if self.gaps not in {None, *_GAPS}:
            problems.append(f"gaps {self.gaps}: expected one of {', '.join(_GAPS)}")
        if problems:
            raise InputError("; ".join(problems), expected=_EXPECTED)

    @classmethod
    def parse(cls, text: str | int) -> SpanRange:
        """Read a range.

        Raises:
            InputError: If it is none.

        Example:
            >>> SpanRange.parse("last 7 skip 1")
            SpanRange(first=None, last=None, newest=7, skip=1, least=0, without=(), version=None, gaps=None)
            >>> SpanRange.parse("2017-01-01..2017-01-02").first
            17167
        """
        found = _FORM.fullmatch(str(text)) if not isinstance(text, bool) else None
        if found is None or not (found["latest"] or found["newest"] or not (found["skip"] or found["floor"])):
            raise InputError(f"{text!r} is no range of spans", expected=_EXPECTED)
        if found["dots"] and not (found["first"] or found["last"]):
            raise InputError(f"{text!r} has neither end", expected="all, or 10.., ..20 or 10..20")
        newest = "1" if found["latest"] else found["newest"]
        return cls(
            first=_read(found["one"] or found["first"] or found["floor"]),
            last=_read(found["one"] or found["last"]),
            newest=None if newest is None else int(newest),
            skip=int(found["skip"] or 0),
            least=int(found["least"] or 0),
            without=tuple(sorted({_known(one) for one in re.split(r"\s*,\s*", found["without"] or "") if one})),
            version=None if found["version"] is None else int(found["version"]),
            gaps=found["gaps"],
        )

    def text(self, *, dates: bool = False) -> str:
        """The range as it is written; :meth:`parse` reads it back.

        Args:
            dates: Write numbers as dates.
        """
        show = _shown(dates)
        words = [self._core(show)]
        words += [f"skip {self.skip}"] if self.skip else []
        words += [f"from {show(self.first)}"] if self.newest is not None and self.first is not None else []
        words += [f"at least {self.least}"] if self.least else []
        words += [f"except {','.join(map(show, self.without))}"] if self.without else []
        words += [f"version {self.version}"] if self.version is not None else []
        words += [f"gaps {self.gaps}"] if self.gaps is not None else []
        return " ".join(words)

    def _core(self, show: Callable[[int], str]) -> str:
        if self.newest is not None:
            return "latest" if self.newest == 1 else f"last {self.newest}"
        if self.first is None and self.last is None:
            return "all"
        if self.first == self.last and self.first is not None:
            return show(self.first)
        return "..".join("" if one is None else show(one) for one in (self.first, self.last))

    def choose(self, numbers: Iterable[int]) -> tuple[int, ...]:
        """Those of the numbers that are meant, in order.

        Example:
            >>> SpanRange.parse("last 2 skip 1").choose([1, 2, 4, 7])
            (2, 4)
        """
        least = self.first if self.first is not None else float("-inf")
        most = self.last if self.last is not None else float("inf")
        found = sorted({one for one in numbers if least <= one <= most} - set(self.without))
        if self.newest is not None:
            stop = len(found) - self.skip
            found = found[max(stop - self.newest, 0) : max(stop, 0)]
        return tuple(found)

    def missing(self, chosen: Sequence[int]) -> tuple[tuple[int, int], ...]:
        """The numbers that are meant and are not there, as ranges with both ends included."""
        named = self.newest is None
        start = self.first if named and self.first is not None else min(chosen, default=0)
        stop = self.last if named and self.last is not None else max(chosen, default=start - 1)
        return gaps_between([*chosen, *self.without], start, stop)

    @property
    def strict(self) -> bool:
        """Whether the range names its spans, so that a missing one is an error unless ``gaps`` says otherwise."""
        return self.newest is None and (self.first is not None or self.last is not None)

    @property
    def policy(self) -> str:
        """What to do about missing spans."""
        return self.gaps or ("error" if self.strict else "warn")

    def narrowed(self, chosen: Sequence[int]) -> SpanRange:
        """The range with fixed ends: it means the same spans when more have come."""
        first = self.first if self.strict and self.first is not None else chosen[0]
        last = self.last if self.strict and self.last is not None else chosen[-1]
        without = tuple(one for one in self.without if first <= one <= last)
        policy = self.policy if self.missing(chosen) else None
        return SpanRange(first=first, last=last, without=without, version=self.version, gaps=policy)


ALL: Final = SpanRange()
LATEST: Final = SpanRange(newest=1)


def gaps_between(numbers: Iterable[int], first: int, last: int) -> tuple[tuple[int, int], ...]:
    """The ranges between first and last, both included, in which no number lies.

    Example:
        >>> gaps_between([1, 2, 7], 1, 9)
        ((3, 6), (8, 9))
    """
    found = []
    for one in sorted({number for number in numbers if first <= number <= last}):
        if one > first:
            found.append((first, one - 1))
        first = one + 1
    if first <= last:
        found.append((first, last))
    return tuple(found)


def as_ranges(numbers: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Numbers in ascending order as ranges, both ends included.

    Example:
        >>> as_ranges([3, 4, 5, 8])
        ((3, 5), (8, 8))
    """
    if not numbers:
        return ()
    gaps = gaps_between(numbers, numbers[0], numbers[-1])
    starts = [numbers[0], *(stop + 1 for _, stop in gaps)]
    stops = [*(start - 1 for start, _ in gaps), numbers[-1]]
    return tuple(zip(starts, stops, strict=True))


def spans_text(ranges: Iterable[tuple[int, int]], *, dates: bool = False) -> str:
    """Ranges in words.

    Example:
        >>> spans_text([(3, 6), (8, 8)])
        '3..6, 8'
    """
    show = _shown(dates)
    return ", ".join(show(one) if one == other else f"{show(one)}..{show(other)}" for one, other in ranges)


def _shown(dates: bool) -> Callable[[int], str]:
    return (lambda number: as_date(number).isoformat()) if dates else str


def _read(text: str | None) -> int | None:
    return None if text is None else _known(text)


def _known(text: str) -> int:
    if "-" not in text:
        return int(text)
    try:
        return as_number(date.fromisoformat(text))
    except ValueError as error:
        raise InputError(f"{text} is no date: {error}", expected="year, month and day, as in 2026-11-20") from None
