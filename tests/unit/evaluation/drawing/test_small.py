"""Pictures in cells."""

import math
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mainspring.evaluation.drawing import difference_bar, interval_bar, mini_bars, sparkline


def test_an_interval_is_drawn_where_it_lies() -> None:
    root = ElementTree.fromstring(interval_bar(0.5, 0.25, 0.75, title="auc", mark=1.0, size=(100, 16)))
    bar, whisker, tick = (root.find(f".//*[@class='{name}']") for name in ("f1 bar", "whisker", "tick"))
    assert bar is not None
    assert whisker is not None
    assert tick is not None
    assert bar.get("width") == "50"
    assert (whisker.get("d") or "").startswith("M25 8H75")
    assert (tick.get("d") or "").startswith("M100 ")


def test_a_value_that_does_not_exist_has_no_bar() -> None:
    assert "f1" not in interval_bar(math.nan, title="auc")


@pytest.mark.parametrize("counts", [[], [0, 0], [1], [1, 2, 3], [5, math.nan]])
def test_mini_bars_are_well_formed(counts: list[float]) -> None:
    svg = mini_bars(counts, counts, title="<fare>")
    ElementTree.fromstring(svg)
    assert "nan" not in svg


def test_few_rows_are_still_seen() -> None:
    assert "v-1h" in mini_bars([100_000, 1], title="t", size=(20, 28))


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=30))
@example([1.7976931348623157e308, -9.9792015476736e291])
def test_a_sparkline_takes_any_series(values: list[float]) -> None:
    svg = sparkline(values, title="t")
    ElementTree.fromstring(svg)
    assert "nan" not in svg
    assert "inf" not in svg


def test_a_difference_runs_from_the_whole_to_the_value() -> None:
    # By hand: the scale is 100 pixels from x = 4; the whole lies at 84, the value at 54.
    root = ElementTree.fromstring(
        difference_bar(0.5, 0.4, 0.6, whole=0.8, title="d", tone="worse", size=(108, 18))
    )
    bar, dot = root.find(".//rect"), root.find(".//circle")
    assert bar is not None
    assert dot is not None
    assert (bar.get("class"), bar.get("x"), bar.get("width")) == ("bad bar", "54", "30")
    assert dot.get("cx") == "54"
    assert [path.get("d") for path in root.findall(".//path[@class='whisker']")] == ["M44 9H64"]
    assert [path.get("d") for path in root.findall(".//path[@class='tick']")] == ["M84 1v16"]


def test_a_difference_that_does_not_exist_is_a_scale_alone() -> None:
    root = ElementTree.fromstring(difference_bar(math.nan, whole=math.nan, title="d"))
    assert root.find(".//rect") is None
    assert root.find(".//path[@class='tick']") is None
