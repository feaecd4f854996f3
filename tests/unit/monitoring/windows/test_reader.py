import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainspring.core.errors import ConflictError, InputError, StateError
from mainspring.data import ColumnType
from mainspring.monitoring.windows import Window, WindowReader, by_count
from mainspring.serving.feedback import Feedback
from mainspring.serving.payloads import LogRecord, erase
from mainspring.serving.payloads.compact import compact
from mainspring.serving.payloads.segments import SegmentWriter


def record(name: str, time: float, rows: int = 1, **more: object) -> LogRecord:
    values: dict[str, object] = {"id": name, "time": time, "model": "taxi", "version": "1"}
    columns = {"fare": [time + row for row in range(rows)]}
    return LogRecord(**(values | {"columns": columns, "outputs": {"label": ["no"] * rows}} | more))  # type: ignore[arg-type]


def truth(name: str, value: object, **more: object) -> Feedback:
    return Feedback(id=name, key="truth", value=value, time=0.0, **more)  # type: ignore[arg-type]


class Logged:
    """A log that a test writes, a segment at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, *records: LogRecord) -> None:
        self._append(self.folder, records)

    def tell(self, *feedback: Feedback) -> None:
        self._append(self.folder / "feedback", feedback)

    def _append(self, folder: Path, lines: Iterable[msgspec.Struct]) -> None:
        data = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        if data:
            writer = SegmentWriter(folder, max_bytes=1 << 20, max_seconds=3600.0)
            writer.append(data)
            writer.close()


@pytest.fixture
def log(tmp_path: Path) -> Logged:
    return Logged(tmp_path / "log")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def read(log: Logged, home: Path, now: float, **options: Any) -> list[Window]:
    """All windows that are ready, committed by a reader that is begun anew."""
    chosen: dict[str, Any] = {"seconds": 10.0, "model": "taxi"} | options
    with WindowReader(log.folder, home, **chosen) as reader:
        found = []
        for window in reader.ready(now):
            found.append(window)
            reader.commit(window)
        return found


def ids(window: Window) -> list[str]:
    return list(window.table.column("request.id"))


def test_a_window_is_given_once_when_its_time_and_the_wait_are_over(log: Logged, home: Path) -> None:
    log.write(record("a", 1), record("b", 9, rows=2), record("c", 11), record("x", 3, model="other"))
    assert read(log, home, 14.9, wait=5.0) == []
    [window] = read(log, home, 15.0, wait=5.0)
    assert (window.since, window.until, window.number, window.revision) == (0.0, 10.0, 0, 0)
    assert (ids(window), window.requests, window.complete) == (["a", "b", "b"], 2, True)
    assert window.versions == {"1": 3}
    assert window.version == "1"
    assert read(log, home, 15.0, wait=5.0) == []
    assert [ids(window) for window in read(log, home, 100.0, wait=5.0)] == [["c"]]


def test_what_is_not_committed_comes_again(log: Logged, home: Path) -> None:
    log.write(record("a", 1), record("b", 11))
    with WindowReader(log.folder, home, seconds=10) as reader:
        first, second = reader.ready(50)
        reader.commit(second)
        assert [window.number for window in reader.ready(50)] == [first.number]
        with pytest.raises(StateError):
            reader.commit(second)
    assert [window.number for window in read(log, home, 50, model=None)] == [first.number]


def test_rows_that_come_late_are_counted_and_change_the_window(log: Logged, home: Path) -> None:
    log.write(record("a", 1))
    [window] = read(log, home, 12)
    assert window.late == 0
    log.write(record("b", 2, rows=3), record("c", 11))
    assert read(log, home, 13.9) == []  # it is not twice as old yet
    [window] = read(log, home, 14)
    assert (ids(window), window.late, window.revision) == (["a", "b", "b", "b"], 3, 1)
    assert [window.number for window in read(log, home, 90)] == [1]


def test_feedback_in_any_order_stands_beside_its_rows(log: Logged, home: Path) -> None:
    log.tell(truth("b", "yes", row=1), truth("nobody", "no"))
    log.write(record("a", 1), record("b", 2, rows=2))
    [window] = read(log, home, 10, again=0)
    assert window.table.to_columns()["feedback.truth"] == [None, None, "yes"]
    assert window.labelled == 1
    log.tell(truth("a", "no", model="taxi"), truth("a", "?", model="other"))
    [window] = read(log, home, 11, again=0)
    assert window.table.to_columns()["feedback.truth"] == ["no", None, "yes"]
    assert (window.revision, window.late) == (1, 0)
    assert read(log, home, 12, again=0) == []


def test_a_window_without_feedback_has_no_columns_of_it(log: Logged, home: Path) -> None:
    log.write(record("a", 1))
    log.tell(truth("nobody", "no"))
    [window] = read(log, home, 10, types={"fare": ColumnType.INT})
    assert [name for name in window.table.names if name.startswith("feedback.")] == []
    assert window.table.type_of("fare") is ColumnType.INT
    assert window.labelled == 0


def test_erased_rows_change_the_window(log: Logged, home: Path) -> None:
    log.write(
        record("a", 1, subject="ann"),
        record("b", 2, rows=2, subject=("ann", "ben")),
        record("c", 11, subject="ben"),
    )
    assert len(read(log, home, 20, again=0)) == 2
    erase(log.folder, "ann")
    [window] = read(log, home, 21, again=0)
    assert (window.number, ids(window), window.table.to_columns()["request.row"]) == (0, ["b"], [1])
    assert (window.requests, window.late, window.revision) == (1, 0, 1)
    assert read(log, home, 22, again=0) == []


def test_places_stay_right_when_segments_are_compacted(log: Logged, home: Path) -> None:
    log.write(record("a", 1), record("b", 11))
    with WindowReader(log.folder, home, seconds=10) as reader:
        assert list(reader.ready(5)) == []
        compact(log.folder)
        log.write(record("c", 2))
        windows = list(reader.ready(30))
    assert [ids(window) for window in windows] == [["a", "c"], ["b"]]


def test_after_the_time_for_labels_a_window_is_closed(log: Logged, home: Path) -> None:
    log.write(record("a", 1))
    options: dict[str, Any] = {"wait": 2.0, "labels": 50.0}
    assert len(read(log, home, 12, **options)) == 1
    log.write(record("b", 2))
    assert [ids(window) for window in read(log, home, 62, **options)] == [["a", "b"]]
    log.write(record("c", 3), record("d", 4))
    with WindowReader(log.folder, home, seconds=10, model="taxi", wait=2, labels=50) as reader:
        assert list(reader.ready(63)) == []
        assert list(reader.ready(64)) == []
        log.write(record("e", 5))
        assert list(reader.ready(65)) == []
        assert (reader.missed, reader.open) == (3, 0)


def test_a_log_of_long_ago_is_given_window_by_window(log: Logged, home: Path) -> None:
    log.write(*(record(str(number), 10.0 * number) for number in range(30)))
    windows = read(log, home, 1e6, labels=10.0)
    assert [ids(window) for window in windows] == [[str(number)] for number in range(30)]
    assert read(log, home, 1e6, labels=10.0) == []


def test_windows_by_count_keep_requests_whole(log: Logged, home: Path) -> None:
    options: dict[str, Any] = {"seconds": None, "rows": 3}
    log.write(record("a", 1, rows=2), record("b", 2, rows=2), record("c", 3))
    [window] = read(log, home, 3, **options)
    assert (ids(window), window.since, window.until, window.number) == (["a", "a", "b", "b"], 1.0, 2.0, 0)
    assert read(log, home, 1e4, **options) == []
    log.write(record("d", 4, rows=2), record("e", 5, rows=5))
    assert [ids(window) for window in read(log, home, 6, **options)] == [["c", "d", "d"], ["e"] * 5]
    log.tell(truth("b", "yes"))
    assert [(w.number, w.labelled, w.revision) for w in read(log, home, 1e4, **options)] == [(0, 2, 1)]
    log.write(record("f", 1e6, rows=3))
    assert [window.number for window in read(log, home, 1e6, **options)] == [3]


@pytest.mark.parametrize("values", [[3.0, 12.0], ["1970-01-01T00:00:03Z", "1970-01-01T00:00:12"], [3, 12]])
def test_rows_belong_to_the_window_of_their_own_time(log: Logged, home: Path, values: list[object]) -> None:
    log.write(record("a", 25, rows=2, columns={"at": values, "fare": [1.0, 2.0]}))
    log.write(record("b", 26, columns={"at": [None], "fare": [3.0]}), record("c", 27, columns={"fare": [4.0]}))
    windows = read(log, home, 50, event_time="at")
    assert [(w.since, w.table.column("fare").tolist(), w.requests) for w in windows] == [
        (0.0, [1.0], 1),
        (10.0, [2.0], 1),
        (20.0, [3.0, 4.0], 2),
    ]


def test_the_time_of_rows_may_be_a_parameter_of_the_request(log: Logged, home: Path) -> None:
    log.write(record("a", 25, rows=2, parameters={"sent": "1970-01-01T00:00:12+00:00"}), record("b", 26))
    windows = read(log, home, 50, event_time="parameters.sent")
    assert [(window.since, ids(window)) for window in windows] == [(10.0, ["a", "a"]), (20.0, ["b"])]


def test_errors_and_shares_are_told(log: Logged, home: Path) -> None:
    failed: dict[str, Any] = {"error": "bad", "columns": {}, "outputs": {}}
    log.write(
        record("a", 1, share=0.1, latency=0.2),
        record("b", 2, share=0.5, latency=0.4, version="2"),
        record("c", 3, status=400, latency=0.6, **failed),
        record("d", 4, status=422, error="no", outputs={"label": ["no"], "assertions": [["kind"]]}),
    )
    [window] = read(log, home, 10)
    assert (window.requests, window.errors, window.blocked) == (4, 2, 1)
    assert (window.asked, window.failed) == (14.0, 2.0)
    assert window.weights().tolist() == [10.0, 2.0, 1.0]
    assert window.versions == {"1": 2, "2": 1}
    assert window.latency_p50 == pytest.approx(0.3)
    assert window.latency_p95 == 0.6


def test_what_lies_before_a_damaged_line_is_given(
    log: Logged, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.write(record("a", 1), record("b", 2), record("lost", 3))
    [segment] = log.folder.glob("*.jsonl")
    segment.write_bytes(segment.read_bytes().replace(b'"id":"lost"', b'"id":"lost', 1))
    log.write(record("c", 4))
    with WindowReader(log.folder, home, seconds=10) as reader:
        [window] = reader.ready(20)
        assert (ids(window), reader.damaged) == (["a", "b", "c"], 1)
    assert "is not followed" in capsys.readouterr().err


def test_a_window_whose_segments_are_gone_stays_as_it_was(log: Logged, home: Path) -> None:
    log.write(record("a", 1))
    assert len(read(log, home, 10, again=0, labels=50.0)) == 1
    for segment in log.folder.glob("*.jsonl"):
        segment.unlink()
    log.write(record("b", 2))
    assert read(log, home, 11, again=0, labels=50.0) == []
    assert read(log, home, 100, again=0, labels=50.0) == []
    with WindowReader(log.folder, home, seconds=10, model="taxi") as reader:
        assert reader.open == 0


def test_a_home_is_for_one_reader_of_one_kind(log: Logged, home: Path) -> None:
    log.write(record("a", 1))
    with WindowReader(log.folder, home, seconds=10) as reader:
        list(reader.ready(20))
        with pytest.raises(ConflictError):
            WindowReader(log.folder, home, seconds=10)
    with pytest.raises(InputError, match="seconds=10"):
        WindowReader(log.folder, home, seconds=20)


@pytest.mark.parametrize(
    "options", [{}, {"seconds": 1, "rows": 1}, {"seconds": 0}, {"rows": -1}, {"rows": 1, "event_time": "at"}]
)
def test_windows_have_one_size(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        WindowReader(tmp_path, tmp_path / "home", **options)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.lists(st.tuples(st.integers(0, 60), st.integers(1, 3)), max_size=6)),
        st.tuples(st.just("tell"), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), max_size=4)),
        st.tuples(st.just("look"), st.tuples(st.integers(0, 40), st.integers(0, 4))),
        st.tuples(st.just("restart"), st.none()),
        st.tuples(st.just("compact"), st.none()),
    ),
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, by_count=st.booleans(), again=st.sampled_from([0.0, None]))
def test_no_row_and_no_feedback_is_lost_or_given_twice(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any]], by_count: bool, again: float | None
) -> None:
    folder = tmp_path_factory.mktemp("any")
    log, now, number = Logged(folder / "log"), 0.0, 0
    asked: dict[str, tuple[float, int]] = {}
    told: dict[str, int] = {}
    given: dict[int, list[tuple[list[str], list[object]]]] = {}
    size: dict[str, Any] = {"rows": 4} if by_count else {"seconds": 10.0}

    def opened() -> WindowReader:
        return WindowReader(log.folder, folder / "home", labels=1e5, again=again, **size)

    def look(reader: WindowReader, moment: float, commits: int) -> None:
        for window in reader.ready(moment):
            if commits == 0:
                return
            commits -= 1
            reader.commit(window)
            content = ids(window), window.table.to_columns().get("feedback.truth", [])
            before = given.setdefault(window.number, [])
            assert window.revision == len(before)
            assert not before or before[-1] != content or told
            before.append(content)

    reader = opened()
    for kind, what in steps:
        if kind == "write":
            for time_, rows in what:
                asked[str(number)] = float(time_), rows
                number += 1
            log.write(*(record(name, *asked[name]) for name in list(asked)[number - len(what) :]))
        elif kind == "tell":
            for name, value in what:
                told[str(name)] = value
                log.tell(truth(str(name), value))
        elif kind == "look":
            now += what[0]
            look(reader, now, what[1])
        elif kind == "compact":
            compact(log.folder)
        else:
            reader.close()
            reader = opened()
    for moment in (1000.0, 1e5):
        look(reader, moment, 10_000)
    assert list(reader.ready(1e5)) == []
    reader.close()

    last = [content for contents in given.values() for content in contents[-1:]]
    seen = sorted(name for names, _ in last for name in names)
    expected = sorted(name for name, (_, rows) in asked.items() for _ in range(rows))
    if by_count:  # what does not fill a window yet
        assert len(expected) - len(seen) < 4
        assert not [name for name in set(seen) if seen.count(name) != expected.count(name)]
    else:
        assert seen == expected
        for window, contents in given.items():
            assert {int(asked[name][0] // 10) for name in contents[-1][0]} == {window}
    for names, truths in last:
        assert [told.get(name) for name in names] == (truths or [None] * len(names))


READING = """
import sys, time
from pathlib import Path
from mainspring.monitoring.windows import WindowReader

log, home, told = map(Path, sys.argv[1:])
with told.open("a", buffering=1) as out:
    while True:
        with WindowReader(log, home, seconds=10, labels=1e7, again=0) as reader:
            for window in reader.ready(1e6):
                print("given", window.number, window.revision, window.table.num_rows, file=out)
                reader.commit(window)
                print("kept", window.number, window.revision, window.table.num_rows, file=out)
        time.sleep(0.001)
"""


def test_a_killed_reader_goes_on_where_it_was(log: Logged, home: Path, tmp_path: Path) -> None:
    told = tmp_path / "told"
    command = [sys.executable, "-c", READING, str(log.folder), str(home), str(told)]
    for round_ in range(3):
        log.write(*(record(f"{round_}.{number}", 10.0 * number) for number in range(40)))
        with subprocess.Popen(command) as process:
            before, patience = _lines(told), time.monotonic() + 60
            while len(_lines(told)) < len(before) + 5 + 13 * round_ and time.monotonic() < patience:
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
    with WindowReader(log.folder, home, seconds=10, labels=1e7, again=0) as reader, told.open("a") as out:
        for window in reader.ready(1e6):
            reader.commit(window)
            out.write(f"kept {window.number} {window.revision} {window.table.num_rows}\n")
    lines = _lines(told)
    given, kept = dict[str, int](), dict[str, int]()
    for what, number, revision, _ in lines:
        if what == "given":  # never again what is known to be kept
            earlier = given.get(number, -1)
            assert int(revision) == earlier + 1 or (int(revision) == earlier > kept.get(number, -1))
            given[number] = int(revision)
        else:
            kept[number] = int(revision)
    last = {number: int(rows) for _, number, _, rows in lines}
    assert last == {str(number): 3 for number in range(40)}


def _lines(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def test_windows_by_count_are_full_too_if_nothing_is_answered_any_more(log: Logged, home: Path) -> None:
    broken: Any = {"columns": {}, "outputs": {}, "status": 400, "kind": "BAD_INPUT"}
    lacks = broken | {"error": "row 0, column 'fare' is not there; expected a number"}
    log.write(*(record(f"a{place}", place, rows=5) for place in range(2)))
    log.write(*(record(f"b{place}", 10 + place, **lacks) for place in range(3)), record("c", 20, **lacks))
    first, second, _ = read(log, home, 30, seconds=None, rows=10)
    assert (first.requests, first.table.num_rows, first.failures) == (2, 10, {})
    # each of those that failed counts five rows, as many as the last one that was answered
    assert (second.requests, second.errors, second.table.num_rows) == (2, 2, 0)
    assert second.failures == {"column 'fare' is not there": 2}
    [*_, third] = by_count(log.folder, rows=10, model="taxi")
    assert (third.number, third.errors, third.complete) == (2, 2, True)


def test_windows_in_which_nobody_asks(log: Logged, home: Path) -> None:
    options: dict[str, Any] = {"seconds": 100.0, "silent": True, "wait": 10.0, "labels": 1000.0}
    assert read(log, home, 5_000, **options) == []  # nobody ever asked
    log.write(record("a", 5_050))
    assert [window.number for window in read(log, home, 5_150, **options)] == [50]
    assert read(log, home, 5_209, **options) == []  # late requests are waited for
    [silent] = read(log, home, 5_210, **options)
    assert (silent.number, silent.since, silent.until) == (51, 5_100.0, 5_200.0)
    assert (silent.requests, silent.table.num_rows, silent.versions) == (0, 0, {})
    assert read(log, home, 5_215, **options) == []
    assert [window.number for window in read(log, home, 5_990, **options)] == [58]  # nobody looked for a while
    log.write(record("b", 5_150))
    [late] = read(log, home, 6_010, **options)[:1]
    assert (late.number, late.revision, late.late) == (51, 1, 1)
    assert read(log, home / "other", 6_100, seconds=100.0)[-1].number == 51
    assert read(log, home / "short", 6_100, seconds=10.0, silent=True)[-1].number == 515
