"""Spans in files: which are there, which are chosen, and what is refused."""

import logging
from pathlib import Path

import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.spans import Span, find_spans, settle


def make(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def numbers(spans: tuple[Span, ...]) -> list[int]:
    return [one.number for one in spans]


@pytest.fixture
def days(tmp_path: Path) -> Path:
    return make(
        tmp_path,
        *("in/2026/11/18/a.csv", "in/2026/11/18/b.csv", "in/2026/11/19/a.csv", "in/2026/11/21/a.csv"),
        *("in/2026/11/21/notes.txt", "in/2026/11/readme/a.csv"),
    )


DAYS = "in/{YYYY}/{MM}/{DD}/*.csv"


def test_days(days: Path) -> None:
    first, *_ = found = find_spans(DAYS, root=days)
    assert [str(one) for one in found] == ["2026-11-18", "2026-11-19", "2026-11-21"]
    assert (first.number, first.version) == (20775, None)
    assert [file.relative_to(days).as_posix() for file in first.files] == [
        "in/2026/11/18/a.csv",
        "in/2026/11/18/b.csv",
    ]
    assert first.location == str(days / "in/2026/11/18/*.csv")
    assert numbers(find_spans(DAYS, "last 2 skip 1", root=days)) == [20775, 20776]
    assert numbers(find_spans(f"{DAYS} @ 2026-11-18..2026-11-19", root=days)) == [20775, 20776]
    assert numbers(find_spans(str(days / DAYS), "latest")) == [20778]


def test_the_newest_version_of_each(tmp_path: Path) -> None:
    make(tmp_path, *(f"span-{span}/v{version}/x.csv" for span, version in [(1, 1), (1, 10), (1, 9), (2, 3)]))
    pattern = str(tmp_path / "span-{SPAN}/v{VERSION}/*.csv")
    assert [(one.number, one.version) for one in find_spans(pattern)] == [(1, 10), (2, 3)]
    assert [str(one) for one in find_spans(pattern, 1, every_version=True)] == [
        "1 version 1",
        "1 version 9",
        "1 version 10",
    ]
    assert [(one.number, one.version) for one in find_spans(pattern, "all version 9")] == [(1, 9)]
    with pytest.raises(NotFoundError, match="has version 4"):
        find_spans(pattern, "all version 4")
    with pytest.raises(InputError, match="version 4 is asked for"):
        find_spans(str(tmp_path / "span-{SPAN}/v1/x.csv"), "1 version 4")


def test_a_gap_is_told(days: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(NotFoundError, match="these are missing: 2026-11-20") as caught:
        find_spans(DAYS, "2026-11-18..2026-11-21", root=days)
    assert "gaps warn" in str(caught.value.fix)
    with caplog.at_level(logging.WARNING):
        assert len(find_spans(DAYS, "2026-11-18..2026-11-21 gaps warn", root=days)) == 3
        assert len(find_spans(DAYS, "last 2", root=days)) == 2
    assert [record.message.partition(": ")[2] for record in caplog.records] == [
        "of spans 2026-11-18..2026-11-21 gaps warn, these are missing: 2026-11-20",
        "of spans last 2, these are missing: 2026-11-20",
    ]
    caplog.clear()
    assert len(find_spans(DAYS, "last 3", root=days, gaps="ignore")) == 3
    assert len(find_spans(DAYS, "2026-11-18..2026-11-21 except 2026-11-20", root=days)) == 3
    assert not caplog.records
    with pytest.raises(NotFoundError):
        find_spans(DAYS, "last 3", root=days, gaps="error")


def test_a_window_may_have_to_be_full(days: Path) -> None:
    with pytest.raises(NotFoundError, match="there are 3 of the 4 spans"):
        find_spans(DAYS, "last 7 at least 4", root=days)
    assert len(find_spans(DAYS, "last 7 at least 3", root=days, gaps="ignore")) == 3


def test_fixing_the_ends_of_a_range_tells_nothing(days: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A scheduler does it every second; who reads the spans tells what is missing."""
    settle(DAYS, root=days, spans="last 3")
    assert not caplog.records
    find_spans(settle(DAYS, root=days, spans="last 3"), root=days)
    assert len(caplog.records) == 1


def test_nothing_there(days: Path) -> None:
    with pytest.raises(NotFoundError, match="no file that matches"):
        find_spans("out/{SPAN}.csv", root=days)
    with pytest.raises(NotFoundError, match="no span 2026-12-01") as caught:
        find_spans(DAYS, "2026-12-01", root=days)
    assert caught.value.expected == "some of 2026-11-18..2026-11-19, 2026-11-21"
    with pytest.raises(InputError, match="two ranges"):
        find_spans(f"{DAYS} @ latest", "all", root=days)


def test_files_that_contradict_the_pattern_are_all_listed(tmp_path: Path) -> None:
    make(tmp_path, "07/a.csv", "7/a.csv", "007/b.csv", "8/a.csv")
    with pytest.raises(InputError, match="span 7 has several names") as caught:
        find_spans("{SPAN}/*.csv", root=tmp_path)
    assert "007/*.csv, 07/*.csv, 7/*.csv" in caught.value.found
    with pytest.raises(InputError) as caught:
        find_spans("{SPAN:3}/*.csv", root=tmp_path)
    assert [word in caught.value.found for word in ("07/a.csv has 2", "7/a.csv has 1", "8/a.csv has 1")] == [
        True
    ] * 3


def test_a_span_may_be_a_folder_or_a_file(tmp_path: Path) -> None:
    make(tmp_path, "s/1/deep/a.csv", "s/1/b.csv", "s/1/_SUCCESS", "s/1/.hidden/x", "s/2/.part", "s/3")
    found = find_spans("s/{SPAN}", root=tmp_path)
    assert [(one.number, [file.name for file in one.files]) for one in found] == [
        (1, ["b.csv", "a.csv"]),
        (3, ["3"]),
    ]
    assert found[0].location == str(tmp_path / "s/1")


def test_a_location_with_fixed_ends(days: Path) -> None:
    assert settle("in/**/*.csv", root=days) == "in/**/*.csv"
    assert settle(DAYS, root=days) == f"{DAYS} @ 2026-11-21"
    assert settle(DAYS, root=days, spans="last 2 skip 1") == f"{DAYS} @ 2026-11-18..2026-11-19"
    assert settle(DAYS, root=days, spans="last 2") == f"{DAYS} @ 2026-11-19..2026-11-21 gaps warn"
    assert settle(f"{DAYS} @ 2026-11-18", root=days, spans="all") == f"{DAYS} @ 2026-11-18"
    before = settle(DAYS, root=days, spans="last 2 skip 1")
    make(days, "in/2026/11/22/a.csv")
    assert settle(before, root=days) == before
    assert numbers(find_spans(before, root=days)) == [20775, 20776]
