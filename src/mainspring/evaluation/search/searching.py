"""The automatic search for the slices where a model is worst."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError
from mainspring.evaluation.losses import RowLosses, columns_read, row_losses
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Predictions
from mainspring.evaluation.search.columns import Searched, searched_columns
from mainspring.evaluation.search.found import FoundSlice, SliceSearch
from mainspring.evaluation.search.lattice import Candidate, Lattice, Rules
from mainspring.evaluation.search.moments import Losses, Sums, by_chance, difference, effect, holm

if TYPE_CHECKING:
    from mainspring.data import Table

Mask: TypeAlias = "npt.NDArray[np.bool_]"

MIN_SHARE: Final = 0.005
MIN_SIZE: Final = 30
MIN_EFFECT: Final = 0.1
MOST_COLUMNS: Final = 3
_MOST_WEIGHED: Final = 400
"""So many candidates at most are held against each other row by row."""
_MOST_BINS: Final = 40
_MOST_ALSO: Final = 5
_COPY: Final = 0.5
"""Two slices that share this part of their rows, or more, say the same."""


def find_slices(
    predictor: Predictor | Predictions,
    table: Table,
    *,
    label: str,
    columns: Sequence[str] | None = None,
    metric: str | npt.NDArray[np.float64] | None = None,
    max_columns: int = 2,
    min_share: float = MIN_SHARE,
    min_size: int = MIN_SIZE,
    min_effect: float = MIN_EFFECT,
    level: float = 0.05,
    most: int = 20,
    positive: str | None = None,
    weight: str | None = None,
    bins: int = 10,
    without: Sequence[str] = (),
) -> SliceSearch:
    """Look through all slices of single columns and their crosses for those where a model is worse than elsewhere.

    Words are taken by value, numbers by ranges between quantiles (any run of them for a single column), and
    missing values are a value. A slice is told if its mean loss is above that of all other rows by at least
    ``min_effect`` standard deviations, and this is unlikely by chance even for the worst of all slices that were
    looked at: Fisher's exact test for errors, Welch's t-test for other losses and for weighted rows, corrected by
    Holm's method. That bounds the chance of a single false alarm, whatever rows slices share; the false discovery
    rate would let one in twenty be false, and a list of slices is read one by one. A cross is told only if it is
    clearly worse than the slices it is made of, and a slice that is bad only because of rows that are told already
    is folded into the slice that tells them.

    Args:
        predictor: What predicts, or one prediction per row.
        table: The rows.
        label: The label column.
        columns: What to search; without it all columns of single values but label, weight, those that
            hold the predictions, and ``without``.
        metric: A loss of rows: ``"error_rate"``, ``"log_loss"``, ``"brier"``, ``"absolute_error"``,
            ``"squared_error"``; or the losses themselves, shape ``[n]``, the larger the worse. The error rate of a
            classification and the absolute error of a regression without it.
        max_columns: The most columns of a cross: 1, 2 or 3.
        min_share: The least share of the rows in a slice.
        min_size: The fewest rows in a slice.
        min_effect: The least difference, in standard deviations.
        level: The chance of any false alarm.
        most: The most slices that are told.
        positive: The class that a binary task is about.
        weight: The column of row weights.
        bins: How many ranges numbers are cut into.
        without: Columns to pass over.

    Raises:
        InputError: If columns do not exist, predictions do not fit, or an option makes no sense.

    References: Y. Chung et al., *Slice Finder* (2019); S. Sagadeeva and M. Boehm, *SliceLine* (2021); S. Holm,
    *A simple sequentially rejective multiple test procedure* (1979).

    Example:
        >>> from mainspring.data import Table
        >>> city = np.repeat(["x", "y"], [900, 100])
        >>> truth = np.tile(["no", "yes"], 500)
        >>> table = Table.from_columns({"city": city, "day": np.arange(1000) % 7, "late": truth})
        >>> wrong = (np.arange(1000) % 10 == 0) | ((city == "y") & (np.arange(1000) % 2 == 0))
        >>> yes = np.where((truth == "yes") ^ wrong, 0.9, 0.1)
        >>> predictions = Predictions(("no", "yes"), np.column_stack([1 - yes, yes]))
        >>> found = find_slices(predictions, table, label="late")
        >>> [(str(one.slice), one.count, one.loss) for one in found.slices]
        [('city=y', 100, 0.5)]
    """
    _check(max_columns, level, bins, min_share)
    given = metric if metric is None or isinstance(metric, str) else None
    rows = row_losses(predictor, table, label=label, metric=given, positive=positive, weight=weight)
    started = time.perf_counter()
    losses = _losses(rows, metric)
    passed = [label, *without, *columns_read(predictor), *([] if weight is None else [weight])]
    searched, notes = searched_columns(table, rows.kept, columns, passed, bins=bins)
    count = len(losses.values)
    rules = Rules(max(min_size, math.ceil(min_share * count), 2), min_effect, level)
    lattice = Lattice(searched, losses, rules)
    candidates = lattice.candidates(max_columns) if count else []
    found = _told(candidates, searched, losses, lattice, rules)[:most]
    return SliceSearch(
        metric=rows.metric if metric is None or isinstance(metric, str) else "loss",
        label=label,
        count=count,
        loss=float(lattice.whole.mean[0]) if count else 0.0,
        slices=tuple(sorted(found, key=lambda one: (-one.difference.low, str(one.slice)))),
        columns=tuple(column.name for column in searched),
        max_columns=max_columns,
        min_size=rules.min_size,
        looked_at=lattice.looked_at,
        level=level,
        seconds=time.perf_counter() - started,
        notes=(*rows.notes, *notes),
    )


def _check(max_columns: int, level: float, bins: int, min_share: float) -> None:
    problems = []
    if not 1 <= max_columns <= MOST_COLUMNS:
        problems.append(f"crosses of {max_columns} columns (1 to {MOST_COLUMNS})")
    if not 0 < level < 1:
        problems.append(f"a level of {level} (between 0 and 1)")
    if not 2 <= bins <= _MOST_BINS:
        problems.append(f"{bins} ranges of numbers (2 to {_MOST_BINS})")
    if not 0 <= min_share < 1:
        problems.append(f"a least share of {min_share} (from 0 to below 1)")
    if problems:
        raise InputError("a search with " + ", ".join(problems), expected="what stands in brackets")


def _losses(rows: RowLosses, metric: str | npt.NDArray[np.float64] | None) -> Losses:
    if metric is None or isinstance(metric, str):
        return Losses(rows.values, rows.weights, rows.is_binary)
    given = np.asarray(metric, dtype=np.float64)
    if given.shape != rows.kept.shape or not np.isfinite(given[rows.kept]).all():
        raise InputError(
            f"losses of the shape {list(given.shape)} for {len(rows.kept)} rows",
            expected="one finite number per row of the table",
        )
    values = given[rows.kept]
    return Losses(values, rows.weights, bool(np.isin(values, (0.0, 1.0)).all()))


@dataclass(slots=True)
class _Accepted:
    """A slice that is told, with its rows."""

    candidate: Candidate
    rows: Mask
    p_value: float
    also: list[Candidate] = field(default_factory=list)


def _told(
    candidates: Sequence[Candidate], columns: Sequence[Searched], losses: Losses, lattice: Lattice, rules: Rules
) -> list[FoundSlice]:
    """The slices that are certain, without those that say again what another says."""
    tests = max(lattice.looked_at, 1)
    chances = np.array([by_chance(one.sums, lattice.whole - one.sums, losses) for one in candidates])
    adjusted = holm(chances, tests)
    certain = [(one, p) for one, p in zip(candidates, adjusted.tolist(), strict=True) if p <= rules.level]
    accepted: list[_Accepted] = []
    covered = np.zeros(len(losses.values), dtype=bool)
    for candidate, p_value in certain[:_MOST_WEIGHED]:
        rows = candidate.rows(columns)
        shared, nearest = _nearest(rows, accepted)
        if nearest is None or (shared < _COPY and _says_more(rows, covered, losses, rules, tests)):
            accepted.append(_Accepted(candidate, rows, p_value))
            covered |= rows
        else:
            nearest.also.append(candidate)
    return [_found(one, columns, lattice.whole) for one in accepted]


def _nearest(rows: Mask, accepted: Sequence[_Accepted]) -> tuple[float, _Accepted | None]:
    """The slice with which most rows are shared, as a part of both together; ``None`` if none shares any."""
    best: tuple[float, _Accepted | None] = (0.0, None)
    for one in accepted:
        shared = np.count_nonzero(rows & one.rows) / np.count_nonzero(rows | one.rows)
        if shared > best[0]:
            best = (shared, one)
    return best


def _says_more(rows: Mask, covered: Mask, losses: Losses, rules: Rules, tests: int) -> bool:
    """Whether a slice is bad beyond what is told already.

    Either the rows of it that no slice told are worse than all others that none told; or, where most of it is told
    already, its rows are worse than the other rows that are.
    """
    new = rows & ~covered
    if np.count_nonzero(new) >= max(rules.min_size, np.count_nonzero(rows) / 2):
        inside, outside = losses.of(new), losses.of(~covered & ~rows)
    else:
        inside, outside = losses.of(rows), losses.of(covered & ~rows)
        if outside.count[0] < rules.min_size:
            return False
    return bool(
        effect(inside, outside)[0] >= rules.min_effect
        and by_chance(inside, outside, losses) * tests <= rules.level
    )


def _found(one: _Accepted, columns: Sequence[Searched], whole: Sums) -> FoundSlice:
    sums = one.candidate.sums
    rest = whole - sums
    return FoundSlice(
        slice=one.candidate.slice(columns),
        sql=one.candidate.sql,
        count=int(sums.count[0]),
        share=float(sums.count[0] / whole.count[0]),
        loss=float(sums.mean[0]),
        rest=float(rest.mean[0]),
        difference=difference(sums, rest),
        effect=float(effect(sums, rest)[0]),
        loss_share=float(sums.loss[0] / whole.loss[0]),
        p_value=one.p_value,
        also=tuple(again.slice(columns) for again in one.also[:_MOST_ALSO]),
    )
