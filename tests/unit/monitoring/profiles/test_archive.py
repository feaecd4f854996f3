import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from mainspring.core.errors import InputError, IntegrityError
from mainspring.data import Table
from mainspring.monitoring.profiles import ProfileArchive, WindowProfile
from mainspring.monitoring.profiles.rounding import rounded
from mainspring.monitoring.windows import Window

HOUR, DAY = 3600.0, 86_400.0
MONDAY = 4 * DAY


def hour(number: int, values: Sequence[float] = (), *, model: str = "m", start: float = MONDAY) -> WindowProfile:
    """The profile of an hour with its number in it, or other values."""
    table = Table.from_columns({"x": list(values or [float(number)])})
    since = start + number * HOUR
    window = Window(since=since, until=since + HOUR, table=table, requests=1, errors=0, complete=True)
    return WindowProfile.of(window, model=model)


def kept(archive: ProfileArchive, model: str = "m") -> list[tuple[float, int]]:
    """When the profiles begin, in days after the Monday, and how many windows they are."""
    return [((one.since - MONDAY) / DAY, one.windows) for one in archive.profiles(model)]


def test_profiles_are_kept_by_model_and_time(tmp_path: Path) -> None:
    archive = ProfileArchive(tmp_path)
    assert archive.models() == []
    assert archive.latest("m") is None
    assert archive.merged("m") is None
    profiles = [hour(number) for number in range(5)]
    for one in [*reversed(profiles), hour(0, model="a/b m")]:
        assert archive.put(one)
    assert archive.models() == ["a/b m", "m"]
    again = ProfileArchive(tmp_path)
    assert list(again.profiles("m")) == profiles
    assert list(again.profiles("m", since=MONDAY + HOUR, until=MONDAY + 3 * HOUR)) == profiles[1:3]
    assert again.latest("m") == profiles[4]
    assert again.latest("m", before=MONDAY + 2 * HOUR) == profiles[1]
    whole = again.merged("m", since=MONDAY + HOUR)
    assert whole == WindowProfile.merged(profiles[1:])


def test_a_revision_takes_the_place_of_a_profile(tmp_path: Path) -> None:
    archive = ProfileArchive(tmp_path)
    archive.put(hour(0))
    archive.put(hour(0, [7.0, 8.0]))
    [only] = archive.profiles("m")
    assert only.rows == 2


def test_old_windows_become_days_and_old_days_weeks(tmp_path: Path) -> None:
    archive = ProfileArchive(tmp_path, keep_windows=1, keep_days=3)
    for number in range(0, 24 * 18, 6):
        assert archive.put(hour(number))
    assert kept(archive) == [
        (0, 28),
        (7, 28),
        (14, 4),
        (15, 4),
        *((16 + part / 4, 1) for part in range(8)),
    ]
    whole = archive.merged("m")
    assert whole is not None
    numbers = whole.statistics.feature("x").numbers
    assert numbers is not None
    assert (whole.windows, whole.rows) == (72, 72)
    assert numbers.mean == np.mean(np.arange(0, 24 * 18, 6))
    [week] = archive.profiles("m", since=MONDAY + DAY, until=MONDAY + 2 * DAY)
    assert (week.since, week.until) == (MONDAY, MONDAY + 6.75 * DAY + HOUR)


def test_a_window_of_an_old_day_joins_it_and_cannot_be_replaced(tmp_path: Path) -> None:
    archive = ProfileArchive(tmp_path, keep_windows=1, keep_days=2)
    for number in (0, 24, 48, 72, 96, 24 * 12):
        archive.put(hour(number))
    assert not archive.put(hour(0, [1.0, 2.0]))
    assert archive.put(hour(5))
    archive.compact("m")
    archive.compact("m")
    whole = archive.merged("m")
    assert whole is not None
    assert whole.windows == whole.rows == 7
    assert kept(archive)[0] == (0, 6)


def test_what_a_kill_leaves_behind_is_not_counted_twice(tmp_path: Path) -> None:
    archive = ProfileArchive(tmp_path, keep_windows=1, keep_days=2)
    for number in range(0, 24 * 9, 8):
        archive.put(hour(number))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.profile")}
    for number in range(24 * 9, 24 * 24, 8):
        archive.put(hour(number))
    for path, data in before.items():  # merged long ago, and here again
        if not path.exists():
            path.write_bytes(data)
    again = ProfileArchive(tmp_path, keep_windows=1, keep_days=2)
    for _ in range(2):
        whole = again.merged("m")
        assert whole is not None
        assert whole.windows == 24 * 3
        again.compact("m")


def test_estimated_quantiles_of_days_have_seven_digits() -> None:
    many = hour(0, np.random.default_rng(0).normal(size=3000).tolist())
    one, other = many.statistics.feature("x").numbers, rounded(many).statistics.feature("x").numbers
    assert one is not None
    assert other is not None
    assert (one.min, one.mean, one.unique) == (other.min, other.mean, other.unique)
    assert other.quantiles.values == pytest.approx(one.quantiles.values, rel=1e-7)
    assert other.quantiles.total == one.quantiles.total
    assert len(rounded(many).to_bytes()) < 0.8 * len(many.to_bytes())
    few = hour(0, [0.1, 0.2])
    assert rounded(few) == few


def test_damaged_files_are_named(tmp_path: Path) -> None:
    archive = ProfileArchive(tmp_path)
    archive.put(hour(0))
    [path] = tmp_path.rglob("*.profile")
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(IntegrityError, match="damaged"):
        list(archive.profiles("m"))


def test_days_are_kept_at_least_as_long_as_windows(tmp_path: Path) -> None:
    for keep in ({"keep_windows": 0.0}, {"keep_windows": 8.0, "keep_days": 7.0}):
        with pytest.raises(InputError):
            ProfileArchive(tmp_path, **keep)


WRITING = """
import sys
from pathlib import Path
from mainspring.data import Table
from mainspring.monitoring.profiles import ProfileArchive, WindowProfile
from mainspring.monitoring.windows import Window

archive = ProfileArchive(Path(sys.argv[1]), keep_windows=1, keep_days=2)
for number in range(int(sys.argv[2]), 100_000):
    since = 345600.0 + number * 21600.0
    window = Window(since=since, until=since + 3600, table=Table.from_columns({"x": [1.0]}), requests=1, errors=0,
        complete=True)
    archive.put(WindowProfile.of(window, model="m"))
    print(number, flush=True)
"""


def test_a_killed_writer_loses_nothing_and_readers_see_each_window_once(tmp_path: Path) -> None:
    reader, number = ProfileArchive(tmp_path / "archive"), 0
    for _ in range(2):
        command = [sys.executable, "-c", WRITING, str(tmp_path / "archive"), str(number)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                number = int(line) + 1
                whole = reader.merged("m") if number % 7 == 0 else None
                assert whole is None or number <= whole.windows == whole.rows
                if number % 24 == 23:
                    break
            time.sleep(0.003)
            process.send_signal(signal.SIGKILL)
            rest = process.stdout.read().split()
        number = int(rest[-1]) + 1 if rest else number
        whole = reader.merged("m")
        assert whole is not None
        assert whole.windows in {number, number + 1}
