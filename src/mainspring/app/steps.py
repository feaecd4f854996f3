"""The standard steps of a tabular pipeline, in the order in which a model meets them."""

from mainspring.data.steps import assess, infer_schema, ingest, statistics, transform, validate
from mainspring.evaluation.steps import evaluate, gate
from mainspring.models.steps import package, register, train
from mainspring.serving.steps import infra_validate, push

__all__ = [
    "assess",
    "evaluate",
    "gate",
    "infer_schema",
    "infra_validate",
    "ingest",
    "package",
    "push",
    "register",
    "statistics",
    "train",
    "transform",
    "validate",
]
