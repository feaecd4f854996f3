import pytest

from mainspring.core.errors import NotFoundError
from mainspring.data import Table, bundled


@pytest.mark.parametrize(
    ("name", "rows", "columns", "target"),
    [
        ("breast_cancer", 569, 31, {"malignant": 212, "benign": 357}),
        ("iris", 150, 5, {"setosa": 50, "versicolor": 50, "virginica": 50}),
        ("wine", 178, 14, {"class_0": 59, "class_1": 71, "class_2": 48}),
        ("digits", 1797, 65, None),
        ("diabetes", 442, 11, None),
    ],
)
def test_shapes(name, rows, columns, target):
    table = bundled.load(name)
    assert (table.num_rows, len(table.names)) == (rows, columns)
    found = table.column("target").tolist()
    if target:
        assert {word: found.count(word) for word in set(found)} == target


def test_csv_goes_there_and_back(tmp_path):
    for name in ("x.csv", "x.csv.gz"):
        table = bundled.load("breast_cancer")
        bundled.write_csv(table, tmp_path / name)
        assert Table.read_csv(tmp_path / name).digest() == table.digest()


def test_names_are_tidy():
    assert bundled.load("iris").names == ("sepal_length", "sepal_width", "petal_length", "petal_width", "target")
    assert "od280_per_od315_of_diluted_wines" in bundled.load("wine").names


def test_unknown_names():
    with pytest.raises(NotFoundError, match="'titanic'"):
        bundled.load("titanic")
