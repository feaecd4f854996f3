"""Few rows are counted in Python: what is found is what the engine finds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.data import Table, engine, summarize

WORDS = ["", "a", "NaN", "nan ", " inf", "Inf", "-inf", "+Infinity", "1", "3.5", " 4 ", "1e3", "0x1", "é", "ß漢字"]
WORDS += ["-", "--1", "12345678901234567890123", "٣", "007", "1_000", "1.", ".", " ", "\t1", "\n", "~", ":", "NAN"]


@settings(max_examples=25, deadline=None)
@given(cells=st.lists(st.one_of(st.none(), st.sampled_from(WORDS), st.text(max_size=4)), min_size=1, max_size=40))
def test_texts_are_described_as_by_the_engine(cells: list[str | None]) -> None:
    # The engine ends texts at a NUL, and no text of UTF-8 has half a pair.
    cells = [None if one is None or "\0" in one or not _is_text(one) else one for one in cells]
    table = Table.from_columns({"word": cells}, {"word": "STRING"})
    here = summarize(table).split("train").feature("word")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "FEW_ROWS", 0)
        there = summarize(table).split("train").feature("word")
    assert here == there


def test_columns_of_few_rows_are_the_callers_own() -> None:
    table = Table.from_columns({"age": [1.0, 2.0], "word": ["a", None]})
    table.column("age")[0] = 99.0
    table.column("word")[0] = "changed"
    assert table.column("age").tolist() == [1.0, 2.0]
    assert table.select(["word"]).column("word").tolist() == ["a", None]


def _is_text(text: str) -> bool:
    return not any(0xD800 <= ord(one) < 0xE000 for one in text)
