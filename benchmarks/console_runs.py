"""The page of runs with 5,000 runs and 50 columns: how long it takes cold, from disk, and warm.

    python benchmarks/console_runs.py [--runs 5000] [--columns 50] [--folder DIR]

The record is filled through the store's own ``publish``, as the engine writes it: per run an execution, four
steps, an evaluation with half of the columns as metrics, and a registered version; the other half are parameters.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from mainspring.app import platform
from mainspring.app.accounts import Entry
from mainspring.app.api.memo import Memo
from mainspring.app.api.shared import Shared
from mainspring.app.web.guarding import Everybody
from mainspring.app.web.seals import Seals
from mainspring.app.web.server import Console
from mainspring.core.records import Context, Execution, ExecutionState, LinkKind, Node
from mainspring.pipelines.recording import PIPELINE, RUN, STEP, Recorder
from mainspring.store.ports import Edge

_STEPS = ("ingest", "train", "evaluate", "register")
_BATCH = 100
_SETTLED = 11.0
"""Seconds after which what was written is not looked at again; here all of it was written a moment ago."""


class _Nowhere:
    def write(self, entry: Entry) -> None:
        """Nothing is changed here, so nothing is told."""


def fill(opened: platform.Mainspring, runs: int, columns: int) -> float:
    """Write the runs; gives the seconds that it took."""
    store = opened.store.record
    recorder = Recorder(store)
    started, chance = time.perf_counter(), random.Random(0)
    for first in range(0, runs, _BATCH):
        nodes: list[Node] = []
        edges: list[Edge] = []
        for number in range(first, min(first + _BATCH, runs)):
            _add(recorder, nodes, edges, number, columns, chance)
        store.publish(nodes, edges)
    return time.perf_counter() - started


def _add(
    recorder: Recorder, nodes: list[Node], edges: list[Edge], number: int, columns: int, chance: random.Random
) -> None:
    name, failed = f"bench-{number:05d}", chance.random() < 0.05
    state = ExecutionState.FAILED if failed else ExecutionState.COMPLETE
    above, context = Context(type=PIPELINE, name="bench"), Context(type=RUN, name=name)
    parameters: dict[str, Any] = {
        f"p{at:02d}": chance.choice([1, 2, 3, 0.1, "a", "b"]) for at in range(columns // 2)
    }
    custom: dict[str, Any] = {
        "parameters": parameters,
        "nodes": list(_STEPS),
        "edges": [[one, two, ""] for one, two in itertools.pairwise(_STEPS)],
        "seconds": chance.random() * 100,
        "ended_at": time.time(),
        "commit": f"{number:040x}",
        "because": None if number % 3 else "nightly was due at 2026-11-22T03:00:00.000Z",
    }
    run = Execution(type=RUN, name=name, state=state, properties={"pipeline": "bench"}, custom=custom)
    nodes += [above, context, run]
    edges += [Edge(LinkKind.PARENT, context, above), Edge(LinkKind.ASSOCIATION, run, context)]
    for step in _STEPS:
        wrong = failed and step == "register"
        ran = Execution(
            type=STEP,
            state=ExecutionState.FAILED if wrong else ExecutionState.COMPLETE,
            properties={
                "step": step,
                "node": step,
                "run": name,
                "pipeline": "bench",
                "cache_key": f"{name}-{step}",
            },
            custom={"parameters": parameters, "cache_parts": '{"code":{"a":"' + "f" * 2000 + '"}}', "why": "new"},
        )
        nodes.append(ran)
        edges.append(Edge(LinkKind.ASSOCIATION, ran, context))
        if step == "evaluate":
            metrics = {f"m{at:02d}": chance.random() for at in range(columns - columns // 2)}
            made = recorder.artifact("mainspring.Evaluation", metrics, digest=f"sha256:{number:064x}")
        elif step == "register" and not failed:
            made = recorder.artifact("mainspring.ModelVersion", {"name": "bench", "version": f"1.{number}.0"})
        else:
            continue
        nodes.append(made)
        edges += [Edge(LinkKind.OUTPUT, ran, made, "result"), Edge(LinkKind.ATTRIBUTION, made, context)]


def client_of(opened: platform.Mainspring) -> TestClient:
    """A console that has just been started."""
    shared = Shared(platform=opened, trail=_Nowhere(), memo=Memo())
    console = Console(shared, sign_in=Everybody("ada"), seals=Seals(b"0" * 32))
    return TestClient(console.application(), base_url="http://127.0.0.1")


def timed(ask: Callable[[], Any], turns: int = 1) -> tuple[float, float]:
    """Milliseconds on the clock and of the processor: the medians of some turns."""
    wall, cpu = [], []
    for _ in range(turns):
        started, worked = time.perf_counter(), time.process_time()
        answer = ask()
        wall.append((time.perf_counter() - started) * 1000)
        cpu.append((time.process_time() - worked) * 1000)
        answer.raise_for_status()
    return statistics.median(wall), statistics.median(cpu)


def main() -> None:
    """Fill, measure, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--folder", type=Path, help="keep the project here, and use it again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "mainspring.toml").write_text('[project]\nname = "bench"\n', encoding="utf-8")
        with platform.open(folder) as opened:
            if not opened.pipelines.records.runs(limit=1):
                print(f"filled in {fill(opened, given.runs, given.columns):.1f} s")
            measure(opened, given.columns)


def measure(opened: platform.Mainspring, columns: int) -> None:
    """Ask for the pages, and print how long each took."""
    every = "&".join(
        [f"columns=metrics.m{at:02d}" for at in range(columns - columns // 2)]
        + [f"columns=parameters.p{at:02d}" for at in range(columns // 2)]
    )
    for file in (opened.settings.path(opened.settings.run.home) / "console" / "cache").glob("runs-*"):
        file.unlink()
    cold = client_of(opened)
    rows = [("cold: nothing was ever read", timed(lambda: cold.get(f"/runs?{every}")))]
    again = client_of(opened)
    rows.append(("after a restart, from the file on disk", timed(lambda: again.get(f"/runs?{every}"))))
    time.sleep(_SETTLED)
    again.get("/runs")
    asked = [
        ("warm, 50 rows, all columns", f"/runs?{every}"),
        ("warm, sorted by a metric", f"/runs?{every}&sort=metrics.m00"),
        ("warm, `m00 > 0.9 and p00 = 3`", f"/runs?{every}&where=m00+%3E+0.9+and+p00+%3D+3"),
        ("warm, searched by name", f"/runs?{every}&text=bench-004"),
        ("warm, 200 rows, all columns", f"/runs?{every}&limit=200"),
        ("the API, 50 rows", f"/api/runs?{every}"),
    ]
    rows += [(name, timed(partial(again.get, path), 9)) for name, path in asked]
    print("\n| `/runs` | ms | CPU ms |\n| --- | ---: | ---: |")
    for name, (wall, cpu) in rows:
        print(f"| {name} | {wall:.0f} | {cpu:.0f} |")
    print(f"\npage of 50 rows: {len(again.get(f'/runs?{every}').content) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
