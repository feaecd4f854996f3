"""Comparisons as a whole: verdicts, slices, forms for machines and people."""

import json
from dataclasses import replace

import numpy as np
import pytest

from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import DriftLimits, Schema, Table, infer, summarize
from mainspring.data.comparison import Comparison, compare
from mainspring.data.profiling import summarize_table


def rows(seed, count=3_000, *, shift=0.0, cash=0.5, missing=0.05):
    dice = np.random.default_rng(seed)
    fare = dice.lognormal(2 + shift, 0.5, count).tolist()
    holes = dice.random(count) < missing
    return Table.from_columns(
        {
            "fare": [None if hole else value for value, hole in zip(fare, holes, strict=True)],
            "paid": np.where(dice.random(count) < cash, "Cash", "Card").astype(object),
            "hour": dice.integers(0, 24, count),
            "tip": dice.random(count) < 0.3,
        }
    )


def test_what_did_not_change_is_not_called_drifted():
    for seed in range(1, 7):
        found = compare(rows(0), rows(seed, 500))
        assert found.drifted == ()
        assert found.verdict.ok
        assert found.changes == ()
        assert [one.name for one in found.features] != []


def test_what_changed_is_first_with_its_reasons():
    found = compare(rows(0), rows(1, shift=1.0, cash=0.8), between=("May", "June"))
    assert set(found.drifted) == {"fare", "paid"}
    assert [one.name for one in found.features][:2] == ["fare", "paid"]
    paid = found.feature("paid")
    gap = paid.distances["l_infinity"]
    assert gap.value == pytest.approx(0.3, abs=0.03)
    assert gap.threshold == 0.1
    assert gap.p_value < 1e-9
    assert gap.interval[0] < 0.3 < gap.interval[1]
    assert paid.at in {"Cash", "Card"}
    assert any(sentence.startswith("l_infinity") for sentence in paid.why)
    assert [mass.name for mass in paid.masses] == ["Cash", "Card"]
    text = found.describe()
    assert text.startswith("May (3,000 rows) to June (3,000 rows): 2 columns have drifted")
    assert "! fare" in text
    assert not found.verdict.ok
    assert {reason.subject for reason in found.verdict.failures} == {"fare", "paid"}


def test_everything_measured_is_recorded_alarm_or_not():
    found = compare(rows(0), rows(1))
    fare = found.feature("fare").distances
    assert {"jensen_shannon", "psi", "kolmogorov_smirnov", "wasserstein", "hellinger", "missing"} <= set(fare)
    assert all(distance.p_value is not None and distance.value >= 0 for distance in fare.values())
    assert {"l_infinity", "normalized_absolute_difference"} <= set(found.feature("paid").distances)


def test_the_form_for_machines_and_files(tmp_path):
    found = compare(rows(0), rows(1, cash=0.9), methods=["distances", "changes", "mmd"])
    plain = json.loads(json.dumps(found.as_dict()))
    paid = next(one for one in plain["features"] if one["name"] == "paid")
    assert set(paid["distances"]["l_infinity"]) >= {"value", "threshold", "p_value"}
    assert (plain["drifted"], plain["verdict"]) == (["paid"], "DRIFT")
    found.save(tmp_path)
    assert Comparison.load(tmp_path) == found
    assert "paid" in (tmp_path / "report.txt").read_text()
    assert found.properties() == {"ok": False, "features": 4, "drifted": 1}


def test_limits_are_those_of_the_schema_where_it_has_some():
    one, other = rows(0), rows(1, cash=0.8)
    schema = infer(summarize(one))
    paid = schema.features["paid"]
    loose = replace(paid, drift=DriftLimits(l_infinity=0.5), skew=DriftLimits(l_infinity=0.05))
    schema = Schema(features={**schema.features, "paid": loose}, drift=DriftLimits(), skew=DriftLimits())
    assert compare(one, other, schema=schema).drifted == ()
    assert compare(one, other, schema=schema, kind="skew").drifted == ("paid",)
    assert compare(one, other, schema=schema).feature("paid").distances["psi"].threshold is None


def test_tfdvs_numbers_on_request(taxi):
    one, other = taxi.rows(0, 10_000), taxi.rows(10_000, taxi.num_rows)
    ours, theirs = compare(one, other), compare(one, other, tfdv=True)
    assert ours.feature("trip_miles").distances["jensen_shannon"].value == pytest.approx(0.011, abs=5e-4)
    assert "trip_miles" not in ours.drifted
    miles = theirs.feature("trip_miles").distances
    assert miles["jensen_shannon"].value == pytest.approx(0.763, abs=5e-4)
    assert miles["jensen_shannon_quantiles"].value == pytest.approx(0.123, abs=5e-4)
    assert theirs.feature("payment_type").distances["l_infinity"].value == pytest.approx(0.039822, abs=5e-7)
    assert theirs.feature("company").distances["l_infinity"].value == pytest.approx(0.0117273, abs=5e-8)
    assert theirs.drifted == ()  # no limits, no verdict


def test_slices_are_compared_one_by_one():
    before, after = (summarize_table(rows(seed)) for seed in (0, 1))
    moved = summarize_table(rows(2, shift=1.0))
    one = replace(before, slices={"x": before, "y": before, "gone": before})
    other = replace(after, slices={"x": after, "y": moved, "new": after})
    found = compare(one, other)
    assert set(found.slices) == {"x", "y"}
    assert [[each.name for each in part if each.drifted] for part in found.slices.values()] == [[], ["fare"]]
    assert "in slice y: fare drifted" in found.describe()
    assert [reason.subject for reason in found.verdict.failures] == ["fare | y"]


def test_splits_are_taken_together_and_odd_columns_named():
    one = summarize({"train": rows(0), "eval": rows(1)})
    found = compare(one, rows(2).drop(["hour"]).sql("SELECT paid, tip, fare::VARCHAR AS fare FROM this"))
    assert found.rows == (6_000, 3_000)
    assert [(each.name, each.reason) for each in found.not_compared] == [("fare", "FLOAT before and STRING after")]
    assert {(change.kind, change.columns) for change in found.changes} >= {
        ("dropped", ("hour",)),
        ("type", ("fare",)),
    }
    with pytest.raises(NotFoundError, match="was not compared"):
        found.feature("fare")


def nested(*, age=0, tags="[i % 3, i % 5]", person="{'age': i % 50, 'name': 'n' || (i % 4)}"):
    person = person.replace("i % 50", f"i % 50 + {age}")
    rows = Table.from_columns({"i": list(range(600))})
    return rows.sql(
        f"SELECT {tags} AS tags, {person} AS person, DATE '2026-01-01' + (i % 30)::INT AS day FROM this"
    )


def test_lists_structures_and_days():
    assert compare(nested(), nested()).drifted == ()
    found = compare(nested(), nested(age=30, tags="CASE WHEN i % 2 = 0 THEN [i % 3] ELSE [i % 3, i % 5] END"))
    assert set(found.drifted) == {"person.age", "tags"}
    assert found.feature("tags").distances["length"].value == 0.5
    assert found.feature("day").drifted is False
    gone = compare(nested(), nested(person="CASE WHEN i % 2 = 0 THEN {'age': i % 50, 'name': 'n'} END"))
    person = gone.feature("person").distances["missing"]
    assert (person.value, person.interval[0] > 0.4) == (0.5, True)
    assert "person" in gone.drifted
    later = nested().sql("SELECT tags, person, day + 31 AS day FROM this")
    day = compare(nested(), later).feature("day")
    assert day.distances["kolmogorov_smirnov"].value == 1.0
    assert not day.drifted  # time moves on


def test_what_cannot_be_done_is_refused():
    one = summarize(rows(0))
    with pytest.raises(InputError, match="statistics alone"):
        compare(one, one, methods=["classifier"])
    with pytest.raises(InputError, match="no such methods: magic"):
        compare(one, one, methods=["magic"])
    with pytest.raises(InputError, match="no such kind"):
        compare(one, one, kind="shift")
    assert compare(one, one, tables=(rows(0), rows(0)), methods=["mmd"]).mmd.p_value > 0.9


def test_a_side_without_rows_is_not_alike():
    one = Table.from_columns({"fare": [1.0, 2.0, 3.0], "paid": ["a", "b", "c"]})
    found = compare(one, one.rows(0, 0))
    assert not found.verdict.ok
    assert found.as_dict()["verdict"] == "NO_ROWS"
    assert [(each.name, each.reason) for each in found.not_compared] == [
        ("fare", "there are no rows after"),
        ("paid", "there are no rows after"),
    ]
    assert str(found).startswith("before (3 rows) to after (0 rows): nothing was compared")


def test_a_column_that_lost_all_values_is_compared_whatever_its_type_is_now():
    one = Table.from_columns({"fare": [1.0, 2.0, 3.0, 4.0] * 50})
    other = Table.of_query("SELECT NULL::VARCHAR AS fare FROM range(100)")
    for found in (compare(one, other), compare(other, one)):
        assert found.drifted == ("fare",)
        assert found.feature("fare").distances["missing"].value == 1.0
    assert compare(other, Table.of_query("SELECT NULL::DOUBLE AS fare FROM range(100)")).verdict.ok


def test_a_column_that_is_gone_or_retyped_fails_the_verdict():
    before = Table.from_columns({"x": list(range(200)), "y": [float(place) for place in range(200)]})
    gone = compare(before, before.select(["x"]))
    assert [one.kind for one in gone.broken] == ["dropped"]
    assert not gone.verdict.ok
    retyped = compare(before, before.sql("SELECT x, 'n' || y AS y FROM this"))
    assert "COLUMN_TYPE" in {reason.code for reason in retyped.verdict.failures}
    wider = compare(before.select(["x"]), before)
    assert wider.verdict.ok
