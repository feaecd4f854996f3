"""Statistics under the names of columns."""

from __future__ import annotations

import pytest

from mainspring.data import Table, summarize
from mainspring.data.profiling import Options, summarize_table
from mainspring.evaluation.naming import by_column
from mainspring.evaluation.reference import Reference
from mainspring.serving.outliers import fit_reference
from mainspring.serving.outliers.options import Method

ROWS = Table.from_columns(
    {"trip.fare": [float(one) for one in range(60)], "tip": [float(-one) for one in range(60)]}
)


def test_a_point_in_a_name_is_a_point() -> None:
    found = by_column(summarize_table(ROWS, options=Options(crosses=True)))
    assert list(found.features) == ["trip.fare", "tip"]
    assert found.features["trip.fare"].name == "trip.fare"
    assert found.crosses is not None
    assert found.crosses.moments is not None
    assert list(found.crosses.moments.columns) == ["trip.fare", "tip"]


def test_statistics_without_such_names_are_themselves() -> None:
    plain = summarize({"rows": ROWS.select(["tip"])}).split("rows")
    assert by_column(plain) is plain
    reference = Reference(statistics=plain)
    assert reference.by_column() is reference


@pytest.mark.parametrize("method", ["robust", "mahalanobis", "isolation_forest", "domain"])
def test_outliers_are_looked_for_in_columns_with_points(method: Method) -> None:
    reference = Reference(statistics=summarize({"rows": ROWS}).split("rows"), rows=ROWS)
    assert set(fit_reference(reference, method=method).columns) == {"trip.fare", "tip"}
