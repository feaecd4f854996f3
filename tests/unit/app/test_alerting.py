"""Alerts of a project: rows explained by the explainer that was registered, causes from record and folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mainspring.app import platform
from mainspring.app.alerting import RegisteredExplainer, alert_ledger, causes_of
from mainspring.app.watching import alert_book
from mainspring.core.clock import now
from mainspring.core.errors import NotFoundError
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table, Transform, infer, summarize
from mainspring.evaluation.explanation import fit_explainer
from mainspring.models.packaging import build
from mainspring.models.training import train
from mainspring.monitoring.alerts import AlertOptions
from mainspring.monitoring.seen import Judged
from mainspring.monitoring.windows import Window


@pytest.fixture
def opened(tmp_path: Path):
    (tmp_path / "mainspring.toml").write_text("", encoding="utf-8")
    with platform.open(tmp_path) as made:
        yield made


def test_an_alert_names_the_version_that_was_registered_and_explains_its_rows(opened):
    random = np.random.default_rng(0)
    weight = random.normal(size=300)
    table = Table.from_columns(
        {"weight": weight, "noise": random.normal(size=300), "late": np.where(weight > 0, "yes", "no").tolist()}
    )
    transform = Transform.fit(table, infer(summarize({"train": table}), label="late"))
    model = train(table, transform, estimator="sklearn.linear_model.LogisticRegression")
    package = build(model, table)
    explainer = fit_explainer(table, predictor=model, method="shap", label="late")
    opened.models.register(package, name="taxi", explainer=explainer, author="ann", alias="production")

    rows = Table.from_columns({"weight": [3.0, 0.1], "noise": [0.0, 0.1], "request.id": ["a", "b"]})
    window = Window(since=now() - 60, until=now(), table=rows, requests=2, errors=0, complete=True)
    reason = Reason(ok=False, code="DRIFT", message="far", subject="weight", observed=0.3, expected=0.1)
    judged = {"drift": Judged(verdict=Verdict.of("drift", [reason]), rows=[0])}
    explain = RegisteredExplainer(opened, ("served-as", "taxi"))
    book = alert_book(opened)
    book.take("taxi", "1.0.0", window, judged, AlertOptions(), causes=causes_of(opened), explain=explain)
    [alert] = book.alerts()
    [example] = alert.examples
    assert next(iter(example.contributions)) == "weight"
    assert example.contributions["weight"] > abs(example.contributions["noise"])
    assert [one.kind for one in alert.causes] == ["alias", "registration"]
    assert alert.causes[0].what.startswith("taxi@production was pointed at 1.0.0")
    assert "`mainspring rollback taxi --reason" in alert.suggestion
    assert book.record(alert_ledger(opened)) == 1


def test_rows_of_an_unknown_version_are_shown_without_explanations(opened):
    explain = RegisteredExplainer(opened, ("taxi",))
    with pytest.raises(NotFoundError, match="version 9 of taxi is not registered"):
        explain(Table.from_columns({"weight": [1.0]}), "9")
