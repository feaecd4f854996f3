"""The rules of inference; and that an inferred schema accepts the data it came from, and its splits."""

import datetime

import pytest

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, Examples, Schema, Table, bundled, infer, split_rows, summarize, validate

DAY = datetime.date(2020, 1, 1)


def inferred(values, **options):
    return infer(summarize(Table.from_columns({"x": values})), **options).features["x"]


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        ([1, 2], "INT"),
        ([1.5, None], "FLOAT"),
        ([True], "BOOL"),
        (["a"], "STRING"),
        ([DAY], "DATE"),
        ([None, None], "OTHER"),
        ([str(n) for n in range(95)] + ["a", "b", "c", "d", "e"], "INT"),
        ([str(n) for n in range(94)] + ["a", "b", "c", "d", "e", "f"], "STRING"),
        ([str(n / 2) for n in range(99)] + ["a"], "FLOAT"),
        (["1", "2", "3", "4"], "STRING"),
        (["1", "2.5", "NA", "n/a", "7"], "FLOAT"),
        (["1", "2", "NA", "NA", "NA"], "STRING"),
        (["1", "2", "low", "4"], "STRING"),
        (["12345678901234567890"] * 99 + ["a"], "STRING"),
    ],
)
def test_types(values, type_):
    assert inferred(values).type == type_


@pytest.mark.parametrize(
    ("missing", "rows", "presence"),
    [(0, 10_000, 0.99), (0, 100, 0.95), (0, 10, 0.5), (1000, 10_000, 0.85), (50, 100, 0.3), (100, 100, 0.0)],
)
def test_presence_leaves_room_for_chance(missing, rows, presence):
    assert inferred([None] * missing + [1] * (rows - missing)).presence == presence


def test_domains():
    assert inferred(["b", "a"] * 100).domain == ("a", "b")
    assert inferred(["b", "a"] * 100).min_domain_mass == 0.95
    assert inferred([f"w{n % 100}" for n in range(300)]).domain is not None
    assert inferred([f"w{n % 101}" for n in range(303)]).domain is None
    assert inferred(["a"] * 99 + ["once"]).domain is not None
    assert inferred(["a"] * 98 + ["once", "and again"]).domain is None  # an open vocabulary
    assert inferred(["b", "a"] * 100, label="x").min_domain_mass == 1.0


def test_the_label_is_absent_in_serving():
    schema = infer(summarize(Table.from_columns({"x": [1, 2], "y": ["a", "b"]})), label="y")
    assert (schema.label, schema.features["y"].absent_in, schema.features["y"].presence) == (
        "y",
        ("SERVING",),
        1.0,
    )
    with pytest.raises(InputError, match="no column 'z'"):
        infer(summarize(Table.from_columns({"x": [1]})), label="z")


def test_a_file_without_names_is_suspected(tmp_path):
    (tmp_path / "x.csv").write_text("39,State-gov,yes\n50,Private,no\n")
    with pytest.raises(InputError) as caught:
        infer(summarize(Table.read_csv(tmp_path / "x.csv")), label="income")
    assert "if '39' is no name but a value, read the file with header=False" in str(caught.value)


def test_nan_is_allowed_where_it_was_seen():
    table = Table.from_columns({"n": [1]}).sql("SELECT unnest(['nan'::DOUBLE, 1.0]) AS a, 1.0::DOUBLE AS b")
    schema = infer(summarize(table))
    assert (schema.features["a"].allow_nan, schema.features["b"].allow_nan) == (True, False)


def test_the_split_to_infer_from():
    statistics = summarize({"eval": Table.from_columns({"x": [1.5]}), "train": Table.from_columns({"x": [1]})})
    assert infer(statistics).features["x"].type is ColumnType.INT
    assert infer(statistics, split="eval").features["x"].type is ColumnType.FLOAT


def accepts(table: Table, label: str) -> None:
    whole = summarize(table)
    schema = infer(whole, label=label)
    assert Schema.from_text(schema.to_text()) == schema
    assert validate(whole, schema).anomalies == ()
    for seed in range(3):
        splits, _ = split_rows(table, {"train": 3, "eval": 1}, seed=seed)
        statistics = summarize(Examples(splits=splits))
        found = validate(statistics, infer(statistics, label=label))
        assert found.verdict.ok, str(found)
        serving = summarize({"rows": splits["eval"].drop([label])})
        assert validate(serving, infer(statistics, label=label), environment="SERVING").verdict.ok


@pytest.mark.parametrize("name", bundled.NAMES)
def test_bundled_data_is_accepted(name):
    accepts(bundled.load(name), bundled.TARGET)


def test_taxi_is_accepted(big_tipper):
    accepts(big_tipper, "big_tipper")


def test_the_census_is_accepted(census):
    accepts(census, "income")


def test_taxi_eval_is_accepted_with_its_new_companies(taxi_train, taxi_eval):
    statistics = summarize({"train": taxi_train, "eval": taxi_eval})
    found = validate(statistics, infer(statistics))
    assert found.verdict.ok
    assert [(one.path, one.type.value) for one in found.warnings] == [
        ("payment_type", "ENUM_TYPE_UNEXPECTED_STRING_VALUES"),
        ("company", "ENUM_TYPE_UNEXPECTED_STRING_VALUES"),
    ]
    assert "'Prcard' (1 row)" in found.warnings[0].found
    assert "16 of 3,302 values" in found.warnings[1].found
