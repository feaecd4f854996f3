"""LIME: a weighted linear model around one row, and how well it fits there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.asking import Asked, taken
from mainspring.evaluation.explanation.attributions import Attributions
from mainspring.evaluation.explanation.background import Background
from mainspring.evaluation.explanation.seeding import generator_of
from mainspring.evaluation.explanation.shapley.attributing import cells_of
from mainspring.evaluation.explanation.shapley.games import Coalitions, Floats

if TYPE_CHECKING:
    from mainspring.data import Table


def lime(
    asked: Asked,
    rows: Table,
    *,
    background: Background,
    seed: int = 0,
    samples: int = 1000,
    width: float | None = None,
    penalty: float = 1e-3,
) -> Attributions:
    """For each row the weights of a ridge regression on which columns keep their values.

    Rows are drawn in which each column keeps the row's value with probability 1/2 and otherwise takes that of a
    background row, weighted by how many columns were kept, and the model's answers to them are fitted. The weight
    of a column is what its value adds over one drawn from the background.

    Args:
        asked: The model.
        rows: The rows to explain.
        background: What stands for the rest.
        seed: Of the draw; the same row and seed give the same weights in any company.
        samples: Rows drawn for each row.
        width: Of the kernel ``exp(-(1 - share kept) / width²)``; three quarters without it.
        penalty: Of the ridge, for each sample.

    Returns:
        Weights, which add up to the answer only as far as the line fits: ``parameters["fidelity"]`` holds R² for
        each row, weighted as the fit is.

    Raises:
        InputError: If there are fewer samples than columns.

    Reference: M. T. Ribeiro, S. Singh and C. Guestrin, *"Why should I trust you?"*, KDD 2016.
    """
    players = len(background.features)
    if samples < 2 * players:
        raise InputError(f"{samples} samples for {players} features", expected=f"{2 * players} at least")
    scale = 0.75 if width is None else width
    columns = asked.columns(rows)
    weights, base = np.empty((rows.num_rows, players)), np.empty(rows.num_rows)
    fidelity: list[float] = []
    for place in range(rows.num_rows):
        row = taken(columns, [place])
        generator = generator_of({name: value[0] for name, value in row.items()}, seed)
        kept = generator.random((samples, players)) < 0.5
        answers = _answers(asked, row, background, kept, generator)
        near = np.exp(-(1 - kept.mean(axis=1)) / scale**2)
        base[place], weights[place], fit = weighted_line(kept, answers, near, penalty)
        fidelity.append(fit)
    return Attributions(
        method="lime",
        features=background.features,
        base=base,
        contributions=weights,
        outputs=asked(columns) if rows.num_rows else np.empty(0),
        values=cells_of(columns, background.features, rows.num_rows),
        output=asked.output,
        scale=asked.scale,
        parameters={
            "samples": samples,
            "width": scale,
            "penalty": penalty,
            "fidelity": fidelity,
            "background": background.digest,
            "background_rows": len(background),
            "seed": seed,
        },
        spent=asked.spent,
    )


def _answers(
    asked: Asked,
    row: dict[str, Any],
    background: Background,
    kept: Coalitions,
    generator: np.random.Generator,
) -> Floats:
    drawn = taken(background.columns, generator.integers(len(background), size=len(kept)))
    for place, name in enumerate(background.features):
        drawn[name] = np.where(kept[:, place], row[name], drawn[name])
    for name in asked.names:
        if name not in background.features:
            drawn[name] = np.repeat(row[name], len(kept))
    return asked({name: drawn[name] for name in asked.names})


def weighted_line(kept: Coalitions, answers: Floats, near: Floats, penalty: float) -> tuple[float, Floats, float]:
    """Intercept, slopes and weighted R² of a ridge regression."""
    total = near.sum()
    centre, middle = near @ kept / total, float(near @ answers) / total
    design, target = kept - centre, answers - middle
    normal = (design * near[:, None]).T @ design + penalty * total * np.eye(kept.shape[1])
    slopes = np.linalg.solve(normal, (design * near[:, None]).T @ target)
    spread = float(near @ target**2)
    left = float(near @ (target - design @ slopes) ** 2)
    return middle - float(centre @ slopes), slopes, 1 - left / spread if spread > 0 else math.nan
