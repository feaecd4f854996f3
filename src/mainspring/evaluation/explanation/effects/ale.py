"""Accumulated local effects: what a feature does where the data is, however it hangs together with others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mainspring.evaluation.explanation.asking import Asked, Columns, taken
from mainspring.evaluation.explanation.effects.effect import ALE, Effect, Floats
from mainspring.evaluation.explanation.effects.local_differences import Question, plan_of
from mainspring.evaluation.explanation.effects.partial_dependence import chosen_features, drawn

if TYPE_CHECKING:
    from mainspring.data import Table

BINS = 40
ROWS = 10_000


def accumulated_local_effects(
    asked: Asked, table: Table, features: str | Sequence[str], *, bins: int = BINS, rows: int = ROWS, seed: int = 0
) -> Effect:
    """The effect of a feature, or the joint effect of two numbers beyond what each does alone.

    Within each bin the rows' answers at its two ends are compared; the mean differences add up along the feature,
    and the sum is centred to a mean of 0 over the rows. The words of a column are put in an order first, so that
    neighbours go with similar rows.

    Args:
        asked: The model.
        table: Rows that stand for the data; those without a value in the feature are left out.
        features: One raw column of numbers or words, or two of numbers.
        bins: The most bins of a number, of equal numbers of rows.
        rows: At most so many rows, drawn without replacement.
        seed: Of the draw.

    Returns:
        The effect at the ends of the bins, or at the words in their order. ``counts`` are the rows of each bin,
        at its upper end; of each word.

    Raises:
        InputError: If a feature does not exist or has fewer than two values, or one of two holds words.

    Reference: D. W. Apley and J. Zhu, *Visualizing the effects of predictor variables in black box supervised
    learning models*, JRSS B 82 (2020).
    """
    names = chosen_features(asked, features)
    return effects(asked, table, [names], bins=bins, rows=rows, seed=seed)[0]


def effects(
    asked: Asked,
    table: Table,
    wanted: Sequence[tuple[str, ...]] | None = None,
    *,
    bins: int = BINS,
    rows: int = ROWS,
    seed: int = 0,
) -> list[Effect]:
    """The effects of many features, of all by default; one call of the model answers for all of them.

    Raises:
        InputError: As for :func:`accumulated_local_effects`.
    """
    columns = drawn(asked.columns(table), rows, seed)
    plans = [plan_of(columns, names, bins) for names in wanted or [(name,) for name in asked.names]]
    answers = iter(_answered(asked, columns, [question for plan in plans for question in plan.questions]))
    found = []
    for plan in plans:
        values, counts = plan.accumulated([next(answers) for _ in plan.questions])
        found.append(
            Effect(
                method=ALE,
                features=plan.names,
                grid=plan.grid,
                values=values,
                counts=counts,
                output=asked.output,
                scale=asked.scale,
                parameters={"rows": len(plan.questions[0].rows), "bins": bins, "seed": seed},
                spent=asked.spent,
            )
        )
    return found


def _answered(asked: Asked, columns: Columns, questions: Sequence[Question]) -> list[Floats]:
    """The answers to all questions, asked together."""
    tiled = taken(columns, np.concatenate([question.rows for question in questions]))
    start = 0
    for question in questions:
        stop = start + len(question.rows)
        for name, values in question.values.items():
            tiled[name][start:stop] = values
        start = stop
    return np.split(asked(tiled), np.cumsum([len(question.rows) for question in questions])[:-1])
