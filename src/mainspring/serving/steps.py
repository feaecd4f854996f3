"""The standard steps of serving: prove that a package answers as trained, measure it, let it answer, push it."""

import logging
from pathlib import Path
from typing import Any, Final, Literal

from mainspring.core.errors import InputError
from mainspring.core.verdicts import Verdict
from mainspring.data import Examples
from mainspring.evaluation.assertions import own_answers
from mainspring.evaluation.ports import Predictor
from mainspring.models.package import Package, columns_of
from mainspring.models.registry import PRODUCTION, ModelVersion, Registry
from mainspring.pipelines import File, resource, step
from mainspring.pipelines.arguments import CHECKPOINTS
from mainspring.serving.bulk import Options, PackageAnswerer, Reading
from mainspring.serving.bulk import run as answer_rows
from mainspring.serving.bulk.predictions import BulkPredictions
from mainspring.serving.infra_validator import validate, with_missing
from mainspring.serving.measuring import Operations
from mainspring.serving.measuring import measure_operation as measure
from mainspring.serving.push import Pushed, push_version

_LOG = logging.getLogger(__name__)

_NONE: Final[list[str]] = []
_DEFAULTS: Final[dict[str, Any]] = {}


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
    return validate(package, own_answers(model, asked), asked, singles=singles)


@step(requires=("msgspec", "onnxruntime", "starlette", "uvicorn"))
def measure_operation(
    package: Package,
    examples: Examples,
    baseline: Package | None = None,
    *,
    split: str = "eval",
    rows: int = 200,
    requests: int = 300,
    seconds: float = 20.0,
    batch: int = 100,
    concurrency: int = 1,
) -> Operations:
    """Serve a package, ask it real rows, and measure its size, latency, throughput, memory and time to load.

    Args:
        package: What would be served.
        examples: Where the rows come from.
        baseline: A package that is measured in turns with it, such as the blessed one; one that cannot read the
            rows is not measured, and the log says why.
        split: The split to take rows from; the first one if it is not there.
        rows: At most this many rows, from the beginning of the split.
        requests: How many single rows are timed of each package, and a tenth of it as many batches.
        seconds: About how long the timing may take.
        batch: Rows per batch.
        concurrency: Requests that are under way at the same time.
    """
    table = examples.split(split if split in examples.names else examples.names[0]).rows(0, rows)
    if baseline is not None:
        try:
            columns_of(table, baseline.signature)
        except InputError as error:
            _LOG.warning("the baseline was not measured: it cannot read the rows: %s", error)
            baseline = None
    return measure(
        package,
        table,
        baseline=baseline,
        requests=requests,
        seconds=seconds,
        batch=batch,
        concurrency=concurrency,
    )


@step(requires=("duckdb", "msgspec", "onnxruntime"))
def bulk_predict(
    package: Package,
    source: File,
    *,
    keep: list[str] = _NONE,
    columns: dict[str, str] = _DEFAULTS,
    probabilities: bool = True,
    errors: Literal["fail", "null"] = "fail",
    csv: dict[str, Any] = _DEFAULTS,
    options: dict[str, Any] = _DEFAULTS,
    processes: int | None = None,
    checkpoints: Path = resource(CHECKPOINTS),
) -> BulkPredictions:
    """Answer every row of a file, folder or glob of any size; after a kill it goes on where it stopped.

    Args:
        package: What answers.
        source: CSV, JSON lines, Parquet and what else ``read`` knows.
        keep: Columns of the data to keep beside the answers; ``*`` for all.
        columns: Column of the model to column of the data, where the names differ.
        probabilities: Whether the probability of every class is kept.
        errors: ``null`` gives rows that cannot be answered no answer, and says why; ``fail`` ends the step.
        csv: How text files are written.
        options: Options of the reader of other kinds of files.
        processes: How many processes work at a time; one per core by default.
        checkpoints: Where parts that are done are kept until all are.
    """
    report = answer_rows(
        source.location,
        PackageAnswerer(package),
        checkpoints / "predictions.parquet",
        options=Options(keep=tuple(keep), columns=columns, probabilities=probabilities, errors=errors),
        reading=Reading(csv=csv, options=options),
        processes=processes,
        dated=False,
    )
    return BulkPredictions.of(report)


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
