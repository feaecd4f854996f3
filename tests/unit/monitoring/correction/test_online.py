"""LORD++ and SAFFRON: the sequence of the R package onlineFDR (Robertson and others), and what they promise."""

import json

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.monitoring.correction import LORD, SAFFRON

P_VALUES = (
    2.90e-08, 0.06743, 0.01514, 0.08174, 0.00171, 3.60e-05, 0.79149, 0.27201,
    0.28295, 7.59e-08, 0.69274, 0.30443, 0.00136, 0.72342, 0.54757,
)  # fmt: skip
# What LORD(sample.df, random=FALSE) and SAFFRON(sample.df, random=FALSE) print in its reference manual.
LORD_LEVELS = (
    0.0002675839, 0.0024664457, 0.0005732818, 0.0004872805, 0.0004059066, 0.0003447286, 0.0029745013, 0.0008450114,
    0.0007305648, 0.0006243143, 0.0032185913, 0.0010617227, 0.0009256825, 0.0008019657, 0.0007059610,
)  # fmt: skip
SAFFRON_LEVELS = (
    0.005468627, 0.010937254, 0.010937254, 0.010937254, 0.010937254, 0.021874508, 0.032811762, 0.010823845,
    0.010823845, 0.010823845, 0.021761099, 0.009265591, 0.009265591, 0.020202846, 0.009064367,
)  # fmt: skip


def run(control: LORD | SAFFRON) -> tuple[list[float], list[int]]:
    levels, found = [], []
    for place, p_value in enumerate(P_VALUES, start=1):
        levels.append(control.level)
        if control.update(p_value):
            found.append(place)
    return levels, found


def test_lord_gives_the_published_levels() -> None:
    levels, found = run(LORD(share=0.05))
    assert levels == pytest.approx(LORD_LEVELS, abs=5e-11)
    assert found == [1, 6, 10]


def test_saffron_gives_the_published_levels() -> None:
    levels, found = run(SAFFRON(share=0.05))
    assert levels == pytest.approx(SAFFRON_LEVELS, abs=5e-10)
    assert found == [1, 5, 6, 10, 13]


@pytest.mark.parametrize("kind", [LORD, SAFFRON])
def test_a_quiet_stream_is_rarely_called_a_discovery(kind: type[LORD] | type[SAFFRON]) -> None:
    random = np.random.default_rng(3)
    streams = 400
    any_found = sum(
        any(control.update(float(p)) for p in random.random(200))
        for control in (kind(share=0.1) for _ in range(streams))
    )
    # Of streams without anything to find, a share of at most 0.1 finds something: 40, and three deviations.
    assert any_found <= 40 + 3 * 6


@pytest.mark.parametrize("kind", [LORD, SAFFRON])
def test_few_of_the_discoveries_are_false(kind: type[LORD] | type[SAFFRON]) -> None:
    random = np.random.default_rng(4)
    shares, power = [], []
    for _ in range(40):
        control = kind(share=0.1)
        true = random.random(300) < 0.3
        p_values = np.where(true, random.random(300) ** 8 * 1e-3, random.random(300))
        found = np.array([control.update(float(p)) for p in p_values])
        shares.append((found & ~true).sum() / max(found.sum(), 1))
        power.append((found & true).sum() / true.sum())
    assert np.mean(shares) <= 0.1
    assert np.mean(power) > 0.8


@pytest.mark.parametrize("kind", [LORD, SAFFRON])
def test_state_goes_on_where_it_was(kind: type[LORD] | type[SAFFRON]) -> None:
    whole, levels = kind(), []
    for p_value in P_VALUES:
        whole.update(p_value)
        levels.append(whole.level)
    parted, again = kind(), []
    for p_value in P_VALUES:
        parted = kind.from_dict(json.loads(json.dumps(parted.as_dict())))
        parted.update(p_value)
        again.append(parted.level)
    assert again == levels


def test_wrong_settings_and_p_values_are_refused() -> None:
    for wrong in ({"share": 0.0}, {"share": 1.0}, {"wealth": 0.2}, {"wealth": -0.1}):
        with pytest.raises(InputError):
            LORD(**wrong)
        with pytest.raises(InputError):
            SAFFRON(**wrong)
    with pytest.raises(InputError):
        SAFFRON(candidate=1.0)
    for wrong_p in (-0.1, 1.1, float("nan")):
        with pytest.raises(InputError):
            LORD().update(wrong_p)
        with pytest.raises(InputError):
            SAFFRON().update(wrong_p)
