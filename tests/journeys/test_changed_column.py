"""A column changes its type: the blessed model cannot read the new rows, and the gate says what that means."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project


@pytest.mark.slow
def test_a_blessed_model_that_cannot_read_the_rows_is_no_baseline(cancer: Project) -> None:
    first = cancer.json("run")
    assert first["model"] == {"name": "cancer", "version": "1.0.0"}

    # Somebody gathers the area in words from now on, and edits the schema and the place of the data.
    with (cancer.root.parent / "cancer.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with (cancer.root / "words.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        for row in rows:
            row["mean_area"] = "large" if float(row["mean_area"]) > 600 else "small"
            writer.writerow(row)
    schema = (cancer.root / "schema.yaml").read_text(encoding="utf-8")
    before = schema.index("  mean_area:\n")
    after = schema.index("\n  ", before + 1)
    while schema[after + 1 : after + 4] == "   ":
        after = schema.index("\n", after + 1)
    column = "  mean_area:\n    type: STRING\n    presence: 1.0\n    domain:\n      - large\n      - small"
    cancer.write("schema.yaml", schema[:before] + column + schema[after:])

    held = cancer.json("run", "-p", "data=words.csv")
    assert held["state"] == "COMPLETE"
    assert held["model"] is None
    against = [reason for reason in held["verdict"]["reasons"] if not reason["ok"]]
    assert {reason["code"] for reason in against} == {"NOT_COMPARABLE"}
    assert "mean_area" in against[0]["message"]
    assert "mean_area" in cancer.run("logs", "latest", "evaluate_baseline")

    cancer.edit(
        "pipeline.py",
        "steps.gate(evaluation, baseline,",
        'steps.gate(evaluation, baseline, incomparable="first-run",',
    )
    passed = cancer.json("run", "-p", "data=words.csv")
    assert passed["verdict"]["ok"] is True
    assert "FIRST_RUN" in {reason["code"] for reason in passed["verdict"]["reasons"]}
    assert passed["model"]["version"] != "1.0.0"
