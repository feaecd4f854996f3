"""The terms of models that are sums of them: linear ones, explainable boosting, boosted trees of few columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.evaluation.explanation import Asked, Attributions, Background
from mainspring.evaluation.explanation.asking import Columns
from mainspring.evaluation.explanation.attributions import Cell, told
from mainspring.evaluation.explanation.shapley.attributing import cells_of
from mainspring.models.explaining.sums import TOLERANCE, form_of, matrix_of, model_of, output_of
from mainspring.models.explaining.trees import values_of
from mainspring.models.linear import LinearForm
from mainspring.models.model import Model
from mainspring.models.trees import LEAF, TreeEnsemble

Floats = npt.NDArray[np.float64]

METHOD = "terms"
MOST_COLUMNS = 2
"""What depends on more columns together is read by nobody."""

_TIMES = " \N{MULTIPLICATION SIGN} "


def by_terms(
    asked: Asked, rows: Table, *, background: Background, seed: int = 0, centred: bool = True
) -> Attributions:
    """What each term of a sum adds: one raw column, or two that act together, both named with a cross between.

    Nothing is shared out: the terms are the model itself, read as it is. Where there are no pairs they are the
    Shapley values. All trees, or weights, that depend on the same raw columns make one term.

    Args:
        asked: A trained linear model, explainable boosting machine, or model of trees, none of which asks about
            more than two raw columns: ``scale="logit"`` for two classes, ``"value"`` for regressions.
        rows: The rows to explain.
        background: What stands for the rest: terms are told from their means over it. Terms of columns that are
            not among its features are part of the base.
        seed: Not used: nothing is left to chance.
        centred: Whether to take the means away; without it a term is as it stands in the model.

    Raises:
        InputError: If the model is no sum of terms of at most two raw columns, is calibrated, or its answer is no
            sum on that scale.
        ResidualError: If the terms miss the model's own answer.

    Reference: Y. Lou, R. Caruana, J. Gehrke and G. Hooker, *Accurate intelligible models with pairwise
    interactions*, KDD 2013.
    """
    if isinstance(form_of(asked.predictor), LinearForm):
        model, linear = model_of(asked, LinearForm, METHOD)
        output = output_of(asked, linear.link, 1.0, METHOD)
        weights, start = linear.weights[:, output.place], float(linear.bias[output.place])
        sums = _weighed(model, weights)
    else:
        model, trees = model_of(asked, TreeEnsemble, METHOD)
        output = output_of(asked, trees.link, trees.slope, METHOD)
        start = float(trees.base[output.place]) / trees.divisor
        sums = _grown(model, trees, output.place)
    factor = output.sign * output.slope
    columns = asked.columns(rows)
    values = sums.of(matrix_of(model, columns)) * factor
    means = sums.of(matrix_of(model, background.columns)).mean(axis=0) * factor
    shown = np.array([set(names) <= set(background.features) for names in sums.columns], dtype=np.bool_)
    taken = means[shown] if centred else np.zeros(int(shown.sum()))
    features = [names for names, keep in zip(sums.columns, shown.tolist(), strict=True) if keep]
    return Attributions(
        method=METHOD,
        features=tuple(_TIMES.join(names) for names in features),
        base=start * factor + values[:, ~shown].sum(axis=1) + taken.sum(),
        contributions=values[:, shown] - taken,
        outputs=asked(columns),
        values=_cells(columns, features, rows.num_rows),
        output=asked.output,
        scale=asked.scale,
        parameters={"centred": centred, "background": background.digest, "background_rows": len(background)},
        spent=asked.spent,
    ).checked(TOLERANCE)


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """What a matrix gives, term by term.

    Attributes:
        columns: The raw columns of each term, in the order of the model's own.
        owner: The term of each weight, or tree.
        weights: Of a linear model, one for each column of the matrix.
        trees: Of a model of trees, with what each leaf adds, ``[nodes]``.
    """

    columns: tuple[tuple[str, ...], ...]
    owner: npt.NDArray[np.int64]
    weights: Floats | None = None
    trees: tuple[TreeEnsemble, Floats] | None = None

    def of(self, matrix: Floats) -> Floats:
        """What each term adds, ``[n, terms]``."""
        if self.weights is not None:
            parts = matrix * self.weights
        elif self.trees is not None:
            form, leaves = self.trees
            parts = leaves[form.leaves(matrix)]
        summed = np.zeros((len(self.columns), len(matrix)))
        np.add.at(summed, self.owner, parts.T)
        return summed.T


def _weighed(model: Model, weights: Floats) -> _Sums:
    columns, owner = _terms(model, [{place} for place in range(len(weights))])
    return _Sums(columns, owner, weights=weights)


def _grown(model: Model, form: TreeEnsemble, output: int) -> _Sums:
    ends = [*form.roots[1:].tolist(), len(form.feature)]
    asked = [
        {int(feature) for feature in form.feature[start:end] if feature != LEAF}
        for start, end in zip(form.roots.tolist(), ends, strict=True)
    ]
    columns, owner = _terms(model, asked)
    return _Sums(columns, owner, trees=(form, values_of(form, output)[:, 0]))


def _terms(model: Model, parts: list[set[int]]) -> tuple[tuple[tuple[str, ...], ...], npt.NDArray[np.int64]]:
    """The raw columns of each term, and the term of each part of the sum.

    Raises:
        InputError: If a part depends on too many raw columns.
    """
    sources = list(model.transform.sources.values())
    order = {name: place for place, name in enumerate(dict.fromkeys(name for names in sources for name in names))}
    found: dict[tuple[str, ...], int] = {}
    owner = []
    for part in parts:
        names = tuple(sorted({name for place in part for name in sources[place]}, key=order.__getitem__))
        if len(names) > MOST_COLUMNS:
            raise InputError(
                f"{model.recipe.estimator} is no sum of terms: a part depends on {' and '.join(names)} together",
                expected=f"parts of at most {MOST_COLUMNS} raw columns",
                fix="take tree_shap or kernel_shap, which share such parts out",
            )
        owner.append(found.setdefault(names, len(found)))
    ranked = sorted(found, key=lambda names: (len(names), [order[name] for name in names]))
    places = {found[names]: place for place, names in enumerate(ranked)}
    return tuple(ranked), np.array([places[one] for one in owner], dtype=np.int64)


def _cells(columns: Columns, features: list[tuple[str, ...]], rows: int) -> tuple[tuple[Cell, ...], ...]:
    """The explained cells; those of a pair as one text."""
    names = tuple(dict.fromkeys(name for pair in features for name in pair))
    found = []
    for row in cells_of(columns, names, rows):
        cells = dict(zip(names, row, strict=True))
        found.append(
            tuple(
                cells[one[0]] if len(one) == 1 else _TIMES.join(told(cells[name]) for name in one)
                for one in features
            )
        )
    return tuple(found)
