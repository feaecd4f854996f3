"""Patterns: what a path says about its span, and which patterns contradict themselves."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.core.spans import Pattern, as_date, as_number, is_pattern, split_location


def said(pattern: str, path: str) -> tuple[int, int | None] | None:
    found = Pattern.parse(pattern).match(path)
    return None if found is None else (found.number, found.version)


@pytest.mark.parametrize(
    ("pattern", "path", "wanted"),
    [
        ("data/{SPAN}.csv", "data/12.csv", (12, None)),
        ("data/{SPAN}.csv", "data/012.csv", (12, None)),
        ("data/{SPAN}.csv", "data/x.csv", None),
        ("data/{SPAN:4}/*.csv", "data/0012/a.csv", (12, None)),
        ("data/{SPAN:2}/*.csv", "data/123/a.csv", (123, None)),  # grown out of its width
        ("data/span-{SPAN}/v{VERSION}/*.parquet", "data/span-3/v11/x.parquet", (3, 11)),
        ("{YYYY}/{MM}/{DD}/*.csv", "2017/01/01/a.csv", (17167, None)),  # the example of TFX
        ("logs-{YYYY}-{MM}-{DD}.csv", "logs-1970-01-02.csv", (1, None)),
        ("{YYYY}{MM}{DD}/{VERSION:2}.csv", "20170102/03.csv", (17168, 3)),
        ("{YYYY}/{MM}/{YYYY}-{MM}-{DD}.csv", "2017/01/2017-01-01.csv", (17167, None)),
        ("{YYYY}/{MM}/{YYYY}-{MM}-{DD}.csv", "2017/01/2018-01-01.csv", None),
        ("*{SPAN}.csv", "run2-part31.csv", (31, None)),
        ("v1{SPAN}.csv", "v12.csv", (2, None)),
        ("{SPAN:3}{VERSION:2}.csv", "00704.csv", (7, 4)),
        ("**/{SPAN}.csv", "a/b/7.csv", (7, None)),
        ("**/{SPAN}.csv", "7.csv", (7, None)),
        ("[!a]{SPAN}?.csv", "b7x.csv", (7, None)),
        ("[!a]{SPAN}?.csv", "a7x.csv", None),
        ("[[]1]/{SPAN}[]^].csv", "[1]/7].csv", (7, None)),
    ],
)
def test_what_a_path_says(pattern: str, path: str, wanted: tuple[int, int | None] | None) -> None:
    assert said(pattern, path) == wanted


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("data/*.csv", ["no placeholder"]),
        ("{SPAN}/{YYYY}-{MM}-{DD}", ["both {SPAN} and a date"]),
        ("{YYYY}/{DD}", ["no {MM}"]),
        ("{VERSION}/*.csv", ["no {SPAN} and no date"]),
        ("{SPAN:x}", ["no width"]),
        ("{SPAN:0}", ["no width"]),
        ("{YYYY:4}-{MM}-{DD}", ["width of its own"]),
        ("{SPAN:2}/{SPAN:3}", ["several widths"]),
        ("{SPAN}{VERSION}", ["where {SPAN} ends"]),
        ("{span}/{SPAN}", ["{span} is no placeholder"]),
        ("[{SPAN}]", ["between [ and ]"]),
        ("{span}{YYYY}{VERSION:q}", ["{span} is no placeholder", "no {MM} and {DD}", "no width"]),
    ],
)
def test_patterns_that_contradict_themselves(pattern: str, words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        Pattern.parse(pattern)
    assert all(word in caught.value.found for word in words)


@pytest.mark.parametrize(
    ("pattern", "path", "words"),
    [
        ("{SPAN:4}.csv", "12.csv", "2 digits, 12, where the pattern says {SPAN:4}"),
        ("{SPAN:2}.csv", "012.csv", "3 digits"),
        ("{YYYY}-{MM}-{DD}", "2017-02-30", "has no date: 2017-02-30"),
    ],
)
def test_files_that_contradict_the_pattern(pattern: str, path: str, words: str) -> None:
    with pytest.raises(InputError, match=words.replace("{", r"\{")):
        Pattern.parse(pattern).match(path)


@pytest.mark.parametrize(
    ("location", "wanted"),
    [
        ("in/{SPAN}.csv", ("in/{SPAN}.csv", None)),
        ("in/{SPAN}.csv @ last 2", ("in/{SPAN}.csv", "last 2")),
        ("a @ b/{SPAN}.csv @ 7", ("a @ b/{SPAN}.csv", "7")),
        ("me@home/{SPAN}.csv", ("me@home/{SPAN}.csv", None)),
        ("a @ b.csv", ("a @ b.csv", None)),
    ],
)
def test_a_range_may_stand_behind_the_pattern(location: str, wanted: tuple[str, str | None]) -> None:
    assert split_location(location) == wanted


def test_what_is_a_pattern() -> None:
    assert all(map(is_pattern, ["{SPAN}", "{span}", "x{VERSION:2}", "{ DD }"]))
    assert not any(map(is_pattern, ["data/*.csv", "{YYYY", "{name}.csv", "SPAN"]))


@given(st.dates(min_value=date(1000, 1, 1)))
def test_dates_and_numbers_are_one(day: date) -> None:
    number = as_number(day)
    assert (as_date(number), number) == (day, (day - date(1970, 1, 1)).days)
    assert said("x/{YYYY}/{MM}/{DD}/*", f"x/{day:%Y/%m/%d}/y") == (number, None)


@given(st.integers(0, 10**6), st.integers(0, 99), st.integers(1, 5), st.sampled_from(["-", "/v", "_x"]))
def test_what_is_filled_in_is_read_back(span: int, version: int, width: int, between: str) -> None:
    pattern = Pattern.parse(f"a/{{SPAN:{width}}}{between}{{VERSION}}/*.csv")
    path = pattern.fill({"SPAN": f"{span:0{width}d}", "VERSION": str(version)}).replace("*", "z")
    assert said(pattern.text, path) == (span, version)
