"""Models with the gap between groups in view: learners for mitigations, one model of a grid, cutoffs by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError, StateError
from mainspring.data import Table, Transform
from mainspring.data.replacing import with_columns
from mainspring.evaluation.fairness.assessment import MIN_GROUP_SIZE
from mainspring.evaluation.fairness.mitigation.grid import SIZE, grid_search
from mainspring.evaluation.fairness.mitigation.reweighing import WEIGHT
from mainspring.evaluation.fairness.mitigation.thresholds import EQUAL_COSTS, Costs, optimise_thresholds
from mainspring.evaluation.slicing import MISSING
from mainspring.models.finishing import set_threshold
from mainspring.models.model import Model
from mainspring.models.training.fitting import train

if TYPE_CHECKING:
    from mainspring.evaluation.fairness.mitigation.pricing import Fit


def learner(
    transform: Transform,
    *,
    estimator: str = "lightgbm.LGBMClassifier",
    params: Mapping[str, Any] | None = None,
    seed: int = 0,
    **options: Any,
) -> Fit:
    """What mitigations ask again and again: training of one estimator on rows with other labels and weights.

    Args:
        transform: Fitted on the rows as they are.
        estimator: Full name or class name of an estimator of an installed framework.
        params: Arguments of its constructor.
        seed: Of every random choice.
        options: Of :func:`~mainspring.models.training.train`, without a column of weights.
    """

    def fit(table: Table, weights: npt.NDArray[np.float64] | None) -> Model:
        given: dict[str, Any] = {"estimator": estimator, "params": params, "seed": seed, **options}
        if weights is None:
            return train(table, transform, **given)
        return train(with_columns(table, {WEIGHT: weights}), transform, weight=WEIGHT, **given)

    return fit


def train_fairly(
    table: Table,
    transform: Transform,
    *,
    protected: Sequence[str],
    constraint: str = "equal_opportunity",
    at_most: float = 0.02,
    positive: str | None = None,
    weight: str | None = None,
    judge_on: Table | None = None,
    size: int = SIZE,
    estimator: str = "lightgbm.LGBMClassifier",
    params: Mapping[str, Any] | None = None,
    seed: int = 0,
    **options: Any,
) -> Model:
    """Train a model whose answers to groups are about alike: the one that a grid search keeps.

    It is a model as any other, and answers without knowing the group. What the search found is in its record
    (``model.training.findings``): error and gap of plain training and of the model that was kept, on the rows that
    decided, and how many were trained.

    Args:
        table: The rows to learn from, with the label and the protected columns.
        transform: Fitted on them; it decides whether the protected columns are features.
        protected: Columns; several are crossed.
        constraint: ``demographic_parity``, ``equal_opportunity`` or ``equalized_odds``.
        at_most: The largest gap allowed.
        positive: The class that a group may want.
        weight: A column with what each row counts.
        judge_on: Rows that decide which model is kept; those of ``table`` if not given.
        size: The most models to train.
        estimator: Full name or class name of an estimator of an installed framework.
        params: Arguments of its constructor.
        seed: Of every random choice.
        options: Of :func:`~mainspring.models.training.train`.

    Raises:
        InputError: If a column does not exist, or the label has not two classes.
        StateError: If the learner gives no model at any price.

    Reference:
        A. Agarwal and others, *A reductions approach to fair classification*, ICML 2018.
    """
    if transform.label is None:
        raise InputError("the transform does not know the label", expected="a transform fitted with a label")
    found = grid_search(
        learner(transform, estimator=estimator, params=params, seed=seed, **options),
        table,
        label=transform.label,
        protected=protected,
        constraint=constraint,
        at_most=at_most,
        positive=positive,
        weight=weight,
        judge_on=judge_on,
        size=size,
    )
    model, plain = found.predictor, found.candidates[0]
    if not isinstance(model, Model) or model.training is None:
        raise StateError("the learner gave no model", expected="a model for some prices")
    findings = {
        "gap": found.kept.gap,
        "error": found.kept.error,
        "plain gap": plain.gap,
        "plain error": plain.error,
        "models": float(len(found.candidates)),
    }
    told = {
        **model.training.settings,
        "fair": {"constraint": constraint, "protected": list(protected), "at_most": at_most},
    }
    return replace(model, training=replace(model.training, findings=findings, settings=told))


def cut_fairly(
    model: Model,
    table: Table,
    *,
    protected: str,
    constraint: str = "equal_opportunity",
    at_most: float = 0.02,
    costs: Costs = EQUAL_COSTS,
    positive: str | None = None,
    weight: str | None = None,
    min_group_size: int = MIN_GROUP_SIZE,
) -> Model:
    """Give a model the cutoffs by group that cost least within a bound on the gap; it is packaged with them.

    Args:
        model: A binary classifier; calibrate it first, if it is to be calibrated.
        table: Labelled rows that it did not learn from.
        protected: The one column that groups are told by; it must then be sent with the rows to be answered. Rows
            without a value are answered by the cutoff for all rows.
        constraint: ``demographic_parity``, ``equal_opportunity`` or ``equalized_odds``.
        at_most: The largest gap allowed.
        costs: What errors cost.
        positive: The class that a group may want.
        weight: A column with what each row counts.
        min_group_size: Groups with fewer rows have the cutoff for all rows.

    Raises:
        InputError: If a column does not exist, or the model has not two classes.

    Reference:
        M. Hardt, E. Price and N. Srebro, *Equality of opportunity in supervised learning*, NIPS 2016.
    """
    if model.transform.label is None:
        raise InputError("the model does not know its label", expected="a transform fitted with a label")
    found = optimise_thresholds(
        model.predict_own(table),
        table,
        label=model.transform.label,
        protected=[protected],
        constraint=constraint,
        at_most=at_most,
        costs=costs,
        positive=positive,
        weight=weight,
        min_group_size=min_group_size,
    )
    groups = {dict(key.values)[protected]: at for key, at in found.cutoffs.cutoffs.items()}
    groups.pop(MISSING, None)
    return set_threshold(
        model,
        found.cutoffs.default,
        positive=found.cutoffs.positive,
        group=protected,
        groups=groups,
        table=table,
        rule=f"{constraint} within {at_most:g}",
    )
