"""Partial dependence of a model of trees, without asking it about every row at every point."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mainspring.data import Table
from mainspring.evaluation.explanation.asking import Asked, Columns, taken
from mainspring.evaluation.explanation.attributions import Cell
from mainspring.evaluation.explanation.effects import Effect, partial_dependence
from mainspring.evaluation.explanation.effects.grids import POINTS, filled
from mainspring.evaluation.explanation.effects.partial_dependence import ROWS
from mainspring.evaluation.explanation.shapley.trees import everyone, sets_of
from mainspring.models.explaining.sums import Output, matrix_of, model_of, output_of, owners
from mainspring.models.explaining.trees import values_of
from mainspring.models.model import Model
from mainspring.models.trees import LEAF, TreeEnsemble

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]

METHOD = "tree_partial_dependence"

_AT_ONCE = 1 << 16


def tree_partial_dependence(
    asked: Asked,
    table: Table,
    features: str | Sequence[str],
    *,
    grid: Sequence[Sequence[Cell]] | None = None,
    points: int = POINTS,
    rows: int = ROWS,
    seed: int = 0,
    centred: bool = False,
) -> Effect:
    """What :func:`~mainspring.evaluation.explanation.partial_dependence` gives, read off the trees.

    All rows go down each tree together, and all points of the grid with them: at a question about another feature
    the rows part, at one about this feature the points do. A leaf then knows how many rows reach it at which
    points. The figures are those of asking the model about every row at every point, not the cover-weighted ones
    that some libraries give for trees, which hold for no data in particular.

    Args:
        asked: A trained model of trees, on the scale on which its answer is a sum: ``"logit"`` for boosted trees
            of two classes, ``"probability"`` for forests, ``"value"`` for regressions.
        table: Rows that stand for the data.
        features: One raw column, or two.
        grid: As for ``partial_dependence``, like what follows.
        points: The most points of a feature; for two features, the root of so many.
        rows: At most so many rows.
        seed: Of their draw.
        centred: Measure from the first point of the grid on.

    Raises:
        InputError: If the model has no trees, is calibrated, its answer is no sum on that scale, a feature of the
            matrix is made of two raw columns, or a feature does not exist.
    """
    model, form = model_of(asked, TreeEnsemble, METHOD)
    output = output_of(asked, form.link, form.slope, METHOD)
    return partial_dependence(
        asked,
        table,
        features,
        grid=grid,
        points=points,
        rows=rows,
        seed=seed,
        centred=centred,
        means=functools.partial(_means, model, form, output),
    )


def _means(
    model: Model, form: TreeEnsemble, output: Output, columns: Columns, points: dict[str, Sequence[Cell]]
) -> Floats:
    """The mean answer over rows at each point, shape ``[points]``."""
    owner = owners(model, tuple(points))
    own = np.append(owner < len(points), False)[form.feature]  # a leaf's -1 is the last
    size = len(next(iter(points.values())))
    there = taken(columns, np.zeros(size, dtype=np.int64))
    for name, cells in points.items():
        there[name] = np.concatenate([filled(cell, columns[name], 1) for cell in cells])
    rows = form.prepare(matrix_of(model, columns))
    of_rows = _Answers.of(form, rows, ~own)
    of_points = _Answers.of(form, form.prepare(matrix_of(model, there)), own)
    leaf, share, reached = _reached(form, own, of_rows, of_points, len(rows), size)
    weights = values_of(form, output.place)[leaf, 0] * share / len(rows)
    sums = np.full(size, form.base[output.place] / form.divisor)
    for start in range(0, len(leaf), _AT_ONCE):
        part = reached[start : start + _AT_ONCE].view(np.uint8)
        sums += weights[start : start + _AT_ONCE] @ np.unpackbits(part, axis=1, count=size, bitorder="little")
    means: Floats = sums * output.sign * output.slope
    return means


@dataclass(frozen=True, slots=True)
class _Answers:
    """The rows that answer a node with yes, as sets of bits: few different ones, however many nodes there are."""

    sets: Bits
    place: Ints
    """Of each node's set, shape ``[nodes]``."""

    @classmethod
    def of(cls, form: TreeEnsemble, values: Floats, asks: npt.NDArray[np.bool_]) -> _Answers:
        """The sets of some of the nodes.

        Args:
            form: The trees.
            values: Prepared rows, shape ``[n, features]``.
            asks: Which nodes are looked at, shape ``[nodes]``; leaves are not.
        """
        nodes = np.flatnonzero(asks & (form.feature != LEAF))
        nodes = nodes[np.argsort(form.feature[nodes], kind="stable")]
        place = np.zeros(len(form.feature), dtype=np.int64)
        sets: list[Bits] = []
        count = 0
        for group in np.split(nodes, np.flatnonzero(np.diff(form.feature[nodes])) + 1) if len(nodes) else ():
            made, place[group] = _of_one_column(form, values[:, form.feature[group[0]]], group)
            place[group] += count
            count += len(made)
            sets.append(made)
        return cls(np.concatenate(sets) if sets else np.empty((0, len(everyone(len(values)))), np.uint64), place)

    def __getitem__(self, nodes: Ints) -> Bits:
        return self.sets[self.place[nodes]]


def _of_one_column(form: TreeEnsemble, values: Floats, nodes: Ints) -> tuple[Bits, Ints]:
    """The different sets of nodes that ask about one column, and the place of each node's."""
    # NaN, if there are any, is the last of the different values; no threshold lies above it.
    different, codes = np.unique(values, return_inverse=True)
    known = different[~np.isnan(different)]
    threshold = form.threshold[nodes]
    rank = np.where(
        form.strict[nodes],
        np.searchsorted(known, threshold, side="left"),
        np.searchsorted(known, threshold, side="right"),
    )
    kinds = rank * 2 + form.default_left[nodes]
    chosen, place = np.unique(kinds, return_inverse=True)
    lowest = np.where(codes < len(known), codes, -1)
    yes = (lowest[:, None] < chosen[None, :] // 2) & (lowest >= 0)[:, None]
    yes |= (lowest < 0)[:, None] & (chosen % 2 == 1)[None, :]
    categories = np.flatnonzero(np.isin(nodes, list(form.categories)))
    if len(categories):
        named = [
            np.where(np.isnan(values), form.default_left[node], np.isin(values, form.categories[node]))
            for node in nodes[categories].tolist()
        ]
        place[categories] = len(chosen) + np.arange(len(categories))
        yes = np.concatenate((yes, np.stack(named, axis=1)), axis=1)
    return sets_of(yes), place


def _reached(
    form: TreeEnsemble, own: npt.NDArray[np.bool_], of_rows: _Answers, of_points: _Answers, rows: int, points: int
) -> tuple[Ints, Ints, Bits]:
    """The leaves that are reached, by how many rows, and at which points."""
    node = form.roots
    here, there = np.tile(everyone(rows), (len(node), 1)), np.tile(everyone(points), (len(node), 1))
    found: list[tuple[Ints, Ints, Bits]] = []
    while len(node):
        ended = form.feature[node] == LEAF
        done, mine, others = np.flatnonzero(ended), np.flatnonzero(own[node]), np.flatnonzero(~ended & ~own[node])
        if len(done):
            sizes = np.bitwise_count(here[done]).sum(axis=1, dtype=np.int64)
            found.append((node[done], sizes, there[done]))
        with_rows, with_points = here[others], there[mine]
        left_rows, left_points = with_rows & of_rows[node[others]], with_points & of_points[node[mine]]
        parts = (
            (form.left[node[others]], left_rows, there[others]),
            (form.right[node[others]], with_rows ^ left_rows, there[others]),
            (form.left[node[mine]], here[mine], left_points),
            (form.right[node[mine]], here[mine], with_points ^ left_points),
        )
        node, here, there = (np.concatenate(part) for part in zip(*parts, strict=True))
        met = np.flatnonzero(here.any(axis=1) & there.any(axis=1))
        node, here, there = node[met], here[met], there[met]
    leaf, share, reached = (np.concatenate(part) for part in zip(*found, strict=True))
    return leaf, share, reached
