"""Counterfactual flips: is a row answered otherwise when nothing but a protected value of it changes?

Reference: S. Garg, V. Perot, N. Limtiaco, A. Taly, E. H. Chi and A. Beutel, *Counterfactual fairness in text
classification through robustness*, AIES 2019, for counterfactual flips; M. J. Kusner, J. R. Loftus, C. Russell and
R. Silva, *Counterfactual fairness*, NIPS 2017, for what they cannot show: other columns follow the protected one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError, Slice
from mainspring.data.assessment.association import contingency, cramers_v
from mainspring.data.assessment.coding import encode, sample_rows
from mainspring.data.assessment.groups import STANDS_IN
from mainspring.data.replacing import with_constants
from mainspring.evaluation.fairness.flipped import Flip, Flipped, Flips
from mainspring.evaluation.labelled import positive_class
from mainspring.evaluation.metrics.flips import exact_sign_test
from mainspring.evaluation.metrics.grouping import Floats, Ints
from mainspring.evaluation.metrics.intervals import wilson
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Predictions
from mainspring.evaluation.slicing import CROSS, MISSING, MOST_NUMBERS, RARE, slice_rows

if TYPE_CHECKING:
    from mainspring.data import Table

Bools = npt.NDArray[np.bool_]

_CHUNK_ROWS: Final = 50_000
_EXAMPLES: Final = 10
_MOST_GROUPS: Final = 50
_PROXY_ROWS: Final = 100_000


def flip_protected(
    predictor: Predictor,
    table: Table,
    *,
    protected: Sequence[str],
    values: Sequence[Mapping[str, str]] | None = None,
    label: str | None = None,
    positive: str | None = None,
    examples: int = _EXAMPLES,
    chunk_rows: int = _CHUNK_ROWS,
) -> Flips:
    """Give every row the protected values of each other group in turn, and ask again.

    Nothing but the protected columns changes, so that this shows whether the model itself uses them. It is
    no proof of fairness: the columns that follow from them stay as they were, and are listed as proxies.

    Args:
        predictor: What predicts; a regression is looked at by its values, of which any change is a flip.
        table: The rows, read piece by piece.
        protected: The columns to change; several are changed together (a cross).
        values: The groups to try, as column to value; all that occur if not given, at most fifty. Rows that
            already have the values are not asked for them.
        label: The label column, which is no proxy; it is not needed for anything else.
        positive: The class that a binary task is about; without it the last class in sorted order.
        examples: How many rows to show.
        chunk_rows: How many rows are asked at a time.

    Raises:
        InputError: If a column does not exist or has too many numbers to be a group, there are fewer than two
            groups or more than fifty, or a value does not fit its column.

    Example:
        ``flip_protected(model, table, protected=["sex"]).of("sex=Female", "sex=Male").share``
    """
    _check(table, protected)
    cut = slice_rows(table, [f" {CROSS} ".join(protected)], min_slice_size=1).rows
    own = np.full(table.num_rows, -1, dtype=np.int64)
    keys = list(cut)
    for code, rows in enumerate(cut.values()):
        own[rows] = code
    targets = _targets(keys, protected, values)
    tally = _Tally(keys, targets, positive, examples)
    start = 0
    for chunk in table.chunks(chunk_rows):
        stop = start + chunk.num_rows
        before = predictor.predict(chunk)
        tally.begin(before, own[start:stop], start)
        for target in targets:
            tally.add(target, before, predictor.predict(with_constants(chunk, dict(target.values))))
        start = stop
    proxies = _proxies(table, protected, label)
    return tally.done(tuple(protected), proxies)


class _Tally:
    """Counts up pieces; of each row and target one number is kept, for the median."""

    def __init__(self, keys: list[Slice], targets: list[Slice], positive: str | None, examples: int) -> None:
        self._keys, self._targets, self._wanted, self._examples = keys, targets, positive, examples
        self._moved: dict[tuple[int, Slice], list[npt.NDArray[np.float32]]] = {}
        self._counts: dict[tuple[int, Slice], Ints] = {}
        self._found: list[Flip] = []
        self._rows = self._flipped = self._start = 0
        self._positive: str | None = None
        self._own: Ints = np.array([], dtype=np.int64)
        self._any: Bools = np.array([], dtype=np.bool_)

    def begin(self, answers: Predictions, own: Ints, start: int) -> None:
        """The answers to a piece as it is."""
        self._finish()
        self._own, self._start = own, start
        self._any = np.zeros(len(own), dtype=np.bool_)
        self._rows += len(own)
        self._positive = None if answers.classes is None else positive_class(answers.classes, self._wanted)

    def add(self, target: Slice, before: Predictions, answers: Predictions) -> None:
        """The answers to the same piece as it is, and with other values."""
        moved = _scores(answers, self._positive) - _scores(before, self._positive)
        if before.classes is None:
            up, down = moved > 0, moved < 0
        elif self._positive is None:
            up, down = np.zeros(len(moved), dtype=np.bool_), before.chosen != answers.chosen
        else:
            place = before.classes.index(self._positive)
            was, now = before.chosen == place, answers.chosen == place
            up, down = ~was & now, was & ~now
        others = np.array([key != target for key in self._keys])[self._own]
        self._any |= (up | down) & others
        for code in np.unique(self._own[others]).tolist():
            rows = np.flatnonzero((self._own == code) & others)
            pair = (code, target)
            self._moved.setdefault(pair, []).append(moved[rows].astype(np.float32))
            counts = np.array([len(rows), np.count_nonzero(up[rows]), np.count_nonzero(down[rows])])
            self._counts[pair] = self._counts[pair] + counts if pair in self._counts else counts
        self._show(target, before, answers, moved, np.flatnonzero((up | down) & others))

    def done(self, protected: tuple[str, ...], proxies: dict[str, dict[str, float]]) -> Flips:
        """All that was found."""
        self._finish()
        notes = [
            f"{column!r} can be told from {', '.join(found)}, which did not change: no flips would not mean that "
            "the model does not treat groups unequally"
            for column, found in proxies.items()
        ]
        rows = self._rows
        return Flips(
            protected=protected,
            positive=self._positive,
            count=rows,
            flipped=self._flipped,
            share=self._flipped / rows if rows else math.nan,
            interval=wilson(self._flipped, rows) if rows else None,
            changes=tuple(self._changes()),
            examples=tuple(self._found),
            proxies=proxies,
            notes=tuple(notes),
        )

    def _finish(self) -> None:
        self._flipped += int(np.count_nonzero(self._any))
        self._any = np.array([], dtype=np.bool_)

    def _show(self, target: Slice, before: Predictions, answers: Predictions, moved: Floats, rows: Ints) -> None:
        """Keep those examples that moved furthest."""
        furthest = rows[np.argsort(-np.abs(moved[rows]), kind="stable")][: self._examples]
        was, now = before.labels, answers.labels
        self._found += [
            Flip(
                row=self._start + row,
                group=self._keys[self._own[row]],
                to=target,
                before=_text(was[row]),
                after=_text(now[row]),
                change=float(moved[row]),
            )
            for row in furthest.tolist()
        ]
        self._found.sort(key=lambda one: (-abs(one.change), one.row))
        del self._found[self._examples :]

    def _changes(self) -> Iterator[Flipped]:
        for (code, target), parts in sorted(self._moved.items(), key=lambda one: (one[0][0], str(one[0][1]))):
            count, up, down = (int(number) for number in self._counts[code, target])
            moved = np.concatenate(parts).astype(np.float64)
            directed = self._positive is not None
            yield Flipped(
                group=self._keys[code],
                to=target,
                count=count,
                to_yes=up,
                to_no=down,
                share=(up + down) / count if count else math.nan,
                interval=wilson(up + down, count) if count else None,
                mean=float(moved.mean()),
                median=float(np.median(moved)),
                largest=float(moved[np.abs(moved).argmax()]),
                chance=exact_sign_test(up, down) if directed and up + down else math.nan,
            )


def _check(table: Table, protected: Sequence[str]) -> None:
    absent = [name for name in protected if name not in table.names]
    if absent or not protected:
        raise InputError(
            f"no column {', '.join(map(repr, absent))} to change" if absent else "no protected column was named",
            expected=("one of " if absent else "some of ") + ", ".join(table.names),
        )
    for name in protected:
        values = table.column(name)
        if values.dtype != object and len(np.unique(values[~np.isnan(values)])) > MOST_NUMBERS:
            raise InputError(
                f"{name!r} holds more than {MOST_NUMBERS} numbers, too many to try each",
                expected="a column of words, booleans or few numbers",
                fix="explain the model by this column instead, or flip a column of ranges it was made from",
            )


def _targets(
    keys: Sequence[Slice], protected: Sequence[str], values: Sequence[Mapping[str, str]] | None
) -> list[Slice]:
    if values is None:
        found = [key for key in keys if not {MISSING, RARE} & {value for _, value in key.values}]
    else:
        wrong = [str(dict(one)) for one in values if sorted(one) != sorted(protected)]
        if wrong:
            raise InputError(f"values {', '.join(wrong)}", expected=f"one for each of {', '.join(protected)}")
        found = [Slice.of(one) for one in values]
    if not found or (len(keys) < 2 and values is None) or len(found) > _MOST_GROUPS:
        raise InputError(
            f"{len(found)} group{'s' * (len(found) != 1)} of {', '.join(protected)} to try",
            expected=f"from 2 to {_MOST_GROUPS}",
            fix="name those to try as values=[{…}, …]",
        )
    return found


def _scores(answers: Predictions, positive: str | None) -> Floats:
    """What moves: the probability of the positive class, of the most probable one, or the value."""
    if answers.classes is None:
        return answers.scores
    if positive is None:
        best: Floats = answers.scores.max(axis=1)
        return best
    chance: Floats = answers.scores[:, answers.classes.index(positive)]
    return chance


def _text(answer: object) -> str:
    return f"{answer:.6g}" if isinstance(answer, float) else str(answer)


def _proxies(table: Table, protected: Sequence[str], label: str | None) -> dict[str, dict[str, float]]:
    """Protected column to the others that tell it, the strongest first."""
    coded = encode(sample_rows(table, _PROXY_ROWS))
    others = [one for one in coded.values() if one.name not in {*protected, label} and not one.constant]
    found: dict[str, dict[str, float]] = {}
    for name in protected:
        if name in coded and not coded[name].constant:
            strengths = {one.name: cramers_v(contingency(coded[name].codes, one.codes)) for one in others}
            strong = sorted((-value, other) for other, value in strengths.items() if value >= STANDS_IN)
            if strong:
                found[name] = {other: -value for value, other in strong}
    return found
