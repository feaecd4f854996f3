"""The drawing of graphs, and the colours it is drawn in."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.evaluation.drawing import within_page
from mainspring.evaluation.drawing.colours import PALETTE, STATES
from mainspring.evaluation.drawing.graphs import Edge, Node, draw, reduced
from mainspring.evaluation.drawing.graphs.layout import layers, place

NODES = [Node(name, name) for name in "abc"]
EDGES = [Edge("a", "b"), Edge("b", "c"), Edge("a", "c")]


def test_an_arrow_that_a_longer_way_implies_is_left_out() -> None:
    assert reduced(NODES, EDGES) == (Edge("a", "b"), Edge("b", "c"))


def test_layers_follow_the_longest_path() -> None:
    assert layers(4, [(0, 1), (1, 2), (0, 2), (2, 3)]) == [0, 1, 2, 3]


@given(st.integers(1, 9), st.data())
def test_boxes_of_a_layer_never_overlap(count: int, data: st.DataObject) -> None:
    ends = st.integers(0, count - 1)
    edges = data.draw(st.lists(st.tuples(ends, ends).filter(lambda pair: pair[0] != pair[1]), max_size=16))
    layout = place([80.0] * count, edges)
    for layer in set(layout.layer):
        row = sorted(x for x, at in zip(layout.x, layout.layer, strict=True) if at == layer)
        assert all(right - left >= 80.0 for left, right in pairwise(row))


def test_a_graph_names_its_boxes_and_escapes_them() -> None:
    svg = draw([Node("a", "<script>", state="failed"), Node("b", "b")], [Edge("a", "b", "<i>")], title="T & U")
    root = ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{space}title") == "T & U"
    assert root.findtext(f"{space}desc") == "<script> failed; b"
    assert "<script" not in svg


def test_circles_and_loose_ends_are_drawn_too() -> None:
    ElementTree.fromstring(draw(NODES, [*EDGES, Edge("c", "a"), Edge("a", "nobody"), Edge("a", "a")], title="t"))


def test_within_a_page_a_picture_carries_no_style() -> None:
    alone = draw(NODES, EDGES, title="t")
    assert "<style>" in alone
    assert within_page(alone) == draw(NODES, EDGES, title="t", alone=False)


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", [0, 1])
@pytest.mark.parametrize("name", ["ink", "quiet", "accent", "second", "third", *STATES])
@pytest.mark.parametrize("surface", ["surface", "raised"])
def test_words_have_the_contrast_of_level_aa(name: str, surface: str, mode: int) -> None:
    assert contrast(PALETTE[name][mode], PALETTE[surface][mode]) >= 4.5
