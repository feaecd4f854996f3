"""A project as `mainspring init` writes it is trained again on what its model was asked and people said of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import mainspring
from mainspring.core.records import Kind
from mainspring.data.bundled import load
from mainspring.serving import LogRecord, PredictionLog
from mainspring.serving.feedback import Feedback, FeedbackLog

if TYPE_CHECKING:
    from conftest import Project


def test_requests_whose_truth_is_known_are_learned_from_and_the_newest_judge(cancer: Project) -> None:
    rows = load("breast_cancer")
    log = cancer.root / ".mainspring" / "predictions"
    names = [name for name in rows.names if name != "target"]
    with PredictionLog(log) as asked, FeedbackLog(log / "feedback") as told:
        for number in range(20):
            part = rows.rows(10 * number, 10 * number + 10).to_columns()
            columns = {name: list(part[name]) for name in names}
            time = 1_700_000_000.0 + number
            asked.write(LogRecord(id=str(number), time=time, model="cancer", version="1.0.0", columns=columns))
            for row, truth in enumerate(part["target"]):
                told.write(Feedback(id=str(number), key="truth", value=truth, row=row, time=time + 1))

    cancer.run("run", "-p", "traffic=true", "--to", "statistics")
    with mainspring.open(cancer.root) as opened:
        found = opened.store.record.find(Kind.ARTIFACT, "type = 'mainspring.Examples'").items
    before, after = ((one.properties["rows_train"], one.properties["rows_eval"]) for one in found)
    assert before == (420, 149)
    assert after == (420 + 160, 40)  # of 200 requests the newest fifth is held out

    plain = json.loads(cancer.run("run", "--to", "statistics", "--json"))
    assert "logged_examples" not in {step["name"] for step in plain["steps"]}
