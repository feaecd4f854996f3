import json

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.monitoring.detectors.black_box_shift import BlackBoxShift
from mainspring.monitoring.ports import DetectorState


def rows(random: np.random.Generator, count: int, shares: dict[str, float]) -> list[tuple[str, str]]:
    """Labels, and a model that is wrong in its own way about each."""
    labels = random.choice(list(shares), size=count, p=list(shares.values()))
    said = np.where(random.random(count) < 0.8, labels, random.choice(list(shares), size=count))
    return list(zip(labels.tolist(), said.tolist(), strict=True))


def test_shares_worked_by_hand() -> None:
    # Of yes 80 % are called yes, of no 20 %: 44 % called yes makes 40 % yes.
    pairs = [("yes", "yes")] * 80 + [("yes", "no")] * 20 + [("no", "yes")] * 20 + [("no", "no")] * 80
    detector = BlackBoxShift().fit(pairs * 10)
    found = detector.update(["yes"] * 440 + ["no"] * 560)
    assert found.features == pytest.approx({"yes": -0.1, "no": 0.1})
    assert found.distance == pytest.approx(0.1)
    no, yes = detector.estimate(["yes"] * 440 + ["no"] * 560)
    assert (yes.before, yes.after) == (0.5, pytest.approx(0.4))
    assert yes.interval[0] < 0.4 < yes.interval[1]
    assert no.interval[1] - no.interval[0] < 0.12


def test_shares_that_moved_are_found_with_the_truth_inside_the_interval() -> None:
    random = np.random.default_rng(0)
    before, after = {"a": 0.5, "b": 0.3, "c": 0.2}, {"a": 0.2, "b": 0.3, "c": 0.5}
    detector = BlackBoxShift().fit(rows(random, 5_000, before))
    inside = 0
    for _ in range(10):
        said = [word for _, word in rows(random, 800, after)]
        found = detector.update(said)
        assert found.state is DetectorState.DRIFT
        assert list(found.features)[-1] == "b"
        inside += sum(one.interval[0] <= after[one.label] <= one.interval[1] for one in detector.estimate(said))
    assert inside >= 25  # of 30 intervals of 95 %


def test_steady_labels_do_not_alarm() -> None:
    random = np.random.default_rng(1)
    shares = {"a": 0.5, "b": 0.3, "c": 0.2}
    detector = BlackBoxShift().fit(rows(random, 2_000, shares))
    states = [detector.update([word for _, word in rows(random, 300, shares)]).state for _ in range(25)]
    assert states.count(DetectorState.DRIFT) == 0


def test_state_is_plain_and_goes_on() -> None:
    random = np.random.default_rng(2)
    detector = BlackBoxShift(level=0.01).fit(rows(random, 500, {"a": 0.5, "b": 0.5}))
    again = BlackBoxShift.from_dict(json.loads(json.dumps(detector.as_dict())))
    assert again.update(["a"] * 90 + ["b"] * 10) == detector.update(["a"] * 90 + ["b"] * 10)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="not fitted"):
        BlackBoxShift().update(["a"])
    with pytest.raises(InputError, match="shape"):
        BlackBoxShift().fit(["a", "b"])
    with pytest.raises(InputError, match="do not depend"):
        BlackBoxShift().fit([("a", "x"), ("b", "x")] * 20)
    with pytest.raises(InputError, match="shape"):
        BlackBoxShift().fit([("a", "a"), ("b", "b")]).update([])
    for settings in ({"level": 1.0}, {"limit": 2.0}):
        with pytest.raises(InputError):
            BlackBoxShift(**settings)
