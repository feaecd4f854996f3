"""The classifier two-sample test: its area and p-value held to scipy, words and missing values, and its JSON."""

import datetime
import json

import numpy as np
import pytest
from scipy.stats import norm

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.comparison.classifier import chance_area, classifier_test
from mainspring.monitoring.detectors.classifier_two_sample import ClassifierTwoSample
from mainspring.monitoring.ports import DetectorState

DRIFT, STABLE = DetectorState.DRIFT, DetectorState.STABLE


def people(seed, count, *, words=("card", "cash"), missing=0.1):
    random = np.random.default_rng(seed)
    days = [
        datetime.date(2024, 1, 1) + datetime.timedelta(days=int(day)) for day in random.integers(0, 300, count)
    ]
    return Table.from_columns(
        {
            "age": random.normal(40, 10, count),
            "children": random.integers(0, 4, count),
            "paid": random.choice(words, count).astype(object),
            "score": [None if hole else 1.0 for hole in random.random(count) < missing],
            "born": days,
            "member": random.random(count) < 0.5,
        }
    )


def test_the_threshold_is_the_area_whose_p_value_is_the_level():
    # The standard error of the area of one half of the rows, by Mann and Whitney: 150 and 100 rows.
    error = np.sqrt((150 + 100 + 1) / (12 * 150 * 100))
    assert chance_area((300, 200), 0.01) == pytest.approx(0.5 + norm.isf(0.01) * error)
    detector = ClassifierTwoSample(level=0.01).fit(people(0, 300))
    found = detector.update(people(1, 200))
    assert found.threshold == pytest.approx(0.5 + norm.isf(0.01) * error)
    assert found.p_value == pytest.approx(norm.sf((found.distance - 0.5) / error))
    assert found.distance == classifier_test(people(0, 300), people(1, 200), importance=False).auc
    assert found.state is STABLE
    assert found.features == {}


@pytest.mark.parametrize(("name", "options"), [("paid", {"words": ("card", "wire")}), ("score", {"missing": 0.6})])
def test_words_and_missing_values_are_features(name, options):
    found = ClassifierTwoSample().fit(people(0, 600)).update(people(1, 400, **options))
    assert found.state is DRIFT
    assert next(iter(found.features)) == name


def test_a_change_of_features_together_is_seen_in_arrays():
    random = np.random.default_rng(0)
    x, noise = random.normal(size=(2, 1500))
    rows = np.stack([x, 0.9 * x + 0.4 * noise, random.normal(size=1500)], axis=1)
    torn = rows.copy()
    torn[:, 1] = random.permutation(rows[:, 1])
    found = ClassifierTwoSample(names=["a", "b", "c"]).fit(rows).update(torn)
    assert found.state is DRIFT
    assert list(found.features)[-1] == "c"


def test_a_difference_that_does_not_matter_can_be_left_out():
    random = np.random.default_rng(1)
    one, other = random.normal(size=(3000, 1)), random.normal(0.25, 1, size=(3000, 1))
    assert ClassifierTwoSample().fit(one).update(other).state is DRIFT
    found = ClassifierTwoSample(area=0.6).fit(one).update(other)
    assert found.state is STABLE
    assert found.threshold == 0.6
    assert found.p_value < 0.01


@pytest.mark.slow
def test_alarms_on_steady_batches_are_at_most_at_the_level():
    random = np.random.default_rng(2)
    alarms = 0
    for _ in range(100):
        detector = ClassifierTwoSample(level=0.1).fit(random.normal(size=(200, 3)))
        alarms += detector.update(random.normal(size=(100, 3))).state is DRIFT
    assert alarms <= 19


def test_it_goes_on_from_its_json():
    detector = ClassifierTwoSample(most=200).fit(people(0, 150))
    state = json.dumps(detector.as_dict(), allow_nan=False)
    again = ClassifierTwoSample.from_dict(json.loads(state))
    assert json.dumps(again.as_dict()) == state
    for options in ({}, {"words": ("wire",)}):
        assert again.update(people(2, 150, **options)) == detector.update(people(2, 150, **options))
    bare = ClassifierTwoSample(names=["a"])
    assert ClassifierTwoSample.from_dict(bare.as_dict()).as_dict() == bare.as_dict()


def test_infinities_and_columns_of_their_own():
    rows = Table.from_columns({"x": [float("inf"), -1.0] * 20, "y": [1.0, 2.0] * 20})
    detector = ClassifierTwoSample().fit(rows)
    json.dumps(detector.as_dict(), allow_nan=False)
    assert detector.update(Table.from_columns({"x": [1.0, float("inf")] * 20, "z": [1] * 40})).state is STABLE


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="no reference yet"):
        ClassifierTwoSample().update(np.zeros((20, 1)))
    with pytest.raises(InputError, match="3 rows"):
        ClassifierTwoSample().fit(people(0, 3))
    with pytest.raises(InputError, match="3 features"):
        ClassifierTwoSample().fit(np.zeros((20, 2))).update(np.zeros((20, 3)))
    with pytest.raises(InputError, match="nothing to compare"):
        ClassifierTwoSample().fit(people(0, 20)).update(Table.from_columns({"other": [1.0] * 20}))
    for settings in ({"level": 1}, {"area": 0.4}, {"most": 1}, {"names": ["a", "a"]}):
        with pytest.raises(InputError, match=next(iter(settings))):
            ClassifierTwoSample(**settings)
