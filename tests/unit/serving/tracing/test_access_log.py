"""Lines about requests: about which, what is in them, and where they go."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mainspring.serving.tracing.access_log import AccessLog
from mainspring.serving.tracing.lines import Lines
from mainspring.serving.tracing.options import LogOptions

MakeCall = Callable[..., Any]


class Kept:
    """Takes the place of lines on their way to a file."""

    def __init__(self) -> None:
        self.lines: list[Any] = []

    def write(self, line: Any) -> None:
        self.lines.append(line)


def statuses(call: MakeCall, options: LogOptions, given: list[int], **more: Any) -> list[int]:
    kept = Kept()
    log = AccessLog(options, kept)  # type: ignore[arg-type]
    for status in given:
        log(call(status=status, **more))
    return [line.status for line in kept.lines]


ALL = [200, 400, 401, 403, 404, 413, 429, 499, 500, 503, 504]


def test_by_default_lines_are_about_failures_and_those_not_let_in(call: MakeCall) -> None:
    assert statuses(call, LogOptions(), ALL) == [401, 403, 500, 503, 504]


def test_lines_about_others_are_asked_for(call: MakeCall) -> None:
    assert statuses(call, LogOptions(good=1.0), ALL) == [200, 401, 403, 500, 503, 504]
    assert statuses(call, LogOptions(bad=1.0, refused=0.0), ALL) == [400, 404, 413, 429, 499, 500, 503, 504]
    assert statuses(call, LogOptions(slow=0.009), ALL) == ALL
    assert statuses(call, LogOptions(slow=0.011), [200]) == []


def test_a_share_of_the_lines(call: MakeCall) -> None:
    assert 400 < len(statuses(call, LogOptions(good=0.5), [200] * 1000)) < 600


def test_a_flood_of_failures_is_cut(call: MakeCall) -> None:
    kept = Kept()
    log = AccessLog(LogOptions(at_most=3), kept)  # type: ignore[arg-type]
    for second in (0.0, 0.5, 0.9, 0.95, 1.0):
        log(call(status=500, time=1_800_000_000.0 + second))
    assert len(kept.lines) == 4
    assert log.dropped == 1


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "access.jsonl"


@pytest.fixture
def lines(file: Path) -> Iterator[Lines]:
    made = Lines(str(file))
    yield made
    made.close()


def test_a_line_says_who_asked_what_and_how_it_ended(call: MakeCall, file: Path, lines: Lines) -> None:
    made = call(sent=80, batch=8, cached=True)
    AccessLog(LogOptions(good=1.0), lines)(made)
    lines.close()
    assert json.loads(file.read_text()) == {
        "time": "2027-01-15T08:00:00Z",
        "level": "INFO",
        "message": "v2 taxi 200",
        "request": "request-1",
        "trace": made.trace.trace,
        "span": made.trace.span,
        "caller": "ann",
        "peer": "10.0.0.7",
        "protocol": "v2",
        "model": "taxi",
        "version": "1.0.0",
        "status": 200,
        "rows": 3,
        "batch": 8,
        "cached": True,
        "seconds": 0.01,
        "read": 0.001,
        "queue": 0.002,
        "compute": 0.005,
        "sent": 80,
    }


def test_a_line_about_a_failure(call: MakeCall, file: Path, lines: Lines) -> None:
    nothing: dict[str, Any] = {"rows": 0, "began": 0.0, "caller": None, "trace": None, "peer": None}
    error = "ValueError: fare 'secret' is wrong"
    made = call(status=500, kind="INTERNAL", error=error, body=b'{"fare": "secret"}', **nothing)
    AccessLog(LogOptions(), lines)(made)
    lines.close()
    line = json.loads(file.read_text())
    assert (line["level"], line["error"], line["status"]) == ("ERROR", "INTERNAL", 500)
    assert "secret" not in file.read_text()  # what was asked is for the prediction log, which can be erased


def test_what_callers_make_up_is_cut_and_stays_on_one_line(call: MakeCall, file: Path, lines: Lines) -> None:
    log = AccessLog(LogOptions(good=1.0), lines)
    made = call(id='x\n{"status": 200}', version="y" * 10_000)
    made.model = "\ud800\r\n" * 5000
    log(made)
    log(call())
    lines.close()
    first, second = file.read_text().splitlines()
    assert len(first) < 5000
    assert json.loads(first)["request"] == 'x\n{"status": 200}'
    assert json.loads(second)["status"] == 200


def test_a_file_that_was_moved_away_is_begun_anew(call: MakeCall, file: Path, lines: Lines) -> None:
    log = AccessLog(LogOptions(good=1.0), lines)
    log(call())
    wait_until(lambda: lines.outbox.taken == 1)
    file.rename(file.with_suffix(".1"))
    log(call())
    wait_until(lambda: lines.outbox.taken == 2)
    assert len(file.read_text().splitlines()) == 1
    assert file.stat().st_mode & 0o007 == 0  # not for everybody


def test_a_full_disk_harms_no_request(call: MakeCall) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    lines = Lines(str(full))
    log = AccessLog(LogOptions(good=1.0), lines)
    for _ in range(3):
        log(call())
    lines.close()
    assert lines.outbox.failed == 3


def test_more_lines_than_can_be_written_are_dropped_and_counted(call: MakeCall, file: Path) -> None:
    lines = Lines(str(file), most=5)
    log = AccessLog(LogOptions(good=1.0), lines)
    for _ in range(9):
        log(call())
    lines.close()
    assert (lines.outbox.taken, lines.outbox.dropped) == (5, 4)
    assert len(file.read_text().splitlines()) == 5


def wait_until(true: Callable[[], object]) -> None:
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)
