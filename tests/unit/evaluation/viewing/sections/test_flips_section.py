"""The section of flips from one model to another."""

from mainspring.core import Slice
from mainspring.evaluation import Evaluation
from mainspring.evaluation.evaluation import ALL_ROWS
from mainspring.evaluation.metrics.flips import FlipRows
from mainspring.evaluation.viewing.sections.flips import flips_section


def flips() -> Evaluation:
    """Of four rows one was right and is wrong; of the first two none, of the last two that one."""
    rows = FlipRows.of(["a", "a", "a", "b"], ["a", "a", "b", "b"], truth=["a", "a", "a", "a"])
    parts = {"first": [0, 1], "last": [2, 3]}
    measured = {Slice.of(half=name): rows.state(part).measure() for name, part in parts.items()}
    return Evaluation(
        task="flips", label="label", split="eval", measured={ALL_ROWS: rows.state().measure(), **measured}
    )


def test_what_was_lost_stands_first() -> None:
    section = flips_section(flips())
    told = {fact.name: fact.value for fact in section.facts}
    assert (told["agreement"], told["negative flip rate"], told["positive flip rate"]) == ("0.75", "0.25", "0")
    grid = section.grids[0]
    assert [column.name for column in grid.columns][:4] == ["Slice", "Rows", "flip rate", "negative flip rate"]
    assert [(row[0].text, row[1].text, row[3].text) for row in grid.rows] == [
        ("half=last", "2", "0.5"),
        ("half=first", "2", "0"),
    ]
