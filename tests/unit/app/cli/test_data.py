"""``mainspring data``, as a person calls it."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import click
import pytest

from mainspring.app.cli.data.inputs import named
from mainspring.app.cli.data.tables import name_filter
from mainspring.app.cli.main import main
from mainspring.core.errors import InputError

SHARED = Path(__file__).parents[4] / "../shared/data/chicago_taxi/simple.csv.gz"


@pytest.fixture
def trips(tmp_path: Path) -> Path:
    path = tmp_path / "trips.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["fare", "paid", "when"])
        for row in range(120):
            fare = "" if row % 10 == 0 else row / 4
            writer.writerow([fare, ["Cash", "Card", "Cash"][row % 3], f"2024-01-{row % 28 + 1:02d}"])
    return path


def answer(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> Any:
    """What a command prints with ``--json``."""
    assert main(["data", *map(str, arguments), "--json"]) == code, capsys.readouterr()
    out = capsys.readouterr().out.strip().splitlines()
    assert len(out) == 1
    return json.loads(out[0], parse_constant=lambda text: pytest.fail(f"{text} is no JSON"))


def told(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    assert main(["data", *map(str, arguments)]) == code
    return click.unstyle(capsys.readouterr().out)


def test_statistics_as_json(trips: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "stats", trips)
    features = {one["name"]: one for one in found["features"]}
    assert found["num_examples"] == 120
    assert list(features) == ["fare", "paid", "when"]
    assert (features["fare"]["num_missing"], features["fare"]["max"]) == (12, 119 / 4)
    assert features["paid"]["top_values"] == [
        {"value": "Cash", "frequency": 80},
        {"value": "Card", "frequency": 40},
    ]


def test_several_data_sets_lie_under_their_names(trips: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "stats", f"old={trips}", trips, "--rows", "1-60", "--features", "^f")
    assert {name: one["num_examples"] for name, one in found["datasets"].items()} == {"old": 60, "trips": 60}
    assert [one["name"] for one in found["datasets"]["old"]["features"]] == ["fare"]


def test_statistics_are_kept_and_given_instead_of_data(
    trips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.json"
    first = answer(capsys, "stats", trips, "--out", kept)
    assert first.pop("out") == str(kept)
    assert answer(capsys, "stats", kept) == first


def test_parts_are_taken_together(trips: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "stats", trips, f"again={trips}", "--together")["num_examples"] == 240


def test_the_terminal_shows_every_feature_with_its_picture(
    trips: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = told(capsys, "stats", trips)
    assert "trips  120 rows, 3 columns" in text
    (fare,) = [line for line in text.splitlines() if line.startswith("  fare")]
    assert re.search(r"10 % .* 29\.75 .* [▁▂▃▄▅▆▇█]{10}", fare)
    assert "Cash" in text
    assert told(capsys, "stats", trips, "--sort", "missing", "--limit", "1").count("\n  fare") == 1


def test_nothing_of_the_data_moves_the_cursor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "evil.csv"
    path.write_text("word\n" + "\x1b[31mred\n" * 5 + "plain\n")
    assert main(["data", "stats", str(path)]) == 0
    assert "\x1b[31mred" not in capsys.readouterr().out


def test_a_schema_is_inferred_and_holds_data(
    trips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = tmp_path / "schema.yaml"
    text = told(capsys, "schema", trips, "--label", "paid")
    assert "label: paid" in text
    assert "3 features" in told(capsys, "schema", "infer", trips, "--label", "paid", "--out", schema)
    found = answer(capsys, "validate", trips, "--schema", schema)
    assert (found["blessed"], found["anomalies"]) == (True, [])


def test_data_that_is_not_as_the_schema_says_is_held(
    trips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema, other, bad = tmp_path / "schema.yaml", tmp_path / "other.csv", tmp_path / "bad.csv"
    told(capsys, "schema", trips, "--out", schema)
    other.write_text(trips.read_text().replace("Card", "Shells").replace("fare", "price"))
    found = answer(capsys, "validate", other, "--schema", schema, "--html", tmp_path / "v.html", code=3)
    assert found["blessed"] is False
    kinds = {(one["path"], one["type"], one["severity"]) for one in found["anomalies"]}
    assert ("fare", "SCHEMA_MISSING_COLUMN", "ERROR") in kinds
    assert all(one["short_description"] and one["description"] for one in found["anomalies"])
    assert "SCHEMA_MISSING_COLUMN" in (tmp_path / "v.html").read_text()
    text = told(capsys, "validate", other, "--schema", schema, "--rows-out", bad, code=3)
    assert text.startswith("held")
    assert len(bad.read_text().splitlines()) == 41


def test_a_profile_is_one_page(trips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    found = answer(capsys, "profile", trips, "--label", "paid", "--html", page)
    assert Path(found["html"]) == page
    assert found["statistics"]["num_examples"] == 120
    assert {"validation", "findings"} <= set(found)
    assert "the whole of it" in told(capsys, "profile", trips, "--html", page)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["stats", "nowhere.csv"], "there is no"),
        (["stats", "{trips}", "--features", "["], "regular expression"),
        (["stats", "{trips}", "--features", "zzz"], "no feature matches"),
        (["stats", "{trips}", "--rows", "ten"], "1-10000"),
        (["stats", "{trips}", "--rows", "500-"], "within 1-120"),
        (["compare", "{trips}"], "--rows-a"),
    ],
)
def test_mistakes_are_explained(
    arguments: list[str], sentence: str, trips: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", *(one.format(trips=trips) for one in arguments)]) == 1
    captured = capsys.readouterr()
    assert sentence in captured.err + captured.out
    assert "Traceback" not in captured.err


def test_names_of_data_sets(trips: Path) -> None:
    assert named(str(trips)) == ("trips", str(trips))
    assert named(f"{trips}:today") == ("today", str(trips))
    assert named(f"today={trips}") == ("today", str(trips))
    assert named(str(trips), ["trips"]) == ("trips 2", str(trips))
    assert named("postgresql://host/db?a=b") == ("db", "postgresql://host/db?a=b")


def test_a_pattern_finds_names_in_any_case() -> None:
    assert name_filter("FARE")("the_fare")
    assert name_filter(None)("anything")
    with pytest.raises(InputError):
        name_filter("(")


def test_a_group_helps_and_knows_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "schema", "--help"]) == 0
    assert "wizard" in capsys.readouterr().out
    assert main(["data", "stat"]) == 2
    assert "Did you mean 'stats'" in capsys.readouterr().err


def test_no_colours_where_none_are_wanted(
    trips: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["data", "stats", str(trips)]) == 0
    assert "\x1b[" not in capsys.readouterr().out


def test_the_taxi_trips_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    if not SHARED.exists():
        pytest.skip("the shared data set chicago_taxi is not here")
    found = {one["name"]: one for one in answer(capsys, "stats", SHARED)["features"]}
    assert (found["trip_miles"]["num_zeros"], found["company"]["num_missing"]) == (4091, 5140)


def test_two_ranges_of_one_file_are_compared(
    trips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "apart.html"
    found = answer(capsys, "compare", trips, "--rows-a", "1-60", "--rows-b", "61-", "--html", page)
    features = {one["name"]: one["distances"] for one in found["features"]}
    assert {"value", "threshold", "p_value"} <= set(features["fare"]["jensen_shannon"])
    assert features["fare"]["kolmogorov_smirnov"]["value"] > 0.9
    assert features["paid"]["l_infinity"]["value"] < 0.1
    assert page.exists()
    text = told(capsys, "compare", trips, "--rows-a", "1-60", "--rows-b", "61-", "--fail-on-drift", code=3)
    assert re.search(r"fare .* DRIFTED", text)


def test_the_halves_of_the_taxi_trips_have_the_known_distances(capsys: pytest.CaptureFixture[str]) -> None:
    """Near zero by default, and, where asked for, the number that other tools give."""
    if not SHARED.exists():
        pytest.skip("the shared data set chicago_taxi is not here")
    halves = ["compare", SHARED, "--rows-a", "1-10000", "--rows-b", "10001-"]
    found = {one["name"]: one["distances"] for one in answer(capsys, *halves)["features"]}
    assert found["trip_miles"]["jensen_shannon"]["value"] == pytest.approx(0.011, abs=0.001)
    assert found["payment_type"]["l_infinity"]["value"] == pytest.approx(0.039822, abs=1e-6)
    assert found["company"]["l_infinity"]["value"] == pytest.approx(0.0117273, abs=1e-6)
    found = {one["name"]: one["distances"] for one in answer(capsys, *halves, "--tfdv")["features"]}
    assert found["trip_miles"]["jensen_shannon"]["value"] == pytest.approx(0.763, abs=0.001)


def test_a_schema_is_explained_updated_compared_and_converted(
    trips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, other = tmp_path / "a.yaml", tmp_path / "b.yaml", tmp_path / "other.csv"
    reasons = answer(capsys, "schema", trips, "--explain", "--out", first)["reasons"]
    assert any("type = FLOAT" in reason for reason in reasons["fare"])
    other.write_text(trips.read_text().replace("Card", "Shells"))
    assert answer(capsys, "schema", "update", first, other, "--dry-run")["changed"]
    text = told(capsys, "schema", "update", first, other, "--out", second)
    assert "Shells" in text
    assert told(capsys, "schema", "diff", first, second).splitlines()[0] == text.splitlines()[0]
    assert told(capsys, "schema", "diff", first, first) == "Nothing changed.\n"
    answer(capsys, "schema", "convert", first, tmp_path / "c.pbtxt")
    answer(capsys, "schema", "convert", tmp_path / "c.pbtxt", tmp_path / "d.yaml")
    assert answer(capsys, "schema", "diff", first, tmp_path / "d.yaml")["changed"] == []
    assert answer(capsys, "validate", other, "--schema", second)["blessed"] is True


def test_the_wizard_proposes_explains_and_asks(trips: Path, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from mainspring.app.cli.main import cli

    out = tmp_path / "schema.yaml"
    arguments = ["data", "schema", "wizard", str(trips), "--out", str(out)]
    given = CliRunner().invoke(cli, arguments, input="paid\ns\na\nl\n")
    assert given.exit_code == 0, given.output
    assert "why       type = FLOAT" in given.output
    text = out.read_text()
    assert "label: paid" in text
    assert "fare" not in text, "it was skipped"
    assert CliRunner().invoke(cli, [*arguments, "--yes"]).exit_code == 0
    assert "fare" in out.read_text()


def test_a_table_of_a_database_is_data_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import contextlib
    import sqlite3

    with contextlib.closing(sqlite3.connect(tmp_path / "shop.db")) as shop:
        shop.execute("CREATE TABLE sales (price REAL, city TEXT)")
        shop.executemany("INSERT INTO sales VALUES (?, ?)", [(1.5, "Bern"), (2.5, "Rome"), (None, "Rome")])
        shop.commit()
    found = answer(capsys, "stats", f"sqlite:///{tmp_path / 'shop.db'}", "--table", "sales")
    assert [one["mean"] for one in found["features"]] == [2.0, None]
    text = told(capsys, "stats", f"sqlite:///{tmp_path / 'shop.db'}", "--query", "SELECT city FROM sales")
    assert text.startswith("shop  3 rows, 1 column,")


def test_times_to_the_nanosecond_with_a_zone_are_described(capsys: pytest.CaptureFixture[str]) -> None:
    path = SHARED.parents[1] / "time_entities/driver_stats.parquet"
    if not path.exists():
        pytest.skip("the shared data set time_entities is not here")
    found = {one["name"]: one for one in answer(capsys, "stats", path)["features"]}
    assert (found["event_timestamp"]["type"], found["event_timestamp"]["num_missing"]) == ("TIMESTAMP", 0)
    assert found["driver_id"]["unique"] == 5


def test_slices_have_lines_of_their_own(trips: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Rows 81 to 119 are dear, but for 90, 100 and 110, which have no fare.
    found = answer(capsys, "stats", trips, "--slice", "paid", "--slice", "dear=fare > 20")
    assert {name: one["num_examples"] for name, one in found["slices"].items()} == {
        "paid=Cash": 80,
        "paid=Card": 40,
        "dear": 36,
    }
    text = told(capsys, "stats", trips, "--slice", "dear=fare > 20", "--features", "fare")
    assert "dear  36 rows" in text
    assert re.search(r"^  fare +trips .*\n +dear .* 20\.25 ", text, re.MULTILINE)


def test_what_drifted_in_a_slice_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, low in (("one", 0), ("other", 500)):
        rows = [f"{'AB'[row % 2]},{row + (low if row % 2 else 0)}" for row in range(400)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["kind,x", *rows]))
    text = told(capsys, "compare", tmp_path / "one.csv", tmp_path / "other.csv", "--slice", "kind")
    assert "- in slice kind=B: x drifted" in text


def test_a_comparison_is_from_the_first_to_the_second_also_if_one_was_kept(
    trips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "before.json"
    answer(capsys, "stats", trips, "--rows", "1-50", "--out", kept)
    found = answer(capsys, "compare", kept, trips)
    assert (found["between"], found["rows"]) == (["before", "trips"], [50, 120])
    assert answer(capsys, "compare", trips, kept)["rows"] == [120, 50]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("schema.yaml", b"\xff\xfe", "no text in UTF-8"),
        ("schema.json", b"{", "not JSON"),
        ("schema.json", b"[1]", "object"),
    ],
)
def test_a_file_that_is_no_schema_is_a_mistake_and_no_crash(
    trips: Path, tmp_path: Path, name: str, content: bytes, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    found = answer(capsys, "validate", trips, "--schema", tmp_path / name, code=1)["error"]
    assert says in found["found"] + str(found["expected"])
    assert found["where"] is None or name in found["where"]


@pytest.mark.parametrize(
    "content", ['{"splits": 1}', '{"splits": {"a": {"features": 3}}}', '{"splits": {}, "version": 99}']
)
def test_statistics_that_are_damaged_or_newer_are_named(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "kept.json"
    path.write_text(content)
    assert answer(capsys, "stats", path, code=1)["error"]["where"] == str(path)


def test_what_needs_rows_is_not_passed_over_for_statistics(
    trips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.json"
    answer(capsys, "stats", trips, "--out", kept)
    for asked in (["--rows", "1-5"], ["--slice", "paid"], ["--sample", "0.5"]):
        assert "without rows" in answer(capsys, "stats", kept, *asked, code=1)["error"]["found"]
    asked = ["compare", kept, trips, "--methods", "classifier"]
    assert "--methods" in answer(capsys, *asked, code=1)["error"]["expected"]


def test_a_slice_without_name_or_condition_and_a_sample_of_nothing_are_mistakes(
    trips: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "lacks a name" in answer(capsys, "stats", trips, "--slice", "=1", code=1)["error"]["found"]
    assert "lacks a condition" in answer(capsys, "stats", trips, "--slice", "x=", code=1)["error"]["found"]
    answer(capsys, "stats", trips, "--sample", "0", code=2)


def test_numbers_that_are_none_are_seen_beside_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("x,y\n1,1\nnan,2\ninf,3\nnan,4\n")
    lines = {line.split()[0]: line for line in told(capsys, "stats", path).splitlines() if line.strip()}
    assert lines["x"].endswith("50 % NaN, 25 % infinite")
    assert "NaN" not in lines["y"]


def test_what_was_not_evaluated_is_counted(
    trips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = tmp_path / "schema.yaml"
    schema.write_text(
        "features: {fare: {type: FLOAT}, paid: {type: STRING}, when: {type: DATE}}\nchecks: {a: {sql: nope > 1}}\n"
    )
    text = told(capsys, "validate", trips, "--schema", schema, code=3)
    assert text.startswith("held  0 errors, 0 warnings, 1 not evaluated in TRAINING data (trips 120 rows)")


def test_a_drift_is_told_with_its_direction(trips: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "compare", trips, "--rows-a", "1-60", "--rows-b", "61-120")
    assert "mean 7.5 to 22.5; median 7.5 to 22.5; " in " ".join(text.split())


def test_names_that_look_like_values_are_doubted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bare.csv"
    path.write_text("39,x\n40,y\n")
    assert main(["data", "stats", str(path), "--json"]) == 0
    said = capsys.readouterr()
    assert "is '39' a name? If not, the file has no header: --no-header" in said.err
    assert json.loads(said.out)["num_examples"] == 1
    assert main(["data", "stats", str(path), "--no-header"]) == 0
    assert not capsys.readouterr().err


def test_what_was_measured_is_told_also_where_nothing_drifted(
    trips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = tmp_path / "schema.yaml"
    told(capsys, "schema", trips, "--out", schema)
    text = told(capsys, "validate", trips, "--schema", schema, "--previous", trips)
    assert "previous trips to trips: 0 of 3 features drifted" in text
    assert "L-infinity" in text


def test_notes_keep_to_the_features_that_were_asked_for(trips: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = trips.with_name("keys.csv")
    path.write_text("key,x\n" + "".join(f"{row},{row % 2}\n" for row in range(80)))
    ranges = ["--rows-a", "1-40", "--rows-b", "41-80"]
    assert "'key' goes on" in told(capsys, "compare", path, *ranges)
    assert "'key' goes on" not in told(capsys, "compare", path, *ranges, "--features", "x")
