"""Builds packages: export, proof, and the Python runtime where a proof cannot be had."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError, IntegrityError, StateError, UnavailableError
from mainspring.core.plugins import load as load_plugin
from mainspring.data import Examples, Schema, Statistics, Table
from mainspring.evaluation import Evaluation, Fairness
from mainspring.evaluation.assertions import Declared, assertions_of
from mainspring.models.approximating import approximate
from mainspring.models.assembly import assemble
from mainspring.models.asserting import check
from mainspring.models.challenges import Columns, challenges
from mainspring.models.crossings import crossings
from mainspring.models.exporting import export
from mainspring.models.facts import data_facts, finish_facts, ranges, transform_facts
from mainspring.models.files import Files
from mainspring.models.model import Model
from mainspring.models.package import Package, columns_of
from mainspring.models.parity import Parity
from mainspring.models.ports import Exported, Exporter, NotExportableError, RuntimeLoader, Trainer
from mainspring.models.proof import prove
from mainspring.models.quality import evaluation_facts, fairness_facts
from mainspring.models.referring import REFERENCE_ROWS, refer, with_reference
from mainspring.models.signature import Signature, empty_column
from mainspring.models.variants import find_variant

MOST_ROWS = 10_000
"""At most this many real rows are compared, spread evenly over the table."""

MOST_ROWS_IN_PYTHON = 1_000
"""The Python runtime is the model itself, read back from its files: fewer rows tell whether that went well."""

TRAIN = "train"
"""The split that models learn from."""

PYTHON = "python"
"""The runtime that is the trained model itself."""


def build(
    model: Model,
    table: Table,
    *,
    variant: str = "onnx",
    exporters: Sequence[str] | None = None,
    metrics: Mapping[str, float] | None = None,
    data: Mapping[str, str] | None = None,
    about: str = "",
    evaluation: Evaluation | None = None,
    fairness: Fairness | None = None,
    examples: Examples | None = None,
    lineage: Mapping[str, str] | None = None,
    assertions: Declared | None = None,
    statistics: Statistics | None = None,
    schema: Schema | None = None,
    reference_rows: int = REFERENCE_ROWS,
) -> Package:
    """Package a model, proved to answer as it does.

    The exact variants, ``onnx`` and ``native``, answer as the model does on every row: where no exporter does, the
    package holds the trained model itself, runs in Python, and says why. Variants that trade exactness for size
    are held to their tolerance, and not made where they are not applicable: see :mod:`mainspring.models.variants`.

    Args:
        model: The trained model.
        table: Real rows, best those it was not trained on.
        variant: ``onnx``, ``onnx-float32``, ``onnx-int8``, ``browser`` or ``native``.
        exporters: Names of exporters, as the plugins offer them, to be tried in turn instead of the variant's; the
            first whose runtime agrees with the model on every row is taken; none for the Python runtime at once.
        metrics: How good the model is, for the model card.
        data: Digests of the data that it was made from, by name, for the model card.
        about: A sentence or more about what the model is for, for the model card.
        evaluation: How good the model is, by slice, for the model card; its figures are the metrics if none are
            given.
        fairness: How it treats groups of people, for the model card.
        examples: The data with its splits, for the model card: rows, digests, spans, balance of the label, and
            the ranges beyond which the model extrapolates; and for the reference by which the model is watched
            when it is served (:attr:`Package.reference`). Without examples there is none.
        lineage: Where the model comes from, for the model card: run, pipeline, commit.
        assertions: What its answers must keep, as :func:`mainspring.models.declare_assertions` takes them; those
            that the model declares if none are given.
        statistics: Of the examples, for the reference; by default they are computed.
        schema: What rows should look like, for the reference; by default what the statistics say. Columns with one
            of the tags ``personal``, ``sensitive`` and ``identifier`` are left out of it.
        reference_rows: How many rows of ``table``, with the model's answers, the reference keeps.

    Raises:
        InputError: If the table has no rows or lacks columns, if the model refuses all of its rows, if there is no
            such variant, or if an assertion does not fit the model.
        NotExportableError: If an inexact variant is not applicable, or lies further off than it may.
        StateError: If the model does not even answer as itself once it was saved and loaded.
    """
    if not table.num_rows:
        raise InputError("there are no rows to prove the package on", expected="a table with rows")
    declared = model.assertions if assertions is None else assertions_of(assertions)
    check(declared, model.signature())
    model = replace(model, assertions=())  # what is proved, and kept in the package, is the model itself
    columns = _sample(table, model.signature())
    signature = model.signature(not_nullable=_refused(model, columns))
    columns = _acceptable(columns, signature)
    chosen = find_variant(variant)
    if exporters is None and chosen.tolerance is not None:
        made = approximate(model, columns, signature, chosen)
        files, parity = made.exported.files, made.parity
        libraries: Sequence[str] = made.exported.libraries
        strange = {"strange_rows": dict(made.strange), **({"near_cutoff": dict(made.near)} if made.near else {})}
    else:
        strange = {}
        default = () if chosen.exporter is None else (chosen.exporter,)
        files, parity, libraries = _proved(model, columns, signature, default if exporters is None else exporters)
    details = {
        "estimator": model.recipe.estimator,
        "params": dict(model.recipe.params),
        "seed": model.recipe.seed,
        "variant": chosen.name,
        "label": model.transform.label,
        "probabilistic": model.fitted.probabilistic,
        "ignored": dict(model.transform.ignored),
        **finish_facts(model.calibration, model.decision),
        "metrics": _figures(evaluation) if metrics is None else dict(metrics),
        "data": dict(data or {}),
        "about": about,
        "transform": transform_facts(model.transform),
        "lineage": dict(lineage or {}),
        **_made_from(model, signature, evaluation, examples),
        **({} if fairness is None else {"fairness": fairness_facts(fairness)}),
        **strange,
    }
    package = assemble(
        files,
        signature,
        parity,
        libraries=libraries,
        columns=columns,
        details=details,
        assertions=declared,
    )
    if examples is None:
        return package
    reference = refer(package, examples, statistics=statistics, schema=schema, table=table, rows=reference_rows)
    return with_reference(package, reference)


def _made_from(
    model: Model, signature: Signature, evaluation: Evaluation | None, examples: Examples | None
) -> dict[str, Any]:
    """What the model card tells of data and quality."""
    found: dict[str, Any] = {}
    if examples is not None:
        found["datasets"] = data_facts(
            examples.splits, label=model.transform.label, spans=examples.spans, source=examples.source
        )
        found["ranges"] = ranges(examples.splits.get(TRAIN, next(iter(examples.splits.values()))), signature)
    if evaluation is not None:
        found["evaluation"] = evaluation_facts(evaluation)
    return found


def _figures(evaluation: Evaluation | None) -> dict[str, float]:
    overall = {} if evaluation is None else evaluation.overall
    return {name: float(value) for name, value in overall.items() if not math.isnan(value)}


def _proved(
    model: Model, columns: Columns, signature: Signature, exporters: Sequence[str]
) -> tuple[Files, Parity, Sequence[str]]:
    """The files of the first runtime that agrees with the model, and its report."""
    reasons: list[str] = []
    examples: tuple[Mapping[str, Any], ...] = ()
    for name in exporters:
        exporter = cast("Exporter", load_plugin("exporters", name)())
        try:
            exported = export(exporter, model, signature)
            parity = _compare(model, columns, signature, exported)
        except (NotExportableError, UnavailableError, IntegrityError) as error:
            reasons.append(f"{name}: {error.found}")
            continue
        if parity.ok:
            return exported.files, parity, exported.libraries
        reasons.append(f"{name} answers differently: {parity}")
        examples = examples or parity.examples
    native = model.files().inside("native")
    libraries = cast("Trainer", load_plugin("trainers", model.trainer)()).libraries
    some = {name: column[:MOST_ROWS_IN_PYTHON] for name, column in columns.items()}
    parity = _compare(model, some, signature, Exported(PYTHON, native, tuple(libraries), 1e-9))
    if not parity.ok:
        raise StateError(
            f"the model, saved and loaded again, does not answer as it did: {parity}",
            expected="the same answers",
            fix="choose another estimator",
        )
    reason = "; ".join(reasons) or "no exporter was asked for"
    return native, replace(parity, fallback_reason=reason, examples=examples or parity.examples), libraries


def _compare(model: Model, columns: Columns, signature: Signature, exported: Exported) -> Parity:
    loader = cast("RuntimeLoader", load_plugin("runtimes", exported.runtime))
    runtime = loader(exported.files, signature)
    found = challenges(columns, signature, model.transform, exported.boundaries)
    found += crossings(model, columns, signature)
    return prove(model, runtime, found, name=exported.runtime, tolerance=exported.tolerance)


def _refused(model: Model, columns: Columns) -> tuple[str, ...]:
    """The columns in which the model cannot take a missing value."""
    row = {name: column[:1] for name, column in columns.items()}
    fields = model.signature().inputs
    complete = _complete(columns)
    base = row if complete is None else {name: column[complete : complete + 1] for name, column in columns.items()}
    return tuple(field.name for field in fields if not model.takes({**base, field.name: empty_column(field, 1)}))


def _complete(columns: Columns) -> int | None:
    """The first row in which nothing is missing."""
    whole = ~np.any([_missing(column) for column in columns.values()], axis=0)
    return int(whole.argmax()) if whole.any() else None


def _acceptable(columns: Columns, signature: Signature) -> Columns:
    """The rows that have a value in every column that needs one.

    Raises:
        InputError: If there are none.
    """
    strict = [field.name for field in signature.inputs if not field.nullable]
    if not strict:
        return columns
    kept = ~np.any([_missing(columns[name]) for name in strict], axis=0)
    if not kept.any():
        raise InputError(
            f"the model takes no missing values in {', '.join(strict)}, and every row has one there",
            expected="rows that it can answer",
            fix="fill missing values in the transform",
        )
    return {name: column[kept] for name, column in columns.items()}


def _missing(column: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    if column.dtype == object:
        return np.fromiter((value is None for value in column), dtype=bool, count=len(column))
    return np.asarray(np.isnan(column), dtype=bool)


def _sample(table: Table, signature: Signature) -> Columns:
    columns = columns_of(table, signature)
    if table.num_rows <= MOST_ROWS:
        return columns
    chosen = np.linspace(0, table.num_rows - 1, MOST_ROWS).astype(np.int64)
    return {name: column[chosen] for name, column in columns.items()}
