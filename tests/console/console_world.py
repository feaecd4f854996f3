"""A world with everything in it: a lender's project, made by the command line as its people would make it.

Runs with other parameters, one that was held because of its data, one that waits for a signature, one that failed;
two versions, of which one is in production and the other a canary; requests with truths, a source that changed its
unit, alerts, rows to be reviewed. The data are made up, by a fixed seed.
"""

from __future__ import annotations

import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from mainspring.serving import Client

EMPLOYMENT = ("employed", "employed", "employed", "self-employed", "retired", "student", "unemployed")
PURPOSES = ("car", "house", "education", "furniture", "business")
REGIONS = ("north", "south", "east", "west")

SETTINGS = """\
[project]
name = "loans"

[serving]
port = {port}

[console]
server = "http://127.0.0.1:{port}"

[[schedule]]
name = "every Monday"
cron = "0 6 * * 1"

[[schedule]]
topic = "retrain"

[[promotion]]
environment = "production"
roles = ["risk"]
"""

PIPELINE = '''\
"""Whether a loan will be paid back."""

from mainspring import File, approval, curated, latest_blessed, pipeline, steps, when

LABEL = "default"


@pipeline
def loans(
    data: File = File("loans-october.csv"),
    trees: int = 60,
    leaves: int = 15,
    rate: float = 0.1,
    estimator: str = "lightgbm.LGBMClassifier",
    traffic: bool = False,
    since: str = "",
    sign_off: bool = False,
):
    if traffic:
        examples = steps.logged_examples(model="loans", label=LABEL, since=since)
    else:
        examples = steps.ingest(data, splits={"train": 3, "eval": 1})
    statistics = steps.statistics(examples)
    schema = curated(steps.infer_schema(statistics, label=LABEL), file="schema.yaml")
    steps.validate(statistics, schema, examples=examples)
    transform = steps.transform(examples, schema)
    params = {"n_estimators": trees, "num_leaves": leaves, "learning_rate": rate, "verbose": -1}
    model = steps.train(examples, transform, estimator=estimator, params=params)
    evaluation = steps.evaluate(model, examples, label=LABEL, slices=["sex", "region", "employment"])
    baseline = steps.evaluate.named("evaluate_baseline")(
        latest_blessed(model), examples, label=LABEL, slices=["sex", "region", "employment"]
    )
    verdict = steps.gate(evaluation, baseline, at_least={"auc": 0.6}, better_by={"auc": -0.2})
    asked = [approval("Release loans?", evidence=[verdict, evaluation])] if sign_off else []
    with when(verdict, *asked):
        package = steps.package(model, examples, evaluation, statistics=statistics, schema=schema)
        served = steps.infra_validate(package, model, examples)
        with when(served):
            steps.register(package, evaluation, name="loans", alias="candidate")
'''

DEPLOYMENT = """\
deployment: loans
models:
  loans:
    versions: {stable: loans@production, next: loans@candidate}
    rollout:
      primary: stable
      canary:
        to: next
        steps: [10, 30, 60]
        every: 86400
        guards:
          - {figure: error_rate, worse: 0.1, least: 100000}
          - {figure: accuracy, worse: 0.2, least: 100000}
"""

MONITORING = """\
loans:
  rows: 150
  labels: 1h
  slices: [sex, employment]
  alerts:
    wait: 0s
  retraining:
    when: [quality]
    cool_down: 12h
    budget: 3 per 7d
    parameters: {traffic: true, since: $since}
"""


def person(draw: random.Random, *, annual: bool = False) -> dict[str, Any]:
    """Somebody who asks for a loan, and whether they paid it back; their income by month, or by year."""
    employment = draw.choice(EMPLOYMENT)
    income = round(draw.lognormvariate(8.0 if "employed" in employment else 7.2, 0.45), 0)
    amount = float(draw.randrange(5, 400) * 100)
    months = draw.choice((12, 24, 36, 48, 60))
    earlier = min(4, int(draw.expovariate(1.6)))
    burden = amount / months / income
    risk = 0.06 + 0.5 * min(1.0, burden * 2.2) + 0.11 * earlier + (0.12 if employment == "unemployed" else 0)
    return {
        "age": draw.randrange(19, 78),
        "sex": draw.choice(("Female", "Male")),
        "region": draw.choice(REGIONS),
        "employment": employment,
        "income": income * 12 if annual else income,
        "amount": amount,
        "months": months,
        "purpose": draw.choice(PURPOSES),
        "earlier_defaults": earlier,
        "email": f"person{draw.randrange(10**6)}@example.org",
        "default": "yes" if draw.random() < risk else "no",
    }


def write_people(path: Path, many: int, seed: int, change: Callable[[dict[str, Any]], None] | None = None) -> None:
    """A file of people."""
    draw = random.Random(seed)
    rows = [person(draw) for _ in range(many)]
    for row in rows if change else ():
        change(row)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def command(root: Path, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
    """Run a command of Mainspring in the project; it must end with one of the codes."""
    done = subprocess.run(
        [sys.executable, "-m", "mainspring.app.cli.main", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode in codes, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def told(root: Path, *arguments: str, codes: tuple[int, ...] = (0,)) -> dict[str, Any]:
    """What a command says with ``--json``."""
    found: dict[str, Any] = json.loads(command(root, *arguments, "--json", codes=codes).strip().splitlines()[-1])
    return found


def build(root: Path, *, port: int) -> None:
    """The project, its runs, its versions; nothing is served yet.

    Args:
        root: An empty folder.
        port: Where the prediction server will listen.
    """
    (root / "mainspring.toml").write_text(SETTINGS.format(port=port), encoding="utf-8")
    (root / "pipeline.py").write_text(PIPELINE, encoding="utf-8")
    (root / "monitoring.yaml").write_text(MONITORING, encoding="utf-8")
    (root / "deployments").mkdir()
    (root / "deployments" / "loans.yaml").write_text(DEPLOYMENT, encoding="utf-8")
    write_people(root / "loans-october.csv", 3000, 1)
    write_people(root / "loans-november.csv", 3500, 2)
    write_people(root / "loans-broken.csv", 1500, 3, _broken)
    command(root, "run", "--name", "loans-first", "-p", "trees=40")
    _mark_private(root / "schema.yaml")
    command(root, "run", "--name", "loans-private", "-p", "trees=40")
    command(root, "sign", "loans@candidate", "--as", "risk", "--by", "ann", "--comment", "slices looked at")
    command(root, "promote", "loans@candidate", "--by", "ann", "--comment", "the first")
    for trees, leaves, rate in ((20, 7, 0.3), (120, 31, 0.05), (80, 15, 0.2)):
        given = ("-p", f"trees={trees}", "-p", f"leaves={leaves}", "-p", f"rate={rate}")
        command(root, "run", "--name", f"loans-{trees}-trees", *given)
    command(root, "run", "--name", "loans-broken", "-p", "data=loans-broken.csv", codes=(3,))
    command(root, "run", "--name", "loans-mistyped", "-p", "estimator=lightgbm.LGBMClasifier", codes=(1,))
    command(root, "run", "--name", "loans-november", "-p", "data=loans-november.csv", "-p", "trees=90")
    command(root, "run", "--name", "loans-signed", "-p", "data=loans-november.csv", "-p", "sign_off=true")


def moved(made: Path, root: Path, *, port: int) -> None:
    """A world that was made, in a new folder, where its server listens on another port."""
    shutil.copytree(made, root)
    settings = root / "mainspring.toml"
    text = settings.read_text(encoding="utf-8")
    [was] = re.findall(r"^port = (\d+)", text, flags=re.MULTILINE)
    settings.write_text(text.replace(was, str(port)), encoding="utf-8")


def _broken(row: dict[str, Any]) -> None:
    row["employment"] = "n/a" if row["age"] % 3 == 0 else row["employment"]
    row["months"] = -row["months"] if row["age"] % 7 == 0 else row["months"]


def _mark_private(schema: Path) -> None:
    """The address of a person is nobody's business."""
    text = schema.read_text(encoding="utf-8")
    assert "  email:\n" in text
    schema.write_text(text.replace("  email:\n", "  email:\n    tags: [private]\n"), encoding="utf-8")


@contextmanager
def running(root: Path, *arguments: str, until: str) -> Iterator[str]:
    """A command that goes on while the block runs; gives the first line with a text."""
    said = root / f".{arguments[0]}.txt"
    with said.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "mainspring.app.cli.main", *arguments],
            cwd=root,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            deadline = time.monotonic() + 90
            while True:
                text = said.read_text(encoding="utf-8")
                line = next((one for one in text.splitlines() if until in one), "")
                if line:
                    break
                assert process.poll() is None, text
                assert time.monotonic() < deadline, text
                time.sleep(0.1)
            yield line
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """The prediction server of the project, with the canary of its deployment file."""
    command(root, "deploy", "-f", "deployments", "--yes", "--wait", "0")
    with running(root, "serve", "--deployments", until="listening on") as line:
        url = line.split()[2].rstrip(",")
        with Client(url) as client:
            for _ in range(300):
                if client.ready():
                    break
                time.sleep(0.1)
        yield url


def ask(url: str, requests: int, *, seed: int = 10, annual: bool = False, prefix: str = "r") -> None:
    """Ask for people in threes, and tell what became of three of four requests; the others are not known yet."""
    draw = random.Random(seed)
    with Client(url) as client, httpx.Client(base_url=url, timeout=60) as http:
        for number in range(requests):
            people = [person(draw, annual=annual) for _ in range(3)]
            truths = [one.pop("default") for one in people]
            for one in people:
                del one["email"]  # no input of the model
            name = f"{prefix}{number}"
            sent = http.post(
                "/v1/models/loans:predict", json={"instances": people}, headers={"x-request-id": name}
            )
            assert sent.status_code == 200, sent.text
            if number % 4:
                client.tell("loans", [{"id": name, "row": row, "truth": one} for row, one in enumerate(truths)])


def watched(root: Path) -> Mapping[str, Any]:
    """Judge the windows that are complete, and choose rows for people to look at."""
    command(root, "monitor", "--once", codes=(0, 1))
    command(root, "review", "fill", "loans", "--rows", "80", "--by", "employment")
    return told(root, "alerts", "list", "--all")


@contextmanager
def inhabited(root: Path, *, port: int) -> Iterator[str]:
    """The whole world while the block runs; gives the address of the prediction server."""
    fresh = not (root / "mainspring.toml").exists()
    if fresh:
        build(root, port=port)
    with serving(root) as url:
        if fresh:
            ask(url, 160)
            ask(url, 120, seed=11, annual=True, prefix="late")
            watched(root)
        yield url
