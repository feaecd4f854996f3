"""Statistics as plain JSON."""

import json
import math

import pytest

from mainspring.data import Table, summarize
from mainspring.data.viewing.forms import feature_form, plain, statistics_form

NAMES = [
    *("name", "type", "num_non_missing", "num_missing", "mean", "std_dev", "num_zeros", "min", "median", "max"),
    *("unique", "top_values", "avg_length"),
]


def features(table: Table) -> dict[str, dict]:
    form = statistics_form(summarize(table))
    return {one["name"]: one for one in json.loads(json.dumps(form, allow_nan=False))["features"]}


def test_a_column_of_numbers_has_the_known_figures() -> None:
    fare = features(Table.from_columns({"fare": [2.0, 4.0, 0.0, None, 4.0]}))["fare"]
    assert [name for name in NAMES if name not in fare] == []
    assert (fare["type"], fare["num_non_missing"], fare["num_missing"]) == ("FLOAT", 4, 1)
    assert (fare["mean"], fare["num_zeros"], fare["min"], fare["max"], fare["unique"]) == (2.5, 1, 0.0, 4.0, 3)
    assert fare["std_dev"] == pytest.approx(math.sqrt(2.75))
    assert fare["median"] == 3.0
    assert fare["top_values"][0] == {"value": 4.0, "frequency": 2}
    assert fare["avg_length"] is None


def test_a_column_of_words_has_the_known_figures() -> None:
    paid = features(Table.from_columns({"paid": ["Cash", "Cash", "Card!", None]}))["paid"]
    assert [name for name in NAMES if name not in paid] == []
    assert paid["avg_length"] == pytest.approx(13 / 3)
    assert paid["top_values"] == [{"value": "Cash", "frequency": 2}, {"value": "Card!", "frequency": 1}]
    assert paid["mean"] is None


def test_what_is_no_number_becomes_null() -> None:
    empty = features(Table.from_columns({"x": [-math.inf, math.inf]}))["x"]
    assert (empty["mean"], empty["median"], empty["min"]) == (None, None, None)
    assert (empty["num_nan"], empty["num_inf"]) == (0, 2)


def test_several_splits_lie_under_their_names() -> None:
    table = Table.from_columns({"x": [1, 2]})
    form = statistics_form(summarize({"train": table, "eval": table}))
    assert list(form["datasets"]) == ["train", "eval"]
    assert form["datasets"]["eval"]["num_examples"] == 2


def test_every_kind_of_value_becomes_plain() -> None:
    assert plain({1: (1, math.inf, {"a"}, b"raw", None, True)}) == {"1": [1, None, ["a"], None, None, True]}


def test_the_taxi_trips_have_their_known_figures(taxi: Table) -> None:
    """The figures of DATASETS.md, as computed by independent tools."""
    found = summarize(taxi).split("train").features
    fare = feature_form(found["fare"])
    assert fare["mean"] == pytest.approx(11.768216, abs=1e-6)
    assert fare["std_dev"] == pytest.approx(11.538466, abs=1e-6)
    assert (fare["max"], fare["num_zeros"], fare["num_missing"]) == (700.07, 27, 0)
    paid = feature_form(found["payment_type"])
    assert paid["unique"] == 7
    assert paid["top_values"][0] == {"value": "Cash", "frequency": 9909}
    assert feature_form(found["company"])["top_values"][0] == {
        "value": "Taxi Affiliation Services",
        "frequency": 5176,
    }
