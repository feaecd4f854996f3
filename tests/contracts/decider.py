"""A process that decides about versions, started by test_registry.py: ``decider.py URL BLOBS NUMBER TASK``.

Prints ``ready``, waits for a line, then does its task, a verb and a version: ``register``, ``sign 1.0.0``,
``attach 1.0.0``, ``tag 1.0.0``, ``promote 1.0.0``, ``deliver``.
"""

from __future__ import annotations

import json
import sys

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


def main(url: str, blobs: str, number: str, task: str) -> None:
    """Do one task."""
    record = store(url)
    opened = registry(record, blobs)
    print("ready", flush=True)
    sys.stdin.readline()
    verb, _, version = task.partition(" ")
    match verb:
        case "register":
            opened.register(package(int(number)), name="taxi", metrics={"accuracy": 0.92})
        case "sign":
            for role in ROLES:
                opened.sign("taxi", version, to="production", role=role, by=f"{role} {number}", comment="fine")
        case "attach":
            opened.attach("taxi", version, evidence=["https://example.org/a"], by="eve", comment="an audit")
        case "tag":
            opened.tag("taxi", version, tags={"team": "risk"}, by="ann")
        case "promote":
            opened.promote("taxi", version, to="production", by=f"olga {number}", comment="go")
            print("promoted")
        case "deliver":
            print(len(list(Courier(record).deliver())))
    record.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
