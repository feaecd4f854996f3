"""Detectors on streams whose changes are known: how late, how often in vain, and what retraining brings.

    python benchmarks/streams.py                                  # generated streams
    python benchmarks/streams.py --data FOLDER                    # and real ones from a folder of data sets
    python benchmarks/streams.py --river VENV/bin/python          # beside river, in an environment of its own
    python benchmarks/streams.py --markdown                       # detector by stream, for the guide

A learner is asked about each row before it is told the label. It is trained on the first 1,000 rows (500 of the
circles); then never again, after each alarm of a detector (anew, from 30 rows before the alarm until it has seen
1,000), or every 50 rows on the last 1,000. Detectors watch its mistakes; the linear four rates watch outcomes of
two classes; HDDDM looks at the inputs in batches of 500 rows, MD3 at its margins, and asks for 200 labels.
*Delay* is the median number of rows from a change to its first alarm, *missed* are changes without one, *false*
alarms belong to no change, all over three seeds. Page-Hinkley and CUSUM look upwards. River's detectors stand in
the same loop, each with its defaults; but KSWIN, which takes a fifth of a millisecond for an item, is left out.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from mainspring import monitoring
from mainspring.data import Table
from mainspring.monitoring import DetectorState
from mainspring.monitoring.detectors.fhddm import FHDDM
from mainspring.monitoring.detectors.hdddm import HDDDM
from mainspring.monitoring.detectors.md3 import MD3
from mainspring.testing.prequential import Watch, detected, on_mistakes, prequential, rises
from mainspring.testing.streams import Stream, changing_stream

OURS: dict[str, Callable[[], Any]] = {
    "ADWIN": monitoring.ADWIN,
    "CUSUM": lambda: monitoring.CUSUM(direction="up"),
    "DDM": monitoring.DDM,
    "ECDD": monitoring.ECDD,
    "EDDM": monitoring.EDDM,
    "FHDDM": FHDDM,
    "HDDMA": monitoring.HDDMA,
    "HDDMW": monitoring.HDDMW,
    "KSWIN": monitoring.KSWIN,
    "LinearFourRates": monitoring.LinearFourRates,
    "PageHinkley": lambda: monitoring.PageHinkley(direction="up"),
    "RDDM": monitoring.RDDM,
    "STEPD": monitoring.STEPD,
}
RIVERS = ("ADWIN", "DDM", "EDDM", "FHDDM", "HDDMA", "HDDMW", "PageHinkley")
BATCHES = ("HDDDM", "MD3")

RIVER = """
import json, sys
from river import drift
made = None
for line in sys.stdin:
    asked = json.loads(line)
    if "name" in asked:
        made = (getattr(drift, asked["name"], None) or getattr(drift.binary, asked["name"]))()
        continue
    found = []
    for item in asked.get("items", ()):
        made.update(item)
        found.append(bool(made.drift_detected))
        if found[-1]:
            break
    print(json.dumps(found), flush=True)
"""


def tree() -> DecisionTreeClassifier:
    return DecisionTreeClassifier(max_depth=8, min_samples_leaf=5, random_state=0)


def line() -> LogisticRegression:
    return LogisticRegression(max_iter=200)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A stream and its learner."""

    learner: Callable[[], Any]
    made: Callable[[int], Stream]
    width: int = 1
    warm: int = 1_000
    seeds: int = 3


@dataclass
class Row:
    """What a detector did on a stream, over the seeds."""

    delays: list[int] = field(default_factory=list)
    missed: int = 0
    false: list[int] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    trained: list[int] = field(default_factory=list)


def generated() -> dict[str, Case]:
    def case(kind: str, learner: Callable[[], Any], concepts: list[int], width: int = 1) -> Case:
        changes = [5_000 * number for number in range(1, len(concepts))]
        rows = 5_000 * len(concepts)
        return Case(
            learner=learner,
            made=lambda seed: changing_stream(kind, concepts, rows=rows, changes=changes, width=width, seed=seed),
            width=width,
        )

    return {
        "SEA, abrupt": case("sea", GaussianNB, [0, 1, 2, 3]),
        "SEA, gradual": case("sea", GaussianNB, [0, 1, 2, 3], width=1_000),
        "STAGGER, recurring": case("stagger", tree, [0, 1, 2, 0]),
        "hyperplane, gradual": case("hyperplane", line, [0, 2, 4], width=1_000),
        "Agrawal, abrupt": case("agrawal", tree, [0, 1, 2]),
        "LED, abrupt": case("led", GaussianNB, [0, 3, 6]),
        "SEA, steady": steady(),
    }


def steady() -> Case:
    return Case(
        learner=GaussianNB, made=lambda seed: changing_stream("sea", [0], rows=20_000, changes=[], seed=seed)
    )


def real(folder: Path) -> dict[str, Case]:
    """Streams of a folder of data sets, as far as they are there."""

    def read(*parts: str, **options: Any) -> Table | None:
        path = folder.joinpath(*parts)
        return Table.read_csv(path, **options) if path.is_file() else None

    def stream(table: Table, inputs: list[str], labels: Any, changes: tuple[int, ...]) -> Callable[[int], Stream]:
        rows = np.column_stack([table.column(name) for name in inputs])
        found = Stream(rows=rows, labels=np.asarray(labels).astype(np.int64), changes=changes)
        return lambda seed: found

    cases = {}
    circles = read("streams", "circle_drift_at_1000.csv.gz", header=False, names=["x", "y", "label", "none"])
    if circles is not None:
        made = stream(circles, ["x", "y"], circles.column("label"), (1_000,))
        cases["circles"] = Case(learner=tree, made=made, warm=500, seeds=1, width=500)
    elec = read("streams", "elec.csv.gz")
    if elec is not None:
        inputs = ["period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer"]
        cases["electricity"] = Case(
            learner=GaussianNB, made=stream(elec, inputs, elec.column("class"), ()), seeds=1
        )
    bikes = read("time_entities", "bike_hour.csv.gz")
    if bikes is not None:
        inputs = ["hr", "weekday", "workingday", "weathersit", "temp", "hum", "windspeed"]
        first = bikes.column("yr") == 0
        busy = bikes.column("cnt") > np.median(bikes.column("cnt")[first])
        cases["bikes"] = Case(learner=tree, made=stream(bikes, inputs, busy, (int(first.sum()),)), seeds=1)
    return cases


def on_batches(name: str, rows: int = 500) -> Watch:
    """Batch detectors in the place of streaming ones."""
    kept: list[np.ndarray] = []
    wrong: list[bool] = []
    made: Any = None

    def hdddm(given: np.ndarray, labels: np.ndarray, said: np.ndarray, model: Any) -> int | None:
        nonlocal made
        for place, row in enumerate(given):
            kept.append(row)
            if len(kept) == rows:
                batch = np.array(kept)
                kept.clear()
                if made is None:
                    made = HDDDM().fit(batch)
                elif made.update(batch).state is DetectorState.DRIFT:
                    made = None
                    return place
        return None

    def md3(given: np.ndarray, labels: np.ndarray, said: np.ndarray, model: Any) -> int | None:
        nonlocal made
        chances = np.sort(model.predict_proba(given), axis=1)
        margins = chances[:, -1] - (chances[:, -2] if chances.shape[1] > 1 else 0)
        for place, margin in enumerate(margins.tolist()):
            if made is None or made.state is DetectorState.WARNING:
                kept.append(np.array(margin))
                wrong.append(bool(labels[place] != said[place]))
            if made is None and len(kept) == 2 * rows:
                made = MD3().fit(np.array(kept), ~np.array(wrong))
                kept.clear()
                wrong.clear()
            elif made is not None and made.state is DetectorState.WARNING and len(wrong) >= 200:
                found = made.confirm(~np.array(wrong))
                kept.clear()
                wrong.clear()
                if found is DetectorState.DRIFT:
                    made = None
                    return place
            elif made is not None and made.state is not DetectorState.WARNING:
                made.update_many([margin])
        return None

    return hdddm if name == "HDDDM" else md3


class River:
    """A detector of river in a process of its own, which takes items as ours do."""

    def __init__(self, process: subprocess.Popen[str], name: str) -> None:
        self.process = process
        self._send({"name": name})

    def update_many(self, items: list[int]) -> list[int]:
        """Take items, and give the places of the alarms."""
        alarms, place = [], 0
        while place < len(items):
            taken, alarmed = self.up_to_alarm(items[place : place + 500])
            place += taken
            alarms += [place - 1] if alarmed else []
        return alarms

    def up_to_alarm(self, items: list[int]) -> tuple[int, bool]:
        """Take items up to the first alarm: how many these were, and whether there was one."""
        self._send({"items": items})
        assert self.process.stdout is not None
        found = json.loads(self.process.stdout.readline())
        return len(found), found[-1]

    def _send(self, asked: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()


def on_river(process: subprocess.Popen[str], name: str) -> Watch:
    """As :func:`on_mistakes`, block by block."""
    theirs, since = River(process, name), list[int]()

    def watch(rows: np.ndarray, labels: np.ndarray, said: np.ndarray, model: Any) -> int | None:
        wrong, place = (labels != said).astype(int).tolist(), 0
        while place < len(wrong):
            taken, alarmed = theirs.up_to_alarm(wrong[place:])
            since.extend(wrong[place : place + taken])
            place += taken
            if alarmed:
                worse = name not in ("ADWIN", "PageHinkley") or rises(np.array(since[-300:], dtype=float))
                since.clear()
                if worse:
                    return place - 1
        return None

    return watch


@contextlib.contextmanager
def river(python: str) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with subprocess.Popen([python, "-c", RIVER], stdin=pipe, stdout=pipe, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def watches(process: subprocess.Popen[str] | None) -> dict[str, Callable[[], Watch]]:
    found: dict[str, Callable[[], Watch]] = {}
    for name, made in OURS.items():
        found[name] = lambda made=made: on_mistakes(made())
        if process is not None and name in RIVERS:
            found[f"river {name}"] = lambda name=name: on_river(process, name)
    return found | {name: (lambda name=name: on_batches(name)) for name in BATCHES}


def run(case: Case, watch: Callable[[], Watch] | None, train: str) -> Row:
    row = Row()
    for seed in range(case.seeds):
        stream = case.made(seed)
        done = prequential(stream, case.learner, watch=watch() if watch else None, warm=case.warm, train=train)
        found = detected(done.alarms, stream.changes, rows=len(stream.labels), settling=case.warm + case.width)
        row.delays += found.delays
        row.missed += found.missed
        row.false.append(found.false)
        row.accuracy.append(done.accuracy)
        row.trained.append(done.trained)
    return row


def told(name: str, row: Row, *, alarms: bool = True) -> str:
    delay = f"{np.median(row.delays):.0f}" if row.delays else "-"
    seen = f"{delay:>8}{row.missed:>8}{np.mean(row.false):8.1f}" if alarms else " " * 24
    return f"  {name:22}{seen}{np.mean(row.accuracy):11.3f}{np.mean(row.trained):10.0f}"


def episodes(alarms: Sequence[int]) -> int:
    """Alarms, of those within 1,000 rows the first only: ADWIN repeats one until it is over."""
    found, last = 0, -1_000
    for one in alarms:
        if one >= last + 1_000:
            found, last = found + 1, one
    return found


def quiet(folder: Path, process: subprocess.Popen[str] | None) -> None:
    """Alarms on the mistakes of a model that stayed as good as it was."""
    parts = [folder / "monitoring" / f"employment_MA_{name}.pq" for name in ("analysis", "analysis_target")]
    if not all(part.is_file() for part in parts):
        return
    said, truth = (Table.read_parquet(part) for part in parts)
    wrong = (said.column("prediction") != truth.column("employed")).astype(float)
    print(f"\nemployment, {wrong.size} rows, error rate {wrong.mean():.3f} and stable: alarms in 100,000 rows")
    for name, made in OURS.items():
        detector = made()
        if name == "LinearFourRates":
            items = detector.outcomes(truth.column("employed"), said.column("prediction"))
        else:
            items = wrong
        print(f"  {name:22}{episodes(detector.update_many(items)) / wrong.size * 1e5:8.1f}", flush=True)
        if process is not None and name in RIVERS:
            theirs = River(process, name)
            print(f"  {'river ' + name:22}{episodes(theirs.update_many(wrong.tolist())) / wrong.size * 1e5:8.1f}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--river", metavar="PYTHON", help="a Python that has river")
    parser.add_argument("--data", metavar="FOLDER", type=Path, help="a folder of data sets")
    parser.add_argument("--only", default="", help="streams with this in their name")
    parser.add_argument("--detectors", default="", help="detectors with this in their name")
    parser.add_argument("--seeds", type=int, help="how many, instead of three")
    parser.add_argument("--markdown", action="store_true", help="detector by stream, at the end")
    options = parser.parse_args()
    cases = generated() | (real(options.data) if options.data else {})
    cases = {name: case for name, case in cases.items() if options.only in name}
    table: dict[str, dict[str, str]] = {}
    with river(options.river) if options.river else contextlib.nullcontext() as process:
        if process is None:
            print("river is not compared: give --river PYTHON")
        for stream, case in cases.items():
            if options.seeds and case.seeds > 1:
                case = replace(case, seeds=options.seeds)
            print(f"\n{stream:24}{'delay':>8}{'missed':>8}{'false':>8}{'accuracy':>11}{'trained':>10}")
            once = run(case, None, "once")
            print(told("trained once", once, alarms=False))
            print(told("trained always", run(case, None, "always"), alarms=False), flush=True)
            for name, watch in watches(process).items():
                if options.detectors not in name or (name == "LinearFourRates" and stream.startswith("LED")):
                    continue
                row = run(case, watch, "alarm")
                print(told(name, row), flush=True)
                gain = np.mean(row.accuracy) - np.mean(once.accuracy)
                delay = f"{np.median(row.delays):.0f}" if row.delays else "-"
                table.setdefault(name, {})[stream] = f"{delay} / {np.mean(row.false):.1f} / {gain:+.3f}"
        if options.data:
            quiet(options.data, process)
    if options.markdown:
        print("\n| detector | " + " | ".join(cases) + " |\n|---|" + "---|" * len(cases))
        for name, cells in table.items():
            print(f"| {name} | " + " | ".join(cells.get(stream, "") for stream in cases) + " |")


if __name__ == "__main__":
    main()
