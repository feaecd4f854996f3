"""Verdicts of windows in the record: written once, linked to the packages, read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from mainspring.core.records import Artifact, Kind, LinkKind, NodeType
from mainspring.core.verdicts import Reason, Verdict
from mainspring.monitoring.ledger import WATCH, WatchLedger
from mainspring.store import BlobStore, open_blobs, open_store
from mainspring.store.ports import MetadataStore

BAD = Verdict.of("watch", [Reason(ok=False, code="DRIFT", message="age has drifted", subject="age")])


@pytest.fixture(params=["memory:", "sqlite"])
def record(request: pytest.FixtureRequest, tmp_path: Path) -> MetadataStore:
    return open_store(request.param if ":" in request.param else f"sqlite:///{tmp_path}/record.db")


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return open_blobs(str(tmp_path / "blobs"))


def told(since: float) -> dict[str, float | int | str]:
    return {"model": "census", "version": "1.0.0", "since": since, "until": since + 60, "rows": 7}


def test_a_window_is_written_once_and_read_back(record: MetadataStore, blobs: BlobStore) -> None:
    ledger = WatchLedger(record, blobs)
    assert ledger.verdicts("census") == []
    first = ledger.write(told(60.0), BAD)
    assert ledger.write(told(60.0), Verdict.of("watch", [])) == first
    ledger.write(told(60.0), Verdict.of("watch", []), revision=1)
    ledger.write(told(120.5), Verdict.of("watch", []))
    found = ledger.verdicts("census")
    assert [(event.properties["since"], verdict.ok) for event, verdict in found] == [
        (60.0, False),
        (60.0, True),
        (120.5, True),
    ]
    assert found[0][1] == BAD
    assert len(ledger.verdicts("census", since=100.0)) == 1
    assert len(ledger.verdicts("census", until=100.0)) == 2
    assert ledger.verdicts("other") == []


def test_the_package_that_answered_is_its_input(record: MetadataStore, blobs: BlobStore) -> None:
    record.put_type(NodeType(kind=Kind.ARTIFACT, name="mainspring.Package"))
    (package,) = record.publish([Artifact(type="mainspring.Package", digest="sha256:aa")])
    digest = WatchLedger(record, blobs).write(told(0.0), BAD, packages=["sha256:aa", "sha256:unknown"])
    (event,) = record.find(Kind.EXECUTION, "type = :type", {"type": WATCH}).items
    links = record.links(Kind.EXECUTION, [event.id or 0])
    assert {(one.kind, one.name) for one in links} == {(LinkKind.INPUT, "package"), (LinkKind.OUTPUT, "verdict")}
    assert (
        record.find(Kind.ARTIFACT, "digest = :digest", {"digest": digest}).items[0].properties["gate"] == "watch"
    )
    assert package.id in {one.source for one in links} | {one.target for one in links}


def test_windows_are_read_without_their_verdicts_each_as_it_was_judged_last(
    record: MetadataStore, blobs: BlobStore
) -> None:
    ledger = WatchLedger(record, blobs)
    assert ledger.windows("census") == []
    ledger.write(told(120.0), BAD)
    ledger.write(told(60.0), BAD)
    ledger.write(told(60.0), Verdict.of("watch", []), revision=1)
    ledger.write({**told(0.0), "model": "other"}, BAD)
    found = [(one.properties["since"], one.properties["ok"]) for one in ledger.windows("census")]
    assert found == [(60.0, True), (120.0, False)]
    assert len(ledger.windows("census", since=61.0)) == 1
    every = list(ledger.judgements("census"))
    assert [one.properties["since"] for one in every] == [120.0, 60.0, 60.0]
    assert list(ledger.judgements("census", after=every[0].id or 0)) == every[1:]
