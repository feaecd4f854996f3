"""The standard steps of models: train, package, register.

Thin on purpose: each step is one call of a plain function of this room.
"""

import math
from pathlib import Path
from typing import Any, Final

from mainspring.core.verdicts import Verdict
from mainspring.data import Examples, Schema, Statistics, Transform
from mainspring.data.transforms.selection import FeatureSelection
from mainspring.evaluation import Evaluation, Fairness, MitigationComparison, Predictor, predictions_in
from mainspring.evaluation import compare_mitigations as compare_fairly
from mainspring.evaluation.assertions import assertions_of, read_assertions
from mainspring.evaluation.explanation import Explainer
from mainspring.evaluation.fairness.mitigation import Costs
from mainspring.models.declaring import declare_assertions as declare
from mainspring.models.finishing import CALIBRATION_SPLIT, MIN_GROUP_SIZE
from mainspring.models.finishing import calibrate as calibrate_model
from mainspring.models.finishing import choose_threshold as choose_cutoff
from mainspring.models.model import Model
from mainspring.models.package import Package
from mainspring.models.packaging import build
from mainspring.models.referring import REFERENCE_ROWS
from mainspring.models.registry import PRODUCTION, ModelVersion, Registry
from mainspring.models.selection import DEFAULT as METHODS
from mainspring.models.selection import select_features as compare_choices
from mainspring.models.training import check_training as look_before
from mainspring.models.training import train as train_model
from mainspring.models.training import train_both
from mainspring.models.training.baseline_set import Baselines, measure_baselines
from mainspring.models.training.checkpoints import checkpoints_for
from mainspring.models.training.fairness import cut_fairly as cut_groups
from mainspring.models.training.fairness import learner
from mainspring.models.training.fairness import train_fairly as search_fairly
from mainspring.models.variants import VariantComparison, compare_variants
from mainspring.pipelines import File, resource, step

_NONE: Final[dict[str, Any]] = {}
_NOTHING: Final[list[str]] = []
_NO_ASSERTIONS: Final[list[dict[str, Any]]] = []
_METHODS: Final = list(METHODS)
_MITIGATIONS: Final = ["reweigh", "grid", "thresholds"]


@step(isolation="process", requires=("scikit-learn", "lightgbm", "skops", "torch"))
def train(
    examples: Examples,
    transform: Transform,
    warm_start: Model | None = None,
    *,
    estimator: str = "lightgbm.LGBMClassifier",
    params: dict[str, Any] = _NONE,
    seed: int = 0,
    split: str = "train",
    validation: float = 0.0,
    validation_group: list[str] | None = None,
    patience: int | None = None,
    class_weights: str | dict[str, float] | None = None,
    weight: str | None = None,
    monotone: dict[str, int] = _NONE,
    seconds: float | None = None,
    compare: bool = False,
    compare_split: str = "eval",
    metric: str | None = None,
    checkpoint_seconds: float = 60.0,
    checkpoints: Path = resource("checkpoints"),
) -> Model:
    """Train an estimator on the rows of a split.

    A neural network goes on after a kill from its last checkpoint, and ends with the same bits.

    Args:
        examples: The rows.
        transform: Fitted on them; it also says whether the task is classification or regression.
        warm_start: A model to go on from, such as ``latest_blessed()`` or ``by_alias("taxi@champion",
            wanted=Model)``; nothing for starting over.
        estimator: Full name or class name of an estimator of an installed framework, or ``"module:function"``.
        params: Arguments of its constructor.
        seed: Of every random choice.
        split: Name of the split.
        validation: The share of the split that is watched instead of learnt from.
        validation_group: Columns whose values alone decide which rows are watched.
        patience: Stop after so many iterations without a gain on the watched rows, and keep the best.
        class_weights: ``"balanced"``, or what rows of a class count.
        weight: A column with what each row counts.
        monotone: Column to 1 (the answer may only rise with it) or -1 (only fall).
        seconds: Stop at the first iteration after this time.
        compare: Both go on from ``warm_start`` and start over, and keep the better.
        compare_split: Name of the split that the two are compared on.
        metric: What they are compared by.
        checkpoint_seconds: How often a network keeps where it stands.
        checkpoints: Where.
    """
    options: dict[str, Any] = {
        "estimator": estimator,
        "params": params,
        "seed": seed,
        "validation": validation,
        "validation_group": tuple(validation_group or ()),
        "patience": patience,
        "class_weights": class_weights,
        "weight": weight,
        "monotone": monotone,
        "seconds": seconds,
    }
    folder: object = checkpoints
    if isinstance(folder, Path):  # without an engine there is none
        options["checkpoints"] = checkpoints_for(estimator, folder, seconds=checkpoint_seconds)
    rows = examples.split(split)
    if compare:
        held_out = examples.split(compare_split)
        return train_both(rows, transform, held_out, initial=warm_start, metric=metric, **options)
    return train_model(rows, transform, initial=warm_start, **options)


@step(isolation="process", requires=("scikit-learn", "lightgbm", "skops"))
def train_fairly(
    examples: Examples,
    transform: Transform,
    *,
    protected: list[str],
    constraint: str = "equal_opportunity",
    at_most: float = 0.02,
    estimator: str = "lightgbm.LGBMClassifier",
    params: dict[str, Any] = _NONE,
    seed: int = 0,
    split: str = "train",
    judge_split: str | None = None,
    positive: str | None = None,
    weight: str | None = None,
    models: int = 20,
) -> Model:
    """Train models under different prices on a gap between groups, and keep the best one within a bound.

    Args:
        examples: The rows.
        transform: Fitted on them; it decides whether the protected columns are features.
        protected: Columns whose values together make the group.
        constraint: ``demographic_parity``, ``equal_opportunity`` or ``equalized_odds``.
        at_most: The largest gap allowed.
        estimator: Full name or class name of an estimator of an installed framework.
        params: Arguments of its constructor.
        seed: Of every random choice.
        split: Name of the split to learn from.
        judge_split: The split whose rows decide which model is kept, not the one that it is evaluated on; without
            it the rows learnt from.
        positive: The class that a group may want.
        weight: A column with what each row counts.
        models: The most models to train.
    """
    return search_fairly(
        examples.split(split),
        transform,
        protected=protected,
        constraint=constraint,
        at_most=at_most,
        positive=positive,
        weight=weight,
        judge_on=examples.split(judge_split) if judge_split else None,
        size=models,
        estimator=estimator,
        params=params,
        seed=seed,
    )


@step(isolation="process", requires=("scikit-learn", "lightgbm", "skops"))
def compare_mitigations(
    examples: Examples,
    transform: Transform,
    *,
    protected: list[str],
    methods: list[str] = _MITIGATIONS,
    constraint: str = "equal_opportunity",
    at_most: float = 0.02,
    estimator: str = "lightgbm.LGBMClassifier",
    params: dict[str, Any] = _NONE,
    seed: int = 0,
    split: str = "train",
    held_out_split: str = "eval",
    choose_split: str | None = None,
    positive: str | None = None,
    weight: str | None = None,
) -> MitigationComparison:
    """Train the untouched model and each mitigation, and show gap and price of all side by side.

    Args:
        examples: The rows.
        transform: Fitted on them, with a label of two classes.
        protected: Columns whose values together make the group.
        methods: ``reweigh``, ``resample``, ``repair``, ``grid``, ``exponentiated``, ``thresholds`` and
            ``reject_option``.
        constraint: ``demographic_parity``, ``equal_opportunity`` or ``equalized_odds``.
        at_most: The largest gap wanted.
        estimator: What is trained.
        params: Arguments of its constructor.
        seed: Of every random choice.
        split: Name of the split to learn from.
        held_out_split: Name of the split to judge on.
        choose_split: The split by which models and cutoffs are chosen; without it a fifth of ``split``.
        positive: The class that a group may want.
        weight: A column with what each row counts.
    """
    return compare_fairly(
        learner(transform, estimator=estimator, params=params, seed=seed),
        examples.split(split),
        examples.split(held_out_split),
        label=transform.label or "",
        protected=protected,
        methods=methods,
        constraint=constraint,
        at_most=at_most,
        positive=positive,
        weight=weight,
        choose_on=examples.split(choose_split) if choose_split else None,
        seed=seed,
    )


@step(isolation="process", requires=("scikit-learn", "lightgbm", "skops"))
def check_training(
    examples: Examples,
    transform: Transform,
    previous: Model | None = None,
    *,
    estimator: str = "lightgbm.LGBMClassifier",
    params: dict[str, Any] = _NONE,
    seed: int = 0,
    split: str = "train",
    held_out_split: str = "eval",
    metric: str | None = None,
    weight: str | None = None,
    memorise: float = 0.5,
    shift: float = 0.1,
) -> Verdict:
    """Look at everything that can be known before a long run: leaks, baselines, a tiny batch, a short run.

    Args:
        examples: The rows.
        transform: Fitted on them.
        previous: The model that there is already, such as ``latest_blessed()``, for the baselines.
        estimator: What is to be trained.
        params: Arguments of its constructor.
        seed: Of every random choice.
        split: Name of the split to learn from.
        held_out_split: Name of the split to judge on.
        metric: What the baselines are compared by.
        weight: A column of what each held-out row counts.
        memorise: The least share of the errors of a constant answer that must be gone on 64 rows.
        shift: The largest difference of the label between the splits.
    """
    return look_before(
        examples.split(split),
        examples.split(held_out_split),
        transform,
        estimator=estimator,
        params=params,
        seed=seed,
        previous=previous,
        metric=metric,
        weight=weight,
        memorise=memorise,
        shift=shift,
    )


@step(isolation="process", requires=("scikit-learn", "lightgbm", "skops"))
def baselines(
    examples: Examples,
    transform: Transform,
    previous: Predictor | None = None,
    *,
    human: list[str] = _NOTHING,
    previous_scores: str | None = None,
    previous_predicted: str | None = None,
    positive: str | None = None,
    weight: str | None = None,
    slices: list[str] = _NOTHING,
    seed: int = 0,
    split: str = "train",
    held_out_split: str = "eval",
) -> Baselines:
    """Judge people, what answered before, and the simplest models on the rows that a model is judged on.

    Args:
        examples: The rows.
        transform: Fitted on them.
        previous: The model that there is already, such as ``latest_blessed()``.
        human: Columns of people's answers: one, or several whose vote counts.
        previous_scores: The column in which the system before left the probability of the positive class,
            instead of ``previous``.
        previous_predicted: The column of its answers.
        positive: The class that a binary task is about.
        weight: A column of what each held-out row counts.
        slices: What the evaluations are sliced by.
        seed: Of the linear model.
        split: Name of the split that the simple models learn from.
        held_out_split: Name of the split to judge on.
    """
    rows = examples.split(held_out_split)
    if previous_scores is not None or previous_predicted is not None:
        previous = predictions_in(
            rows,
            scores=previous_scores,
            predicted=previous_predicted,
            positive=positive,
            label=transform.label,
        )
    return measure_baselines(
        examples.split(split),
        rows,
        transform,
        human=human,
        previous=previous,
        positive=positive,
        weight=weight,
        slices=slices,
        split=held_out_split,
        seed=seed,
    )


@step(isolation="process", requires=("scikit-learn", "lightgbm", "skops", "torch"))
def calibrate(
    model: Model,
    examples: Examples,
    *,
    method: str = "auto",
    by: str = "log_loss",
    weight: str | None = None,
    base_rate: float | None = None,
    split: str = CALIBRATION_SPLIT,
    seed: int = 0,
) -> Model:
    """Make the probabilities of a classifier mean what they say; what comes out is packaged and served.

    Args:
        model: What was trained.
        examples: The rows.
        method: ``"platt"``, ``"isotonic"``, ``"temperature"``, or ``"auto"`` for the simplest that is as good as
            the best; none, if there is nothing to gain.
        by: What ``auto`` compares by: ``"log_loss"`` or ``"brier"``.
        weight: A column of what each row counts.
        base_rate: The share of the positive class where the model will be used, if the rows have another one.
        split: Name of a split that the model did not learn from.
        seed: Of the parts that rows are judged in.
    """
    rows = examples.split(split)
    return calibrate_model(
        model, rows, method=method, by=by, weight=weight, base_rate=base_rate, split=split, seed=seed
    )


@step(isolation="process", requires=("scikit-learn", "lightgbm", "skops", "torch"))
def choose_threshold(
    model: Model,
    examples: Examples,
    *,
    costs: dict[str, float] | None = None,
    maximise: str | None = None,
    positive: str | None = None,
    group: str | None = None,
    min_group_size: int = MIN_GROUP_SIZE,
    weight: str | None = None,
    base_rate: float | None = None,
    split: str = CALIBRATION_SPLIT,
    seed: int = 0,
) -> Model:
    """Choose from which probability on a binary model answers with the positive class.

    Args:
        model: What was trained, and calibrated.
        examples: The rows.
        costs: What one row costs, such as ``{"false_positive": 1, "false_negative": 5}``.
        maximise: A metric instead (``"f1"``), or one under a limit (``"recall at precision 0.9"``).
        positive: The class; without it the last of two in sorted order.
        group: A raw column: rows with the same value there get cutoffs of their own.
        min_group_size: Groups with fewer rows get none.
        weight: A column of what each row counts.
        base_rate: The share of the positive class where the model will be used, if the rows have another one.
        split: Name of a split that the model did not learn from.
        seed: Of the bootstrap behind the interval.
    """
    return choose_cutoff(
        model,
        examples.split(split),
        costs=costs,
        maximise=maximise,
        positive=positive,
        group=group,
        min_group_size=min_group_size,
        weight=weight,
        base_rate=base_rate,
        split=split,
        seed=seed,
    )


@step(isolation="process", requires=("scikit-learn", "lightgbm", "skops", "torch"))
def cut_fairly(
    model: Model,
    examples: Examples,
    *,
    protected: str,
    constraint: str = "equal_opportunity",
    at_most: float = 0.02,
    costs: dict[str, float] = _NONE,
    positive: str | None = None,
    weight: str | None = None,
    split: str = CALIBRATION_SPLIT,
) -> Model:
    """Give a model the cutoffs by group that cost least within a bound on the gap between groups.

    Args:
        model: What was trained, and calibrated.
        examples: The rows.
        protected: The column that groups are told by, which must then be sent with the rows to be answered.
        constraint: ``demographic_parity``, ``equal_opportunity`` or ``equalized_odds``.
        at_most: The largest gap allowed.
        costs: What errors cost: ``{"false_positive": 1, "false_negative": 5}``; both 1 if not given.
        positive: The class that a group may want.
        weight: A column of what each row counts.
        split: Name of a split that the model did not learn from.
    """
    return cut_groups(
        model,
        examples.split(split),
        protected=protected,
        constraint=constraint,
        at_most=at_most,
        costs=Costs(**costs),
        positive=positive,
        weight=weight,
    )


@step(isolation="process", requires=("scikit-learn", "lightgbm", "skops", "torch"))
def declare_assertions(
    model: Model,
    file: File | None = None,
    *,
    assertions: list[dict[str, Any]] = _NO_ASSERTIONS,
) -> Model:
    """Say what a model's answers must keep; from then on it is evaluated, packaged and served with that.

    Args:
        model: What was trained, and calibrated.
        file: The assertions in YAML.
        assertions: Further ones, in place: each with ``name``, ``when``, and if need be ``action``, ``answer`` and
            ``message``.
    """
    found = [*(read_assertions(file.path) if file is not None else ()), *assertions_of(assertions)]
    return declare(model, found)


@step(isolation="process", requires=("scikit-learn", "lightgbm", "skops"))
def select_features(
    examples: Examples,
    schema: Schema,
    *,
    methods: list[str] = _METHODS,
    estimator: str | None = None,
    params: dict[str, Any] | None = None,
    metric: str | None = None,
    count: int | None = None,
    limit: float = 0.95,
    choose: str = "best",
    folds: int = 5,
    judge_on: str | None = None,
    exclude: list[str] = _NOTHING,
    task: str = "auto",
    positive: str | None = None,
    seed: int = 0,
    max_fits: int | None = None,
    max_seconds: float | None = None,
    split: str = "train",
) -> FeatureSelection:
    """Compare methods of choosing features on the rows of a split, and choose.

    Args:
        examples: The rows.
        schema: Says which columns there are, and the label.
        methods: Such as ``all``, ``correlation``, ``univariate``, ``rfe``, ``l1``, ``importance``,
            ``mutual_information``, ``permutation``, ``forward``, ``backward``.
        estimator: What is trained to compare; logistic or ridge regression if not given.
        params: Arguments of its constructor.
        metric: What decides; ``auc`` or ``rmse`` if not given.
        count: How many columns to choose; cross-validation decides if not given.
        limit: The largest correlation of two columns that may both stay, for ``correlation``.
        choose: The method whose columns are used; ``best`` for the fewest within one standard error of the best.
        folds: Of the cross-validation.
        judge_on: A split to judge by instead of cross-validation; its rows then have a part in the choice.
        exclude: Columns that must not be used.
        task: ``classification`` or ``regression``, where the label alone does not say it.
        positive: The class that a binary task is about.
        seed: Of every random choice.
        max_fits: The most models that searches may train.
        max_seconds: The longest that searches may take.
        split: Name of the split.
    """
    return compare_choices(
        examples.split(split),
        schema,
        methods=methods,
        held_out=examples.split(judge_on) if judge_on else None,
        estimator=estimator,
        params=params,
        metric=metric,
        count=count,
        limit=limit,
        choose=choose,
        folds=folds,
        exclude=exclude,
        task=task,
        positive=positive,
        seed=seed,
        max_fits=max_fits,
        max_seconds=max_seconds,
    )


@step(isolation="process", requires=("onnx", "onnxruntime", "scikit-learn", "lightgbm"))
def package(
    model: Model,
    examples: Examples,
    evaluation: Evaluation | None = None,
    fairness: Fairness | None = None,
    statistics: Statistics | None = None,
    schema: Schema | None = None,
    *,
    split: str = "eval",
    about: str = "",
    variant: str = "onnx",
    reference_rows: int = REFERENCE_ROWS,
) -> Package:
    """Package a model, and prove on real and on hostile rows that the package answers as the model does.

    Args:
        model: What was trained.
        examples: Where the real rows come from.
        evaluation: How good the model is, overall and by slice, for the model card.
        fairness: How it treats groups of people, for the model card.
        statistics: Of the rows, for the reference by which the model is watched; by default they are computed.
        schema: What rows should look like, for the reference; by default what the statistics say. Columns with one
            of the tags ``personal``, ``sensitive`` and ``identifier`` are left out of it.
        split: Name of the split that the rows are taken from; the first one if it is not there.
        about: What the model is for, for the model card.
        variant: ``onnx``, ``onnx-float32``, ``onnx-int8``, ``browser`` or ``native``: one model may be packaged in
            several ways, each proved.
        reference_rows: How many rows of the split, with the model's answers, the reference keeps.
    """
    table = examples.split(split if split in examples.names else examples.names[0])
    data = {name: rows.digest() for name, rows in examples.splits.items()}
    return build(
        model,
        table,
        variant=variant,
        data=data,
        about=about,
        evaluation=evaluation,
        fairness=fairness,
        examples=examples,
        statistics=statistics,
        schema=schema,
        reference_rows=reference_rows,
    )


@step(isolation="process", requires=("onnxruntime",))
def compare_packages(
    packages: list[Package],
    examples: Examples,
    *,
    split: str = "eval",
    max_p50_ms: float | None = None,
    max_size: int | None = None,
) -> VariantComparison:
    """Show packages of one model side by side: size, latency, throughput, how far they lie off, and a verdict.

    Args:
        packages: The variants that one model was packaged as.
        examples: Where the rows come from that they are timed on.
        split: Name of the split; the first one if it is not there.
        max_p50_ms: The longest median time of one row that is allowed.
        max_size: The most bytes that a model may have.
    """
    table = examples.split(split if split in examples.names else examples.names[0])
    by_name = {str(one.details.get("variant", one.runtime)): one for one in packages}
    return compare_variants(by_name, table, max_p50_ms=max_p50_ms, max_size=max_size)


@step
def register(
    package: Package,
    evaluation: Evaluation | None = None,
    explainer: Explainer | None = None,
    *,
    name: str,
    metric: str | None = None,
    better: str | None = None,
    margin: float = 0.0,
    alias: str | None = PRODUCTION,
    reason: str = "",
    tags: dict[str, str] = _NONE,
    registry: Registry = resource("registry"),
) -> ModelVersion:
    """Give a package the next version of a model; a package that has one keeps it.

    Args:
        package: What is registered.
        evaluation: How good it is.
        explainer: What explains its answers; it is kept beside the version.
        name: Name of the model.
        metric: The metric by which MINOR grows.
        better: ``"higher"`` or ``"lower"``; by default what the metric's name says.
        margin: By how much it must get better for MINOR.
        alias: What to point at a new version; ``None`` to leave every alias where it is. Where a policy guards the
            alias, its promotion is asked for instead.
        reason: What for.
        tags: Names with values, to be found by.
        registry: Where.
    """
    return registry.register(
        package,
        name=name,
        metrics=_metrics(evaluation),
        metric=metric,
        better=better,
        margin=margin,
        author="pipeline",
        reason=reason,
        alias=alias,
        tags=tags,
        explainer=explainer,
        in_step=True,
    )


def _metrics(evaluation: Evaluation | None) -> dict[str, float]:
    """The overall metrics that exist."""
    overall = {} if evaluation is None else evaluation.overall
    return {name: float(value) for name, value in overall.items() if not math.isnan(value)}
