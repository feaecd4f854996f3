"""A runtime for tests, as a plugin: a rule that can be worked out by hand.

The logit of "yes" is ``(fare - 10) / 5``, plus 1 for company "A", minus 1 at an airport; hour does not count.
A missing fare is 10. Everything else that a package has is real: its folder, its signature, its plugin door.
"""

import json
import time
from pathlib import Path

import numpy as np

from mainspring.core.plugins import hookimpl
from mainspring.models.files import Files
from mainspring.models.package import Package
from mainspring.models.parity import Parity
from mainspring.models.signature import Field, Signature

EXAMPLE = [{"fare": 12.5, "hour": 3, "company": "A", "airport": True}]


def signature(*, task: str = "classification") -> Signature:
    fields = [
        Field("fare", "FP64"),
        Field("hour", "INT64"),
        Field("company", "BYTES", domain=("A", "B")),
        Field("airport", "BOOL", nullable=False),
    ]
    return Signature.of(fields, classes=("no", "yes") if task == "classification" else None)


def logits(columns):
    fare = np.where(np.isnan(columns["fare"]), 10.0, columns["fare"])
    company = np.array([value == "A" for value in columns["company"]], dtype=float)
    return (fare - 10) / 5 + company - columns["airport"]


class Rule:
    def __init__(self, signature, options):
        self._signature, self._options = signature, options

    def predict(self, columns):
        time.sleep(self._options.get("sleep", 0))
        if "explode" in list(columns["company"]):
            raise RuntimeError("the model exploded")
        values = logits(columns) + self._options.get("shift", 0.0)
        if self._signature.classes is None:
            return {"prediction": values}
        yes = 1 / (1 + np.exp(-np.clip(values, -500, 500)))
        label = np.where(yes > 0.5, "yes", "no").astype(object)
        probabilities = np.column_stack([1 - yes, yes])
        return {"label": label, "probabilities": probabilities[: self._options.get("rows")]}


def open_runtime(files, signature, *, threads=1):
    return Rule(signature, json.loads(files.text("rule.json")))


@hookimpl
def mainspring_runtimes():
    return {"rule": "rule_model:open_runtime"}


class RulePackage(Package):
    def open(self, threads=1):
        return open_runtime(self.files, self.signature, threads=threads)


def package(*, task: str = "classification", **options) -> RulePackage:
    """A package in memory: ``sleep`` seconds, ``shift`` of the logit, ``rows`` to answer (too few)."""
    parity = Parity(runtime="rule", rows_compared=0, kinds={}, tolerance=0.0, max_abs_difference=0.0)
    manifest = {"format": 1, "runtime": "rule", "parity": parity.as_dict(), "requirements": [], "details": {}}
    texts = {
        "signature.json": signature(task=task).to_json(),
        "package.json": json.dumps(manifest),
        "input_example.json": json.dumps(EXAMPLE),
        "rule.json": json.dumps(options),
    }
    return RulePackage.from_files(Files({name: text.encode() for name, text in texts.items()}))


def write(folder: Path, **options) -> Path:
    """The same in a folder."""
    folder.mkdir(parents=True)
    package(**options).save(folder)
    return folder
