"""Several processes on one database: nothing fails, nothing is lost, nothing is half-written."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from mainspring.core.plugins import load_string
from mainspring.core.records import Kind, LinkKind
from mainspring.store import Store

WRITER = Path(__file__).with_name("writer.py")
PROCESSES = 8


def start(url: str, number: int, count: int | str) -> subprocess.Popen[str]:
    command = [sys.executable, str(WRITER), url, str(number), str(count)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def say_go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


@contextlib.contextmanager
def opened(url: str) -> Iterator[Store]:
    sys.path.insert(0, str(WRITER.parent))
    try:
        import writer
    finally:
        sys.path.pop(0)
    with contextlib.closing(load_string(writer.OPENERS[url.partition(":")[0]])(url)) as store:
        yield store


def test_eight_processes_open_a_fresh_database_and_write_at_once(untouched: str) -> None:
    count = 60 if untouched.startswith("sqlite") else 12
    processes = [start(untouched, number, count) for number in range(PROCESSES)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        say_go(process)
    results = [process.communicate(timeout=120) for process in processes]
    assert [error for _, error in results if error] == []
    answers = [json.loads(output) for output, _ in results]
    assert [answer["published"] for answer in answers] == [count] * PROCESSES
    # On a machine with much else to do a process may not be run for a while: a wait of minutes would be a fault.
    assert max(answer["longest"] for answer in answers) < 20
    with opened(untouched) as store:
        assert len(store.find(Kind.EXECUTION, limit=10_000).items) == count * PROCESSES
        assert len(store.find(Kind.ARTIFACT, limit=10_000).items) == 2 * count * PROCESSES
        contexts = store.find(Kind.CONTEXT).items
        assert sorted(context.name or "" for context in contexts) == ["shared 0", "shared 1", "shared 2"]
        for context in contexts:
            assert sorted(context.custom) == [str(number) for number in range(PROCESSES)]
        assert len(store.types()) == 3
        whole(store)


def test_a_killed_writer_leaves_nothing_half_written(untouched: str) -> None:
    confirmed = -1
    for number in range(3):
        process = start(untouched, number, 0)
        try:
            assert process.stdout is not None
            process.stdout.readline()
            say_go(process)
            for _ in range(5 + 7 * number):
                confirmed = int(process.stdout.readline())
            time.sleep(0.003 * number)
            process.send_signal(signal.SIGKILL)
        finally:
            process.kill()
            process.communicate(timeout=30)
        with opened(untouched) as store:
            found = store.find(Kind.EXECUTION, "name LIKE :mine", {"mine": f"{number} %"}, limit=10_000).items
            assert len(found) > confirmed, "what was confirmed is there"
            whole(store)


def test_each_message_is_claimed_by_one_process(untouched: str) -> None:
    with opened(untouched) as store:
        for number in range(60):
            store.put("run", {"n": number})
        processes = [start(untouched, number, "drain") for number in range(4)]
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        for process in processes:
            say_go(process)
        results = [process.communicate(timeout=120) for process in processes]
        assert [error for _, error in results if error] == []
        assert sorted(number for output, _ in results for number in json.loads(output)) == list(range(60))
        assert store.depth() == 0


def whole(store: Store) -> None:
    """Every step has its input, its output, its context, and its word in the index."""
    executions = store.find(Kind.EXECUTION, limit=100_000).items
    for execution in executions:
        kinds = [link.kind for link in store.links(Kind.EXECUTION, [execution.id or 0])]
        assert kinds == [LinkKind.INPUT, LinkKind.OUTPUT, LinkKind.ASSOCIATION]
        assert store.find(Kind.EXECUTION, "properties.word = :word", {"word": execution.name}).items == [execution]
    assert len(store.find(Kind.ARTIFACT, "executions.e.id > 0", limit=100_000).items) == 2 * len(executions)
    assert len(store.find(Kind.ARTIFACT, limit=100_000).items) == 2 * len(executions)
