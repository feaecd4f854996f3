"""Many rows answered: `mainspring.serving.bulk` against a loop by hand, and a run that is killed half-way.

    python benchmarks/bulk.py                              # a million rows, three models, in turns
    python benchmarks/bulk.py --rows 200000 --rounds 1
    python benchmarks/bulk.py --resume --rows 10000000     # killed with -9 half-way, run again, every row checked

The limit is one process that reads batches of the same Parquet file, calls the same runtime and writes one Parquet
file, and does nothing else: once with pyarrow, once with DuckDB, whichever is faster. Bulk checks every value,
counts what the report tells, hashes the data, keeps every part durable, and puts the parts together. All are whole
processes, imports included; the data is in the page cache. Read the ratios: wall times say little on a busy
machine, processor time repeats well.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODELS = ("boosted", "words", "linear")
PART = 122_880
WORDS = [f"word {number}" for number in range(60)]


@dataclass(frozen=True)
class Took:
    """Seconds on the wall and on the processors, and the most memory of all its processes together, in MB."""

    wall: float
    cpu: float
    peak: float


def make_package(kind: str, folder: Path) -> None:
    """A classifier: boosted trees on 30 numbers, the same on numbers and words, or a line through 8 numbers."""
    import numpy as np

    from mainspring.data import Table, Transform, infer, split_rows, summarize
    from mainspring.models.packaging import build
    from mainspring.models.training import train

    dice = np.random.default_rng(7)
    rows, width = 4_000, {"boosted": 30, "words": 10, "linear": 8}[kind]
    columns: dict[str, Any] = {f"x{place}": dice.normal(size=rows) for place in range(width)}
    total = columns["x0"] + columns["x1"] * columns["x2"] + dice.normal(scale=0.3, size=rows)
    if kind == "words":
        for name in ("city", "kind"):
            places = dice.integers(len(WORDS), size=rows)
            columns[name] = [WORDS[place] for place in places]
            total = total + (places % 5 - 2) / 2
    columns["label"] = np.where(total > 0, "yes", "no").tolist()
    splits, _ = split_rows(Table.from_columns(columns), {"train": 3, "eval": 1})
    transform = Transform.fit(splits["train"], infer(summarize(splits), label="label"))
    estimator = "sklearn.linear_model.LogisticRegression" if kind == "linear" else "lightgbm.LGBMClassifier"
    params = {} if kind == "linear" else {"n_estimators": 100, "num_leaves": 15}
    package = build(train(splits["train"], transform, estimator=estimator, params=params), splits["eval"])
    folder.mkdir()
    package.save(folder)


def make_rows(kind: str, path: Path, rows: int) -> None:
    """Rows of the same columns, generated in the engine: any number of them in little memory."""
    from mainspring.data import engine

    width = {"boosted": 30, "words": 10, "linear": 8}[kind]
    cells = [f"sin(i * {place + 1}.7) * 2 + cos(i / {place + 3}.0) AS x{place}" for place in range(width)]
    if kind == "words":
        cells += [f"'word ' || (i * {step} % 61) AS {name}" for name, step in (("city", 7), ("kind", 13))]
    query = f"SELECT i AS id, {', '.join(cells)} FROM range({rows}) t(i)"
    with engine.cursor() as found:
        found.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE {PART})").fetchall()


# ------------------------------------------------------------ what is compared


def by_hand_arrow(package: Path, data: Path, out: Path) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from mainspring.models.package import Package

    loaded = Package.load(package)
    runtime, inputs = loaded.open(threads=1), loaded.signature.inputs
    writer = None
    for batch in pq.ParquetFile(data).iter_batches(PART, columns=["id", *(one.name for one in inputs)]):
        columns = {one.name: batch.column(one.name).to_numpy(zero_copy_only=False) for one in inputs}
        outputs = runtime.predict(columns)
        scores = [np.ascontiguousarray(outputs["probabilities"][:, place]) for place in (0, 1)]
        told = {"id": batch.column("id"), "label": outputs["label"], "p_no": scores[0], "p_yes": scores[1]}
        table = pa.table(told)
        writer = writer or pq.ParquetWriter(out, table.schema, compression="zstd")
        writer.write_table(table)
    assert writer is not None
    writer.close()


def by_hand_duckdb(package: Path, data: Path, out: Path) -> None:
    import duckdb
    import numpy as np

    from mainspring.models.package import Package

    loaded = Package.load(package)
    runtime, inputs = loaded.open(threads=1), loaded.signature.inputs
    connection = duckdb.connect()
    listed = ", ".join(["id", *(f'"{one.name}"' for one in inputs)])
    rows = connection.execute(f"SELECT count(*) FROM '{data}'").fetchall()[0][0]
    connection.execute("CREATE TABLE answers (id BIGINT, label VARCHAR, p_no DOUBLE, p_yes DOUBLE)")
    for start in range(0, rows, PART):
        where = f"file_row_number >= {start} AND file_row_number < {start + PART}"
        found = connection.execute(
            f"SELECT {listed} FROM read_parquet('{data}', file_row_number = true) WHERE {where}"
        ).fetchnumpy()
        outputs = runtime.predict({one.name: np.asarray(found[one.name]) for one in inputs})
        scores = [np.ascontiguousarray(outputs["probabilities"][:, place]) for place in (0, 1)]
        connection.register("given", {"i": found["id"], "l": outputs["label"], "a": scores[0], "b": scores[1]})
        connection.execute("INSERT INTO answers SELECT * FROM given")
    connection.execute(f"COPY answers TO '{out}' (FORMAT parquet, COMPRESSION zstd)")


def by_bulk(package: Path, data: Path, out: Path, processes: int) -> None:
    from mainspring.models.package import Package
    from mainspring.serving.bulk import Options, PackageAnswerer, run

    model = PackageAnswerer(Package.load(package), name="model", version="1.0.0")
    report = run(data, model, out, options=Options(keep=("id",)), processes=processes or None)
    print(json.dumps({"resumed": report.resumed, "rows": report.rows}))


# ------------------------------------------------------------ measuring it


def tree(pid: int) -> Iterator[int]:
    """A process and those below it."""
    yield pid
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from tree(int(child))
    except OSError:
        return


def held(pid: int) -> float:
    """The memory of a process and those below it, in MB; what they share is counted once (PSS)."""
    total = 0
    for one in tree(pid):
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


def begin(arguments: list[str]) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    return subprocess.Popen([sys.executable, __file__, *arguments], stdout=subprocess.DEVNULL, env=environment)


def timed(arguments: list[str]) -> Took:
    """Run this file in a process of its own, and watch it."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process, most = begin(arguments), 0.0
    while process.poll() is None:
        most = max(most, held(process.pid))
        time.sleep(0.1)
    took = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert process.returncode == 0, arguments
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(took, cpu, most)


def compare(place: Path, rows: int, rounds: int, models: list[str]) -> None:
    ways = {
        "by hand, pyarrow": "arrow",
        "by hand, DuckDB": "duckdb",
        "bulk, 1 process": "1",
        "bulk, all cores": "0",
    }
    print(f"{rows:,} rows, {os.cpu_count()} cores, medians of {rounds} rounds in turns\n")
    print(f"{'':10}{'':18}{'wall s':>8}{'rows/s':>11}{'CPU s':>8}{'peak MB':>9}{'of rows/s':>11}{'of CPU':>8}")
    for kind in models:
        package, data = place / kind, place / f"{kind}.parquet"
        make_package(kind, package)
        make_rows(kind, data, rows)
        found: dict[str, list[Took]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, how in ways.items():
                out = place / "out.parquet"
                found[way].append(timed(["--one", how, str(package), str(data), str(out)]))
        middle = {
            way: Took(*(statistics.median(getattr(one, name) for one in each) for name in ("wall", "cpu", "peak")))
            for way, each in found.items()
        }
        limit = min((middle[way] for way in ways if "hand" in way), key=lambda one: one.wall)
        least = min(middle[way].cpu for way in ways if "hand" in way)
        for way, took in middle.items():
            print(
                f"{kind:10}{way:18}{took.wall:8.2f}{rows / took.wall:11,.0f}{took.cpu:8.2f}{took.peak:9.0f}"
                f"{limit.wall / took.wall:11.2f}{least / took.cpu:8.2f}"
            )
        data.unlink()


# ------------------------------------------------------------ killed and resumed


def resume(place: Path, rows: int, kind: str, form: str) -> None:
    """Kill a run half-way, run it again, and check every row against the runtime itself."""
    package, data, out = place / kind, place / f"{kind}.parquet", place / f"answers.{form}"
    make_package(kind, package)
    began = time.perf_counter()
    make_rows(kind, data, rows)
    print(f"{rows:,} rows, {data.stat().st_size >> 20} MB, generated in {time.perf_counter() - began:.1f} s")
    arguments = ["--one", "0", str(package), str(data), str(out)]
    parts = out.with_name(f"{out.name}.work") / "parts"
    total = -(-rows // PART)
    began, most = time.perf_counter(), 0.0
    process = begin(arguments)
    while (made := sum(one.name.isdecimal() for one in parts.glob("*"))) < total // 2:
        assert process.poll() is None, "it ended before it was killed"
        most = max(most, held(process.pid))
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    first = time.perf_counter() - began
    print(f"killed after {first:.1f} s with {made} of {total} parts; there is no {out.name}: {not out.exists()}")
    second = timed(arguments)
    report = json.loads(out.with_name(f"{out.name}.report.json").read_text())
    print(
        f"resumed with {report['resumed']:,} rows there already, done after {second.wall:.1f} s more; "
        f"peak memory of all processes {max(most, second.peak):.0f} MB"
    )
    print(
        f"{rows / (first + second.wall):,.0f} rows/s from start to end, {out.stat().st_size >> 20} MB of answers"
    )
    check(package, data, out, rows)


def check(package: Path, data: Path, out: Path, rows: int) -> None:
    """Every row once, in order, with the answer that the runtime gives to it."""
    import numpy as np

    from mainspring.data import Table, read
    from mainspring.models.package import Package, columns_of

    loaded = Package.load(package)
    runtime = loaded.open()
    answers, given = read(out), Table.read_parquet(data)
    assert answers.num_rows == given.num_rows == rows
    wrong = out_of_place = 0
    for start in range(0, rows, 1_000_000):
        some, told = given.rows(start, start + 1_000_000), answers.rows(start, start + 1_000_000)
        numbers = told.column("id")
        out_of_place += int((numbers != np.arange(start, start + len(numbers))).sum())
        outputs = runtime.predict(columns_of(some, loaded.signature))
        wrong += int((told.column("p_yes") != outputs["probabilities"][:, 1]).sum())
        wrong += int((told.column("label") != outputs["label"]).sum())
    print(f"{rows:,} rows, {out_of_place} out of place, {wrong} answers unlike those of the runtime")
    assert out_of_place == wrong == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--models", default=",".join(MODELS), help="some of " + ", ".join(MODELS))
    parser.add_argument("--resume", action="store_true", help="kill a run half-way, and run it again")
    parser.add_argument("--form", default="parquet", choices=("parquet", "csv"))
    parser.add_argument("--folder", type=Path, help="where files are made; a temporary folder without it")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        how, *paths = given.one
        package, data, out = map(Path, paths)
        ways = {"arrow": by_hand_arrow, "duckdb": by_hand_duckdb}
        ways[how](package, data, out) if how in ways else by_bulk(package, data, out, int(how))
        return
    place = Path(tempfile.mkdtemp(prefix="mainspring-bulk-", dir=given.folder))
    try:
        models = given.models.split(",")
        if given.resume:
            resume(place, given.rows, models[0] if given.models != ",".join(MODELS) else "linear", given.form)
        else:
            compare(place, given.rows, given.rounds, models)
    finally:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main()
