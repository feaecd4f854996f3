"""Transforms: how long fitting and applying one takes beside scikit-learn, and what a large table needs.

    python benchmarks/transforms.py [--repeats 3] [--large 20000000] [--folder FOLDER]

The table is that of ``data.py`` without its timestamp: 15 columns of numbers (some with holes), 4 of words. On our
side numbers are imputed and scaled and words become 100 columns and two more, from the Parquet file to the last
piece of the dense float64 matrix, reading included. On the other side it is one ``fit_transform`` of a column
transformer (``SimpleImputer`` and ``StandardScaler``; ``OneHotEncoder(max_categories=100)``, sparse) on a pandas
data frame that is in memory already. Both sides run in turns in processes of their own; the best counts.
Processor time is told too, because it is the steadier of the two on a busy machine.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from data import ROWS, table_of

START = """
import json, resource, sys, time
from mainspring.data import Table
from mainspring.data.schema import Feature, Schema
from mainspring.data.transforms import Transform
path, way = sys.argv[1], sys.argv[2]
table = Table.read_parquet(path).drop(["ts"])
numbers = [column.name for column in table.columns if str(column.type) in ("INT", "FLOAT", "BOOL")]
words = [column.name for column in table.columns if str(column.type) == "STRING"]
"""

OURS = """
schema = Schema(features={column.name: Feature(name=column.name, type=column.type) for column in table.columns})
def function(c):
    return c.numeric().impute(way).z_score(), c.categorical().one_hot(top=100)
wall, cpu = time.perf_counter(), time.process_time()
transform = Transform.fit(table, schema, function=function)
fitted = time.perf_counter()
rows = sum(len(piece) for piece in transform.apply_chunks(table))
"""

THEIRS = """
import pandas
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
frame = pandas.DataFrame({name: table.column(name) for name in numbers + words})
scaled = make_pipeline(SimpleImputer(strategy=way), StandardScaler())
coded = OneHotEncoder(max_categories=100, handle_unknown="infrequent_if_exist")
wall, cpu = time.perf_counter(), time.process_time()
fitted = wall
rows = ColumnTransformer([("n", scaled, numbers), ("w", coded, words)]).fit_transform(frame).shape[0]
"""

END = """
print(json.dumps({
    "rows": rows, "fit": fitted - wall, "wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu,
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--repeats", type=int, default=3)
    arguments.add_argument("--large", type=int, default=20 * ROWS, help="rows of the large table; 0 leaves it out")
    arguments.add_argument("--folder", type=Path, help="where the tables are kept; else a temporary folder")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        for way in ("mean", "median"):
            beside(table_of(ROWS, folder), way, given.repeats)
        if given.large:
            found = measured(OURS, table_of(given.large, folder), "mean")
            print(f"\n{given.large:,} rows: {found['wall']:.0f} s, {found['memory']:,.0f} MiB at most")


def beside(path: Path, way: str, repeats: int) -> None:
    """Ours and scikit-learn's, in turns."""
    turns = [(measured(OURS, path, way), measured(THEIRS, path, way)) for _ in range(repeats)]
    print(f"\n{ROWS:,} x 19, {way} for missing numbers, best of {repeats} in turns")
    best = {}
    for place, name in enumerate(("ours", "scikit-learn")):
        best[name] = {key: min(turn[place][key] for turn in turns) for key in ("wall", "cpu", "memory")}
        told = best[name]
        print(f"  {name:<13}{told['wall']:6.2f} s {told['cpu']:6.2f} s of processors {told['memory']:8,.0f} MiB")
    ratios = [best["scikit-learn"][key] / best["ours"][key] for key in ("wall", "cpu")]
    print(f"  {'faster':<13}{ratios[0]:6.2f}   {ratios[1]:6.2f}")


def measured(script: str, path: Path, way: str) -> dict[str, Any]:
    """What a process of its own says of its work."""
    command = [sys.executable, "-c", START + script + END, str(path), way]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


if __name__ == "__main__":
    main()
