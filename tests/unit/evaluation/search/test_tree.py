from __future__ import annotations

import numpy as np
import pytest

from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.search import grow_error_tree


def test_a_planted_slice_is_the_worst_leaf() -> None:
    random = np.random.default_rng(3)
    rows = 4_000
    city = random.choice(["x", "y", "z"], rows)
    age = random.integers(18, 80, rows).astype(float)
    bad = (city == "z") & (age < 30)
    wrong = np.zeros(rows, dtype=bool)
    # Exactly 60 % against 5 %.
    for part, share in ((bad, 0.6), (~bad, 0.05)):
        places = np.flatnonzero(part)
        wrong[places[: round(share * len(places))]] = True
    truth = random.random(rows) < 0.5
    yes = np.where(truth ^ wrong, 0.9, 0.1)
    table = Table.from_columns({"city": city, "age": age, "noise": random.normal(size=rows), "label": truth})
    tree = grow_error_tree(Predictions(("false", "true"), np.column_stack([1 - yes, yes])), table, label="label")
    top = tree.leaves[0]
    assert table.where(top.sql).num_rows == top.count
    assert abs(top.count - bad.sum()) < 0.15 * bad.sum()
    assert top.loss == pytest.approx(0.6, abs=0.06)
    assert top.coverage == pytest.approx(wrong[bad].sum() / wrong.sum(), abs=0.05)
    assert any("city is z" in text for text in top.conditions)
    assert sum(leaf.count for leaf in tree.leaves) == rows
    assert sum(leaf.coverage for leaf in tree.leaves) == pytest.approx(1.0)
    assert sum(leaf.count * leaf.loss for leaf in tree.leaves) / rows == pytest.approx(tree.loss)


def test_a_perfect_model_has_one_leaf() -> None:
    table = Table.from_columns({"a": np.arange(100.0), "label": [True, False] * 50})
    sure = np.tile([[0.0, 1.0], [1.0, 0.0]], (50, 1))
    tree = grow_error_tree(Predictions(("false", "true"), sure), table, label="label")
    assert [(leaf.sql, leaf.count, leaf.loss, leaf.coverage) for leaf in tree.leaves] == [("true", 100, 0.0, 0.0)]


def test_a_tree_of_no_rows_can_be_written() -> None:
    table = Table.from_columns({"a": [1.0, 2.0], "label": [None, None]})
    tree = grow_error_tree(Predictions(("no", "yes"), np.eye(2)), table, label="label")
    assert tree.as_dict()["loss"] is None
