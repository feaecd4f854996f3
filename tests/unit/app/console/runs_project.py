"""A project whose runs are small and real: one that scores, one that waits, one that fails, one that is held."""

from pathlib import Path

PIPELINE = '''
"""Small pipelines that end in every way there is."""

import json
import time
from pathlib import Path
from typing import Literal

from mainspring import Reason, Verdict, approval, log_metric, pipeline, step, when


class Scores:
    ARTIFACT_TYPE = "small.Scores"

    def __init__(self, auc, loss):
        self.auc, self.loss = auc, loss

    def properties(self):
        return {"auc": self.auc, "loss": self.loss}

    def save(self, folder):
        (folder / "scores.json").write_text(json.dumps(self.properties()))

    @classmethod
    def load(cls, folder):
        return cls(**json.loads((folder / "scores.json").read_text()))


@step
def load(rows: int) -> list[int]:
    print("reading", rows, "rows")
    return list(range(rows))


@step
def score(numbers: list[int], depth: int, params: dict) -> Scores:
    log_metric("shown", len(numbers) * params["rate"])
    return Scores(auc=0.9 + depth / 100, loss=1 / depth)


@step(gate=True)
def enough(numbers: list[int], least: int) -> Verdict:
    said = f"{len(numbers)} rows, at least {least} are wanted"
    return Verdict.of("row gate", [Reason(ok=len(numbers) >= least, code="ROWS", message=said)])


@step
def stumble(numbers: list[int]) -> int:
    print("about to stumble")
    raise ValueError("the third number is odd")


@step(cache=False)
def linger(numbers: list[int], file: str) -> int:
    print("\\x1b[33mWARNING\\x1b[0m waiting for", file)
    while not Path(file).exists():
        time.sleep(0.02)
    print("it is there")
    return len(numbers)


@step
def publish(numbers: list[int]) -> int:
    return len(numbers)


@pipeline
def scoring(
    rows: int = 4, depth: int = 3, params: dict = {"rate": 0.5}, mode: Literal["fast", "slow"] = "fast",
    careful: bool = False, note: str = "",
):
    """Scores numbers.

    Args:
        rows: How many numbers.
        depth: How deep to look: deeper is better,
            and slower.
    """
    score(load(rows), depth, params)


@pipeline
def gated(rows: int = 4, least: int = 10):
    numbers = load(rows)
    enough(numbers, least)
    publish(numbers)


@step
def judge(numbers: list[int], least: int) -> Verdict:
    said = f"{len(numbers)} rows, at least {least} are wanted"
    return Verdict.of("row gate", [Reason(ok=len(numbers) >= least, code="ROWS", message=said)])


@pipeline
def choosing(rows: int = 4, least: int = 10):
    numbers = load(rows)
    with when(judge(numbers, least)):
        publish(numbers)


@pipeline
def failing(rows: int = 4):
    publish(stumble(load(rows)))


@pipeline
def lingering(file: str, rows: int = 4):
    linger(load(rows), file)


@step
def descend(rate: float, epochs: int) -> None:
    loss = 1.0
    for epoch in range(epochs):
        loss *= 1 - rate
        log_metric("loss", loss, epoch)


@pipeline
def descending(rate: float = 0.5, epochs: int = 20):
    descend(rate, epochs)


@pipeline
def asking(rows: int = 4):
    numbers = load(rows)
    with when(approval("Publish the numbers?", evidence=[numbers])):
        publish(numbers)
'''

SETTINGS = """
[project]
name = "small"
pipeline = "{file}:scoring"

[[schedule]]
name = "nightly"
cron = "0 3 * * *"
parameters = {{ depth = 5 }}

[[schedule]]
name = "arrivals"
data = "in/*.csv"

[[schedule]]
name = "asked"
topic = "retrain"
"""


def write_project(folder: Path, file: str = "small.py") -> Path:
    """The project's files.

    Args:
        folder: Where.
        file: The name of the pipeline's file; another one for each project whose runs one process starts, because
            a module's name is a part of the cache keys of its steps.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mainspring.toml").write_text(SETTINGS.format(file=file), encoding="utf-8")
    (folder / file).write_text(PIPELINE, encoding="utf-8")
    return folder
