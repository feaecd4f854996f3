"""Events with verdicts: written once under their name, read back page by page."""

from __future__ import annotations

from pathlib import Path

import pytest

from mainspring.core.errors import InputError
from mainspring.core.records import Kind, NodeType, PropertyType
from mainspring.core.verdicts import Reason, Verdict
from mainspring.store import open_blobs, open_store
from mainspring.store.verdicts import VerdictEvents

KIND = NodeType(kind=Kind.EXECUTION, name="test.Judged", properties={"number": PropertyType.INT})


@pytest.fixture
def events(tmp_path: Path) -> VerdictEvents:
    return VerdictEvents(open_store("memory:"), open_blobs(str(tmp_path / "blobs")), KIND)


def said(text: str) -> Verdict:
    return Verdict.of("test", [Reason(ok=True, code="SAID", message=text)])


def test_the_first_that_is_written_under_a_name_stays(events: VerdictEvents) -> None:
    assert events.find("one") is None
    assert list(events.events("", {})) == []
    first, new = events.write("one", {"number": 1}, said("first"))
    again, newer = events.write("one", {"number": 2}, said("second"))
    assert (new, newer, first.id) == (True, False, again.id)
    assert events.verdict(again) == said("first")


def test_what_a_verdict_rests_on_is_found_by_its_digest(events: VerdictEvents) -> None:
    first, _ = events.write("one", {"number": 1}, said("first"))
    second, new = events.write("two", {"number": 2}, said("second"), evidence=[events.digest(first), "sha256:no"])
    assert new
    assert events.verdict(second) == said("second")


def test_events_come_oldest_first_or_the_newest_of_them(events: VerdictEvents) -> None:
    for number in range(5):
        events.write(f"n{number}", {"number": number}, said(str(number)))
    where, values = "properties.number >= :least", {"least": 1}
    assert [one.name for one in events.events(where, values)] == ["n1", "n2", "n3", "n4"]
    assert [one.name for one in events.events(where, values, newest=2)] == ["n4", "n3"]


def test_what_the_record_refuses_is_told(events: VerdictEvents) -> None:
    with pytest.raises(InputError):
        events.write("one", {"colour": "red"}, said("first"))
