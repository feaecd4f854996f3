"""The search for the worst slices: how long it takes, whether it finds what is planted, how often it cries wolf.

    python benchmarks/slices.py [--rows 1000000] [--seeds 20]

The table: ten columns of words (3 to 7 values) and ten of normal numbers that mean nothing, and a model that errs
on 10 % of the rows. In 2 % of the rows it errs on 40 %: those of one value, of one cross of two values, of a range
of numbers, in turns. The time is that of a search of all columns and their crosses of two, without predicting; the
median of three. False alarms are searches that find something where nothing is planted, at a level of 5 %.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time

import numpy as np

from mainspring.data import Table
from mainspring.evaluation import Predictions, SliceSearch, find_slices

PLANTED = {"a value": "w4 = 'bad'", "a cross": "w3 = 'v1' AND w9 = 'v2'", "a range": "x4 BETWEEN 0.300 AND 0.355"}


def judged(rows: int, seed: int, planted: str) -> tuple[Table, Predictions]:
    """A table and a model's answers, worse where the condition holds."""
    random = np.random.default_rng(seed)
    words = np.array([f"v{place}" for place in range(7)], dtype=object)
    columns = {f"w{place}": words[random.integers(0, 3 + place % 5, rows)] for place in range(10)}
    columns |= {f"x{place}": random.normal(size=rows) for place in range(10)}
    columns["w4"] = np.where(random.random(rows) < 0.02, "bad", columns["w4"])
    table = Table.from_columns(columns)
    weak = table.sql(f"SELECT ({planted}) AS weak FROM this").column("weak") == 1.0
    truth = random.random(rows) < 0.4
    yes = np.where(truth ^ (random.random(rows) < np.where(weak, 0.4, 0.1)), 0.8, 0.2)
    labelled = Table.from_columns({**columns, "label": np.where(truth, "yes", "no")})
    return labelled, Predictions(("no", "yes"), np.column_stack([1 - yes, yes]))


def timed(table: Table, answers: Predictions, metric: str) -> tuple[float, float, SliceSearch]:
    """Wall seconds of the search and CPU seconds of all, median of three, and what was found."""
    walls, cpus = [], []
    for _ in range(3):
        before = time.process_time()
        found = find_slices(answers, table, label="label", metric=metric)
        walls.append(found.seconds)
        cpus.append(time.process_time() - before)
    return statistics.median(walls), statistics.median(cpus), found


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seeds", type=int, default=20)
    given = parser.parse_args()
    print(f"{'planted':<10} {'metric':<11} {'seconds':>8} {'CPU s':>6} {'slices':>8}  found")
    for name, condition in PLANTED.items():
        table, answers = judged(given.rows, 1, condition)
        for metric in ("error_rate", "log_loss"):
            wall, cpu, found = timed(table, answers, metric)
            told = "; ".join(str(one.slice) for one in found.slices) or "nothing"
            print(f"{name:<10} {metric:<11} {wall:8.2f} {cpu:6.2f} {found.looked_at:8,}  {told}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{given.rows:,} rows, peak memory {peak:.2f} GiB")
    alarms = 0
    for seed in range(given.seeds):
        table, answers = judged(10_000, seed, "false")
        alarms += bool(find_slices(answers, table, label="label").slices)
    print(f"nothing planted: {alarms} of {given.seeds} searches found something")


if __name__ == "__main__":
    main()
