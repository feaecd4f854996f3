"""A network is trained, killed in the middle, resumed, judged, packaged as ONNX, and served without PyTorch."""

from __future__ import annotations

import gzip
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is an extra: pip install 'mainspring[torch]'")

from mainspring.data import Feature, Schema, Table, Transform, split_rows
from mainspring.data.bundled import load, write_csv
from mainspring.models import build, train
from mainspring.models.model import Model
from mainspring.models.package import Package, columns_of
from mainspring.serving import Deployment, ServerProcess

pytestmark = pytest.mark.slow

PIPELINE = """
from mainspring import File, pipeline, steps

NETWORK = {"channels": [8, 16], "hidden": 32, "dropout": 0.2, "lr": 0.005, "schedule": "cosine", "epochs": 12}


@pipeline
def digits(data: File = File("digits.csv")):
    examples = steps.ingest(data, splits={"train": 3, "eval": 1})
    statistics = steps.statistics(examples)
    schema = steps.infer_schema(statistics, label="target")
    transform = steps.transform(examples, schema, task="classification")
    model = steps.train(
        examples,
        transform,
        estimator="torch.ConvNet",
        params=NETWORK,
        validation=0.1,
        patience=6,
        checkpoint_seconds=0.001,
    )
    evaluation = steps.evaluate(model, examples, label="target")
    package = steps.package(model, examples, evaluation)
    steps.register(package, evaluation, name="digits")
"""

FIND = """
import json, sys
import mainspring
from mainspring.app import stories
with mainspring.open() as p:
    told = stories.tell(p.pipelines.records, p.store.blobs, sys.argv[1])
    made = {one.name: one.outputs["result"][0] for one in told.steps if one.outputs.get("result")}
    print(json.dumps({name: str(p.store.blobs.local(one.digest)) for name, one in made.items()}))
"""


def project(folder: Any, name: str) -> Any:
    """A project of its own with the digits."""
    made = folder.inside(name)
    made.root.mkdir()
    table = load("digits")
    write_csv(table, made.root / "digits.csv")
    made.write("pipeline.py", PIPELINE)
    made.write("mainspring.toml", f'[project]\nname = "{name}"\npipeline = "pipeline.py"\n')
    return made


def outputs(made: Any, run: str) -> dict[str, Path]:
    """Where the bytes of each step's output lie."""
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-c", FIND, run], cwd=made.root, capture_output=True, text=True, check=True
    )
    return {name: Path(path) for name, path in json.loads(done.stdout.splitlines()[-1]).items()}


def kept(made: Any) -> list[Path]:
    """The checkpoints of the project that are whole."""
    return sorted((made.root / ".mainspring/checkpoints").glob("*/[0-9]*"))


def test_from_a_killed_training_to_a_served_answer(folder: Any, tmp_path: Path) -> None:
    calm, killed = project(folder, "calm"), project(folder, "killed")
    assert calm.json("run", "--name", "r")["state"] == "COMPLETE"

    process = killed.start("run", "--name", "r")
    deadline = time.monotonic() + 120
    while not any(int(one.name) >= 60 for one in kept(killed)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    time.sleep(3)  # the step's process sees that its engine is gone
    last = kept(killed)
    assert last, "what was reached is still there"
    assert killed.json("show", "r")["state"] != "COMPLETE"
    before = max(int(one.name) for one in last)

    assert killed.json("resume", "r")["state"] == "COMPLETE"
    assert kept(killed) == [], "and goes when it is not needed any more"
    assert before < 12 * 2 * 19, "it was killed in the middle"

    ours, theirs = outputs(killed, "r"), outputs(calm, "r")
    weights = "estimator/weights.safetensors"
    assert (ours["train"] / weights).read_bytes() == (theirs["train"] / weights).read_bytes()
    told, expected = (json.loads((one["train"] / "training.json").read_text()) for one in (ours, theirs))
    assert told["curves"] == expected["curves"]

    model, package = Model.load(ours["train"]), Package.load(ours["package"])
    rows = load("digits").rows(0, 300)
    predicted = model.predict(rows)
    assert (predicted.labels == [str(one) for one in rows.column("target").tolist()]).mean() > 0.9
    assert package.runtime == "onnx", package.parity.fallback_reason
    assert package.parity.labels_different == package.parity.ties

    deployment = Deployment(tmp_path / "serving", "digits")
    deployment.push(ours["package"], version="1.0.0")
    with ServerProcess(deployment.folder, name="digits", version="1.0.0", log_folder=tmp_path / "log") as server:
        arrays = columns_of(rows, package.signature)
        inputs = [
            {
                "name": item.name,
                "datatype": item.datatype,
                "shape": [rows.num_rows],
                "data": arrays[item.name].astype(int if item.datatype == "INT64" else float).tolist(),
            }
            for item in package.signature.inputs
        ]
        answer = httpx.post(f"{server.url}/v2/models/digits/infer", json={"inputs": inputs}, timeout=60)
        found = {one["name"]: one for one in answer.raise_for_status().json()["outputs"]}
        maps = Path(f"/proc/{server.pid}/maps").read_text()
    assert found["label"]["data"] == predicted.labels.tolist()
    scores = np.array(found["probabilities"]["data"]).reshape(predicted.scores.shape)
    assert np.abs(scores - predicted.scores).max() <= 1e-5
    assert "onnxruntime" in maps
    assert "torch" not in maps, "what serves does not load PyTorch"


def in_order(c: Any) -> Any:
    """The first words of a message."""
    return c["text"].lower().tokens().sequence(top=3000, length=40, min_count=2)


def test_a_network_reads_messages(shared: Callable[..., Path], tmp_path: Path) -> None:
    with gzip.open(shared("text", "SMSSpamCollection.tsv.gz"), "rt", encoding="utf-8") as file:
        pairs = [line.rstrip("\n").split("\t", 1) for line in file]
    table = Table.from_columns({"kind": [one[0] for one in pairs], "text": [one[1] for one in pairs]})
    splits, _ = split_rows(table, {"train": 3, "eval": 1})
    features = {column.name: Feature(name=column.name, type=column.type) for column in table.columns}
    schema = Schema(features=features, label="kind")
    transform = Transform.fit(splits["train"], schema, function=in_order)
    params = {"size": 24, "filters": 24, "lr": 0.003, "epochs": 3}
    model = train(splits["train"], transform, estimator="torch.TextCNN", params=params)
    predicted = model.predict(splits["eval"])
    assert (predicted.labels == splits["eval"].column("kind")).mean() > 0.95
    package = build(model, splits["eval"])
    assert package.runtime == "onnx", package.parity.fallback_reason

    folder = tmp_path / "package"
    folder.mkdir()
    package.save(folder)
    deployment = Deployment(tmp_path / "serving", "spam")
    deployment.push(folder, version="1.0.0")
    rows = splits["eval"].rows(0, 200)
    with ServerProcess(deployment.folder, name="spam", version="1.0.0", log_folder=tmp_path / "log") as server:
        instances = [{"text": text} for text in rows.column("text").tolist()]
        answer = httpx.post(f"{server.url}/v1/models/spam:predict", json={"instances": instances}, timeout=60)
        assert answer.raise_for_status().json()["predictions"] == predicted.labels[:200].tolist()
