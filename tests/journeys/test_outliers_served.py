"""Rows unlike those of training are flagged by a running server: in the log always, in the answer when asked."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from mainspring.data import Examples, Table, Transform, infer, summarize
from mainspring.evaluation.reference import Reference
from mainspring.models import build, train
from mainspring.monitoring.checks.outliers import OutliersCheck
from mainspring.monitoring.checks.skew import SkewCheck
from mainspring.monitoring.profiles import FigureHistory, WindowProfile
from mainspring.monitoring.seen import Seen
from mainspring.monitoring.windows import Window, by_count
from mainspring.serving import LogRecord, PredictionLog
from mainspring.serving.client import Client
from mainspring.serving.payloads import read, table
from mainspring.serving.server_process import PythonServer

CONFIG = """\
port: 0
models:
  trips:
    package: ./package
    outliers: {method: mahalanobis, share: 0.01}
payloads: {folder: ./log}
"""


def trips(rows: int, seed: int) -> Table:
    chance = np.random.default_rng(seed)
    miles = chance.gamma(2.0, 3.0, rows)
    fare = 3 + 2 * miles + chance.normal(0, 1, rows)
    tip = np.where(fare + chance.normal(0, 3, rows) > 16, "big", "small")
    return Table.from_columns({"miles": miles.tolist(), "fare": fare.tolist(), "tip": tip.tolist()})


def test_outliers_in_the_log_and_in_the_answer(tmp_path: Path) -> None:
    examples = Examples(splits={"train": trips(2000, 0), "eval": trips(1000, 1)})
    schema = infer(summarize(examples), label="tip")
    model = train(
        examples.split("train"), Transform.fit(examples.split("train"), schema), estimator="LogisticRegression"
    )
    (tmp_path / "package").mkdir()
    package = build(model, examples.split("eval"), examples=examples)
    package.save(tmp_path / "package")
    (tmp_path / "serving.yaml").write_text(CONFIG)
    usual, odd = {"miles": 6.0, "fare": 15.0}, {"miles": 2.0, "fare": 90.0}
    with (
        PythonServer("mainspring.serving", ["--config", str(tmp_path / "serving.yaml")], timeout=60) as server,
        Client(server.url) as client,
    ):
        path = "/v1/models/trips:predict"
        _, quiet = client.call("POST", path, {"instances": [usual, odd]})
        _, asked = client.call("POST", path, {"instances": [usual, odd], "parameters": {"outliers": True}})
        tensors = [
            {"name": name, "datatype": "FP64", "shape": [1], "data": [value]} for name, value in odd.items()
        ]
        body = {"inputs": tensors, "parameters": {"outliers": True}}
        _, second = client.call("POST", "/v2/models/trips/infer", body)
        fresh = [dict(row) for row in trips(3000, 2).select(["miles", "fare"]).iter_rows()]
        client.predict("trips", fresh)
        metrics = client.exchange("GET", "/metrics", None, {})[2].decode()
    assert list(quiet) == ["predictions"]
    assert asked["predictions"] == quiet["predictions"]
    assert asked["tags"]["outlier"] == [False, True]
    assert asked["tags"]["outlier.columns"] == [[], ["fare", "miles"]]
    assert second["parameters"]["outlier"] == "[true]"
    rows = table(read(tmp_path / "log")).to_columns()
    assert rows["output.outlier"][:5] == [False, True, False, True, True]
    assert rows["output.outlier.score"][3] == asked["tags"]["outlier.score"][1]
    flagged = sum(rows["output.outlier"][5:])
    assert flagged <= 60, "at most 1 % of usual rows, give or take"
    counted = re.search(r'mainspring_outliers_total\{model="trips",version="1"\} (\d+)', metrics)
    assert counted is not None
    assert int(counted[1]) == flagged + 3
    [window] = by_count(tmp_path / "log", rows=3005)
    watched = OutliersCheck(method="mahalanobis").judge(seen(window, package.reference, tmp_path), {})
    assert watched.verdict.ok
    told = {reason.code: reason for reason in watched.verdict.reasons}
    assert told["FLAGGED_BY_THE_SERVER"].observed == (flagged + 3) / 3005
    assert {1, 3, 4} & set(watched.rows)


def test_a_dropped_column_in_the_first_window_of_a_log(tmp_path: Path) -> None:
    examples = Examples(splits={"train": trips(2000, 0), "eval": trips(1000, 1)})
    schema = infer(summarize(examples), label="tip")
    transform = Transform.fit(examples.split("train"), schema)
    model = train(examples.split("train"), transform, estimator="LogisticRegression")
    package = build(model, examples.split("eval"), examples=examples, schema=schema)
    fresh = trips(500, 3)
    for name, sent in (("whole", fresh.select(["miles", "fare"])), ("dropped", fresh.select(["fare"]))):
        columns = {"miles": [None] * 500, **sent.to_columns()}
        answers = package.predict(Table.from_columns(columns, {"miles": "FLOAT"}))
        outputs = {"label": answers.labels.tolist(), "probability.big": answers.scores[:, 0].tolist()}
        with PredictionLog(tmp_path / name) as log:
            log.write(LogRecord(id="1", time=60.0, model="trips", version="1", columns=columns, outputs=outputs))
    found = {}
    for name in ("whole", "dropped"):
        [window] = by_count(tmp_path / name, rows=500)
        verdict = SkewCheck().judge(seen(window, package.reference, tmp_path), {}).verdict
        found[name] = {(reason.code, reason.subject) for reason in verdict.failures}
    assert found["whole"] == set()
    assert ("FEATURE_UNAVAILABLE", "miles") in found["dropped"]


def seen(window: Window, reference: Reference | None, folder: Path) -> Seen:
    """A window as checks look at it."""
    assert reference is not None
    return Seen(
        model="trips",
        version="1",
        window=window,
        statistics=WindowProfile.of(window, model="trips").statistics,
        reference=reference,
        history=FigureHistory(folder / "history"),
    )
