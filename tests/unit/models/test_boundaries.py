"""Where a threshold lies among raw values, worked out by hand."""

from __future__ import annotations

import numpy as np

from mainspring.data import Transform
from mainspring.data.celltypes import ColumnType
from mainspring.data.columns import Column
from mainspring.data.transforms import ops
from mainspring.models.boundaries import raw_boundaries

ROWS = {"x": np.array([0.5, 9.0, np.nan, 3.0]), "y": np.array([1.0, 2.0, 3.0, 4.0])}


def found(*steps, thresholds, results=None):
    inputs = (Column("x", ColumnType.FLOAT), Column("y", ColumnType.FLOAT))
    transform = Transform(inputs=inputs, steps=steps, ignored={}, results=results or (steps[-1].output,))
    return raw_boundaries(transform, ROWS, {place: np.array(value) for place, value in thresholds.items()})


def test_what_is_filled_and_scaled_is_turned_back():
    values = found(ops.Fill(("x",), "f", 1.0), ops.Scale(("f",), "o", 2.0, 4.0), thresholds={0: [0.25]})["x"]
    assert {3.0, np.nextafter(3.0, 4.0), np.nextafter(3.0, 0.0)} <= set(values.tolist())
    assert float(np.nextafter(np.float32(3.0), np.float32(4.0))) in values


def test_edges_of_buckets_are_tried_even_where_no_tree_asks():
    values = found(ops.Bucketize(("x",), "o", (1.5, 7.0)), thresholds={})["x"]
    assert {1.5, 7.0, np.nextafter(7.0, 0.0)} <= set(values.tolist())


def test_other_ops_are_searched_up_to_neighbouring_numbers():
    values = found(ops.Root(("x",), "o"), thresholds={0: [2.0, 99.0]})["x"]
    below = values[np.sqrt(values) < 2.0].max()
    assert np.sqrt(np.nextafter(below, 9.0)) >= 2.0


def test_behind_a_logarithm_the_very_threshold_is_left_alone():
    values = found(ops.Log(("x",), "o", 1.0), thresholds={0: [np.log(4.0)]})["x"]
    near = values[np.abs(values - 3.0) < 0.1]
    assert len(near)
    assert (np.abs(near - 3.0) > 1e-10).all()
    assert (np.abs(near - 3.0) < 1e-8).all()


def test_a_value_of_two_columns_has_no_place_in_either():
    assert found(ops.Combine(("x", "y"), "o", "+"), thresholds={0: [2.0]}) == {}
