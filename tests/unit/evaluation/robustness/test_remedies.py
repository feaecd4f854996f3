"""Remedies are held against each other on the same rows: figures that can be worked out by hand."""

import math

import numpy as np
import pytest

from mainspring.core import InputError, Slice
from mainspring.data import Table
from mainspring.evaluation import Predictions
from mainspring.evaluation.assertions import Asserting, Assertion
from mainspring.evaluation.robustness import RemedyComparison, compare_remedies, retrained
from mainspring.evaluation.robustness.remedies import Asserted

AGES = [10.0, 15.0, 17.0, 20.0, 30.0, 40.0, 50.0, 60.0]
LABELS = ["no", "no", "no", "yes", "yes", "yes", "no", "yes"]
HELD_OUT = Table.from_columns({"age": AGES, "label": LABELS})
LEARNT = Table.from_columns({"age": [16.0, 18.0, 30.0, 50.0], "label": ["no", "yes", "yes", "no"]})
MINORS = Assertion(name="minors", when="age < 18 and answer == 'yes'", action="override", answer="no")
BLOCKED = Assertion(name="blocked", when="age < 18 and answer == 'yes'", action="block")


class From:
    """Says yes from an age on."""

    def __init__(self, age):
        self.age = age

    def predict(self, table):
        chance = np.where(table.column("age") >= self.age, 0.9, 0.1)
        return Predictions(("no", "yes"), np.column_stack([1 - chance, chance]))


def fit(table, weights):
    """The mean age of all rows, by their weights."""
    return From(float(np.average(table.column("age"), weights=weights)))


def compared(**more):
    remedies = {
        "assertion": [MINORS],
        "blocking": [BLOCKED],
        "augmentation": retrained(fit, rows=lambda table: table.concat(table)),
        "reweighing": retrained(fit, weights=lambda table: (table.column("age") == 18).astype(float)),
        "editing": lambda model, table: From(model.age + 3),
    }
    options = {"label": "label", "slice_by": "sql minors: age < 18", "min_slice_size": 1, **more}
    return compare_remedies(From(15.0), LEARNT, HELD_OUT, remedies=remedies, **options)


def test_what_each_remedy_gains_and_costs():
    found = compared(part=Slice.of({"sql": "minors"}))
    assert [one.remedy for one in found.outcomes] == [
        "untouched",
        "assertion",
        "blocking",
        "augmentation",
        "reweighing",
        "editing",
    ]
    untouched, assertion, blocking, augmentation, reweighing, editing = found.outcomes
    # 15 and 17 are answered yes, and so is 50.
    assert (untouched.accuracy, untouched.violations, untouched.changed, untouched.blocked) == (5 / 8, 2, 0.0, 0.0)
    assert untouched.loss == pytest.approx((0.01 + 0.81 + 0.81) / 3)
    assert (assertion.accuracy, assertion.violations, assertion.changed) == (7 / 8, 0, 2 / 8)
    assert assertion.loss == pytest.approx(0.01 / 3)
    assert (blocking.accuracy, blocking.violations, blocking.changed) == (5 / 6, 0, 2 / 8)
    assert (blocking.blocked, blocking.rows, blocking.loss) == (2 / 8, 1, pytest.approx(0.01))
    # The mean age of the rows that were learnt is 28.5, twice or once; of those that count, 18.
    assert (augmentation.accuracy, augmentation.violations, augmentation.changed) == (6 / 8, 0, 3 / 8)
    assert (reweighing.accuracy, reweighing.changed) == (editing.accuracy, editing.changed) == (7 / 8, 2 / 8)


def test_the_worst_slice_is_taken_where_none_is_named():
    found = compared(slice_by="label")
    assert found.slice == Slice.of({"label": "no"})
    assert compared(slice_by=None).slice == Slice()
    with pytest.raises(InputError, match="no slice 'label=maybe'"):
        compared(slice_by="label", part=Slice.of({"label": "maybe"}))


def test_violations_are_counted_by_the_assertions_that_are_given():
    old = Assertion(name="old", when="age >= 60 and answer == 'yes'")
    found = compared(assertions=[old])
    assert found.assertions == {"old": old.when}
    assert {one.violations for one in found.outcomes} == {1}


def test_values():
    table = Table.from_columns({"x": [1.0, 2.0, 3.0], "y": [1.0, 2.0, 3.0]})

    class Same:
        def predict(self, table):
            return Predictions(None, table.column("x") * 2 - 3)

    rule = Assertion(name="negative", when="answer < 0", action="override", answer=1)
    found = compare_remedies(Same(), table, table, label="y", remedies={"assertion": [rule]})
    assert (found.accuracy, found.loss) == ("r2", "mae")
    assert [one.loss for one in found.outcomes] == [pytest.approx(1.0), pytest.approx(1 / 3)]
    assert [one.violations for one in found.outcomes] == [1, 0]
    assert found.of("assertion").changed == pytest.approx(1 / 3)


def test_a_table_for_people_and_plain_values_for_machines(tmp_path):
    everything = {"everything": [Assertion(name="all", when="age > 0", action="block")]}
    found = compare_remedies(
        From(15.0),
        LEARNT,
        HELD_OUT,
        label="label",
        remedies=everything,
        slice_by="sql old: age > 40",
        min_slice_size=1,
    )
    assert math.isnan(found.of("everything").accuracy)
    assert found.of("everything").blocked == 1.0
    text = str(found)
    assert text.startswith("| remedy | accuracy | brier on sql=old | violations | answers changed | blocked |")
    assert "| everything | unknown | unknown | 0 | 100.00% | 100.00% |" in text
    found.save(tmp_path)
    loaded = RemedyComparison.load(tmp_path)
    assert loaded.as_dict() == found.as_dict()
    assert str(loaded) == text
    assert loaded.properties()["remedies"] == 1


def test_names_that_are_taken():
    with pytest.raises(InputError, match="called 'untouched'"):
        compare_remedies(From(1), LEARNT, HELD_OUT, label="label", remedies={"untouched": [MINORS]})
    other = Assertion(name="minors", when="age < 16")
    with pytest.raises(InputError, match="the same name: 'minors'"):
        compare_remedies(From(1), LEARNT, HELD_OUT, label="label", remedies={"a": [MINORS], "b": [other]})
    wrong = Assertion(name="wrong", when="aeg < 16")
    with pytest.raises(InputError, match="reads 'aeg'"):
        compare_remedies(From(1), LEARNT, HELD_OUT, label="label", remedies={"a": [wrong]})


def test_a_predictor_with_assertions_is_one_that_asserts():
    assert isinstance(Asserted(From(15.0), (MINORS,)), Asserting)
