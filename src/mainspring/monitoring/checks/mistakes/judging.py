"""Which slices have more errors than they had, and which of them only because they overlap with another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.verdicts import Reason
from mainspring.monitoring.checks.mistakes.errors import Errors
from mainspring.monitoring.checks.mistakes.parts import Cut
from mainspring.monitoring.correction import Counts, Tested, exact_p_values

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_LOSSES: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_TAIL, _TIMES = 0.95, 2.0
_BIASED: Final = "too_low"
_LIKELY: Final = 0.05
"""A slice whose rows, without those of the slices that were named, are no worse by this level, is explained; all
slices that became worse share it.
"""
_BETWEEN: Final = " | "


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found of one slice.

    Attributes:
        key: The metric, and the slice it is about.
        reason: What to say.
        windows: How many windows were taken together.
        p_value: Adjusted for all that was tested.
    """

    key: str
    reason: Reason
    windows: int
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """Rows in parts, with what is true of each row.

    Attributes:
        tables: What was counted, by metric and slice.
        cuts: The columns that rows are cut by.
        places: The cut and the bin of each slice.
        marks: Of each metric, which rows it is true of, in the reference and in the window.
        losses: Name of the distribution of losses, if there is one.
        tail: From which of its bins on the largest 5 % of the reference lie.
    """

    tables: Mapping[str, Counts]
    cuts: Sequence[Cut]
    places: Mapping[str, tuple[int, int]]
    marks: Mapping[str, tuple[Mask, Mask]]
    losses: str | None
    tail: int = 0

    @classmethod
    def of(
        cls,
        cuts: Sequence[Cut],
        marks: Mapping[str, tuple[Mask, Mask]],
        errors: tuple[Errors, Errors],
        *,
        least: int,
    ) -> Self:
        """Count rows.

        Args:
            cuts: The columns that rows are cut by.
            marks: What is true or false of each row.
            errors: Of the reference and of the window.
            least: The fewest rows that a slice has in the reference.
        """
        tables = {name: Counts(reference=_counts(one), window=_counts(two)) for name, (one, two) in marks.items()}
        losses = errors[0].metric if errors[0].sizes is not None and errors[1].sizes is not None else None
        tail = 0
        if errors[0].sizes is not None and errors[1].sizes is not None:
            tables[errors[0].metric], tail = _of_losses(errors[0].sizes, errors[1].sizes)
        places: dict[str, tuple[int, int]] = {}
        for number, one in enumerate(cuts):
            for part, place in one.parts(least):
                for name, (ours, theirs) in marks.items():
                    key = f"{name} | {part}"
                    places[key] = number, place
                    tables[key] = Counts(
                        reference=_counts(ours[one.reference == place]),
                        window=_counts(theirs[one.window == place]),
                    )
        return cls(tables=tables, cuts=cuts, places=places, marks=marks, losses=losses, tail=tail)

    def inside(self, key: str) -> tuple[Mask, Mask]:
        """Which rows of the reference and of the window are in a slice."""
        number, place = self.places[key]
        one = self.cuts[number]
        return one.reference == place, one.window == place

    def window_rows(self, key: str) -> Mask | None:
        """Which rows of the window are in a slice and count for its metric; ``None`` for a distribution."""
        name = key.partition(_BETWEEN)[0]
        if name not in self.marks:
            return None
        marked = self.marks[name][1]
        return marked & self.inside(key)[1] if key in self.places else marked

    def expected(self, name: str) -> tuple[float, str]:
        """The share of a metric that the make-up of the window lets expect, by the column that explains most."""
        ours = self.marks[name][0]
        usual = float(ours.mean())
        found = [(usual, "")]
        for one in self.cuts:
            size = len(one.bins.names)
            before = np.bincount(one.reference, minlength=size)
            hits = np.bincount(one.reference, weights=ours, minlength=size)
            rates = np.where(before > 0, hits / np.maximum(before, 1), usual)
            shares = np.bincount(one.window, minlength=size) / max(len(one.window), 1)
            found.append((float(rates @ shares), one.column))
        return max(found)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """Slices with their tests, to be judged.

    Attributes:
        parts: The rows.
        tests: The tests of each table.
        level: With which probability there may be any alarm by chance alone.
        worse: By how much a share may rise.
        apart: How far distribution functions may be apart.
    """

    parts: Parts
    tests: Mapping[str, Sequence[Tested]]
    level: float
    worse: float
    apart: float

    def judged(self) -> Iterator[Found]:
        """What to say of each: the slices that are named first, the clearest before the others."""
        bad: list[tuple[str, Tested]] = []
        quiet: list[str] = []
        for key, tests in self.tests.items():
            clear = [one for one in tests if one.adjusted_p <= self.level and self._large(key, one.counts)]
            if clear:
                bad.append((key, min(clear, key=lambda one: one.windows)))
            elif tests:
                quiet.append(key)
        sliced = [pair for pair in bad if pair[0] in self.parts.places]
        named: list[str] = []
        for key, one in sorted(sliced, key=lambda pair: (pair[1].p_value, -self._rise(*pair))):
            by = self._explained(key, named, _LIKELY / len(sliced))
            named += [] if by else [key]
            excuse = None if by is None else f"because of {by.partition(_BETWEEN)[2]}"
            yield self._found(key, one, excuse)
        for key, one in bad:
            if key not in self.parts.places:
                yield self._found(key, one, self._made_up(key, one))
        for key in quiet:
            if key not in self.parts.places:
                yield self._found(key, self.tests[key][0], "")
        if len(self.parts.places) > len(sliced):
            message = f"{len(self.parts.places) - len(sliced)} slices have about as many errors as before"
            yield Found(key="", reason=Reason(ok=True, code="SLICES_OK", message=message), windows=1, p_value=1.0)
        for key in self.parts.tables:
            if key not in self.parts.places and not self.tests.get(key):
                message = f"too few rows whose truth is known to judge {key}"
                reason = Reason(ok=True, code="TOO_FEW_ROWS", message=message, subject=key)
                yield Found(key=key, reason=reason, windows=1, p_value=1.0)

    def _large(self, key: str, counts: Floats) -> bool:
        before = self.parts.tables[key].reference
        if key == self.parts.losses:
            gap = np.cumsum(counts) / counts.sum() - np.cumsum(before) / before.sum()
            size = before.sum() * counts.sum() / (before.sum() + counts.sum())
            tails = [side[self.parts.tail :].sum() / side.sum() for side in (before, counts)]
            return bool(np.abs(gap).max() - 0.5 / np.sqrt(size) > self.apart or tails[1] > _TIMES * tails[0])
        rise = _share(counts) - _share(before)
        spread = _share(before + counts)
        chance = spread * (1 - spread) * (1 / before.sum() + 1 / counts.sum())
        beyond = float(np.sqrt(max(rise * rise - chance, 0.0)))
        if key.partition(_BETWEEN)[0] == _BIASED:
            return beyond > 2 * self.worse
        return rise > 0 and beyond > self.worse

    def _rise(self, key: str, one: Tested) -> float:
        return abs(_share(one.counts) - _share(self.parts.tables[key].reference))

    def _explained(self, key: str, named: Sequence[str], level: float) -> str | None:
        """The slice that was named already without whose rows this one is no worse than before."""
        metric = key.partition(_BETWEEN)[0]
        ours, theirs = self.parts.inside(key)
        for other in named:
            removed = self.parts.inside(other)
            ours, theirs = ours & ~removed[0], theirs & ~removed[1]
        marks = self.parts.marks[metric]
        left = _counts(marks[0][ours]), _counts(marks[1][theirs])
        if not named:
            return None
        if left[0].sum() and left[1].sum() and float(exact_p_values([left[0]], [left[1]], [0])[0]) <= level:
            rise = _share(left[1]) - _share(left[0])
            if rise > self.worse or (metric == _BIASED and abs(rise) > self.worse):
                return None
        return max(named, key=lambda one: int((self.parts.inside(one)[1] & self.parts.inside(key)[1]).sum()))

    def _made_up(self, key: str, one: Tested) -> str | None:
        """Whether more rows of a hard slice are all that happened."""
        if key not in self.parts.marks:
            return None
        before, after = _share(self.parts.tables[key].reference), _share(one.counts)
        expected, column = self.parts.expected(key)
        if column and expected - before > self.worse / 2 and after - expected <= self.worse:
            return f"as the rows by {column!r} let expect ({expected:.1%})"
        return None

    def _found(self, key: str, one: Tested, excuse: str | None) -> Found:
        """A failure without an excuse; an empty one is for what is as it was."""
        before = self.parts.tables[key].reference
        over = f" over the last {one.windows} windows" if one.windows > 1 else ""
        if key == self.parts.losses:
            gaps = np.abs(np.cumsum(one.counts) / one.counts.sum() - np.cumsum(before) / before.sum())
            value, bound = float(gaps.max()), self.apart
            told = f"the distribution of {key} is {value:.3f} away from that of the reference{over}"
        else:
            value, bound = _share(one.counts), _share(before) + self.worse
            metric, _, part = key.partition(_BETWEEN)
            where = f" where {part}" if part else ""
            told = f"{metric}{where} is {value:.1%} instead of {_share(before):.1%}{over}"
        code = "CONCEPT_DRIFT" if excuse is None else "EXPLAINED" if excuse else "NO_CONCEPT_DRIFT"
        reason = Reason(
            ok=excuse is not None,
            code=code,
            message=f"{told} (adjusted p {one.adjusted_p:.2g})" + (f", {excuse}" if excuse else ""),
            subject=key,
            observed=value,
            expected=bound,
        )
        return Found(key=key, reason=reason, windows=one.windows, p_value=one.adjusted_p)


def _counts(marked: Mask) -> Floats:
    hits = float(marked.sum())
    return np.array([len(marked) - hits, hits])


def _share(counts: Floats) -> float:
    return float(counts[1] / counts.sum()) if counts.sum() else 0.0


def _of_losses(ours: Floats, theirs: Floats) -> tuple[Counts, int]:
    """Losses in bins at quantiles of the reference, and the first bin of its tail."""
    edges = np.unique(np.quantile(ours, _LOSSES))
    sides = [
        np.bincount(np.searchsorted(edges, side, side="left"), minlength=len(edges) + 1).astype(np.float64)
        for side in (ours, theirs)
    ]
    tail = int(np.searchsorted(edges, np.quantile(ours, _TAIL))) + 1
    return Counts(reference=sides[0], window=sides[1], ordered=len(edges) + 1), tail
