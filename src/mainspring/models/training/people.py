"""Human-level performance: how good people are on the same rows, alone and together, and how far they agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.agreement import Agreement, agreement
from mainspring.evaluation.columns import predictions_in
from mainspring.models.training.baselines import Baseline, Judging

HUMAN: Final = "human"
"""The one person, or the vote of several."""


def people(
    table: Table, columns: Sequence[str], judging: Judging
) -> tuple[tuple[Baseline, ...], Agreement | None]:
    """What people reach whose answers lie in the data.

    One person is the baseline ``human``. Of several, each is a baseline of the name of the column, and ``human``
    is their vote: the class that most of them chose (of equally many the one that comes first among the classes),
    or the mean of their numbers. People are judged on the rows that they answered, which the note says if these
    are not all.

    Args:
        table: The rows, with the label.
        columns: Columns of people's answers.
        judging: How they are judged.

    Returns:
        The baselines, and how far the people agree (``None`` for one person, or for numbers).

    Raises:
        InputError: If a column is missing, or holds answers of another kind than the label.
    """
    missing = [name for name in columns if name not in table.names]
    if missing or not columns:
        raise InputError(
            f"no column {', '.join(map(repr, missing))} of answers"
            if missing
            else "no column of answers was named",
            expected="one of " + ", ".join(table.names),
        )
    if len(columns) == 1:
        return (_alone(HUMAN, columns[0], table, judging),), None
    told, note = _answered(table, columns)
    alone = tuple(_alone(name, name, table, judging) for name in columns)
    given = [predictions_in(told, predicted=name, label=judging.label).predict(told) for name in columns]
    if given[0].classes is None:
        vote = Predictions(None, np.mean([one.scores for one in given], axis=0))
        together = Baseline.of(HUMAN, f"the mean of {len(columns)} people", judging.judge(vote, told), note)
        return (together, *alone), None
    vote = _vote(given)
    together = Baseline.of(HUMAN, f"the vote of {len(columns)} people", judging.judge(vote, told), note)
    words = {name: one.labels.tolist() for name, one in zip(columns, given, strict=True)}
    return (together, *alone), agreement(words)


def _alone(name: str, column: str, table: Table, judging: Judging) -> Baseline:
    told, note = _answered(table, [column])
    predictor = predictions_in(told, predicted=column, label=judging.label)
    return Baseline.of(name, f"what {column} answered", judging.judge(predictor, told), note)


def _answered(table: Table, columns: Sequence[str]) -> tuple[Table, str]:
    """The rows that all of them answered, and a note if these are not all rows."""
    conditions = " AND ".join('"' + name.replace('"', '""') + '" IS NOT NULL' for name in columns)
    told = table.where(conditions)
    if not told.num_rows:
        raise InputError(f"no row was answered by {', '.join(columns)}", expected="answers in some rows")
    if told.num_rows == table.num_rows:
        return table, ""
    return told, f"on the {told.num_rows:,} of {table.num_rows:,} rows that have an answer"


def _vote(given: Sequence[Predictions]) -> Predictions:
    """The share of people that chose each class; people may know different classes."""
    classes = tuple(dict.fromkeys(name for one in given for name in one.classes or ()))
    votes = np.zeros((len(given[0]), len(classes)))
    for one in given:
        for place, name in enumerate(one.classes or ()):
            votes[:, classes.index(name)] += one.scores[:, place]
    return Predictions(classes, votes / len(given))
