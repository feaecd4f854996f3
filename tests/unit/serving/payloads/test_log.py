import functools
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import pytest

from mainspring.core.errors import IntegrityError
from mainspring.data import ColumnType
from mainspring.serving.payloads import LogRecord, PredictionLog, read, request_id, table
from mainspring.serving.payloads.journal import Journal
from mainspring.serving.payloads.segments import SegmentWriter, segments
from mainspring.serving.payloads.spools import ring_files


def _record(number: int, **more: object) -> LogRecord:
    values: dict[str, object] = {"id": str(number), "time": float(number), "model": "taxi", "version": "1.0.0"}
    return LogRecord(**(values | more))  # type: ignore[arg-type]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    first = _record(
        1,
        protocol="v2",
        columns={"fare": [1.5, None], "company": ["Ä", None], "hour": [3, 4]},
        outputs={"label": ["yes", "no"], "probability.yes": [0.75, 0.125]},
        latency=0.001,
    )
    second = _record(2, status=400, error="column 'fare' …", body="{")
    with PredictionLog(tmp_path) as log:
        assert log.write(lambda: first)
        assert log.write(lambda: second)
    assert list(read(tmp_path)) == [first, second]
    assert first.rows == 2
    assert second.rows == 0
    assert (log.written, log.dropped, log.failed, log.depth) == (2, 0, 0, 0)


def test_records_are_on_the_disk_within_a_fifth_of_a_second(tmp_path: Path) -> None:
    with PredictionLog(tmp_path, flush_seconds=0.05) as log:
        log.write(functools.partial(_record, 1))
        assert log.flush(timeout=5)
        assert [record.id for record in read(tmp_path)] == ["1"]


def test_the_reader_selects_by_time_and_model(tmp_path: Path) -> None:
    with PredictionLog(tmp_path) as log:
        for number in range(10):
            log.write(functools.partial(_record, number, model="taxi" if number % 2 else "income"))
    assert [record.id for record in read(tmp_path, since=3, until=7)] == ["3", "4", "5", "6"]
    assert [record.id for record in read(tmp_path, since=3, model="taxi")] == ["3", "5", "7", "9"]


def test_a_full_queue_drops_and_counts_and_never_waits(tmp_path: Path) -> None:
    log = PredictionLog(tmp_path, max_requests=5, flush_seconds=30)
    began = time.perf_counter()
    taken = [log.write(_record(number)) for number in range(8)]
    assert time.perf_counter() - began < 1
    assert taken == [True] * 5 + [False] * 3
    assert (log.depth, log.dropped) == (5, 3)
    log.close()
    assert [record.id for record in read(tmp_path)] == ["0", "1", "2", "3", "4"]
    assert (log.depth, log.written) == (0, 5)


def test_the_queue_is_bounded_in_bytes(tmp_path: Path) -> None:
    log = PredictionLog(tmp_path, queue_bytes=4_096, flush_seconds=30)
    assert log.write(_record(1, body="x" * 3_000, error="e"))
    assert not log.write(_record(2, body="x" * 3_000, error="e"))
    assert log.write(_record(3))
    log.close()
    assert [record.id for record in read(tmp_path)] == ["1", "3"]
    assert log.dropped == 1


def test_room_comes_back_once_records_are_written(tmp_path: Path) -> None:
    with PredictionLog(tmp_path, queue_bytes=2_048, flush_seconds=0.0) as log:
        for number in range(500):
            assert log.write(_record(number))
            if number % 10 == 9:
                assert log.flush(5)
    assert [record.id for record in read(tmp_path)] == [str(number) for number in range(500)]


def test_a_record_that_cannot_be_written_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> LogRecord:
        raise ValueError("no record")

    with PredictionLog(tmp_path) as log:
        log.write(broken)
        log.write(functools.partial(_record, 1, columns={"odd": [object()]}))
        log.write(functools.partial(_record, 2))
    assert [record.id for record in read(tmp_path)] == ["2"]
    assert (log.written, log.failed) == (1, 2)
    assert "no record" in capsys.readouterr().err


def test_after_a_failing_disk_nothing_accepted_is_lost_or_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = PredictionLog(tmp_path, flush_seconds=0.0)
    real = SegmentWriter.append
    failures = iter([True, True])

    def append(self: SegmentWriter, data: bytes) -> None:
        if next(failures, False):
            raise OSError(28, "the disk is full")
        real(self, data)

    monkeypatch.setattr(SegmentWriter, "append", append)
    monkeypatch.setattr(log._stop, "wait", lambda seconds: time.sleep(min(seconds, 0.01)))
    for number in range(200):
        log.write(functools.partial(_record, number))
    assert log.flush(10)
    log.close()
    assert not log.trouble
    assert [record.id for record in read(tmp_path)] == [str(number) for number in range(200)]
    assert "the disk is full" in capsys.readouterr().err


def test_a_log_tells_of_its_trouble_until_the_disk_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, told = threading.Event(), threading.Event()
    real = SegmentWriter.append

    def append(self: SegmentWriter, data: bytes) -> None:
        if full.is_set():
            told.set()
            raise OSError(28, "the disk is full")
        real(self, data)

    monkeypatch.setattr(SegmentWriter, "append", append)
    with PredictionLog(tmp_path, flush_seconds=0.0) as log:
        log.write(_record(1))
        assert log.flush(10)
        assert not log.trouble
        full.set()
        log.write(_record(2))
        assert told.wait(10)
        assert not log.flush(0.05)
        assert "the disk is full" in log.trouble
        full.clear()
        assert log.flush(10)
    assert not log.trouble
    assert [record.id for record in read(tmp_path)] == ["1", "2"]


def test_what_waits_to_be_made_is_bounded_by_bytes(tmp_path: Path) -> None:
    def line(size: int) -> bytes:
        return b"{" + b" " * size + b"}\n"

    with Journal(tmp_path, flush_seconds=30, queue_bytes=1 << 16) as journal:
        kilobytes = [60, 5, 3, 1, 100]
        taken = [journal.defer(functools.partial(line, size), size << 10) for size in kilobytes]
        assert taken == [True, False, True, True, False]
        assert (journal.depth, journal.dropped) == (3, 2)
    with Journal(tmp_path, flush_seconds=0.0, queue_bytes=1 << 16) as journal:
        # One that is larger than everything is taken alone, and there is room again once it was made.
        assert journal.defer(functools.partial(line, 10), 1 << 20)
        assert journal.flush(10)
        assert journal.defer(functools.partial(line, 10), 1 << 16)
        assert journal.flush(10)
        assert (journal.written, journal.dropped) == (2, 0)


def test_closing_writes_everything_that_was_accepted(tmp_path: Path) -> None:
    log = PredictionLog(tmp_path, flush_seconds=30, segment_bytes=2_000)
    for number in range(500):
        assert log.write(functools.partial(_record, number))
    began = time.perf_counter()
    log.close()
    assert time.perf_counter() - began < 5
    assert not log.write(functools.partial(_record, 501))
    assert [record.id for record in read(tmp_path)] == [str(number) for number in range(500)]
    assert len(segments(tmp_path)) > 5
    assert not list(tmp_path.glob("*.open"))


KILLED = """
import os, sys, pathlib, signal
from mainspring.serving.payloads import LogRecord, PredictionLog
folder, flush, count = pathlib.Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
log = PredictionLog(folder, flush_seconds=flush, segment_bytes=int(sys.argv[4]), queue_bytes=1 << 20)
for number in range(count):
    while not log.write(LogRecord(id=str(number), time=float(number), model="m", version="1")):
        log.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


def _killed(folder: Path, *, flush: float, count: int, segment: int = 1 << 20) -> None:
    arguments = [str(folder), str(flush), str(count), str(segment)]
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize(("flush", "segment"), [(30.0, 1 << 20), (0.0, 1 << 20), (0.0, 3_000)])
def test_a_kill_loses_and_doubles_nothing_that_was_taken(tmp_path: Path, flush: float, segment: int) -> None:
    """With ``flush`` of 30 seconds nothing was on the disk yet."""
    _killed(tmp_path, flush=flush, count=3_000, segment=segment)
    expected = [str(number) for number in range(3_000)]
    assert [record.id for record in read(tmp_path)] == expected  # nobody has tidied up yet
    with PredictionLog(tmp_path) as log:
        assert log.recovered
        assert [record.id for record in read(tmp_path)] == expected
        log.write(_record(10**9))
        assert [record.id for record in read(tmp_path)] == [*expected, str(10**9)]
    assert [record.id for record in read(tmp_path)] == [*expected, str(10**9)]
    assert list(ring_files(tmp_path)) == []


def test_a_record_can_be_read_as_soon_as_it_is_taken(tmp_path: Path) -> None:
    with PredictionLog(tmp_path, flush_seconds=30) as log:
        log.write(_record(1))
        assert [record.id for record in read(tmp_path)] == ["1"]
        assert log.depth == 1


def test_reading_while_it_is_written_misses_and_doubles_nothing(tmp_path: Path) -> None:
    log = PredictionLog(tmp_path, flush_seconds=0.001, segment_bytes=5_000)
    stop = threading.Event()
    taken = 0

    def write() -> None:
        nonlocal taken
        while not stop.is_set():
            taken += log.write(_record(taken))
            time.sleep(0.0002)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(40):
            before = taken
            ids = [int(record.id) for record in read(tmp_path)]
            assert ids == list(range(len(ids)))
            assert len(ids) >= before
    finally:
        stop.set()
        writer.join()
        log.close()
    assert len(list(read(tmp_path))) == taken


def test_a_line_that_is_no_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "20260101T000000.000000Z-1-000001.jsonl").write_bytes(
        b'{"id":"1","time":1.0,"model":"m","version":"1"}\n{"x":\n'
    )
    records = read(tmp_path)
    assert next(records).id == "1"
    with pytest.raises(IntegrityError, match=r"000001\.jsonl:2"):
        next(records)


def test_fields_of_a_later_release_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "20260101T000000.000000Z-1-000001.jsonl").write_bytes(
        b'{"id":"1","time":1.0,"model":"m","version":"1","subject":"new"}\n'
    )
    assert [record.id for record in read(tmp_path)] == ["1"]


def test_an_empty_or_missing_folder_holds_no_records(tmp_path: Path) -> None:
    assert list(read(tmp_path)) == []
    assert list(read(tmp_path / "none")) == []


def test_ids_are_version_7_and_sort_by_time() -> None:
    ids = [request_id(1_700_000_000 + step / 1000) for step in range(100)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 100
    parsed = uuid.UUID(ids[0])
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert parsed.int >> 80 == 1_700_000_000_000


def test_the_log_becomes_a_table_row_by_row() -> None:
    records = [
        _record(1, columns={"fare": [1.5, None], "hour": [3, 4]}, outputs={"label": ["yes", "no"]}),
        _record(2, status=400, error="bad"),
        _record(3, columns={"fare": [2.0], "tip": ["x"]}, outputs={"label": ["no"], "probability.no": [0.5]}),
    ]
    logged = table(records)
    assert logged.to_columns() == {
        "request.id": ["1", "1", "3"],
        "request.time": [1.0, 1.0, 3.0],
        "request.model": ["taxi"] * 3,
        "request.version": ["1.0.0"] * 3,
        "request.row": [0, 1, 0],
        "fare": [1.5, None, 2.0],
        "hour": [3, 4, None],
        "output.label": ["yes", "no", "no"],
        "tip": [None, None, "x"],
        "output.probability.no": [None, None, 0.5],
    }


def test_types_may_be_given_for_columns_without_values() -> None:
    records = [_record(1, columns={"fare": [None]})]
    assert table(records).type_of("fare") is ColumnType.STRING
    assert table(records, {"fare": ColumnType.FLOAT, "other": ColumnType.INT}).type_of("fare") is ColumnType.FLOAT
    assert table([]).names == tuple(f"request.{name}" for name in ("id", "time", "model", "version", "row"))
    assert table([]).num_rows == 0
