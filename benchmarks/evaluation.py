"""Evaluation: how long all figures of a binary model take, by slice, beside scikit-learn called slice by slice.

    python benchmarks/evaluation.py [--rows 1000000] [--large 20000000] [--repeats 3]

The rows: a probability drawn from a falling density, a label that comes true with it, and two columns of five
values each, which make ten slices. "Ours" is :func:`mainspring.evaluation.evaluate` with the usual metrics, from
a table that is held in memory; reading the columns and cutting the slices are in it. "Scikit-learn" is one call
for each of these metrics that it has, over all rows and each slice, from arrays that are cut before the clock
starts; what is 1 minus another metric is not called again. All take turns in one process, and medians count. The
bootstrap has 200 resamples and is of every metric, with the slices or without. The large table lies in a Parquet
file that a process of its own reads piece by piece, with a predictor that takes the probability from a column;
the peak of its memory counts, the interpreter and the engine included.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

MAKE = """
import sys, duckdb
rows, path = int(sys.argv[1]), sys.argv[2]
database = duckdb.connect()
database.execute("SELECT setseed(0.5)")
database.execute(f'''COPY (
    SELECT p, random() < p AS y, 'a' || (random() * 5)::INT % 5 AS a, 'b' || (random() * 5)::INT % 5 AS b
    FROM (SELECT 1 - pow(random(), 1 / 3.0) AS p FROM range({rows}))
) TO '{path}' (FORMAT parquet)''')
"""

READ = """
import json, resource, sys, time
import numpy as np
from mainspring.data import Table
from mainspring.evaluation import Intervals, Predictions, evaluate

path, repeats = sys.argv[1], int(sys.argv[2])

class FromColumn:
    def predict(self, table):
        chance = table.column("p")
        return Predictions(("false", "true"), np.column_stack((1 - chance, chance)))

def timed(work):
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu
"""

SIDE_BY_SIDE = """
import warnings
from sklearn import metrics
from sklearn.calibration import calibration_curve

warnings.simplefilter("ignore")
table = Table.from_columns(
    {name: Table.read_parquet(path).column(name) for name in ("p", "y", "a", "b")}
)
predictions = FromColumn().predict(table)
truth, chance = table.column("y") == 1.0, table.column("p")
slices = [slice(None)]
for name in ("a", "b"):
    values = table.column(name)
    slices += [values == value for value in np.unique(values)]
cut = [(truth[part], chance[part], chance[part] > 0.5) for part in slices]

def ours():
    return evaluate(predictions, table, label="y", slices=["a", "b"])

def drawn():
    return evaluate(predictions, table, label="y", slices=["a", "b"], intervals=Intervals(method="bootstrap"))

def whole_drawn():
    return evaluate(predictions, table, label="y", intervals=Intervals(method="bootstrap"))

def scikit_learn():
    for y, p, said in cut:
        metrics.accuracy_score(y, said), metrics.balanced_accuracy_score(y, said)
        metrics.precision_score(y, said), metrics.recall_score(y, said), metrics.f1_score(y, said)
        metrics.confusion_matrix(y, said), metrics.matthews_corrcoef(y, said), metrics.cohen_kappa_score(y, said)
        metrics.recall_score(y, said, pos_label=False), metrics.precision_score(y, said, pos_label=False)
        metrics.jaccard_score(y, said), metrics.class_likelihood_ratios(y, said)
        metrics.roc_auc_score(y, p), metrics.average_precision_score(y, p)
        metrics.log_loss(y, p), metrics.brier_score_loss(y, p)
        calibration_curve(y, p, n_bins=10, strategy="quantile")

found = ours()
y, p, said = cut[0]
assert abs(found.overall["auc"] - metrics.roc_auc_score(y, p)) < 1e-6
assert found.overall["f1"] == metrics.f1_score(y, said)
whole = next(iter(found.measured.values()))
told = {"auc": found.overall["auc"] - metrics.roc_auc_score(y, p), "most": whole.inexact["auc"]}
sides = {"ours": ours, "scikit-learn": scikit_learn, "bootstrap": drawn, "bootstrap, all rows": whole_drawn}
times = {name: [] for name in sides}
for _ in range(repeats):
    for name, side in sides.items():
        times[name].append(timed(side))
print(json.dumps({"times": times, "metrics": len(found.overall), "slices": len(found.measured), **told}))
"""

LARGE = """
table = Table.read_parquet(path)
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
wall, cpu = timed(lambda: evaluate(FromColumn(), table, label="y", slices=["a", "b"]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak / 1024, "start": start / 1024}))
"""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--large", type=int, default=20_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        _run(MAKE, str(options.rows), str(path))
        found = json.loads(_run(READ + SIDE_BY_SIDE, str(path), str(options.repeats)))
        medians = {
            name: [statistics.median(column) for column in zip(*times, strict=True)]
            for name, times in found["times"].items()
        }
        base = medians["ours"]
        print(f"{options.rows:,} rows, {found['slices'] - 1} slices, {found['metrics']} metrics each\n")
        print("| | wall s | CPU s | x ours (CPU) |\n| --- | ---: | ---: | ---: |")
        for name, (wall, cpu) in medians.items():
            print(f"| {name} | {wall:.2f} | {cpu:.2f} | {cpu / base[1]:.1f} |")
        print(f"\nThe AUC is off by {abs(found['auc']):.1e}; it says that this is {found['most']:.1e} at most.")
        if options.large:
            _run(MAKE, str(options.large), str(path))
            large = json.loads(_run(READ + LARGE, str(path), "1"))
            print(
                f"\n{options.large:,} rows from Parquet: {large['wall']:.1f} s, {large['cpu']:.1f} CPU s, "
                f"peak {large['peak']:,.0f} MB (after imports {large['start']:,.0f} MB)"
            )


def _run(script: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True)
    return done.stdout


if __name__ == "__main__":
    main()
