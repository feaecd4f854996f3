"""How fast mini-batches come, and how long a learner waits for them: ``python benchmarks/batches.py [rows]``.

A learner that multiplies matrices goes through a Parquet file for three epochs, by each kind of cache. Beside it
stands what it would wait if nothing were prepared while it learns.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from mainspring.data import Feature, Schema, Table, Transform
from mainspring.models.training.batches import Batches

EPOCHS = 3
WIDTH = 256
SIZE = 1024


def make(folder: Path, rows: int) -> Path:
    """A Parquet file with 16 numbers and 4 words."""
    numbers = ", ".join(f"hash(i * 31 + {place}) % 1000 / 10.0 AS n{place:02d}" for place in range(16))
    words = ", ".join(f"'w' || (hash(i * 17 + {place}) % 20) AS c{place}" for place in range(4))
    label = "CASE WHEN hash(i) % 3 = 0 THEN 'yes' ELSE 'no' END AS y"
    query = f"SELECT {numbers}, {words}, {label} FROM range({rows}) t(i)"
    Table.of_query(query).write_parquet(folder / "rows.parquet")
    return folder / "rows.parquet"


def learn(matrix: np.ndarray) -> None:
    """Some work on a mini-batch."""
    np.tanh(matrix @ np.ones((matrix.shape[1], WIDTH)))


def run(batches: Batches) -> str:
    """Three epochs; what came out."""
    started = time.perf_counter()
    for epoch in range(EPOCHS):
        for rows in batches.epoch(epoch):
            learn(rows.matrix)
    seconds = time.perf_counter() - started
    waiting = batches.waiting
    return f"{seconds:7.2f} s  {waiting.rows / seconds:10,.0f} rows/s  waited {waiting.share:4.0%}"


def main(rows: int = 300_000) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        table = Table.read_parquet(make(Path(name), rows))
        features = {column.name: Feature(name=column.name, type=column.type) for column in table.columns}
        transform = Transform.fit(table.rows(0, 20_000), Schema(features=features, label="y"))
        given = {"table": table, "transform": transform, "size": SIZE}
        print(f"{rows:,} rows to {len(transform.outputs)} columns, {EPOCHS} epochs, batches of {SIZE}")
        started, learnt = time.perf_counter(), 0.0
        for epoch in range(EPOCHS):
            dice = np.random.default_rng(epoch)
            for chunk in table.chunks(65_536):
                matrix, target = transform.apply(chunk), transform.labels(chunk)
                chosen = dice.permutation(len(target))
                for start in range(0, len(target), SIZE):
                    rows_of_batch = matrix[chosen[start : start + SIZE]]
                    began = time.perf_counter()
                    learn(rows_of_batch)
                    learnt += time.perf_counter() - began
        seconds = time.perf_counter() - started
        rate, share = EPOCHS * rows / seconds, 1 - learnt / seconds
        print(f"{'one after the other':22} {seconds:7.2f} s  {rate:10,.0f} rows/s  waited {share:4.0%}")
        print(f"{'no cache':22} {run(Batches(**given))}")
        print(f"{'cache on disk':22} {run(Batches(**given, cache=Path(name) / 'cache'))}")
        print(f"{'cache in memory':22} {run(Batches(**given, cache='memory'))}")
        print(f"largest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
