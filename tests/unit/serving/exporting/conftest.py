"""A small model of numbers, words and flags, as one graph of ONNX; and a deployment of it."""

import random
from pathlib import Path
from typing import Any

import pytest

from mainspring.data import Table, Transform, infer, split_rows, summarize
from mainspring.models.package import Package
from mainspring.models.packaging import build
from mainspring.models.training import train
from mainspring.serving.deploying.ports import NoModels
from mainspring.serving.deploying.reading import read
from mainspring.serving.deploying.resolving import Resolver
from mainspring.serving.deploying.stock import Stock
from mainspring.serving.exporting import Bundle, write_bundle

FILE = """
deployment: Fares_2
models:
  taxi: {package: package, version: 1.2.0, batching: {}}
  both:
    graph: {nodes: {first: {model: taxi}}}
resources: {workers: 1, memory: 512Mi, cpu: 500m, replicas: 2, most_replicas: 5}
slo: [{name: fast, kind: latency, threshold: 0.01, target: 0.99}]
"""


@pytest.fixture(scope="session")
def package_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    dice = random.Random(7)
    columns: dict[str, list[Any]] = {
        "fare": [None if dice.random() < 0.05 else round(dice.uniform(3, 60), 2) for _ in range(300)],
        "hour": [dice.randrange(24) for _ in range(300)],
        "company": [None if dice.random() < 0.05 else dice.choice(["Blue", "Red", "City"]) for _ in range(300)],
        "airport": [dice.random() < 0.3 for _ in range(300)],
    }
    columns["tip"] = [
        "yes" if (fare or 0) + 20 * flag > 35 else "no"
        for fare, flag in zip(columns["fare"], columns["airport"], strict=True)
    ]
    splits, _ = split_rows(Table.from_columns(columns), {"train": 3, "eval": 1})
    transform = Transform.fit(splits["train"], infer(summarize(splits), label="tip"))
    model = train(splits["train"], transform, estimator="sklearn.linear_model.LogisticRegression")
    folder = tmp_path_factory.mktemp("exporting") / "package"
    folder.mkdir()
    build(model, splits["eval"]).save(folder)
    return folder


@pytest.fixture(scope="session")
def package(package_folder: Path) -> Package:
    return Package.load(package_folder)


@pytest.fixture
def bundle(package_folder: Path, tmp_path: Path) -> Bundle:
    declared = read(FILE, "fares.yaml").declaration
    resolver = Resolver(NoModels(), Stock(tmp_path / "stock"))
    return write_bundle(declared, package_folder.parent, resolver, tmp_path / "bundle")
