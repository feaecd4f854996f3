"""Thresholds for a wanted run length, held to chances that are known."""

import numpy as np
import pytest

from mainspring.monitoring.detectors.run_lengths import threshold_for


@pytest.mark.parametrize("steps", [20, 100, 400])
def test_independent_values_pass_as_often_as_wanted(steps):
    # A uniform value passes x with the chance 1 - x, once in 1 / (1 - x) steps.
    values = np.random.default_rng(0).random((300, 200))
    assert 1 / (1 - threshold_for(values, steps)) == pytest.approx(steps, rel=0.2)


def test_values_that_stay_alarm_once_each():
    # Ten streams, each at a level of its own: the last one alarms in its first step, the others never.
    values = np.repeat(np.arange(10.0)[:, None], 5, axis=1)
    assert threshold_for(values, 46) == pytest.approx(8.0)
    assert threshold_for(values, 10_000) == pytest.approx(9.0)
