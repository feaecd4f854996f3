"""Data that does not fit holds a run, says where, and is let through by the smallest edit of the schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mainspring.data import Schema, Table, summarize, validate

if TYPE_CHECKING:
    from conftest import Project


def against(held: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What speaks against a run: the code, what it is about, the sentence."""
    reasons = held["verdict"]["reasons"]
    return [(one["code"], one["subject"], one["message"]) for one in reasons if not one["ok"]]


def lines(project: Project) -> list[list[str]]:
    text = (project.root.parent / "cancer.csv").read_text(encoding="utf-8")
    return [line.split(",") for line in text.splitlines()]


def write(project: Project, rows: list[list[str]]) -> None:
    project.write("odd.csv", "\n".join(",".join(row) for row in rows) + "\n")


@pytest.fixture
def ready(cancer: Project) -> Project:
    """A project whose schema is there to be edited."""
    cancer.run("run", "--to", "validate")
    return cancer


def test_a_value_out_of_range_is_shown_with_its_row_and_released_by_its_edit(ready: Project) -> None:
    ready.edit("schema.yaml", "  mean_radius:\n    type: FLOAT\n", "  mean_radius:\n    type: FLOAT\n    min: 0\n")
    rows = lines(ready)
    rows[42][rows[0].index("mean_radius")] = "-17"
    write(ready, rows)

    held = ready.json("run", "-p", "data=odd.csv", "--to", "validate", code=3)
    assert held["state"] == "HELD"
    ((code, subject, message),) = against(held)
    assert (code, subject.split(" | ")[0]) == ("FLOAT_TYPE_SMALL_FLOAT", "mean_radius")
    assert "to accept: min: -17" in message
    text = "".join(path.read_text(encoding="utf-8") for path in ready.root.rglob("report.txt"))
    assert "such as    row 42: mean_radius = -17.0" in text

    ready.edit("schema.yaml", "    min: 0\n", "    min: -17\n")
    assert ready.json("run", "-p", "data=odd.csv", "--to", "validate")["state"] == "COMPLETE"


def test_a_check_in_the_schema_holds_a_run(ready: Project) -> None:
    check = (
        "checks:\n  order: {sql: worst_radius >= mean_radius, description: the worst is no better than the mean}\n"
    )
    ready.edit("schema.yaml", "features:\n", f"{check}\nfeatures:\n")
    assert ready.json("run", "--to", "validate")["state"] == "COMPLETE"
    rows = lines(ready)
    rows[7][rows[0].index("worst_radius")] = "0.5"
    write(ready, rows)

    held = ready.json("run", "-p", "data=odd.csv", "--to", "validate", code=3)
    ((code, _, message),) = against(held)
    assert code == "CUSTOM_VALIDATION"
    assert "check 'order': 1 of " in message

    ready.edit("schema.yaml", "description: the worst", "severity: WARNING, description: the worst")
    assert ready.json("run", "-p", "data=odd.csv", "--to", "validate")["state"] == "COMPLETE"


def test_a_check_that_cannot_be_evaluated_holds_a_run(ready: Project) -> None:
    ready.edit("schema.yaml", "features:\n", "checks:\n  speed:\n    sql: speed > 3\n\nfeatures:\n")
    held = ready.json("run", "--to", "validate", code=3)
    assert {code for code, _, _ in against(held)} == {"NOT_EVALUATED"}


def test_serving_data_without_the_label_passes(ready: Project) -> None:
    schema = Schema.from_text((ready.root / "schema.yaml").read_text(encoding="utf-8"))
    data = Table.read_csv(Path(ready.root.parent / "cancer.csv"))
    serving = summarize({"log": data.drop(["target"])})
    assert [one.path for one in validate(serving, schema).errors] == ["target"]
    assert validate(serving, schema, environment="SERVING").anomalies == ()
