"""Windows that are cut otherwise: nothing is mixed, the log is judged again, and what was seen is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainspring.core.errors import ConflictError, InputError
from mainspring.monitoring import AlertBook, Known, Monitor
from mainspring.monitoring.declaration import read_text
from mainspring.monitoring.monitor import begin_anew
from mainspring.serving import LogRecord, PredictionLog

if TYPE_CHECKING:
    from pathlib import Path

OFF = "checks: {skew: false, outliers: false, quality: false, estimated_quality: false, traffic: false}"


class Unknown:
    def known(self, model: str, version: str) -> Known:
        del model
        return Known(version=version)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    with PredictionLog(tmp_path / "log") as writing:
        for number in range(30):
            writing.write(
                LogRecord(
                    id=str(number),
                    time=60.0 * number,
                    model="taxi",
                    version="1",
                    columns={"fare": [1.0 * number] * 10},
                    outputs={"label": ["yes"] * 10},
                )
            )
    return tmp_path / "log"


def monitor(log: Path, window: str) -> Monitor:
    declared = read_text(f"taxi: {{{window}, wait: 0, {OFF}}}")["taxi"]
    home = log.parent / "watch"
    return Monitor(
        declared, log=log, home=home, book=AlertBook(home / "alerts"), versions=Unknown(), clock=lambda: 1750.0
    )


def test_a_window_that_is_not_complete_is_awaited(log: Path) -> None:
    by_time = monitor(log, "window: 600s")
    assert len(list(by_time.look())) == 2
    assert by_time.awaited is not None
    assert (by_time.awaited.since, by_time.awaited.until) == (1200.0, 1800.0)


def test_by_count_it_is_told_how_many_rows_are_there(log: Path) -> None:
    by_count = monitor(log, "rows: 200")
    assert len(list(by_count.look())) == 1
    assert by_count.awaited is not None
    assert by_count.awaited.rows == 100


def test_windows_of_another_kind_are_refused_until_the_watch_begins_anew(log: Path) -> None:
    assert len(list(monitor(log, "window: 600s").look())) == 2
    with pytest.raises(InputError, match="cut otherwise") as caught:
        list(monitor(log, "rows: 100").look())
    assert "--anew" in caught.value.fix

    place = begin_anew(log.parent / "watch", "taxi", at=1750.0)
    assert place is not None
    assert (place / "seen" / "memory.json").is_file()
    assert len(list((place / "profiles" / "windows").iterdir())) == 2

    anew = monitor(log, "rows: 100")
    assert len(list(anew.look())) == 3
    assert anew.history.series("drift/fare").times.size in (0, 3)
    assert len(list(anew.archive.profiles("taxi"))) == 3


def test_a_model_that_is_being_watched_is_left_alone(log: Path) -> None:
    watching = monitor(log, "window: 600s").look()
    next(watching)
    with pytest.raises(ConflictError, match="being watched"):
        begin_anew(log.parent / "watch", "taxi", at=1750.0)
    assert len(list(watching)) == 1


def test_of_a_model_that_was_never_seen_there_is_nothing_to_put_aside(tmp_path: Path) -> None:
    assert begin_anew(tmp_path, "taxi", at=0.0) is None
