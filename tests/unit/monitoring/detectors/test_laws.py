"""What holds for every detector: many as one by one, its JSON, steady streams, bad items, bad settings."""

import doctest
import json
import math
import sys
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.monitoring import (
    ADWIN,
    CUSUM,
    DDM,
    ECDD,
    EDDM,
    HDDMA,
    HDDMW,
    KSWIN,
    RDDM,
    STEPD,
    Detector,
    DetectorState,
    LinearFourRates,
    PageHinkley,
)
from mainspring.monitoring.detectors.fhddm import FHDDM

DRIFT = DetectorState.DRIFT

# Settings with which short streams already alarm.
BITS: Mapping[str, Callable[[], Detector]] = {
    "DDM": lambda: DDM(min_items=5),
    "EDDM": lambda: EDDM(min_errors=3),
    "RDDM": lambda: RDDM(min_items=5, longest=60, kept=30, patience=10),
    "STEPD": lambda: STEPD(recent=5),
    "ECDD": lambda: ECDD(min_items=5),
    "FHDDM": lambda: FHDDM(window=8, level=0.3),
}
SHARES: Mapping[str, Callable[[], Detector]] = {
    "HDDMA": lambda: HDDMA(drift=0.2, warning=0.4, direction="both"),
    "HDDMA, up": lambda: HDDMA(drift=0.2, warning=0.4),
    "HDDMW": lambda: HDDMW(drift=0.2, warning=0.4, direction="both"),
    "HDDMW, down": lambda: HDDMW(drift=0.2, warning=0.4, direction="down"),
}
NUMBERS: Mapping[str, Callable[[], Detector]] = {
    "PageHinkley": lambda: PageHinkley(threshold=3, min_items=5),
    "PageHinkley, quickly forgotten": lambda: PageHinkley(threshold=3, min_items=5, forgetting=0.7),
    "PageHinkley, all kept": lambda: PageHinkley(threshold=3, min_items=5, forgetting=1, direction="up"),
    "CUSUM": lambda: CUSUM(threshold=4, min_items=5),
    "CUSUM, known": lambda: CUSUM(target=0.5, deviation=0.5, threshold=4, direction="down"),
    "ADWIN": lambda: ADWIN(delta=0.9, clock=4, least=2, min_items=4),
    "ADWIN, three buckets": lambda: ADWIN(delta=0.9, clock=1, buckets=3, least=1, min_items=2),
    "KSWIN": lambda: KSWIN(level=0.05, window=20, recent=8),
    "KSWIN, half": lambda: KSWIN(level=0.05, window=20, recent=10),
}
OUTCOMES: Mapping[str, Callable[[], Detector]] = {
    "LinearFourRates": lambda: LinearFourRates(decay=0.7, drift=0.01, warning=0.1, min_items=5)
}
ALL = {**BITS, **SHARES, **NUMBERS, **OUTCOMES}

DEFAULTS: Mapping[str, Callable[[], Detector]] = {
    "ADWIN": ADWIN,
    "CUSUM": CUSUM,
    "DDM": DDM,
    "ECDD": ECDD,
    "EDDM": EDDM,
    "FHDDM": FHDDM,
    "HDDMA": HDDMA,
    "HDDMW": HDDMW,
    "KSWIN": KSWIN,
    "LinearFourRates": LinearFourRates,
    "PageHinkley": PageHinkley,
    "RDDM": RDDM,
    "STEPD": STEPD,
}


def items(name: str) -> st.SearchStrategy[list[float]]:
    """Streams of what the detector understands; many of them with a change."""
    item: st.SearchStrategy[float]
    other: st.SearchStrategy[float]
    if name in BITS:
        item, other = st.sampled_from([0, 0, 0, 1]), st.sampled_from([0, 1, 1, 1])
    elif name in SHARES:
        item, other = st.floats(0, 1), st.floats(0.5, 1)
    elif name in OUTCOMES:
        item, other = st.integers(0, 3), st.sampled_from([0, 0, 1])
    else:
        item, other = st.floats(-4, 4), st.sampled_from([0.0, 0.5, 1.0, 5.0])
    return st.tuples(st.lists(item, max_size=150), st.lists(other, max_size=150)).map(lambda two: two[0] + two[1])


def one_by_one(detector: Detector, stream: list[float]) -> list[int]:
    """The places of the alarms."""
    return [place for place, item in enumerate(stream) if detector.update(item) is DRIFT]


@pytest.mark.parametrize("name", ALL)
@given(data=st.data())
def test_many_at_once_are_as_one_by_one(name: str, data: st.DataObject) -> None:
    stream = data.draw(items(name))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=3)))
    single, many = ALL[name](), ALL[name]()
    expected = one_by_one(single, stream)
    found: list[int] = []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += (many.update_many(stream[begin:end]) + begin).tolist()
    assert found == expected
    assert many.as_dict() == single.as_dict()


@pytest.mark.parametrize("name", ALL)
def test_many_at_once_are_as_one_by_one_on_long_streams(name: str) -> None:
    random = np.random.default_rng(4)
    size = 1_000 if name.startswith("KSWIN") else 4_000
    rate = np.where(np.arange(size) % 700 < 500, 0.1, 0.4)
    stream = (random.random(size) < rate).astype(float)
    if name in OUTCOMES:
        stream = 2 * (random.random(size) < 0.4) + stream
    if name in NUMBERS:
        stream = stream + np.round(random.normal(size=size), 3)
    single, many = ALL[name](), ALL[name]()
    assert many.update_many(stream).tolist() == one_by_one(single, stream.tolist())
    assert many.as_dict() == single.as_dict()


@pytest.mark.parametrize("name", ALL)
@given(data=st.data())
def test_a_detector_goes_on_from_its_json(name: str, data: st.DataObject) -> None:
    stream = data.draw(items(name))
    cut = data.draw(st.integers(0, len(stream)))
    whole, begun = ALL[name](), ALL[name]()
    expected = [whole.update(item) for item in stream]
    before = [begun.update(item) for item in stream[:cut]]
    resumed = type(begun).from_dict(json.loads(json.dumps(begun.as_dict(), allow_nan=False)))
    begun.update_many(stream[cut:])  # what the first one does next is nothing to the second
    assert before + [resumed.update(item) for item in stream[cut:]] == expected
    assert resumed.as_dict() == whole.as_dict()


@pytest.mark.parametrize("name", DEFAULTS)
@pytest.mark.parametrize("value", [0, 1, 0.1, -3.7, 1e9])
def test_a_constant_stream_gives_no_alarm(name: str, value: float) -> None:
    outside = value not in (0, 1) if name in BITS or name in OUTCOMES else name in SHARES and not 0 <= value <= 1
    if outside:
        return
    assert DEFAULTS[name]().update_many(np.full(3_000, value)).size == 0


def bernoulli(random: np.random.Generator, name: str, rate: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Mistakes at a rate; for outcomes, of two classes that come equally often."""
    rates = np.asarray(rate)
    wrong = random.random(rates.size) < rates
    truth = random.random(rates.size) < 0.5
    return 2 * truth + (truth ^ wrong) if name in OUTCOMES else wrong.astype(np.int64)


# The most false alarms on 100,000 items with a rate of 0.2, and the items after which a rise to 0.4 is seen.
BOUNDS = {
    "ADWIN": (2, 200),
    "CUSUM": (2, 200),
    "DDM": (3, 1_500),
    "ECDD": (400, 200),
    "EDDM": (60, 1_500),
    "FHDDM": (10, 1_000),
    "HDDMA": (2, 300),
    "HDDMW": (40, 200),
    "KSWIN": (30, 4_000),
    "LinearFourRates": (10, 500),
    "PageHinkley": (40, 500),
    "RDDM": (40, 500),
    "STEPD": (120, 300),
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_false_alarms_on_a_steady_stream_are_rare(name: str) -> None:
    stream = bernoulli(np.random.default_rng(11), name, np.full(100_000, 0.2))
    assert DEFAULTS[name]().update_many(stream).size <= BOUNDS[name][0]


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_doubled_error_rate_is_seen(name: str) -> None:
    delays = []
    for seed in range(5):
        rate = np.repeat([0.2, 0.4], [2_000, 4_000])
        alarms = DEFAULTS[name]().update_many(bernoulli(np.random.default_rng(seed), name, rate))
        delays.append(int(alarms[alarms >= 2_000][0]) - 2_000 if (alarms >= 2_000).any() else 4_000)
    assert np.median(delays) <= BOUNDS[name][1]


@pytest.mark.parametrize("name", ["ADWIN", "CUSUM", "KSWIN", "PageHinkley"])
def test_a_shift_of_one_deviation_is_seen_among_normal_figures(name: str) -> None:
    random = np.random.default_rng(2)
    stream = np.concatenate([random.normal(0, 1, 5_000), random.normal(1, 1, 1_000)])
    alarms = DEFAULTS[name]().update_many(stream)
    assert alarms[alarms < 5_000].size <= 3
    assert alarms[alarms >= 5_000][0] < 5_200


@pytest.mark.parametrize("name", DEFAULTS)
@pytest.mark.parametrize("bad", [[1, 0, math.nan], [math.inf], [0, -math.inf], ["two"], [[1, 0]], 1])
def test_bad_items_are_refused_and_nothing_is_taken(name: str, bad: npt.ArrayLike) -> None:
    detector = DEFAULTS[name]()
    detector.update_many([0, 1, 1, 0, 1])
    before = detector.as_dict()
    with pytest.raises(InputError):
        detector.update_many(bad)
    for item in (math.nan, math.inf, -math.inf, "1", None, [1], 10**400):
        with pytest.raises(InputError):
            detector.update(item)  # type: ignore[arg-type]
    assert detector.as_dict() == before


@pytest.mark.parametrize("name", [*BITS, *SHARES, *OUTCOMES])
def test_items_out_of_range_are_refused(name: str) -> None:
    for bad in (-1, 4, 1.5):
        with pytest.raises(InputError):
            ALL[name]().update(bad)
        with pytest.raises(InputError, match=r"item 1 is"):
            ALL[name]().update_many([0, bad])


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("kind", [np.float32, np.int64, np.bool_, bool])
def test_items_may_be_numbers_of_numpy(name: str, kind: Callable[[int], float]) -> None:
    detector, plain = ALL[name](), ALL[name]()
    for item in (0, 1, 1, 0, 0, 1, 0, 1) * 5:
        assert detector.update(kind(item)) is plain.update(float(item))
    assert json.loads(json.dumps(detector.as_dict())) == plain.as_dict()


@pytest.mark.parametrize("name", DEFAULTS)
def test_nothing_at_all_is_no_alarm(name: str) -> None:
    detector = DEFAULTS[name]()
    assert detector.update_many([]).tolist() == []
    assert detector.as_dict() == DEFAULTS[name]().as_dict()


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_state_that_does_not_fit_is_refused(name: str) -> None:
    kind = type(DEFAULTS[name]())
    with pytest.raises(InputError, match=f"the state of {kind.__name__} does not fit: colour"):
        kind.from_dict({**DEFAULTS[name]().as_dict(), "colour": "red"})


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (ADWIN, {"delta": 0}),
        (ADWIN, {"clock": 0}),
        (ADWIN, {"buckets": 1}),
        (ADWIN, {"least": 0}),
        (ADWIN, {"min_items": 1}),
        (CUSUM, {"deviation": 0}),
        (CUSUM, {"slack": -1}),
        (CUSUM, {"threshold": 0}),
        (CUSUM, {"direction": "left"}),
        (DDM, {"warning": 4}),
        (DDM, {"min_items": 0}),
        (ECDD, {"run_length": 500}),
        (ECDD, {"warning": 0}),
        (EDDM, {"drift": 0.99}),
        (EDDM, {"min_errors": 1}),
        (FHDDM, {"window": 1}),
        (FHDDM, {"level": 0}),
        (HDDMA, {"drift": 0.1}),
        (HDDMA, {"direction": "left"}),
        (HDDMW, {"weight": 1}),
        (HDDMW, {"drift": 0}),
        (KSWIN, {"level": 1}),
        (KSWIN, {"window": 50}),
        (KSWIN, {"recent": 1}),
        (LinearFourRates, {"decay": 1}),
        (LinearFourRates, {"drift": 0.1}),
        (PageHinkley, {"threshold": 0}),
        (PageHinkley, {"delta": -1}),
        (PageHinkley, {"forgetting": 0}),
        (PageHinkley, {"direction": "left"}),
        (RDDM, {"warning": 3}),
        (RDDM, {"patience": 7_000}),
        (RDDM, {"kept": 50_000}),
        (STEPD, {"recent": 1}),
        (STEPD, {"drift": 0.1}),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    kind: Callable[..., Detector], settings: dict[str, object]
) -> None:
    with pytest.raises(InputError, match=next(iter(settings))):
        kind(**settings)


@pytest.mark.parametrize("name", DEFAULTS)
def test_the_example_in_its_text_is_true(name: str) -> None:
    found = doctest.testmod(sys.modules[type(DEFAULTS[name]()).__module__])
    assert found.attempted >= 2
    assert found.failed == 0
