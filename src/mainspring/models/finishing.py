"""What is done to a model after training: its probabilities are calibrated, and its cutoff is chosen.

Both give a new :class:`~mainspring.models.Model` that differs in nothing else; calibration and cutoff are saved,
packaged, proved and served with it. They need rows that the model did not learn from: on its own rows a model is
surer than it may be, and more often right.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.transforms.kinds import as_words
from mainspring.evaluation.labelled import positive_class
from mainspring.evaluation.metrics.ranking import Ranking
from mainspring.models.calibration import METHODS, Calibration, Reliability, compare_calibrators, fit_calibrator
from mainspring.models.calibration.comparing import AS_IT_IS, mean_loss
from mainspring.models.decision import Decision
from mainspring.models.model import Model
from mainspring.models.signature import DATATYPES
from mainspring.models.thresholds import Choice, Rule, choose, rule_of

_LOG = logging.getLogger(__name__)

CALIBRATION_SPLIT: Final = "calibration"
"""The split that a calibrator is fitted on, and a cutoff chosen, by default."""

LEARNT: Final = "train"
"""The split that models learn from."""

MIN_GROUP_SIZE: Final = 100
"""Groups with fewer rows, or fewer than :data:`MIN_GROUP_CLASS` of either class, get no cutoff of their own."""

MIN_GROUP_CLASS: Final = 10

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Labelled rows as the model answers them.

    Attributes:
        table: The rows that have a label and an answer.
        scores: Probabilities ``[n, classes]``.
        truth: Index of each row's class.
        weights: What each row counts; ``None`` if all count alike.
    """

    table: Table
    scores: Floats
    truth: npt.NDArray[np.int64]
    weights: Floats | None


def calibrate(
    model: Model,
    table: Table,
    *,
    method: str = "auto",
    by: str = "log_loss",
    weight: str | None = None,
    base_rate: float | None = None,
    split: str = "",
    seed: int = 0,
) -> Model:
    """Make the probabilities of a classifier mean what they say.

    What comes out is judged on rows that the calibrator was not fitted on, by cross-validation: see
    ``model.calibration``. A calibration and a cutoff that the model had before are dropped.

    Args:
        model: A classifier.
        table: Labelled rows that it did not learn from.
        method: ``"platt"``, ``"isotonic"``, ``"temperature"``, or ``"auto"`` for the simplest of them that is as
            good as the best; none, if there is nothing to gain.
        by: What ``auto`` compares by: ``"log_loss"`` or ``"brier"``.
        weight: A column of what each row counts.
        base_rate: The share of the positive class (the last of two in sorted order) where the model will be used,
            if the rows have another one.
        split: Name of the rows, for the record.
        seed: Of the parts that rows are judged in.

    Raises:
        InputError: For a regression, an unknown method, rows without labels, a label that the model does not know,
            or too few rows of a class.

    Example:
        ``calibrated = calibrate(model, held_out, method="isotonic"); print(calibrated.calibration)``
    """
    if method != "auto" and method not in METHODS:
        raise InputError(
            f"no method of calibration is called {method!r}", expected="one of auto, " + ", ".join(METHODS)
        )
    classes = _classes(model, "be calibrated")
    plain = replace(model, calibration=None, decision=None)
    rows = _rows(plain, table, weight, base_rate, positive_class(classes) if base_rate is not None else None)
    tried = tuple(METHODS) if method == "auto" else (method,)
    found = compare_calibrators(rows.scores, rows.truth, rows.weights, methods=tried, by=by, seed=seed)
    chosen = found.best if method == "auto" else method
    notes = _notes(model, split, what="calibrated")
    if chosen == AS_IT_IS:
        notes.append("its probabilities are calibrated already: no method was better on unseen rows")
    elif method != "auto" and found.best == AS_IT_IS:
        notes.append(f"{method} was no better on unseen rows than the probabilities as they were")
    if model.decision is not None:
        notes.append("the cutoff of before was dropped: it was chosen for other probabilities")
    calibrator = None if chosen == AS_IT_IS else fit_calibrator(chosen, rows.scores, rows.truth, rows.weights)
    record = Calibration(
        method=chosen,
        calibrator=calibrator,
        rows=len(rows.truth),
        split=split,
        base_rate=base_rate,
        before=_reliability(rows.scores, rows, classes),
        after=_reliability(found.scores[chosen], rows, classes),
        losses=found.losses,
        by=by,
        notes=tuple(notes),
    )
    return replace(plain, calibration=record)


def choose_threshold(
    model: Model,
    table: Table,
    *,
    costs: Mapping[str, float] | None = None,
    maximise: str | None = None,
    positive: str | None = None,
    group: str | None = None,
    min_group_size: int = MIN_GROUP_SIZE,
    weight: str | None = None,
    base_rate: float | None = None,
    split: str = "",
    seed: int = 0,
) -> Model:
    """Choose from which probability on a binary model answers with the positive class.

    Args:
        model: A binary classifier; calibrate it first, if it is to be calibrated.
        table: Labelled rows that it did not learn from.
        costs: What one row costs: ``{"false_positive": 1, "false_negative": 5}``; ``true_positive`` and
            ``true_negative`` too, if wanted. The cutoff with the least expected cost is taken.
        maximise: A metric instead (``"f1"``, ``"fbeta@2"``, ``"mcc"``, ``"balanced_accuracy"``, ``"youden"``), or
            one under a limit (``"recall at precision 0.9"``, ``"recall at false_positive_rate 0.05"``).
        positive: The class; without it the last of two in sorted order.
        group: A raw column: groups of rows with the same value there get cutoffs of their own, by the same rule.
            Callers must then send this column. All other values, and missing ones, get the cutoff of all rows.
        min_group_size: Groups with fewer rows get none.
        weight: A column of what each row counts.
        base_rate: The share of the positive class where the model will be used, if the rows have another one.
        split: Name of the rows, for the record.
        seed: Of the bootstrap behind the interval.

    Raises:
        InputError: If the model has not two classes or gives no probabilities, no rule or two were given, columns
            are missing, or no cutoff keeps the limit.

    Example:
        ``choose_threshold(model, held_out, costs={"false_positive": 1, "false_negative": 5}).decision``
    """
    rule = rule_of(costs=costs, maximise=maximise)
    classes = _two_classes(model)
    name = str(positive_class(classes, positive))
    place = classes.index(name)
    plain = replace(model, decision=None)
    rows = _rows(plain, table, weight, base_rate, name)
    scores, is_positive = rows.scores[:, place], rows.truth == place
    whole = choose(scores, is_positive, rule, rows.weights, seed=seed)
    notes = _notes(model, split, what="chosen")
    groups: dict[str, float] = {}
    datatype = DATATYPES.get(str(_type_of(rows.table, group)), "BYTES") if group is not None else "BYTES"
    if group is not None:
        for word, chosen in _by_group(rows, scores, is_positive, rule, group, min_group_size).items():
            if isinstance(chosen, Choice):
                groups[word] = chosen.at
            else:
                notes.append(f"{group}={word} has the cutoff of all rows: {chosen}")
    decision = Decision(
        positive=name,
        at=whole.at,
        column=group,
        datatype=datatype,
        groups=groups,
        rule=rule.text,
        figures=whole.figures,
        interval=whole.interval,
        curve=whole.curve,
        split=split,
        rows=len(rows.truth),
        base_rate=base_rate,
        notes=tuple(notes),
    )
    return replace(plain, decision=decision)


def set_threshold(
    model: Model,
    at: float,
    *,
    positive: str | None = None,
    group: str | None = None,
    groups: Mapping[str, float] | None = None,
    table: Table | None = None,
    rule: str = "given",
) -> Model:
    """Give a binary model a cutoff that was found elsewhere, such as one that makes groups alike.

    Args:
        model: A binary classifier.
        at: From which probability on it answers with the positive class.
        positive: The class; without it the last of two in sorted order.
        group: A raw column by which groups are told; ``at`` is then for all other values, and missing ones.
        groups: Value of the column to its cutoff.
        table: Rows with the column, that say whether it holds numbers; needed if the model does not read it.
        rule: How it was found.

    Raises:
        InputError: If the model has not two classes, the column is not known, or a cutoff is below 0.
    """
    name = str(positive_class(_two_classes(model), positive))
    datatype = DATATYPES.get(str(_type_of(table, group, model)), "BYTES") if group is not None else "BYTES"
    decision = Decision(
        positive=name, at=float(at), column=group, datatype=datatype, groups=dict(groups or {}), rule=rule
    )
    return replace(model, decision=decision)


def _classes(model: Model, what: str) -> tuple[str, ...]:
    if model.recipe.classes is None:
        raise InputError(f"the model is a regression and cannot {what}", expected="a classifier")
    return model.recipe.classes


def _two_classes(model: Model) -> tuple[str, ...]:
    classes = _classes(model, "have a cutoff")
    if len(classes) != 2:
        raise InputError(
            f"the model tells {len(classes)} classes apart", expected="a model of two classes for a cutoff"
        )
    if not model.fitted.probabilistic and model.calibration is None:
        raise InputError(
            f"{model.recipe.estimator} gives no probabilities: the class it chooses has 1, the others 0",
            expected="a model whose scores can be cut anywhere",
            fix="calibrate it first, or choose an estimator that gives probabilities",
        )
    return classes


def _rows(model: Model, table: Table, weight: str | None, base_rate: float | None, positive: str | None) -> _Rows:
    """Labelled rows with the model's probabilities, and the weights that make up for another base rate."""
    label = model.transform.label
    if label is None:
        raise InputError("the model does not know its label", expected="a transform fitted with a label")
    missing = [name for name in (label, weight) if name is not None and name not in table.names]
    if missing:
        raise InputError(
            f"no column {', '.join(map(repr, missing))} in the table", expected="one of " + ", ".join(table.names)
        )
    quoted = label.replace('"', '""')
    known = table.where(f'"{quoted}" IS NOT NULL')
    truth, scores = model.transform.labels(known), model.predict_own(known).scores
    weights = None if weight is None else np.asarray(known.column(weight), dtype=np.float64)
    if not np.isfinite(scores).all():
        raise InputError(
            f"the model gives no finite probabilities for {int((~np.isfinite(scores)).any(axis=1).sum())} rows",
            expected="rows that it can answer",
        )
    if base_rate is not None:
        weights = _as_often(truth == (model.recipe.classes or ()).index(str(positive)), weights, base_rate)
    return _Rows(known, scores, truth, weights)


def _as_often(positive: npt.NDArray[np.bool_], weights: Floats | None, base_rate: float) -> Floats:
    """Weights by which the positive class is as frequent as it will be.

    Reference: M. Saerens, P. Latinne and C. Decaestecker, *Adjusting the outputs of a classifier to new a priori
    probabilities*, Neural Computation 14 (2002).
    """
    if not 0.0 < base_rate < 1.0:
        raise InputError(f"a base rate of {base_rate!r}", expected="a share between 0 and 1")
    weight = np.ones(len(positive)) if weights is None else weights
    share = float(weight[positive].sum() / weight.sum()) if weight.sum() > 0 else 0.0
    if not 0.0 < share < 1.0:
        raise InputError("all rows are of one class", expected="rows of both classes")
    return np.where(positive, weight * base_rate / share, weight * (1.0 - base_rate) / (1.0 - share))


def _reliability(scores: Floats, rows: _Rows, classes: Sequence[str]) -> Reliability:
    told = range(1, 2) if len(classes) == 2 else range(len(classes))
    curves = {
        classes[one]: Ranking.of(scores[:, one], rows.truth == one, rows.weights).calibration() for one in told
    }
    errors = [
        sum(weight * abs(mean - share) for mean, share, weight in curve) / sum(weight for *_, weight in curve)
        for curve in curves.values()
    ]
    losses = {by: mean_loss(scores, rows.truth, rows.weights, by) for by in ("brier", "log_loss")}
    return Reliability(calibration_error=float(np.mean(errors)), curves=curves, **losses)


def _by_group(
    rows: _Rows,
    scores: Floats,
    positive: npt.NDArray[np.bool_],
    rule: Rule,
    group: str,
    smallest: int,
) -> dict[str, Choice | str]:
    """Value of a column to its choice, or to why it has none."""
    words = np.array(as_words(rows.table.column(group)), dtype=object)
    found: dict[str, Choice | str] = {}
    for word in sorted({str(one) for one in words if one is not None}):
        here = words == word
        hits = int(positive[here].sum())
        rarest = min(hits, int(here.sum()) - hits)
        if here.sum() < smallest or rarest < MIN_GROUP_CLASS:
            found[word] = f"{int(here.sum())} rows, {rarest} of the rarer class"
            continue
        weights = None if rows.weights is None else rows.weights[here]
        try:
            found[word] = choose(scores[here], positive[here], rule, weights, resamples=0)
        except InputError as error:
            found[word] = str(error.found)
    return found


def _type_of(table: Table | None, column: str | None, model: Model | None = None) -> object:
    known = {one.name: one.type for one in (model.transform.inputs if model is not None else ())}
    known |= {one.name: one.type for one in (table.columns if table is not None else ())}
    if column not in known:
        raise InputError(
            f"no column {column!r} to tell groups by",
            expected="one of " + ", ".join(known),
            fix="give rows that have it",
        )
    return known[str(column)]


def _notes(model: Model, split: str, *, what: str) -> list[str]:
    if split != LEARNT:
        return []
    note = f"{what} on the rows that the model learnt from, where it is surer and more often right than elsewhere"
    _LOG.warning("%s: %s", model.recipe.estimator, note)
    return [note]
