"""Pictures of models: who held an alias when."""

from __future__ import annotations

import re

from mainspring.app.api.subjects.models.nouns import AliasChange
from mainspring.app.web.rooms.models.drawing import small_line, timeline


def move(alias: str, after: str, at: float, until: float | None, action: str = "move") -> AliasChange:
    return AliasChange(
        alias=alias, before="", after=after, action=action, by="<Ada>", reason="r", at=at, until=until, evidence=()
    )


def test_each_alias_has_a_lane_and_each_version_its_room():
    newest_first = [
        move("staging", "1.0.0", 1_000_002.0, None, "rollback"),
        move("staging", "1.0.1", 1_000_001.0, 1_000_002.0),
        move("staging", "1.0.0", 1_000_000.0, 1_000_001.0),
        move("production", "1.0.0", 10.0, None),
    ]
    svg = timeline(newest_first)
    rects = [
        tuple(map(float, one)) for one in re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"', svg)
    ]
    assert len(rects) == 4
    assert sorted({top for _, top, _ in rects}) == [6.0, 46.0]
    assert min(wide for _, _, wide in rects) > 40
    assert svg.count("1.0.1") == 2
    assert "held-back" in svg
    assert "&lt;Ada&gt;" in svg
    assert "<Ada>" not in svg


def test_nothing_is_drawn_of_nothing():
    assert timeline([]) == ""
    assert small_line([0.9], "one") == ""
    assert small_line([0.9, None, 0.8], "three").startswith("<svg")
