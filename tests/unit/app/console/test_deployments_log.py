"""The log of requests, looked into from its end."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mainspring.app.api.subjects.deployments.log import truths
from mainspring.app.api.subjects.deployments.log.backwards import Patience
from mainspring.app.api.subjects.deployments.log.conditions import Conditions, comparisons
from mainspring.app.api.subjects.deployments.log.searching import Cursor, search
from mainspring.core.errors import InputError
from mainspring.serving.decision import Decision
from mainspring.serving.feedback.record import Feedback
from mainspring.serving.payloads import read
from mainspring.serving.payloads.compact import compact
from mainspring.serving.payloads.record import LogRecord, request_id

START = 1_780_000_000.0


def record(second: float, **more: Any) -> LogRecord:
    values: dict[str, Any] = {
        "id": request_id(START + second),
        "time": START + second,
        "model": "loans",
        "version": "1",
        "columns": {"age": [30], "city": ["Bern"]},
        "outputs": {"label": ["yes"], "probability.yes": [0.75]},
        "latency": 0.002,
    }
    return LogRecord(**{**values, **more})


def write(folder: Path, records: list[LogRecord], *, began: float = 0.0, process: int = 1) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    stamp = datetime.fromtimestamp(START + began, UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    path = folder / f"{stamp}-{process}-000001.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in records))
    return path


def pages(folder: Path, wanted: Conditions, limit: int, **more: Any) -> list[LogRecord]:
    """All pages, one after the other."""
    found: list[LogRecord] = []
    cursor: Cursor | None = Cursor()
    for _ in range(10_000):
        page = search(folder, wanted, cursor=Cursor.read(str(cursor)), limit=limit, **more)
        found += page.records
        cursor = page.earlier
        if cursor is None:
            return found
    raise AssertionError("it never ends")


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_pages_are_the_whole_log_the_newest_first_in_whatever_form_it_is(tmp_path: Path, limit: int) -> None:
    draw = random.Random(3)
    old = sorted((record(draw.uniform(0, 60)) for _ in range(40)), key=lambda one: one.time)
    write(tmp_path, old)
    compact(tmp_path)
    assert not list(tmp_path.glob("*.jsonl"))
    # Two processes at once, some requests at the same moment.
    for process in (1, 2):
        times = sorted([100.0, 110.0, *(draw.uniform(90, 150) for _ in range(20))])
        write(tmp_path, [record(one, version=str(process)) for one in times], began=90, process=process)
    write(tmp_path, [record(200, model="others")], began=190)
    found = pages(tmp_path, Conditions(model="loans"), limit)
    assert len(found) == 84
    assert [one.time for one in found] == sorted((one.time for one in found), reverse=True)
    assert {one.id for one in found} == {one.id for one in read(tmp_path, model="loans")}


@pytest.mark.parametrize("compacted", [False, True])
@pytest.mark.parametrize(
    ("given", "places"),
    [
        ({}, [5, 4, 3, 2, 1, 0]),
        ({"version": "2"}, [2]),
        ({"arm": "next"}, [2]),
        ({"status": "failed"}, [4, 3]),
        ({"status": "4xx"}, [3]),
        ({"status": "500"}, [4]),
        ({"status": "ok", "slower": 0.5}, [1]),
        ({"text": "basel"}, [5]),
        ({"text": "no such column"}, [3]),
        ({"columns": comparisons("age > 40, city = Bern")}, [0]),
        ({"columns": comparisons("answer = no")}, [2]),
        ({"columns": comparisons("probability.yes < 0.5")}, [2]),
        ({"columns": comparisons("city ~ ase and age != 30")}, [5]),
        ({"outlier": True}, [1]),
        ({"outlier": False}, [5, 4, 3, 2, 0]),
        ({"since": START + 20, "until": START + 40}, [3, 2]),
        ({"request": "caller-1"}, [5, 0]),
        ({"request": "caller-1", "exact": True}, []),
        ({"request": "caller-17", "exact": True}, [0]),
    ],
)
def test_conditions(tmp_path: Path, given: dict[str, Any], places: list[int], compacted: bool) -> None:
    records = [
        record(0, columns={"age": [30, 50], "city": ["Chur", "Bern"]}, id="caller-17"),
        record(10, latency=0.7, outputs={"label": ["yes"], "outlier": [True]}),
        record(
            20,
            version="2",
            decisions=(Decision("loans", "next", 0.1, "canary"),),
            outputs={"label": ["no"], "probability.yes": [0.2]},
        ),
        record(30, status=400, error="no such column", columns={}, outputs={}),
        record(40, status=500, error="out of memory", columns={}, outputs={}),
        record(50, columns={"age": [31], "city": ["BASEL"]}, id="caller-170"),
    ]
    write(tmp_path, records)
    if compacted:
        compact(tmp_path)
    found = search(tmp_path, Conditions(model="loans", **given)).records
    assert [records.index(one) for one in found] == places


def test_a_condition_about_a_private_column_tells_nothing(tmp_path: Path) -> None:
    write(tmp_path, [record(0)])
    hidden = Conditions(model="loans", hidden={"city"}, columns=comparisons("city = Bern"))
    with pytest.raises(InputError, match="values of city are private"):
        search(tmp_path, hidden)
    assert not search(tmp_path, Conditions(model="loans", hidden={"city"}, text="bern")).records
    assert search(tmp_path, Conditions(model="loans", hidden={"age"}, text="bern")).records


def test_wrong_conditions_are_told() -> None:
    with pytest.raises(InputError, match="no condition"):
        comparisons("age and city")
    with pytest.raises(InputError, match="'fine' is no status"):
        Conditions(model="loans", status="fine").check()
    with pytest.raises(InputError, match="no place in the log"):
        Cursor.read("yesterday")


def test_whoever_has_no_patience_goes_on_where_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [record(one, latency=0.7 if one == 10 else 0.002) for one in range(2000)]
    write(tmp_path, records)
    # The time is over after every 256 requests that were looked at.
    monkeypatch.setattr(Patience, "spent", lambda self: setattr(self, "over", True) or True)
    first = search(tmp_path, Conditions(model="loans", slower=0.5), limit=5)
    assert (first.records, first.hurried) == ([], True)
    assert first.looked < 600
    found = pages(tmp_path, Conditions(model="loans", slower=0.5), 5)
    assert [one.id for one in found] == [records[10].id]
    # What few lines have is found without looking at those between.
    at_once = search(tmp_path, Conditions(model="loans", request=records[10].id), limit=5)
    assert ([one.id for one in at_once.records], at_once.looked) == ([records[10].id], 1)
    failed = [record(3000 + 10 * one, status=500, error="full") for one in range(20)]
    write(tmp_path, failed, began=3000)
    assert len(pages(tmp_path, Conditions(model="loans", status="5xx"), 3)) == 20
    assert len(pages(tmp_path, Conditions(model="loans"), 300)) == 2020


def test_the_latest_truth_counts_and_half_a_line_is_passed_over(tmp_path: Path) -> None:
    said = [
        Feedback(id="a", key="truth", value="no", time=START, received=START),
        Feedback(id="b", key="truth", value="yes", time=START, received=START),
        Feedback(id="a", key="truth", value="yes", time=START + 1, received=START + 1),
        Feedback(id="a", key="reward", value=0.5, row=1, time=START, received=START),
    ]
    folder = tmp_path / "feedback"
    folder.mkdir()
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in said)
    (folder / "20260601T000000.000000Z-1-000001.jsonl.open").write_bytes(lines + b'{"id":"a","key":"tru')
    found = truths.told(tmp_path, {"a", "c"})
    assert set(found) == {"a"}
    assert {(one.key, one.row, one.value) for one in found["a"]} == {("truth", None, "yes"), ("reward", 1, 0.5)}
    assert truths.told(tmp_path / "nothing", {"a"}) == {}
