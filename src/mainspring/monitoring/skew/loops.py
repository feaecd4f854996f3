"""Answers of a model that come back: as its inputs, or as the truth that it is judged by."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.stats import binom, norm

from mainspring.core.verdicts import Reason
from mainspring.data import Table
from mainspring.evaluation.reference import TRUTH
from mainspring.monitoring.skew.codes import LOOP, TRUTH_IS_ANSWER
from mainspring.monitoring.skew.material import Material, answer_of, scores_of

_CHANCE: Final = 1e-6
_LEAST_PAIRS: Final = 30
_MOST_ROWS: Final = 10_000
_MOST_PAIRS: Final = 4_000
_TIME: Final = ("request.time", "request.row")


def answers_as_inputs(
    material: Material, *, keys: Sequence[str] = (), lag: int = 1, copied: float = 0.2, steered: float = 0.5
) -> Iterator[Reason]:
    """Inputs that are the model's own answers of before, or follow them.

    Rows of one entity, those with the same values in ``keys``, are taken in the order of time; without keys all
    rows are taken as those of one. An input is *copied* if it is what was answered ``lag`` rows before in more
    rows than it would be by chance, among those in which it is not the same as it was then. It is *steered* if it
    hangs together with that answer, once what all numeric inputs of then say of both is taken away: a linear
    partial correlation (after C. W. J. Granger, *Investigating causal relations by econometric models and
    cross-spectral methods*, Econometrica 1969).

    Of more than 10,000 rows the last are looked at.

    Args:
        material: What is looked at.
        keys: Inputs whose values name an entity.
        lag: How many rows of the entity lie between an answer and the input.
        copied: The least share of rows in which the input is the answer.
        steered: The least size of the partial correlation.
    """
    rows = material.rows.rows(material.rows.num_rows - _MOST_ROWS, material.rows.num_rows)
    missing = [key for key in keys if key not in rows.names]
    if missing:
        message = f"feedback loops are not looked for: the window has no {', '.join(missing)}"
        yield Reason(ok=True, code="NO_KEYS", message=message)
        return
    before, after = _pairs(rows, keys, lag)
    if len(after) < _LEAST_PAIRS:
        message = f"{len(after)} rows have an earlier one of their entity: too few to look for feedback loops"
        yield Reason(ok=True, code="TOO_FEW_PAIRS", message=message, observed=float(len(after)))
        return
    inputs = [name for name in material.inputs if name in rows.names and name not in keys]
    columns = {name: rows.column(name) for name in inputs}
    said = {name: rows.column(name) for name in dict.fromkeys([answer_of(rows), *scores_of(rows)]) if name}
    told: set[str] = set()
    for name, values in columns.items():
        found = _copied(name, values, said, before, after, least=copied)
        told |= {name} if found else set()
        yield from found
    others = {name: values for name, values in columns.items() if name not in told and values.dtype != object}
    scores = {name: said[name] for name in scores_of(rows)}
    yield from _steered(others, scores, before[-_MOST_PAIRS:], after[-_MOST_PAIRS:], steered)


def answers_as_truth(material: Material) -> Iterator[Reason]:
    """Truth that is what the model said: labels that were never looked at, and would teach the next model its own.

    A model that is right as often as in the rows of its reference would be right in all of these rows by chance at
    most once in a million windows.
    """
    rows, answer = material.rows, answer_of(material.rows)
    if answer is None or TRUTH not in rows.names:
        return
    same, known = _same(rows, answer)
    if known < _LEAST_PAIRS:
        return
    if material.answered is None or not {TRUTH, answer} <= set(material.answered.names):
        message = "whether the truth is what was answered cannot be told: the package keeps no rows"
        yield Reason(ok=True, code="NO_REFERENCE_ROWS", message=message)
        return
    right, of = _same_in_reference(material.answered, answer)
    # One more that is wrong: a reference without an error proves no model without errors.
    usual = right / (of + 1)
    if same == known and float(binom.sf(same - 1, known, usual)) < _CHANCE:
        message = (
            f"the truth of all {known:,} rows is what the model answered; of the reference it is in {usual:.1%}"
        )
        yield Reason(ok=False, code=TRUTH_IS_ANSWER, message=message, subject=TRUTH, observed=1.0, expected=usual)


def _pairs(rows: Table, keys: Sequence[str], lag: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Places of rows, and of the rows of the same entity that come after them by a lag."""
    times = [rows.column(name) for name in reversed(_TIME) if name in rows.names]
    entity = np.zeros(rows.num_rows, dtype=np.int64)
    for key in keys:
        words = np.array([str(value) for value in rows.column(key).tolist()])
        places = np.unique(words, return_inverse=True)[1].reshape(-1)
        entity = np.unique(entity * (places.max(initial=0) + 1) + places, return_inverse=True)[1].reshape(-1)
    order = np.lexsort([*times, entity])
    same = entity[order[lag:]] == entity[order[:-lag]]
    before, after = order[:-lag][same], order[lag:][same]
    return before, after


def _copied(
    name: str,
    values: npt.NDArray[Any],
    said: Mapping[str, npt.NDArray[Any]],
    before: npt.NDArray[np.int64],
    after: npt.NDArray[np.int64],
    *,
    least: float,
) -> list[Reason]:
    changed = ~_equal(values[after], values[before])  # what an entity keeps is no answer that came back
    if changed.sum() < _LEAST_PAIRS:
        return []
    now = values[after][changed]
    for answer, answers in said.items():
        if (answers.dtype == object) != (values.dtype == object):
            continue
        then = answers[before][changed]
        share = float(_equal(now, then).mean())
        if share < least:
            continue
        chance = float(_equal(now, np.random.default_rng(0).permutation(then)).mean())
        likely = float(binom.sf(round(share * len(now)) - 1, len(now), min(max(chance, 1.0 / len(now)), 1.0)))
        if share >= chance + least and likely < _CHANCE:
            message = (
                f"column {name!r} is the {answer!r} of before in {share:.0%} of {len(now):,} rows; by chance it "
                f"would be in {chance:.0%}"
            )
            expected = chance + least
            return [Reason(ok=False, code=LOOP, message=message, subject=name, observed=share, expected=expected)]
    return []


def _steered(
    columns: Mapping[str, npt.NDArray[np.float64]],
    scores: Mapping[str, npt.NDArray[np.float64]],
    before: npt.NDArray[np.int64],
    after: npt.NDArray[np.int64],
    least: float,
) -> Iterator[Reason]:
    left = len(after) - len(columns) - 4
    if left < _LEAST_PAIRS or not columns:
        return
    held = np.column_stack([np.ones(len(before)), *(_whole(values[before]) for values in columns.values())])
    base = np.linalg.qr(held)[0]
    now = _rest(np.column_stack([_whole(values[after]) for values in columns.values()]), base)
    for answer, values in scores.items():
        said = _rest(_whole(values[before]), base)
        for name, rest in zip(columns, now.T, strict=True):
            found = _correlation(rest, said)
            size = abs(math.atanh(min(max(found, -0.999999), 0.999999))) * math.sqrt(left)
            if abs(found) >= least and float(2 * norm.sf(size)) * len(columns) < _CHANCE:
                message = (
                    f"column {name!r} follows the {answer!r} of before: a partial correlation of {found:.2f} over "
                    f"{len(after):,} rows"
                )
                yield Reason(ok=False, code=LOOP, message=message, subject=name, observed=found, expected=least)


def _rest(values: npt.NDArray[np.float64], base: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What columns that are orthogonal say nothing of."""
    return values - base @ (base.T @ values)


def _correlation(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    sizes = float((one * one).sum()), float((other * other).sum())
    # What is left of a column that others explain wholly is noise of the arithmetic.
    if min(sizes) < 1e-9 * len(one):
        return 0.0
    return float((one * other).sum()) / math.sqrt(sizes[0] * sizes[1])


def _whole(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A column with mean 0 and variance 1, the mean where it is missing."""
    there = np.isfinite(values)
    if not there.any():
        return np.zeros(len(values))
    middle, spread = values[there].mean(), values[there].std()
    return np.where(there, (values - middle) / (spread if spread > 0 else 1.0), 0.0)


def _same(rows: Table, answer: str) -> tuple[int, int]:
    """How many truths are the answers, of how many that are known."""
    truth, said = rows.column(TRUTH), rows.column(answer)
    pairs = [
        (one, other)
        for one, other in zip(truth.tolist(), said.tolist(), strict=True)
        if one is not None and one == one
    ]
    return sum(_text(one) == _text(other) for one, other in pairs), len(pairs)


@lru_cache(maxsize=4)
def _same_in_reference(rows: Table, answer: str) -> tuple[int, int]:
    """Counted once for many windows."""
    return _same(rows, answer)


def _text(value: Any) -> str:
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _equal(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which values are the same; two missing ones are."""
    if one.dtype == object or other.dtype == object:
        return np.fromiter((a == b for a, b in zip(one, other, strict=True)), np.bool_, count=len(one))
    with np.errstate(over="ignore"):  # numbers so far apart are not the same
        same: npt.NDArray[np.bool_] = np.isclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True)
    return same
