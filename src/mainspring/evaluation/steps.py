"""The standard steps of evaluation: judge a model on labelled rows, and let it pass or not."""

from dataclasses import replace
from typing import Any, Final

from mainspring.core.verdicts import Verdict
from mainspring.data.examples import Examples
from mainspring.evaluation.evaluation import Evaluation
from mainspring.evaluation.evaluation import evaluate as evaluate_rows
from mainspring.evaluation.fairness.assessment import BOOTSTRAP, MIN_GROUP_SIZE, THRESHOLDS
from mainspring.evaluation.fairness.assessment import assess_fairness as assess_rows
from mainspring.evaluation.fairness.fairness import Fairness
from mainspring.evaluation.gates import compare
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.slicing import MIN_SLICE_SIZE
from mainspring.pipelines import step

_NO_NAMES: Final[list[str]] = []
_NO_BOUNDS: Final[dict[str, Any]] = {}
_THRESHOLDS: Final[list[float]] = list(THRESHOLDS)


@step
def evaluate(
    model: Predictor | None,
    examples: Examples,
    *,
    label: str,
    split: str = "eval",
    slices: list[str] = _NO_NAMES,
    positive: str | None = None,
    weight: str | None = None,
    min_slice_size: int = MIN_SLICE_SIZE,
) -> Evaluation | None:
    """Judge a model on one split, overall and by slice; nothing if there is no model, as on a first run.

    Args:
        model: Anything that predicts.
        examples: The rows.
        label: The label column.
        split: The split to judge on.
        slices: Columns to slice by, or crosses (``"sex * race"``).
        positive: The class that a binary task is about; without it the last class in sorted order.
        weight: A numeric column with the weight of each row.
        min_slice_size: The fewest rows that a slice may have.
    """
    if model is None:
        return None
    return evaluate_rows(
        model,
        examples.split(split),
        label=label,
        slices=slices,
        positive=positive,
        weight=weight,
        min_slice_size=min_slice_size,
        split=split,
    )


@step
def assess_fairness(
    model: Predictor | None,
    examples: Examples,
    *,
    label: str,
    protected: list[str],
    split: str = "eval",
    positive: str | None = None,
    weight: str | None = None,
    thresholds: list[float] = _THRESHOLDS,
    cutoff: float | None = None,
    min_group_size: int = MIN_GROUP_SIZE,
    privileged: dict[str, str] = _NO_BOUNDS,
    alike: list[str] = _NO_NAMES,
    resamples: int = BOOTSTRAP.resamples,
) -> Fairness | None:
    """Measure how a model treats groups on one split; nothing if there is no model.

    Args:
        model: Anything that predicts.
        examples: The rows.
        label: The label column.
        protected: Columns and crosses (``"sex * race"``) whose groups are compared.
        split: The split to judge on.
        positive: The class that a binary task is about; without it the last class in sorted order.
        weight: A numeric column with the weight of each row.
        thresholds: Probabilities at which rates are measured too.
        cutoff: The least probability that answers with the positive class.
        min_group_size: The fewest rows behind a figure that is compared.
        privileged: Column to the value of the group that others are held against.
        alike: Columns by which people are held to be alike, to measure the consistency of answers.
        resamples: Of the bootstrap that makes the intervals.
    """
    if model is None:
        return None
    return assess_rows(
        model,
        examples.split(split),
        label=label,
        protected=protected,
        positive=positive,
        weight=weight,
        thresholds=thresholds,
        cutoff=cutoff,
        min_group_size=min_group_size,
        privileged=privileged,
        alike=alike,
        intervals=replace(BOOTSTRAP, resamples=resamples),
        split=split,
    )


@step
def gate(
    evaluation: Evaluation,
    baseline: Evaluation | None = None,
    *,
    at_least: dict[str, float] = _NO_BOUNDS,
    at_most: dict[str, float] = _NO_BOUNDS,
    better_by: dict[str, float] = _NO_BOUNDS,
    slices_at_least: dict[str, Any] = _NO_BOUNDS,
    slices_at_most: dict[str, Any] = _NO_BOUNDS,
    slices_better_by: dict[str, float] = _NO_BOUNDS,
    min_slice_size: int = 0,
    name: str = "model gate",
) -> Verdict:
    """Let a model pass by thresholds, overall and per slice, and by how it compares with the baseline.

    The bounds are those of :func:`mainspring.evaluation.compare`. The run goes on either way: use the verdict as a
    condition, ``with when(verdict): …``.
    """
    return compare(
        evaluation,
        at_least=at_least,
        at_most=at_most,
        baseline=baseline,
        better_by=better_by,
        slices_at_least=slices_at_least,
        slices_at_most=slices_at_most,
        slices_better_by=slices_better_by,
        min_slice_size=min_slice_size,
        gate=name,
    )
