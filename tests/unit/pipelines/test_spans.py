"""A pipeline over spans: it depends on the spans it reads, and on no others."""

from pathlib import Path
from typing import Any

import pytest

from mainspring.core.records import Kind
from mainspring.core.spans import find_spans
from mainspring.pipelines import File, each, pipeline, step
from mainspring.pipelines.resolvers import import_artifact

DAYS = "in/{YYYY}/{MM}/{DD}/*.txt"


@step
def gather(data: File, spans: str | None = None) -> list[str]:
    return [f"{one}: {file.read_text()}" for one in find_spans(data.location) for file in one.files]


@step
def given(data: File) -> str:
    return data.location


@step
def window(days: int) -> str:
    return f"last {days}"


@pipeline
def rolling(spans: str = "last 2") -> None:
    gather(File(DAYS), spans)


@pipeline
def newest(data: File = File(DAYS)) -> None:
    given(data)


@pipeline
def decided(days: int = 1) -> None:
    gather(File(DAYS), window(days))


@pipeline
def windows() -> None:
    gather(File(DAYS), each(["2026-11-18..2026-11-19", "2026-11-19..2026-11-20"]))


@pipeline
def imported() -> None:
    import_artifact("in/2026/11/{SPAN}/a.txt")


@pytest.fixture
def days(place: Any) -> Any:
    """Adds days."""

    def add(*numbers: int, word: str = "x") -> None:
        for number in numbers:
            file = place.root / f"in/2026/11/{number}/a.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(word)

    return add


def state(result: Any) -> str:
    return str(next(iter(result.nodes.values())).state.value)


def test_a_window_moves_on_when_a_day_comes(place: Any, days: Any) -> None:
    days(18, 19, 20)
    first = place.run(rolling.build())
    assert place.value(first, "gather") == ["2026-11-19: x", "2026-11-20: x"]
    assert state(place.run(rolling.build())) == "CACHED"
    days(18, word="y")
    assert state(place.run(rolling.build())) == "CACHED", "a day that is out of the window"
    days(21)
    moved = place.run(rolling.build())
    assert place.value(moved, "gather") == ["2026-11-20: x", "2026-11-21: x"]
    days(20, word="y")
    assert place.value(place.run(rolling.build()), "gather") == ["2026-11-20: y", "2026-11-21: x"]
    back = place.run(rolling.build(spans="2026-11-18..2026-11-19"))
    assert place.value(back, "gather") == ["2026-11-18: y", "2026-11-19: x"]


def test_the_record_says_which_spans_were_read(place: Any, days: Any) -> None:
    days(18, 19)
    result = place.run(newest.build())
    location = str(Path(place.root) / DAYS) + " @ 2026-11-19"
    assert place.value(result, "given") == location
    artifacts = place.stores.record.find(Kind.ARTIFACT, "type = 'mainspring.File'").items
    assert [(one.uri, one.properties["spans"]) for one in artifacts] == [(location, "2026-11-19")]
    result = place.run(newest.build(data=File(f"{DAYS} @ all")))
    assert place.value(result, "given").endswith(" @ 2026-11-18..2026-11-19")


def test_a_project_may_lie_in_a_folder_with_an_odd_name(place: Any, days: Any) -> None:
    odd = type(place)(place.root / "odd [1]", {})
    file = odd.root / "in/2026/11/18/a.txt"
    file.parent.mkdir(parents=True)
    file.write_text("x")
    assert odd.value(odd.run(rolling.build()), "gather") == ["2026-11-18: x"]
    odd.close_runners()


def test_one_execution_for_every_window(place: Any, days: Any) -> None:
    days(18, 19, 20)
    result = place.run(windows.build())
    assert place.value(result, "gather") == [
        ["2026-11-18: x", "2026-11-19: x"],
        ["2026-11-19: x", "2026-11-20: x"],
    ]


def test_a_step_may_decide_on_the_range(place: Any, days: Any) -> None:
    days(18, 19, 20)
    result = place.run(decided.build(days=2))
    assert place.value(result, "gather") == ["2026-11-19: x", "2026-11-20: x"]


def test_a_span_that_is_not_there_fails_the_step(place: Any, days: Any) -> None:
    days(18, 20)
    result = place.run(rolling.build(spans="2026-11-18..2026-11-20"))
    assert state(result) == "FAILED"
    assert "these are missing: 2026-11-19" in result.nodes["gather"].reason
    result = place.run(rolling.build(spans="2026-11-18..2026-11-20 gaps ignore"))
    assert place.value(result, "gather") == ["2026-11-18: x", "2026-11-20: x"]


def test_the_latest_span_is_imported(place: Any, days: Any) -> None:
    days(18)
    days(19, word="y")
    result = place.run(imported.build())
    assert place.value(result, "import").read_text() == "y"
