"""Pictures and columns made of letters."""

import pytest

from mainspring.data.viewing.terminal import breadth, fitted, printable, sparkline


def test_bars_are_as_high_as_the_counts() -> None:
    assert sparkline([1, 2, 4, 8]) == "▁▂▄█"
    assert sparkline([0, 1000, 1]) == " █▁", "what is not nothing is seen"
    assert sparkline([]) == ""
    assert sparkline([0, 0]) == "  "
    assert sparkline([1, 8], plain=True) == ".%"


@pytest.mark.parametrize(("text", "wide"), [("abc", 3), ("漢字", 4), ("e\u0301", 1), ("", 0)])
def test_breadth_is_that_of_the_terminal(text: str, wide: int) -> None:
    assert breadth(text) == wide


def test_texts_are_cut_and_filled_to_their_breadth() -> None:
    assert fitted("abcdef", 4) == "abc…"
    assert fitted("ab", 4, right=True) == "  ab"
    assert breadth(fitted("漢字漢字", 5)) == 5


def test_signs_that_move_the_cursor_do_not() -> None:
    assert printable("a\x1b[2Jb\r\n\u202e") == "a?[2Jb???"
