"""Rows joined by their id: counts worked out by hand."""

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.data.comparison import JoinedSkew, joined_skew

ONE = Table.from_columns(
    {
        "id": [1, 2, 3, 4, 5, None],
        "fare": [1.0, 2.0, 3.0, None, None, 9.0],
        "paid": ["cash", "card", "card", "cash", None, "cash"],
        "old": ["x", None, "x", "x", "x", "x"],
    }
)
OTHER = Table.from_columns(
    {
        "id": [5, 4, 3, 2, 7, 8],
        "fare": [5.0, None, 3.0000001, 2.0, 7.0, 8.0],
        "paid": [None, "card", "card", "cash", "cash", "cash"],
    }
)


def counts(found, name):
    one = next(one for one in found.features if one.name == name)
    return one.one_count, one.other_count, one.match, one.mismatch, one.one_only, one.other_only, one.diff


def test_counts_by_hand():
    found = joined_skew(ONE, OTHER, on="id", confusion=["paid"])
    assert counts(found, "fare") == (2, 3, 1, 1, 0, 1, 2)
    assert counts(found, "paid") == (3, 3, 1, 2, 0, 0, 2)
    assert counts(found, "old") == (3, 0, 0, 0, 3, 0, 3)
    matching = found.matching
    assert (matching.one_rows, matching.other_rows, matching.ids, matching.pairs) == (5, 6, 7, 4)
    assert (matching.missing_in_one, matching.missing_in_other) == (2, 1)
    assert (matching.one_without_id, matching.other_without_id, matching.duplicates) == (1, 0, 0)
    assert [(one.one, one.other, one.count) for one in found.confusion["paid"]] == [
        ("card", "card", 1),
        ("card", "cash", 1),
        ("cash", "card", 1),
        (None, None, 1),
    ]
    assert [one.name for one in found.features] == ["old", "fare", "paid"]


def test_pairs_that_differ_are_shown():
    found = joined_skew(ONE, OTHER, on="id", ignore=["old"], samples=2)
    assert [(pair.id, dict(pair.one), dict(pair.other)) for pair in found.samples] == [
        ({"id": "2"}, {"paid": "card"}, {"paid": "cash"}),
        ({"id": "3"}, {"fare": "3.0"}, {"fare": "3.0000001"}),
    ]
    assert joined_skew(ONE, OTHER, on="id", samples=0).samples == ()
    assert "paid" in str(found)


def test_floats_are_rounded_on_request():
    assert counts(joined_skew(ONE, OTHER, on="id", round_digits=3), "fare") == (2, 3, 2, 0, 0, 1, 1)
    lists = [Table.from_columns({"id": [1], "x": [0.1]}).sql(f"SELECT id, [{x}::DOUBLE, 2.0] AS x FROM this")
             for x in ("1.00001", "1.00002")]  # fmt: skip
    assert joined_skew(*lists, on="id").features[0].mismatch == 1
    assert joined_skew(*lists, on="id", round_digits=3).features[0].match == 1
    ids = Table.from_columns({"id": [0.1 + 0.2], "x": [1]}), Table.from_columns({"id": [0.3], "x": [1]})
    assert joined_skew(*ids, on="id").matching.pairs == 0
    assert joined_skew(*ids, on="id", round_digits=6).matching.pairs == 1


def test_numbers_and_their_text_are_compared():
    one = Table.from_columns({"id": [1, 2], "x": [1, 2], "y": [1, 2]})
    other = Table.from_columns({"id": [1, 2], "x": ["1", "3"], "y": [1.0, 2.5]})
    found = joined_skew(one, other, on="id")
    assert counts(found, "x")[2:4] == (1, 1)
    assert counts(found, "y")[2:4] == (1, 1)


def test_ids_of_several_columns_and_duplicates():
    one = Table.from_columns({"day": [1, 1, 2], "cab": ["a", "b", "a"], "x": [1, 2, 3]})
    assert joined_skew(one, one, on=["day", "cab"]).verdict().ok
    with pytest.raises(InputError, match="1 ids stand for more than one row, such as 1"):
        joined_skew(one, one, on="day")
    found = joined_skew(one, one, on="day", allow_duplicates=True)
    assert (found.matching.pairs, found.matching.duplicates) == (5, 1)
    assert counts(found, "x")[2:4] == (3, 2)


def test_verdicts_and_files(tmp_path):
    found = joined_skew(ONE, OTHER, on="id")
    assert [reason.subject for reason in found.verdict().failures] == ["old", "fare", "paid"]
    assert [reason.subject for reason in found.verdict(limit=0.5).failures] == ["old"]
    assert not joined_skew(ONE, OTHER.where("id > 6"), on="id").verdict().ok
    found.save(tmp_path)
    assert JoinedSkew.load(tmp_path) == found
    assert found.properties() == {"pairs": 4, "skewed": 3}
    assert str(joined_skew(ONE, ONE, on="id")).endswith("every pair is the same in every column")


def test_what_cannot_be_joined_is_refused():
    with pytest.raises(InputError, match="the id needs old"):
        joined_skew(ONE, OTHER, on=["old"])
    with pytest.raises(InputError, match="no column to compare"):
        joined_skew(ONE, OTHER, on="id", ignore=["fare", "paid", "old"])
    with pytest.raises(InputError, match="is not compared"):
        joined_skew(ONE, OTHER, on="id", confusion=["id"])


def test_shuffled_values_that_no_distance_sees(taxi):
    rows = taxi.sql("SELECT row_number() OVER () AS id, fare, company FROM this")
    fares = np.random.default_rng(0).permutation(rows.column("fare"))
    mixed = Table.from_columns({"id": list(range(1, len(fares) + 1)), "fare": fares})
    found = joined_skew(rows, mixed, on="id", ignore=["company"])
    assert found.matching.pairs == 15_002
    assert found.features[0].mismatch > 14_000
