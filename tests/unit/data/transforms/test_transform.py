"""The whole transform: what goes in, what comes out, what is refused."""

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from mainspring.core.errors import InputError
from mainspring.data import (
    Column,
    ColumnType,
    Feature,
    Numeric,
    OneHot,
    Schema,
    Table,
    Transform,
    bundled,
    infer,
    split_rows,
    summarize,
)


@pytest.fixture
def schema(tips):
    return infer(summarize(tips), label="generous")


@pytest.fixture
def transform(tips, schema):
    return Transform.fit(tips, schema)


def test_what_it_reads_and_gives(transform):
    assert transform.inputs == (
        Column("bill", ColumnType.FLOAT),
        Column("size", ColumnType.INT),
        Column("day", ColumnType.STRING),
        Column("smoker", ColumnType.BOOL),
    )
    assert [type(step) for step in transform.steps] == [Numeric, Numeric, OneHot, Numeric]
    assert transform.outputs[:3] == ("bill", "bill=missing", "size")
    assert transform.outputs[-3:] == ("day?unseen", "day?missing", "smoker")
    assert (transform.label, transform.classes) == ("generous", ("no", "yes"))
    assert (transform.class_of(1), transform.ignored) == ("yes", {})
    assert transform.properties()["task"] == "classification"


def test_the_matrix(tips, transform):
    matrix = transform.apply(tips)
    assert matrix.shape == (200, len(transform.outputs))
    assert matrix.dtype == np.float64
    assert matrix.flags.c_contiguous
    assert not np.isnan(matrix).any()
    numeric = [transform.outputs.index(name) for name in ("bill", "size", "smoker")]
    np.testing.assert_allclose(matrix[:, numeric].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(matrix[:, numeric].std(axis=0), 1, rtol=1e-12)
    days = [place for place, name in enumerate(transform.outputs) if name.startswith("day")]
    np.testing.assert_array_equal(matrix[:, days].sum(axis=1), 1.0)
    assert transform.labels(tips).tolist() == [int(word == "yes") for word in tips.column("generous")]


def test_rows_give_the_same_bits_alone_in_any_column_order_and_from_raw_arrays(tips, transform):
    matrix = transform.apply(tips)
    turned = tips.select(list(reversed(tips.names)))
    assert transform.apply(turned).tobytes() == matrix.tobytes()
    assert transform.apply(tips.rows(17, 18)).tobytes() == matrix[17:18].tobytes()
    raw = {column.name: tips.column(column.name) for column in transform.inputs}
    assert transform.apply_columns(raw).tobytes() == matrix.tobytes()


def test_saved_and_loaded(tips, transform, tmp_path):
    transform.save(tmp_path)
    again = Transform.load(tmp_path)
    assert again == transform
    assert again.apply(tips).tobytes() == transform.apply(tips).tobytes()
    first = (tmp_path / "transform.json").read_bytes()
    again.save(tmp_path)
    assert (tmp_path / "transform.json").read_bytes() == first


def test_the_order_of_training_rows_changes_nothing(tips, schema, transform):
    shuffled = tips.sql("SELECT * FROM this ORDER BY md5(bill::VARCHAR), size, smoker")
    assert Transform.fit(shuffled, schema) == transform


def test_unseen_and_missing_values_are_defined(tips, transform):
    odd = Table.from_columns(
        {"bill": [None], "size": [99], "day": ["Someday"], "smoker": [None]},
        types={"bill": ColumnType.FLOAT, "smoker": ColumnType.BOOL},
    )
    row = dict(zip(transform.outputs, transform.apply(odd)[0], strict=True))
    assert (row["bill=missing"], row["day?unseen"], row["day?missing"]) == (1.0, 1.0, 0.0)
    assert np.isfinite(list(row.values())).all()


def test_numbers_that_come_as_text(tips, transform):
    text = tips.sql("SELECT * REPLACE (bill::VARCHAR AS bill) FROM this")
    assert transform.apply(text).tobytes() == transform.apply(tips).tobytes()
    with pytest.raises(InputError, match="column 'bill' holds text: 'twelve' in row 1"):
        transform.apply(tips.sql("SELECT * REPLACE ('twelve' AS bill) FROM this"))


def test_what_is_left_out(tips, schema):
    table = tips.sql(
        "SELECT *, 'r' || row_number() OVER () AS id, upper(generous) AS copy, NULL::INT AS void FROM this"
    )
    wide = infer(summarize(table), label="generous")
    found = Transform.fit(table, wide, exclude=["size"])
    assert [column.name for column in found.inputs] == ["bill", "day", "smoker"]
    assert found.ignored["size"] == "excluded"
    assert found.ignored["id"].startswith("looks like an identifier")
    assert found.ignored["copy"].startswith("says the label in other words")
    assert found.ignored["void"] == "has no value in the training rows"
    assert Transform.fit(table, schema).ignored["id"] == "not in the schema"
    late = wide.with_feature(Feature(name="day", type=ColumnType.STRING, absent_in=("SERVING",)))
    assert Transform.fit(table, late).ignored["day"] == "absent in SERVING"


def test_everything_wrong_is_said_at_once(tips, schema):
    with pytest.raises(InputError) as caught:
        Transform.fit(tips.drop(["day"]), schema, label="tip", exclude=["x"], impute="mode", categories="hash")
    text = str(caught.value)
    for part in ("no label column 'tip'", "do not exist: x", "not in the table: day", "'mode'", "'hash'"):
        assert part in text
    with pytest.raises(InputError, match="no column is left"):
        Transform.fit(tips, schema, exclude=["bill", "size", "day", "smoker"])
    bare = Schema(features=schema.features)
    with pytest.raises(InputError, match="no label is given"):
        Transform.fit(tips, bare)


def test_missing_columns_and_labels(tips, transform, schema):
    with pytest.raises(InputError, match="columns are missing: bill, day"):
        transform.apply(tips.select(["size", "smoker"]))
    holes = tips.sql("SELECT * REPLACE (CASE WHEN size > 3 THEN generous END AS generous) FROM this")
    with pytest.raises(InputError, match="the label 'generous' is missing in"):
        Transform.fit(holes, schema)
    with pytest.raises(InputError, match="not there in training: maybe"):
        transform.labels(tips.sql("SELECT * REPLACE ('maybe' AS generous) FROM this"))
    with pytest.raises(InputError, match="no class 2"):
        transform.class_of(2)


def test_whole_numbers_become_categories_if_the_schema_says_so(tips, schema):
    as_words = schema.with_feature(Feature(name="size", type=ColumnType.STRING))
    found = Transform.fit(tips, as_words)
    rule = next(step for step in found.steps if step.column == "size")
    assert isinstance(rule, OneHot)
    assert set(rule.vocabulary) == {"1", "2", "3", "4", "5", "6"}
    size = found.outputs.index("size=3")
    np.testing.assert_array_equal(found.apply(tips)[:, size], tips.column("size") == 3)


def test_a_quantity(tips):
    schema = infer(summarize(tips.where("bill IS NOT NULL")), label="bill")
    found = Transform.fit(tips.where("bill IS NOT NULL"), schema)
    assert found.classes is None
    assert found.labels(tips.where("bill IS NOT NULL")).dtype == np.float64
    assert found.properties()["task"] == "regression"


@pytest.mark.parametrize("name", ["breast_cancer", "iris", "wine", "digits"])
def test_models_learn_from_it(name):
    splits, _ = split_rows(bundled.load(name), {"train": 3, "eval": 1})
    schema = infer(summarize(splits), label=bundled.TARGET)
    found = Transform.fit(splits["train"], schema)
    model = LogisticRegression(max_iter=2_000).fit(found.apply(splits["train"]), found.labels(splits["train"]))
    assert model.score(found.apply(splits["eval"]), found.labels(splits["eval"])) > 0.92


def test_the_census(census):
    schema = infer(summarize(census), label="income")
    found = Transform.fit(census, schema)
    assert found.classes == ("<=50K", ">50K")
    assert found.ignored == {}
    assert found.steps[1].vocabulary[0] == "Private"
    assert found.apply(census.rows(0, 500)).shape == (500, len(found.outputs))


def test_a_file_of_an_earlier_version_is_read(tmp_path):
    (tmp_path / "transform.json").write_text(
        """{"version": 1, "label": "late", "classes": ["no", "yes"],
        "inputs": [{"name": "age", "type": "FLOAT"}, {"name": "job", "type": "STRING"},
          {"name": "k", "type": "STRING"}],
        "steps": [
          {"kind": "Numeric", "column": "age", "fill": 30.0, "shift": 40.0, "scale": 10.0, "indicator": true},
          {"kind": "OneHot", "column": "job", "vocabulary": ["cook"], "unseen": true, "missing": true},
          {"kind": "Ordinal", "column": "k", "vocabulary": ["x", "y"]}],
        "ignored": {"id": "excluded"}}""",
        encoding="utf-8",
    )
    transform = Transform.load(tmp_path)
    assert transform.outputs == ("age", "age=missing", "job=cook", "job?unseen", "job?missing", "k")
    columns = {
        "age": np.array([50.0, np.nan]),
        "job": np.array(["cook", None], dtype=object),
        "k": np.array(["y", "new"], dtype=object),
    }
    assert transform.apply_columns(columns).tolist() == [[1, 0, 1, 0, 0, 1], [-1, 1, 0, 0, 1, -1]]
    before = (tmp_path / "transform.json").read_text(encoding="utf-8")
    transform.save(tmp_path)
    assert json.loads((tmp_path / "transform.json").read_text(encoding="utf-8")) == json.loads(before)
