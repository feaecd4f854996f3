"""The steps as plain functions, and what a pipeline may give them."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.data import Examples, Table
from mainspring.evaluation import Evaluation, Operation, Predictions
from mainspring.evaluation.audit import Audit, Item, Severity, Status, template
from mainspring.evaluation.fairness.assessment import assess_fairness
from mainspring.evaluation.steps import audit, evaluate, gate, paired_differences
from mainspring.pipelines import File

ROWS = 200


class Rule:
    """Says yes from a number on; it cannot read texts, as a trained model cannot."""

    def __init__(self, at: float) -> None:
        self.at = at

    def predict(self, table: Table) -> Predictions:
        values = table.column("x")
        if values.dtype == object:
            raise InputError("column 'x' holds text", expected="numbers")
        chance = np.where(values >= self.at, 0.9, 0.1)
        return Predictions(("no", "yes"), np.column_stack([1 - chance, chance]))


def examples(kind: type = float) -> Examples:
    values = np.arange(ROWS)
    columns = {
        "x": [kind(value) for value in values],
        "sex": ["f" if value % 3 else "m" for value in values],
        "y": ["yes" if value >= 100 else "no" for value in values],
    }
    return Examples(splits={"eval": Table.from_columns(columns)})


def judged(at: float, rows: Examples | None = None) -> Evaluation:
    found = evaluate(Rule(at), rows or examples(), label="y", slices=["sex"])
    assert found is not None
    return found


def test_a_model_that_cannot_read_the_rows_says_so_and_the_gate_decides_by_rule(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with caplog.at_level(logging.WARNING):
        blessed = judged(100, examples(str))
    assert "column 'x' holds text" in caplog.text
    assert blessed.unreadable is not None
    assert "column 'x' holds text" in blessed.unreadable
    assert (blessed.count, dict(blessed.overall)) == (0, {})
    blessed.save(tmp_path)
    assert Evaluation.load(tmp_path) == blessed
    candidate = judged(110)
    held = gate(candidate, blessed, at_least={"accuracy": 0.9}, better_by={"accuracy": 0.0})
    assert [reason.code for reason in held.failures] == ["NOT_COMPARABLE"]
    passed = gate(
        candidate, blessed, at_least={"accuracy": 0.9}, better_by={"accuracy": 0.0}, incomparable="first-run"
    )
    assert passed.ok
    refused = gate(blessed, candidate, at_least={"accuracy": 0.9})
    assert [reason.code for reason in refused.failures] == ["UNREADABLE"]


def test_other_mistakes_are_told_as_ever() -> None:
    with pytest.raises(InputError, match="no column 'z'"):
        evaluate(Rule(1), examples(), label="z")
    assert evaluate(None, examples(), label="y") is None


def test_figures_besides_the_usual_and_intervals_of_all() -> None:
    how = {"method": "bootstrap", "resamples": 20}
    found = evaluate(Rule(110), examples(), label="y", metrics=["recall@0.95"], cutoff=0.05, intervals=how)
    assert found is not None
    assert found.overall["recall@0.95"] == 0
    assert found.overall["recall"] == 1
    assert gate(found, rules=["f1 >= 0.5", "recall@0.95 <= 0.1"], on="interval").ok


def test_pairs_of_two_models() -> None:
    paired = paired_differences(
        Rule(100), Rule(110), examples(), label="y", slices=["sex"], intervals={"resamples": 50}
    )
    assert paired is not None
    assert paired.overall["accuracy"] == pytest.approx(0.05)
    verdict = gate(judged(100), judged(110), paired=paired, better_by={"accuracy": 0.01}, on="interval")
    assert verdict.ok
    assert "from pairs" in verdict.reasons[0].message
    assert paired_differences(Rule(100), None, examples(), label="y") is None


def test_pairs_need_a_baseline_that_reads_the_rows(caplog: pytest.LogCaptureFixture) -> None:
    class Words:
        def predict(self, table: Table) -> Predictions:
            return Predictions(("no", "yes"), np.tile([0.5, 0.5], (table.num_rows, 1)))

    assert paired_differences(Words(), Rule(1), examples(str), label="y") is None
    assert "there are no differences" in caplog.text


def test_a_gate_merges_what_takes_part() -> None:
    checklist = Audit(
        title="x",
        items=(
            Item(name="men", question="Are men worse off?", metric="accuracy", slices=("sex=m",), at_least=0.9),
            Item(name="labels", question="Are they right?", severity=Severity.HIGH),
            Item(name="size", question="Too large?", status=Status.COVERED, rule="size_bytes <= 1 kB"),
        ),
    )
    fairness = assess_fairness(Rule(110), examples().split("eval"), label="y", protected=["sex"], positive="yes")
    verdict = gate(
        judged(110),
        operation=Operation(size_bytes=900, latency_p50=0.01),
        baseline_operation=Operation(latency_p50=0.02),
        fairness=fairness,
        audit=checklist,
        rules=["accuracy >= 0.9", "latency_p50 <= 20 ms"],
        fairness_at_most={"demographic_parity_difference": 0.2},
        name="release",
    )
    assert verdict.gate.split(" + ")[0] == "release"
    assert "audit" in verdict.gate
    assert [reason.code for reason in verdict.failures] == ["AUDIT_OPEN"]
    assert {"accuracy", "latency_p50", "men: accuracy | sex=m", "size: size_bytes"} <= {
        reason.subject for reason in verdict.reasons
    }
    alone = gate(judged(110), audit=checklist)
    assert "NO_THRESHOLDS" not in {reason.code for reason in alone.reasons}
    assert [reason.code for reason in gate(judged(110)).failures] == ["NO_THRESHOLDS"]


def test_the_audit_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "audit.yaml"
    path.write_text(template(title="Census"), encoding="utf-8")
    assert audit(File(str(path))).title == "Census"


def test_the_words_of_a_gate_are_plain_parameters() -> None:
    roles = {name: str(argument.role) for name, argument in gate.arguments.items()}
    artifacts = {name for name, role in roles.items() if role == "artifact"}
    assert artifacts >= {
        "evaluation",
        "baseline",
        "operation",
        "baseline_operation",
        "paired",
        "fairness",
        "audit",
    }
    assert {roles[name] for name in ("on", "rules", "first_run", "incomparable")} == {"parameter"}
