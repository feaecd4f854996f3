import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import binom

from mainspring.core.errors import InputError
from mainspring.monitoring.retraining.changes import Change, last_change


def test_the_probability_of_a_change_is_that_of_the_integrals() -> None:
    """Worked by hand for four stretches: the uniform priors are integrated numerically."""
    items = [0, 1, 0, 0] * 3 + [1] * 10

    def evidence(part: list[int]) -> float:
        ones, count = sum(part), len(part)
        return float(quad(lambda rate: binom.pmf(ones, count, rate), 0, 1)[0] / binom_coefficient(count, ones))

    def binom_coefficient(count: int, ones: int) -> float:
        return float(binom.pmf(ones, count, 0.5) * 2.0**count)

    ratios = [
        evidence(items[:place]) * evidence(items[place:]) / evidence(items) for place in range(5, len(items) - 4)
    ]
    expected = np.mean(ratios) / (1 + np.mean(ratios))
    change = last_change(items, level=0.5, least=5)
    assert change is not None
    assert change.probability == pytest.approx(expected, rel=1e-6)
    assert change.place == 5 + int(np.argmax(ratios))


@pytest.mark.parametrize("kind", ["mistakes", "losses"])
def test_the_last_of_several_changes_is_found(kind: str) -> None:
    random = np.random.default_rng(1)
    rates = np.repeat([0.1, 0.5, 0.2], [1000, 1000, 700])
    items = random.random(2700) < rates if kind == "mistakes" else random.exponential(rates)
    change = last_change(items)
    assert change is not None
    assert change.low <= 2000 <= change.high
    assert abs(change.place - 2000) < 40
    assert change.before == pytest.approx(0.5, abs=0.05)
    assert change.after == pytest.approx(0.2, abs=0.05)


def test_steady_streams_have_few_false_changes() -> None:
    random = np.random.default_rng(2)
    mistakes = [last_change(random.random(1000) < 0.2) for _ in range(200)]
    losses = [last_change(random.normal(size=1000)) for _ in range(200)]
    assert sum(one is not None for one in mistakes) <= 4
    assert sum(one is not None for one in losses) <= 4


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    found: list[Change] = []
    for _ in range(200):
        change = last_change(random.random(600) < np.repeat([0.1, 0.4], 300))
        if change is not None:
            found.append(change)
    held = sum(one.low <= 300 <= one.high for one in found)
    assert len(found) > 190
    assert held / len(found) > 0.9


@pytest.mark.parametrize("items", [[], [1.0] * 10, [0.5] * 500, [0.0] * 500])
def test_what_cannot_have_changed_has_not(items: list[float]) -> None:
    assert last_change(items) is None


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(InputError, match="not finite"):
        last_change([0.0, float("nan")])
