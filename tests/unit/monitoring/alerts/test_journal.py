"""The folder of a book: what is written there is whole, whatever happens."""

from __future__ import annotations

import pytest

from mainspring.core.errors import StateError
from mainspring.monitoring.alerts import journal
from mainspring.monitoring.alerts.contents import Change, Notice
from mainspring.monitoring.alerts.journal import Journal


def put(place: Journal, name: str) -> None:
    def decide(contents):
        notice = Notice(id=name, model="m", destination="d", group="", occurrences=(), due=0.0)
        return Change(number=contents.number + 1, at=0.0, notices=(notice,))

    place.change(decide)


def names(place: Journal) -> list[str]:
    return sorted(place.read().notices)


def test_a_line_that_was_cut_short_does_not_count_and_harms_nothing(tmp_path):
    place = Journal(tmp_path)
    put(place, "n1")
    put(place, "n2")
    file = tmp_path / "journal.jsonl"
    whole = file.read_bytes()
    for size in range(whole.index(b"\n") + 1, len(whole), 9):
        file.write_bytes(whole[:size])
        assert names(Journal(tmp_path)) == ["n1"] if size < len(whole) - 1 else ["n1", "n2"]
        put(Journal(tmp_path), "n3")
        assert "n3" in names(Journal(tmp_path))


def test_a_line_that_was_changed_does_not_count(tmp_path):
    place = Journal(tmp_path)
    put(place, "n1")
    file = tmp_path / "journal.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"n1"', b'"n9"'))
    assert names(place) == []


def test_what_is_folded_is_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "_FOLDED", 3)
    place = Journal(tmp_path)
    for number in range(8):
        put(place, f"n{number}")
    assert names(place) == [f"n{number}" for number in range(8)]
    assert sorted(path.name for path in tmp_path.glob("journal*")) == [
        "journal-3.jsonl",
        "journal-6.jsonl",
        "journal.jsonl",
    ]
    assert [one.number for one in place.changes()] == list(range(1, 9))
    # Killed between the snapshot and the renaming of the journal: its lines are in both.
    (tmp_path / "journal-6.jsonl").rename(tmp_path / "rest")
    (tmp_path / "journal.jsonl").write_bytes(
        (tmp_path / "rest").read_bytes() + (tmp_path / "journal.jsonl").read_bytes()
    )
    assert names(place) == [f"n{number}" for number in range(8)]


def test_a_lost_snapshot_is_read_anew_and_a_spoilt_one_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "_FOLDED", 3)
    place = Journal(tmp_path)
    for number in range(5):
        put(place, f"n{number}")
    (tmp_path / "book.json").unlink()
    assert names(place) == [f"n{number}" for number in range(5)]
    (tmp_path / "book.json").write_bytes(b"{")
    with pytest.raises(StateError, match="cannot be read"):
        place.read()


def test_nothing_is_written_where_nothing_changed(tmp_path):
    place = Journal(tmp_path / "book")
    place.change(lambda contents: Change(number=contents.number + 1, at=0.0))
    assert not (tmp_path / "book" / "journal.jsonl").exists()
