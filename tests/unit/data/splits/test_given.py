import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.splits import given


@pytest.fixture
def table() -> Table:
    return Table.from_columns({"x": [1, 2, 3, 4, 5], "part": ["train", "val", "train", "test", "validation"]})


def test_a_column_says_where_a_row_belongs(table: Table) -> None:
    splits, numbers = given(table, "part", {"train": "train", "eval": ["val", "validation"], "test": "test"})
    assert {name: one.to_columns() for name, one in splits.items()} == {
        "train": {"x": [1, 3]},
        "eval": {"x": [2, 5]},
        "test": {"x": [4]},
    }
    assert numbers["eval"].tolist() == [2, 5]


def test_every_value_may_be_a_split(table: Table) -> None:
    assert list(given(table, "part")[0]) == ["test", "train", "val", "validation"]


def test_numbers_and_bools_name_splits_by_their_text() -> None:
    table = Table.from_columns({"x": [1, 2, 3], "fold": [0, 1, 2], "held": [True, False, False]})
    assert given(table, "fold", {"train": ["0", "1"], "eval": "2"})[1]["eval"].tolist() == [3]
    assert given(table, "held", {"train": "false", "eval": "true"})[1]["eval"].tolist() == [1]


def test_values_that_mean_no_split_are_refused(table: Table) -> None:
    with pytest.raises(InputError, match="'val' \\(1 rows\\), 'validation' \\(1 rows\\)"):
        given(table, "part", {"train": "train", "eval": "test"})
    missing = Table.from_columns({"x": [1, 2], "part": ["train", None]})
    with pytest.raises(InputError, match="'\\(missing\\)' \\(1 rows\\)"):
        given(missing, "part")
    with pytest.raises(InputError, match="means both"):
        given(table, "part", {"a": ["train", "val"], "b": "val"})
    with pytest.raises(InputError, match="no row falls into split b"):
        given(table.where("part = 'train'"), "part", {"a": "train", "b": "test"})
    with pytest.raises(InputError, match="has 30 values"):
        given(Table.from_columns({"x": list(range(30)), "y": list(range(30))}), "x")
