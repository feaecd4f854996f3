"""Every anomaly: data that raises it, and data next to it that does not."""

import datetime

import pytest

from mainspring.data import AnomalyType, ColumnType, Feature, Severity, Table, summarize
from mainspring.data.validation import check_feature

INT, FLOAT, STRING, BOOL = ColumnType.INT, ColumnType.FLOAT, ColumnType.STRING, ColumnType.BOOL


def check(values, type_=None, **expected):
    types = {"x": type_} if type_ else None
    statistics = summarize(Table.from_columns({"x": values}, types=types)).split("train").feature("x")
    return list(check_feature(Feature(name="x", **expected), statistics))


def odd(cell):
    table = Table.from_columns({"n": [1]}).sql(f"SELECT unnest([1.0, {cell}]) AS x")
    return summarize(table).split("train").feature("x")


@pytest.mark.parametrize(
    ("values", "expected", "type_", "edit"),
    [
        ([None, None], {"type": INT, "presence": 0.1}, "FEATURE_TYPE_NOT_PRESENT", "presence: 0.0"),
        ([1, None, None], {"type": INT, "presence": 0.5}, "FEATURE_TYPE_LOW_FRACTION_PRESENT", "presence: 0.3333"),
        (["a", "b"], {"type": INT}, "INT_TYPE_NOT_INT_STRING", "type: STRING"),
        (["1", "2.5"], {"type": INT}, "INT_TYPE_NOT_INT_STRING", "type: FLOAT"),
        (["1.5", "b"], {"type": FLOAT}, "FLOAT_TYPE_STRING_NOT_FLOAT", "type: STRING"),
        ([1.5], {"type": INT}, "UNEXPECTED_DATA_TYPE", "type: FLOAT"),
        ([1.5], {"type": STRING}, "UNEXPECTED_DATA_TYPE", "type: FLOAT"),
        ([True], {"type": FLOAT}, "FLOAT_TYPE_NOT_FLOAT", "type: BOOL"),
        ([1], {"type": BOOL}, "UNEXPECTED_DATA_TYPE", "type: INT"),
        (["yes"], {"type": BOOL}, "BOOL_TYPE_UNEXPECTED_STRING", "type: STRING"),
        ([0.5], {"type": BOOL}, "BOOL_TYPE_UNEXPECTED_FLOAT", "type: FLOAT"),
        ([datetime.date(2020, 1, 1)], {"type": STRING}, "UNEXPECTED_DATA_TYPE", "type: DATE"),
        ([-1, 5], {"type": INT, "min": 0}, "INT_TYPE_SMALL_INT", "min: -1"),
        ([-1, 5], {"type": INT, "max": 4}, "INT_TYPE_BIG_INT", "max: 5"),
        ([-0.5, 5.0], {"type": FLOAT, "min": 0}, "FLOAT_TYPE_SMALL_FLOAT", "min: -0.5"),
        ([-0.5, 5.5], {"type": FLOAT, "max": 5}, "FLOAT_TYPE_BIG_FLOAT", "max: 5.5"),
        (
            ["a", "b", "c"],
            {"type": STRING, "domain": ("a", "b"), "min_domain_mass": 0.9},
            "ENUM_TYPE_UNEXPECTED_STRING_VALUES",
            "domain: add 'c'; or min_domain_mass: 0.6666",
        ),
    ],
)
def test_what_is_wrong(values, expected, type_, edit):
    (found,) = check(values, **expected)
    assert (found.path, found.type, found.severity) == ("x", type_, Severity.ERROR)
    assert found.edit == edit


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([None, None], {"type": INT}),
        ([1, None], {"type": INT, "presence": 0.5}),
        (["1", "2"], {"type": INT}),
        (["1", "2.5"], {"type": FLOAT}),
        ([1.0, 2.0, None], {"type": INT}),
        ([1, 2], {"type": FLOAT, "min": 1, "max": 2}),
        ([True], {"type": BOOL}),
        (["a"], {"type": STRING}),
        ([1.5], {"type": ColumnType.OTHER}),
        ([None], {"type": BOOL}),
        (["a", "b", "b"], {"type": STRING, "domain": ("b", "a")}),
    ],
)
def test_what_is_fine(values, expected):
    assert check(values, **expected) == []


def test_nan_and_infinity():
    for cell, type_, allowed in (
        ("'nan'::DOUBLE", AnomalyType.FLOAT_TYPE_HAS_NAN, {"allow_nan": True}),
        ("'-inf'::DOUBLE", AnomalyType.FLOAT_TYPE_HAS_INF, {"allow_inf": True}),
    ):
        (found,) = check_feature(Feature(name="x", type=FLOAT), odd(cell))
        assert found.type is type_
        assert list(check_feature(Feature(name="x", type=FLOAT, **allowed), odd(cell))) == []


def test_text_among_numbers_is_named_with_its_rows():
    (found,) = check([*map(str, range(9)), "abc"], type=INT)
    assert found.found == "1 of 10 values is not a whole number: 'abc' (row 10)"
    (found,) = check([*map(str, range(6)), "abc", "1.5", "abc"], type=FLOAT)
    assert found.found == "2 of 9 values are not numbers: 'abc' (row 7, 2 rows)"
    (found,) = check(["a", "b", "a", "1"], type=FLOAT)
    assert found.found == "3 of 4 values are not numbers: 'a' (2 rows), 'b' (1 row)"


def test_words_for_missing_come_with_advice():
    (found,) = check(["1", "2", "NA", "4"], type=INT)
    assert found.edit == "type: STRING; or, if that means missing, read the file with missing=['NA']"


def test_exactly_the_least_mass_is_enough():
    words = ["a"] * 9 + ["z"]
    (found,) = check(words, type=STRING, domain=("a",), min_domain_mass=0.9)
    assert found.severity is Severity.WARNING
    (found,) = check(words, type=STRING, domain=("a",), min_domain_mass=0.91)
    assert found.severity is Severity.ERROR
    assert (found.observed, found.limit) == (0.9, 0.91)


def test_long_lists_are_cut():
    (found,) = check(["a"] * 50 + list("bcdefghi"), type=STRING, domain=("a",), min_domain_mass=0.5)
    assert found.edit == "domain: add 'b', 'c', 'd', 'e', 'f' …"
    assert found.found.endswith("'f' (1 row) …")


def test_whole_numbers_may_be_categories():
    assert check([1, 2, None], type=STRING) == []
    assert check([1.0, 2.0, None], type=STRING, domain=("1", "2")) == []
    (found,) = check([1, 2, 7], type=STRING, domain=("1", "2"), min_domain_mass=0.5)
    assert found.found == "1 of 3 values (33.33%) is outside the domain: '7' (1 row)"
    assert check([1.5], type=STRING)[0].type == "UNEXPECTED_DATA_TYPE"
