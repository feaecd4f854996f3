from __future__ import annotations

import math
import re
from xml.etree import ElementTree

from mainspring.evaluation.drawing.named import NamedPoint, named_points_chart

POINTS = [
    NamedPoint(name="untouched <1>", x=0.12, y=0.18, interval=(0.16, 0.2)),
    NamedPoint(name="thresholds", x=0.15, y=0.02, chosen=True),
    NamedPoint(name="nowhere", x=math.nan, y=0.1),
]


def test_points_have_names_and_places() -> None:
    drawn = named_points_chart(POINTS, title="price", x="errors", y="gap", level=0.05)
    ElementTree.fromstring(drawn)
    assert "untouched &lt;1&gt;" in drawn
    assert "nowhere" not in drawn
    assert drawn.count("<circle") == 2
    assert "thresholds: errors 0.15, gap 0.02" in drawn
    places = [float(one) for one in re.findall(r'cx="([\d.]+)"', drawn)]
    assert places[0] < places[1]
    # The last point lies at the edge: its name stands to the left.
    assert 'text-anchor="end" y=' in drawn


def test_nothing_is_drawn_of_nothing() -> None:
    assert "<circle" not in named_points_chart([], title="price", x="errors", y="gap")
