"""Recording: executions per second on SQLite, beside the same rows written with the sqlite3 module alone.

    python benchmarks/record.py [--executions 3000] [--repeats 5] [--processes 8] [--folder DIR]

One execution is one publication: an execution, an input artifact, an output artifact and a context, with their
links. The plain column writes the same rows into the same tables with prepared statements and no checks: the
limit of the file, not a rival. The two take turns, so that a busy machine is busy for both.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import multiprocessing
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mainspring.core.records import (
    Artifact,
    Context,
    Execution,
    ExecutionState,
    Kind,
    LinkKind,
    NodeType,
    PropertyType,
)
from mainspring.store import Edge, Store
from mainspring.store.adapters.sqlite import open_store

PROPERTIES = {"accuracy": PropertyType.DOUBLE, "cache_key": PropertyType.STRING}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--executions", type=int, default=3000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--folder", help="where the files go; a temporary folder by default")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        one_writer(Path(folder), given.executions, given.repeats)
        calls(Path(folder))
        many_writers(Path(folder), given.executions // given.processes, given.processes)


def one_writer(folder: Path, executions: int, repeats: int) -> None:
    rows: dict[str, list[tuple[float, float]]] = {"mainspring": [], "sqlite3 alone": []}
    for repeat in range(repeats):
        path = folder / f"one{repeat}.db"
        with contextlib.closing(opened(path)) as store:
            rows["mainspring"].append(timed(lambda store=store: publish(store, 0, executions), executions))
        plain_path = folder / f"plain{repeat}.db"
        opened(plain_path).close()
        with contextlib.closing(sqlite3.connect(plain_path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA wal_autocheckpoint = 8000")
            work = lambda connection=connection: plain(connection, executions)  # noqa: E731 # timed below
            rows["sqlite3 alone"].append(timed(work, executions))
    base = statistics.median(cpu for cpu, _ in rows["sqlite3 alone"])
    print(f"{'one writer, medians':<32} {'executions/s':>13} {'CPU us each':>12} {'x plain':>8}")
    for name, taken in rows.items():
        cpu, wall = (statistics.median(times) for times in zip(*taken, strict=True))
        print(f"{name:<32} {1 / wall:>13,.0f} {cpu * 1e6:>12.0f} {cpu / base:>8.2f}")


def calls(folder: Path) -> None:
    """What single calls cost."""
    with contextlib.closing(opened(folder / "calls.db")) as store:
        publish(store, 0, 2000)
        keys = [key_of(0, number) for number in range(0, 2000, 2)]
        questions: dict[str, Callable[[int], object]] = {
            "get one": lambda n: store.get(Kind.EXECUTION, [n + 1]),
            "find by a declared text": lambda n: store.find(
                Kind.EXECUTION, "properties.cache_key = :key AND state = COMPLETE", {"key": keys[n]}, limit=1
            ),
            "find by a neighbour's name": lambda _: store.find(
                Kind.ARTIFACT, "properties.accuracy > 0.9 AND contexts.c.name = 'taxi'", limit=10
            ),
            "transition": lambda n: store.transition(runs[n].id or 0, ExecutionState.COMPLETE),
        }
        runs = store.publish([Execution(type="Thing", state=ExecutionState.RUNNING) for _ in range(1000)])
        print(f"\n{'one call':<32} {'CPU us':>13}")
        for name, question in questions.items():
            started = time.process_time()
            for number in range(1000):
                question(number)
            print(f"{name:<32} {(time.process_time() - started) * 1e3:>13.0f}")


def many_writers(folder: Path, executions: int, processes: int) -> None:
    path = folder / "many.db"
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes + 1)
    answers = context.Queue()
    writers = [
        context.Process(target=writer, args=(path, number, executions, barrier, answers))
        for number in range(processes)
    ]
    for process in writers:
        process.start()
    barrier.wait()
    started = time.perf_counter()
    waits = [answers.get() for _ in writers]
    seconds = time.perf_counter() - started
    for process in writers:
        process.join()
    with contextlib.closing(opened(path)) as store:
        page, count = None, 0
        while True:
            answer = store.find(Kind.EXECUTION, limit=5000, page=page)
            count, page = count + len(answer.items), answer.next
            if page is None:
                break
    lost = processes * executions - count
    print(f"\n{f'{processes} writing processes':<32} {'executions/s':>13} {'longest wait s':>15} {'lost':>5}")
    print(f"{'mainspring':<32} {count / seconds:>13,.0f} {max(waits):>15.3f} {lost:>5}")


def writer(path: Path, number: int, executions: int, barrier: object, answers: object) -> None:
    barrier.wait()  # type: ignore[attr-defined] # of multiprocessing
    with contextlib.closing(opened(path)) as store:
        answers.put(publish(store, number, executions))  # type: ignore[attr-defined] # of multiprocessing


def opened(path: Path) -> Store:
    store = open_store(f"sqlite:///{path}")
    for kind in Kind:
        store.put_type(NodeType(kind=kind, name="Thing", properties=PROPERTIES))
    return store


def key_of(writer_number: int, number: int) -> str:
    return hashlib.sha256(f"{writer_number} {number}".encode()).hexdigest()


def publish(store: Store, writer_number: int, executions: int) -> float:
    """Publish executions; gives the longest time that one took, in seconds."""
    longest = 0.0
    for number in range(executions):
        key = key_of(writer_number, number)
        before = time.perf_counter()
        context = Context(type="Thing", name="taxi")
        execution = Execution(type="Thing", state=ExecutionState.COMPLETE, properties={"cache_key": key})
        data = Artifact(type="Thing", uri=f"blob:sha256:{key}", digest=f"sha256:{key}")
        model = Artifact(type="Thing", digest=f"sha256:{key[::-1]}", properties={"accuracy": number / executions})
        store.publish(
            [context, execution, data, model],
            [
                Edge(LinkKind.INPUT, data, execution, "data"),
                Edge(LinkKind.OUTPUT, execution, model, "model"),
                Edge(LinkKind.ASSOCIATION, execution, context),
                Edge(LinkKind.ATTRIBUTION, model, context),
            ],
        )
        longest = max(longest, time.perf_counter() - before)
    return longest


def plain(connection: sqlite3.Connection, executions: int) -> None:
    """The same rows, with nothing but the statements."""
    execute = connection.execute
    execute("INSERT INTO context VALUES (1, 3, 'taxi', '{}', '{}', NULL, 0, 0)")
    for number in range(1, executions + 1):
        key = key_of(0, number)
        execute("BEGIN IMMEDIATE")
        execute("SELECT * FROM context WHERE type_id = ? AND name = ?", (3, "taxi")).fetchone()
        properties = f'{{"cache_key":"{key}"}}'
        execute(
            "INSERT INTO execution VALUES (?, 2, NULL, 'COMPLETE', ?, '{}', NULL, NULL, NULL, 0, 0)",
            (number, properties),
        )
        execute("INSERT INTO execution_text VALUES ('cache_key', ?, ?)", (key, number))
        artifact = "INSERT INTO artifact VALUES (?, 1, NULL, ?, ?, 'LIVE', ?, '{}', NULL, 0, 0)"
        execute(artifact, (2 * number, f"blob:sha256:{key}", f"sha256:{key}", "{}"))
        execute(artifact, (2 * number + 1, None, f"sha256:{key[::-1]}", '{"accuracy":0.5}'))
        execute("INSERT INTO event_input VALUES (?, ?, 'data', 0, 0)", (number, 2 * number))
        execute("INSERT INTO event_output VALUES (?, ?, 'model', 0, 0)", (2 * number + 1, number))
        execute("INSERT INTO association VALUES (1, ?, 0)", (number,))
        execute("INSERT INTO attribution VALUES (1, ?, 0)", (2 * number + 1,))
        execute("COMMIT")


def timed(work: Callable[[], object], count: int) -> tuple[float, float]:
    """CPU and wall seconds for one of many."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return (time.process_time() - cpu) / count, (time.perf_counter() - wall) / count


if __name__ == "__main__":
    main()
