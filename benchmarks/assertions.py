"""What assertions cost a request of one row: the whole endpoint with three of them, and with none.

The same model, twice in this process, asked in turns through the ASGI application: the body is read, the row
checked, the model run, the answer written and counted. Medians over the rounds are shown, of processor time.

    python benchmarks/assertions.py
    python benchmarks/assertions.py --rounds 20
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from mainspring.data import Table, Transform, infer, summarize
from mainspring.evaluation.assertions import Assertion, Enforcer
from mainspring.models import Package, build, declare_assertions, train
from mainspring.serving.assembly import assemble
from mainspring.serving.endpoint import Endpoint
from mainspring.serving.predictor import Predictor
from mainspring.serving.repository import Repository

REQUESTS = 200
RULES = (
    Assertion(name="minors", when="age < 18 and answer == 'approved'", action="block"),
    Assertion(name="rich", when="income > 95 or job in ('king', 'queen')", action="override", answer="approved"),
    Assertion(name="unsure", when="0.4 < score < 0.6 and not missing(job)"),
)
ROWS: Mapping[str, Mapping[str, Any]] = {
    "none violated": {"age": 40, "income": 20.0, "job": "smith"},
    "one overrides": {"age": 40, "income": 97.0, "job": "smith"},
    "one blocks (422)": {"age": 16, "income": 80.0, "job": "smith"},
}


def package() -> Package:
    """A small model: what assertions cost does not depend on it."""
    random = np.random.default_rng(0)
    age, income = random.integers(14, 80, 500), random.uniform(0, 100, 500).round(1)
    job, label = random.choice(["smith", "baker"], 500), np.where(income > 50, "approved", "refused")
    columns = {"age": age.tolist(), "income": income.tolist(), "job": job.tolist(), "label": label.tolist()}
    table = Table.from_columns(columns)
    transform = Transform.fit(table, infer(summarize(table), label="label"))
    return build(train(table, transform, estimator="sklearn.linear_model.LogisticRegression"), table)


@dataclass(frozen=True)
class Asked:
    """An endpoint, asked without a socket."""

    endpoint: Endpoint

    async def __call__(self, body: bytes) -> None:
        """Ask once."""
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/models/loans:predict",
            "root_path": "",
            "query_string": b"",
            "headers": [(b"content-length", b"%d" % len(body))],
        }
        coming = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return coming.pop()

        async def send(message: Any) -> None:
            _ = message

        await self.endpoint(scope, receive, send)  # type: ignore[arg-type]  # a plain dictionary will do


async def requests(asked: Asked, body: bytes) -> float:
    """Microseconds of processor time per request."""
    began = time.process_time()
    for _ in range(REQUESTS):
        await asked(body)
    return (time.process_time() - began) / REQUESTS * 1e6


def calls(call: Callable[[], object]) -> float:
    """Microseconds of processor time per call."""
    began = time.process_time()
    for _ in range(REQUESTS):
        call()
    return (time.process_time() - began) / REQUESTS * 1e6


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    plain = Predictor(package(), name="loans", version="1.0.0")
    held = Predictor(declare_assertions(package(), RULES), name="loans", version="1.0.0")
    without, with_three = (Asked(assemble(Repository.of([one]))) for one in (plain, held))
    enforcer = Enforcer(RULES, plain.signature.classes)
    print("| row | without | with three | difference | the rules alone |\n| --- | ---: | ---: | ---: | ---: |")
    for name, row in ROWS.items():
        body, found = json.dumps({"instances": [row]}).encode(), plain.from_rows([row])
        figures = [
            (
                await requests(without, body),
                await requests(with_three, body),
                calls(partial(enforcer.enforce, found.columns, found.outputs)),
            )
            for _ in range(rounds)
        ]
        before, after, alone = (statistics.median(column) for column in zip(*figures, strict=True))
        apart = statistics.median(second - first for first, second, _ in figures)
        print(f"| {name} | {before:.0f} us | {after:.0f} us | {apart:.0f} us | {alone:.0f} us |")


if __name__ == "__main__":
    asyncio.run(main())
