"""Assessing fairness: one pass over the rows, figures by group, and the gaps between groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from mainspring.core import InputError, Slice
from mainspring.evaluation.fairness.asking import Asked
from mainspring.evaluation.fairness.cells import CALIBRATION_EDGES
from mainspring.evaluation.fairness.counting import Sample, State, Tally
from mainspring.evaluation.fairness.fairness import Fairness, Group
from mainspring.evaluation.fairness.gaps import Gap, Groups, gaps
from mainspring.evaluation.fairness.grouping import Grouping
from mainspring.evaluation.judging import CHUNK_ROWS
from mainspring.evaluation.labelled import Labelled, label_rows
from mainspring.evaluation.metrics.intervals import Intervals
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Cutoff, Predictions
from mainspring.evaluation.reading import answered, check_length

if TYPE_CHECKING:
    from mainspring.data import Table

MIN_GROUP_SIZE = 30
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
BOOTSTRAP = Intervals(method="bootstrap", resamples=500)


def assess_fairness(
    predictor: Predictor | Predictions,
    table: Table,
    *,
    label: str,
    protected: Sequence[str],
    positive: str | None = None,
    weight: str | None = None,
    thresholds: Sequence[float] = THRESHOLDS,
    cutoff: float | None = None,
    min_group_size: int = MIN_GROUP_SIZE,
    privileged: Mapping[str, str] | None = None,
    alike: Sequence[str] = (),
    intervals: Intervals = BOOTSTRAP,
    split: str = "eval",
    chunk_rows: int = CHUNK_ROWS,
) -> Fairness:
    """Measure how a model treats groups.

    A binary model is measured as it answers and at every threshold. Of several classes each is held against all
    others, as the model answers, and the names of figures and gaps carry the class; accuracy is of all classes
    together. A regression is measured by its errors and predictions.

    Args:
        predictor: What predicts, or one prediction per row of the table.
        table: The rows, with the label and the protected columns; it is read piece by piece.
        label: The label column.
        protected: Columns (``"sex"``) and crosses (``"sex * race"``) whose groups are compared. Rows without a
            value are a group as well.
        positive: The class that a binary task is about; without it the last class in sorted order.
        weight: A numeric column with the weight of each row; every row weighs 1 without it.
        thresholds: Probabilities at which rates are measured too: a row at or above one is selected.
        cutoff: The least probability that answers with the positive class; as the predictions say without it.
        min_group_size: The fewest rows behind a figure that is compared: of a selection rate the rows of the
            group, of a true positive rate its positives. A group with fewer is shown, and gaps
            name it as left out.
        privileged: Column to the value of the group that others are held against with a sign:
            ``{"sex": "Male"}``. A cross is compared so if all of its columns are named.
        alike: Columns by which people are held to be alike. Given for a binary task, the consistency of its
            answers is measured: of all rows, or of :data:`MOST_ALIKE` spread evenly over the table.
        intervals: How intervals are made: ``"closed"``, ``"exact"`` or ``"bootstrap"``; there is no jackknife.
        split: The name of the rows, kept in the answer.
        chunk_rows: How many rows are predicted and counted at a time.

    Returns:
        The figures. One that does not exist is NaN and has its reason.

    Raises:
        InputError: If a column does not exist, the predictions do not fit the rows, a threshold is no share, or
            there is no privileged group of that name.

    Example:
        ``assess_fairness(model, table, label="income", protected=["sex"]).gap("demographic_parity_ratio").value``
    """
    _check(predictor, table, thresholds, intervals, cutoff)
    if not isinstance(label, str):
        raise InputError("several labels at once", expected="one label column")
    grouping = Grouping.of(table, protected, label=label, weight=weight)
    edges = np.unique(np.array([*CALIBRATION_EDGES, *thresholds], dtype=np.float64))
    tally = Tally(grouping, edges)
    sample = Sample.of(table, alike)
    for start, found, chunk in answered(predictor, table, chunk_rows):
        labelled = label_rows(found, chunk, label=label, positive=positive, weight=weight)
        answers = _cut_off(found, labelled, cutoff)
        tally.add(answers, labelled, chunk)
        sample.add(answers, labelled, chunk, start)
    asked = Asked(
        questions=tally.questions,
        thresholds=tuple(sorted(set(thresholds))) if tally.positive is not None else (),
        edges=edges,
        smallest=min_group_size,
        intervals=intervals,
    )
    best, notes = _privileged(grouping, privileged or {})
    groups: list[Group] = []
    gaps_found: list[Gap] = []
    for spec, states in tally.states.items():
        keys = [key for key in grouping.keys[spec] if key in states]
        if not keys:
            continue
        told = list(asked.figures([states[key] for key in keys]))
        groups += asked.groups(spec, keys, [states[key] for key in keys], told)
        compared = Groups(
            protected=spec, keys=keys, smallest=min_group_size, level=intervals.level, privileged=best.get(spec)
        )
        for of, figures in told:
            gaps_found += gaps({(one.name, one.at): one for one in figures}, compared, of=of)
    whole = cast("State", tally.whole)  # a table without rows is one piece, too
    of_all = [*asked.figures([whole]), *asked.inequality(whole, tally.positive)]
    all_rows = asked.groups("", [Slice()], [whole], of_all)[0]
    return Fairness(
        task="regression" if tally.classes is None else "classification",
        label=label,
        split=split,
        classes=tally.classes,
        positive=tally.positive,
        protected=tuple(grouping.keys),
        privileged=dict(privileged or {}),
        thresholds=asked.thresholds,
        cutoff=cutoff,
        min_group_size=min_group_size,
        intervals=intervals,
        overall=replace(all_rows, figures={**all_rows.figures, **sample.figures()}),
        groups=tuple(groups),
        gaps=tuple(gaps_found),
        notes=(*tally.notes(), *grouping.notes, *notes, *sample.notes()),
    )


def _cut_off(predictions: Predictions, labelled: Labelled, cutoff: float | None) -> Predictions:
    if cutoff is None:
        return predictions
    if labelled.positive is None:
        raise InputError(
            f"a cutoff of {cutoff:g} was given, but the model tells no two classes apart", fix="leave cutoff out"
        )
    return replace(predictions, cutoff=Cutoff(labelled.positive, cutoff))


def _check(
    predictor: Predictor | Predictions,
    table: Table,
    thresholds: Sequence[float],
    intervals: Intervals,
    cutoff: float | None,
) -> None:
    check_length(predictor, table)
    shares = [*thresholds, *([] if cutoff is None else [cutoff])]
    wrong = [f"{share:g}" for share in shares if not 0 <= share <= 1]
    if wrong:
        raise InputError(f"thresholds of {', '.join(wrong)}", expected="probabilities, from 0 to 1")
    if intervals.method == "jackknife":
        raise InputError(
            "there is no jackknife between groups", expected='intervals by "closed", "exact" or "bootstrap"'
        )


def _privileged(grouping: Grouping, privileged: Mapping[str, str]) -> tuple[dict[str, int], list[str]]:
    """Protected column or cross to the index of its privileged group, with notes on those that do not occur."""
    named: dict[str, int] = {}
    notes = []
    columns = {spec: {name for key in keys for name, _ in key.values} for spec, keys in grouping.keys.items()}
    strange = sorted(set(privileged) - {name for names in columns.values() for name in names})
    if strange:
        raise InputError(
            f"a privileged group by {', '.join(map(repr, strange))}, which is not protected",
            expected="columns among " + ", ".join(map(repr, grouping.keys)),
        )
    for spec, keys in grouping.keys.items():
        if not columns[spec] or not columns[spec] <= set(privileged):
            continue
        wanted = Slice.of({name: privileged[name] for name in columns[spec]})
        if wanted in keys:
            named[spec] = keys.index(wanted)
        elif len(columns[spec]) == 1:
            raise InputError(f"no privileged group {wanted}", expected="one of " + ", ".join(map(str, keys)))
        else:
            notes.append(f"{spec}: there are no rows of the privileged group {wanted}")
    return named, notes
