"""Splits depend on what a row holds, and on nothing else."""

import hashlib
import random

import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table, split_rows

SHARES = {"train": 3, "eval": 1}


def bucket_of(row, *, seed=0, total=4):
    """The rule, in other words: what the docstring of split_rows promises."""
    cells = []
    for _, value in sorted(row.items()):
        if value is None:
            cells.append("\x1e")
        elif isinstance(value, float) and value.is_integer():
            cells.append(str(int(value)))
        else:
            cells.append(str(value))
    text = "\x1f".join([str(seed), *cells])
    return int(hashlib.md5(text.encode()).hexdigest()[:15], 16) % total


def made_up(count):
    dice = random.Random(3)
    return [
        {
            "n": dice.randint(-5, 5),
            "x": dice.choice([None, 0.25, 2.0, -1.5]),
            "w": dice.choice(["a", "b c", None]),
            "id": n,
        }
        for n in range(count)
    ]


def test_the_rule_is_the_one_that_is_written_down():
    rows = made_up(300)
    splits, origins = split_rows(Table.from_rows(rows), SHARES)
    wanted = [number for number, row in enumerate(rows, start=1) if bucket_of(row) < 3]
    assert origins["train"].tolist() == wanted
    assert splits["train"].to_columns()["id"] == [number - 1 for number in wanted]
    assert sorted([*origins["train"], *origins["eval"]]) == list(range(1, 301))


def test_a_row_goes_where_it_goes_whatever_is_around_it():
    rows = made_up(200)
    splits, _ = split_rows(Table.from_rows(rows), SHARES)
    train = set(splits["train"].to_columns()["id"])
    shuffled = random.Random(1).sample(rows, 60)
    turned = [dict(reversed(row.items())) for row in shuffled]
    some, _ = split_rows(Table.from_rows(turned), SHARES)
    assert set(some["train"].to_columns()["id"]) == train & {row["id"] for row in turned}


def test_numbers_are_one_however_their_column_is_typed():
    whole = Table.from_columns({"x": list(range(50))})
    fractional = Table.from_columns({"x": [*map(float, range(50)), 0.5]})
    text = Table.from_columns({"x": [*map(str, range(50)), "none"]})
    trains = [set(map(str, split_rows(table, SHARES)[0]["train"].to_columns()["x"])) for table in (whole, text)]
    assert trains[0] == trains[1] - {"none"}
    floats = {str(int(x)) for x in split_rows(fractional, SHARES)[0]["train"].to_columns()["x"] if x != 0.5}
    assert floats == trains[0]


def test_equal_rows_and_groups_stay_together():
    rows = [{"who": n % 10, "value": n % 3} for n in range(90)]
    splits, _ = split_rows(Table.from_rows(rows), SHARES)
    sides = [set(zip(*table.to_columns().values(), strict=True)) for table in splits.values()]
    assert not sides[0] & sides[1]
    rows = [{"who": n % 40, "value": n} for n in range(200)]
    grouped, _ = split_rows(Table.from_rows(rows), SHARES, group="who")
    people = [set(table.to_columns()["who"]) for table in grouped.values()]
    assert not people[0] & people[1]
    assert people[0] | people[1] == set(range(40))


def test_seeds_and_shares():
    table = Table.from_columns({"x": list(range(4000))})
    one, two = (set(split_rows(table, SHARES, seed=seed)[0]["train"].to_columns()["x"]) for seed in (0, 1))
    assert 0.52 < len(one & two) / 4000 < 0.60  # 9/16 if they are unrelated
    three, _ = split_rows(table, {"train": 8, "eval": 1, "test": 1})
    assert abs(three["train"].num_rows - 3200) < 100
    assert abs(three["test"].num_rows - 400) < 70


def test_what_cannot_be_split():
    table = Table.from_columns({"x": [1, 2]})
    with pytest.raises(InputError, match="no row falls into split"):
        split_rows(table, {"a": 1, "b": 1, "c": 1})
    with pytest.raises(InputError, match="positive"):
        split_rows(table, {"train": 0, "eval": 1})
    with pytest.raises(InputError, match="no column 'y'"):
        split_rows(table, SHARES, group="y")


def test_taxi_splits_about_three_to_one(big_tipper):
    splits, _ = split_rows(big_tipper, SHARES)
    assert {name: table.num_rows for name, table in splits.items()} == {"train": 11_311, "eval": 3_691}
