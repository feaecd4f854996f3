"""One transform, from fit to single rows, beside the same ColumnTransformer of scikit-learn.

Twenty mixed columns: ten numbers with gaps, four whole numbers, a flag, and five words with 5 to 50,000 different
values. Both fill missing numbers with the median and scale to mean 0 and deviation 1, and turn words into one
column for each of the 20 most frequent ones, one for all others, and one for missing. Everything runs in one
process, in turns; medians over the rounds are shown. Both read Parquet, by the same database; scikit-learn is also
shown without its reading.

    python benchmarks/models.py                       # a million rows, 3 rounds
    python benchmarks/models.py --rows 200000
    python benchmarks/models.py --large               # 20 million rows from Parquet, piece by piece, within 2 GiB

Read the ratios and the processor seconds. On a busy machine wall times say little.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

NUMBERS = [f"n{place}" for place in range(10)]
COUNTS = [f"i{place}" for place in range(4)]
WORDS = {"s5": 5, "s50": 50, "s200": 200, "s1k": 1000, "s50k": 50_000}
TOP = 20
PIECE = 1 << 16


@dataclass(frozen=True)
class Took:
    """Wall and processor seconds."""

    wall: float
    cpu: float


def make_parquet(path: Path, rows: int) -> None:
    """Mixed columns, made by the database without passing through Python."""
    import duckdb

    gap = "CASE WHEN random() < 0.03 THEN NULL ELSE {} END"
    normal = "sqrt(-2 * ln(random() + 1e-12)) * cos(6.283 * random())"
    columns = [f"{gap.format(normal)} AS {name}" for name in NUMBERS]
    columns += [f"(random() * {10 ** (place + 1)})::BIGINT AS {name}" for place, name in enumerate(COUNTS)]
    columns += [
        gap.format(f"'w' || (random() * random() * {size})::INT") + f" AS {name}" for name, size in WORDS.items()
    ]
    columns += ["random() < 0.3 AS flag", "random() < 0.5 AS label"]
    with duckdb.connect() as database:
        database.execute("SELECT setseed(0.5)")
        query = f"SELECT {', '.join(columns)} FROM range({rows})"
        database.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


def timed(work: Callable[[], Any]) -> tuple[Took, Any]:
    """How long something took, with all threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    return Took(time.perf_counter() - wall, time.process_time() - cpu), made


def schema_of(table: Any) -> Any:
    """A schema of the table's own types."""
    from mainspring.data import Feature, Schema

    return Schema(
        features={one.name: Feature(name=one.name, type=one.type) for one in table.columns}, label="label"
    )


def features(columns: Any) -> Any:
    """The same as the ColumnTransformer: filled and scaled numbers, words in columns."""
    numbers = [columns[name].impute("median").z_score() for name in [*NUMBERS, *COUNTS, "flag"]]
    return [*numbers, *(columns[name].one_hot(TOP) for name in WORDS)]


def column_transformer() -> Any:
    """The same in scikit-learn."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = OneHotEncoder(max_categories=TOP + 1, handle_unknown="infrequent_if_exist", sparse_output=False)
    return ColumnTransformer([("numbers", numbers, [*NUMBERS, *COUNTS, "flag"]), ("words", words, [*WORDS])])


def fit_and_apply(path: Path, rounds: int) -> None:
    """Fit and apply; scikit-learn also without the reading, from a data frame that is there already."""
    import duckdb

    from mainspring.data import Table, Transform

    def ours() -> Any:
        table = Table.read_parquet(path)
        transform = Transform.fit(table, schema_of(table), function=features, label="label")
        return transform.apply(table)

    def read() -> Any:
        with duckdb.connect() as database:
            return database.read_parquet(str(path)).df()

    frame = read()
    works = {
        "mainspring": ours,
        "scikit-learn": lambda: column_transformer().fit_transform(read()),
        "  without reading": lambda: column_transformer().fit_transform(frame),
    }
    found: dict[str, list[Took]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            took, matrix = timed(work)
            found[name].append(took)
            shape = matrix.shape
            del matrix
    base = found["mainspring"]
    for name, all_took in found.items():
        wall, cpu = (statistics.median(getattr(one, what) for one in all_took) for what in ("wall", "cpu"))
        print(f"  {name:<18} {wall:7.2f} s wall {cpu:7.2f} s cpu   {shape}", end="")
        ratios = [
            statistics.median(getattr(b, what) / getattr(a, what) for a, b in zip(base, all_took, strict=True))
            for what in ("wall", "cpu")
        ]
        print("" if all_took is base else f"   {ratios[0]:.1f} x wall, {ratios[1]:.1f} x cpu")


def by_graph(path: Path) -> None:
    """The same matrix by the ops and by the graph."""
    from mainspring.data import Table, Transform
    from mainspring.models.matrices import matrix_by_graph

    table = Table.read_parquet(path)
    transform = Transform.fit(table, schema_of(table), function=features, label="label")
    took, expected = timed(lambda: transform.apply(table))
    print(f"  ops in NumPy     {took.wall:6.2f} s wall {took.cpu:6.2f} s cpu")
    took, found = timed(lambda: matrix_by_graph(table, transform))
    same = "equal to the last bit" if np.array_equal(found, expected, equal_nan=True) else "DIFFERENT"
    print(f"  graph in ONNX    {took.wall:6.2f} s wall {took.cpu:6.2f} s cpu   {same}")


def package(path: Path) -> Any:
    """Train gradient boosting on a part, and time the proof of 10,000 rows."""
    from mainspring.data import Table, Transform
    from mainspring.models import build, train

    table = Table.read_parquet(path)
    some, held_out = table.rows(0, 20_000), table.rows(20_000, 30_000)
    transform = Transform.fit(some, schema_of(some), function=features, label="label")
    model = train(some, transform, estimator="lightgbm.LGBMClassifier", params={"n_estimators": 100, "n_jobs": 2})
    took, made = timed(lambda: build(model, held_out))
    print(f"  {made.parity}")
    size = made.files.size("model.onnx")
    print(f"  package with proof {took.wall:.2f} s wall {took.cpu:.2f} s cpu, {size:,} bytes")
    return made, held_out


def single_rows(made: Any, table: Any, rows: int = 2000) -> None:
    """One row at a time, in process."""
    runtime = made.open()
    given = list(table.rows(0, rows).drop(["label"]).iter_rows())
    asked = [made.signature.columns([row]) for row in given]
    for name, work in (
        ("columns to answer", lambda row: runtime.predict(asked[row])),
        ("JSON values to answer", lambda row: runtime.predict(made.signature.columns([given[row]]))),
    ):
        for row in range(100):
            work(row)
        took = []
        for row in range(rows):
            start = time.perf_counter()
            work(row)
            took.append(time.perf_counter() - start)
        low, high = np.quantile(took, [0.5, 0.99]) * 1e3
        print(f"  {name:<24} p50 {low:.3f} ms   p99 {high:.3f} ms")


def apply_large(path: str) -> None:
    """Fit and apply piece by piece; the largest memory of this process counts."""
    from mainspring.data import Table, Transform

    table = Table.read_parquet(Path(path))
    fitted, transform = timed(lambda: Transform.fit(table, schema_of(table), function=features, label="label"))

    def all_pieces() -> int:
        return sum(len(piece) for piece in transform.apply_chunks(table, PIECE, dtype="float32"))

    applied, rows = timed(all_pieces)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    for name, took in (("fit", fitted), ("apply", applied)):
        print(f"  {name:<6} {took.wall:7.1f} s wall {took.cpu:7.1f} s cpu")
    print(f"  {rows:,} rows, peak {peak:.2f} GiB")


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", action="store_true", help="20 million rows within 2 GiB instead of the rest")
    parser.add_argument("--large-rows", type=int, default=20_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mainspring-") as folder:
        path = Path(folder, "rows.parquet")
        make_parquet(path, options.large_rows if options.large else options.rows)
        if options.large:
            print(f"{options.large_rows:,} x 21, piece by piece")
            process = multiprocessing.get_context("spawn").Process(target=apply_large, args=(str(path),))
            process.start()
            process.join()
            return
        print(f"fit and apply, {options.rows:,} x 20, from Parquet")
        fit_and_apply(path, options.rounds)
        print("the matrix alone")
        by_graph(path)
        print("package: transform and gradient boosting, 100 trees")
        made, held_out = package(path)
        print("single rows")
        single_rows(made, held_out)


if __name__ == "__main__":
    main()
