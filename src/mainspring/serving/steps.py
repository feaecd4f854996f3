"""The standard steps of serving: prove that a package answers as trained, and push it."""

from pathlib import Path

from mainspring.core.verdicts import Verdict
from mainspring.data import Examples
from mainspring.evaluation.ports import Predictor
from mainspring.models.package import Package
from mainspring.models.registry import PRODUCTION, ModelVersion, Registry
from mainspring.pipelines import resource, step
from mainspring.serving.infra_validator import validate, with_missing
from mainspring.serving.push import Pushed, push_version


@step(requires=("msgspec", "onnxruntime", "starlette", "uvicorn"))
def infra_validate(
    package: Package,
    model: Predictor,
    examples: Examples,
    *,
    split: str = "eval",
    rows: int = 500,
    singles: int = 100,
) -> Verdict:
    """Start a real server process on a package, ask it real rows, and compare with the trained model.

    The rows are asked with their columns shuffled, in batches and alone; rows with missing values are added. The
    run goes on either way: use the verdict as a condition, ``with when(verdict, infra): …``.

    Args:
        package: What would be served.
        model: What was trained.
        examples: Where the rows come from.
        split: The split to take them from; the first one if it is not there.
        rows: At most this many rows, from the beginning of the split.
        singles: How many of them are asked one by one, which gives the latency.
    """
    table = examples.split(split if split in examples.names else examples.names[0]).rows(0, rows)
    asked = with_missing(table, package.signature)
    return validate(package, model.predict(asked), asked, singles=singles)


@step
def push(
    package: Package,
    version: ModelVersion,
    *,
    alias: str = PRODUCTION,
    reason: str = "",
    registry: Registry = resource("registry"),
    deployments: Path = resource("deployments"),
) -> Pushed:
    """Copy a package into the serving folder, serve it from there, and point the alias at its version.

    Args:
        package: What is pushed.
        version: Its version in the registry.
        alias: The alias that says what is served.
        reason: What for; it stays in the histories of the alias and of the folder.
        registry: Where the alias lives.
        deployments: The serving folder, with one folder per model.
    """
    return push_version(
        package, version, alias=alias, by="pipeline", reason=reason, registry=registry, deployments=deployments
    )
