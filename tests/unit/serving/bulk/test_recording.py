"""Runs in the record, and as a step of a pipeline."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mainspring.core.digests import digest_file
from mainspring.core.records import Artifact, ArtifactState, Direction, Execution, Kind
from mainspring.data import engine
from mainspring.models.registry import Registry
from mainspring.pipelines import File
from mainspring.serving.bulk import Options, PackageAnswerer, run
from mainspring.serving.bulk.predictions import BulkPredictions
from mainspring.serving.bulk.recording import BULK, record_run
from mainspring.serving.steps import bulk_predict
from mainspring.store.adapters.local_blobs import open_blobs
from mainspring.store.adapters.memory import open_store

Rows = Callable[..., Path]
Model = Callable[..., PackageAnswerer]


def test_a_run_links_data_model_and_predictions(rows: Rows, rule: Any, tmp_path: Path) -> None:
    store = open_store("memory:")
    registry = Registry(store, open_blobs(f"file://{tmp_path / 'blobs'}"))
    version = registry.register(rule.package(), name="taxi", author="ann", reason="first")
    model = PackageAnswerer(rule.package(), name="taxi", version="1.0.0", digest=version.digest)
    data, out = rows(3_000), tmp_path / "answers.parquet"
    ids = [record_run(store, run(data, model, out)) for _ in range(2)]
    first = store.get(Kind.EXECUTION, ids)[0]
    assert isinstance(first, Execution)
    assert (first.type, first.properties["model"], first.properties["rows"]) == (BULK, "taxi", 3_000)
    lineage = store.lineage(Kind.EXECUTION, ids, direction=Direction.BOTH, hops=1)
    files = [one for one in lineage.nodes.values() if isinstance(one, Artifact) and one.type == "mainspring.File"]
    # Equal data is one artifact; what was written twice are two.
    assert sorted(one.uri or "" for one in files) == [str(out), str(out), str(data)]
    [given] = [one for one in files if one.uri == str(data)]
    assert given.digest == digest_file(data)
    assert given.state is ArtifactState.REFERENCE
    assert [one.type for one in lineage.nodes.values() if one.type == "mainspring.ModelVersion"]
    names = {(link.name, link.kind.value) for link in lineage.links}
    assert names == {("data", "input"), ("model", "input"), ("predictions", "output")}


def test_what_cannot_be_looked_up_is_recorded_all_the_same(rows: Rows, model: Model, tmp_path: Path) -> None:
    store = open_store("memory:")
    made = record_run(
        store, run([{"fare": 1.0, "hour": 1, "company": "A", "airport": True}], model(), tmp_path / "a")
    )
    [execution] = store.get(Kind.EXECUTION, [made])
    assert isinstance(execution, Execution)
    assert execution.custom["location"] == "rows in memory"


def test_answers_are_stamped(rows: Rows, model: Model, tmp_path: Path) -> None:
    one = model()
    run(rows(100), one, tmp_path / "a.parquet")
    told = dict(engine.fetch(f"SELECT key, value FROM parquet_kv_metadata('{tmp_path / 'a.parquet'}')"))
    assert told[b"mainspring.model"] == b"taxi"
    assert told[b"mainspring.model_version"] == b"1.0.0"
    assert told[b"mainspring.model_digest"].decode() == one.digest
    assert told[b"mainspring.rows"] == b"100"
    assert {
        b"mainspring.version",
        b"mainspring.started",
        b"mainspring.finished",
        b"mainspring.data",
    } <= told.keys()


def test_a_step_gives_equal_answers_as_equal_artifacts(rows: Rows, rule: Any, tmp_path: Path) -> None:
    package, data = rule.package(), rows(3_000)
    digests = set()
    for name in ("one", "two"):
        place, kept = tmp_path / name, tmp_path / f"{name}-kept"
        place.mkdir()
        kept.mkdir()
        found = bulk_predict(package, File(str(data)), keep=["id"], checkpoints=place)
        found.save(kept)
        digests.add(tuple(digest_file(path) for path in sorted(kept.iterdir())))
        again = BulkPredictions.load(kept)
        assert again.table.names == ("id", "label", "p_no", "p_yes")
        assert again.properties() == found.properties()
        assert again.properties()["rows"] == 3_000
    assert len(digests) == 1


def test_a_report_compares_with_training(rows: Rows, model: Model, tmp_path: Path) -> None:
    data = rows(2_000, replace="CASE WHEN id % 4 = 0 THEN 'Uber' ELSE company END AS company")
    report = run(data, model(), tmp_path / "a.csv", options=Options(probabilities=False))
    told = report.as_dict()
    assert told["answers"]["classes"]["no"]["share"] == pytest.approx(0.5, abs=0.2)
    assert told["columns"]["company"]["unseen"] == 0.25
    assert told["columns"]["company"]["unseen_values"] == {"Uber": 500}
    assert told["columns"]["fare"]["mean"] == pytest.approx(10.0, abs=0.1)
    assert told["notes"] == ["company: 25.0 % of the rows have a new category: 'Uber'"]
    assert report.to_json() == (tmp_path / "a.csv.report.json").read_bytes()
