"""Runs in the console: the table, a run in every state, its steps, its logs."""

from __future__ import annotations

import json
import threading
import time
from html import unescape

import pytest
from tests.unit.app.console.conftest import words_of
from tests.unit.app.console.runs_project import write_project

from mainspring.app import platform
from mainspring.app.accounts import Role
from mainspring.app.api.feed import Feed
from mainspring.app.api.subjects.runs import SUBJECT
from mainspring.app.api.subjects.runs.finding import find, waiting
from mainspring.app.api.subjects.runs.logs import cleaned
from mainspring.app.web.rooms.runs.curves import curves_of
from mainspring.core.records import ExecutionState


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Six runs that scored, and one of every other end."""
    folder = write_project(tmp_path_factory.mktemp("runs") / "small", "shown.py")
    with platform.open(folder) as opened:
        for depth in range(1, 7):
            _run(opened, "scoring", f"score-{depth}", depth=depth, rows=4 + depth // 5)
        _run(opened, "gated", "gated-1")
        _run(opened, "failing", "failing-1")
        _run(opened, "asking", "asking-1")
    return folder


def _run(opened, pipeline, name, **parameters):
    loaded, entry = opened.pipelines.load("shown.py", pipeline)
    return opened.pipelines.run(loaded, parameters, name=name, entry=entry).state


def names_of(told):
    return [one["run"] for one in told["runs"]]


def test_metrics_and_parameters_are_columns(using, project):
    told = using(project).get("/runs", columns=["metrics.auc", "parameters.depth", "parameters.params.rate"])
    row = next(one for one in told["runs"] if one["run"] == "score-3")
    assert row["values"] == {"metrics.auc": 0.93, "parameters.depth": 3, "parameters.params.rate": 0.5}
    assert told["total"] == told["matching"] == 9
    assert {one["name"] for one in told["columns"] if one["kind"] == "metric"} == {"auc", "loss", "shown"}
    assert told["states"] == {"COMPLETE": 6, "WAITING": 1, "FAILED": 1, "HELD": 1}


def test_what_people_look_for_is_shown_first(using, project):
    assert using(project).get("/runs", pipeline="scoring")["shown"] == [
        "metrics.auc",
        "metrics.loss",
        "metrics.shown",
        "parameters.depth",
        "parameters.rows",
    ]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("auc > 0.93 and depth < 6", ["score-5", "score-4"]),
        ("params.rate = 0.5 AND loss = 1", ["score-1"]),
        ("rate = 0.5 and metrics.shown = 2.5", ["score-6", "score-5"]),
        ("state = FAILED or state = HELD", ["failing-1", "gated-1"]),
        ("auc IS NULL and not pipeline = 'asking'", ["failing-1", "gated-1"]),
        ("name LIKE 'score-%' and depth IN (2, 3)", ["score-3", "score-2"]),
    ],
)
def test_an_expression_chooses_runs(using, project, where, found):
    assert names_of(using(project).get("/runs", where=where)) == found


def test_a_slip_in_an_expression_is_pointed_at_and_the_table_is_still_there(using, project):
    used = using(project)
    told = used.get("/runs", status=400, where="auc >> 3")
    assert "at character 6 of the filter" in told["error"]["found"]
    html = used.page("/runs?where=auc+>>+3")
    assert 'role="alert"' in html
    assert "score-6" in html


def test_runs_are_sorted_by_any_column_and_those_without_come_last(using, project):
    used = using(project)
    best = names_of(used.get("/runs", sort="metrics.loss", descending="false", limit=2))
    assert best == ["score-6", "score-5"]
    assert set(names_of(used.get("/runs", sort="metrics.auc"))[-3:]) == {"asking-1", "failing-1", "gated-1"}
    assert used.get("/runs", status=400, sort="metrics.nothing")["error"]["expected"].startswith("metrics.NAME")


def test_runs_come_in_pages_and_by_state_words_and_time(using, project):
    used = using(project)
    first = used.get("/runs", limit=4)
    assert first["next"] == 4
    assert names_of(used.get("/runs", limit=4, offset=8)) == ["score-1"]
    assert names_of(used.get("/runs", state=["failed", "held"])) == ["failing-1", "gated-1"]
    assert names_of(used.get("/runs", text="SCORE-2 scoring")) == ["score-2"]
    assert used.get("/runs", until="2020-01-01")["matching"] == 0


def test_the_page_shows_columns_links_and_sorting(using, project):
    html = using(project).page("/runs?columns=metrics.auc&sort=metrics.auc")
    assert 'aria-sort="descending"' in html
    assert 'data-value="0.96"' in html
    assert 'action="/compare"' in html
    assert "loss</a>" not in html


def test_pages_of_the_table_lead_to_one_another(using, project):
    used = using(project)
    html = used.page("/runs?limit=4&pipeline=scoring&columns=metrics.auc")
    assert "1 to 4 shown" in html
    later = "/runs?pipeline=scoring&amp;limit=4&amp;columns=metrics.auc&amp;offset=4"
    assert f'href="{later}"' in html
    html = used.page(later.replace("&amp;", "&"))
    assert "5 to 6 shown" in html
    assert 'rel="prev"' in html


def test_a_state_in_the_address_is_marked_in_any_letter_case(using, project):
    html = using(project).page("/runs?state=FAILED")
    assert "failing-1" in html
    assert "score-1" not in html
    assert html.count('aria-current="true"') == 1


def test_the_table_is_kept_on_disk_and_reads_only_what_changed(using, project, tmp_path, monkeypatch):
    from mainspring.app.api.subjects.runs.table import keeping

    monkeypatch.setattr(keeping, "_WORTH", 1)
    monkeypatch.setattr(keeping, "_OVERLAP", 0.0)
    used, file = using(project), tmp_path / "cache" / "runs.msgpack"
    first = keeping.RunTable(used.opened.store.record, file)
    rows = first.rows()
    assert file.is_file()
    read = []
    whole = keeping.rows_of
    monkeypatch.setattr(keeping, "rows_of", lambda store, runs: read.extend(runs) or whole(store, runs))
    again = keeping.RunTable(used.opened.store.record, file)
    assert again.rows() == rows
    assert {one.name for one in read} <= {"asking-1"}  # the only one that may still change
    version = again.version
    again.rows()
    assert again.version == version


def test_a_table_of_another_record_is_thrown_away(using, project, tmp_path, monkeypatch):
    from mainspring.app.api.subjects.runs.table import keeping

    monkeypatch.setattr(keeping, "_WORTH", 1)
    file = tmp_path / "runs.msgpack"
    keeping.RunTable(using(project).opened.store.record, file).rows()
    empty = using(write_project(tmp_path / "other"))
    assert keeping.RunTable(empty.opened.store.record, file).rows() == []


def test_a_run_that_is_held_shows_what_the_gate_said(using, project):
    used = using(project)
    told = used.get("/runs/gated-1")
    assert told["held"] == "enough said no"
    assert told["resumable"]
    assert [(one["gate"], one["ok"]) for one in told["verdicts"]] == [("row gate", False)]
    html = used.page("/runs/gated-1")
    assert "Held by a gate" in html
    assert "4 rows, at least 10 are wanted" in html
    assert "enough held" in html  # the picture's description


def test_a_run_that_completed_without_a_model_says_why(using, tmp_path):
    folder = write_project(tmp_path / "choosing")
    with platform.open(folder) as opened:
        loaded, entry = opened.pipelines.load(None, "choosing")
        assert opened.pipelines.run(loaded, {}, name="chosen-1", entry=entry).state is ExecutionState.COMPLETE
    html = words_of(using(folder).page("/runs/chosen-1"))
    assert "row gate said no , and no model was registered: 4 rows, at least 10 are wanted" in html


def test_a_run_that_failed_says_so_first_with_the_end_of_its_log(using, project):
    html = using(project).page("/runs/failing-1")
    assert html.index("the third number is odd") < html.index("about to stumble") < html.index("ms-graph")
    assert "about to stumble" in html
    assert 'href="/runs/failing-1/steps/stumble"' in html
    assert 'action="/act/runs.resume"' in html


def test_the_steps_are_drawn_linked_and_explained(using, project):
    used = using(project)
    lines = {one["step"]: one for one in used.get("/runs/score-2/steps")}
    assert lines["load"]["state"] == "CACHED"
    assert lines["load"]["why"] == "taken from score-1"
    assert lines["score"]["why"] == "it ran because its parameters changed"
    html = used.page("/runs/score-2")
    assert '<a href="/runs/score-2/steps/score">' in html
    assert "was 1" in html  # depth, against the run before


def test_a_step_tells_what_it_used_made_and_why(using, project):
    used = using(project)
    told = used.get("/runs/score-2/steps/score")
    assert told["parameters"] == {"depth": 2, "params.rate": 0.5}
    assert told["metrics"] == {"shown": 2.0}
    assert told["differences"] == ["parameter 'depth' changed from 1 to 2"]
    assert [one["type"] for one in told["outputs"]] == ["small.Scores"]
    assert [one["state"] for one in told["tries"]] == ["COMPLETE"]
    taken = used.get("/runs/score-2/steps/load")
    assert taken["from_run"] == "score-1"
    assert "score-1" in used.page("/runs/score-2/steps/load")
    assert "Traceback" in used.page("/runs/failing-1/steps/stumble")
    assert "not begun" in used.page("/runs/asking-1/steps/publish")
    assert used.get("/runs/score-2/steps/nothing", status=404)["error"]["expected"] == "one of load, score"


def test_what_a_step_logged_is_drawn_as_curves_also_where_it_was_taken_from_the_cache(using, project):
    with platform.open(project) as other:
        _run(other, "descending", "descend-1")
        _run(other, "descending", "descend-2")
    used = using(project)
    for run in ("descend-1", "descend-2"):
        html = used.page(f"/runs/{run}/steps/descend")
        assert "loss over 20 steps: from 0.5 to 9.537e-07" in html
    assert used.get("/runs/descend-2/steps/descend")["from_run"] == "descend-1"
    assert used.get("/runs", where="pipeline = 'descending' and loss < 0.001")["matching"] == 2


def test_the_report_of_a_run_is_embedded(using, project):
    used = using(project)
    assert 'src="/runs/score-1/report/page"' in used.page("/runs/score-1/report")
    answer = used.client.get("/runs/score-1/report/page")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "score-1" in answer.text


def test_a_run_that_is_not_there_is_said_to_be_missing(using, project):
    assert "There is no run" in using(project).page("/runs/nothing-like-it", status=404)


def test_logs_are_read_in_parts_searched_and_given_whole(using, project):
    used = using(project)
    folder = project / ".mainspring" / "runs" / "score-1"
    file = folder / "load.log"
    before = file.read_bytes()
    try:
        file.write_bytes(b"".join(b"\x1b[31mline %05d\x1b[0m\n" % number for number in range(5000)))
        last = used.get("/runs/score-1/logs/load", most=1000)
        lines = last["text"].splitlines()
        assert lines[-1] == "line 04999"
        assert last["end"] == last["size"] == file.stat().st_size
        earlier = used.get("/runs/score-1/logs/load", before=last["start"], most=1000)
        assert earlier["end"] == last["start"]
        assert int(earlier["text"].splitlines()[-1][5:]) == int(lines[0][5:]) - 1
        assert used.get("/runs/score-1/logs/load", start=last["end"])["text"] == ""
        found = used.get("/runs/score-1/logs/load/search", text="LINE 0123")["lines"]
        assert [text for _, _, text in found] == [f"line 0123{digit}" for digit in range(10)]
        there = used.get("/runs/score-1/logs/load", start=found[0][1], most=100)
        assert there["text"].startswith("line 01230\n")
        whole = used.client.get("/runs/score-1/steps/load/log.txt")
        assert whole.content == file.read_bytes()
        assert "attachment" in whole.headers["content-disposition"]
    finally:
        file.write_bytes(before)


def test_no_log_outside_of_a_run_is_read(using, project):
    used = using(project)
    assert used.get("/runs/score-1/logs/..%2F..%2Frecord", status=404)["error"]["code"] == "NOT_FOUND"
    assert SUBJECT.topics["log"](used.shared, "score-1/../../../record") == ()
    assert SUBJECT.topics["log"](used.shared, "score-1/load") != ()


def test_codes_of_terminals_are_taken_out():
    assert cleaned("\x1b[1;32mok\x1b[0m \x1b]8;;http://a\x07b\x1b]8;;\x07\r\n") == "ok b\n"
    assert cleaned("10 %\r55 %\r100 %\nnext") == "100 %\nnext"


def test_a_run_in_motion_is_shown_moves_its_topics_and_can_be_stopped(using, project, tmp_path):
    used, states = using(project), []
    with platform.open(project) as other:
        mover = threading.Thread(
            target=lambda: states.append(_run(other, "lingering", "linger-1", file=str(tmp_path / "go")))
        )
        mover.start()
        try:
            _until(lambda: "waiting for" in used.get("/runs/linger-1/logs/linger")["text"], used, "linger-1")
            told = used.get("/runs/linger-1")
            assert told["state"] == "RUNNING"
            assert [one["state"] for one in told["steps"]][-1] == "RUNNING"
            html = used.page("/runs/linger-1")
            assert 'data-live="run:linger-1"' in html
            assert "WARNING waiting for" in html
            assert "data-running" in html
            before = SUBJECT.topics["run"](used.shared, "linger-1")
            seen = SUBJECT.topics["runs"](used.shared, "")
            assert "stopped within seconds" in html
            told = used.act("runs.cancel", then="/runs/{run}", run="linger-1", reason="wrong file")
            assert told["told"] == "linger-1 is asked to stop"
            (tmp_path / "go").touch()
        finally:
            (tmp_path / "go").touch()
            mover.join(20)
    assert states == [ExecutionState.CANCELED] or states == [ExecutionState.COMPLETE]
    assert SUBJECT.topics["run"](used.shared, "linger-1") != before
    assert SUBJECT.topics["runs"](used.shared, "") != seen
    assert used.trail.entries[-1].operation == "runs.cancel"


def _until(met, used, run):
    for _ in range(400):
        answer = used.client.get(f"/api/runs/{run}")
        if answer.status_code == 200 and met():
            return
        time.sleep(0.02)
    raise AssertionError(f"{run} did not come so far")


def test_cancelling_what_waits_ends_it_and_needs_an_editor(using, project):
    used = using(project, role=Role.VIEWER)
    assert used.post("/runs/asking-1/cancel", status=403)["error"]["expected"] == "an editor"
    assert "Start again" not in used.page("/runs/asking-1")
    with platform.open(project) as other:
        _run(other, "asking", "asking-2", rows=9)
    used.somebody.role = Role.EDITOR
    assert used.post("/runs/asking-2/cancel", {"reason": "nobody needs it"})["state"] == "CANCELED"
    html = used.page("/runs/asking-2")
    assert "Cancelled by ada: nobody needs it" in html
    assert used.post("/runs/asking-2/cancel", status=409)["error"]["found"].startswith("run asking-2 has ended")


def test_search_finds_runs_pipelines_and_steps(using, project):
    used = using(project)
    kinds = {(one.kind, one.name) for one in find(used.desk, "scor")}
    assert ("pipeline", "scoring") in kinds
    assert ("run", "score-6") in kinds
    assert ("step", "score") in kinds


def test_what_waits_for_people_is_told(using, project):
    told = {one.title: one for one in waiting(using(project).desk)}
    assert told["asking-1 waits for a signature"].path == "/runs/asking-1"
    assert told["failing-1 failed"].urgency == 2
    assert told["gated-1 is held by a gate"].urgency == 1


def test_a_line_as_long_as_a_part_of_a_log_is_cleaned_at_once():
    assert cleaned("x" * 1_000_000 + "\n") == "x" * 1_000_000 + "\n"
    assert cleaned("10 %\r" * 100_000 + "100 %\ndone\r\n") == "100 %\ndone\n"


def test_what_was_logged_as_no_number_is_told(tmp_path):
    lines = [["loss", step, value, 0.0, None] for step, value in enumerate([0.5, None, 0.25])]
    (tmp_path / "fit.metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    drawn, lost = curves_of(tmp_path / "fit.log")
    assert (len(drawn), lost) == (1, {"loss": "1 of 3"})


def test_a_run_with_spaces_in_its_name_is_followed_too(using, tmp_path):
    folder = write_project(tmp_path / "spaces")
    with platform.open(folder) as opened:
        loaded, entry = opened.pipelines.load(None, "gated")
        opened.pipelines.run(loaded, {}, name="first look", entry=entry)
    used = using(folder)
    html = used.page("/runs/first%20look")
    assert 'data-live="run:first%20look"' in html
    assert "mainspring show 'first look'" in unescape(html)
    heard = []
    feed = Feed(used.shared, {"run": lambda _, rest: heard.append(rest)})
    feed.seen(["run:first%20look"], seconds=5.0)
    assert heard == ["first look"]
