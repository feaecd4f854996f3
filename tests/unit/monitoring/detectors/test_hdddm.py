"""HDDDM: its distances and limits held to an independent library, and what it sees and does not see."""

import json

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.monitoring.detectors.hdddm import HDDDM, hellinger
from mainspring.monitoring.ports import DetectorState

DRIFT = DetectorState.DRIFT


def batch(number, shift=0.0):
    i = np.arange(100) + 1000 * number
    one = np.sin(i * 1.7) + 0.5 * np.sin(i * 0.37) + shift
    return np.stack([one, np.cos(i * 2.3) * np.sin(i * 0.11)], axis=1)


# From HDDDM of menelaus 0.2.0 with detect_batch=3 and 10 bins, on the batches above.
CHANGES = [None, 0.07764940584551594, 0.01823319357412248, 0.0235337806418546, 0.014344024713315445]
CHANGES += [0.014946727672589727, 0.4677048448416528, None]
LIMITS = {
    "t": [
        0.07698826626858543,
        0.06320434619082732,
        0.05420309361473477,
        0.04763193516856154,
        0.042837435081772346,
    ],
    "gamma": [
        0.0662779136369933,
        0.05950411509060791,
        0.05465018070161276,
        0.05053201552099133,
        0.04731215835837744,
    ],
}


@pytest.mark.parametrize("limit", ["t", "gamma"])
def test_distances_and_limits_of_the_paper_are_those_of_menelaus(limit):
    detector = HDDDM(limit=limit, level=0.05, gamma=1.0, bins_by="width", bins=10).fit(batch(0))
    found = [detector.update(batch(1 + place, shift)) for place, shift in enumerate([0] * 6 + [1.5] * 2)]
    assert [one.distance for one in found] == pytest.approx([change or 0.0 for change in CHANGES])
    assert [one.threshold for one in found[2:7]] == pytest.approx(LIMITS[limit])
    assert found[0].threshold is None
    assert [one.state is DRIFT for one in found] == [False] * 6 + [True, False]
    # The batch that drifted is the reference, and the batches after it grow it.
    assert found[7].threshold is None
    assert len(detector.reference) == 200


def test_the_distance_of_two_histograms_by_hand():
    assert hellinger([1, 0], [0, 5]) == pytest.approx(np.sqrt(2))
    assert hellinger([2, 2], [50, 50]) == 0
    assert hellinger([1, 3], [2, 2]) == pytest.approx(
        np.sqrt((0.5 - np.sqrt(0.5)) ** 2 + (np.sqrt(0.75) - np.sqrt(0.5)) ** 2)
    )


def test_one_outlier_hides_a_shift_from_equal_widths_only():
    random = np.random.default_rng(0)
    reference, shifted = random.normal(size=(500, 1)), random.normal(0.7, 1, size=(500, 1))
    reference[0] = 1e6
    assert HDDDM().fit(reference).update(shifted).state is DRIFT
    assert HDDDM(bins_by="width").fit(reference).update(shifted).state is DetectorState.STABLE


def test_it_names_the_feature_that_moved_and_columns_of_one_name_are_one_feature():
    random = np.random.default_rng(1)
    detector = HDDDM(names=["a", "b", "b"]).fit(random.normal(size=(500, 3)))
    found = detector.update(random.normal([0, 0, 1], size=(500, 3)))
    assert found.state is DRIFT
    assert list(found.features) == ["b", "a"]
    assert found.distance > found.threshold


def test_a_change_of_how_features_go_together_is_not_seen():
    random = np.random.default_rng(2)
    x, noise = random.normal(size=(2, 1000))
    detector = HDDDM().fit(np.stack([x, noise], axis=1))
    y, noise = random.normal(size=(2, 1000))
    assert detector.update(np.stack([y, 0.95 * y + np.sqrt(1 - 0.95**2) * noise], axis=1)).state is not DRIFT


def test_missing_values_are_a_bin_of_their_own():
    random = np.random.default_rng(3)
    reference, batch = random.normal(size=(500, 3)), random.normal(size=(500, 3))
    reference[:25, 1] = batch[:150, 1] = np.nan
    found = HDDDM().fit(reference).update(batch)
    assert found.state is DRIFT
    assert next(iter(found.features)) == "1"
    batch[:, 1] = np.nan
    assert HDDDM().fit(reference).update(batch).features["1"] > 1.0


def test_alarms_on_steady_batches_are_at_the_level():
    random = np.random.default_rng(4)
    alarms = 0
    for seed in range(20):
        detector = HDDDM(level=0.1, permutations=49, seed=seed, grows=False).fit(
            random.standard_t(3, size=(300, 3))
        )
        alarms += sum(detector.update(random.standard_t(3, size=(100, 3))).state is DRIFT for _ in range(10))
    assert 8 <= alarms <= 34  # 20 are expected


@pytest.mark.parametrize("limit", ["permutation", "t"])
def test_it_goes_on_from_its_json_with_the_same_findings(limit):
    random = np.random.default_rng(5)
    detector = HDDDM(limit=limit, names=["a", "b"], most=250).fit(random.normal(size=(200, 2)))
    for _ in range(4):
        detector.update(np.where(random.random((100, 2)) < 0.1, np.nan, random.normal(size=(100, 2))))
    state = json.dumps(detector.as_dict(), allow_nan=False)
    again = HDDDM.from_dict(json.loads(state))
    assert json.dumps(again.as_dict()) == state
    for shift in (0, 0, 2, 2):
        batch = random.normal(shift, 1, size=(100, 2))
        assert again.update(batch) == detector.update(batch)


def test_what_does_not_fit_is_refused():
    rows = np.zeros((20, 2))
    with pytest.raises(InputError, match="no reference yet"):
        HDDDM().update(rows)
    with pytest.raises(InputError, match="3 features"):
        HDDDM().fit(rows).update(np.zeros((20, 3)))
    with pytest.raises(InputError, match="0 rows"):
        HDDDM().fit(rows).update(np.zeros((0, 2)))
    bad = rows.copy()
    bad[3, 1] = np.inf
    with pytest.raises(InputError, match="row 3, feature 1 of the batch is inf"):
        HDDDM().fit(rows).update(bad)
    with pytest.raises(InputError, match="1 names for 2"):
        HDDDM(names=["a"]).fit(rows)
    with pytest.raises(InputError, match="permutations"):
        HDDDM(level=0.001)
    with pytest.raises(InputError, match="limit"):
        HDDDM(limit="f")
    with pytest.raises(InputError, match="no numbers"):
        HDDDM().fit([["a", "b"]] * 20)
