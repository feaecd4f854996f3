"""The section of a search for the worst slices."""

from dataclasses import replace

from mainspring.core import Slice
from mainspring.evaluation import Interval
from mainspring.evaluation.search import FoundSlice, SliceSearch
from mainspring.evaluation.viewing.sections.search import search_section

FOUND = SliceSearch(
    metric="error_rate",
    label="paid",
    count=1000,
    loss=0.1,
    slices=(
        FoundSlice(
            slice=Slice.of(city="Zug"), sql="city = 'Zug'", count=50, share=0.05, loss=0.5, rest=0.08,
            difference=Interval(0.3, 0.54), effect=1.4, loss_share=0.25, p_value=1e-9,
            also=(Slice.of(canton="ZG"),),
        ),
    ),
    columns=("city", "canton"), max_columns=2, min_size=30, looked_at=12, level=0.05, seconds=0.1,
)  # fmt: skip


def test_what_was_found_stands_with_its_size_and_its_certainty() -> None:
    section = search_section(FOUND)
    assert section.lead == (
        "Error rate is 0.1 over 1,000 rows. 12 slices of 2 columns were looked at, up to 2 columns at once and "
        "30 rows at least."
    )
    row = section.grids[0].rows[0]
    assert [entry.text for entry in row] == ["city=Zug", "50", "5 %", "0.5", "", "0.08", "25 %", "< 0.0001"]
    assert row[0].more == "much the same rows: canton=ZG"
    assert row[3].more == "0.3 to 0.54 more"


def test_that_nothing_was_found_is_said() -> None:
    section = search_section(replace(FOUND, slices=()))
    assert section.lead.endswith("No slice is worse than the rest beyond chance (level 0.05).")
    assert section.grids == []
