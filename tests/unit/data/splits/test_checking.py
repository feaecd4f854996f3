import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.splits import check_disjoint

LEFT = Table.from_columns({"who": ["ann", "bob", None, "cat"], "x": [1, 2, 3, 4], "day": ["2020-01-01"] * 4})
RIGHT = Table.from_columns({"who": ["dan", "bob", None, "cat"], "x": [1, 5, 6, 4], "day": ["2020-01-02"] * 4})


def test_what_is_on_both_sides_is_told() -> None:
    with pytest.raises(
        InputError, match="3 values of who are both in train and in eval, such as '\\(missing\\)', 'bob'"
    ):
        check_disjoint({"train": LEFT, "eval": RIGHT}, group="who")
    with pytest.raises(InputError, match="1 values of who, x are both in train and in eval, such as 'cat, 4'"):
        check_disjoint({"train": LEFT, "eval": RIGHT}, group=["who", "x"])
    with pytest.raises(InputError, match=r"a and in b.*a and in c"):
        check_disjoint({"a": LEFT, "b": RIGHT, "c": LEFT.rows(1, 2)}, group="who")
    with pytest.raises(InputError, match="2 different rows are both in train and in eval"):
        check_disjoint({"train": LEFT, "eval": LEFT.rows(0, 2)})


def test_times_that_overlap_are_told() -> None:
    check_disjoint({"train": LEFT, "eval": RIGHT}, time="day")
    with pytest.raises(InputError, match="2020-01-01T00:00:00 to 2020-01-02T00:00:00\\) overlap in day"):
        check_disjoint({"train": LEFT, "eval": LEFT.concat(RIGHT)}, time="day")


def test_what_shares_nothing_passes() -> None:
    check_disjoint({"train": LEFT, "eval": RIGHT})
    check_disjoint({"train": LEFT.rows(0, 1), "eval": RIGHT}, group="who")
    check_disjoint({"train": LEFT.rows(0, 0), "eval": RIGHT}, time="day")


def test_numbers_are_one_however_they_are_typed() -> None:
    whole, text = Table.from_columns({"id": [1, 2]}), Table.from_columns({"id": ["2", "x"]})
    with pytest.raises(InputError, match=r"1 values of id .* such as '2'"):
        check_disjoint({"train": whole, "eval": text}, group="id")


def test_unknown_columns() -> None:
    with pytest.raises(InputError, match="no column"):
        check_disjoint({"train": LEFT, "eval": RIGHT}, group="whom")
    with pytest.raises(InputError, match="no column"):
        check_disjoint({"train": LEFT, "eval": RIGHT}, time="when")
