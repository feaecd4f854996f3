"""Outliers: how many rows are unlike those that the model was trained on, and which they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, get_args

import numpy as np
import numpy.typing as npt
from scipy.stats import beta, betabinom

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table, TableStatistics
from mainspring.monitoring.correction import Spending
from mainspring.monitoring.seen import Figure, Judged, Seen
from mainspring.serving.outliers import OutlierJudge, fit_reference
from mainspring.serving.outliers.options import Method

FLAGGED: Final = "output.outlier"
"""The column of a log in which a server told which rows are outliers."""

_SHOWN: Final = 5
_EXPLAINED: Final = 200
_NAMED: Final = 3
_SURE: Final = 0.95


@dataclass(frozen=True, kw_only=True)
class OutliersCheck:
    """Holds the share of outliers of a window against that of the reference; whether a server flagged them or not.

    Rows are judged by what :func:`mainspring.serving.outliers.fit_reference` makes of the reference. Too many are
    outliers if there are more than ``times`` as many as in the reference and ``rise`` more, *and* more than by
    chance: of rows like those of the reference, the number above its threshold is beta-binomial, exactly where
    the threshold is one of the reference's own scores.

    Args:
        method: How rows are scored: ``robust``, ``mahalanobis``, ``isolation_forest``, ``neighbours``,
            ``reconstruction`` or ``domain``.
        share: The share of the reference's rows that are called outliers.
        columns: The inputs to look at; by default all that the method can use.
        times: How many times as many there may be.
        rise: How many more there may be, as a share of the rows.
        least_rows: With fewer rows nothing is said.
        false_alarms: So many in a period on average while nothing changes, or a share of all alarms.
    """

    name: ClassVar[str] = "outliers"
    on_truth: ClassVar[bool] = False

    method: Method = "robust"
    share: float = 0.01
    columns: tuple[str, ...] = ()
    times: float = 2.0
    rise: float = 0.01
    least_rows: int = 50
    false_alarms: str = "1 per 30d"

    def __post_init__(self) -> None:
        """Check the options."""
        Spending.of(self.false_alarms, {})
        if self.method not in get_args(Method):
            raise InputError(f"a method {self.method!r}", expected="one of " + ", ".join(get_args(Method)))
        if not 0 < self.share < 1:
            raise InputError(f"the share is {self.share}", expected="more than 0 and less than 1")

    def judge(self, seen: Seen, memory: Mapping[str, Value]) -> Judged:
        """Judge a window."""
        rows = seen.window.table
        if rows.num_rows < self.least_rows:
            message = f"{rows.num_rows} rows are too few to look for outliers, {self.least_rows} are needed"
            return self._silent("TOO_FEW_ROWS", message, memory)
        try:
            judge = fit_reference(seen.reference, method=self.method, share=self.share, columns=self.columns)
        except InputError as error:
            return self._silent("NOT_LOOKED_AT", f"outliers are not looked for: {error.found}", memory)
        columns = columns_of(rows, judge.columns, seen.reference.statistics)
        scores = judge.source.scores(columns)
        worst = np.argsort(-scores, kind="stable")[: int((scores > judge.threshold).sum())]
        spending = Spending.of(self.false_alarms, memory)
        counted = _Counted(rows=rows.num_rows, outliers=len(worst), judge=judge)
        most = self._most(counted, spending.level(seen.window.until - seen.window.since))
        blamed = _blamed(judge, columns, worst[:_EXPLAINED])
        reason = self._reason(counted, most, blamed)
        spending.spend(1.0 if reason.ok else counted.p_value)
        shown = [int(place) for place in worst[:_SHOWN]]
        examples = [
            {"row": place, "score": float(scores[place]), "columns": list(names)}
            for place, names in zip(shown, blamed, strict=False)
        ]
        return Judged(
            verdict=Verdict.of(
                self.name,
                [reason, *_flagged(rows)],
                {"method": self.method, "threshold": judge.threshold, "examples": examples},
            ),
            figures={"share": counted.figure(most), **_by_column(blamed, counted)},
            memory=dict(spending.as_dict()),
            rows=shown,
        )

    def _silent(self, code: str, message: str, memory: Mapping[str, Value]) -> Judged:
        return Judged(verdict=Verdict.of(self.name, [Reason(ok=True, code=code, message=message)]), memory=memory)

    def _most(self, counted: _Counted, level: float) -> float:
        """The largest share that is no alarm."""
        usual = counted.usual
        if usual is None:
            return 1.0
        return min(max(usual * self.times, usual + self.rise, counted.by_chance(level)), 1.0)

    def _reason(self, counted: _Counted, most: float, blamed: Sequence[Sequence[str]]) -> Reason:
        usual, share = counted.usual, counted.share
        if usual is None:
            message = f"{share:.2%} of the rows are outliers; the package keeps no rows to compare with"
            return Reason(ok=True, code="NO_REFERENCE_ROWS", message=message, subject="share", observed=share)
        ok = share <= most
        named = [name for name, _ in Counter(name for names in blamed for name in names[:1]).most_common(_NAMED)]
        why = f", mostly by {', '.join(named)}" if named and not ok else ""
        message = (
            f"{share:.2%} of {counted.rows:,} rows are outliers{why}; of the reference {usual:.2%} are "
            f"(at most {most:.2%}, p {counted.p_value:.2g})"
        )
        code = "OUTLIERS_AS_USUAL" if ok else "TOO_MANY_OUTLIERS"
        return Reason(ok=ok, code=code, message=message, subject="share", observed=share, expected=most)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """How many rows of a window are outliers."""

    rows: int
    outliers: int
    judge: OutlierJudge

    @property
    def share(self) -> float:
        return self.outliers / self.rows

    @property
    def usual(self) -> float | None:
        """The share in the reference; ``None`` if it has no rows."""
        return self.judge.share if self.judge.rows else None

    @property
    def p_value(self) -> float:
        """How likely so many are, of rows like those of the reference."""
        known = self._above()
        return 1.0 if known is None else float(betabinom.sf(self.outliers - 1, self.rows, *known))

    def by_chance(self, level: float) -> float:
        """The share that such rows have more of with at most this probability."""
        known = self._above()
        return 1.0 if known is None else float(betabinom.isf(level, self.rows, *known)) / self.rows

    def figure(self, most: float) -> Figure:
        """The share, where it lies by the method of Clopper and Pearson (Biometrika 1934), and its bound."""
        hits, rest, tail = self.outliers, self.rows - self.outliers, (1 - _SURE) / 2
        return Figure(
            value=self.share,
            low=float(beta.ppf(tail, hits, rest + 1)) if hits else 0.0,
            high=float(beta.ppf(1 - tail, hits + 1, rest)) if rest else 1.0,
            most=most,
        )

    def _above(self) -> tuple[float, float] | None:
        """What is known of the probability that a row lies above the threshold, as a beta distribution."""
        if self.usual is None:
            return None
        above = round(self.usual * self.judge.rows)
        return above + 1.0, max(self.judge.rows - above, 1.0)


def columns_of(rows: Table, names: Sequence[str], trained: TableStatistics) -> dict[str, npt.NDArray[Any]]:
    """Columns as a judge reads them: numbers where training had numbers, words where it had words.

    Columns that are not there, and numbers that are none, are missing.
    """
    return {name: _column(rows, name, words=_holds_words(trained, name)) for name in names}


def _holds_words(trained: TableStatistics, name: str) -> bool:
    feature = trained.features[name]
    return feature.numbers is None and feature.type != "BOOL"


def _column(rows: Table, name: str, *, words: bool) -> npt.NDArray[Any]:
    if name not in rows.names:
        missing = np.empty(rows.num_rows, dtype=object)
        return missing if words else np.full(rows.num_rows, np.nan)
    values = rows.column(name)
    if words == (values.dtype == object):
        return values
    if words:
        return np.array([None if value != value else f"{value:g}" for value in values.tolist()], dtype=object)
    return np.array([_number(value) for value in values.tolist()])


def _number(value: str | None) -> float:
    try:
        return float("nan") if value is None else float(value)
    except ValueError:
        return float("nan")


def _blamed(
    judge: OutlierJudge, columns: Mapping[str, npt.NDArray[Any]], places: npt.NDArray[np.int64]
) -> list[tuple[str, ...]]:
    """The columns that make rows outliers."""
    return judge.reasons({name: values[places] for name, values in columns.items()}) if len(places) else []


def _by_column(blamed: Sequence[Sequence[str]], counted: _Counted) -> dict[str, Figure]:
    """The share of all rows that are outliers by a column first."""
    found = Counter(names[0] for names in blamed if names)
    scale = counted.share / len(blamed) if blamed else 0.0
    return {f"column.{name}": Figure(value=found[name] * scale) for name in counted.judge.columns}


def _flagged(rows: Table) -> Iterator[Reason]:
    """What the server itself told."""
    if FLAGGED in rows.names:
        told = rows.column(FLAGGED)
        if told.dtype != object and len(told):
            share = float(np.nan_to_num(told).mean())
            message = f"the server flagged {share:.2%} of the rows as outliers"
            yield Reason(ok=True, code="FLAGGED_BY_THE_SERVER", message=message, observed=share)
