"""Checks in SQL and Python: what fails is counted and shown, what cannot be evaluated is told."""

import re
from pathlib import Path

import numpy as np
import pytest

from mainspring.core import plugins
from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import ColumnType, Examples, Feature, Schema, Table, engine, summarize, validate
from mainspring.data.schema import SqlCheck
from mainspring.data.validation import NotEvaluated, Severity, check

ROWS = Table.from_columns({"fare": [5.0, 10.0, None, 20.0], "tips": [1.0, 12.0, 3.0, 25.0]})
FEATURES = {name: Feature(name=name, type=ColumnType.FLOAT) for name in ("fare", "tips")}


def run(*sql, tables=None, rows=ROWS, **options):
    checks = tuple(
        one if isinstance(one, SqlCheck) else SqlCheck(name=f"c{at}", sql=one) for at, one in enumerate(sql)
    )
    schema = Schema(features=FEATURES, checks=checks)
    return validate(summarize(rows), schema, tables={"train": rows} if tables is None else tables, **options)


def found(*sql, **options):
    return [(one.path, one.type.value, one.severity.value, one.found) for one in run(*sql, **options).anomalies]


def reasons(validation):
    return [(one.name, one.split, one.reason) for one in validation.not_evaluated]


def test_a_condition_on_rows():
    (one,) = run(
        SqlCheck(name="tips", sql="tips <= fare", description="nobody tips more than the fare", feature="tips")
    ).anomalies
    assert (one.path, one.split, one.type.value) == ("tips", "train", "CUSTOM_VALIDATION")
    assert one.found == "check 'tips': 3 of 4 rows fail the check, 1 of them because a value is missing"
    assert one.expected == "nobody tips more than the fare"
    assert one.edit == (
        "under checks, change or leave out 'tips'; to let missing values pass: (tips <= fare) IS NOT FALSE"
    )
    assert (one.observed, one.limit) == (3.0, 0.0)
    assert [(row.row, dict(row.values)) for row in one.examples] == [
        (2, {"tips": "12.0", "fare": "10.0"}),
        (3, {"tips": "3.0", "fare": "(missing)"}),
        (4, {"tips": "25.0", "fare": "20.0"}),
    ]


def test_conditions_that_hold():
    validation = run("tips > 0", "this.fare > 0 OR fare IS NULL", "tips IS NOT NULL -- always")
    assert (validation.anomalies, validation.not_evaluated, validation.blessed) == ((), (), True)


def test_queries_and_sums():
    assert run(
        "SELECT avg(fare) < 50 FROM this", "WITH a AS (SELECT 1 AS n FROM this) SELECT count(*) = 4 FROM a"
    ).blessed
    assert run("sum(tips) > 40").blessed
    assert found("SELECT count(*) > 10 FROM this", "avg(tips) > 100", "SELECT NULL::BOOLEAN") == [
        ("", "CUSTOM_VALIDATION", "ERROR", "check 'c0': the query gives false"),
        ("", "CUSTOM_VALIDATION", "ERROR", "check 'c1': the query gives false"),
        ("", "CUSTOM_VALIDATION", "ERROR", "check 'c2': the query gives no value"),
    ]


def test_a_condition_may_look_at_the_row_before():
    (one,) = run("tips >= lag(tips, 1, 0) OVER ()").anomalies
    assert one.found == "check 'c0': 1 of 4 rows fail the check"
    assert [row.row for row in one.examples] == [3]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("speed > 3", 'Binder Error: Referenced column "speed" not found in FROM clause!'),
        ("fare >", "Parser Error"),
        ("fare", "it gives DOUBLE, not true or false"),
        ("true; DROP TABLE x", "more than one SQL statement"),
        ("CAST('x' || fare AS INTEGER) > 1", "Conversion Error"),
        ("SELECT fare > 1 FROM this", "Invalid Input Error"),
        ("SELECT 3", "it gives 3, not true or false"),
    ],
)
def test_what_cannot_be_evaluated_is_told_and_is_no_success(sql, reason):
    validation = run(sql, "tips > 100")
    ((name, split, why),) = reasons(validation)
    assert (name, split) == ("check 'c0'", "train")
    assert reason in why
    assert not validation.blessed
    # The other check is evaluated all the same.
    assert [one.found for one in validation.anomalies] == ["check 'c1': 4 of 4 rows fail the check"]
    codes = [(one.ok, one.code) for one in validation.verdict.failures]
    assert codes == [(False, "CUSTOM_VALIDATION"), (False, "NOT_EVALUATED")]
    assert "not evaluated" in str(validation)


def test_without_rows_nothing_is_passed_over():
    validation = run("fare > 0", tables={}, checks=[lambda table: True])
    assert [(name, why) for name, _, why in reasons(validation)] == [
        ("check 'c0'", "no rows were given, only statistics; give the tables too"),
        ("check '<lambda>'", "no rows were given, only statistics; give the tables too"),
    ]
    assert not validation.blessed
    two = validate(
        summarize({"train": ROWS, "eval": ROWS}),
        Schema(features=FEATURES, checks=(SqlCheck(name="c", sql="tips > 0"),)),
        tables={"train": ROWS},
    )
    assert reasons(two) == [("check 'c'", "eval", "no rows of this split were given")]


def test_how_bad_a_check_is():
    mild = SqlCheck(name="m", sql="tips > 100", severity="WARNING")
    unknown = SqlCheck(name="u", sql="speed > 1", severity="WARNING")
    ignored = SqlCheck(name="i", sql="speed > 1", severity="IGNORE")
    validation = run(mild, unknown, ignored)
    assert [one.severity for one in validation.anomalies] == [Severity.WARNING]
    assert [(one.name, one.severity) for one in validation.not_evaluated] == [("check 'u'", Severity.WARNING)]
    assert validation.blessed
    assert validation.properties() == {"ok": True, "errors": 0, "warnings": 1, "not_evaluated": 1}


def test_all_conditions_are_one_scan(monkeypatch):
    asked = []
    fetch = engine.fetch
    monkeypatch.setattr(engine, "fetch", lambda sql, *more: asked.append(sql) or fetch(sql, *more))
    run("tips > 0", "fare > 0 OR fare IS NULL", "tips < 1000", "SELECT max(tips) < 99 FROM this", "avg(fare) > 1")
    assert len([sql for sql in asked if "FILTER" in sql]) == 1
    assert len([sql for sql in asked if "WITH this" in sql]) == 1


def test_rows_are_numbered_as_in_the_source():
    examples = Examples(splits={"train": ROWS}, origins={"train": np.array([7, 9, 20, 31])})
    (one,) = run("tips < 20", tables=examples).anomalies
    assert [row.row for row in one.examples] == [31]


# ---------------------------------------------------------------- in Python


@check(description="tips are below a hundred", severity="WARNING", feature="tips")
def tips_are_small(table):
    return table.column("tips") < 10


def test_a_function_of_a_table():
    assert run(checks=[lambda table: table.num_rows == 4, lambda table: None]).blessed
    (one,) = run(checks=[tips_are_small]).anomalies
    assert (one.path, one.severity, one.expected) == ("tips", Severity.WARNING, "tips are below a hundred")
    assert one.found == "check 'tips_are_small': 2 of 4 rows fail the check"
    assert [(row.row, dict(row.values)) for row in one.examples] == [(2, {"tips": "12.0"}), (4, {"tips": "25.0"})]


def test_the_ways_to_say_no():
    def rows(table):
        """Fares are below 15.

        More.
        """
        return table.where("fare > 15")

    said = run(
        checks=[lambda table: False, lambda table: "too many", rows, lambda table: table.where("fare > 99")]
    )
    assert [one.found for one in said.anomalies] == [
        "check '<lambda>': the check says no",
        "check '<lambda>': too many",
        "check 'rows': 1 row fails the check",
    ]
    assert said.anomalies[2].expected == "Fares are below 15."
    assert dict(said.anomalies[2].examples[0].values) == {"fare": "20.0", "tips": "25.0"}


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda table: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda table: table.column("speed"), "InputError: there is no column 'speed'"),
        (lambda table: 3.5, "it gives a float, not true or false, a text, bools, or a table"),
        (lambda table: np.array([True]), "it gives 1 bools for 4 rows"),
    ],
)
def test_a_function_that_fails_is_told(function, reason):
    validation = run(checks=[function])
    assert [one.reason for one in validation.not_evaluated] == [reason]
    assert validation.not_evaluated[0] == NotEvaluated(name="check '<lambda>'", split="train", reason=reason)
    assert not validation.blessed


def test_by_name(monkeypatch):
    monkeypatch.setattr(plugins, "offers", lambda hook: {"small-tips": f"{__name__}:tips_are_small"})
    monkeypatch.setattr(plugins, "load_string", lambda target: tips_are_small)
    (one,) = run(checks=["small-tips"]).anomalies
    assert one.found == "check 'tips_are_small': 2 of 4 rows fail the check"
    with pytest.raises(NotFoundError, match="no plugin offers 'other' for checks"):
        run(checks=["other"])
    with pytest.raises(InputError, match="no environment"):
        run(environment="NOWHERE")


def test_what_the_guide_shows():
    guide = Path(__file__).parents[4] / "docs/guide/data/validation.md"
    shown = re.findall(r"^\| [a-z ]+ \| `([^`]+)` \|$", guide.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(shown) == 5
    rows = ROWS.sql(
        "SELECT fare, tips, fare + tips AS total, now()::TIMESTAMP + INTERVAL (tips) SECOND AS taken, "
        "row_number() OVER () AS customer, 1 AS day FROM this WHERE fare IS NOT NULL ORDER BY tips"
    )
    schema = Schema(
        features={"fare": Feature(name="fare", type=ColumnType.FLOAT)},
        checks=tuple(SqlCheck(name=sql, sql=sql) for sql in shown),
        severities={"SCHEMA_NEW_COLUMN": "IGNORE"},
    )
    found = validate(summarize(rows), schema, tables={"train": rows})
    assert found.not_evaluated == ()
    # Two of three tip more than the fare.
    assert [one.expected for one in found.anomalies] == ["SELECT avg((tips <= fare)::INT) >= 0.99 FROM this"]


def test_by_import_string():
    (one,) = run(checks=["math:isnan"]).not_evaluated
    assert (one.name, one.reason) == ("check 'math:isnan'", "TypeError: must be real number, not Table")


def test_a_severity_that_there_is_not():
    with pytest.raises(InputError, match="one of WARNING, ERROR, IGNORE"):
        check(severity="FATAL")
