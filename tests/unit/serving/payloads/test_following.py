import functools
from pathlib import Path

from mainspring.serving.payloads import LogRecord, PredictionLog
from mainspring.serving.payloads.compact import compact
from mainspring.serving.payloads.erasing import erase
from mainspring.serving.payloads.following import Follower
from mainspring.serving.payloads.position import Position


def _record(number: int, **more: object) -> LogRecord:
    values: dict[str, object] = {"id": str(number), "time": float(number), "model": "m", "version": "1"}
    return LogRecord(**(values | more))  # type: ignore[arg-type]


def _ids(follower: Follower) -> list[int]:
    return [int(found.record.id) for found in follower.new()]


def test_every_record_comes_once_across_rotation_and_compaction(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    with PredictionLog(tmp_path, flush_seconds=0.0, segment_bytes=1_000) as log:
        seen = []
        for number in range(200):
            log.write(functools.partial(_record, number))
            if number % 17 == 0:
                log.flush(5)
                seen += _ids(follower)
            if number % 50 == 0:
                compact(tmp_path)
    seen += _ids(follower)
    assert seen == list(range(200))
    assert _ids(follower) == []


def test_it_begins_where_another_one_was(tmp_path: Path) -> None:
    with PredictionLog(tmp_path, flush_seconds=0.0, segment_bytes=1_000) as log:
        for number in range(50):
            log.write(_record(number))
        log.flush(5)
        follower = Follower(tmp_path)
        reading = follower.new()
        first = [int(next(reading).record.id) for _ in range(20)]
        position = follower.position
        for number in range(50, 60):
            log.write(_record(number))
    assert first + _ids(Follower(tmp_path, position)) == list(range(60))


def test_it_keeps_its_place_when_lines_before_it_are_erased(tmp_path: Path) -> None:
    with PredictionLog(tmp_path, flush_seconds=0.0) as log:
        for number in range(10):
            log.write(_record(number, subject="ann" if number < 5 else "ben"))
    follower = Follower(tmp_path)
    reading = follower.new()
    assert [int(next(reading).record.id) for _ in range(7)] == list(range(7))
    position = follower.position
    erase(tmp_path, "ann")
    assert _ids(Follower(tmp_path, position)) == [7, 8, 9]
    compact(tmp_path)
    assert _ids(Follower(tmp_path, position)) == [7, 8, 9]


def test_what_it_remembers_stays_small(tmp_path: Path) -> None:
    for hour in range(24):
        name = f"20260101T{hour:02}0000.000000Z-1-000001.jsonl"
        (tmp_path / name).write_bytes(b'{"id":"%d","time":1.0,"model":"m","version":"1"}\n' % hour)
    growing = tmp_path / "20260101T200000.000000Z-2-000001.jsonl.open"
    growing.write_bytes(b"")
    follower = Follower(tmp_path)
    assert _ids(follower) == list(range(24))
    assert follower.position == Position(
        before="20260101T200000.000000Z-1-000001",
        lines={"20260101T200000.000000Z-2-000001": 0},
        finished=tuple(f"20260101T{hour}0000.000000Z-1-000001" for hour in (21, 22, 23)),
    )
    growing.rename(growing.with_suffix(""))
    assert _ids(follower) == []
    assert follower.position.before == "20260101T210000.000000Z-1-000001"
    assert _ids(Follower(tmp_path, follower.position)) == []


def test_a_damaged_segment_does_not_hold_up_the_others(tmp_path: Path) -> None:
    (tmp_path / "20260101T000000.000000Z-1-000001.jsonl").write_bytes(b"{}\n")
    (tmp_path / "20260102T000000.000000Z-1-000001.jsonl").write_bytes(
        b'{"id":"7","time":1.0,"model":"m","version":"1"}\n'
    )
    follower = Follower(tmp_path)
    assert _ids(follower) == [7]
    assert follower.damaged == 1
