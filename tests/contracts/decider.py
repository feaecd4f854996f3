"""Processes that decide about versions, started by test_registry.py: ``decider.py URL BLOBS TASK...``.

There is a process for each task, a verb and a version: ``register``, ``sign 1.0.0``, ``attach 1.0.0``,
``tag 1.0.0``, ``promote 1.0.0``, ``deliver``. They begin at the same moment, once each has opened the database.
What they said is printed at the end, as a list in JSON.
"""

from __future__ import annotations

import json
import os
import sys
import traceback

from mainspring.core.plugins import load_string
from mainspring.models.files import Files
from mainspring.models.package import Package
from mainspring.models.parity import Parity
from mainspring.models.registry import Policy, Registry
from mainspring.models.registry.webhooks import Courier
from mainspring.models.signature import Field, Signature
from mainspring.store import Store

OPENERS = {
    "sqlite": "mainspring.store.adapters.sqlite:open_store",
    "postgresql": "mainspring.store.adapters.postgresql:open_store",
    "mariadb": "mainspring.store.adapters.mysql:open_store",
}
ROLES = ("reviewer", "risk")


def store(url: str) -> Store:
    """The database at a URL."""
    opened: Store = load_string(OPENERS[url.partition(":")[0]])(url)
    return opened


def registry(record: Store, blobs: str) -> Registry:
    """The registry over a database, its production guarded by two roles."""
    kept = load_string("mainspring.store.adapters.local_blobs:open_blobs")(f"file://{blobs}")
    return Registry(record, kept, policies=[Policy(environment="production", roles=ROLES)])


def package(number: int) -> Package:
    """A package without a model."""
    signature = Signature.of([Field("fare", "FP64")], classes=("no", "yes"))
    parity = Parity(runtime="onnx", rows_compared=1, kinds={}, tolerance=0.0, max_abs_difference=0.0)
    manifest = {
        "format": 1,
        "runtime": "onnx",
        "parity": parity.as_dict(),
        "requirements": [],
        "details": {"estimator": "Tree", "params": {"depth": number}, "label": "late"},
    }
    text = {"package.json": json.dumps(manifest).encode(), "signature.json": signature.to_json().encode()}
    return Package.from_files(Files(text))


def decide(url: str, blobs: str, number: int, task: str, ready: int, go: int) -> str:
    """Do one task; gives what is to be said of it."""
    record = store(url)
    opened = registry(record, blobs)
    os.write(ready, b".")
    os.read(go, 1)
    verb, _, version = task.partition(" ")
    said = ""
    match verb:
        case "register":
            opened.register(package(number), name="taxi", metrics={"accuracy": 0.92})
        case "sign":
            for role in ROLES:
                opened.sign("taxi", version, to="production", role=role, by=f"{role} {number}", comment="fine")
        case "attach":
            opened.attach("taxi", version, evidence=["https://example.org/a"], by="eve", comment="an audit")
        case "tag":
            opened.tag("taxi", version, tags={"team": "risk"}, by="ann")
        case "promote":
            opened.promote("taxi", version, to="production", by=f"olga {number}", comment="go")
            said = "promoted"
        case "deliver":
            said = str(len(list(Courier(record).deliver())))
    record.close()
    return said


def main(url: str, blobs: str, *tasks: str) -> None:
    """Fork a process per task, from this one, which has imported everything and opened nothing."""
    load_string(OPENERS[url.partition(":")[0]])
    ready, tell_ready = os.pipe()
    go, hold = os.pipe()  # they go when the last holds it no more
    answers = []
    for number, task in enumerate(tasks):
        answer, say = os.pipe()
        answers.append(answer)
        if os.fork():
            os.close(say)
            continue
        os.close(hold)
        code = 1
        try:
            os.write(say, decide(url, blobs, number, task, tell_ready, go).encode())
            code = 0
        except Exception:  # noqa: BLE001 - the process ends here
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(tell_ready)
    for _ in tasks:
        os.read(ready, 1)
    os.close(hold)
    print(json.dumps([os.read(answer, 100).decode() for answer in answers]))


if __name__ == "__main__":
    main(*sys.argv[1:])
