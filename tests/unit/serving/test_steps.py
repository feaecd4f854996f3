"""The steps as plain functions, with a real registry and a real server process."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mainspring.core.errors import NotFoundError
from mainspring.core.verdicts import Verdict
from mainspring.data import Examples, Table
from mainspring.evaluation import Predictions
from mainspring.models.registry import Registry
from mainspring.models.signature import Field, Signature
from mainspring.models.versions import Version
from mainspring.serving.push import Deployment
from mainspring.serving.steps import infra_validate, measure_operation, push
from mainspring.store.adapters.local_blobs import open_blobs
from mainspring.store.adapters.memory import open_store

ROWS = {
    "fare": [1.0, 12.5, None, 30.0],
    "hour": [1, 2, 3, None],
    "company": ["A", None, "B", "strange"],
    "airport": [True, False, False, True],
    "label": ["no", "yes", "no", "yes"],
}


class Trained:
    """The rule as a predictor on tables."""

    def __init__(self, rule: Any, shift: float = 0.0) -> None:
        self.rule, self.shift = rule, shift

    def predict(self, table: Table) -> Predictions:
        columns = {name: table.column(name) for name in ("fare", "company", "airport")}
        yes = 1 / (1 + np.exp(-(self.rule.logits(columns) + self.shift)))
        return Predictions(("no", "yes"), np.column_stack([1 - yes, yes]))


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(open_store("memory:"), open_blobs(f"file://{tmp_path / 'blobs'}"))


def test_infra_validation_asks_the_split_and_rows_with_missing_values(rule: Any) -> None:
    examples = Examples(splits={"eval": Table.from_columns(ROWS)})
    verdict = infra_validate(rule.package(), Trained(rule), examples, singles=4)
    assert isinstance(verdict, Verdict)
    assert verdict.ok, verdict.reasons
    assert verdict.details["rows"] == 8
    assert not infra_validate(rule.package(), Trained(rule, shift=0.1), examples, rows=2, singles=1).ok


def test_a_push_serves_the_version_and_moves_the_alias(rule: Any, registry: Registry, tmp_path: Path) -> None:
    first, second = rule.package(), rule.package(shift=1.0)
    versions = [
        registry.register(each, name="taxi", author="ann", reason="", alias=None) for each in (first, second)
    ]
    pushed = push(first, versions[0], registry=registry, deployments=tmp_path / "serving")
    assert (pushed.name, pushed.version, pushed.sequence) == ("taxi", str(versions[0].version), 1)
    assert registry.aliases("taxi") == {"production": versions[0].version}
    pushed = push(
        second, versions[1], alias="canary", reason="better", registry=registry, deployments=tmp_path / "serving"
    )
    assert pushed.sequence == 2
    assert registry.aliases("taxi") == {"production": versions[0].version, "canary": versions[1].version}
    [move] = registry.history("taxi", "canary")
    assert (move.by, move.reason) == ("pipeline", "better")
    assert Deployment(tmp_path / "serving", "taxi").current == 2


def test_an_alias_that_is_right_already_is_left_alone(rule: Any, registry: Registry, tmp_path: Path) -> None:
    version = registry.register(rule.package(), name="taxi", alias="production")
    push(rule.package(), version, registry=registry, deployments=tmp_path)
    assert len(registry.history("taxi", "production")) == 1


def test_a_version_that_is_not_registered_is_not_pushed(rule: Any, registry: Registry, tmp_path: Path) -> None:
    version = registry.register(rule.package(), name="taxi")
    other = type(version)(name="taxi", version=Version.parse("9.9.9"), digest=version.digest)
    with pytest.raises(NotFoundError, match=r"no version 9\.9\.9"):
        push(rule.package(), other, registry=registry, deployments=tmp_path / "serving")
    assert not (tmp_path / "serving").exists()


def test_a_package_is_measured_beside_the_baseline_that_can_read_the_rows(
    rule: Any, caplog: pytest.LogCaptureFixture
) -> None:
    examples = Examples(splits={"train": Table.from_columns(ROWS)})
    found = measure_operation(rule.package(), examples, rule.package(), requests=10, seconds=1.0)
    assert found.baseline is not None
    assert (found.operation.requests, found.operation.interleaved) == (10, True)
    other = replace(rule.package(), signature=Signature.of([Field("age", "FP64")], classes=("no", "yes")))
    assert measure_operation(rule.package(), examples, other, requests=10).baseline is None
    assert "cannot read the rows" in caplog.text
    assert "age" in caplog.text
