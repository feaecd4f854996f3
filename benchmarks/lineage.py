"""Lineage over a million edges: how long a walk of 100 hops takes, before and after ANALYZE.

    python benchmarks/lineage.py [--edges 1000000] [--url sqlite:///path.db]

The graph: pipelines of 100 runs. Each run ingests data, trains a model from it and from the model and evaluation
of the run before, evaluates it against that model, and pushes it. So the model of the last run has 100 hops behind
it, and there are many ways of different lengths from one artifact to another. The plain column is the shortest
statement that finds the same ids in the same file with the sqlite3 module alone: no rows, no links, no types.
"""

from __future__ import annotations

import argparse
import contextlib
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mainspring.core.records import Artifact, Direction, Execution, ExecutionState, Kind, LinkKind, NodeType
from mainspring.store import Edge, MetadataStore
from mainspring.store.adapters.sqlite import open_store

RUNS = 100
EDGES_OF_A_RUN = 13

PLAIN = """
WITH RECURSIVE up (id) AS (
    SELECT ? UNION
    SELECT i.artifact_id FROM up JOIN event_output o ON o.artifact_id = up.id
    JOIN event_input i ON i.execution_id = o.execution_id
) SELECT id FROM up
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--edges", type=int, default=1_000_000)
    arguments.add_argument("--repeats", type=int, default=9)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "record.db"
        with contextlib.closing(open_store(f"sqlite:///{path}")) as store:
            started = time.perf_counter()
            models = build(store, given.edges)
            seconds = time.perf_counter() - started
            print(f"{given.edges:,} edges written in {seconds:.0f} s, {path.stat().st_size / 1e6:.0f} MB")
            measure(store, path, models, given.repeats, "")
            with contextlib.closing(sqlite3.connect(path)) as connection:
                connection.execute("ANALYZE")
        with contextlib.closing(open_store(f"sqlite:///{path}")) as store:
            measure(store, path, models, given.repeats, ", after ANALYZE")


def build(store: MetadataStore, edges: int) -> list[int]:
    """Write pipelines until there are enough edges; gives the last models."""
    store.put_type(NodeType(kind=Kind.ARTIFACT, name="Thing"))
    store.put_type(NodeType(kind=Kind.EXECUTION, name="Step"))
    last = []
    for number in range(max(1, edges // (RUNS * EDGES_OF_A_RUN))):
        last.append(pipeline(store))
        if sys.stderr.isatty():
            print(f"\r{number * RUNS * EDGES_OF_A_RUN:,} edges", end="", file=sys.stderr)
    return last


def pipeline(store: MetadataStore) -> int:
    """One pipeline: 100 runs, each starting from the model of the one before."""
    nodes: list[Artifact | Execution] = []
    links: list[Edge] = []
    model: Artifact | None = None
    evaluation: Artifact | None = None

    def step(inputs: list[Artifact | None], outputs: int) -> list[Artifact]:
        execution = Execution(type="Step", state=ExecutionState.COMPLETE)
        made = [Artifact(type="Thing") for _ in range(outputs)]
        nodes.extend([execution, *made])
        links.extend(Edge(LinkKind.INPUT, artifact, execution) for artifact in inputs if artifact is not None)
        links.extend(Edge(LinkKind.OUTPUT, execution, artifact) for artifact in made)
        return made

    for _ in range(RUNS):
        data, schema = step([], 2)
        before = model
        (model,) = step([data, schema, before, evaluation], 1)
        (evaluation,) = step([model, data, before], 1)
        step([model, evaluation], 0)
    stored = store.publish(nodes, links)
    last = next(node for node, given in zip(stored, nodes, strict=True) if given is model)
    return last.id or 0


def measure(store: MetadataStore, path: Path, models: list[int], repeats: int, when: str) -> None:
    """Print the medians."""
    starts = [models[number * len(models) // repeats] for number in range(repeats)]
    with contextlib.closing(sqlite3.connect(path)) as connection:
        plain = median(starts, lambda start: connection.execute(PLAIN, (start,)).fetchall())
    print(f"\n{'question' + when:<44} {'nodes':>7} {'ms':>9} {'x plain':>9}")
    for title, hops, direction in (
        ("up, without a bound", None, Direction.UP),
        ("up, 100 hops", 100, Direction.UP),
        ("up, 5 hops", 5, Direction.UP),
        ("both ways, 100 hops", 100, Direction.BOTH),
    ):
        count = len(store.lineage(Kind.ARTIFACT, [starts[0]], hops=hops, direction=direction).nodes)
        taken = median(
            starts, lambda start, h=hops, d=direction: store.lineage(Kind.ARTIFACT, [start], hops=h, direction=d)
        )
        print(f"{title:<44} {count:>7,} {taken * 1e3:>9.2f} {taken / plain:>9.1f}")
    print(f"{'plain sqlite3: the ids alone':<44} {'':>7} {plain * 1e3:>9.2f} {1:>9.1f}")


def median(starts: list[int], work: Callable[[int], object]) -> float:
    taken = []
    for start in starts:
        before = time.perf_counter()
        work(start)
        taken.append(time.perf_counter() - before)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
