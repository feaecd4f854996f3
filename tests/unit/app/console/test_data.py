"""The room of data: versions, columns, drift, anomalies, rows, over a project with spans and odd columns."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from datetime import date
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.unit.app.console.conftest import Used, words_of

from mainspring.app import platform
from mainspring.app.accounts import Role
from mainspring.app.api.subjects import data
from mainspring.core.errors import InputError, NotFoundError
from mainspring.data import Table
from mainspring.data.bundled import write_csv

PIPELINE = """
from mainspring import File, curated, pipeline, steps

@pipeline
def people(data: File = File("in/{YYYY}/{MM}/{DD}/*.csv"), spans: str = "latest"):
    examples = steps.ingest(data, spans=spans, splits={"train": 3, "eval": 1})
    statistics = steps.statistics(examples)
    schema = curated(steps.infer_schema(statistics, label="income"), file="schema.yaml")
    steps.validate(statistics, schema, examples=examples)
    steps.transform(examples, schema)
"""
NAME = "people.ingest"
JOB = 'the "quoted" job'


def _write(folder: Path, *, later: bool) -> None:
    chance = random.Random(1 + later)
    jobs = ["clerk", "smith", "nurse", *["astronaut"] * later]
    count = 200
    columns = {
        "name": [f"Person {chance.randrange(10**6)}" for _ in range(count)],
        "age": [chance.randrange(18, 60) + 20 * later for _ in range(count)],
        "hours / week": [round(chance.gauss(38, 6), 1) if chance.random() > 0.1 else None for _ in range(count)],
        JOB: [chance.choice(jobs) for _ in range(count)],
        "größe": [round(chance.gauss(1.7, 0.1), 2) for _ in range(count)],
        "<b>&": [chance.random() < 0.5 for _ in range(count)],
        "income": [chance.choice(["low", "high"]) for _ in range(count)],
    }
    folder.mkdir(parents=True)
    write_csv(Table.from_columns(columns), folder / "people.csv")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of people: the second has a job that the first has not, and older people."""
    root = tmp_path_factory.mktemp("people")
    (root / "mainspring.toml").write_text('[project]\nname = "people"\npipeline = "pipeline.py"\n')
    (root / "pipeline.py").write_text(PIPELINE)
    with platform.open(root) as opened:
        for day in (1, 2):
            _write(root / f"in/2026/03/0{day}", later=day == 2)
            span = date(2026, 3, day).toordinal() - date(1970, 1, 1).toordinal()
            opened.pipelines.run(parameters={"spans": str(span)})
            schema = root / "schema.yaml"
            if day == 1:
                text = schema.read_text().replace(
                    "  name:\n", "  # asked at the door\n  name:\n    tags: [personal]\n"
                )
                schema.write_text(text)
    return root


@pytest.fixture
def used(people: Path, using: Callable[..., Used]) -> Used:
    """A console over it."""
    return using(people)


def test_lists_the_data_set_with_its_newest_version(used: Used) -> None:
    (one,) = data.listed(used.desk)
    assert (one.name, one.step, one.versions, one.spans, one.failing) == (NAME, "ingest", 2, 2, 1)
    assert (one.latest.number, one.latest.total, one.latest.columns) == (2, 200, 7)
    assert one.latest.labels == ("2026-03-02",)
    assert one.latest.check is not None
    assert not one.latest.check.ok


def test_a_version_knows_its_runs_its_statistics_and_its_transform(used: Used) -> None:
    first = data.version_facts(used.desk, NAME, "1")
    assert [use.state for use in first.version.uses] == ["COMPLETE"]
    assert len(first.version.transforms) == 1
    assert (first.kept, first.described, first.newest) == (True, True, 2)
    held = data.version_facts(used.desk, NAME).version
    assert [use.state for use in held.uses] == ["HELD"]
    assert held.transforms == ()


def test_an_unknown_version_says_which_there_are(used: Used) -> None:
    with pytest.raises(NotFoundError, match="no version 9") as caught:
        data.version_facts(used.desk, NAME, "9")
    assert caught.value.expected == "latest, or 1 to 2"


def test_the_same_rows_are_one_version_however_many_runs_read_them(
    people: Path, tmp_path: Path, using: Callable[..., Used]
) -> None:
    used = using(Path(shutil.copytree(people, tmp_path / "copy")))
    before = len(data.versions(used.desk, NAME).versions)
    span = date(2026, 3, 1).toordinal() - date(1970, 1, 1).toordinal()
    used.opened.pipelines.run(parameters={"spans": str(span)})
    versions = data.versions(used.desk, NAME).versions
    assert len(versions) == before
    assert len(versions[-1].uses) >= 2


def test_artifacts_lead_to_the_version_that_they_are_of(used: Used) -> None:
    version = data.version_facts(used.desk, NAME).version
    check = version.check
    assert check is not None
    for artifact in (version.artifact, version.statistics[0], check.artifact):
        answer = used.client.get(f"/data/artifacts/{artifact}")
        assert answer.headers["location"] == f"/data/{NAME}/2"
    assert used.client.get("/data/artifacts/999999").headers["location"] == "/lineage/999999"


def test_columns_have_figures_and_private_ones_only_counts(used: Used) -> None:
    found = {one.name: one for one in data.columns(used.desk, NAME, "1").columns}
    assert list(found) == ["name", "age", "hours / week", JOB, "größe", "<b>&", "income"]
    assert found["name"].private
    assert (found["name"].least, found["name"].top, list(found["name"].bars)) == ("", "", [])
    assert found["name"].distinct > 100
    job = found[JOB]
    assert sorted(bar.name for bar in job.bars) == ["clerk", "nurse", "smith"]
    assert sum(bar.one for bar in job.bars) == pytest.approx(1.0)
    assert 0.02 < found["hours / week"].missing < 0.25
    assert int(found["age"].least) >= 18


def test_a_version_is_laid_over_another(used: Used) -> None:
    found = {one.name: one for one in data.columns(used.desk, NAME, "2", over="1").columns}
    assert found["age"].drifted
    assert not found["income"].drifted
    astronaut = next(bar for bar in found[JOB].bars if bar.name == "astronaut")
    assert astronaut.one > 0.1
    assert astronaut.other == 0.0
    beside = data.columns(used.desk, NAME, "2", split="train", over_split="eval")
    assert beside.over == "version 2, 2026-03-02, eval"


def test_a_column_over_time_with_schema_anomalies_and_use(used: Used) -> None:
    page = data.column_page(used.desk, NAME, "2", column=JOB, over="1")
    assert [one.version.number for one in page.moments] == [1, 2]
    assert [one.errors > 0 for one in page.moments] == [False, True]
    assert page.moments[1].drift.drifted
    assert page.schema is not None
    assert sorted(page.schema["domain"]) == ["clerk", "nurse", "smith"]
    assert {one.kind for one in page.anomalies} == {"ENUM_TYPE_UNEXPECTED_STRING_VALUES"}
    used_in = data.column_page(used.desk, NAME, "1", column="age").usages
    assert [one.used for one in used_in] == [True]
    assert data.column_page(used.desk, NAME, "1", column="income").usages[0].why_not == "it is the label"
    with pytest.raises(NotFoundError, match="no column 'nobody'"):
        data.column_page(used.desk, NAME, "1", column="nobody")


def test_drift_from_version_to_version(used: Used) -> None:
    found = data.drift(used.desk, NAME)
    assert [(one.before.number, one.after.number) for one in found.pairs] == [(1, 2)]
    drifted = {row.column for row in found.rows if row.cells[0].drifted}
    assert drifted == {"age", JOB}
    name = next(row for row in found.rows if row.column == "name")
    assert name.cells[0].chance
    assert name.worst == 0.0


def test_two_versions_side_by_side_hide_private_values(used: Used) -> None:
    found = data.differences(used.desk, NAME, a="1", b="2")
    assert (found.added, found.removed) == ([], [])
    assert found.schema == ["~ name: tags: + 'personal'"]
    assert next(one for one in found.comparison.features if one.name == "name").masses == ()


def test_anomalies_say_what_was_found_and_expected(used: Used) -> None:
    found = [one for one in data.anomalies(used.desk, name=NAME, version="2") if one.column == JOB]
    assert {one.split for one in found} == {"train", "eval"}
    assert all("astronaut" in one.found and one.severity == "ERROR" for one in found)
    assert found[0].examples[0].values[JOB] == "astronaut"
    assert data.anomalies(used.desk, name=NAME, version="1") == []


def test_rows_are_filtered_sorted_and_masked(used: Used) -> None:
    old = json.dumps(["age", ">=", 70])
    page = data.rows(used.desk, NAME, "2", where=[old], sort="age", down=True, limit=5)
    ages = [int(row[1] or 0) for row in page.rows]
    assert ages == sorted(ages, reverse=True)
    assert min(ages) >= 70
    assert {row[0] for row in page.rows} == {"•••"}
    every = data.rows(used.desk, NAME, "2", where=[json.dumps(["age", "<", 70])]).total
    assert page.total + every == data.rows(used.desk, NAME, "2").total


def test_values_of_private_columns_cannot_be_guessed_by_asking(used: Used) -> None:
    with pytest.raises(InputError, match="would tell its values"):
        data.rows(used.desk, NAME, where=[json.dumps(["name", "contains", "Person 1"])])
    with pytest.raises(InputError, match="its order would tell"):
        data.rows(used.desk, NAME, sort="name")
    assert data.rows(used.desk, NAME, where=[json.dumps(["name", "present"])]).total > 0


def test_conditions_are_no_sql(used: Used) -> None:
    sly = json.dumps([JOB, "=", "' OR 1=1 --"])
    assert data.rows(used.desk, NAME, where=[sly]).total == 0
    with pytest.raises(InputError, match="is compared with 'many'"):
        data.rows(used.desk, NAME, where=[json.dumps(["age", ">", "many"])])
    with pytest.raises(InputError, match="the condition is"):
        data.rows(used.desk, NAME, where=["age > 3"])


def test_a_condition_that_cannot_be_met_is_told_beside_the_rows(used: Used) -> None:
    kept, wrong = json.dumps(["age", "<", "70"]), json.dumps(["age", ">", "many"])
    html = used.page(f"/data/{NAME}/2/rows?" + urlencode({"where": [kept, wrong]}, doseq=True))
    assert 'class="problem"' in html
    assert "many" in words_of(html)
    assert "age &lt; 70" in html
    assert wrong not in unescape(html)


def test_only_an_admin_sees_private_values_and_the_trail_says_so(used: Used) -> None:
    path = f"/data/{NAME}/versions/2/revealed"
    shown = used.get(path, limit=3)
    assert all(row[0].startswith("Person ") for row in shown["rows"])
    assert used.trail.entries[-1].operation == "data.reveal_rows"
    used.somebody.role = Role.APPROVER
    used.get(path, status=403, limit=3)
    assert "Person " not in json.dumps(used.get(f"/data/{NAME}/versions/2/rows"))
    assert "Show them" not in used.page(f"/data/{NAME}/2/rows")


def test_no_page_for_others_shows_a_private_value(used: Used) -> None:
    for path in (
        f"/data/{NAME}/1",
        f"/data/{NAME}/2?with=1",
        f"/data/{NAME}/2/view",
        f"/data/{NAME}/2/view?with=1",
        f"/data/{NAME}/2/rows",
        f"/data/{NAME}/2/anomalies",
        f"/data/{NAME}/2/column?name=name&with=1",
        f"/data/{NAME}/compare?a=1&b=2",
        f"/api/data/{NAME}/versions/2/statistics",
        f"/api/data/{NAME}/compare?a=1",
        f"/data/{NAME}/2/download",
    ):
        answer = used.client.get(path, headers={"accept": "text/html"})
        assert answer.status_code == 200, path
        assert "Person " not in answer.text, path


def test_reports_of_runs_have_no_private_value(used: Used) -> None:
    for run in used.get("/runs")["runs"]:
        answer = used.client.get(f"/runs/{run['run']}/report/page", headers={"accept": "text/html"})
        assert answer.status_code == 200
        assert "Person " not in answer.text
        assert "clerk" in answer.text


def test_erased_people_are_left_out_of_rows(used: Used) -> None:
    import hashlib

    names = data.revealed(used.desk, NAME, "1", limit=2).rows
    settings = used.opened.settings
    log = settings.path(settings.serving.log)
    log.mkdir(parents=True, exist_ok=True)
    file = log / "erasures.log"
    subject = hashlib.sha256(str(names[0][0]).encode()).hexdigest()
    file.write_text(json.dumps({"subject": subject}) + "\n")
    try:
        page = data.revealed(used.desk, NAME, "1", limit=2)
        assert page.erased
        assert page.rows[0] == names[1]
        assert "erased" in words_of(used.page(f"/data/{NAME}/1/rows"))
    finally:
        file.unlink()


def test_downloads_are_masked(used: Used, tmp_path: Path) -> None:
    csv = used.client.get(f"/data/{NAME}/1/download", params={"kind": "csv", "split": "eval"})
    lines = csv.text.splitlines()
    assert lines[0].startswith('name,age,hours / week,"the ""quoted"" job"')
    assert all(line.startswith("•••,") for line in lines[1:])
    parquet = used.client.get(f"/data/{NAME}/1/download", params={"kind": "parquet", "split": "eval"})
    (tmp_path / "rows.parquet").write_bytes(parquet.content)
    table = Table.read_parquet(tmp_path / "rows.parquet")
    assert len(table) == len(lines) - 1
    assert str(table.type_of("age")) == "INT"


def test_pages_escape_names_of_columns(used: Used) -> None:
    html = used.page(f"/data/{NAME}/2")
    assert "<b>&" not in html
    assert "&lt;b&gt;&amp;" in html
    assert "hours / week" in words_of(used.page(f"/data/{NAME}/2/column?name=hours+/+week"))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/data", "schema.yaml"),
        (f"/data/{NAME}", "2026-03-02"),
        (f"/data/{NAME}/drift", "drifted"),
        (f"/data/{NAME}/anomalies", "astronaut"),
        ("/data/anomalies?severity=ERROR", "Accept as normal"),
        (f"/data/{NAME}/1/anomalies", "No anomalies"),
        (f"/data/{NAME}/2/statistics?with=1", "Lay over"),
        (f"/data/{NAME}/compare", "What may have happened"),
    ],
)
def test_pages(used: Used, path: str, words: str) -> None:
    assert words in words_of(used.page(path))


def test_a_condition_is_added_to_the_address(used: Used) -> None:
    answer = used.client.get(f"/data/{NAME}/2/rows", params={"column": "age", "operator": ">", "value": "70"})
    assert answer.status_code == 303
    assert "age &gt; 70" in words_of(used.page(answer.headers["location"]))


def test_a_search_finds_data_columns_and_spans(used: Used) -> None:
    def kinds(text: str) -> set[str]:
        return {hit["kind"] for hit in used.get("/search", text=text)["hits"]}

    assert "data" in kinds("people.ing")
    assert "column" in kinds("größe")
    assert "version" in kinds("2026-03-02")
    assert "schema" in kinds("schema.yaml")


def test_a_version_that_did_not_pass_waits_for_somebody(used: Used) -> None:
    from mainspring.app.api.subjects.data.finding import waiting

    (one,) = waiting(used.desk)
    assert one.path == f"/data/{NAME}/2/anomalies"
    assert one.urgency == 2


def test_an_empty_project_says_how_to_begin(tmp_path: Path, using: Callable[..., Used]) -> None:
    assert "No data was read yet" in words_of(using(tmp_path).page("/data"))


TABLES = """
from mainspring import pipeline, step
from mainspring.data import Table

@step
def letters() -> Table:
    rows = Table.from_columns({"w": ["a", None, "c"]})
    return rows.sql("SELECT w, [1, 2] AS l, 'xyz'::BLOB AS b, repeat('z', 5000) AS t FROM this")

@pipeline
def words():
    letters()
"""


def test_a_table_of_any_step_is_data_and_large_values_are_cut(tmp_path: Path, using: Callable[..., Used]) -> None:
    (tmp_path / "mainspring.toml").write_text('[project]\nname = "words"\npipeline = "pipeline.py"\n')
    (tmp_path / "pipeline.py").write_text(TABLES)
    used = using(tmp_path)
    used.opened.pipelines.run()
    assert data.versions(used.desk, "words.letters").latest.rows == {"rows": 3}
    page = data.rows(used.desk, "words.letters", where=[json.dumps(["w", "missing"])])
    (row,) = page.rows
    assert row[:3] == [None, "[1, 2]", "3 bytes"]
    assert len(str(row[3])) == 201
    assert "The columns are not known" in words_of(used.page("/data/words.letters/1"))
    assert "missing" in words_of(used.page("/data/words.letters/1/rows"))
    for kind in ("csv", "parquet"):
        assert used.client.get(f"/data/words.letters/1/download?kind={kind}").status_code == 200
