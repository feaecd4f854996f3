"""A concept that was planted is found, and a random one is not."""

import numpy as np
import pytest
from scipy.stats import ttest_ind

from mainspring.core import InputError
from mainspring.evaluation.explanation.gradients import tcav
from mainspring.evaluation.explanation.gradients.concepts import _p_value

RNG = np.random.default_rng(0)
WIDE = 20
DIRECTION = np.zeros(WIDE)
DIRECTION[3] = 1.0


def random_set(seed, rows=40):
    return np.random.default_rng(seed).normal(size=(rows, WIDE))


SETS = [random_set(seed) for seed in range(1, 11)]
PLANTED = random_set(99) + 4 * DIRECTION
# Every row's answer rises with the third coordinate and with nothing else but some noise.
SLOPES = DIRECTION + 0.02 * RNG.normal(size=(200, WIDE))


def test_a_planted_concept_scores_one():
    found = tcav(PLANTED, SETS, SLOPES)
    assert found.score == 1.0
    assert found.significant
    assert found.accuracy > 0.9
    assert str(found).startswith("1.000")


def test_against_the_concept_scores_nothing():
    assert tcav(PLANTED, SETS, -SLOPES).score == 0.0


def test_random_concepts_are_not_significant():
    found = [tcav(random_set(seed), SETS, SLOPES, tested=12) for seed in range(200, 212)]
    assert not any(one.significant for one in found)
    assert np.mean([one.accuracy for one in found]) == pytest.approx(0.5, abs=0.1)


def test_each_of_several_concepts_must_be_surer():
    one, many = tcav(PLANTED, SETS, SLOPES), tcav(PLANTED, SETS, SLOPES, tested=20)
    assert many.p_value == pytest.approx(min(1.0, 20 * one.p_value))


def test_the_p_value_is_welchs():
    a, b = RNG.normal(0.7, 0.1, 10), RNG.normal(0.5, 0.3, 8)
    assert _p_value(a, b) == pytest.approx(ttest_ind(a, b, equal_var=False).pvalue)
    assert _p_value(np.ones(5), np.ones(5)) == 1.0
    assert _p_value(np.ones(5), np.zeros(5)) == 0.0


def test_activations_of_any_shape():
    sets = [one.reshape(-1, 5, 2, 2) for one in SETS]
    found = tcav(PLANTED.reshape(-1, 5, 2, 2), sets, SLOPES.reshape(-1, 5, 2, 2))
    assert found == tcav(PLANTED, SETS, SLOPES)
    assert found.as_dict()["score"] == 1.0


def test_too_little_to_judge():
    with pytest.raises(InputError, match="2 random sets"):
        tcav(PLANTED, SETS[:2], SLOPES)
    with pytest.raises(InputError, match="3 examples"):
        tcav(PLANTED[:3], SETS, SLOPES)
