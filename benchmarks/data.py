"""Profiles: how long the statistics of a table take beside the same aggregates by hand, and beside others.

    python benchmarks/data.py [--large 10000000] [--tfdv VENV] [--whylogs VENV] [--evidently VENV] [--ydata VENV]

The table: 20 mixed columns in one Parquet file, namely 6 normal floats with holes, a lognormal one, one of mostly
zeros, one of 32 bits, one uniform; whole numbers with 5, 1,000, a billion and 50,000 values; texts with 5, 200,
50,000 and 3 million possible words; a bool and a timestamp. "By hand" is what a good engineer would write in the
query engine: one SELECT of approximate aggregates and quantiles, the most frequent 1,000 words of each text, and
a histogram of each number. Every measurement is a process of its own; both sides of a ratio are taken in turns,
and the best time of each counts. A library of others runs in its own environment, with its own defaults
(ydata-profiling with ``minimal=True``, which is far faster than its default).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROWS = 1_000_000
PEERS = ("tfdv", "whylogs", "evidently", "ydata")

GENERATE = """
import sys, duckdb
rows, path = int(sys.argv[1]), sys.argv[2]
database = duckdb.connect()
database.execute("SELECT setseed(0.5)")
normal = "sqrt(-2 * ln(random() + 1e-12)) * cos(6.283 * random())"
columns = [f"CASE WHEN random() < 0.03 THEN NULL ELSE {normal} END AS n{place}" for place in range(6)]
columns += [
    "exp(3 * random()) * random() AS e0", "CASE WHEN random() < 0.8 THEN 0.0 ELSE random() * 100 END AS z0",
    "(random() * 10)::FLOAT AS f32", "CASE WHEN random() < 0.1 THEN NULL ELSE random() * 1e6 END AS u0",
    "(random() * 5)::INT AS i0", "(random() * 1000)::BIGINT AS i1", "(random() * 1e9)::BIGINT AS i2",
    "CASE WHEN random() < 0.05 THEN NULL ELSE (random() * 50000)::BIGINT END AS i3",
    "'c' || (random() * 4)::INT AS s5", "'k' || (random() * 199)::INT AS s200",
    "CASE WHEN random() < 0.02 THEN NULL ELSE 'w' || (random() * 50000)::INT END AS s50k",
    "'id' || (random() * 3e6)::BIGINT AS s900k", "random() < 0.3 AS b",
    "TIMESTAMP '2024-01-01' + to_seconds((random() * 3e7)::BIGINT) AS ts",
]
database.execute(f"COPY (SELECT {', '.join(columns)} FROM range({rows})) TO '{path}' (FORMAT parquet)")
"""

TIMED = """
import json, sys, time
path, repeats = sys.argv[1], int(sys.argv[2])
def timed(work):
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu
"""

OURS = """
from mainspring.data import Table
from mainspring.data.profiling import summarize
def ours():
    summarize(Table.read_parquet(path))
"""

BY_HAND = """
import duckdb
def by_hand():
    database = duckdb.connect()
    columns = [(name, kind) for name, kind, *_ in database.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()]
    numbers = [name for name, kind in columns if kind in ("DOUBLE", "FLOAT", "BIGINT", "INTEGER")]
    words = [name for name, kind in columns if kind == "VARCHAR"]
    shares = "[.01,.05,.1,.2,.25,.3,.4,.5,.6,.7,.75,.8,.9,.95,.99]"
    asked = ["count(*)"]
    for name, kind in columns:
        asked += [f"count({name})", f"min({name})", f"max({name})"]
        if name in numbers:
            asked += [f"approx_count_distinct({name})", f"avg({name})", f"stddev_pop({name})",
                      f"count_if({name} = 0)", f"approx_quantile({name}, {shares})"]
        if kind in ("DOUBLE", "FLOAT"):
            asked += [f"count_if(isnan({name}))", f"count_if(isinf({name}))"]
        if name in words:
            asked += [f"approx_count_distinct({name})", f"avg(length({name}))", f"min(length({name}))",
                      f"max(length({name}))"]
    database.execute(f"SELECT {', '.join(asked)} FROM '{path}'").fetchall()
    for name in words:
        query = f"SELECT {name}, count(*) FROM '{path}' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1000"
        database.execute(query).fetchall()
    edges = "[1.0,2.0,3.0,4.0,5.0,6.0,7.0,8.0,9.0,10.0]"
    bins = ", ".join(f"histogram({name}::DOUBLE, {edges})" for name in numbers)
    database.execute(f"SELECT {bins} FROM '{path}'").fetchall()
"""

IN_TURNS = """
found = {"by hand": [], "ours": []}
for _ in range(repeats):
    found["by hand"].append(timed(by_hand))
    found["ours"].append(timed(ours))
print(json.dumps({name: [min(column) for column in zip(*times)] for name, times in found.items()}))
"""

MERGE = """
from mainspring.data import Table
from mainspring.data.profiling import summarize
from mainspring.data.statistics import merge_all
table = Table.read_parquet(path)
parts = [summarize(part) for part in table.chunks(max(1, table.num_rows // 1_000))]
wall, cpu = min(timed(lambda: merge_all(parts)) for _ in range(repeats))
print(json.dumps({"parts": len(parts), "wall": wall, "cpu": cpu, "bytes": len(summarize(table).to_bytes())}))
"""

ALONE = 'print(json.dumps(dict(zip(("wall", "cpu"), min(timed({name}) for _ in range(repeats))))))\n'

PEER_SCRIPTS = {
    "tfdv": """
import pandas, tensorflow_data_validation as tfdv
def peer():
    table = pandas.read_parquet(path)
    tfdv.generate_statistics_from_dataframe(table, n_jobs=1)
""",
    "whylogs": """
import pyarrow.parquet, whylogs
def peer():
    whole = None
    for batch in pyarrow.parquet.ParquetFile(path).iter_batches(1_000_000):
        part = whylogs.log(batch.to_pandas()).view()
        whole = part if whole is None else whole.merge(part)
    whole.to_pandas()
""",
    "evidently": """
import pandas
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataSummaryPreset
def peer():
    data = Dataset.from_pandas(pandas.read_parquet(path), data_definition=DataDefinition())
    Report([DataSummaryPreset()]).run(data, None).dict()
""",
    "ydata": """
import pandas
from ydata_profiling import ProfileReport
def peer():
    ProfileReport(pandas.read_parquet(path), minimal=True, progress_bar=False).get_description()
""",
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: seconds by the clock and of processors, and the most memory in MB."""

    wall: float
    cpu: float
    memory: float


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--repeats", type=int, default=5)
    arguments.add_argument("--large", type=int, default=10 * ROWS, help="rows of the large table; 0 leaves it out")
    arguments.add_argument(
        "--folder", type=Path, help="where the tables are kept; a temporary folder if not given"
    )
    for peer in PEERS:
        arguments.add_argument(f"--{peer}", type=Path, metavar="VENV", help=f"an environment with {peer}")
    given = arguments.parse_args()
    peers = {name: getattr(given, name) for name in PEERS if getattr(given, name)}
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        beside_the_engine(table_of(ROWS, folder), given.repeats)
        growth([table_of(rows, folder) for rows in (ROWS, 2 * ROWS, 4 * ROWS)])
        merging(table_of(4 * ROWS, folder), given.repeats)
        for rows in filter(None, (ROWS, given.large)):
            beside_the_others(table_of(rows, folder), rows, peers)


def table_of(rows: int, folder: Path) -> Path:
    """The table with so many rows; made if it is not there."""
    path = folder / f"mixed-{rows}.parquet"
    if not path.exists():
        run(sys.executable, GENERATE, rows, path)
    return path


def beside_the_engine(path: Path, repeats: int) -> None:
    """Ours and the aggregates by hand, in turns, in one process."""
    script = TIMED + OURS + BY_HAND + IN_TURNS
    found = told(run(sys.executable, script, path, repeats)[0])
    (hand, hand_cpu), (ours, ours_cpu) = found["by hand"], found["ours"]
    print(f"\n{ROWS:,} x 20 from Parquet, best of {repeats} in turns")
    print(f"  by hand in the query engine {hand:6.2f} s wall {hand_cpu:6.2f} s of processors")
    print(f"  summarize                   {ours:6.2f} s wall {ours_cpu:6.2f} s of processors")
    print(f"  ratio                       {ours / hand:6.2f}        {ours_cpu / hand_cpu:6.2f}")


def growth(paths: Iterable[Path]) -> None:
    """Whether time is linear in the rows, and memory bounded."""
    print("\nGrowth with the rows (whole process)")
    for path in paths:
        cost = measured(sys.executable, TIMED + OURS + ALONE.format(name="ours"), path)
        print(f"  {path.stem:18} {cost.wall:6.2f} s wall {cost.cpu:6.2f} s of processors {cost.memory:6.0f} MB")


def merging(path: Path, repeats: int) -> None:
    """How long the profiles of 1,000 partitions, of 4,000 rows each, take to merge."""
    found = told(run(sys.executable, TIMED + MERGE, path, repeats)[0])
    print(f"\nMerging {found['parts']:,} profiles of 20 columns: {found['wall']:.2f} s wall, {found['cpu']:.2f} s")
    print(f"A profile takes {found['bytes'] / 1000:.0f} kB")


def beside_the_others(path: Path, rows: int, peers: dict[str, Path]) -> None:
    """Reading the file and describing it, ours and others; processor time includes starting and importing."""
    print(f"\n{rows:,} x 20, reading included: seconds of the work alone, then of the whole process")
    print(f"  {'':12} {'wall':>8} {'process CPU':>12} {'peak MB':>8} {'wall ratio':>11} {'CPU ratio':>10}")
    ours = measured(sys.executable, TIMED + OURS + ALONE.format(name="ours"), path)
    show("mainspring", ours, ours)
    for name, folder in peers.items():
        script = TIMED + PEER_SCRIPTS[name] + ALONE.format(name="peer")
        try:
            show(name, measured(str(folder / "bin" / "python"), script, path), ours)
        except subprocess.CalledProcessError as error:
            print(
                f"  {name:12} did not finish: {(error.stderr or '').strip().splitlines()[-1:] or error.returncode}"
            )


def show(name: str, cost: Cost, ours: Cost) -> None:
    """One line of the table."""
    times = f"{cost.wall:8.2f} {cost.cpu:12.2f} {cost.memory:8.0f}"
    print(f"  {name:12} {times} {cost.wall / ours.wall:10.1f}x {cost.cpu / ours.cpu:9.1f}x", flush=True)


def measured(python: str, script: str, path: Path) -> Cost:
    """The wall time of the work in a script; processor time and memory of its whole process."""
    output, usage = run(python, script, path, 1)
    return Cost(told(output)["wall"], usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def told(output: str) -> Any:
    """What a script said at its end; libraries may print before it, on the same line."""
    return json.loads("{" + output.strip().splitlines()[-1].partition("{")[2])


def run(python: str, script: str, *arguments: object) -> tuple[str, resource.struct_rusage]:
    """Run a script in a process of its own: what it printed, and what it used.

    Raises:
        CalledProcessError: If it fails.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        command = [python, "-c", script, *map(str, arguments)]
        process = subprocess.Popen(command, stdout=output, stderr=errors, text=True)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        for file in (output, errors):
            file.seek(0)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command[0], stderr=errors.read())
        return output.read(), usage


if __name__ == "__main__":
    main()
