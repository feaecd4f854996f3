"""What happened to alerts, in the record."""

from __future__ import annotations

import pytest

from mainspring.core.records import Artifact, Execution, Kind, LinkKind, NodeType
from mainspring.core.verdicts import Verdict
from mainspring.monitoring.alerts import AlertBook, AlertLedger, AlertOptions
from mainspring.monitoring.alerts.ledger import ALERT
from mainspring.store import open_blobs, open_store


@pytest.fixture(params=["memory:", "sqlite"])
def record(request, tmp_path):
    return open_store(request.param if ":" in request.param else f"sqlite:///{tmp_path}/record.db")


@pytest.fixture
def blobs(tmp_path):
    return open_blobs(str(tmp_path / "blobs"))


@pytest.fixture
def book(tmp_path, clock, window, judged):
    """A book in which something fired, was acknowledged, silenced and resolved."""
    book, options = AlertBook(tmp_path / "alerts", clock=clock), AlertOptions(resolve_windows=1)
    clock.at = 10.0
    bad = {"drift": judged({"age": 0.3}, rows=[0])}
    book.take("census", "1", window(0), bad, options, evidence=["sha256:aa", "sha256:none"])
    book.acknowledge([book.alerts()[0].id], by="ann", note="looking")
    book.silence({"model": "census"}, until=99.0, by="ann", why="known")
    book.silence({"check": "quality"}, until=99.0, by="ann", why="never mind")
    book.take("census", "1", window(1), {"drift": judged({"age": 0.05})}, options)
    return book


def test_all_that_happened_is_written_once_and_read_back(record, blobs, book):
    ledger = AlertLedger(record, blobs)
    assert ledger.history() == []
    assert book.record(ledger) == 5
    assert book.record(ledger) == 0
    assert [ledger.write(one) for one in book.history()] == [False] * 5
    found = ledger.history("census")
    assert [(one.what, one.by, one.why) for one in found] == [
        ("fired", "", ""),
        ("acknowledged", "ann", "looking"),
        ("silenced", "ann", "known"),
        ("resolved", "", ""),
    ]
    fired = found[0]
    assert (fired.verdict.ok, fired.verdict.gate, fired.at) == (False, "alert", 10.0)
    [reason] = fired.verdict.reasons
    assert (reason.code, reason.subject, reason.observed, reason.expected) == ("DRIFT", "age", 0.3, 0.1)
    assert fired.verdict.details["alert"]["id"] == fired.alert
    assert found[-1].verdict.ok
    assert len(ledger.history()) == 5
    assert [one.what for one in ledger.history("census", limit=1)] == ["resolved"]
    assert ledger.history("census", since=11.0) == []


def test_rows_are_not_copied_into_the_record(record, blobs, book):
    ledger = AlertLedger(record, blobs)
    book.record(ledger)
    assert ledger.history("census")[0].verdict.details["alert"]["examples"] == [
        {"request": "r1", "row": 0, "time": None}
    ]


def test_it_rests_on_the_verdict_and_the_package(record, blobs, book):
    record.put_type(NodeType(kind=Kind.ARTIFACT, name=Verdict.ARTIFACT_TYPE))
    record.publish([Artifact(type=Verdict.ARTIFACT_TYPE, digest="sha256:aa")])
    book.record(AlertLedger(record, blobs))
    event = record.find(Kind.EXECUTION, "type = :type", {"type": ALERT}).items[0]
    assert isinstance(event, Execution)
    links = record.links(Kind.EXECUTION, [event.id or 0])
    assert sorted((one.kind, one.name) for one in links) == [
        (LinkKind.INPUT, "evidence"),
        (LinkKind.OUTPUT, "verdict"),
    ]


def test_a_ledger_that_fails_half_way_is_told_the_rest_later(record, blobs, book):
    class Failing(AlertLedger):
        left = 2

        def write(self, transition):
            self.left -= 1
            if self.left < 0:
                raise OSError("the disk is full")
            return super().write(transition)

    with pytest.raises(OSError, match="full"):
        book.record(Failing(record, blobs))
    assert book.record(AlertLedger(record, blobs)) == 3
