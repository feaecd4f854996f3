"""Making a judge of outliers of the reference that a package carries."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.profiling import Options, rows_at, summarize_table
from mainspring.evaluation.naming import by_column
from mainspring.evaluation.reference import Reference
from mainspring.serving.outliers.detector import Fitted
from mainspring.serving.outliers.distances import Mahalanobis, Neighbours, Reconstruction, Robust
from mainspring.serving.outliers.domain import domain_of
from mainspring.serving.outliers.encoding import Number, RowEncoder, encoder_of
from mainspring.serving.outliers.fitting import SHARE, fit
from mainspring.serving.outliers.isolation_forest import IsolationForest
from mainspring.serving.outliers.judging import Encoded, OutlierJudge, Scorer, Source
from mainspring.serving.outliers.options import Method

LEAST_ROWS: Final = 20

_Fit: TypeAlias = Callable[[npt.NDArray[np.float64]], Scorer]

_LEARNERS: Final[Mapping[Method, _Fit]] = {
    "isolation_forest": IsolationForest.fit,
    "neighbours": Neighbours.fit,
    "reconstruction": Reconstruction.fit,
}


def fit_reference(
    reference: Reference,
    *,
    method: Method = "robust",
    share: float = SHARE,
    columns: Sequence[str] = (),
    inputs: Sequence[str] | None = None,
    threshold: float | None = None,
) -> OutlierJudge:
    """Make a judge of outliers of what a package knows of its model's training.

    ====================  ===================================================================================
    ``robust``            the largest distance of a number from the median of its column
    ``mahalanobis``       the distance of the numbers from their mean that knows how columns vary together
    ``isolation_forest``  how few random cuts set the row apart from others
    ``neighbours``        the distance from the 10th nearest of up to 2,000 rows
    ``reconstruction``    what a linear autoencoder loses: principal components of 90 % of the variance
    ``domain``            how many values are out of range, unknown words, or missing where none ever was
    ====================  ===================================================================================

    The first two look at numbers and need statistics alone; the next three look at words, too, by how rare they
    are, and are fitted on every other row of the reference. The threshold is the score that the rows of the
    reference it was not fitted on pass with the probability ``share`` at most: of rows like those of the reference
    no larger share is flagged on average (S. Bates and others, *Testing for outliers with conformal p-values*,
    The Annals of Statistics 2023). Without rows, ``robust`` and ``mahalanobis`` take columns for normal.

    Args:
        reference: What the package knows.
        method: How rows are scored.
        share: How many of usual rows may be taken for outliers; of ``domain`` every value outside counts.
        columns: The inputs that are looked at; by default all that the method can use.
        inputs: The inputs of the model; by default those of the reference.
        threshold: From which score on a row is an outlier, instead.

    Raises:
        InputError: If the share is none, a column cannot be looked at, or the method needs rows and there are
            fewer than 20.
    """
    if not 0.0 < share < 1.0:
        raise InputError(f"the share is {share}", expected="more than 0 and less than 1")
    reference = reference.by_column()
    known = reference.inputs if inputs is None else [name for name in inputs if name in reference.inputs]
    rows, usual = reference.rows, None
    source: Source
    if method == "domain":
        source, usual = domain_of(reference.statistics, reference.schema, columns or known), 0.0
    elif method in _LEARNERS:
        source, rows = _learned(reference, method, columns or known)
    else:
        source, usual = _described(reference, method, columns or _numbers(reference, known), share)
    _check(source, columns, method)
    scores = None if rows is None or not rows.num_rows else source.scores(columns_of(rows, source.columns))
    if threshold is None:
        few = scores is None or len(scores) < LEAST_ROWS or method == "domain"
        threshold = usual if few or scores is None else conformal(scores, share)
    chosen = math.inf if threshold is None else threshold
    return OutlierJudge(
        method=method,
        source=source,
        threshold=chosen,
        share=None if scores is None else float((scores > chosen).mean()),
        rows=0 if scores is None else len(scores),
    )


def conformal(scores: npt.NDArray[np.float64], share: float) -> float:
    """The score that another row like these passes with this probability at most.

    Example:
        >>> conformal(np.arange(99.0), 0.05)
        94.0
    """
    place = min(math.ceil((len(scores) + 1) * (1.0 - share)), len(scores))
    return float(np.sort(scores)[place - 1])


def columns_of(rows: Table, names: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    """The columns of a table as a judge reads them.

    Raises:
        InputError: If one is not there.
    """
    return {name: rows.column(name) for name in names}


def _check(source: Source, columns: Sequence[str], method: Method) -> None:
    wrong = [name for name in columns if name not in source.columns]
    if wrong or not source.columns:
        raise InputError(
            f"the method {method} cannot look at {', '.join(wrong) or 'any input'}",
            expected="columns of numbers, or of words that come again",
        )


def _numbers(reference: Reference, names: Sequence[str]) -> list[str]:
    features = reference.statistics.features
    known = ((name, features[name].numbers) for name in names if not features[name].levels)
    return [name for name, numbers in known if numbers is not None and numbers.m2 > 0]


def _described(reference: Reference, method: Method, names: Sequence[str], share: float) -> tuple[Source, float]:
    """A source made of statistics, and its threshold where columns are normal."""
    if not names:
        raise InputError(
            "no input has numbers that vary",
            expected="numbers",
            fix="choose the method isolation_forest or domain",
        )
    if method == "robust":
        found = fit(reference.statistics, columns=names, method="robust", share=share)
        return Encoded(_encoder(found), Robust()), found.threshold
    statistics = reference.statistics
    together = None if statistics.crosses is None else statistics.crosses.moments
    if len(names) > 1 and (together is None or not set(names) <= set(together.columns)):
        # Statistics of a run without a label do not know how columns vary together, but the rows do.
        rows = _rows(reference, method).select(list(names))
        statistics = by_column(summarize_table(rows, options=Options(crosses=True)))
    if len(names) == 1:
        found = fit(statistics, columns=names, method="robust", share=share)
        return Encoded(_encoder(found), Robust()), found.threshold
    found = fit(statistics, columns=names, method="mahalanobis", share=share)
    return Encoded(_encoder(found), Mahalanobis(np.array(found.inverse))), found.threshold


def _encoder(found: Fitted) -> RowEncoder:
    return RowEncoder([Number(*part) for part in zip(found.columns, found.centre, found.scale, strict=True)])


def _learned(reference: Reference, method: Method, names: Sequence[str]) -> tuple[Source, Table]:
    """A source fitted on every other row, and the other half of the rows."""
    rows = _rows(reference, method)
    encoder = encoder_of(reference.statistics, [name for name in names if name in rows.names])
    if not encoder.columns:
        return Encoded(encoder, Robust()), rows  # refused by whoever called
    matrix = encoder.matrix(columns_of(rows, encoder.columns))
    source = Encoded(encoder, _LEARNERS[method](matrix[::2]))
    return source, rows_at(rows, np.arange(1, rows.num_rows, 2))


def _rows(reference: Reference, method: Method) -> Table:
    rows = reference.rows
    if rows is None or rows.num_rows < LEAST_ROWS:
        raise InputError(
            f"the method {method} needs rows, and the reference has {0 if rows is None else rows.num_rows}",
            expected=f"at least {LEAST_ROWS}",
            fix="package the model with reference_rows, or choose the method robust or domain",
        )
    return rows
