import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.transforms.labels import encode, find_classes


def classes(values, **options):
    return find_classes(Table.from_columns({"y": values}), "y", **options)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (["b", "a", "b"], ("a", "b")),
        ([True, False], ("false", "true")),
        ([1, 0, 1], ("0", "1")),
        ([10, 9, 2], ("2", "9", "10")),
        (list(range(20)), tuple(map(str, range(20)))),
        (list(range(21)), None),
        ([1.0, 0.0], ("0", "1")),
        ([1.0, 2.0, 3.0], None),
        ([0.5, 1.0], None),
    ],
)
def test_classes_or_a_quantity(values, wanted):
    assert classes(values) == wanted


def test_the_task_may_be_given():
    assert classes([1, 0], task="regression") is None
    assert classes([0.5, 1.5, 10.5], task="classification") == ("0.5", "1.5", "10.5")
    with pytest.raises(InputError, match="no task is called"):
        classes([1, 0], task="ranking")
    with pytest.raises(InputError, match="holds text"):
        classes(["a", "b"], task="regression")


def test_one_class_is_none():
    with pytest.raises(InputError, match="only one value: a"):
        classes(["a", "a"])


def test_missing_labels_are_refused_with_a_count():
    for values in (["a", None, "b", None], [1, None, 0, None], [0.5, None, 1.5, None], [True, None, False, None]):
        with pytest.raises(InputError, match="missing in 2 of 4 rows") as caught:
            classes(values)
        assert "IS NOT NULL" in str(caught.value)


def test_encoding():
    table = Table.from_columns({"y": ["b", "a", "b"], "n": [1.5, 2.5, -1.0], "t": [True, False, True]})
    assert encode(table, "y", ("a", "b")).tolist() == [1, 0, 1]
    assert encode(table, "y", ("a", "b")).dtype == np.int64
    assert encode(table, "n", None).tolist() == [1.5, 2.5, -1.0]
    assert encode(table, "t", ("false", "true")).tolist() == [1, 0, 1]
    with pytest.raises(InputError, match="not there in training: b"):
        encode(table, "y", ("a", "c"))
