"""Comparing runs: the table, the baseline, curves, changes; all of it in the address."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import mainspring
from mainspring.app.accounts import Role
from mainspring.app.api.subjects.comparing.curving import thinned
from mainspring.app.api.subjects.comparing.directions import direction
from mainspring.app.api.subjects.comparing.lines import code_files
from mainspring.pipelines.series import Point

PIPELINE = '''"""Trains a little."""

from mainspring import File, log_metric, pipeline, step


@step
def train(data: File, rate: float, epochs: int, kind: str) -> float:
    rows = len(data.path.read_text().split())
    loss = 1.0
    for epoch in range(epochs):
        loss *= 1 - rate
        log_metric("validation loss", loss, (epoch + 1) * rows, epoch=epoch + 1)
    return loss


@pipeline
def little(data: File = File("rows.txt"), rate: float = 0.5, epochs: int = 3, kind: str = "plain"):
    train(data, rate, epochs, kind)
'''

FOURTH = """
import sys
import mainspring
with mainspring.open(sys.argv[1]) as opened:
    loaded, entry = opened.pipelines.load()
    opened.pipelines.run(loaded, {"epochs": 2}, name="four", entry=entry)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """Four runs; between the third and the fourth the code and the data changed."""
    root = tmp_path_factory.mktemp("comparing")
    (root / "mainspring.toml").write_text('[project]\nname = "little"\npipeline = "pipeline.py"\n')
    (root / "pipeline.py").write_text(PIPELINE)
    (root / "rows.txt").write_text("a b c d")
    given = {"one": {}, "two": {"rate": 0.25}, "three": {"rate": 0.75, "kind": "steep"}}
    for name, parameters in given.items():
        _run(root, name, parameters)
    (root / "pipeline.py").write_text(PIPELINE.replace("loss = 1.0\n", "loss = 2.0\n    bias = 0.0\n"))
    (root / "rows.txt").write_text("a b c d e")
    # In a process of its own, as anybody would: this one has the module as it was.
    subprocess.run([sys.executable, "-c", FOURTH, root], check=True)
    return root


def _run(root: Path, name: str, parameters: dict[str, object]) -> None:
    with mainspring.open(root) as opened:
        loaded, entry = opened.pipelines.load()
        opened.pipelines.run(loaded, parameters, name=name, entry=entry)


def words_of(html: str) -> str:
    """The text of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def rows(told) -> dict[str, dict]:
    return {row["key"]: row for row in told["rows"]}


def test_only_what_differs_is_told_and_the_best_is_known(using, project):
    told = using(project).get("/compare", run=["one", "two", "three"])
    assert [one["run"] for one in told["runs"]] == ["one", "two", "three"]
    assert told["base"] == "one"
    found = rows(told)
    assert {"parameters.rate", "parameters.kind", "metrics.validation loss"} <= found.keys()
    assert not {"parameters.epochs", "data.data", "code.project's code"} & found.keys()
    loss = found["metrics.validation loss"]
    assert loss["values"] == [0.125, 0.421875, 0.015625]
    assert (loss["better"], loss["best"]) == ("lower", [2])
    assert told["alike"] > 0
    assert told["main"][0] == "metrics.validation loss"


def test_everything_is_told_when_asked_and_data_and_code_are_versions(using, project):
    told = using(project).get("/compare", run=["one", "four"], differing=False)
    found = rows(told)
    assert found["parameters.rate"]["differs"] is False
    assert found["data.data"]["differs"] is True
    assert found["code.project's code"]["differs"] is True
    assert told["alike"] == 0


def test_the_newest_are_compared_from_the_oldest_on(using, project):
    told = using(project).get("/compare", last=3)
    assert [one["run"] for one in told["runs"]] == ["two", "three", "four"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"run": "nobody"}, "there is no run"),
        ({}, "nothing to compare"),
        ({"run": "one", "base": "two"}, "baseline"),
    ],
)
def test_mistakes_are_told(using, project, query, words):
    told = using(project).client.get("/api/compare", params=query)
    assert told.status_code in (400, 404, 422)
    assert words in told.json()["error"]["found"]


def test_curves_are_read_over_steps_epochs_and_time(using, project):
    told = using(project).get("/compare/curves", run=["one", "four"])
    assert told["metrics"] == {"validation loss": 2}
    one, four = told["curves"]
    assert one["steps"] == [4, 8, 12]
    assert one["values"] == [0.5, 0.25, 0.125]
    assert one["epochs"] == [1, 2, 3]
    assert one["seconds"][0] == 0.0
    assert (four["steps"], four["values"]) == ([5, 10], [1.0, 0.5])


def test_what_changed_between_two_runs_is_told_line_by_line(using, project):
    told = using(project).get("/compare/diff", before="three", after="four")
    assert told["same"] is False
    assert {one["name"]: (one["before"], one["after"]) for one in told["parameters"]} == {
        "rate": (0.75, 0.5),
        "kind": ("steep", "plain"),
        "epochs": (3, 2),
    }
    (file,) = told["code"]
    assert file["name"] == "pipeline.py"
    changed = [(one["form"], one["text"].strip()) for one in file["lines"] if one["form"] in ("add", "del")]
    assert changed == [("del", "loss = 1.0"), ("add", "loss = 2.0"), ("add", "bias = 0.0")]
    (data,) = told["data"]
    assert (data["form"], data["name"], data["facts"]["size"]) == ("file", "data", [7, 9])
    assert told["command"] == "mainspring diff three four"
    assert using(project).get("/compare/diff", before="one", after="one")["same"] is True


def test_few_runs_are_columns_with_differences_to_the_baseline(using, project):
    html = using(project).page("/compare?run=one&run=two&run=three&base=two")
    text = words_of(html)
    assert "Compare 3 runs" in text
    assert "\N{MINUS SIGN}0.2969 better than the baseline" in text
    assert html.count('name="without"') == 3
    assert html.index('href="/runs/two"') < html.index('href="/runs/one"')
    assert "best" in text


def test_many_runs_are_rows_that_can_be_sorted(using, project):
    many = "&".join(f"run={name}" for name in ("one", "two", "three", "four"))
    used = using(project)
    for place in range(6):
        _run(project, f"more-{place}", {"rate": 0.5 + place / 100})
    html = used.page(f"/compare?{many}&last=6&sort=metrics.validation+loss")
    assert 'aria-sort="ascending"' in html
    body = html[html.index("<tbody>") :]
    assert body.index('href="/runs/one"') < body.index('href="/runs/three"') < body.index('href="/runs/two"')


def test_runs_are_added_and_taken_away_by_the_address(using, project):
    used = using(project)
    answer = used.client.get("/compare?run=one&run=two&run=three&view=scatter&without=two")
    assert (answer.status_code, answer.headers["location"]) == (303, "/compare?run=one&run=three&view=scatter")
    answer = used.client.get("/compare?run=one&add=two%20three")
    assert answer.headers["location"] == "/compare?run=one&run=two&run=three"
    answer = used.client.get("/compare?run=one&run=two&run=three&keep=two&keep=three&do=keep")
    assert answer.headers["location"] == "/compare?run=two&run=three"


@pytest.mark.parametrize("view", ["table", "parallel", "scatter", "curves", "changes"])
def test_every_view_opens_for_a_viewer_and_keeps_the_runs(using, project, view):
    html = using(project, role=Role.VIEWER).page(f"/compare?run=one&run=four&view={view}")
    assert html.count('aria-current="page"') >= 2
    assert "run=one&amp;run=four" in html
    assert " style=" not in html
    if view == "changes":
        assert "loss = 2.0" in html
        assert "mainspring diff one four" in html


def test_without_runs_there_is_a_choice(using, project, tmp_path):
    assert 'name="run" value="four"' in using(project).page("/compare")
    assert "no two runs" in using(tmp_path).page("/compare")


@pytest.mark.parametrize(
    ("metric", "way"),
    [
        ("auc", "higher"),
        ("log_loss", "lower"),
        ("validation loss", "lower"),
        ("val/acc", "higher"),
        ("lr", "neither"),
    ],
)
def test_the_direction_of_metrics_is_known(metric, way):
    assert direction(metric) == way


def test_long_series_keep_their_peaks_and_ends():
    points = [Point(place, -5.0 if place == 400 else float(place % 7), 0.0) for place in range(1000)]
    short = thinned(points, 100)
    assert len(short) <= 102
    assert (short[0].step, short[-1].step) == (0, 999)
    assert 400 in [one.step for one in short]


def test_lines_that_look_like_heads_stay_lines():
    (file,) = code_files(["--- a", "+++ a", "@@ -1,2 +1,2 @@", "--- not a head", "+++ neither", " end"])
    assert [(one.form, one.text) for one in file.lines[1:]] == [
        ("del", "-- not a head"),
        ("add", "++ neither"),
        ("same", "end"),
    ]
    assert (file.added, file.removed) == (1, 1)
