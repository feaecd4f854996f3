"""Which model answers when: what was recorded, and the models that a policy would have brought into use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.evaluation import Predictor
from mainspring.evaluation.predictions import Cutoff, Predictions
from mainspring.evaluation.reference import OUTPUT, Reference
from mainspring.monitoring.quality.answers import read_answers
from mainspring.serving.payloads.tables import REQUEST

_LABEL: Final = f"{OUTPUT}label"
_NUMBER: Final = f"{OUTPUT}prediction"
_SCORE: Final = f"{OUTPUT}probability."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Era:
    """A stretch of time in which one model answers.

    Attributes:
        since: From when on, in seconds since the epoch.
        version: What the model is called; empty for what was recorded.
        model: It; ``None`` if the recorded answers stand.
        trained: When it was trained.
        reference: What its windows are held against.
    """

    since: float
    version: str = ""
    model: Predictor | None = None
    trained: float | None = None
    reference: Reference | None = None

    def answered(self, rows: Table) -> Table:
        """Rows with the answers and the name of this model instead of the recorded ones."""
        if not self.version:
            return rows
        count = rows.num_rows
        columns: dict[str, Any] = dict(rows.to_columns())
        columns[f"{REQUEST}version"] = [self.version] * count
        if self.model is not None:
            columns = {name: values for name, values in columns.items() if not name.startswith(OUTPUT)}
            columns |= outputs_of(self.model.predict(rows))
        types = {name: rows.type_of(name) for name in columns if name in rows.names}
        return Table.from_columns(columns, types)

    def predictions(self, rows: Table) -> Predictions:
        """What it says of rows.

        Raises:
            InputError: If no answers were recorded, or it cannot answer.
        """
        return (Recorded() if self.model is None else self.model).predict(rows)


class Recorded:
    """Predicts by reading the answers that were recorded."""

    def predict(self, table: Table) -> Predictions:
        """Read the answers of every row.

        Raises:
            InputError: If there are none.
        """
        answers = read_answers(table)
        if answers is None:
            raise InputError("the log has no answers", expected="columns output.label or output.prediction")
        if answers.classes is None or answers.positive is None:
            return Predictions(answers.classes, answers.scores)
        yes = answers.chosen == answers.classes.index(answers.positive)
        # Whatever cutoff it was answered with, the answers stand.
        cutoff = Cutoff(answers.positive, np.where(yes, 0.0, np.inf))
        return Predictions(answers.classes, answers.scores, cutoff)


def outputs_of(predictions: Predictions) -> dict[str, Any]:
    """Columns of answers, as a log has them."""
    if predictions.classes is None:
        return {_NUMBER: predictions.scores}
    scores = {f"{_SCORE}{name}": predictions.scores[:, place] for place, name in enumerate(predictions.classes)}
    return {_LABEL: predictions.labels.tolist(), **scores}


def joined(parts: Sequence[Predictions]) -> Predictions:
    """Answers of several eras, one after the other; a class that one of them does not know has no chance there."""
    if parts[0].classes is None:
        return Predictions(None, np.concatenate([one.scores for one in parts]))
    classes = tuple(dict.fromkeys(name for one in parts for name in one.classes or ()))
    scores = []
    for one in parts:
        wide = np.zeros((len(one), len(classes)))
        for place, name in enumerate(one.classes or ()):
            wide[:, classes.index(name)] = one.scores[:, place]
        scores.append(wide)
    cutoffs = [one.cutoff for one in parts if one.cutoff is not None]
    if not cutoffs or len(classes) != 2:
        return Predictions(classes, np.concatenate(scores))
    positive = cutoffs[0].positive
    chosen = np.concatenate([one.labels == positive for one in parts])
    return Predictions(classes, np.concatenate(scores), Cutoff(positive, np.where(chosen, 0.0, np.inf)))
