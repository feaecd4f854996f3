"""The layout of large graphs: its laws, and its answer for shapes whose picture is known."""

import random
from itertools import combinations

import pytest

from mainspring.app.web.rooms.lineage.layering import HEIGHT, WIDTH, layers, placed


def layered(count: int, pairs: list[tuple[int, int]]) -> list[int]:
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for source, target in pairs:
        below[source].append(target)
        above[target].append(source)
    return layers(count, above, below)


def test_a_chain_goes_down() -> None:
    assert layered(4, [(2, 0), (0, 3), (3, 1)]) == [1, 3, 0, 2]


def test_what_leads_to_the_spine_is_beside_it_and_side_branches_stay_near_what_made_them() -> None:
    """Spine 0-1-2-3-4; 5 leads to 4 and is low; 6 and 7 came of 0 and are high."""
    spine = [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert layered(8, [*spine, (5, 4), (0, 6), (6, 7)]) == [0, 1, 2, 3, 4, 3, 1, 2]


def test_circles_are_opened() -> None:
    found = placed(4, [(0, 1), (1, 2), (2, 0), (2, 3), (3, 3)])
    assert len(found.x) == 4
    assert len(set(zip(found.x, found.y, strict=True))) == 4


def test_nothing_has_no_size() -> None:
    assert (placed(0, []).width, placed(0, []).height) == (0, 0)


@pytest.mark.parametrize("seed", range(6))
def test_boxes_never_lie_on_each_other_and_arrows_go_down(seed: int) -> None:
    chance = random.Random(seed)
    count = 120
    pairs = [(chance.randrange(target), target) for target in range(1, count) for _ in range(chance.randint(0, 3))]
    found = placed(count, pairs)
    boxes = list(zip(found.x, found.y, strict=True))
    for one, other in combinations(boxes, 2):
        assert abs(one[0] - other[0]) >= WIDTH or abs(one[1] - other[1]) >= HEIGHT
    assert min(found.x) >= 0
    assert max(found.x) + WIDTH == found.width
    assert max(found.y) + HEIGHT == found.height
    if found.height < 1.5 * found.width:  # not continued in a further column
        assert all(found.y[source] < found.y[target] for source, target in pairs)


def test_the_same_graph_is_placed_in_the_same_way() -> None:
    pairs = [(one, (one * 7 + 3) % 50) for one in range(50) if one < (one * 7 + 3) % 50]
    assert placed(50, pairs) == placed(50, pairs)


def test_deep_and_wide_graphs_are_folded_into_shapes_that_can_be_looked_at() -> None:
    chain = placed(2_000, [(one, one + 1) for one in range(1_999)])
    fan = placed(2_001, [(0, one) for one in range(1, 2_001)])
    for found in (chain, fan):
        assert 0.3 < found.width / found.height < 4
