"""Each familiar change is named, with its factor; its near miss is not."""

import numpy as np
import pytest

from mainspring.data import ColumnType, Table
from mainspring.data.comparison.changes import FACTORS, explain_change, explain_changes
from mainspring.data.profiling import summarize_table

DICE = np.random.default_rng(0)
BEFORE, AFTER = DICE.lognormal(3, 0.7, 4_000), DICE.lognormal(3, 0.7, 3_000)


def table(**columns):
    return summarize_table(Table.from_columns(columns))


def kinds(one, other):
    found = explain_change(table(x=one).features["x"], table(x=other).features["x"])
    return [change.kind for change in found]


@pytest.mark.parametrize("name", FACTORS)
def test_the_factor_of_a_unit_is_found(name):
    # Heights rather than sizes: a few per cent of spread tell neighbouring factors apart.
    one, other = DICE.normal(170, 9, 3_000), DICE.normal(170, 9, 2_000) * FACTORS[name]
    found = explain_change(table(x=one).features["x"], table(x=other).features["x"])
    unit = next(change for change in found if change.kind == "unit")
    assert unit.factor == FACTORS[name]
    assert unit.confidence > 0.9
    assert name in unit.message


def test_temperatures_have_an_offset():
    one, other = DICE.normal(15, 8, 3_000), DICE.normal(15, 8, 3_000)
    [found] = explain_change(table(x=one).features["x"], table(x=other * 1.8 + 32).features["x"])
    assert (found.kind, found.factor, found.offset) == ("offset", 1.8, 32.0)
    [found] = explain_change(table(x=one).features["x"], table(x=other + 273.15).features["x"])
    assert (found.kind, found.factor, found.offset) == ("offset", 1.0, 273.15)


@pytest.mark.parametrize("moved", [AFTER, AFTER * 1.3, AFTER + 40, np.sqrt(AFTER), -np.log(AFTER)])
def test_other_moves_are_not_called_units(moved):
    assert kinds(BEFORE, moved) == []


def test_dense_to_sparse():
    assert kinds(BEFORE, np.where(DICE.random(3_000) < 0.9, 0.0, AFTER)) == ["sparser"]
    holed = [value if place % 10 == 0 else None for place, value in enumerate(AFTER)]
    assert kinds(BEFORE, holed) == ["sparser"]
    assert kinds(BEFORE, [value if place % 10 else None for place, value in enumerate(AFTER)]) == ["holes"]
    assert kinds(BEFORE, [value if place % 25 else None for place, value in enumerate(AFTER)]) == []
    nothing = table(x=AFTER).features["x"].__class__("x", table(x=AFTER).features["x"].type, 3_000, 0)
    assert [one.kind for one in explain_change(table(x=BEFORE).features["x"], nothing)] == ["emptied"]


def test_a_default_instead_of_values_or_of_holes():
    assert kinds(BEFORE, [-1.0] * 100) == ["constant"]
    words = ["a", "b", None, "c"] * 100
    assert kinds(words, [word or "unknown" for word in words]) == ["filled"]
    assert kinds(words, [word or "abc"[place % 3] for place, word in enumerate(words)]) == []
    numbers = [1.0, 2.0, None, 3.0] * 100
    [found] = explain_change(
        table(x=numbers).features["x"], table(x=[number or 0.0 for number in numbers]).features["x"]
    )
    assert (found.kind, found.confidence) == ("filled", 1.0)
    assert "0.0 where it was missing: 25%" in found.message


def test_types_letters_and_digits():
    assert kinds([1, 2, 3] * 10, ["1", "2", "x"] * 10) == ["type"]
    assert kinds(["Cash", "Card"] * 50, ["CASH", "Card "] * 50) == ["letters"]
    assert kinds(["Cash", "Card"] * 50, ["Cheque", "Card"] * 50) == ["words", "vanished"]
    assert kinds(BEFORE, np.round(AFTER)) == ["rounded"]


def test_keys_and_days_that_go_on():
    assert kinds(list(range(500)), list(range(500, 900))) == ["later"]
    assert kinds(list(range(500)), list(range(400, 900))) == []
    days = [f"2026-01-{day:02}" for day in range(1, 31)]
    one, other = (
        summarize_table(Table.from_columns({"x": part}, types={"x": ColumnType.DATE})).features["x"]
        for part in (days[:20], days[20:])
    )
    assert [change.kind for change in explain_change(one, other)] == ["later"]
    assert explain_change(other, one) == ()


def test_columns_gone_new_renamed_and_swapped():
    colour = np.array(["red", "green", "blue", "grey"], dtype=object)
    one = table(
        fare=BEFORE, miles=DICE.normal(2, 1, 4_000), paint=colour[DICE.integers(0, 4, 4_000)], only=BEFORE > 20
    )
    other = table(
        miles=AFTER, fare=DICE.normal(2, 1, 3_000), colour=colour[DICE.integers(0, 4, 3_000)], more=["x"] * 3_000
    )
    found = {change.kind: change.columns for change in explain_changes(one, other)}
    assert found == {
        "swapped": ("fare", "miles"),
        "renamed": ("paint", "colour"),
        "dropped": ("only",),
        "new": ("more",),
    }


def test_nothing_is_explained_where_nothing_happened():
    same = {"fare": BEFORE, "word": ["a", "b"] * 2_000}
    assert explain_changes(table(**same), table(fare=AFTER, word=["a", "b", "a"] * 1_000)) == ()
    empty = summarize_table(Table.from_columns({"x": [1.0]}).where("x > 1")).features["x"]
    assert explain_change(empty, table(x=BEFORE).features["x"]) == ()


def test_values_that_are_no_numbers_are_told():
    rows = Table.from_columns({"x": AFTER, "n": list(range(3_000))})
    for value, what in (("nan", "NaN"), ("inf", "infinite")):
        query = f"SELECT CASE WHEN n % 5 = 0 THEN '{value}'::DOUBLE ELSE x END AS x FROM this"
        moved = summarize_table(rows.sql(query)).features["x"]
        [found] = explain_change(table(x=BEFORE).features["x"], moved)
        assert (found.kind, found.message) == (
            "holes",
            f"'x' is {what} more often: 0% of the values were, 20% are",
        )
        assert explain_change(moved, moved) == explain_change(moved, table(x=AFTER).features["x"]) == ()


def test_frequent_words_that_are_new_or_gone_are_told():
    one, other = ["Cash", "Card"] * 500, ["Cash", "Card", "App"] * 100
    [found] = explain_change(table(x=one).features["x"], table(x=other).features["x"])
    assert found.message == "'x': 'App' is new (33% of the values)"
    [found] = explain_change(table(x=other).features["x"], table(x=one).features["x"])
    assert found.message == "'x': 'App' does not come any more (33% of the values)"
    assert kinds(one, [*one[:200], "App"]) == []
    names = [f"name {place}" for place in range(2_000)]
    assert kinds(names[:1_000], names[1_000:]) == []


def test_few_rows_explain_nothing():
    holed = [None, 1.5, 0.0, 2.5, None, 3.5] * 100
    for row in (None, 0.0, 1.5):
        assert kinds(holed, [row]) == kinds(holed, [row] * 3) == []
    assert kinds([0] * 970 + [1] * 30, [0] * 100) == []


def test_counts_that_grew_are_no_units():
    """Rentals of bicycles grew by two thirds from one year to the next: kilometres would not be whole numbers."""
    counts = DICE.negative_binomial(1, 0.01, 8_000)
    grown = np.round(DICE.negative_binomial(1, 0.01, 8_000) * 1.68)
    assert kinds(counts, grown) == []
    assert kinds(BEFORE, AFTER * 1.609344) == ["unit"]
    assert kinds(counts, DICE.negative_binomial(1, 0.01, 8_000) * 60) == ["unit"]
