import numpy as np
import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import Examples, Table, split_rows


@pytest.fixture
def examples(tips):
    tables, origins = split_rows(tips, {"train": 3, "eval": 1})
    return Examples(splits=tables, origins=origins, span=7, version=2, source="tips.csv")


def test_saved_and_loaded(examples, tmp_path):
    examples.save(tmp_path)
    found = Examples.load(tmp_path)
    assert found.names == ("train", "eval")
    assert (found.span, found.version, found.source) == (7, 2, "tips.csv")
    for name in found.names:
        assert found.split(name).digest() == examples.split(name).digest()
        np.testing.assert_array_equal(found.origins[name], examples.origins[name])


def test_equal_examples_are_saved_as_equal_bytes(examples, tmp_path):
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    examples.save(folders[0])
    Examples.load(folders[0]).save(folders[1])
    files = sorted(path.name for path in folders[0].iterdir())
    assert files == [
        "eval.origin.parquet",
        "eval.parquet",
        "examples.json",
        "train.origin.parquet",
        "train.parquet",
    ]
    assert all((folders[0] / name).read_bytes() == (folders[1] / name).read_bytes() for name in files)


def test_properties(examples):
    rows = {f"rows_{name}": examples.split(name).num_rows for name in examples.names}
    assert examples.properties() == {**rows, "span": 7, "first_span": 7, "spans": "7", "version": 2}


def test_several_spans(tips, tmp_path):
    several = Examples(splits={"all": tips}, span=9, spans=(9, 3, 4))
    several.save(tmp_path)
    loaded = Examples.load(tmp_path)
    assert (loaded.span, loaded.first_span, loaded.spans) == (9, 3, (3, 4, 9))
    assert loaded.properties() == {"rows_all": 200, "span": 9, "first_span": 3, "spans": "3..4, 9"}
    with pytest.raises(InputError, match=r"span 4 of spans 3\.\.4, 9"):
        Examples(splits={"all": tips}, span=4, spans=(3, 4, 9))


def test_unknown_and_impossible_splits(examples):
    with pytest.raises(NotFoundError, match="no split 'test'"):
        examples.split("test")
    with pytest.raises(InputError, match="not names of splits"):
        Examples(splits={"../x": Table.from_columns({"a": [1]})})
    with pytest.raises(InputError, match="without a split"):
        Examples(splits={})
