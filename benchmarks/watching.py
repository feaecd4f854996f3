"""What watching a model costs: the processor time of its server with a monitor beside it, and that of the monitor.

A project is made and served by the command line, with its log on, and asked in a closed loop over one connection.
Beside it ``mainspring monitor --every 1`` judges windows of five seconds with the usual checks. Turns alone, with
the monitor, and with a process that only counts follow one another; who is not meant is stopped (SIGSTOP), so that
in its turns the monitor works off the windows of all. A busy neighbour costs something whatever it does, because
cores share caches and clock: the counter says how much. Shown are the median of processor time per request, of all
processes of the server, the median and the middle half of the ratios of neighbouring turns, and what the monitor
took itself, per request and per window that it judged.

    python benchmarks/watching.py                    # requests of 1 and of 100 rows, 30 turns of 2 seconds each
    python benchmarks/watching.py --turns 6 --rows 1

The table has 14 columns: 6 of numbers, 8 of words. No labels come back. Processor time repeats better than wall
time, but on a busy machine it moves by some percent as well: compare the ratio with its spread.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

TICKS = os.sysconf("SC_CLK_TCK")
COMMAND = [sys.executable, "-m", "mainspring.app.cli.main"]
NUMBERS = tuple(f"number{place}" for place in range(6))
WORDS = tuple(f"word{place}" for place in range(8))
REQUESTS = 200
"""So many different requests are sent, one after the other."""

Row = dict[str, Any]


@dataclass
class Turns:
    """What the server took per request, in microseconds: alone, with the monitor, and with the counter."""

    alone: list[float] = field(default_factory=list)
    watched: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)

    def more(self, turns: list[float]) -> str:
        """How much more it took than in the turns alone: the median and the middle half of the ratios."""
        ratios = [one / other - 1 for one, other in zip(turns, self.alone, strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        return f"{middle:>+9.1%}{f'{low:+.1%} to {high:+.1%}':>19}"


def people(count: int, seed: int) -> list[Row]:
    """Rows whose label hangs together with the columns."""
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(count, len(NUMBERS)))
    words = random.integers(0, 6, size=(count, len(WORDS)))
    chance = 1 / (1 + np.exp(-(numbers[:, :3].sum(axis=1) + (words[:, 0] > 3) - 0.5)))
    labels = np.where(random.random(count) < chance, "yes", "no")
    return [
        {name: round(float(value), 4) for name, value in zip(NUMBERS, numbers[place], strict=True)}
        | {name: f"kind {value}" for name, value in zip(WORDS, words[place], strict=True)}
        | {"label": str(labels[place])}
        for place in range(count)
    ]


def make_project(folder: Path) -> Path:
    """A project with a trained model, to be watched in windows of five seconds."""
    rows = people(12_000, 0)
    with (folder / "people.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    init = [*COMMAND, "init", "people", "--data", "people.csv", "--label", "label"]
    subprocess.run(init, cwd=folder, check=True, capture_output=True)
    subprocess.run([*COMMAND, "run"], cwd=folder / "people", check=True, capture_output=True)
    (folder / "people" / "monitoring.yaml").write_text("people:\n  window: 5s\n  wait: 1s\n")
    return folder / "people"


@contextmanager
def counting() -> Iterator[subprocess.Popen[bytes]]:
    """A process that only counts, stopped."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    process.send_signal(signal.SIGSTOP)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def started(project: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A command of the project that runs, and the file of what it says."""
    said = project / f"{words[0]}.txt"
    with said.open("w") as out:
        process = subprocess.Popen(
            [*COMMAND, *words], cwd=project, stdout=out, stderr=subprocess.STDOUT, text=True
        )
        try:
            yield process, said
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            process.wait(timeout=60)


def address(said: Path, process: subprocess.Popen[str]) -> HTTPConnection:
    """A connection to the server as soon as it listens."""
    while process.poll() is None:
        for line in said.read_text().splitlines():
            if "listening on" in line:
                parts = urlsplit(line.split("listening on", 1)[1].split()[0].rstrip(","))
                return HTTPConnection(str(parts.hostname), int(parts.port or 0))
        time.sleep(0.2)
    raise SystemExit(f"the server ended:\n{said.read_text()}")


def bodies(rows: int) -> list[bytes]:
    """Requests of so many rows each."""
    drawn = people(REQUESTS * rows, 1)
    found = []
    for place in range(REQUESTS):
        part = drawn[place * rows : (place + 1) * rows]
        tensors = [
            {
                "name": name,
                "shape": [rows],
                "datatype": "FP64" if name in NUMBERS else "BYTES",
                "data": [row[name] for row in part],
            }
            for name in (*NUMBERS, *WORDS)
        ]
        found.append(json.dumps({"inputs": tensors}, separators=(",", ":")).encode())
    return found


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(entry.name))
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        left += parents.get(found[-1], [])
    return found


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and all that it started and that still runs."""
    total = 0
    for one in family(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def turn(connection: HTTPConnection, pid: int, requests: list[bytes], seconds: float) -> float:
    """Ask for some time: the processor microseconds of the server per request."""
    before, began, count = cpu_seconds(pid), time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        connection.request("POST", "/v2/models/people/infer", requests[count % len(requests)])
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{answer.status}: {body[:500]!r}")
        count += 1
    return (cpu_seconds(pid) - before) / count * 1e6


def windows_in(said: Path) -> list[int]:
    """The rows of each window that the monitor has told of."""
    return [int(rows.replace(",", "")) for rows in re.findall(r" to .*, ([\d,]+) rows", said.read_text())]


def measure(project: Path, rows: int, turns: int, seconds: float) -> str:
    """A line of the table."""
    found, requests = Turns(), bodies(rows)
    with started(project, "serve", "people", "--port", "0") as (server, said):
        connection = address(said, server)
        turn(connection, server.pid, requests, 2.0)
        with started(project, "monitor", "--every", "1") as (monitor, told), counting() as counter:
            time.sleep(5)
            idle, before = cpu_seconds(monitor.pid), len(windows_in(told))
            beside = {"alone": None, "watched": monitor, "busy": counter}
            for place in range(turns):
                for kind in sorted(beside, reverse=place % 2 == 1):
                    for one in (monitor, counter):
                        os.kill(one.pid, signal.SIGCONT if one is beside[kind] else signal.SIGSTOP)
                    getattr(found, kind).append(turn(connection, server.pid, requests, seconds))
            os.kill(counter.pid, signal.SIGSTOP)
            os.kill(monitor.pid, signal.SIGCONT)
            time.sleep(8)
            own, windows = cpu_seconds(monitor.pid) - idle, windows_in(told)[before:]
    alone, judged = statistics.median(found.alone), max(sum(windows), 1)
    per_request = own / judged * rows * 1e6
    per_window, size = own / max(len(windows), 1) * 1e3, judged // max(len(windows), 1)
    return (
        f"{rows:>6}{alone:>12.0f}{found.more(found.watched)}{found.more(found.busy)}"
        f"{per_request:>12.1f}{per_request / alone:>9.1%}{per_window:>12.0f}{len(windows):>9}{size:>10,}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 100])
    parser.add_argument("--turns", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        project = make_project(Path(name))
        head = f"{'rows':>6}{'alone, µs':>12}{'watched':>9}{'':19}{'beside a counter':>19}{'':9}"
        print(f"CPU of the server per request, and of the monitor\n{head}{'µs/request':>12}{'share':>9}", end="")
        print(f"{'ms/window':>12}{'windows':>9}{'rows each':>10}")
        for rows in options.rows:
            print(measure(project, rows, options.turns, options.seconds), flush=True)


if __name__ == "__main__":
    main()
