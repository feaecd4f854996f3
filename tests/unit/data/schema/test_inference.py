"""The rules of inference; and that an inferred schema accepts the data it came from, and its splits."""

import datetime

import pytest

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, Examples, Schema, Table, bundled, infer, split_rows, summarize, validate
from mainspring.data.profiling.recognition import recognise
from mainspring.data.schema import BoolDomain, ImageDomain, LanguageDomain, Range, TimeDomain, ValueCount
from mainspring.data.statistics.recognition import Kind, Recognition

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


@pytest.mark.parametrize(
    ("values", "flag"),
    [
        ([0, 1] * 50, BoolDomain()),
        ([1] * 100, None),
        ([0] * 100, None),
        ([0, 1] * 49, None),
        ([0, 1, 2] * 50, None),
        (["yes", "no", None] * 50, BoolDomain("yes", "no")),
        (["N", "Y"] * 50, BoolDomain("Y", "N")),
        (["True", "False"] * 50, BoolDomain("True", "False")),
        (["yes", "maybe"] * 50, None),
        (["yes"] * 100, None),
    ],
)
def test_flags(values, flag):
    feature = inferred(values)
    assert feature.bool_domain == flag
    assert flag is None or feature.domain is None


def test_text_in_the_label_keeps_its_words():
    feature = inferred(["yes", "no"] * 50, label="x")
    assert (feature.bool_domain, feature.domain) == (None, ("no", "yes"))
    assert inferred([0, 1] * 50, label="x").bool_domain == BoolDomain()


def lists(query, **options):
    return infer(summarize(Table.from_columns({"n": [1, 2, 3]}).sql(query)), **options).features["x"]


def test_lists():
    feature = lists("SELECT [[n, n], []] AS x FROM this")
    assert (feature.type.value, feature.value_counts) == ("INT", (ValueCount(2, 2), ValueCount(0, 2)))
    assert lists("SELECT range(n) AS x FROM this").value_counts == (ValueCount(1, 3),)
    assert lists("SELECT [n, n] AS x FROM this", shapes=True).shape == (2,)
    assert lists("SELECT range(n) AS x FROM this", shapes=True).shape is None
    assert lists("SELECT CASE WHEN n > 1 THEN [n] END AS x FROM this", shapes=True).shape is None
    assert lists("SELECT []::INT[] AS x FROM this").type is ColumnType.OTHER


def test_structures_have_features_of_their_own():
    table = Table.from_columns({"n": [1, 2, 3]}).sql("SELECT {'age': n, 'tags': ['a']} AS who FROM this")
    statistics = summarize(table)
    schema = infer(statistics)
    assert {name: one.type.value for name, one in schema.features.items()} == {
        "who": "STRUCT",
        "who.age": "INT",
        "who.tags": "STRING",
    }
    assert validate(statistics, schema).anomalies == ()


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([10, 20], (5, 25)),
        ([0, 9], (0, 14)),
        ([-9, 0], (-14, 0)),
        ([1, 20], (0, 30)),
        ([1.0, 2.0], (0.5, 2.5)),
        ([-2.0, -1.0], (-2.5, -0.5)),
        ([5, 5], (2, 8)),
        ([-1e308, 1e308], (None, None)),
    ],
)
def test_ranges_have_a_margin(values, ends):
    feature = inferred(values, ranges=True)
    assert (feature.min, feature.max) == ends
    assert inferred(values).min is None


def test_identifiers():
    feature = inferred(list(range(1000)))
    assert (feature.tags, feature.unique) == (("identifier",), None)
    assert inferred([f"u{number}" for number in range(2000)], unique=True).unique == Range(1980)
    assert inferred(list(range(999))).tags == ()
    assert inferred([*range(1000), 7]).tags == ()
    assert inferred(list(range(1000)), label="x").tags == ()


def test_categories():
    assert inferred([1, 2, 3] * 5, categories=3).categorical
    assert not inferred([1, 2, 3] * 4, categories=3).categorical
    assert not inferred([1, 2, 3, 4] * 9, categories=3).categorical
    assert not inferred([1, 2, 3] * 5).categorical


def test_what_was_recognised():
    def meaning(values, recognition):
        return inferred(values, recognised={"x": recognition})

    days = meaning(["24.12.2020", "25.12.2020"], Recognition(Kind.TIME, 1.0, format="%d.%m.%Y"))
    assert (days.time, days.domain) == (TimeDomain("%d.%m.%Y"), None)
    assert meaning([1.6e9, 1.7e9], Recognition(Kind.TIME, 1.0, unit="seconds")).time is None
    assert meaning([10**9], Recognition(Kind.TIME, 1.0, unit="seconds")).time == TimeDomain(unit="UNIX_SECONDS")
    assert meaning([b"x"], Recognition(Kind.IMAGE, 0.987, format="png")).image == ImageDomain(0.98)
    assert meaning(["some words"] * 9, Recognition(Kind.LANGUAGE, 0.9)).language == LanguageDomain()
    assert meaning(["a"] * 9, Recognition(Kind.EMAIL, 0.9)).domain == ("a",)


def test_recognised_times_are_accepted():
    table = Table.from_columns({"x": [f"{day:02}/{month:02}/2020" for day in range(1, 28) for month in (1, 2)]})
    statistics = summarize(table)
    schema = infer(statistics, recognised={"x": recognise(table, "x")})
    assert schema.features["x"].time.format in {"%d/%m/%Y", "%m/%d/%Y"}
    assert validate(statistics, schema).anomalies == ()
