import random

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.profiling.sampling import rows_at, sample_rows, spread_rows


@pytest.fixture(scope="module")
def numbers() -> Table:
    return Table.of_query("SELECT i AS id, (i % 97)::VARCHAR AS k, i * 0.5 AS x FROM range(20000) t(i)")


def ids(table: Table) -> list[int]:
    return [int(value) for value in table.to_columns()["id"]]


def test_a_rate_draws_about_that_share(numbers: Table) -> None:
    drawn, sample = sample_rows(numbers, rate=0.1)
    assert 1800 < drawn.num_rows < 2200
    assert (sample.rate, sample.seed, sample.rows_of) == (0.1, 0, 20000)
    assert ids(drawn) == sorted(ids(drawn))
    assert drawn.columns == numbers.columns
    assert sample_rows(numbers, rate=0.0)[0].num_rows == 0
    assert sample_rows(numbers, rate=1.0)[0].num_rows == 20000


def test_the_same_rows_whatever_their_order_and_part(numbers: Table) -> None:
    whole = ids(sample_rows(numbers, rate=0.1)[0])
    backwards = numbers.sql("SELECT * FROM this ORDER BY id DESC")
    assert ids(sample_rows(backwards, rate=0.1)[0]) == whole[::-1]
    parts = [numbers.rows(start, start + 3000) for start in range(0, 20000, 3000)]
    assert [one for part in parts for one in ids(sample_rows(part, rate=0.1)[0])] == whole
    assert set(ids(sample_rows(numbers, rate=0.2)[0])) > set(whole)


def test_another_seed_draws_other_rows(numbers: Table) -> None:
    one, other = (set(ids(sample_rows(numbers, rows=2000, seed=seed)[0])) for seed in (0, 1))
    assert 100 < len(one & other) < 300


def test_a_number_of_rows_is_drawn_from_samples_of_parts_alike(numbers: Table) -> None:
    drawn, sample = sample_rows(numbers, rows=150)
    assert (drawn.num_rows, sample.rate) == (150, 0.0075)
    parts = [sample_rows(numbers.rows(start, start + 3000), rows=150)[0] for start in range(0, 20000, 3000)]
    random.Random(1).shuffle(parts)
    together = parts[0]
    for part in parts[1:]:
        together = together.concat(part)
    assert sorted(ids(sample_rows(together, rows=150)[0])) == ids(drawn)
    assert sample_rows(numbers, rows=10**9)[0].num_rows == 20000


def test_rows_that_agree_stay_together(numbers: Table) -> None:
    drawn, _ = sample_rows(numbers, rate=0.3, by="k")
    counts = drawn.sql("SELECT count(*) AS n FROM this GROUP BY k").to_columns()["n"]
    assert min(counts) >= 206  # every row of a key that was drawn
    assert 10 < len(counts) < 50


def test_what_makes_no_sense_is_told(numbers: Table) -> None:
    for wrong in ({}, {"rate": 0.5, "rows": 3}, {"rate": 1.5}, {"rows": -1}, {"rate": 0.5, "by": "gone"}):
        with pytest.raises(InputError):
            sample_rows(numbers, **wrong)
    assert sample_rows(numbers.where("false"), rows=5)[1].rate == 1.0


def test_spread_rows_take_one_of_each_stretch():
    table = Table.from_columns({"x": list(range(1000))})
    drawn = spread_rows(table, 100, seed=3).column("x")
    assert (drawn // 10).tolist() == list(range(100))
    assert drawn.tolist() == spread_rows(table, 100, seed=3).column("x").tolist()
    assert drawn.tolist() != spread_rows(table, 100, seed=4).column("x").tolist()


def test_spread_rows_draw_equal_rows_in_proportion():
    table = Table.from_columns({"x": [0] * 900 + [1] * 100})
    assert spread_rows(table, 100).column("x").sum() == 10


def test_spread_rows_of_few():
    table = Table.from_columns({"x": [1, 2, 3]})
    assert spread_rows(table, 3).column("x").tolist() == [1, 2, 3]
    assert spread_rows(table, 0).num_rows == 0
    with pytest.raises(InputError, match="-1 rows"):
        spread_rows(table, -1)


def test_rows_at_places_once_and_in_order():
    table = Table.from_columns({"x": ["a", "b", "c"]})
    assert rows_at(table, np.array([2, 0, 2])).column("x").tolist() == ["a", "c"]
