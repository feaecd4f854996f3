"""``python -m mainspring.serving.payloads.compact``: closed segments become Parquet files.

It runs beside the servers, in a process of its own and at the lowest priority. A segment is first written as a
whole under a name that no reader looks at, then gets its name, and only then the lines are removed: killed at any
moment, it has lost nothing, and readers see every request once. Running it again, or twice at once, does no harm.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from mainspring.core.errors import MainspringError
from mainspring.serving.payloads import parquet
from mainspring.serving.payloads.exclusive import alone
from mainspring.serving.payloads.garbage import collect
from mainspring.serving.payloads.reading import records
from mainspring.serving.payloads.recovery import recover
from mainspring.serving.payloads.rewriting import FRESH, keep_times
from mainspring.serving.payloads.segments import CLOSED, COMPACT, stem

_DAY = 86_400.0


def compact(folder: Path, *, keep_days: float | None = None) -> list[Path]:
    """Turn the closed segments of a log into Parquet files, and remove those that are too old.

    Args:
        folder: The log.
        keep_days: How long segments are kept; for ever by default.

    Returns:
        The new files.

    Raises:
        IntegrityError: If a line is not a record; its segment stays as it is.
    """
    made = []
    recover(folder)
    with alone(folder):
        for left in (*folder.glob(f"*{FRESH}"), *folder.glob(f"*{FRESH}.lines")):
            left.unlink()
        for segment in sorted(folder.glob(f"*{CLOSED}")):
            target = segment.with_name(stem(segment) + COMPACT)
            if not target.exists():
                _write(segment, target)
                made.append(target)
            segment.unlink()
        if keep_days is not None:
            _remove_old(folder, time.time() - keep_days * _DAY)
        collect(folder)
    return made


def _write(segment: Path, target: Path) -> None:
    fresh = target.with_name(target.name + FRESH)
    parquet.write(records(segment), fresh)
    keep_times(segment, fresh)
    fresh.rename(target)


def _remove_old(folder: Path, before: float) -> None:
    for path in folder.glob(f"*{COMPACT}"):
        if path.stat().st_mtime < before:
            path.unlink()


def main(arguments: Sequence[str] | None = None) -> int:
    """Compact a log, once or again and again; gives the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m mainspring.serving.payloads.compact",
        description="Turn the closed segments of a payload log into Parquet files.",
    )
    parser.add_argument("folder", type=Path, help="the log")
    parser.add_argument("--every", type=float, metavar="SECONDS", help="do it again and again, until stopped")
    parser.add_argument("--keep-days", type=float, metavar="DAYS", help="remove segments that are older")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with contextlib.suppress(OSError):
        os.nice(19)
    while True:
        try:
            for path in compact(options.folder, keep_days=options.keep_days):
                print(path, flush=True)
        except (MainspringError, OSError) as error:
            print(error, file=sys.stderr, flush=True)
            if options.every is None:
                return 1
        if options.every is None or stop.wait(options.every):
            return 0


if __name__ == "__main__":
    sys.exit(main())
