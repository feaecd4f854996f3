"""The standard steps of a tabular pipeline, in the order in which a model meets them."""

from mainspring.data.steps import assess, augment, infer_schema, ingest, reduce, statistics, transform, validate
from mainspring.evaluation.steps import (
    analyze_errors,
    assess_fairness,
    audit,
    evaluate,
    find_slices,
    gate,
    paired_differences,
)
from mainspring.models.steps import (
    baselines,
    calibrate,
    check_training,
    choose_threshold,
    package,
    register,
    select_features,
    train,
)
from mainspring.serving.steps import infra_validate, measure_operation, push

__all__ = [
    "analyze_errors",
    "assess",
    "assess_fairness",
    "audit",
    "augment",
    "baselines",
    "calibrate",
    "check_training",
    "choose_threshold",
    "evaluate",
    "find_slices",
    "gate",
    "infer_schema",
    "infra_validate",
    "ingest",
    "measure_operation",
    "package",
    "paired_differences",
    "push",
    "reduce",
    "register",
    "select_features",
    "statistics",
    "train",
    "transform",
    "validate",
]
