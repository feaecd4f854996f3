"""The matrix of a graph against NumPy's, on the mixed tables and on answers made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Transform
from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import Column
from mainspring.data.transforms import ops
from mainspring.models.challenges import Challenge
from mainspring.models.matrices import compare, matrix_by_graph, prove_matrix
from mainspring.models.ports import NotExportableError


def test_the_graph_gives_the_matrix_to_the_last_bit(tables, transforms):
    for (task, _), transform in transforms.items():
        table = tables[task]
        expected = transform.apply(table)
        np.testing.assert_array_equal(matrix_by_graph(table, transform, rows=150), expected)
        single = matrix_by_graph(table, transform, rows=97, dtype="float32", threads=1)
        np.testing.assert_array_equal(single, expected.astype(np.float32))


def test_a_proof_covers_real_and_hostile_rows(tables, transforms):
    parity = prove_matrix(transforms["binary", "filled"], tables["binary"])
    assert parity.ok
    assert parity.max_difference == 0.0
    assert set(parity.kinds) == {"real", "missing", "unseen", "odd"}
    assert parity.worst == ()
    assert str(parity).endswith("largest difference 0")


def test_logarithms_agree_within_the_tolerance(tables):
    transform = Transform(
        inputs=(Column("fare", ColumnType.FLOAT),),
        steps=(ops.Log(("fare",), "log", 1.0), ops.Bucketize(("fare",), "bucket", (5.0, 10.0))),
        ignored={},
        results=("log", "bucket"),
    )
    parity = prove_matrix(transform, tables["binary"])
    assert parity.ok
    assert parity.differences["bucket"] == 0.0
    assert parity.kinds["boundary"]


def test_a_wrong_graph_is_caught_with_its_worst_rows_first():
    transform = Transform(
        inputs=(Column("x", ColumnType.FLOAT),),
        steps=(ops.Scale(("x",), "o", 1.0, 2.0),),
        ignored={},
        results=("o",),
    )
    rows = Challenge("real", {"x": np.array([1.0, 3.0, 5.0, np.nan])})
    parity = compare(transform, lambda columns: np.array([[0.0], [1.5], [np.nan], [np.nan]]), [rows])
    assert not parity.ok
    assert parity.differences == {"o": np.inf}
    assert [(worst["numpy"], worst["row"]["x"]) for worst in parity.worst] == [(2.0, 5.0), (1.0, 3.0)]
    assert parity.worst[1]["graph"] == 1.5


def test_errors(tables, transforms):
    transform, table = transforms["binary", "filled"], tables["binary"]
    with pytest.raises(InputError, match="columns are missing: fare"):
        matrix_by_graph(table.drop(["fare"]), transform)
    with pytest.raises(InputError, match="float16"):
        matrix_by_graph(table, transform, dtype="float16")
    with pytest.raises(InputError, match="no rows"):
        prove_matrix(transform, table.rows(0, 0))
    hashed = Transform(
        inputs=(Column("company", ColumnType.STRING),),
        steps=(ops.Hash(("company",), "o", 4),),
        ignored={},
        results=("o",),
    )
    with pytest.raises(NotExportableError, match="no standard operator hashes"):
        matrix_by_graph(table, hashed)
