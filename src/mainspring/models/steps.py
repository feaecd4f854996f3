"""The standard steps of models: train, package, register.

Thin on purpose: each step is one call of a plain function of this room.
"""

import math
from typing import Any, Final

from mainspring.data import Examples, Transform
from mainspring.evaluation import Evaluation
from mainspring.models.model import Model
from mainspring.models.package import Package
from mainspring.models.packaging import build
from mainspring.models.registry import PRODUCTION, ModelVersion, Registry
from mainspring.models.training import train as train_model
from mainspring.pipelines import resource, step

_NONE: Final[dict[str, Any]] = {}


@step(isolation="process", requires=("scikit-learn", "lightgbm", "skops"))
def train(
    examples: Examples,
    transform: Transform,
    *,
    estimator: str = "lightgbm.LGBMClassifier",
    params: dict[str, Any] = _NONE,
    seed: int = 0,
    split: str = "train",
) -> Model:
    """Train an estimator on the rows of a split.

    Args:
        examples: The rows.
        transform: Fitted on them; it also says whether the task is classification or regression.
        estimator: Full name or class name of an estimator of scikit-learn or LightGBM.
        params: Arguments of its constructor.
        seed: Of every random choice.
        split: Name of the split.
    """
    return train_model(examples.split(split), transform, estimator=estimator, params=params, seed=seed)


@step(isolation="process", requires=("onnx", "onnxruntime", "scikit-learn", "lightgbm"))
def package(
    model: Model,
    examples: Examples,
    evaluation: Evaluation | None = None,
    *,
    split: str = "eval",
    about: str = "",
) -> Package:
    """Package a model, and prove on real and on hostile rows that the package answers as the model does.

    Args:
        model: What was trained.
        examples: Where the real rows come from.
        evaluation: How good the model is, for the model card.
        split: Name of the split that the rows are taken from; the first one if it is not there.
        about: What the model is for, for the model card.
    """
    table = examples.split(split if split in examples.names else examples.names[0])
    data = {name: rows.digest() for name, rows in examples.splits.items()}
    return build(model, table, metrics=_metrics(evaluation), data=data, about=about)


@step
def register(
    package: Package,
    evaluation: Evaluation | None = None,
    *,
    name: str,
    metric: str | None = None,
    alias: str | None = PRODUCTION,
    reason: str = "",
    registry: Registry = resource("registry"),
) -> ModelVersion:
    """Give a package the next version of a model; a package that has one keeps it.

    Args:
        package: What is registered.
        evaluation: How good it is.
        name: Name of the model.
        metric: The metric by which MINOR grows.
        alias: What to point at a new version; ``None`` to leave every alias where it is.
        reason: What for.
        registry: Where.
    """
    return registry.register(
        package,
        name=name,
        metrics=_metrics(evaluation),
        metric=metric,
        author="pipeline",
        reason=reason,
        alias=alias,
        in_step=True,
    )


def _metrics(evaluation: Evaluation | None) -> dict[str, float]:
    """The overall metrics that exist."""
    overall = {} if evaluation is None else evaluation.overall
    return {name: float(value) for name, value in overall.items() if not math.isnan(value)}
