"""What a model must be asked for accumulated local effects, and how the answers add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.asking import Columns
from mainspring.evaluation.explanation.attributions import Cell
from mainspring.evaluation.explanation.effects.effect import Floats

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Question:
    """Rows that are asked about with other values in some columns.

    Attributes:
        rows: Their indices, shape ``[m]``.
        values: Column to its values there, shape ``[m]``.
    """

    rows: Ints
    values: Mapping[str, npt.NDArray[Any]]


class Plan(Protocol):
    """The effect of some features, to be worked out from answers."""

    names: tuple[str, ...]
    grid: tuple[tuple[Cell, ...], ...]
    questions: tuple[Question, ...]

    def accumulated(self, answers: Sequence[Floats]) -> tuple[Floats, Floats]:
        """The effect at the points of the grid and the rows there, from one array of answers per question."""
        ...


def plan_of(columns: Columns, names: tuple[str, ...], bins: int) -> Plan:
    """The plan for one feature of numbers or words, or for two of numbers.

    Raises:
        InputError: If a feature has fewer than two values, or one of two holds words.
    """
    if len(names) == 2:
        words = [name for name in names if columns[name].dtype == object]
        if words:
            raise InputError(
                f"the joint effect of words was asked for: {', '.join(map(repr, words))}",
                expected="two features of numbers",
                fix="take partial_dependence, which takes any two features",
            )
        return _Pair(columns, (names[0], names[1]), bins)
    values = columns[names[0]]
    return _Words(columns, names[0]) if values.dtype == object else _Numbers(names[0], values, bins)


class _Numbers:
    def __init__(self, name: str, values: Floats, bins: int) -> None:
        rows = np.flatnonzero(~np.isnan(values))
        edges = _edges(name, values[rows], bins)
        self.names: tuple[str, ...] = (name,)
        self.grid: tuple[tuple[Cell, ...], ...] = (tuple(edges.tolist()),)
        self._bin = _bin_of(values[rows], edges)
        low, high = edges[self._bin], edges[self._bin + 1]
        self.questions: tuple[Question, ...] = (Question(rows, {name: low}), Question(rows, {name: high}))

    def accumulated(self, answers: Sequence[Floats]) -> tuple[Floats, Floats]:
        low, high = answers
        counts = np.bincount(self._bin).astype(np.float64)
        steps = np.bincount(self._bin, high - low) / counts
        sums = np.concatenate(([0.0], np.cumsum(steps)))
        mean = float((sums[1:] + sums[:-1]) / 2 @ counts) / counts.sum()
        return sums - mean, np.concatenate(([0.0], counts))


class _Words:
    def __init__(self, columns: Columns, name: str) -> None:
        values = columns[name]
        rows = np.array([row for row, value in enumerate(values.tolist()) if value is not None], dtype=np.int64)
        words = sorted(set(values[rows].tolist()))
        if len(words) < 2:
            raise _too_few(name, len(words))
        order = _by_likeness(columns, name, rows, words)
        places = {word: place for place, word in enumerate(order)}
        self.names: tuple[str, ...] = (name,)
        self.grid: tuple[tuple[Cell, ...], ...] = (tuple(order),)
        self._level = np.array([places[word] for word in values[rows].tolist()], dtype=np.int64)
        ordered = np.array(order, dtype=object)
        self._up, self._down = self._level < len(order) - 1, self._level > 0
        self.questions: tuple[Question, ...] = (
            Question(rows, {name: ordered[self._level]}),
            Question(rows[self._up], {name: ordered[self._level[self._up] + 1]}),
            Question(rows[self._down], {name: ordered[self._level[self._down] - 1]}),
        )

    def accumulated(self, answers: Sequence[Floats]) -> tuple[Floats, Floats]:
        own, above, below = answers
        size = len(self.grid[0])
        # The step up to a word is seen from both sides: by its own rows and by those of the word before.
        gains = np.concatenate((above - own[self._up], own[self._down] - below))
        steps = np.concatenate((self._level[self._up] + 1, self._level[self._down]))
        seen = np.bincount(steps, minlength=size)
        means = np.bincount(steps, gains, minlength=size) / np.maximum(seen, 1)
        sums = np.cumsum(means)
        counts = np.bincount(self._level, minlength=size).astype(np.float64)
        return sums - float(sums @ counts) / counts.sum(), counts


class _Pair:
    def __init__(self, columns: Columns, names: tuple[str, str], bins: int) -> None:
        both = [columns[name] for name in names]
        rows = np.flatnonzero(~np.isnan(both[0]) & ~np.isnan(both[1]))
        side = max(2, round(bins**0.5))
        edges = [_edges(name, values[rows], side) for name, values in zip(names, both, strict=True)]
        self.names: tuple[str, ...] = names
        self.grid: tuple[tuple[Cell, ...], ...] = tuple(tuple(one.tolist()) for one in edges)
        self._bins = [_bin_of(values[rows], one) for values, one in zip(both, edges, strict=True)]
        ends = [(one[place], one[place + 1]) for one, place in zip(edges, self._bins, strict=True)]
        self.questions: tuple[Question, ...] = tuple(
            Question(rows, {names[0]: ends[0][i], names[1]: ends[1][j]}) for i in (0, 1) for j in (0, 1)
        )

    def accumulated(self, answers: Sequence[Floats]) -> tuple[Floats, Floats]:
        low_low, low_high, high_low, high_high = answers
        shape = tuple(len(points) - 1 for points in self.grid)
        cell = self._bins[0] * shape[1] + self._bins[1]
        counts = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
        gains = (high_high - high_low) - (low_high - low_low)
        total = np.bincount(cell, gains, minlength=counts.size).reshape(shape)
        steps = _nearest_filled(np.divide(total, counts, out=np.zeros(shape), where=counts > 0), counts > 0)
        sums = np.zeros((shape[0] + 1, shape[1] + 1))
        sums[1:, 1:] = steps.cumsum(axis=0).cumsum(axis=1)
        sums = sums - _main(sums, counts)[:, None] - _main(sums.T, counts.T)[None, :]
        middles = (sums[1:, 1:] + sums[:-1, 1:] + sums[1:, :-1] + sums[:-1, :-1]) / 4
        at_ends = np.zeros_like(sums)
        at_ends[1:, 1:] = counts
        return sums - float((middles * counts).sum()) / counts.sum(), at_ends


def _main(sums: Floats, counts: Floats) -> Floats:
    """The effect of the first feature alone that is in the sums of two."""
    steps = np.diff(sums, axis=0)
    middles = (steps[:, 1:] + steps[:, :-1]) / 2
    rows = counts.sum(axis=1)
    means = np.divide((middles * counts).sum(axis=1), rows, out=np.zeros(len(rows)), where=rows > 0)
    return np.concatenate(([0.0], np.cumsum(means)))


def _nearest_filled(steps: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """Cells without rows take the value of the nearest cell with rows."""
    places, empty = np.argwhere(known), np.argwhere(~known)
    if len(empty):
        nearest = ((empty[:, None, :] - places[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)
        steps[tuple(empty.T)] = steps[tuple(places[nearest].T)]
    return steps


def _edges(name: str, values: Floats, bins: int) -> Floats:
    if not len(values):
        raise _too_few(name, 0)
    # Edges are values of rows, so that no bin is empty.
    edges: Floats = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1), method="inverted_cdf"))
    if len(edges) < 2:
        raise _too_few(name, len(edges))
    return edges


def _bin_of(values: Floats, edges: Floats) -> Ints:
    """The bin of each value: above its lower edge and up to its upper one; the first holds its lower one too."""
    return np.clip(np.searchsorted(edges, values, side="left") - 1, 0, len(edges) - 2).astype(np.int64)


def _too_few(name: str, count: int) -> InputError:
    return InputError(
        f"{name!r} has {count} value{'s' * (count != 1)} among the rows",
        expected="two at least: what never changes has no effect to be seen",
    )


def _by_likeness(columns: Columns, name: str, rows: Ints, words: list[str]) -> list[str]:
    """Words in an order in which neighbours have similar rows, by the first axis of multidimensional scaling.

    The distance of two words is the sum, over the other columns, of the largest distance of their distribution
    functions (numbers), or of half the sum of the differences of their shares (words).
    """
    codes = np.array([words.index(word) for word in columns[name][rows].tolist()], dtype=np.int64)
    distances = np.zeros((len(words), len(words)))
    for other, values in columns.items():
        if other != name:
            distances += _distances(values[rows], codes, len(words))
    squared = distances**2
    centred = squared - squared.mean(axis=0) - squared.mean(axis=1)[:, None] + squared.mean()
    first = np.linalg.eigh(-centred / 2)[1][:, -1]
    # The direction of an axis is arbitrary: the word that comes first by name goes to the front half.
    first = first if first[0] <= first[-1] else -first
    return [words[place] for place in np.lexsort((np.arange(len(words)), first.round(12)))]


def _distances(values: npt.NDArray[Any], codes: Ints, words: int) -> Floats:
    if values.dtype == object:
        levels = {value: place for place, value in enumerate(dict.fromkeys(values.tolist()))}
        seen = np.array([levels[value] for value in values.tolist()], dtype=np.int64)
        shares = np.zeros((words, len(levels)))
        np.add.at(shares, (codes, seen), 1.0)
        shares /= shares.sum(axis=1, keepdims=True)
        apart: Floats = np.abs(shares[:, None, :] - shares[None, :, :]).sum(axis=2) / 2
        return apart
    points = np.quantile(values[~np.isnan(values)], np.linspace(0, 1, 50)) if (~np.isnan(values)).any() else [0.0]
    below = (values[:, None] <= np.asarray(points)[None, :]).astype(np.float64)
    reached = np.stack([below[codes == code].mean(axis=0) for code in range(words)])
    largest: Floats = np.abs(reached[:, None, :] - reached[None, :, :]).max(axis=2)
    return largest
