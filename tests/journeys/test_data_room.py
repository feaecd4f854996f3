"""Looking at data from the command line, on files whose answers are known."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Project

Shared = Callable[..., Path]

MISSING = {
    "pickup_community_area": 2,
    "fare": 0,
    "trip_start_month": 0,
    "trip_start_hour": 0,
    "trip_start_day": 0,
    "trip_start_timestamp": 0,
    "pickup_latitude": 2,
    "pickup_longitude": 2,
    "dropoff_latitude": 483,
    "dropoff_longitude": 483,
    "trip_miles": 0,
    "pickup_census_tract": 15001,
    "dropoff_census_tract": 4241,
    "payment_type": 0,
    "company": 5140,
    "trip_seconds": 6,
    "dropoff_community_area": 507,
    "tips": 0,
}


@pytest.fixture
def simple(shared: Shared) -> str:
    return str(shared("chicago_taxi/simple.csv.gz"))


def features(found: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one for one in found["features"]}


def test_statistics_of_the_taxi_trips_are_known_to_the_digit(folder: Project, simple: str) -> None:
    found = folder.json("data", "stats", simple)

    assert found["num_examples"] == 15002
    by_name = features(found)
    assert {name: one["num_missing"] for name, one in by_name.items()} == MISSING
    assert all(one["num_non_missing"] == 15002 - one["num_missing"] for one in by_name.values())
    fare, miles, seconds, tips = (by_name[name] for name in ("fare", "trip_miles", "trip_seconds", "tips"))
    assert fare["mean"] == pytest.approx(11.768216, abs=5e-7)
    assert fare["std_dev"] == pytest.approx(11.538466, abs=5e-7)
    assert (fare["max"], fare["num_zeros"]) == (700.07, 27)
    assert miles["mean"] == pytest.approx(2.872820, abs=5e-7)
    assert miles["std_dev"] == pytest.approx(15.275498, abs=5e-7)
    assert (miles["max"], miles["num_zeros"]) == (1710, 4091)
    assert seconds["mean"] == pytest.approx(777.6275, abs=5e-5)
    assert (seconds["max"], seconds["num_zeros"]) == (72120, 484)
    assert tips["mean"] == pytest.approx(1.076674, abs=5e-7)
    assert (tips["max"], tips["num_zeros"]) == (47, 10259)
    assert by_name["payment_type"]["unique"] == 7
    top = {one["value"]: one["frequency"] for one in by_name["payment_type"]["top_values"]}
    assert (top["Cash"], top["Credit Card"], top["No Charge"]) == (9909, 4975, 81)
    assert by_name["company"]["unique"] == 61
    assert by_name["company"]["top_values"][0] == {"value": "Taxi Affiliation Services", "frequency": 5176}


def test_heavy_tails_do_not_drift_by_construction(folder: Project, simple: str) -> None:
    parts = ("--rows-a", "1-10000", "--rows-b", "10001-")
    found = features(folder.json("data", "compare", simple, simple, *parts))

    assert found["trip_miles"]["distances"]["jensen_shannon"]["value"] == pytest.approx(0.011, abs=0.002)
    assert found["payment_type"]["distances"]["l_infinity"]["value"] == pytest.approx(0.039822, abs=5e-7)
    assert found["company"]["distances"]["l_infinity"]["value"] == pytest.approx(0.0117273, abs=5e-8)

    theirs = features(folder.json("data", "compare", simple, simple, *parts, "--tfdv"))
    assert theirs["trip_miles"]["distances"]["jensen_shannon"]["value"] == pytest.approx(0.763, abs=0.01)
    assert theirs["payment_type"]["distances"]["l_infinity"]["value"] == pytest.approx(0.039822, abs=5e-7)


def test_a_schema_is_proposed_edited_and_held_against_new_files(
    folder: Project, shared: Shared, simple: str
) -> None:
    folder.run("data", "schema", simple, "--label", "tips", "--out", "schema.yaml")
    assert folder.json("data", "validate", simple, "--schema", "schema.yaml")["blessed"] is True

    lines = (folder.root / "bad.csv").open("w", encoding="utf-8")
    import gzip

    with gzip.open(simple, "rt", encoding="utf-8") as file, lines:
        header = next(file).rstrip("\n").split(",")
        lines.write(",".join(header) + "\n")
        for number, line in enumerate(file):
            cells = line.rstrip("\n").split(",")
            if number < 500:
                cells[header.index("payment_type")] = "Seashells"
            lines.write(",".join(cells) + "\n")
    found = folder.json("data", "validate", "bad.csv", "--schema", "schema.yaml", code=0)
    assert [one["type"] for one in found["anomalies"]] == ["ENUM_TYPE_UNEXPECTED_STRING_VALUES"]
    assert found["anomalies"][0]["severity"] == "WARNING"

    folder.edit("schema.yaml", "      - Unknown\n", "")  # a value that the data has
    text = (folder.root / "schema.yaml").read_text(encoding="utf-8")
    assert "min_domain_mass: 0.95" in text
    (folder.root / "schema.yaml").write_text(text.replace("min_domain_mass: 0.95", "min_domain_mass: 1"), "utf-8")
    held = folder.json("data", "validate", "bad.csv", "--schema", "schema.yaml", code=3)
    assert held["blessed"] is False
    first = held["anomalies"][0]
    assert first["path"] == "payment_type"
    assert "Seashells" in first["description"]

    folder.run("data", "schema", "update", "schema.yaml", "bad.csv")
    assert folder.json("data", "validate", "bad.csv", "--schema", "schema.yaml")["blessed"] is True


def test_serving_data_has_no_label_and_passes_where_the_schema_says_so(folder: Project, simple: str) -> None:
    from mainspring.data import Table
    from mainspring.data.bundled import write_csv

    folder.run("data", "schema", simple, "--label", "tips", "--out", "schema.yaml")
    write_csv(Table.read_csv(simple).drop(["tips"]), folder.root / "asked.csv")
    folder.json("data", "validate", "asked.csv", "--schema", "schema.yaml", code=3)
    found = folder.json("data", "validate", "asked.csv", "--schema", "schema.yaml", "--environment", "SERVING")
    assert found["blessed"] is True


def test_everything_is_on_one_page(folder: Project, simple: str) -> None:
    folder.run("data", "profile", simple, "--label", "tips", "--html", "page.html")
    page = (folder.root / "page.html").read_text(encoding="utf-8")
    assert "trip_miles" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_json_is_json_whatever_the_data_holds(folder: Project) -> None:
    folder.write("odd.csv", "x,y\nnan,\ninf,\n1e308,\n")
    out = folder.run("data", "stats", "odd.csv", "--json")
    found = json.loads(out)
    assert {one["name"] for one in found["features"]} == {"x", "y"}
    assert not any(
        isinstance(value, float) and math.isnan(value) for one in found["features"] for value in one.values()
    )
