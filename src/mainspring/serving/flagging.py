"""Outliers in a server: rows of a model with options ``outliers`` are judged, and answers tell of it if asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from mainspring.core.errors import InputError
from mainspring.models.package import Package
from mainspring.models.signature import Field
from mainspring.serving.call import Call
from mainspring.serving.outliers.judged import FLAG, SCORE
from mainspring.serving.outliers.options import OutlierOptions
from mainspring.serving.prediction import Prediction

if TYPE_CHECKING:
    from mainspring.data import TableStatistics
    from mainspring.serving.outliers.judging import OutlierJudge

PARAMETER: Final = "outliers"
"""The parameter of a request that asks for outliers in its answer."""
HEADER: Final = b"x-mainspring-outliers"
"""The header that asks for the same."""

REASONS: Final = "outlier.columns"


def judge_of(package: Package, options: OutlierOptions) -> OutlierJudge:
    """What judges the rows that a package answers.

    Raises:
        InputError: If the package has no reference, or the options ask for what it does not know.
    """
    # Imported here: most servers have no need of it, nor of the engine that reads rows.
    from mainspring.serving.outliers.judge_fitting import fit_reference

    reference = package.reference
    if reference is None:
        raise InputError(
            "the options of the model say outliers, and its package does not know what it was trained on",
            expected="a package with a reference",
            fix="package it with its examples, or leave outliers out",
        )
    return fit_reference(
        reference,
        method=options.method,
        share=options.share,
        columns=options.columns,
        inputs=[one.name for one in _alike(package.signature.inputs, reference.statistics)],
        threshold=options.threshold,
    )


def asked(call: Call) -> bool:
    """Whether a request asks for outliers in its answer."""
    question = call.question
    if question is not None and question.parameters.get(PARAMETER) is True:
        return True
    return call.headers.get(HEADER, b"").strip().lower() == b"true"


def tags_of(call: Call, prediction: Prediction) -> Mapping[str, Any]:
    """The tags that an answer is sent with: the model's own, and what is said of outliers if that was asked for.

    That is, row by row, whether it is an ``outlier``, its ``outlier.score``, and ``outlier.columns``: those that
    make it one, the first of them the most.
    """
    found = prediction.outliers
    if found is None or not asked(call):
        return prediction.tags
    reasons: list[tuple[str, ...]] = [()] * prediction.rows
    if any(found.flags):
        rows = [row for row, flag in enumerate(found.flags) if flag]
        columns = {name: prediction.columns[name][rows] for name in found.judge.columns}
        for row, names in zip(rows, found.judge.reasons(columns), strict=True):
            reasons[row] = names
    return {**prediction.tags, FLAG: found.flags, SCORE: found.scores, REASONS: reasons}


def _alike(fields: Iterable[Field], statistics: TableStatistics) -> Iterable[Field]:
    """The inputs whose values a server reads as training did: numbers as numbers, and words as words."""
    for field in fields:
        feature = statistics.features.get(field.name)
        words = field.datatype == "BYTES"
        if (
            feature is not None
            and len(field.shape) == 1
            and words == (feature.type in ("STRING", "DATE", "TIMESTAMP"))
        ):
            yield field
