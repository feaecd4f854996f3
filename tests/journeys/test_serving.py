"""From real data to a served answer and back out of the log, with nothing between that is not real."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from mainspring.data import Table, Transform, infer, split_rows, summarize
from mainspring.models.model import Model
from mainspring.models.package import Package, columns_of
from mainspring.models.packaging import build
from mainspring.models.training import train
from mainspring.monitoring import by_count, check_drift, request_retraining
from mainspring.serving import Deployment, ServerProcess, log_table, read_log, validate
from mainspring.serving.infra_validator import with_missing
from mainspring.serving.prediction import plain_values
from mainspring.store.adapters.memory import open_store

TAXI = Path(__file__).parents[2] / "../shared/data/chicago_taxi/big_tipper.csv.gz"


@dataclass(frozen=True)
class Trained:
    model: Model
    package: Package
    train: Table
    rows: Table


def trained(estimator: str, **params: Any) -> Trained:
    if not TAXI.exists():
        pytest.skip("the Chicago taxi data is not here")
    splits, _ = split_rows(Table.read_csv(TAXI), {"train": 3, "eval": 1})
    schema = infer(summarize(splits), label="big_tipper")
    transform = Transform.fit(splits["train"], schema, exclude=("tips",))
    model = train(splits["train"], transform, estimator=estimator, params=params)
    return Trained(model, build(model, splits["eval"]), splits["train"], splits["eval"])


@pytest.fixture(scope="module")
def boosted() -> Trained:
    return trained("lightgbm.LGBMClassifier", n_estimators=20, num_leaves=15)


@pytest.fixture
def served(boosted: Trained, tmp_path: Path) -> Iterator[ServerProcess]:
    folder = tmp_path / "package"
    folder.mkdir()
    boosted.package.save(folder)
    deployment = Deployment(tmp_path / "serving", "taxi")
    deployment.push(folder, version="1.0.0")
    with ServerProcess(deployment.folder, name="taxi", version="1.0.0", log_folder=tmp_path / "log") as server:
        yield server


def tensors(package: Package, rows: Table) -> list[dict[str, Any]]:
    arrays = columns_of(rows, package.signature)
    return [
        {
            "name": item.name,
            "datatype": item.datatype,
            "shape": [rows.num_rows],
            "data": plain_values(item, arrays[item.name]),
        }
        for item in package.signature.inputs
    ]


def test_the_whole_split_is_answered_as_trained_in_any_order_of_columns(
    boosted: Trained, served: ServerProcess, tmp_path: Path
) -> None:
    assert boosted.package.runtime == "onnx"
    expected = boosted.model.predict(boosted.rows)
    sent = tensors(boosted.package, boosted.rows)
    with httpx.Client(base_url=served.url, timeout=60) as client:
        for inputs in (sent, sent[::-1]):
            answer = client.post("/v2/models/taxi/infer", json={"inputs": inputs}).raise_for_status().json()
            outputs = {each["name"]: each for each in answer["outputs"]}
            assert outputs["label"]["data"] == expected.labels.tolist()
            scores = np.array(outputs["probabilities"]["data"]).reshape(outputs["probabilities"]["shape"])
            assert np.abs(scores - expected.scores).max() < 1e-9
        row = {each["name"]: each["data"][7] for each in reversed(sent)}
        alone = client.post("/v1/models/taxi:predict", json={"instances": [row]}).raise_for_status().json()
        assert alone["predictions"] == [expected.labels[7]]
        refused = client.post("/v1/models/taxi:predict", json={"instances": [{**row, "fare": "twelve"}]})
        assert refused.status_code == 400
        assert "row 0, column 'fare' holds 'twelve'; expected a finite number" in refused.json()["error"]
    maps = Path(f"/proc/{served.pid}/maps")
    if maps.exists():
        loaded = maps.read_text()
        assert "onnxruntime" in loaded
        assert not [name for name in ("duckdb", "sklearn", "lightgbm", "scipy") if f"/{name}/" in loaded]
    served.stop()
    records = list(read_log(tmp_path / "log"))
    assert [(record.rows, record.error is None) for record in records] == [
        (boosted.rows.num_rows, True),
        (boosted.rows.num_rows, True),
        (1, True),
        (0, False),
    ]
    logged = log_table(records[:1], {column.name: column.type for column in boosted.rows.columns})
    assert logged.num_rows == boosted.rows.num_rows
    names = [name for name in boosted.package.signature.names if boosted.rows.column(name).dtype != object]
    for name in names:
        assert np.array_equal(logged.column(name), boosted.rows.column(name), equal_nan=True), name
    assert logged.column("payment_type").tolist() == boosted.rows.column("payment_type").tolist()
    assert logged.column("output.label").tolist() == expected.labels.tolist()


def test_the_log_tells_when_other_rows_are_asked_and_asks_for_a_new_model(
    boosted: Trained, served: ServerProcess, tmp_path: Path
) -> None:
    usual = boosted.rows.rows(0, 1_000)
    unusual = usual.sql("SELECT * REPLACE (fare * 3 AS fare, 'Prcard' AS payment_type) FROM this")
    types = {column.name: column.type for column in boosted.train.columns}
    queue = open_store("memory:")
    verdicts = []
    with httpx.Client(base_url=served.url, timeout=60) as client:
        for rows in (usual, unusual):
            inputs = tensors(boosted.package, rows)
            client.post("/v2/models/taxi/infer", json={"inputs": inputs}).raise_for_status()
    served.stop()
    for window in by_count(tmp_path / "log", rows=1_000, model="taxi", types=types):
        assert window.complete
        verdict = check_drift(window.table, boosted.train, exclude=("trip_start_timestamp",))
        request_retraining(queue, verdict, model="taxi", details={"window": str(window)})
        verdicts.append(verdict)
    assert [verdict.ok for verdict in verdicts] == [True, False]
    assert {reason.subject for reason in verdicts[1].failures} == {"fare", "payment_type"}
    message = queue.claim(["retrain"], worker="trigger", seconds=60)
    assert "column 'payment_type' has drifted" in message.body["reason"]
    assert queue.depth("retrain") == 1


def test_infra_validation_of_the_real_thing(boosted: Trained) -> None:
    rows = with_missing(boosted.rows.rows(0, 300), boosted.package.signature)
    verdict = validate(boosted.package, boosted.model.predict(rows), rows, singles=50)
    assert verdict.ok, verdict.reasons
    assert verdict.details["runtime"] == "onnx"
    assert verdict.details["max_abs_difference"] < 1e-9


@pytest.mark.slow
def test_a_model_that_cannot_be_exported_is_served_all_the_same() -> None:
    neighbours = trained("sklearn.neighbors.KNeighborsClassifier", n_neighbors=5)
    assert neighbours.package.runtime == "python"
    rows = neighbours.rows.rows(0, 200)
    verdict = validate(neighbours.package, neighbours.model.predict(rows), rows, singles=20)
    assert verdict.ok, verdict.reasons
