"""Charts: well-formed, labelled, and showing the figures they were given."""

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.evaluation.drawing import Line, confusion_matrix, histogram, line_chart
from mainspring.evaluation.drawing.frames import fitted, ticks

HOSTILE = '<script>alert("x")</script> & \x00'


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def roc() -> str:
    return line_chart(
        [Line(name="this model", points=[(0, 0), (0.25, 0.5), (1, 1)])],
        title="ROC",
        x="false positive rate",
        y="true positive rate",
        diagonal=True,
        size=(356, 350),
    )


def test_a_curve_runs_through_its_points() -> None:
    # By hand: the plane is 300 by 300 pixels (44 and 12 beside it, 10 above and 40 below).
    path = parsed(roc()).find(".//path[@class='l1']")
    assert path is not None
    assert path.get("d") == "M44 310L119 160L344 10"


def test_a_chart_has_a_title_and_a_description_that_it_refers_to() -> None:
    root = parsed(roc())
    ids = {child.get("id") for child in root if child.tag in ("title", "desc")}
    assert root.get("role") == "img"
    assert set((root.get("aria-labelledby") or "").split()) == ids
    assert root.findtext("title") == "ROC"


def test_the_same_input_gives_the_same_markup() -> None:
    assert roc() == roc()


def test_points_that_are_not_finite_are_left_out() -> None:
    svg = line_chart([Line(name="a", points=[(0, 0), (0.5, math.nan), (1, 1)])], title="t", x="x", y="y")
    assert "nan" not in svg
    assert parsed(svg).find(".//path[@class='l1']") is not None


def test_a_chart_without_points_is_an_empty_frame() -> None:
    parsed(line_chart([], title="t", x="x", y="y", x_bounds=None, y_bounds=None))


@pytest.mark.parametrize(
    "svg",
    [
        line_chart([Line(name=HOSTILE, points=[(0, 1)])] * 2, title=HOSTILE, x=HOSTILE, y=HOSTILE),
        histogram([0, 1], [1], [2], title=HOSTILE, x=HOSTILE, names=(HOSTILE, HOSTILE)),
        confusion_matrix([HOSTILE, "b"], [[1, 2], [3, 4]], title=HOSTILE),
    ],
)
def test_texts_are_escaped(svg: str) -> None:
    parsed(svg)
    assert "<script" not in svg


def test_bars_are_as_tall_as_their_counts() -> None:
    root = parsed(histogram([0, 1, 2], [10, 5], title="h", x="x"))
    tall, low = (float(bar.get("height") or 0) for bar in root.findall(".//rect[@class='f1']"))
    assert tall == pytest.approx(2 * low, abs=0.2)


def test_a_confusion_matrix_shows_rows_and_shares() -> None:
    texts = [
        text.text for text in parsed(confusion_matrix(["no", "yes"], [[30, 10], [0, 5]], title="c")).iter("text")
    ]
    assert [text for text in texts if text in ("30", "10", "0", "5")] == ["30", "10", "0", "5"]
    assert [text for text in texts if text and "%" in text] == ["75 %", "25 %", "0 %", "100 %"]


def test_a_confusion_matrix_says_its_cells_in_words() -> None:
    words = parsed(confusion_matrix(["no", "yes"], [[30, 10], [0, 5]], title="c")).findtext("desc") or ""
    assert "true no, predicted yes: 10" in words


def test_a_confusion_matrix_of_many_classes_has_no_figures_that_cannot_be_read() -> None:
    names = [str(i) for i in range(40)]
    svg = confusion_matrix(names, [[1.0] * 40] * 40, title="c")
    assert not re.search(r">\d+ %<", svg)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e9))
def test_ticks_lie_between_the_ends_and_are_evenly_apart(low: float, width: float) -> None:
    found = ticks(low, low + width)
    assert len(found) <= 12
    assert all(low - 1e-6 * width <= one <= low + width * (1 + 1e-6) for one in found) or len(found) == 1


def test_an_axis_too_short_for_any_step_has_one_tick() -> None:
    assert ticks(0.0, 5e-324) == [0.0]


def test_a_fitted_axis_holds_a_single_value() -> None:
    low, high = fitted([3.0])
    assert low < 3.0 < high


def test_a_mark_is_a_ring_at_its_point_or_an_upright_line() -> None:
    line = [Line(name="a", points=[(0, 0), (1, 1)])]
    ring = parsed(line_chart(line, title="t", x="x", y="y", mark=(0.5, 0.5), size=(356, 350))).find(".//circle")
    assert ring is not None
    assert (ring.get("cx"), ring.get("cy")) == ("194", "160")
    upright = parsed(histogram([0, 1], [1], title="t", x="x", mark=0.5, size=(356, 350)))
    path = upright.find(".//path[@class='here']")
    assert path is not None
    assert path.get("d") == "M194 10V310"
    assert upright.get("data-plane") == "44 344 10 310 0 1 0 1.05", "where a script finds the plane"


def test_a_stepped_line_keeps_its_height_and_an_area_reaches_the_ground() -> None:
    line = Line(name="a", points=[(0, 0), (1, 1)], step=True, area=True)
    root = parsed(line_chart([line], title="t", x="x", y="y", size=(356, 350)))
    drawn, below = root.find(".//path[@class='l1']"), root.find(".//path[@class='a1']")
    assert drawn is not None
    assert below is not None
    assert drawn.get("d") == "M44 310H344V10"
    assert below.get("d") == "M44 310H344V10L344 310L44 310z"


def test_a_hundred_classes_stay_small() -> None:
    names = [f"class {place}" for place in range(100)]
    rows = [[10.0 if down == across else 0.0 for across in range(100)] for down in range(100)]
    assert len(confusion_matrix(names, rows, title="c")) < 20_000
