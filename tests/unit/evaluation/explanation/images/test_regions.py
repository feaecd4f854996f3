"""Images cut into regions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core import InputError
from mainspring.evaluation.explanation.images import grid_regions, similar_regions


def test_squares_at_the_edge_are_smaller():
    cut = grid_regions(3, 5, 2)
    assert cut.tolist() == [[0, 0, 1, 1, 2], [0, 0, 1, 1, 2], [3, 3, 4, 4, 5]]


def test_regions_keep_to_the_edges_of_what_is_shown():
    image = np.zeros((20, 20))
    image[5:15, 5:15] = 1.0
    cut = similar_regions(image, 16)
    inside = set(np.unique(cut[5:15, 5:15]))
    outside = set(np.unique(np.concatenate((cut[:5].ravel(), cut[15:].ravel()))))
    assert not inside & outside


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 24), st.integers(1, 24), st.integers(1, 30), st.integers(0, 5), st.sampled_from([(), (3,)]))
def test_every_pixel_has_a_region_and_every_region_hangs_together(high, wide, count, seed, colours):
    image = np.random.default_rng(seed).random((high, wide, *colours))
    cut = similar_regions(image, count)
    numbers = np.unique(cut)
    assert cut.shape == (high, wide)
    assert numbers.tolist() == list(range(len(numbers)))
    for number in numbers:
        assert _reached(cut == number) == int((cut == number).sum())


def _reached(inside):
    """How many pixels one walks to from the first."""
    start = tuple(np.argwhere(inside)[0])
    seen, waiting = {start}, [start]
    while waiting:
        y, x = waiting.pop()
        for near in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
            within = 0 <= near[0] < inside.shape[0] and 0 <= near[1] < inside.shape[1]
            if within and inside[near] and near not in seen:
                seen.add(near)
                waiting.append(near)
    return len(seen)


def test_nothing_to_cut():
    with pytest.raises(InputError, match="0 regions"):
        similar_regions(np.zeros((4, 4)), 0)
    with pytest.raises(InputError, match="squares of 0"):
        grid_regions(4, 4, 0)
