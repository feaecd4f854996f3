import math
from pathlib import Path

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.monitoring.simulation import Recording
from mainspring.monitoring.windows import by_count, by_time
from mainspring.monitoring.windows.window import TRUTH
from mainspring.serving.feedback import Feedback
from mainspring.serving.feedback.log import FOLDER, FeedbackLog
from mainspring.serving.payloads import LogRecord, PredictionLog

DAY = 86400.0


def asked(name: str, time: float, rows: int = 1, error: str | None = None) -> LogRecord:
    columns = {} if error else {"x": [float(time)] * rows}
    outputs = {} if error else {"label": ["a"] * rows}
    return LogRecord(
        id=name, time=time, model="m", version="1", columns=columns, outputs=outputs, error=error, status=200
    )


def truth(name: str, value: str, received: float, row: int | None = None, time: float = 0.0) -> Feedback:
    return Feedback(id=name, key="truth", value=value, row=row, time=time, received=received, model="m")


def test_windows_are_those_of_the_log(
    tmp_path: Path, logged: tuple[list[LogRecord], list[Feedback]], recording: Recording
) -> None:
    with PredictionLog(tmp_path) as log:
        for record in logged[0]:
            log.write(record)
    with FeedbackLog(tmp_path / FOLDER) as told:
        for one in logged[1]:
            told.write(one)
    read = Recording.read(tmp_path, model="taxi")
    for mine, theirs in (
        (read.by_time(DAY / 2), by_time(tmp_path, seconds=DAY / 2, model="taxi")),
        (read.by_count(100), (one for one in by_count(tmp_path, rows=100, model="taxi") if one.complete)),
    ):
        pairs = list(zip(mine, theirs, strict=True))
        assert len(pairs) > 20
        for cut, other in pairs[::7]:
            window = read.window(cut, math.inf)
            assert (window.since, window.until, window.requests) == (other.since, other.until, other.requests)
            assert window.versions == other.versions
            assert window.table.to_columns() == other.table.select(window.table.names).to_columns()
    assert read.rows.to_columns() == recording.rows.to_columns()


def test_what_became_known_later_is_not_seen() -> None:
    made = Recording.of(
        [asked("a", 10.0, rows=2), asked("b", 20.0)],
        [truth("a", "x", 50.0, row=0), truth("a", "y", 90.0, row=1)],
        model="m",
    )
    [cut] = made.by_time(100.0)
    assert TRUTH not in made.window(cut, 49.0).table.names
    assert made.window(cut, 50.0).table.column(TRUTH).tolist() == ["x", None, None]
    assert made.window(cut, 90.0).table.column(TRUTH).tolist() == ["x", "y", None]
    assert made.known.tolist() == [50.0, 90.0, math.inf]


def test_the_newest_value_counts_and_of_a_row_more_than_of_its_request() -> None:
    made = Recording.of(
        [asked("a", 10.0, rows=2)],
        [
            truth("a", "whole", 90.0, time=9.0),
            truth("a", "first", 50.0, row=0, time=1.0),
            truth("a", "second", 60.0, row=0, time=2.0),
            truth("nobody", "x", 60.0),
        ],
        model="m",
    )
    assert made.rows.column(TRUTH).tolist() == ["second", "whole"]
    assert made.known.tolist() == [60.0, 90.0]


def test_requests_that_failed_are_counted() -> None:
    made = Recording.of([asked("a", 1.0), asked("b", 2.0, error="no"), asked("c", 150.0)], model="m")
    first, second = made.by_time(100.0)
    assert (first.requests, first.errors, first.last - first.first) == (2, 1, 1)
    assert (second.requests, second.errors, second.since) == (1, 0, 100.0)


def test_a_log_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no row of 'm'"):
        Recording.of([], model="m")


def test_rows_are_in_the_order_of_time() -> None:
    made = Recording.of([asked("b", 20.0), asked("a", 10.0)], model="m")
    assert made.rows.column("request.id").tolist() == ["a", "b"]
    assert np.all(np.diff(made.times) >= 0)
