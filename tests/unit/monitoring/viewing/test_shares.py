"""Bins and shares in words."""

from __future__ import annotations

import pytest

from mainspring.monitoring.viewing.shares import named, share_in_words


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("(-inf, 1163)", "(\N{MINUS SIGN}\N{INFINITY}, 1,163)"),
        ("[0.25, 0.5)", "[0.25, 0.5)"),
        ("[5927, inf)", "[5,927, \N{INFINITY})"),
        ("(north, south)", "(north, south)"),
        ("red", "red"),
    ],
)
def test_intervals_are_written_as_figures_are_and_words_stay(name, text):
    assert named(name) == text


def test_shares_of_a_column_have_one_decimal_each():
    assert [share_in_words(one) for one in (0.0, 0.106, 0.98, 1.0)] == ["0.0 %", "10.6 %", "98.0 %", "100.0 %"]
    assert share_in_words(0.0001) == "< 0.1 %"
