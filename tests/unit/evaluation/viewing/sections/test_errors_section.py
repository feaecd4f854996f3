"""The section of an error analysis."""

import math
from dataclasses import replace

from mainspring.evaluation import Interval
from mainspring.evaluation.errors.analysis import ErrorAnalysis, Mistake, TagRow
from mainspring.evaluation.viewing.sections.errors import errors_section

DARK = TagRow(
    tag="dark", rows=20, data_share=0.2, errors=6.0, error_share=0.6, error_share_interval=Interval(0.31, 0.83),
    error_rate=0.3, reference_rate=0.1, room=0.2, priority=0.04, mended=0.04,
    examples=(Mistake(row=7, id=None, label="cat", answer="dog", confidence=0.9),),
)  # fmt: skip
FOUND = ErrorAnalysis(
    metric="error_rate", label="animal", count=100, loss=0.1, reference="human", reference_rate=0.05, sampled=None,
    tags=(DARK,), untagged=replace(DARK, tag="(none)", rows=0, examples=()),
)  # fmt: skip


def test_tags_stand_with_their_share_their_room_and_mistakes_to_look_at() -> None:
    section = errors_section(FOUND)
    assert section.lead.startswith(
        "Error rate is 0.1 over 100 rows. Room is what lies between it and that of human (0.05)."
    )
    tags, mistakes = section.grids
    assert [[entry.text for entry in row] for row in tags.rows] == [
        ["dark", "20", "60 %", "", "0.3", "20 %", "0.2", "0.04", "0.04"]
    ], "a tag without rows is left out"
    assert (tags.rows[0][2].more, tags.rows[0][4].more) == ("31 % to 83 %", "human 0.1")
    assert mistakes.folded
    assert [entry.text for entry in mistakes.rows[0]] == ["row 7", "cat", "dog", "0.9"]


def test_without_tags_it_says_what_to_do() -> None:
    section = errors_section(replace(FOUND, tags=(), reference="", reference_rate=math.nan, sampled=30))
    assert "look at some errors" in section.empty
    assert "a sample of 30 errors" in section.lead
