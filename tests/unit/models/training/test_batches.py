"""Mini-batches hold every row once, in an order that no thread decides."""

from itertools import chain

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Feature, Schema, Table, Transform
from mainspring.models.training.batches import Batches
from mainspring.models.training.streaming import train_in_batches

ROWS = 1000


def places(rows=ROWS):
    """A table whose rows can be told apart, and a transform that leaves the numbers as they are."""
    table = Table.from_columns(
        {
            "x": [float(row) for row in range(rows)],
            "counts": [float(row % 3) + 1 for row in range(rows)],
            "y": ["no" if row < rows / 2 else "yes" for row in range(rows)],
        }
    )
    features = {column.name: Feature(name=column.name, type=column.type) for column in table.columns}
    transform = Transform.fit(table, Schema(features=features, label="y"), exclude=["counts"])
    return table, transform


@pytest.fixture(scope="module")
def given():
    table, transform = places()
    return {"table": table, "transform": transform, "size": 64, "piece": 70, "buffer": 300}


def rows_of(batches, number=0, skip=0):
    """Each batch as the numbers of its rows."""
    mean, spread = (ROWS - 1) / 2, np.arange(ROWS).std()
    return [np.round(one.matrix[:, 0] * spread + mean).astype(int).tolist() for one in batches.epoch(number, skip)]


def test_an_epoch_holds_every_row_once_and_each_has_another_order(given):
    batches = Batches(**given)
    first, second = rows_of(batches, 0), rows_of(batches, 1)
    assert [len(one) for one in first] == [64] * 15 + [40]
    assert sorted(chain(*first)) == list(range(ROWS))
    assert sorted(chain(*second)) == list(range(ROWS))
    assert first != second
    assert rows_of(batches, 0) == first
    assert rows_of(Batches(**given, seed=1), 0) != first


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_threads_do_not_decide_the_order(given, workers):
    assert rows_of(Batches(**given, workers=workers), 3) == rows_of(Batches(**given), 3)


def test_without_a_buffer_rows_stay_in_order_and_some_may_be_passed_over(given):
    found = rows_of(Batches(**{**given, "buffer": 0}), 5)
    assert list(chain(*found)) == list(range(ROWS))
    assert rows_of(Batches(**given), 2, skip=4) == rows_of(Batches(**given), 2)[4:]


def test_matrix_target_and_weights_stay_together(given):
    table, transform = given["table"], given["transform"]
    whole = transform.apply(table)
    batches = Batches(**given, weight="counts", by_class=np.array([1.0, 10.0]))
    for one in batches.epoch(0):
        rows = np.searchsorted(whole[:, 0], one.matrix[:, 0])
        assert (whole[rows] == one.matrix).all()
        assert (one.target == (rows >= ROWS / 2)).all()
        assert (one.weights == (rows % 3 + 1) * np.where(one.target, 10.0, 1.0)).all()


@pytest.mark.parametrize("where", ["memory", "disk"])
def test_what_was_transformed_is_kept(given, tmp_path, where):
    cache = "memory" if where == "memory" else tmp_path
    batches = Batches(**given, cache=cache)
    plain = rows_of(Batches(**given), 1)
    rows_of(batches, 0)
    assert batches.waiting.transformed == ROWS
    assert rows_of(batches, 1) == plain
    assert batches.waiting.transformed == ROWS
    if where == "disk":
        again = Batches(**given, cache=cache)
        assert rows_of(again, 1) == plain
        assert again.waiting.transformed == 0
        other = Batches(**{**given, "piece": 80}, cache=cache)
        assert sorted(chain(*rows_of(other, 1))) == list(range(ROWS))
        assert other.waiting.transformed == ROWS


def test_an_epoch_may_be_left_early(given):
    import threading

    batches = Batches(**given)
    before = threading.active_count()
    for _ in batches.epoch(0):
        break
    assert threading.active_count() == before
    assert batches.waiting.rows == 64


def test_what_goes_wrong_is_raised_where_the_rows_are_asked_for(given):
    other = given["table"].sql("SELECT x, counts, CASE WHEN x > 900 THEN 'new' ELSE y END AS y FROM this")
    with pytest.raises(InputError, match="new"):
        list(Batches(**{**given, "table": other}).epoch(0))
    with pytest.raises(InputError, match="size is 0; the table has no rows"):
        Batches(**{**given, "size": 0, "table": given["table"].rows(0, 0)})


def test_the_spread_of_values_is_found_piece_by_piece():
    random = np.random.default_rng(0)
    values = random.normal(1e6, 3.0, 777)
    table = Table.from_columns({"x": random.random(777).tolist(), "y": values.tolist()})
    features = {column.name: Feature(name=column.name, type=column.type) for column in table.columns}
    transform = Transform.fit(table, Schema(features=features, label="y"), task="regression")
    mean, spread = Batches(table=table, transform=transform, piece=100).moments()
    assert mean == pytest.approx(values.mean(), rel=1e-12)
    assert spread == pytest.approx(values.std(), rel=1e-9)


def test_it_tells_how_long_the_learner_waited(given):
    batches = Batches(**given)
    rows_of(batches)
    assert 0.0 <= batches.waiting.share <= 1.0
    assert str(batches.waiting).startswith("1000 rows, ")
    assert str(batches.waiting).endswith("% of the time")


def test_an_estimator_that_needs_all_rows_says_so(given):
    with pytest.raises(InputError, match="needs all rows at once"):
        train_in_batches(Batches(**given), estimator="LogisticRegression")


def test_a_network_learns_from_batches_and_goes_on_after_a_pause(given, tmp_path):
    pytest.importorskip("torch", reason="PyTorch is an extra: pip install 'mainspring[torch]'")
    from mainspring.models.training.checkpoints import Checkpoints

    params = {"epochs": 4, "hidden": [8], "lr": 0.05, "dropout": 0.1}
    batches = Batches(**given, cache="memory")
    whole = train_in_batches(batches, params=params)
    assert (whole.predict(given["table"]).labels == given["table"].column("y")).mean() > 0.95
    places = Checkpoints(folder=tmp_path, steps=1, epochs=None, keep=1000)
    train_in_batches(batches, params=params, checkpoints=places)
    states = sorted(tmp_path.iterdir())
    for late in states[len(states) // 2 :]:
        (late / "checkpoint.json").unlink()
    again = train_in_batches(Batches(**given), params=params, checkpoints=places)
    name = "weights.safetensors"
    assert again.fitted.dump().read(name) == whole.fitted.dump().read(name)
    assert again.training.curves == whole.training.curves
