"""Ranges: what they mean, and how they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.core.spans import SpanRange, gaps_between, spans_text

THERE = [1, 2, 4, 5, 9]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("all", (1, 2, 4, 5, 9)),
        ("latest", (9,)),
        ("latest skip 1", (5,)),
        ("last 2", (5, 9)),
        ("last 2 skip 1", (4, 5)),
        ("last 9", (1, 2, 4, 5, 9)),
        ("last 9 skip 9", ()),
        ("last 9 from 4", (4, 5, 9)),
        ("last 2 except 5, 4", (2, 9)),
        ("4", (4,)),
        ("3", ()),
        ("2..5", (2, 4, 5)),
        ("5..", (5, 9)),
        ("..2", (1, 2)),
        ("1970-01-03..1970-01-06", (2, 4, 5)),
        (4, (4,)),
    ],
)
def test_what_is_meant(text: str | int, wanted: tuple[int, ...]) -> None:
    assert SpanRange.parse(text).choose(THERE) == wanted


@pytest.mark.parametrize(
    ("text", "chosen", "missing"),
    [
        ("1..9", (1, 2, 4, 5, 9), ((3, 3), (6, 8))),
        ("0..10 except 3,6,7,8,10", (1, 2, 4, 5, 9), ((0, 0),)),
        ("4..", (4, 5, 9), ((6, 8),)),
        ("..2", (1, 2), ()),
        ("last 2", (5, 9), ((6, 8),)),
        ("all", (), ()),
    ],
)
def test_what_is_missing(text: str, chosen: tuple[int, ...], missing: tuple[tuple[int, int], ...]) -> None:
    assert SpanRange.parse(text).missing(chosen) == missing


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no range"),
        ("newest", "no range"),
        ("last", "no range"),
        ("last 0", "no span"),
        ("..", "neither end"),
        ("20..10", "after the last"),
        ("10..20 skip 1", "no range"),
        ("all from 4", "no range"),
        ("2026-02-30", "no date"),
        ("1 gaps maybe", "gaps maybe"),
        (True, "no range"),
        (-3, "no range"),
    ],
)
def test_what_is_no_range(text: str | int, words: str) -> None:
    with pytest.raises(InputError, match=words):
        SpanRange.parse(text)


NUMBERS = st.integers(0, 40000)
RANGES = st.one_of(
    st.builds(
        lambda ends, without: SpanRange(first=min(ends), last=max(ends), without=tuple(sorted(without))),
        st.tuples(NUMBERS, NUMBERS),
        st.sets(NUMBERS, max_size=3),
    ),
    st.builds(
        SpanRange,
        newest=st.integers(1, 9),
        skip=st.integers(0, 9),
        least=st.integers(0, 3),
        first=st.none() | NUMBERS,
        version=st.none() | st.integers(0, 9),
        gaps=st.sampled_from([None, "error", "warn", "ignore"]),
    ),
    st.builds(SpanRange, first=NUMBERS),
    st.builds(SpanRange, last=NUMBERS),
    st.just(SpanRange()),
)


@given(RANGES, st.booleans())
def test_what_is_written_is_read_back(one: SpanRange, dates: bool) -> None:
    assert SpanRange.parse(one.text(dates=dates)) == one


@given(RANGES, st.sets(st.integers(0, 60)), st.sets(st.integers(61, 90)))
def test_a_range_with_fixed_ends_means_the_same_when_more_has_come(
    one: SpanRange, before: set[int], later: set[int]
) -> None:
    chosen = one.choose(before)
    if chosen and not (one.strict and one.last is None):
        assert one.narrowed(chosen).choose(before) == chosen
        if not one.strict:
            assert one.narrowed(chosen).choose(before | later) == chosen


@given(st.sets(st.integers(0, 30)), st.integers(0, 15), st.integers(15, 30))
def test_gaps_are_what_is_not_there(numbers: set[int], first: int, last: int) -> None:
    found = [one for low, high in gaps_between(numbers, first, last) for one in range(low, high + 1)]
    assert found == [one for one in range(first, last + 1) if one not in numbers]


def test_ranges_in_words() -> None:
    assert spans_text([(3, 6), (8, 8)]) == "3..6, 8"
    assert spans_text([(17167, 17168)], dates=True) == "2017-01-01..2017-01-02"
