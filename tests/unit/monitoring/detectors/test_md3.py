"""MD3: densities by hand, how often it warns, and what labels decide."""

import json

import numpy as np
import pytest

from mainspring.core.errors import InputError, StateError
from mainspring.monitoring.detectors.md3 import MD3, margins
from mainspring.monitoring.ports import DetectorState


def fitted(**settings):
    random = np.random.default_rng(0)
    return MD3(**settings).fit(random.random(10_000), random.random(10_000) < 0.9)


def test_densities_by_hand():
    detector = MD3(margin=1.0, chunk=4).fit([0, 2, 2, 2, 0, 2, 2, -0.5], [1, 1, 1, 0, 1, 1, 1, 0])
    assert detector.density == 3 / 8
    assert detector.deviation == pytest.approx(np.sqrt(3 / 8 * 5 / 8 / 4))  # more than that of 1/4 and 2/4
    assert detector.right == 6 / 8
    detector.update(-1.0)
    assert detector.current == pytest.approx(0.75 * 3 / 8 + 0.25)
    detector.update(1.01)
    assert detector.current == pytest.approx(0.75 * (0.75 * 3 / 8 + 0.25))


def test_margins_of_probabilities():
    assert margins([[0.2, 0.5, 0.3]]) == pytest.approx([0.2])
    assert margins([0.9, 0.3, 0.5]) == pytest.approx([0.8, 0.4, 0])
    with pytest.raises(InputError, match="row 1, feature 0"):
        margins([0.5, float("nan")])


def test_a_denser_margin_warns_until_labels_decide():
    random = np.random.default_rng(1)
    detector = fitted()
    assert detector.update_many(random.random(3000)).size == 0
    [place] = detector.update_many(0.6 * random.random(1000))
    assert place < 400
    assert detector.update(0.9) is DetectorState.WARNING
    assert detector.update_many(0.6 * random.random(100)).size == 0  # it has warned already
    assert detector.confirm(random.random(500) < 0.9) is DetectorState.STABLE
    assert detector.current == detector.density
    assert detector.update(0.9) is DetectorState.STABLE
    detector.update_many(0.6 * random.random(1000))
    assert detector.confirm(random.random(500) < 0.7) is DetectorState.DRIFT
    with pytest.raises(InputError, match="no reference"):
        detector.update(0.5)


def test_a_sparser_margin_warns_too():
    assert fitted().update_many(0.5 + 0.5 * np.random.default_rng(2).random(1000)).size == 1


def test_steady_streams_warn_seldom():
    warnings = sum(fitted().update_many(np.random.default_rng(seed).random(20_000)).size for seed in range(10))
    assert warnings <= 3


def test_it_goes_on_from_its_json():
    items = np.concatenate([np.random.default_rng(3).random(500), 0.4 * np.random.default_rng(3).random(500)])
    whole, cut = fitted(), fitted()
    one_by_one = [place for place, item in enumerate(items) if cut.update(float(item)) is DetectorState.WARNING]
    again = fitted()
    first = again.update_many(items[:300])
    again = MD3.from_dict(json.loads(json.dumps(again.as_dict())))
    rest = 300 + again.update_many(items[300:])
    assert whole.update_many(items).tolist() == [*first, *rest] == one_by_one[:1]
    assert whole.as_dict() == again.as_dict() == cut.as_dict()


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="at least two chunks"):
        MD3().fit([0.5] * 10, [1] * 10)
    with pytest.raises(InputError, match="1000 margins and 999 answers"):
        MD3().fit([0.5] * 1000, [1] * 999)
    with pytest.raises(StateError, match="no warning"):
        fitted().confirm([1])
    with pytest.raises(InputError, match="item 0 is nan"):
        fitted().update(float("nan"))
    with pytest.raises(InputError, match="chunk"):
        MD3(chunk=1)
    warned = fitted()
    warned.update_many(np.zeros(1000))
    with pytest.raises(InputError, match="no labels"):
        warned.confirm([])
