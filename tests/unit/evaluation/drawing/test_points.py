"""Scattered points and the reliability diagram: where the figures say, well-formed, escaped."""

import math
from xml.etree import ElementTree

import pytest

from mainspring.evaluation.drawing import reliability_chart, scatter_chart

HOSTILE = '<script>alert("x")</script> & \x00'


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def test_points_lie_where_their_figures_say() -> None:
    # By hand: the plane is 300 by 300 pixels; both axes run from -4 to 104 (4 % of air on either side).
    svg = scatter_chart(
        [(0, 0), (100, 50), (math.nan, 1)], title="t", x="x", y="y", diagonal=True, size=(356, 350)
    )
    dots = parsed(svg).find(".//path[@class='dots']")
    assert dots is not None
    assert dots.get("d") == "M55.1 298.9h0M332.9 160h0"
    diagonal = parsed(svg).find(".//path[@class='ghost']")
    assert diagonal is not None
    assert diagonal.get("d") == "M44 310L344 10"


def test_a_level_is_drawn_across_and_belongs_to_the_axis() -> None:
    root = parsed(scatter_chart([(1, 5), (2, 6)], title="t", x="x", y="y", level=0.0))
    assert root.find(".//path[@class='ghost']") is not None
    assert "0" in [text.text for text in root.iter("text")]


def test_no_points_make_an_empty_frame() -> None:
    assert parsed(scatter_chart([], title="t", x="x", y="y")).find(".//path[@class='dots']") is None


def bins() -> list[tuple[float, float, float]]:
    return [(0.1, 0.2, 50.0), (0.9, 0.7, 100.0)]


def test_bins_have_their_rows_below_and_their_intervals_around() -> None:
    root = parsed(
        reliability_chart(bins(), title="t", x="said", y="came", intervals=[(0.1, 0.3), (0.6, math.nan)])
    )
    small, large = root.findall(".//rect[@class='f1 bar']")
    assert float(large.get("height") or 0) == pytest.approx(2 * float(small.get("height") or 0))
    assert small.findtext("title") == "50 rows: 0.2 where 0.1 was said"
    assert len(root.findall(".//path[@class='whisker']")) == 1


def test_a_second_model_has_a_legend() -> None:
    texts = [text.text for text in parsed(reliability_chart(bins(), bins(), title="t", x="x", y="y")).iter("text")]
    assert {"this model", "baseline"} <= set(texts)


@pytest.mark.parametrize(
    "svg",
    [
        scatter_chart([(0, 1)], title=HOSTILE, x=HOSTILE, y=HOSTILE, description=HOSTILE),
        reliability_chart(bins(), bins(), title=HOSTILE, x=HOSTILE, y=HOSTILE, names=(HOSTILE, HOSTILE)),
    ],
)
def test_texts_are_escaped(svg: str) -> None:
    parsed(svg)
    assert "<script" not in svg
