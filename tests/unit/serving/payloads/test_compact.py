import functools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import numpy as np
import pytest

from mainspring.core.errors import IntegrityError
from mainspring.serving.decision import Decision
from mainspring.serving.payloads import LogRecord, PredictionLog, read
from mainspring.serving.payloads.blobs import Blobs
from mainspring.serving.payloads.compact import compact, main
from mainspring.serving.payloads.journal_reading import Place
from mainspring.serving.payloads.packing import Line, pack
from mainspring.serving.payloads.reading import records
from mainspring.serving.payloads.segments import segments


def _record(number: int) -> LogRecord:
    return LogRecord(
        id=str(number),
        time=float(number),
        model=f"m{number % 2}",
        version="1",
        columns={"a": [1.5, None], "b": ["Ä\u2028", None], "whole": [2**53 + 1, 0]},
        outputs={"label": ["yes", "no"]},
        subject=("ann", None) if number % 3 == 0 else "",
        error="no" if number % 7 == 0 else None,
        body="{" if number % 7 == 0 else None,
        tags={"deep": {"er": [1]}} if number % 5 == 0 else {},
        erased=(1,) if number % 11 == 0 else (),
        cached=number % 2 == 0,
        decisions=(Decision("m", "next", 0.1 + number % 3, "canary", 1),) if number % 4 == 0 else (),
    )


def _write(folder: Path, count: int, *, segment: int = 20_000) -> list[LogRecord]:
    with PredictionLog(folder, segment_bytes=segment) as log:
        for number in range(count):
            assert log.write(_record(number))
    return list(read(folder))


def test_a_compact_log_says_the_same(tmp_path: Path) -> None:
    before = _write(tmp_path, 1_000)
    count = len(segments(tmp_path))
    assert count > 5
    made = compact(tmp_path)
    assert [path.suffix for path in segments(tmp_path)] == [".parquet"] * count == [path.suffix for path in made]
    assert list(read(tmp_path)) == before
    assert list(read(tmp_path, since=100, until=200, model="m1")) == [
        r for r in before[100:200] if r.model == "m1"
    ]
    assert compact(tmp_path) == []
    figures = "count(*), count(error), sum((status = 200)::INT), sum(share)"
    assert duckdb.sql(f"SELECT {figures} FROM '{tmp_path}/*.parquet'").fetchall() == [(1_000, 143, 1_000, 1_000.0)]


def test_lines_keep_their_numbers(tmp_path: Path) -> None:
    segment = tmp_path / "20260101T000000.000000Z-1-000001.jsonl"
    line = b'{"id":"%d","time":1.0,"model":"m","version":"1"}\n'
    segment.write_bytes(line % 0 + b"\n" + b"      \n" + line % 3)
    before = [(number, record.id) for number, record in records(segment)]
    assert before == [(0, "0"), (3, "3")]
    [made] = compact(tmp_path)
    assert [(number, record.id) for number, record in records(made)] == before
    assert [number for number, _ in records(made, place=Place(1))] == [3]
    # Whoever listed the segment before it became a Parquet file finds it.
    assert [number for number, _ in records(segment, place=Place(1))] == [3]


def test_packed_values_become_plain_ones_and_what_lay_apart_goes(tmp_path: Path) -> None:
    array = np.array([1.0, np.nan])
    with PredictionLog(tmp_path) as log:
        digest = log.blobs.put(array.tobytes())
        assert digest is not None
        apart = pack(array, "INT64")
        line = Line(
            id="1", time=1.0, model="m", version="1", columns={"a": []},
            packed_columns={"a": type(apart)(dtype=apart.dtype, shape=apart.shape, blob=digest, kind="INT64")},
        )  # fmt: skip
        log.write(line)
    old = time.time() - 7_200
    [(_, _)] = Blobs(tmp_path).stored()
    os.utime(next((tmp_path / "blobs").glob("*/*")), (old, old))
    assert [record.columns for record in read(tmp_path)] == [{"a": [1, None]}]
    compact(tmp_path)
    assert [record.columns for record in read(tmp_path)] == [{"a": [1, None]}]
    assert list(Blobs(tmp_path).stored()) == []


def test_a_segment_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    with PredictionLog(tmp_path) as log:
        log.write(_record(1))
        log.flush(5)
        assert compact(tmp_path) == []
        log.write(_record(2))
    assert [record.id for record in read(tmp_path)] == ["1", "2"]


def test_killed_at_any_moment_it_loses_and_doubles_nothing(tmp_path: Path) -> None:
    before = _write(tmp_path, 1_500, segment=8_000)
    command = [sys.executable, "-m", "mainspring.serving.payloads.compact", str(tmp_path)]
    kills = 0
    for _ in range(3):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        known = len(list(tmp_path.glob("*.parquet")))
        while process.poll() is None and len(list(tmp_path.glob("*.parquet"))) < known + 2:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
        assert list(read(tmp_path)) == before
    assert kills >= 2
    compact(tmp_path)
    assert list(read(tmp_path)) == before
    assert {path.suffix for path in tmp_path.iterdir()} <= {".parquet", ""}


@pytest.mark.parametrize("left", [("parquet", "jsonl"), ("parquet.new", "jsonl"), ("parquet.new.lines", "jsonl")])
def test_it_goes_on_where_another_one_was_killed(tmp_path: Path, left: tuple[str, str]) -> None:
    before = _write(tmp_path, 100, segment=10**9)
    [segment] = segments(tmp_path)
    lines = segment.read_bytes()
    [made] = compact(tmp_path)
    segment.write_bytes(lines)
    made.rename(made.with_name(f"{segment.name.removesuffix('.jsonl')}.{left[0]}"))
    assert list(read(tmp_path)) == before
    compact(tmp_path)
    assert list(read(tmp_path)) == before
    assert [path.suffix for path in segments(tmp_path)] == [".parquet"]
    assert len(list(tmp_path.iterdir())) == 2  # and the lock


def test_a_log_is_read_while_it_becomes_compact(tmp_path: Path) -> None:
    before = _write(tmp_path, 2_000)
    reading = read(tmp_path)
    first = [next(reading) for _ in range(10)]
    compact(tmp_path)
    assert first + list(reading) == before


def test_a_line_that_is_no_record_stops_it_and_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    segment = tmp_path / "20260101T000000.000000Z-1-000001.jsonl"
    segment.write_bytes(b'{"id":"1","time":1.0,"model":"m","version":"1"}\n{"x":1}\n')
    with pytest.raises(IntegrityError, match=r"000001\.jsonl:2"):
        compact(tmp_path)
    assert segment.exists()
    niceness = os.nice
    os.nice = functools.partial(int)  # type: ignore[assignment]
    try:
        assert main([str(tmp_path)]) == 1
    finally:
        os.nice = niceness
    assert "000001.jsonl:2" in capsys.readouterr().err


def test_old_segments_are_removed_if_they_should_be(tmp_path: Path) -> None:
    _write(tmp_path, 10)
    [segment] = segments(tmp_path)
    old = time.time() - 86_400 * 3
    os.utime(segment, (old, old))
    compact(tmp_path, keep_days=4)
    assert len(list(read(tmp_path))) == 10
    compact(tmp_path, keep_days=2)
    assert list(read(tmp_path)) == []
