"""A process that publishes steps, started by test_processes.py: ``writer.py URL NUMBER COUNT``.

With ``drain`` for COUNT it empties the queue instead, and ends with a JSON list of what it got.

Prints ``ready``, waits for a line, then publishes; ends with a JSON line: how many were published, and the longest
wait for one, in seconds. With COUNT 0 it publishes until it is killed, and prints the number of each step that was
confirmed.
"""

from __future__ import annotations

import itertools
import json
import sys
import time

from mainspring.core.plugins import load_string
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

OPENERS = {
    "sqlite": "mainspring.store.adapters.sqlite:open_store",
    "postgresql": "mainspring.store.adapters.postgresql:open_store",
    "mariadb": "mainspring.store.adapters.mysql:open_store",
}


def main(url: str, number: str, count: str) -> None:
    print("ready", flush=True)
    sys.stdin.readline()
    store = load_string(OPENERS[url.partition(":")[0]])(url)
    if count == "drain":
        drain(store, number)
    else:
        publish(store, number, int(count))
    store.close()


def drain(store: Store, number: str) -> None:
    got = []
    while (message := store.claim(["run"], worker=number, seconds=60)) is not None:
        got.append(message.body["n"])
        store.done(message)
    print(json.dumps(got))


def publish(store: Store, number: str, count: int) -> None:
    for kind in Kind:
        store.put_type(NodeType(kind=kind, name="Thing", properties={"word": PropertyType.STRING}))
    longest = 0.0
    for step in range(count) if count else itertools.count():
        before = time.monotonic()
        data, model = (Artifact(type="Thing", name=f"{name} {number} {step}") for name in ("data", "model"))
        execution = Execution(
            type="Thing",
            name=f"{number} {step}",
            state=ExecutionState.COMPLETE,
            properties={"word": f"{number} {step}"},
        )
        shared = Context(type="Thing", name=f"shared {step % 3}", custom={number: step})
        store.publish(
            [shared, data, execution, model],
            [
                Edge(LinkKind.INPUT, data, execution, "data"),
                Edge(LinkKind.OUTPUT, execution, model, "model"),
                Edge(LinkKind.ASSOCIATION, execution, shared),
                Edge(LinkKind.ATTRIBUTION, model, shared),
            ],
        )
        longest = max(longest, time.monotonic() - before)
        if not count:
            print(step, flush=True)
    print(json.dumps({"published": count, "longest": longest}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])
