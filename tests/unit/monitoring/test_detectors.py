"""Known answers: worked by hand, by a plain reading of the papers, and on published data."""

import gzip
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.monitoring.detectors.ddm import DDM
from mainspring.monitoring.detectors.page_hinkley import PageHinkley
from mainspring.monitoring.ports import Detector, DetectorState

CIRCLES = Path(__file__).parents[3] / "../shared/data/streams/circle_drift_at_1000.csv.gz"
STABLE, WARNING, DRIFT = DetectorState.STABLE, DetectorState.WARNING, DetectorState.DRIFT


def test_page_hinkley_worked_by_hand() -> None:
    # Means 1/5, 2/6, 3/7; deviations 4/5, 2/3, 4/7; their sum passes 2 with the third one.
    detector = PageHinkley(threshold=2, delta=0, forgetting=1, min_items=1)
    states = [detector.update(value) for value in (0, 0, 0, 0, 1, 1)]
    assert states == [STABLE] * 6
    assert detector.rise - detector.rise_least == pytest.approx(4 / 5 + 2 / 3)
    assert detector.update(1) is DRIFT
    assert detector.items == 0


def test_page_hinkley_sees_the_direction_it_was_told() -> None:
    stream = [0.0] * 100 + [-1.0] * 100
    for direction, alarm in (("up", False), ("down", True), ("both", True)):
        detector = PageHinkley(threshold=10, direction=direction)  # type: ignore[arg-type]
        assert (DRIFT in [detector.update(value) for value in stream]) == alarm
    mirrored = PageHinkley(threshold=10, direction="up")
    assert DRIFT in [mirrored.update(-value) for value in stream]


def test_page_hinkley_waits_for_its_first_items() -> None:
    detector = PageHinkley(threshold=0.1, delta=0, min_items=10)
    assert [detector.update(value) for value in (0, 100) * 10].index(DRIFT) >= 9


def by_the_paper(stream: list[int], min_items: int = 30) -> list[str]:
    """DDM, told as the paper tells it."""
    said, items, mistakes, best = [], 0, 0, (math.inf, math.inf)
    for value in stream:
        items, mistakes = items + 1, mistakes + value
        p = mistakes / items
        s = math.sqrt(p * (1 - p) / items)
        if items < min_items:
            said.append("STABLE")
            continue
        best = min(best, (p, s), key=sum)
        if p + s > best[0] + 3 * best[1]:
            said.append("DRIFT")
            items, mistakes, best = 0, 0, (math.inf, math.inf)
        else:
            said.append("WARNING" if p + s > best[0] + 2 * best[1] else "STABLE")
    return said


def test_ddm_warns_and_then_alarms_when_mistakes_grow() -> None:
    random = np.random.default_rng(0)
    stream = (random.random(1_000) < np.where(np.arange(1_000) < 500, 0.1, 0.4)).astype(int).tolist()
    detector = DDM()
    states = [detector.update(value) for value in stream]
    assert [str(state) for state in states] == by_the_paper(stream)
    first = states.index(DRIFT)
    assert 500 < first < 600
    assert WARNING in states[500:first]


@given(st.lists(st.integers(0, 1), max_size=300))
def test_ddm_does_what_the_paper_says(stream: list[int]) -> None:
    detector = DDM()
    assert [str(detector.update(value)) for value in stream] == by_the_paper(stream)


def test_ddm_on_circles_whose_rule_widens_at_row_1000() -> None:
    if not CIRCLES.exists():
        pytest.skip("the stream is not here")
    with gzip.open(CIRCLES, "rt") as file:
        data = np.array([line.split(",")[:3] for line in file], dtype=float)
    inside = np.hypot(data[:, 0] - 0.5, data[:, 1] - 0.5) <= 0.2
    wrong = inside != (data[:, 2] == 1)
    assert (wrong[:1000].mean(), wrong[1000:1250].mean(), wrong[1250:1500].mean()) == (0, 0.104, 0.304)
    detector = DDM()
    alarms = [row for row, mistake in enumerate(wrong) if detector.update(bool(mistake)) is DRIFT]
    assert not [row for row in alarms if row < 1000]
    assert 1000 <= alarms[0] < 1100


def test_a_steady_stream_gives_no_alarm() -> None:
    random = np.random.default_rng(1)
    page_hinkley = PageHinkley()
    assert DRIFT not in [page_hinkley.update(value) for value in random.random(5_000)]
    ddm = DDM()
    assert DRIFT not in [ddm.update(value) for value in (np.arange(5_000) % 10 == 0).tolist()]


@pytest.mark.parametrize("detector", [PageHinkley(threshold=3), DDM()])
@given(stream=st.lists(st.integers(0, 1), max_size=120), cut=st.integers(0, 120))
def test_a_detector_goes_on_from_its_json(detector: Detector, stream: list[int], cut: int) -> None:
    whole = type(detector).from_dict(detector.as_dict())
    parts = type(detector).from_dict(detector.as_dict())
    expected = [whole.update(value) for value in stream]
    first = [parts.update(value) for value in stream[:cut]]
    resumed = type(detector).from_dict(json.loads(json.dumps(parts.as_dict(), allow_nan=False)))
    assert first + [resumed.update(value) for value in stream[cut:]] == expected
    assert resumed.as_dict() == whole.as_dict()


def test_items_that_are_none_are_refused() -> None:
    with pytest.raises(InputError):
        PageHinkley().update(math.nan)
    with pytest.raises(InputError):
        DDM().update(0.5)
