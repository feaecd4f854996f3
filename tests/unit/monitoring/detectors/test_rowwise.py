"""What holds for every detector on streams of rows, and the examples of all detectors of many features."""

import doctest
import importlib
import json

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.monitoring.detectors.lsdd import OnlineLSDD
from mainspring.monitoring.detectors.mmd import OnlineMMD
from mainspring.monitoring.detectors.pca_cd import PCACD
from mainspring.monitoring.ports import DetectorState

KINDS = {
    "PCACD": lambda: PCACD(window=60, step=5, threshold=20),
    "PCACD, kl": lambda: PCACD(window=60, step=5, threshold=20, divergence="kl", bins=6),
    "OnlineMMD": lambda: OnlineMMD(window=20, step=5, reference=100, run=500),
    "OnlineLSDD": lambda: OnlineLSDD(window=20, step=5, reference=100, run=500, centres=20),
}
MODULES = ["classifier_two_sample", "hdddm", "lsdd", "md3", "mmd", "pca_cd", "pca_reconstruction", "run_lengths"]


def stream():
    rows = np.random.default_rng(0).normal(size=(900, 3))
    rows[400:] += 2
    return rows


@pytest.mark.parametrize("name", KINDS)
def test_many_are_as_one_by_one(name):
    rows, many, one = stream(), KINDS[name](), KINDS[name]()
    alarms = many.update_many(rows)
    assert alarms.size
    assert alarms[alarms >= 400][0] < 700
    states = [one.update(row) for row in rows]
    assert [place for place, state in enumerate(states) if state is DetectorState.DRIFT] == alarms.tolist()
    assert one.as_dict() == many.as_dict()


@pytest.mark.parametrize("name", KINDS)
def test_it_goes_on_from_its_json_wherever_it_is_cut(name):
    rows, whole = stream(), KINDS[name]()
    alarms = whole.update_many(rows).tolist()
    for cut in (3, 99, 150, 412, 433, 650):
        detector = KINDS[name]()
        found = detector.update_many(rows[:cut]).tolist()
        state = json.dumps(detector.as_dict(), allow_nan=False)
        again = type(detector).from_dict(json.loads(state))
        assert json.dumps(again.as_dict()) == state
        found += (cut + again.update_many(rows[cut:])).tolist()
        assert found == alarms
        assert again.as_dict() == whole.as_dict()


@pytest.mark.parametrize("name", KINDS)
def test_rows_that_do_not_fit_are_refused_and_none_is_taken(name):
    detector = KINDS[name]()
    detector.update_many(stream()[:123])
    before = detector.as_dict()
    bad = stream()[:50]
    bad[20, 1] = np.nan
    with pytest.raises(InputError, match="row 20, feature 1"):
        detector.update_many(bad)
    with pytest.raises(InputError, match="2 features"):
        detector.update([0.0, 1.0])
    with pytest.raises(InputError, match="no numbers"):
        detector.update(["a", "b", "c"])
    assert detector.update_many(np.empty((0, 3))).size == 0
    assert detector.as_dict() == before


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_are_true(name):
    found = doctest.testmod(importlib.import_module(f"mainspring.monitoring.detectors.{name}"))
    assert found.attempted >= 2
    assert found.failed == 0
