"""The standard steps of evaluation: judge a model on labelled rows, and let it pass or not."""

import logging
from dataclasses import replace
from typing import Any, Final

from mainspring.core.errors import InputError
from mainspring.core.verdicts import Verdict
from mainspring.data.examples import TRAIN, Examples
from mainspring.data.replacing import with_columns
from mainspring.evaluation.assertions import judge_answers
from mainspring.evaluation.audit import Audit, judge_audit, read_audit
from mainspring.evaluation.errors import ErrorAnalysis
from mainspring.evaluation.errors import analyze_errors as analyze_rows
from mainspring.evaluation.evaluation import Evaluation
from mainspring.evaluation.explanation.explainer import AUTO, BACKGROUND_ROWS, Explainer
from mainspring.evaluation.explanation.explainer import fit_explainer as choose_explainer
from mainspring.evaluation.fairness.assessment import BOOTSTRAP, MIN_GROUP_SIZE, THRESHOLDS
from mainspring.evaluation.fairness.assessment import assess_fairness as assess_rows
from mainspring.evaluation.fairness.fairness import Fairness
from mainspring.evaluation.fairness.flipped import Flips, judge_flips
from mainspring.evaluation.fairness.flips import flip_protected as flip_rows
from mainspring.evaluation.fairness.gate import judge_fairness
from mainspring.evaluation.fairness.mitigation.reweighing import WEIGHT
from mainspring.evaluation.fairness.mitigation.reweighing import reweigh as weigh_rows
from mainspring.evaluation.gates import compare
from mainspring.evaluation.gates import paired_differences as pair_differences
from mainspring.evaluation.gates.changes import FirstRun, Incomparable, MissingSlices
from mainspring.evaluation.gates.figures import On
from mainspring.evaluation.gates.pairing import PAIRED
from mainspring.evaluation.metrics.intervals import Intervals
from mainspring.evaluation.operation import Operation
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.robustness.assessing import SEVERITIES
from mainspring.evaluation.robustness.assessing import assess_robustness as perturb_rows
from mainspring.evaluation.robustness.attacks.attacking import BUDGETS
from mainspring.evaluation.robustness.attacks.attacking import attack as attack_rows
from mainspring.evaluation.robustness.attacks.membership import Membership
from mainspring.evaluation.robustness.attacks.membership import infer_membership as tell_members
from mainspring.evaluation.robustness.attacks.report import AdversarialReport
from mainspring.evaluation.robustness.perturbations import BUILT_IN
from mainspring.evaluation.robustness.report import Robustness
from mainspring.evaluation.search import SliceSearch
from mainspring.evaluation.search import find_slices as search_slices
from mainspring.evaluation.search.searching import MIN_EFFECT, MIN_SHARE, MIN_SIZE
from mainspring.evaluation.slicing import MIN_SLICE_SIZE
from mainspring.evaluation.unreadable import evaluate_if_readable
from mainspring.pipelines import File, step

_LOG = logging.getLogger(__name__)

_NO_NAMES: Final[list[str]] = []
_NO_BOUNDS: Final[dict[str, Any]] = {}
_THRESHOLDS: Final[list[float]] = list(THRESHOLDS)
_PERTURBATIONS: Final[list[str]] = list(BUILT_IN)
_SEVERITIES: Final[list[float]] = list(SEVERITIES)
_BUDGETS: Final[list[float]] = list(BUDGETS)


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
    privacy_floor: int = 0,
    cutoff: float | None = None,
    metrics: list[str] = _NO_NAMES,
    intervals: dict[str, Any] = _NO_BOUNDS,
) -> Evaluation | None:
    """Judge a model on one split, overall and by slice; nothing if there is no model, as on a first run.

    A model that cannot read the rows, such as the blessed one after a column has changed its type, gets an
    evaluation that says so, without figures: the gate then decides by its rule ``incomparable``.

    Args:
        model: Anything that predicts.
        examples: The rows.
        label: The label column.
        split: The split to judge on.
        slices: What to slice by: ``"sex"``, ``"sex * race"``, ``"age in [30, 50]"``, ``"sql NAME: CONDITION"``.
        positive: The class that a binary task is about; without it the last class in sorted order.
        weight: A numeric column with the weight of each row.
        min_slice_size: The fewest rows that a slice may have.
        privacy_floor: No slice, and no difference of slices, is about fewer rows than this.
        cutoff: The least probability from which a row is answered with the positive class.
        metrics: Figures besides the usual ones: ``"recall@0.3"``, names that plugins offer.
        intervals: How intervals are made: ``{"method": "bootstrap"}`` gives every figure one; see
            :class:`mainspring.evaluation.Intervals`.
    """
    if model is None:
        return None
    found = evaluate_if_readable(
        model,
        examples.split(split),
        label=label,
        slices=slices,
        positive=positive,
        weight=weight,
        min_slice_size=min_slice_size,
        privacy_floor=privacy_floor,
        split=split,
        cutoff=cutoff,
        metrics=metrics,
        intervals=Intervals.from_dict(intervals),
    )
    if found.unreadable is not None:
        _LOG.warning("the model cannot read the rows, and was not judged: %s", found.unreadable)
    return found


@step
def paired_differences(
    model: Predictor,
    baseline: Predictor | None,
    examples: Examples,
    *,
    label: str,
    split: str = "eval",
    slices: list[str] = _NO_NAMES,
    positive: str | None = None,
    weight: str | None = None,
    min_slice_size: int = MIN_SLICE_SIZE,
    intervals: dict[str, Any] = _NO_BOUNDS,
) -> Evaluation | None:
    """The figures of a model minus those of a baseline, with intervals from pairs of predictions for each row.

    A gate that judges on the interval takes it as ``paired``. There is nothing without a baseline, or with one
    that cannot read the rows.

    Args:
        model: The candidate.
        baseline: What it is compared with.
        examples: The rows.
        label: The label column.
        split: The split to judge on.
        slices: As in ``evaluate``.
        positive: The class that a binary task is about.
        weight: A numeric column with the weight of each row.
        min_slice_size: The fewest rows that a slice may have.
        intervals: How intervals are made, where not by 200 draws of the bootstrap: ``{"resamples": 1000}``, or
            ``{"method": "jackknife"}``, which costs a fifth on many rows.
    """
    if baseline is None:
        return None
    table = examples.split(split)
    try:
        before = baseline.predict(table)
    except InputError as error:
        _LOG.warning("the baseline cannot read the rows, and there are no differences: %s", error)
        return None
    return pair_differences(
        model.predict(table),
        before,
        table,
        label=label,
        slices=slices,
        positive=positive,
        weight=weight,
        min_slice_size=min_slice_size,
        split=split,
        intervals=replace(PAIRED, **intervals),
    )


@step
def check_assertions(
    model: Predictor,
    examples: Examples,
    *,
    split: str = "eval",
    at_most: float | dict[str, float] = 0.0,
    name: str = "assertions",
) -> Verdict:
    """Whether a model's own answers violate the assertions that it declares seldom enough.

    Args:
        model: A model or a package with assertions.
        examples: The rows.
        split: Name of the split.
        at_most: The largest share of rows that may violate each assertion; by name, or for all.
        name: Of the gate, in the verdict.
    """
    return judge_answers(model, examples.split(split), at_most=at_most, gate=name)


@step
def audit(file: File) -> Audit:
    """The checklist of ways to go wrong that a team keeps beside the code; see ``mainspring eval audit``."""
    return read_audit(file.path)


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
def find_slices(
    model: Predictor | None,
    examples: Examples,
    *,
    label: str,
    split: str = "eval",
    columns: list[str] = _NO_NAMES,
    without: list[str] = _NO_NAMES,
    metric: str | None = None,
    max_columns: int = 2,
    min_share: float = MIN_SHARE,
    min_size: int = MIN_SIZE,
    min_effect: float = MIN_EFFECT,
    level: float = 0.05,
    most: int = 20,
    positive: str | None = None,
    weight: str | None = None,
) -> SliceSearch | None:
    """Look for the slices of one split where a model is worst; nothing if there is no model.

    Args:
        model: Anything that predicts.
        examples: The rows.
        label: The label column.
        split: The split to search.
        columns: What to search; without it all columns of single values.
        without: Columns to pass over.
        metric: A loss of rows, as :func:`mainspring.evaluation.find_slices` has them.
        max_columns: The most columns of a cross.
        min_share: The least share of the rows in a slice.
        min_size: The fewest rows in a slice.
        min_effect: The least difference from the rest, in standard deviations.
        level: The chance of any false alarm.
        most: The most slices that are told.
        positive: The class that a binary task is about.
        weight: A numeric column with the weight of each row.
    """
    if model is None:
        return None
    return search_slices(
        model,
        examples.split(split),
        label=label,
        columns=columns or None,
        without=without,
        metric=metric,
        max_columns=max_columns,
        min_share=min_share,
        min_size=min_size,
        min_effect=min_effect,
        level=level,
        most=most,
        positive=positive,
        weight=weight,
    )


@step
def analyze_errors(
    model: Predictor | None,
    examples: Examples,
    *,
    label: str,
    tags: list[str],
    split: str = "eval",
    reference: str | None = None,
    positive: str | None = None,
    weight: str | None = None,
    identifier: str | None = None,
) -> ErrorAnalysis | None:
    """Say for every tag how much of a model's errors it holds, and what mending it would bring.

    Args:
        model: Anything that predicts.
        examples: The rows.
        label: The label column.
        tags: Columns of tags, and rules: ``"sql NAME: CONDITION"``.
        split: The split to look at.
        reference: The column with the answers of people, or of another system.
        positive: The class that a binary task is about.
        weight: A numeric column with the weight of each row.
        identifier: A column that names rows, for the examples.
    """
    if model is None:
        return None
    return analyze_rows(
        model,
        examples.split(split),
        tags,
        label=label,
        reference=reference,
        positive=positive,
        weight=weight,
        identifier=identifier,
    )


@step
def reweigh(
    examples: Examples,
    *,
    label: str,
    protected: list[str],
    weight: str = WEIGHT,
    existing: str | None = None,
    positive: str | None = None,
    split: str = TRAIN,
) -> Examples:
    """Give the rows of a split weights by which group and label are independent, for ``train(weight=…)``.

    Args:
        examples: The rows.
        label: A column of two classes.
        protected: Columns whose values together make the group.
        weight: The name of the column of weights.
        existing: A column of weights that rows have already; the new ones are times these.
        positive: The class that a group may want.
        split: The split to learn from; all others stay as they are.
    """
    rows = examples.split(split)
    weights = weigh_rows(rows, label=label, protected=protected, positive=positive, weight=existing)
    return replace(examples, splits={**examples.splits, split: with_columns(rows, {weight: weights})})


@step
def flip_protected(
    model: Predictor | None,
    examples: Examples,
    *,
    protected: list[str],
    label: str | None = None,
    positive: str | None = None,
    split: str = "eval",
) -> Flips | None:
    """Ask a model again about rows with other protected values; nothing if there is no model.

    Args:
        model: Anything that predicts.
        examples: The rows.
        protected: Columns that are changed together.
        label: The label column, which is no proxy of them.
        positive: The class that a binary task is about.
        split: The split to look at.
    """
    if model is None:
        return None
    return flip_rows(model, examples.split(split), protected=protected, label=label, positive=positive)


@step
def assess_robustness(
    model: Predictor | None,
    examples: Examples,
    *,
    label: str,
    split: str = "eval",
    metric: str | None = None,
    perturbations: list[str] = _PERTURBATIONS,
    severities: list[float] = _SEVERITIES,
    each_feature: bool = False,
    positive: str | None = None,
    weight: str | None = None,
    seed: int = 0,
) -> Robustness | None:
    """Let the columns of one split go wrong, and see what a model makes of it; nothing if there is no model.

    Args:
        model: Anything that predicts.
        examples: The rows.
        label: The label column.
        split: The split to look at.
        metric: What is lost; without it accuracy, or RMSE of a regression.
        perturbations: Names.
        severities: How badly, each between 0 and 1.
        each_feature: One column at a time.
        positive: The class that a binary task is about.
        weight: A numeric column with the weight of each row.
        seed: Of every random choice.
    """
    if model is None:
        return None
    return perturb_rows(
        model,
        examples.split(split),
        label=label,
        metric=metric,
        perturbations=perturbations,
        severities=severities,
        each_feature=each_feature,
        positive=positive,
        weight=weight,
        seed=seed,
    )


@step
def attack(
    model: Predictor | None,
    examples: Examples,
    *,
    label: str,
    split: str = "eval",
    method: str = "column_search",
    budgets: list[float] = _BUDGETS,
    features: list[str] | None = None,
    options: dict[str, Any] = _NO_BOUNDS,
    seed: int = 0,
) -> AdversarialReport | None:
    """Change rows of one split a little until a classifier answers wrongly; nothing if there is no model.

    Args:
        model: A classifier.
        examples: The rows.
        label: The label column.
        split: The split to attack.
        method: An attack that only asks: ``column_search``, ``word_attack`` or ``simple_black_box``.
        budgets: How far rows may be changed.
        features: The columns that may change; all without it.
        options: Of the attack: ``{"columns": 2}``.
        seed: Of random choices.
    """
    if model is None:
        return None
    return attack_rows(
        model,
        examples.split(split),
        label=label,
        method=method,
        budgets=budgets,
        features=features,
        seed=seed,
        **options,
    )


@step
def infer_membership(
    model: Predictor | None,
    examples: Examples,
    *,
    label: str,
    members: str = TRAIN,
    others: str = "eval",
    positive: str | None = None,
) -> Membership | None:
    """Whether answers give away which rows a model was trained on; nothing if there is no model.

    Args:
        model: Anything that predicts.
        examples: The rows.
        label: The label column.
        members: The split that it was trained on.
        others: One that it was not.
        positive: The class that a binary task is about.
    """
    if model is None:
        return None
    return tell_members(model, examples.split(members), examples.split(others), label=label, positive=positive)


@step
def judge_robustness(
    robustness: Robustness | None = None,
    adversarial: AdversarialReport | None = None,
    membership: Membership | None = None,
    *,
    loss_at_most: float | dict[str, float] | None = None,
    flips_at_most: float | dict[str, float] | None = None,
    up_to: float = 1.0,
    attacked_accuracy_at_least: float | None = None,
    attacked_loss_at_most: float | None = None,
    auc_at_most: float = 0.6,
) -> Verdict:
    """One verdict on what ``assess_robustness``, ``attack`` and ``infer_membership`` found.

    Args:
        robustness: What becomes of the model when data goes wrong.
        adversarial: What an attack achieves.
        membership: What tells training rows from others.
        loss_at_most: The most that the metric may lose where data goes wrong; by perturbation, or for all.
        flips_at_most: The largest share of answers that may flip there.
        up_to: Severities above this are not judged.
        attacked_accuracy_at_least: The least accuracy under attack, at every budget.
        attacked_loss_at_most: The most accuracy that an attack may cost.
        auc_at_most: How well training rows may be told from others.
    """
    verdicts = []
    if robustness is not None:
        verdicts.append(robustness.judge(loss_at_most=loss_at_most, flips_at_most=flips_at_most, up_to=up_to))
    if adversarial is not None:
        verdicts.append(
            adversarial.judge(accuracy_at_least=attacked_accuracy_at_least, loss_at_most=attacked_loss_at_most)
        )
    if membership is not None:
        verdicts.append(membership.judge(auc_at_most=auc_at_most))
    if not verdicts:
        raise InputError("there is nothing to judge", expected="what one of the three steps found")
    return verdicts[0].merge(*verdicts[1:])


@step
def gate(
    evaluation: Evaluation,
    baseline: Evaluation | None = None,
    *,
    operation: Operation | None = None,
    baseline_operation: Operation | None = None,
    paired: Evaluation | None = None,
    fairness: Fairness | None = None,
    flips: Flips | None = None,
    audit: Audit | None = None,
    at_least: dict[str, float] = _NO_BOUNDS,
    at_most: dict[str, float] = _NO_BOUNDS,
    better_by: dict[str, float] = _NO_BOUNDS,
    better_by_share: dict[str, float] = _NO_BOUNDS,
    slices_at_least: dict[str, Any] = _NO_BOUNDS,
    slices_at_most: dict[str, Any] = _NO_BOUNDS,
    slices_better_by: dict[str, float] = _NO_BOUNDS,
    slices_better_by_share: dict[str, float] = _NO_BOUNDS,
    rules: list[str] = _NO_NAMES,
    fairness_at_most: dict[str, Any] = _NO_BOUNDS,
    fairness_at_least: dict[str, Any] = _NO_BOUNDS,
    flips_at_most: float = 0.0,
    on: On = "figure",
    first_run: FirstRun = "pass",
    incomparable: Incomparable = "fail",
    missing_slices: MissingSlices = "fail",
    min_slice_size: int = 0,
    name: str = "model gate",
) -> Verdict:
    """Let a model pass by thresholds, by rules, and by how it compares with the baseline.

    The bounds, rules and options are those of :func:`mainspring.evaluation.compare`. The run goes on either way:
    use the verdict as a condition, ``with when(verdict): …``.

    Args:
        evaluation: The candidate's.
        baseline: The blessed model's, on the same rows; nothing on a first run.
        operation: What it takes to run the candidate, from ``measure_operation``.
        baseline_operation: What it takes to run the blessed model.
        paired: From ``paired_differences``, for ``on="interval"``.
        fairness: What was measured by group; held against ``fairness_at_most`` and ``fairness_at_least``.
        flips: What changes with protected values; held against ``flips_at_most``.
        audit: The checklist of the team; its items become reasons.
        fairness_at_most: The highest gaps and figures allowed, as ``judge_fairness`` has them.
        fairness_at_least: The lowest.
        flips_at_most: The largest share of rows of a group that may be answered otherwise as another group.
        name: Name of the gate in the verdict.
    """
    how: dict[str, Any] = {
        "operation": operation,
        "operations": {"baseline": baseline_operation},
        "paired": paired,
        "on": on,
        "first_run": first_run,
        "incomparable": incomparable,
        "missing_slices": missing_slices,
        "min_slice_size": min_slice_size,
    }
    bounds: dict[str, Any] = {
        "at_least": at_least,
        "at_most": at_most,
        "better_by": better_by,
        "better_by_share": better_by_share,
        "slices_at_least": slices_at_least,
        "slices_at_most": slices_at_most,
        "slices_better_by": slices_better_by,
        "slices_better_by_share": slices_better_by_share,
        "rules": rules,
    }
    verdicts = []
    if any(bounds.values()) or (fairness is None and flips is None and audit is None):
        verdicts.append(compare(evaluation, baseline=baseline, gate=name, **bounds, **how))
    if fairness is not None:
        verdicts.append(judge_fairness(fairness, at_most=fairness_at_most, at_least=fairness_at_least, on=on))
    if flips is not None:
        verdicts.append(judge_flips(flips, at_most=flips_at_most))
    if audit is not None:
        verdicts.append(judge_audit(audit, evaluation, baseline=baseline, **how))
    return verdicts[0].merge(*verdicts[1:])


@step
def fit_explainer(
    examples: Examples,
    model: Predictor | None = None,
    *,
    label: str | None = None,
    methods: dict[str, dict[str, Any]] = _NO_BOUNDS,
    split: str = TRAIN,
    features: list[str] | None = None,
    output: str | None = None,
    background_rows: int = BACKGROUND_ROWS,
    constraints: dict[str, Any] | None = None,
    budget: dict[str, Any] = _NO_BOUNDS,
    seed: int = 0,
) -> Explainer:
    """Choose what explaining a model's answers takes, to be registered with it: methods, and rows for comparison.

    Args:
        examples: Where the rows come from.
        model: The model, trained or packaged. With it the explainer holds the columns that the model reads, and a
            copy of the model where its trees or weights can be read.
        label: The label column.
        methods: Names to options; without it Shapley values, anchors and counterfactuals.
        split: The split to draw rows from.
        features: The columns to explain; all that the model reads without it.
        output: The class that explanations are about; the positive one of two without it.
        background_rows: The most rows kept.
        constraints: What counterfactuals may change: ``{"immutable": ["sex"], "rising": ["age"]}``.
        budget: The most that one explanation may spend: ``{"rows": 50_000, "seconds": 5}``.
        seed: Of every random choice.
    """
    return choose_explainer(
        examples.split(split),
        predictor=model,
        method=methods or AUTO,
        label=label,
        features=features,
        output=output,
        background_rows=background_rows,
        constraints=constraints,
        budget=budget,
        seed=seed,
    )
