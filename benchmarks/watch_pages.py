"""A page of a year of hourly windows: how long it takes to read and to make, and how large it is.

    python benchmarks/watch_pages.py [--features 200] [--windows 8760]

Every feature has five figures with intervals and limits, as ``benchmarks/windows.py`` makes them. Times are wall
seconds of a process that has the files in its cache, the best of three.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from mainspring.core.clock import now
from mainspring.monitoring.metrics import WatchedModel, watch_exposition
from mainspring.monitoring.profiles import FigureHistory
from mainspring.monitoring.seen import Figure, Series
from mainspring.monitoring.viewing import SeenWindow, Watch, view, view_overview

T = TypeVar("T")
HOUR = 3600.0


def write(folder: Path, features: int, windows: int) -> None:
    """Figures of drift, as many as a year has."""
    keys = [f"drift/x{place // 5}.{place % 5}" for place in range(5 * features)]
    random = np.random.default_rng(0)
    with FigureHistory(folder) as history:
        for hour in range(windows):
            values = np.abs(random.normal(size=len(keys))).tolist()
            figures = {
                key: Figure(value=value, low=value - 1, high=value + 1, most=4.0)
                for key, value in zip(keys, values, strict=True)
            }
            history.append(hour * HOUR, figures)


def best(work: Callable[[], T]) -> tuple[float, T]:
    """The best of three, in seconds, and what came of it."""
    took = []
    for _ in range(3):
        began = time.perf_counter()
        found = work()
        took.append(time.perf_counter() - began)
    return min(took), found


def _size(figures: Mapping[str, Series]) -> int:
    """In bytes."""
    return sum(one.values.nbytes * 6 for one in figures.values())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--features", type=int, default=200)
    parser.add_argument("--windows", type=int, default=8760)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "history"
        write(folder, given.features, given.windows)
        last = given.windows * HOUR - 720 * HOUR
        month, recent = best(lambda: FigureHistory(folder).all_series(since=last))
        read, figures = best(lambda: FigureHistory(folder).all_series())
        windows = [
            SeenWindow(since=place * HOUR, until=(place + 1) * HOUR, ok=place % 50 > 0, rows=1000)
            for place in range(given.windows)
        ]
        watch = Watch(model="census", windows=windows, figures=figures, window=HOUR)
        made, page = best(lambda: view(watch))
        short = replace(watch, windows=windows[-720:], figures=recent)
        brief, month_page = best(lambda: view(short))
        several, overview = best(lambda: view_overview([watch]))
        model = WatchedModel(model="census", since=windows[-1].since, until=windows[-1].until, figures=figures)
        shown, text = best(lambda: watch_exposition([model], now=now()))
    print(f"{given.windows:,} windows x {given.features} features x 5 figures")
    for what, seconds, size in (
        ("figures read", read, _size(figures)),
        ("page of the model", made, len(page.html.encode())),
        ("last 720 windows read", month, _size(recent)),
        ("page of them", brief, len(month_page.html.encode())),
        ("overview", several, len(overview.html.encode())),
        ("metrics", shown, len(text)),
    ):
        print(f"{what:22} {seconds:8.3f} s {size / 1e6:10.2f} MB")


if __name__ == "__main__":
    main()
