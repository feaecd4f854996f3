import functools
from pathlib import Path

import pytest

from mainspring.core.errors import InputError
from mainspring.data import ColumnType
from mainspring.monitoring.windows import by_count, by_time
from mainspring.serving.feedback import Feedback, FeedbackLog
from mainspring.serving.payloads import LogRecord, PredictionLog


def record(time: float, rows: int, **more: object) -> LogRecord:
    values: dict[str, object] = {"id": f"{time}", "time": time, "model": "taxi", "version": "1.0.0"}
    columns = {"fare": [time + row for row in range(rows)], "tolls": [None] * rows}
    return LogRecord(**(values | {"columns": columns, "outputs": {"label": ["no"] * rows}} | more))  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with PredictionLog(tmp_path) as log:
        for each in (
            record(100, 2),
            record(105, 1, model="other"),
            record(119, 3),
            record(120, 1),
            record(125, 0, error="bad", status=400, columns={}, outputs={}),
            record(161, 4),
        ):
            log.write(functools.partial(lambda kept: kept, each))
    return tmp_path


def test_windows_by_time_begin_at_whole_multiples(folder: Path) -> None:
    windows = list(by_time(folder, seconds=20, model="taxi", until=170))
    assert [(w.since, w.until, w.table.num_rows, w.requests, w.errors, w.complete) for w in windows] == [
        (100, 120, 5, 2, 0, True),
        (120, 140, 1, 2, 1, True),
        (160, 180, 4, 1, 0, False),
    ]
    assert windows[0].table.column("fare").tolist() == [100, 101, 119, 120, 121]
    assert str(windows[0]) == "1970-01-01T00:01:40.000Z to 1970-01-01T00:02:00.000Z, 5 rows"


def test_windows_by_time_within_bounds(folder: Path) -> None:
    assert [w.table.num_rows for w in by_time(folder, seconds=20, since=119, until=161)] == [3, 1]


def test_windows_by_count_keep_requests_whole(folder: Path) -> None:
    windows = list(by_count(folder, rows=3, model="taxi"))
    assert [(w.table.num_rows, w.requests, w.errors, w.complete) for w in windows] == [
        (5, 2, 0, True),
        (5, 3, 1, True),
    ]
    assert [(w.table.num_rows, w.complete) for w in by_count(folder, rows=6, model="taxi")] == [
        (6, True),
        (4, False),
    ]


def test_types_of_the_training_data_fit_columns_without_values(folder: Path) -> None:
    [first, *_] = by_time(folder, seconds=20, model="taxi", types={"tolls": ColumnType.FLOAT})
    assert first.table.type_of("tolls") is ColumnType.FLOAT
    [first, *_] = by_time(folder, seconds=20, model="taxi")
    assert first.table.type_of("tolls") is ColumnType.STRING


def test_an_empty_log_has_no_windows(tmp_path: Path) -> None:
    assert list(by_time(tmp_path, seconds=1)) == []
    assert list(by_count(tmp_path, rows=1)) == []


def test_windows_have_a_size(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        list(by_time(tmp_path, seconds=0))
    with pytest.raises(InputError):
        list(by_count(tmp_path, rows=0))


def test_what_became_known_stands_beside_the_rows(folder: Path) -> None:
    with FeedbackLog(folder / "feedback") as log:
        log.write(Feedback(id="119", key="truth", value="yes", time=500.0, model="taxi"))
        log.write(Feedback(id="119", key="reward", value=1, row=0, time=500.0))
        log.write(Feedback(id="105", key="truth", value="no", time=500.0, model="other"))
    first, second, *_ = by_time(folder, seconds=20, model="taxi", until=170)
    assert first.table.to_columns()["feedback.truth"] == [None, None, "yes", "yes", "yes"]
    assert first.table.type_of("feedback.reward") is ColumnType.FLOAT
    assert (first.labelled, second.labelled) == (3, 0)
    assert "feedback.truth" not in second.table.names
    [counted, *_] = by_count(folder, rows=3, model="taxi")
    assert counted.labelled == 3
