"""Grad-CAM on layers worked out by hand."""

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.evaluation.explanation.gradients import class_activation_maps


def test_channels_count_by_their_slope_and_only_what_speaks_for_the_class_is_kept():
    activations = np.zeros((1, 2, 2, 2))
    activations[0, 0, 0, 0] = 3.0
    activations[0, 1, 1, 1] = 5.0
    slopes = np.stack((np.full((2, 2), 0.5), np.full((2, 2), -1.0)))[None]
    assert class_activation_maps(activations, slopes, (2, 2)).tolist() == [[[1.5, 0.0], [0.0, 0.0]]]


def test_a_map_is_drawn_as_large_as_the_image():
    activations = np.array([[[[0.0, 1.0]]]])
    found = class_activation_maps(activations, np.ones_like(activations), (2, 4))
    assert found.tolist() == [[[0.0, 0.25, 0.75, 1.0]] * 2]


def test_a_layer_without_places():
    with pytest.raises(InputError, match="channels, height and width"):
        class_activation_maps(np.zeros((2, 5)), np.zeros((2, 5)), (2, 2))
