"""Windows, their profiles and the figures of a year: how long they take, and how much room.

    python benchmarks/windows.py [--rows 1000000] [--features 200] [--requests 100000]

The table has 20 columns: 14 of normal numbers, 2 of whole numbers, 4 of words. The log holds the
same rows in requests of 1,000 as a server writes them, and requests of one row in a log of their own. Times are
wall and CPU seconds, the best of three. The profiles of the archive are of windows of 10,000 rows of different
normal numbers, the worst that there is; the figures have five numbers each.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from mainspring.data import Table, summarize
from mainspring.monitoring.profiles import FigureHistory, WindowProfile
from mainspring.monitoring.profiles.archive import KEEP_DAYS, KEEP_WINDOWS
from mainspring.monitoring.profiles.rounding import rounded
from mainspring.monitoring.seen import Figure
from mainspring.monitoring.windows import Window, WindowReader, by_time
from mainspring.serving.payloads import LogRecord, PredictionLog
from mainspring.serving.payloads.compact import compact
from mainspring.serving.payloads.packing import Line, pack

HOUR, TOGETHER = 3600.0, 1000
OPENING = """
import sys, time
from pathlib import Path
from mainspring.monitoring.profiles import FigureHistory

began = time.perf_counter()
found = FigureHistory(Path(sys.argv[1])).all_series(sys.argv[2])
print(len(found), time.perf_counter() - began)
"""


def columns(random: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    """Twenty columns."""
    words = np.array([f"value {place}" for place in range(30)], dtype=object)
    found = {f"x{place}": random.normal(size=rows) for place in range(14)}
    found |= {f"k{place}": random.integers(0, 50, size=rows) for place in range(2)}
    return found | {f"w{place}": words[random.integers(0, 30, size=rows)] for place in range(4)}


def write_large(folder: Path, rows: int) -> None:
    """Requests of a thousand rows, as a server writes them."""
    random = np.random.default_rng(0)
    with PredictionLog(folder) as log:
        for number in range(rows // TOGETHER):
            given = columns(random, TOGETHER)
            numbers = {name: values for name, values in given.items() if values.dtype != object}
            line = Line(
                id=f"{number:08d}",
                time=HOUR * number * TOGETHER / rows,
                model="m",
                version="1",
                columns={name: [] if name in numbers else values.tolist() for name, values in given.items()},
                packed_columns={name: pack(values) for name, values in numbers.items()},
                outputs={"label": ["yes", "no"] * (TOGETHER // 2)},
            )
            while not log.write(line):
                time.sleep(0.01)


def write_small(folder: Path, requests: int) -> None:
    """Requests of one row."""
    given = {name: values.tolist() for name, values in columns(np.random.default_rng(0), requests).items()}
    with PredictionLog(folder) as log:
        for number in range(requests):
            row = {name: [values[number]] for name, values in given.items()}
            more = {"time": HOUR * number / requests, "columns": row, "outputs": {"label": ["yes"]}}
            record = LogRecord(id=f"{number:08d}", model="m", version="1", **more)
            while not log.write(record):
                time.sleep(0.01)


def timed(work: Callable[[], object], times: int = 3) -> tuple[float, float]:
    """Wall and CPU seconds, the best of some."""
    found = []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(wall for wall, _ in found), min(cpu for _, cpu in found)


def tell(what: str, seconds: tuple[float, float]) -> None:
    """A line of the table."""
    print(f"{what:<66} {seconds[0]:>8.2f} {seconds[1]:>8.2f}", flush=True)


def windows(folder: Path, rows: int, requests: int) -> None:
    """Rows to profiles."""
    print(f"{'':<66} {'wall s':>8} {'CPU s':>8}")
    table = Table.from_columns(columns(np.random.default_rng(0), rows))
    tell(f"profile of a table, {rows:,} x 20", timed(lambda: summarize(table)))
    write_large(folder / "lines", rows)
    write_large(folder / "parquet", rows)
    compact(folder / "parquet")
    write_small(folder / "small", requests)
    for name, what in (
        ("lines", f"log of JSON lines, {rows:,} rows in requests of {TOGETHER:,}"),
        ("parquet", f"log of Parquet files, {rows:,} rows in requests of {TOGETHER:,}"),
        ("small", f"log of JSON lines, {requests:,} requests of one row"),
    ):
        log = folder / name
        [window] = by_time(log, seconds=HOUR)
        tell(f"{what}: window", timed(lambda log=log: list(by_time(log, seconds=HOUR)), 2))
        tell(f"{what}: profile", timed(lambda window=window: WindowProfile.of(window, model="m")))
        tell(f"{what}: by a reader", timed(lambda log=log: read(log), 2))


def read(log: Path) -> None:
    """The window of a log by a reader that begins."""
    with tempfile.TemporaryDirectory() as home, WindowReader(log, Path(home), seconds=HOUR) as reader:
        for window in reader.ready(HOUR):
            reader.commit(window)


def archive(features: int) -> None:
    """What a year of profiles takes."""
    random, hours = np.random.default_rng(0), []
    for number in range(24):
        table = Table.from_columns({f"x{place}": random.normal(size=10_000) for place in range(features)})
        since = number * HOUR
        window = Window(since=since, until=since + HOUR, table=table, requests=1, errors=0, complete=True)
        hours.append(WindowProfile.of(window, model="m"))
    day = rounded(WindowProfile.merged(hours))
    week = rounded(WindowProfile.merged([replace(day, since=number * 24 * HOUR) for number in range(7)]))
    sizes = [len(one.to_bytes()) / 1e6 for one in (hours[0], day, week)]
    counts = [KEEP_WINDOWS * 24, KEEP_DAYS - KEEP_WINDOWS, (365 - KEEP_DAYS) / 7]
    told = f"a window takes {sizes[0]:.2f} MB, a day {sizes[1]:.2f}, a week {sizes[2]:.2f}"
    print(f"\narchive, {features} features: {told}")
    total = sum(size * count for size, count in zip(sizes, counts, strict=True))
    print(f"a year of windows of an hour takes {total:.0f} MB ({8760 * sizes[0] / 1000:.1f} GB if all were kept)")
    data = hours[0].to_bytes()
    print(f"{'':<66} {'wall s':>8} {'CPU s':>8}")
    tell(f"profile of a window of 10,000 x {features} to bytes", timed(hours[0].to_bytes))
    tell("and back", timed(lambda: WindowProfile.from_bytes(data)))
    tell("merge of 24", timed(lambda: WindowProfile.merged(hours)))
    tell("merge of 2", timed(lambda: WindowProfile.merged(hours[:2])))


def figures(folder: Path, names: int) -> None:
    """A year of figures."""
    keys = [f"drift/x{place // 5}.{place % 5}" for place in range(names)]
    random, took = np.random.default_rng(0), []
    with FigureHistory(folder) as history:
        for hour in range(8760):
            values = random.normal(size=names).tolist()
            given = {
                key: Figure(value=value, low=value - 1, high=value + 1, least=-9.0, most=9.0)
                for key, value in zip(keys, values, strict=True)
            }
            began = time.perf_counter()
            history.append(hour * HOUR, given)
            took.append(1000 * (time.perf_counter() - began))
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    print(f"\nfigures, 8,760 windows x {names:,} names x 5 numbers: {size:.0f} MB")
    slowest = f"99 % within {np.percentile(took, 99):.1f}, slowest {max(took):.0f}"
    print(f"append: median {statistics.median(took):.2f} ms, {slowest} (a segment is made every 400)")
    for prefix in ("drift/x17.", "drift/"):
        answer = subprocess.run(
            [sys.executable, "-c", OPENING, str(folder), prefix], capture_output=True, text=True, check=True
        ).stdout.split()
        print(f"a new process opens it and reads {answer[0]} series: {float(answer[1]):.3f} s")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--features", type=int, default=200)
    parser.add_argument("--requests", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        windows(Path(folder), given.rows, given.requests)
        archive(given.features)
        figures(Path(folder) / "figures", 5 * given.features)


if __name__ == "__main__":
    main()
