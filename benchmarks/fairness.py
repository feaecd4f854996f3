"""Fairness: figures by group with bootstrapped intervals, beside fairlearn.

    python -m venv peers/fairlearn && peers/fairlearn/bin/pip install fairlearn
    python benchmarks/fairness.py [--fairlearn peers/fairlearn] [--large 20000000]

The rows: a binary label, a score that knows something of it, and one of 50 groups of unequal size. Both sides
resample 100 times and give three rates by group (selection, true positives, false positives) with intervals, and
the gaps between groups: fairlearn by ``MetricFrame(n_boot=100, ci_quantiles=[0.025, 0.975])``, which is given
arrays; Mainspring by ``assess_fairness``, which is given a table of texts and numbers, and measures all its other
figures and nine thresholds besides. Every measurement is a process of its own, taken in turns; medians count. The
large table is in a Parquet file and read piece by piece: what counts there is the memory.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SIZES = (20_000, 200_000)

MAKE = """
import json, sys, time
import numpy as np
rows, path = int(sys.argv[1]), sys.argv[2]
random = np.random.default_rng(0)
share = 1 / np.arange(1, 51)
group = random.choice(50, rows, p=share / share.sum())
truth = random.random(rows) < 0.2 + 0.004 * group  # how often positives are found is the same in all groups
score = 1 / (1 + np.exp(-np.where(truth, 0.7, -0.7) - random.normal(0, 1, rows)))
names = np.array([f"group {place}" for place in range(50)], dtype=object)[group]
"""

OURS = """
from mainspring.data import Table
from mainspring.evaluation import Intervals, Predictions, assess_fairness
table = Table.from_columns({"truth": truth.astype(float), "group": names.tolist()})
answers = Predictions(("0", "1"), np.column_stack([1 - score, score]))
wall, cpu = time.perf_counter(), time.process_time()
found = assess_fairness(
    answers, table, label="truth", protected=["group"], intervals=Intervals(method="bootstrap", resamples=100)
)
told = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
told["gap"] = found.gap("equal_opportunity_difference").value
told["interval"] = list(found.gap("equal_opportunity_difference").interval)
print(json.dumps(told))
"""

FAIRLEARN = """
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
chosen = score > 0.5
rates = {"s": selection_rate, "t": true_positive_rate, "f": false_positive_rate}
wall, cpu = time.perf_counter(), time.process_time()
frame = MetricFrame(
    metrics=rates, y_true=truth, y_pred=chosen, sensitive_features=names, n_boot=100, ci_quantiles=[0.025, 0.975],
    random_state=0,
)
gap, intervals = frame.difference(), frame.difference_ci()
frame.by_group_ci
told = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
told["gap"] = float(gap["t"])
told["interval"] = [float(each["t"]) for each in intervals]
print(json.dumps(told))
"""

WRITE = """
import sys, duckdb
rows, path = int(sys.argv[1]), sys.argv[2]
database = duckdb.connect()
database.execute("SET enable_progress_bar = false")
database.execute("SELECT setseed(0.5)")
database.execute(
    f"COPY (SELECT 'group ' || (50 * random() ** 2)::INT AS \\"group\\", (random() < 0.3)::INT AS truth, "
    f"random() AS score FROM range({rows})) TO '{path}' (FORMAT parquet)"
)
"""

LARGE = """
import json, sys, time
import numpy as np
from mainspring.data import Table
from mainspring.evaluation import Predictions, assess_fairness
class Scored:
    def predict(self, table):
        score = table.column("score")
        return Predictions(("0", "1"), np.column_stack([1 - score, score]))
table = Table.read_parquet(sys.argv[2])
wall, cpu = time.perf_counter(), time.process_time()
found = assess_fairness(Scored(), table, label="truth", protected=["group"])
told = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "rows": found.overall.count}
print(json.dumps(told))
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--repeats", type=int, default=3)
    arguments.add_argument("--fairlearn", type=Path, metavar="VENV", help="an environment with fairlearn")
    arguments.add_argument("--large", type=int, default=0, help="rows of the large table; 0 leaves it out")
    given = arguments.parse_args()
    for rows in SIZES:
        beside_fairlearn(rows, given.fairlearn, given.repeats)
    if given.large:
        larger(given.large)


def beside_fairlearn(rows: int, venv: Path | None, repeats: int) -> None:
    """Both sides in turns, and their ratio."""
    sides = {"mainspring": (sys.executable, MAKE + OURS)}
    if venv is not None:
        sides["fairlearn"] = (str(venv / "bin" / "python"), MAKE + FAIRLEARN)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, (python, script) in sides.items():
            found[name].append(run(python, script, rows)[0])
    print(f"\n{rows:,} rows x 50 groups, 100 resamples, median of {repeats} in turns")
    medians = {
        name: [statistics.median(one[kind] for one in told) for kind in ("wall", "cpu")]
        for name, told in found.items()
    }
    for name, (wall, cpu) in medians.items():
        low, high = found[name][0]["interval"]
        gap = f"equal opportunity difference {found[name][0]['gap']:.4f} ({low:.3f} to {high:.3f})"
        ratio = f"{wall / medians['mainspring'][0]:7.1f}x {cpu / medians['mainspring'][1]:7.1f}x"
        print(f"  {name:12} {wall:8.2f} s wall {cpu:8.2f} s of processors {ratio}   {gap}", flush=True)


def larger(rows: int) -> None:
    """How much memory a table takes that is read piece by piece; importing and starting included."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.parquet"
        subprocess.run([sys.executable, "-c", WRITE, str(rows), str(path)], check=True)
        told, memory = run(sys.executable, LARGE, rows, path)
    print(
        f"\n{told['rows']:,} rows of a Parquet file: {told['wall']:.1f} s wall, {told['cpu']:.1f} s of processors,"
    )
    print(f"  {memory:,.0f} MB at most")


def run(python: str, script: str, rows: int, path: object = "") -> tuple[dict[str, Any], float]:
    """Run a script in a process of its own: what it said at its end, and the most memory in MB."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [python, "-W", "ignore", "-c", script, str(rows), str(path)], stdout=output, env={**os.environ}
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, python)
    return json.loads(text.strip().splitlines()[-1]), memory_of(usage)


def memory_of(usage: resource.struct_rusage) -> float:
    """In MB."""
    return usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
